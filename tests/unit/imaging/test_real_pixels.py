"""Stored pixels of real files against a second decoder: byte for byte where lossless, within two where not."""

import subprocess
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from pydicom.data import get_testdata_file
from pydicom.pixels.utils import pixel_array

from tests.builders.pydicom_headers import pydicom_header
from viewer.base.byte_source import FileBytes
from viewer.base.errors import ViewerError
from viewer.dicom.header_scan import scan_header
from viewer.imaging.frame_decoding import InlineDecoder
from viewer.imaging.frame_source import FrameSource
from viewer.imaging.stored_frame import StoredFrame

FOLDERS = ("syntax-matrix-ct", "wg04", "colour-and-frames", "ultrasound-cine")
_ROOT = Path(__file__).resolve().parents[4] / "shared" / "data"
REAL = sorted(str(path.relative_to(_ROOT)) for folder in FOLDERS for path in (_ROOT / folder).glob("*"))
OWN = sorted(path.name for path in Path(str(get_testdata_file("CT_small.dcm", download=False))).parent.glob("*.dcm"))
DCMTK = {
    "1.2.840.10008.1.2.4.50": "dcmdjpeg",
    "1.2.840.10008.1.2.4.51": "dcmdjpeg",
    "1.2.840.10008.1.2.4.53": "dcmdjpeg",
    "1.2.840.10008.1.2.4.55": "dcmdjpeg",
    "1.2.840.10008.1.2.4.57": "dcmdjpeg",
    "1.2.840.10008.1.2.4.70": "dcmdjpeg",
    "1.2.840.10008.1.2.4.80": "dcmdjpls",
    "1.2.840.10008.1.2.4.81": "dcmdjpls",
    "1.2.840.10008.1.2.5": "dcmdrle",
}
CANNOT_BE_READ = {
    "JPEG2000-embedded-sequence-delimiter.dcm": "1024 rows",  # made to test fragments: its header is overwritten
    "emri_small_jpeg_2k_lossless_too_short.dcm": "",
}
NO_PIXELS = {"meta_missing_tsyntax.dcm", "nested_priv_SQ.dcm"}
LOSSY_DIFFERENCE = 2
DEFLATED = "1.2.840.10008.1.2.1.99"


def our_frames(path: Path) -> list[StoredFrame]:
    header = pydicom_header(path)
    if header.transfer_syntax_uid == DEFLATED:  # its offsets count inflated bytes, which our own header knows
        header = scan_header(FileBytes(path))
    frames = FrameSource(header, InlineDecoder())
    return [frames.stored_frame(index) for index in range(frames.frame_count)]


def by_pydicom(path: Path) -> NDArray[Any] | None:
    """What pydicom with pylibjpeg and pyjpegls gives; None where it has no decoder."""
    try:
        dataset = pydicom.dcmread(path, force=True)
        if "TransferSyntaxUID" not in dataset.file_meta:
            dataset.file_meta.TransferSyntaxUID = pydicom.uid.UID(pydicom_header(path).transfer_syntax_uid)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return np.asarray(pixel_array(dataset, raw=True))
    except (RuntimeError, NotImplementedError, AttributeError, ValueError, KeyError):
        return None


def by_dcmtk(path: Path, folder: Path) -> NDArray[Any] | None:
    """What DCMTK gives, in words of Bits Stored as the formula of the Standard reads them."""
    tool = Path("/usr/bin") / DCMTK.get(pydicom_header(path).transfer_syntax_uid, "none")
    if not tool.exists():
        return None
    out = folder / "plain.dcm"
    arguments = ["+cn"] if tool.name == "dcmdjpeg" else []
    if subprocess.run([str(tool), *arguments, str(path), str(out)], capture_output=True).returncode:
        return None
    return by_pydicom(out)


def compared(truth: NDArray[Any], frames: list[StoredFrame]) -> int:
    truth = truth if len(frames) > 1 else truth[None]
    return max(
        int(np.abs(one.astype(np.float64) - frame.values).max()) for one, frame in zip(truth, frames, strict=False)
    )


def is_lossy(path: Path) -> bool:
    uid = pydicom.uid.UID(pydicom_header(path).transfer_syntax_uid)
    return uid.rpartition(".")[2] in {"50", "51", "53", "55", "81", "91", "203"}


def check(path: Path, folder: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        header = pydicom_header(path)
        if header.pixel_data is None or path.name in NO_PIXELS:
            pytest.skip("no pixels")
        if path.name in CANNOT_BE_READ:
            with pytest.raises(ViewerError, match=CANNOT_BE_READ[path.name]):
                our_frames(path)
            return
        frames = our_frames(path)
        truths = [truth for truth in (by_pydicom(path), by_dcmtk(path, folder)) if truth is not None]
        if not truths:
            pytest.skip("no second decoder reads it")
        if path.name == "RG3_JPLY":  # overshoot of the lossy 12-bit stream: the other wraps 1024 to 0
            overshoot = (truths[0] == 0) & (frames[0].values == frames[0].values.max())
            truths = [np.where(overshoot, frames[0].values, truths[0])]
        for truth in truths:
            assert compared(truth, frames) <= (LOSSY_DIFFERENCE if is_lossy(path) else 0)


@pytest.mark.parametrize("name", OWN)
def test_files_of_pydicom(name: str, tmp_path: Path) -> None:
    check(Path(str(get_testdata_file(name, download=False))), tmp_path)


@pytest.mark.real_data
@pytest.mark.parametrize("name", REAL)
def test_real_files(name: str, shared_data: Path, tmp_path: Path) -> None:
    check(shared_data / name, tmp_path)


@pytest.mark.real_data
@pytest.mark.parametrize("name", sorted(path.name for path in (_ROOT / "wg04").glob("*_J*L[LR]*")))
def test_the_lossless_samples_of_wg04_agree_over_all_syntaxes(name: str, shared_data: Path) -> None:
    stem = name.partition("_")[0]
    reference = shared_data / "wg04" / f"{stem}_RLE"
    if not reference.exists():
        pytest.skip("no RLE twin")
    assert np.array_equal(our_frames(shared_data / "wg04" / name)[0].values, our_frames(reference)[0].values)


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("liver_deflate.dcm", "liver.dcm"),
        ("liver_rle.dcm", "liver.dcm"),
        ("liver_j2k.dcm", "liver.dcm"),
        ("liver_nonbyte_aligned_deflate.dcm", "liver_nonbyte_aligned.dcm"),
        ("liver_nonbyte_aligned_rle.dcm", "liver_nonbyte_aligned.dcm"),
        ("liver_nonbyte_aligned_j2k.dcm", "liver_nonbyte_aligned.dcm"),
        ("US1_J2KR.dcm", "US1_UNCR.dcm"),
        ("MR2_J2KR.dcm", "MR2_UNCR.dcm"),
        ("693_J2KR.dcm", "693_UNCR.dcm"),
    ],
)
def test_compressed_files_hold_what_their_plain_twins_hold(name: str, reference: str, shared_data: Path) -> None:
    folder = shared_data / "colour-and-frames"
    pairs = zip(our_frames(folder / name), our_frames(folder / reference), strict=True)
    assert all(np.array_equal(one.values, other.values) for one, other in pairs)
