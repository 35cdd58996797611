"""What every made instance shares: identifiers that repeat from run to run, pixel description, file writing."""

import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filewriter import dcmwrite
from pydicom.sequence import Sequence as ItemSequence
from pydicom.uid import UID, ExplicitVRLittleEndian

from tests.builders.encoding import is_encapsulated, pixel_data

_NAMESPACE = uuid.UUID("5b6b1e6e-0c55-5b0c-9d3e-0c1a7c6f4a10")
IMPLEMENTATION_VERSION_NAME = "NEGATOSCOPE_TEST"


def made_uid(label: str) -> UID:
    """Return the UID of a label: always the same, by PS3.5 B.2 from a name-based UUID."""
    return UID(f"2.25.{uuid.uuid5(_NAMESPACE, label).int}")


def item(**elements: object) -> Dataset:
    """Return a data set (for instance a sequence item) with these elements; a list of data sets makes a sequence."""
    data_set = Dataset()
    update(data_set, elements)
    return data_set


def update(data_set: Dataset, elements: Mapping[str, object]) -> None:
    """Set elements by keyword."""
    for keyword, value in elements.items():
        if keyword.endswith("Sequence") and isinstance(value, list):
            setattr(data_set, keyword, ItemSequence(value))
        else:
            setattr(data_set, keyword, value)


def code(value: str, scheme: str, meaning: str) -> Dataset:
    """Return an item of a code sequence (PS3.3 8.8)."""
    return item(CodeValue=value, CodingSchemeDesignator=scheme, CodeMeaning=meaning)


def describe_pixels(data_set: Dataset, frames: Sequence[NDArray[Any]], bits_stored: int | None = None) -> None:
    """Fill the Image Pixel module from the frames, except the pixels."""
    first = frames[0]
    is_color = first.ndim == 3
    data_set.SamplesPerPixel = 3 if is_color else 1
    if is_color:
        data_set.PlanarConfiguration = 0
        data_set.PhotometricInterpretation = "RGB"
    elif "PhotometricInterpretation" not in data_set:
        data_set.PhotometricInterpretation = "MONOCHROME2"
    data_set.Rows, data_set.Columns = first.shape[:2]
    data_set.BitsAllocated = first.itemsize * 8
    data_set.BitsStored = bits_stored or first.itemsize * 8
    data_set.HighBit = data_set.BitsStored - 1
    data_set.PixelRepresentation = 1 if first.dtype.kind == "i" else 0


def set_pixels(
    data_set: Dataset,
    frames: Sequence[NDArray[Any]],
    transfer_syntax_uid: str = ExplicitVRLittleEndian,
    bits_stored: int | None = None,
) -> None:
    """Fill the Image Pixel module, encoding the frames for the transfer syntax the file will have."""
    describe_pixels(data_set, frames, bits_stored)
    data_set.PixelData = pixel_data(frames, transfer_syntax_uid, data_set.BitsStored)
    encapsulated = is_encapsulated(transfer_syntax_uid)
    data_set["PixelData"].VR = "OB" if encapsulated or frames[0].itemsize == 1 else "OW"
    data_set["PixelData"].is_undefined_length = encapsulated


def file_meta(data_set: Dataset, transfer_syntax_uid: str) -> FileMetaDataset:
    """Return the File Meta Information of a data set (PS3.10 7.1)."""
    meta = FileMetaDataset()
    meta.FileMetaInformationVersion = b"\0\1"
    meta.MediaStorageSOPClassUID = data_set.SOPClassUID
    meta.MediaStorageSOPInstanceUID = data_set.SOPInstanceUID
    meta.TransferSyntaxUID = UID(transfer_syntax_uid)
    meta.ImplementationClassUID = made_uid("implementation")
    meta.ImplementationVersionName = IMPLEMENTATION_VERSION_NAME
    return meta


def write_part_10(path: Path, data_set: Dataset, transfer_syntax_uid: str = ExplicitVRLittleEndian) -> Path:
    """Write a DICOM file; pixels must already be encoded for the transfer syntax."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data_set.file_meta = file_meta(data_set, transfer_syntax_uid)
    dcmwrite(path, data_set, enforce_file_format=True)
    return path
