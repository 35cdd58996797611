"""Small images for the tests of this folder: data sets written to files and read back as any file is."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from viewer.base.byte_source import FileBytes
from viewer.dicom.header_scan import scan_header
from viewer.imaging.decoder_pool import DecoderPool
from viewer.imaging.frame_source import FrameSource
from viewer.imaging.frame_state import FrameState, PatientIdentity, read_frame_states
from viewer.imaging.modality_lut import Rescale
from viewer.imaging.padding import Padding
from viewer.imaging.stored_frame import PixelDescription, StoredFrame
from viewer.imaging.voi_lut import VoiOption, Window

SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"


def data_set(pixels: NDArray[Any], **elements: Any) -> Dataset:
    """Return a grey data set: (rows, columns) or (frames, rows, columns) of 8 or 16 bits."""
    out = Dataset()
    out.SOPClassUID = SECONDARY_CAPTURE
    out.SOPInstanceUID = "1.2.3.4"
    out.StudyInstanceUID, out.SeriesInstanceUID = "1.2.3", "1.2.3.1"
    out.PatientName, out.PatientID = "TEST^IMAGE", "T1"
    out.Modality = "OT"
    out.SamplesPerPixel, out.PhotometricInterpretation = 1, "MONOCHROME2"
    out.Rows, out.Columns = pixels.shape[-2:]
    if pixels.ndim == 3:
        out.NumberOfFrames = pixels.shape[0]
    bits = pixels.dtype.itemsize * 8
    out.BitsAllocated = out.BitsStored = bits
    out.HighBit, out.PixelRepresentation = bits - 1, int(pixels.dtype.kind == "i")
    out.PixelData = pixels.tobytes() + b"\0" * (pixels.nbytes % 2)
    for keyword, value in elements.items():
        setattr(out, keyword, value)
    out["PixelData"].VR = "OW" if bits > 8 else "OB"
    return out


def write(path: Path, image: Dataset, *, is_implicit: bool = False) -> Path:
    """Write a data set as a Part 10 file and return its path."""
    image.file_meta = FileMetaDataset()
    image.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian if is_implicit else ExplicitVRLittleEndian
    image.save_as(path, enforce_file_format=True)
    return path


def read(path: Path, index: int = 0) -> tuple[StoredFrame, FrameState]:
    """Return a frame and its state, as the viewer reads them."""
    header = scan_header(FileBytes(path))
    with DecoderPool(workers=1) as pool:
        stored = FrameSource(header, pool).stored_frame(index)
    return stored, read_frame_states(header).state(index)


def gray_state(pixels: PixelDescription, *, padding: Padding | None = None, **changes: Any) -> FrameState:
    """Return a state made by hand: CT, rescaled by -1024, window 40/400."""
    values: dict[str, Any] = {
        "modality_transform": Rescale(1.0, -1024.0, "HU"),
        "voi_options": (VoiOption(Window(40, 400)),),
        **changes,
    }
    return FrameState(PatientIdentity("A"), "1.2", "1.3", "CT", 1, pixels, padding=padding, **values)


def gray_frame(values: NDArray[Any]) -> StoredFrame:
    """Return a grey frame of these values."""
    return StoredFrame(values, "MONOCHROME2")


def lut_item(descriptor: list[int], data: bytes, *, explanation: str = "") -> Dataset:
    """Return a LUT item; the descriptor's first value may be negative."""
    item = Dataset()
    item.add_new(0x00283002, "SS" if descriptor[1] < 0 else "US", descriptor)
    if explanation:
        item.LUTExplanation = explanation
    item.add_new(0x00283006, "OW", data)
    return item


def words(values: Any) -> bytes:
    """Return values as little-endian words."""
    return np.asarray(values).astype("<u2").tobytes()
