"""The listing of a file holds the tags DCMTK lists, values as the Standard writes them, and never fails as a whole."""

import re
import shutil
import struct
import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import pydicom.data
import pytest

from viewer.base.byte_source import FileBytes
from viewer.dicom.data_set_listing import ListedElement, list_data_set, same_value, stored_bytes
from viewer.dicom.element_values import value_text

FILES = ("CT_small.dcm", "MR_small_bigendian.dcm", "image_dfl.dcm", "reportsi.dcm", "rtplan.dcm", "rtstruct.dcm")


def _file(name: str) -> Path:
    found = pydicom.data.get_testdata_file(name, download=False)
    assert isinstance(found, str)
    return Path(found)


def _tags(elements: Iterable[ListedElement]) -> Iterator[int]:
    for element in elements:
        yield element.tag
        for item in element.items:
            yield from _tags(item)


def _find(elements: Iterable[ListedElement], keyword: str) -> ListedElement:
    return next(element for element in elements if element.keyword == keyword)


@pytest.mark.skipif(shutil.which("dcmdump") is None, reason="needs DCMTK")
@pytest.mark.parametrize("name", FILES)
def test_dcmtk_lists_the_same_tags(name: str) -> None:
    path = _file(name)
    dumped = subprocess.run(["dcmdump", "-q", str(path)], capture_output=True).stdout.decode("latin-1")
    pairs = re.findall(r"^ *\(([0-9a-f]{4}),([0-9a-f]{4})\)", dumped, re.MULTILINE)
    expected = Counter(int(group + element, 16) for group, element in pairs if group != "fffe")
    assert Counter(_tags(list_data_set(FileBytes(path)).elements)) == expected


def test_numbers_are_read_in_the_files_byte_order() -> None:
    big = list_data_set(FileBytes(_file("MR_small_bigendian.dcm")))
    little = list_data_set(FileBytes(_file("MR_small.dcm")))
    for keyword in ("Rows", "Columns", "BitsAllocated", "PixelRepresentation"):
        assert (
            _find(big.elements, keyword).value
            == _find(little.elements, keyword).value
            == str(getattr(pydicom.dcmread(_file("MR_small.dcm")), keyword))
        )


def test_private_elements_are_named_by_their_creator() -> None:
    listing = list_data_set(FileBytes(_file("CT_small.dcm")))
    one = next(element for element in listing.elements if element.tag == 0x00431027)
    assert (one.creator, one.name) == ("GEMS_PARM_01", "Scan Pitch Ratio")


@pytest.mark.parametrize(
    ("raw", "vr", "text"),
    [
        (b"\x1b$)C\xb1\xe8\xc8\xf1\xc1\xdf", "LO", "김희중"),
        (b"1.5\\2.50 ", "DS", "1.5\\2.50"),
        (struct.pack("<2H", 7, 65535), "US", "7\\65535"),
        (struct.pack("<2h", 7, -1), "SS", "7\\-1"),
        (struct.pack("<2H", 0x0010, 0x0020), "AT", "(0010,0020)"),
        (b"1.2.840.10008.1.2\0", "UI", "1.2.840.10008.1.2 (Implicit VR Little Endian)"),
        (b"\x01\xff", "UN", "01 ff"),
        (b"\x01", "US", "01"),
    ],
)
def test_values_in_words(raw: bytes, vr: str, text: str) -> None:
    assert value_text(raw, vr, "\\ISO 2022 IR 149") == text


def test_another_character_set_can_be_chosen() -> None:
    path = _file("CT_small.dcm")
    name = _find(list_data_set(FileBytes(path), "ISO_IR 192").elements, "PatientName")
    assert name.value == "CompressedSamples^CT1"


def test_the_bytes_are_those_of_the_file() -> None:
    path = _file("CT_small.dcm")
    listing = list_data_set(FileBytes(path))
    pixels = _find(listing.elements, "PixelData")
    assert pixels.raw is None
    assert stored_bytes(listing, pixels, 1 << 20) == pydicom.dcmread(path).PixelData
    name = _find(listing.elements, "PatientName")
    assert stored_bytes(listing, name, 100) == b"CompressedSamples^CT1 "


def test_the_bytes_of_a_deflated_file_are_those_before_deflating() -> None:
    path = _file("image_dfl.dcm")
    listing = list_data_set(FileBytes(path))
    pixels = _find(listing.elements, "PixelData")
    assert stored_bytes(listing, pixels, 1 << 22) == pydicom.dcmread(path).PixelData


def test_a_limit_is_said() -> None:
    listing = list_data_set(FileBytes(_file("CT_small.dcm")), limit=20)
    assert sum(1 for _tag in _tags(listing.elements)) <= 22
    assert "Only the first 20 elements are listed" in listing.problems


def test_same_value_sees_through_byte_order_and_into_pixels() -> None:
    little = list_data_set(FileBytes(_file("MR_small.dcm")))
    again = list_data_set(FileBytes(_file("MR_small.dcm")))
    big = list_data_set(FileBytes(_file("MR_small_bigendian.dcm")))
    for keyword in ("Rows", "PatientName", "PixelData"):
        assert same_value(little, _find(little.elements, keyword), again, _find(again.elements, keyword))
    assert same_value(little, _find(little.elements, "Rows"), big, _find(big.elements, "Rows"))
    rows, bits = _find(little.elements, "Rows"), _find(little.elements, "BitsAllocated")
    assert not same_value(little, rows, little, bits)


@pytest.mark.real_data
def test_an_element_nobody_can_read_is_named_and_the_rest_listed(shared_data: Path) -> None:
    listing = list_data_set(FileBytes(shared_data / "hostile/cat06_private_tags/TC0361_stray_seq_delim.dcm"))
    assert "Element (FFFE,E0DD) cannot be read" in listing.problems
    assert 0x7FE00010 in set(_tags(listing.elements))
