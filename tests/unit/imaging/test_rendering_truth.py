"""Whole files, from bytes to P-values and RGB, beside DCMTK: pydicom's test files, and the real ones where they are."""

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image

from viewer.base.byte_source import FileBytes
from viewer.base.errors import ViewerError
from viewer.dicom.header_scan import scan_header
from viewer.imaging.decoder_pool import DecoderPool
from viewer.imaging.frame_source import FrameSource
from viewer.imaging.frame_state import FrameState, read_frame_states
from viewer.imaging.grayscale_pipeline import Stage, View, frame_background
from viewer.imaging.modality_lut import IDENTITY
from viewer.imaging.stored_frame import StoredFrame
from viewer.imaging.voi_lut import VoiFunction, VoiLut, VoiOrigin, Window
from viewer.imaging.whole_frame import whole_stage

DCM2PNM = Path("/usr/bin/dcm2pnm")
PYDICOM_FILES = Path(pydicom.__file__).parent / "data" / "test_files"
BY_HAND = Window(100, 777)

pytestmark = pytest.mark.skipif(not DCM2PNM.exists(), reason="DCMTK is not installed")


@pytest.fixture(scope="module")
def pool() -> Iterator[DecoderPool]:
    with DecoderPool(workers=1) as workers:
        yield workers


def read(path: Path, pool: DecoderPool) -> tuple[StoredFrame, FrameState] | None:
    try:
        header = scan_header(FileBytes(path))
        if header.pixel_data is None:
            return None
        return FrameSource(header, pool).stored_frame(0), read_frame_states(header).state(0)
    except ViewerError:
        return None


def grey_options(state: FrameState) -> tuple[View, list[str]]:
    """Return the same window or table for both: the image's first, or one by hand."""
    stated = [option for option in state.voi_options if option.origin is VoiOrigin.IMAGE]
    first = stated[0].voi if stated else None
    if isinstance(first, Window) and first.function is VoiFunction.LINEAR:
        return View(voi=stated[0]), ["+Wi", "1"]
    if isinstance(first, VoiLut):
        return View(voi=stated[0]), ["+Wl", "1"]
    return View(voi=BY_HAND), ["+Ww", f"{BY_HAND.center:g}", f"{BY_HAND.width:g}"]


def difference(path: Path, pool: DecoderPool, folder: Path) -> tuple[bool, int] | None:
    """Return whether a file is in colour and its greatest difference; None where either side does not open it."""
    found = read(path, pool)
    if found is None or found[1].icc_profile:  # DCMTK does not manage colour
        return None
    stored, state = found
    if state.modality == "RTDOSE":  # DCMTK windows its stored values
        state = replace(state, modality_transform=IDENTITY)
    is_color = stored.is_color or state.palette is not None
    view, options = (View(), []) if is_color else grey_options(state)
    out = folder / "theirs.pnm"
    line = [str(DCM2PNM), "-O", "+F", "1", *options, "+op", str(path), str(out)]
    if subprocess.run(line, capture_output=True).returncode:
        return None
    theirs = np.asarray(Image.open(out), int)
    view = View(voi=view.voi, show_overlays=False, show_shutter=False)
    ours = whole_stage(stored, state, view, Stage.DISPLAY if is_color else Stage.P_VALUE).astype(int)
    apart = np.abs((ours if is_color else ours // 257) - theirs)
    background = None if is_color else frame_background(stored, state)
    if background is not None:  # DCMTK shows padding as any other value
        apart[background] = 0
    return is_color, int(apart.max())


def assert_all_agree(paths: list[Path], pool: DecoderPool, folder: Path, least: int) -> None:
    compared = 0
    for path in paths:
        found = difference(path, pool, folder)
        if found is not None:
            is_color, greatest = found
            compared += 1
            assert greatest <= (2 if is_color else 1), path.name
    assert compared >= least


def test_pydicoms_files_equal_dcmtk(pool: DecoderPool, tmp_path: Path) -> None:
    assert_all_agree(sorted(PYDICOM_FILES.glob("*.dcm")), pool, tmp_path, least=25)


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("folder", "least"),
    [("wg04", 10), ("syntax-matrix-ct", 15), ("nuclear", 1), ("ultrasound-cine", 1), ("presentation-states", 5)],
)
def test_real_files_equal_dcmtk(shared_data: Path, pool: DecoderPool, tmp_path: Path, folder: str, least: int) -> None:
    paths = [path for path in sorted((shared_data / folder).rglob("*")) if path.is_file()]
    assert_all_agree(paths[:120], pool, tmp_path, least)
