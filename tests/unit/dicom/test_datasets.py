"""Data sets: built of a header without the file, read in full under quotas, pixels by their place."""

import struct
import zlib
from pathlib import Path

import pydicom
import pytest

from tests.unit.dicom.test_header_bombs import head, image, item, long, nested, part10, short
from viewer.base.byte_source import FileBytes
from viewer.base.errors import DicomError, RefusedError
from viewer.dicom.datasets import LONG_VALUE, inflated, read_data_set, read_full_data_set
from viewer.dicom.header_scan import scan_header

PIXELS = long(0x7FE00010, b"OW", bytes(200))
PYDICOM_FILES = Path(pydicom.__file__).parent / "data" / "test_files"


def written(tmp_path: Path, data: bytes) -> FileBytes:
    path = tmp_path / "instance"
    path.write_bytes(data)
    return FileBytes(path)


def test_a_whole_header_needs_no_file_any_more(tmp_path: Path) -> None:
    name = short(0x00080005, b"CS", b"ISO_IR 192") + short(0x00100010, b"PN", "Hong^길동".encode())
    source = written(tmp_path, part10(name + image(10, 12, b"1", short(0x00280030, b"DS", b"0.5\\0.25") + PIXELS)))
    header = scan_header(source)
    source.path.unlink()
    data_set = read_data_set(header)
    assert data_set.PatientName == "Hong^길동"
    assert (data_set.Rows, data_set.Columns) == (10, 12)
    assert data_set.PixelSpacing == [0.5, 0.25]
    assert "PixelData" not in data_set
    assert data_set.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.1"


@pytest.mark.parametrize(("representation", "padding"), [(0, 63536), (1, -2000)])
def test_padding_follows_the_pixel_representation(representation: int, padding: int, tmp_path: Path) -> None:
    body = image(10, 10, b"1", short(0x00280103, b"US", struct.pack("<H", representation)))
    body += short(0x00280120, b"US", struct.pack("<H", 63536)) + PIXELS
    data_set = read_data_set(scan_header(written(tmp_path, part10(body))))
    assert data_set.PixelPaddingValue == padding


def test_a_header_that_is_not_whole_has_its_sequences_read(tmp_path: Path) -> None:
    lut = long(0x00283010, b"SQ", item(short(0x00283003, b"LO", b"soft")))
    data_set = read_data_set(scan_header(written(tmp_path, part10(image(10, 10, b"1", lut + PIXELS)))))
    assert data_set.VOILUTSequence[0].LUTExplanation == "soft"
    assert "PixelData" not in data_set


def test_pixels_and_long_values_are_told_by_their_place_and_what_follows_them_is_read(tmp_path: Path) -> None:
    long_value = long(0x00091010, b"OB", b"\7" * (LONG_VALUE + 2))
    after = long(0xFFFCFFFC, b"OB", b"after!")
    source = written(tmp_path, part10(image(10, 10, b"1", b"") + long_value + PIXELS + after))
    full = read_full_data_set(source)
    assert set(full.long_values) == {0x00091010, 0x7FE00010}
    place = full.long_values[0x00091010]
    assert source.read_at(place.offset, place.length) == b"\7" * (LONG_VALUE + 2)
    assert full.data_set[0xFFFCFFFC].value == b"after!"
    assert full.meta.TransferSyntaxUID == "1.2.840.10008.1.2.1"


def test_what_follows_fragments_is_read() -> None:
    source = FileBytes(PYDICOM_FILES / "JPEG2000.dcm")
    truth = pydicom.dcmread(source.path)
    full = read_full_data_set(source)
    assert set(map(int, truth.keys())) == set(map(int, full.data_set.keys())) | set(full.long_values)
    assert full.long_values[0x7FE00010].is_encapsulated


def test_sequences_beyond_the_quota_are_refused_before_they_are_parsed(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="nested"):
        read_full_data_set(written(tmp_path, part10(head() + bytes(0) + nested(33, is_defined=True))))
    assert read_full_data_set(written(tmp_path, part10(head() + nested(32, is_defined=True)))).problems == ()
    assert read_full_data_set(written(tmp_path, part10(head() + nested(32)))).problems == ()
    with pytest.raises(RefusedError, match="nested"):
        read_full_data_set(written(tmp_path, part10(head() + nested(33))))
    with pytest.raises(RefusedError, match="items"):
        read_full_data_set(written(tmp_path, part10(head() + long(0x00081140, b"SQ", item(b"") * 130_000))))


def test_deflated_data_sets_are_inflated_once_and_others_refused(tmp_path: Path) -> None:
    body = image(10, 10, b"1", PIXELS)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    source = written(tmp_path, part10(packer.compress(body) + packer.flush(), "1.2.840.10008.1.2.1.99"))
    assert inflated(source) == body
    assert inflated(source) is inflated(source)
    assert read_data_set(scan_header(source)).Rows == 10
    another = written(tmp_path, part10(image(11, 10, b"1", PIXELS)))
    with pytest.raises(DicomError, match="not deflated"):
        inflated(another)


def test_another_file_under_the_same_name_is_inflated_anew(tmp_path: Path) -> None:
    for rows in (10, 11):
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        packed = packer.compress(image(rows, 10, b"1", PIXELS)) + packer.flush()
        source = written(tmp_path, part10(packed, "1.2.840.10008.1.2.1.99"))
        assert scan_header(source).unsigned_short(0x00280010) == rows


def test_damage_ends_the_reading_and_is_said(tmp_path: Path) -> None:
    body = image(10, 10, b"1", b"") + long(0x00081140, b"SQ", item(b"\x01\x02\x03"), 0xFFFFFFFF)
    full = read_full_data_set(written(tmp_path, part10(body)))
    assert full.data_set.Rows == 10
    assert any("damaged at byte" in problem for problem in full.problems)
