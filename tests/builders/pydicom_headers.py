"""Instance headers made by pydicom alone, so that tests of the pixels do not lean on our own scanner."""

import struct
import warnings
from pathlib import Path
from typing import cast

import pydicom
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import FileDataset

from viewer.base.byte_source import FileBytes
from viewer.dicom.instance_header import InstanceHeader, PixelDataLocation

PIXEL_TAGS = (0x7FE00008, 0x7FE00009, 0x7FE00010)
_OFFSET_TABLES = (0x7FE00001, 0x7FE00002)
_TEXT = {"CS", "IS", "DS", "UI", "DA", "TM", "DT", "AS"}


def pydicom_header(path: Path) -> InstanceHeader:
    """Return the header of a file, with the top-level elements that pixels need."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydicom's opinion of the files is not what is tested
        return _pydicom_header(path)


def _pydicom_header(path: Path) -> InstanceHeader:
    dataset = pydicom.dcmread(path, force=True)
    location: PixelDataLocation | None = None
    elements: dict[int, bytes] = {}
    for tag in sorted(dataset.keys()):
        if int(tag) in PIXEL_TAGS:
            location = _location(dataset, int(tag))
        elif tag.group in {0x0008, 0x0020, 0x0028} or int(tag) in _OFFSET_TABLES:
            raw = _raw_value(dataset[tag])
            if raw is not None:
                elements[int(tag)] = raw
    syntax = str(dataset.file_meta.get("TransferSyntaxUID", "") or _guessed(dataset))
    return InstanceHeader(FileBytes(path), syntax, elements, location)


def _guessed(dataset: FileDataset) -> str:
    implicit, little = dataset.original_encoding
    return "1.2.840.10008.1.2" if implicit else ("1.2.840.10008.1.2.1" if little else "1.2.840.10008.1.2.2")


def _location(dataset: FileDataset, tag: int) -> PixelDataLocation:
    item = cast("RawDataElement", dataset.get_item(tag))
    length = 0xFFFFFFFF if item.length == 0xFFFFFFFF else item.length
    return PixelDataLocation(tag, item.value_tell, length)


def _raw_value(element: DataElement) -> bytes | None:
    values = [] if element.value is None else (element.value if element.VM > 1 else [element.value])
    if element.VR in {"US", "SS"} or "US or" in element.VR:
        return b"".join(struct.pack("<H", int(value) & 0xFFFF) for value in values if value != "")
    if element.VR == "OV" or element.VR == "OB":
        return bytes(element.value or b"")
    if element.VR in _TEXT:
        return "\\".join(str(value) for value in values).encode("ascii", "replace")
    return None
