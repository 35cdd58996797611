"""The lean walk: windows, implicit and explicit, sequences, and what sends a reader back to the data set."""

import contextlib
import pickle
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from random import Random

import pytest

from tests.unit.dicom.test_header_bombs import (
    EXPLICIT,
    IMPLICIT,
    UNDEFINED,
    head,
    image,
    implicit,
    item,
    long,
    nested,
    part10,
    short,
)
from viewer.base.byte_source import FileBytes, FileSlice
from viewer.base.errors import DicomError, RefusedError
from viewer.dicom.datasets import read_data_set, read_full_data_set
from viewer.dicom.header_judge import judge_header
from viewer.dicom.header_scan import FIRST_READ, WANTED_TAGS, is_dicomdir, scan_header
from viewer.dicom.header_walk import OddError
from viewer.dicom.instance_header import InstanceHeader

PIXELS = long(0x7FE00010, b"OW", bytes(200))
ITEM_END = b"\xfe\xff\x0d\xe0\0\0\0\0"
SEQUENCE_END = b"\xfe\xff\xdd\xe0\0\0\0\0"


def scanned(tmp_path: Path, data: bytes) -> InstanceHeader:
    path = tmp_path / "instance"
    path.write_bytes(data)
    return scan_header(FileBytes(path))


@pytest.fixture
def no_judge(monkeypatch: pytest.MonkeyPatch) -> None:
    def judge(*_arguments: object) -> None:
        raise OddError

    monkeypatch.setattr("viewer.dicom.header_judge.judge_header", judge)


def plain_image(before: bytes = b"", after: bytes = b"") -> bytes:
    return part10(head() + before + image(10, 10, b"1", b"")[len(head()) :] + after + PIXELS)


@pytest.mark.usefixtures("no_judge")
def test_a_value_may_lie_across_the_end_of_any_window(tmp_path: Path) -> None:
    name = b"Kim^Across^The^Edge "
    for padding in range(FIRST_READ - 330, FIRST_READ - 150, 2):
        filler = long(0x00091010, b"OB", bytes(padding))
        header = scanned(tmp_path, plain_image(filler + short(0x00100010, b"PN", name)))
        assert header.elements[0x00100010] == name
        assert header.unsigned_short(0x00280011) == 10
        assert header.pixel_data is not None
        assert header.pixel_data.offset + 200 == header.source.size()
        assert header.problems == ()


@pytest.mark.usefixtures("no_judge")
@pytest.mark.parametrize("size", [9_000, 70_000, 3_000_000])
def test_long_private_values_are_jumped_over(size: int, tmp_path: Path) -> None:
    header = scanned(tmp_path, plain_image(long(0x00091010, b"OB", bytes(size)), short(0x00281052, b"DS", b"-1024")))
    assert header.number(0x00281052) == -1024
    assert header.is_whole


@pytest.mark.usefixtures("no_judge")
def test_implicit_values_are_found_behind_sequences_of_undefined_length(tmp_path: Path) -> None:
    inner = implicit(0x00280010, struct.pack("<H", 99)) + implicit(0x00081140, item(b"") + SEQUENCE_END, UNDEFINED)
    sequence = implicit(0x00081140, item(inner, UNDEFINED) + ITEM_END + item(inner) + SEQUENCE_END, UNDEFINED)
    body = (
        implicit(0x00080016, b"1.2.840.10008.5.1.4.1.1.2\0")
        + sequence
        + implicit(0x00280010, struct.pack("<H", 10))
        + implicit(0x00280011, struct.pack("<H", 10))
        + implicit(0x00280100, struct.pack("<H", 16))
        + implicit(0x7FE00010, bytes(200))
    )
    header = scanned(tmp_path, part10(body, IMPLICIT))
    assert header.unsigned_short(0x00280010) == 10
    assert header.pixel_data is not None
    assert header.pixel_data.length == 200
    assert header.is_whole


@pytest.mark.usefixtures("no_judge")
@pytest.mark.parametrize(
    ("element", "is_whole"),
    [
        (short(0x00400009, b"SH", b"x"), True),
        (long(0x00081140, b"SQ", item(short(0x00081155, b"UI", b"1.2"))), True),
        (nested(5), True),
        (long(0x00283010, b"SQ", item(b"")), False),
        (long(0x00283000, b"SQ", item(b"") + SEQUENCE_END, UNDEFINED), False),
        (long(0x00281201, b"OW", bytes(512)), False),
        (short(0x60000010, b"US", b"\x0a\0"), False),
        (short(0x601E0010, b"US", b"\x0a\0"), False),
        (short(0x00181600, b"CS", b"CIRCULAR"), False),
        (long(0x52009230, b"SQ", item(b"")), False),
        (long(0x00186011, b"SQ", item(b"")), False),
        (long(0x00282000, b"OB", bytes(500)), False),
        (long(0x00204000, b"UT", bytes(70_000)), False),
        (long(0x00204000, b"UT", bytes(60_000)), True),
    ],
)
def test_what_displaying_needs_beyond_plain_values_makes_a_header_not_whole(
    element: bytes, *, is_whole: bool, tmp_path: Path
) -> None:
    header = scanned(tmp_path, plain_image(element))
    assert header.is_whole is is_whole
    assert header.pixel_data is not None
    assert set(header.elements) <= WANTED_TAGS


def test_mosaics_are_not_whole(tmp_path: Path) -> None:
    kind = short(0x00080008, b"CS", b"ORIGINAL\\PRIMARY\\M\\MOSAIC")
    assert not scanned(tmp_path, part10(kind + image(10, 10, b"1", PIXELS))).is_whole


def test_the_first_of_two_elements_wins_and_it_is_said(tmp_path: Path) -> None:
    twice = short(0x00100020, b"LO", b"FIRST ") + short(0x00100020, b"LO", b"SECOND")
    header = scanned(tmp_path, plain_image(twice))
    assert header.ascii(0x00100020) == "FIRST"
    assert header.problems == ("Element (0010,0020) is there twice; the first is used",)


def test_big_endian_values_come_little_endian(tmp_path: Path) -> None:
    body = (
        b"\0\x08\0\x16UI\0\x1a1.2.840.10008.5.1.4.1.1.2\0"
        b"\0\x08\0\x18UI\0\x041.2\0"
        b"\0\x28\0\x10US\0\x02\x01\x00\0\x28\0\x11US\0\x02\0\x02\0\x28\x01\0US\0\x02\0\x10"
        b"\0\x28\0\x09AT\0\x04\0\x18\x10\x63"
        b"\x7f\xe0\0\x10OW\0\0\0\0\x04\0"
    ) + bytes(1024)
    header = scanned(tmp_path, part10(body, "1.2.840.10008.1.2.2"))
    assert header.unsigned_short(0x00280010) == 256
    assert header.elements[0x00280009] == struct.pack("<HH", 0x0018, 0x1063)
    assert header.pixel_data is not None
    assert header.pixel_data.offset + 1024 == header.source.size()
    assert header.problems == ()


def test_pixel_offsets_of_deflated_files_count_in_the_inflated_data_set(tmp_path: Path) -> None:
    body = image(10, 10, b"1", PIXELS)
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    packed = packer.compress(body) + packer.flush()
    header = scanned(tmp_path, part10(packed, "1.2.840.10008.1.2.1.99"))
    assert header.pixel_data is not None
    assert header.pixel_data.offset == len(body) - 200
    assert header.problems == ()
    cut = scanned(tmp_path, part10(packed[:-20], "1.2.840.10008.1.2.1.99"))
    assert any("breaks off" in problem for problem in cut.problems)


def test_a_slice_of_a_disc_image_is_read_like_a_file(tmp_path: Path) -> None:
    path = tmp_path / "image"
    data = plain_image()
    path.write_bytes(bytes(2048) + data + b"\xff" * 5000)
    header = scan_header(FileSlice(path, 2048, len(data), "A/B"))
    assert header.pixel_data is not None
    assert header.pixel_data.offset + 200 == len(data)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"hello world, this is a text and nothing else", "not a DICOM file"),
        (b"\xff\xd8\xff\xe0" + bytes(500), "a JPEG picture"),
        (b"%PDF-1.7\n" + bytes(500), "a PDF document"),
        (bytes(3000), "not a DICOM file"),
        (bytes(128) + b"DICM", "ends before its data set"),
        (bytes(128) + b"DICM" + b"\x78\x9c" * 90, "the mark of DICOM"),
        (part10(b""), "ends before its data set"),
        (part10(b"\x08\0\x16\0"), "ends before its data set"),
    ],
)
def test_what_is_not_dicom_is_refused_in_plain_words(data: bytes, reason: str, tmp_path: Path) -> None:
    with pytest.raises(DicomError, match=reason):
        scanned(tmp_path, data)


def test_every_cut_of_a_file_is_refused_or_said(tmp_path: Path) -> None:
    data = plain_image(nested(3) + long(0x00081140, b"SQ", item(short(0x00081155, b"UI", b"1.2.3.4"))))
    path = tmp_path / "cut"
    for size in range(132, len(data)):
        path.write_bytes(data[:size])
        try:
            header = scan_header(FileBytes(path))
        except DicomError:
            continue
        assert header.problems or header.pixel_data is None, size


def test_damaged_bytes_never_escape_as_another_error(tmp_path: Path) -> None:
    random = Random(20260)
    originals = [
        plain_image(nested(4) + nested(3, is_defined=True)),
        part10(
            implicit(0x00080016, b"1.2.3\0") + nested(5, is_implicit=True) + implicit(0x00280010, b"\x0a\0"), IMPLICIT
        ),
        head() + nested(3) + short(0x00280010, b"US", b"\x0a\0"),
    ]
    path = tmp_path / "mutant"
    for number in range(3000):
        mutant = bytearray(originals[number % len(originals)])
        for _change in range(random.randint(1, 4)):
            mutant[random.randrange(128 if number % 3 < 2 else 0, len(mutant))] = random.choice(
                (0, 255, random.randrange(256))
            )
        path.write_bytes(mutant)
        with contextlib.suppress(DicomError, RefusedError):
            header = scan_header(FileBytes(path))
            read_data_set(header)
            read_full_data_set(header.source)


def test_acr_nema_files_are_read(tmp_path: Path) -> None:
    body = (
        implicit(0x00080001, struct.pack("<I", 400))
        + implicit(0x00080010, b"ACR-NEMA 2.0")
        + implicit(0x00080060, b"CT")
        + implicit(0x00100010, b"OLD^FILE")
        + implicit(0x00280010, struct.pack("<H", 10))
        + implicit(0x00280011, struct.pack("<H", 10))
        + implicit(0x00280100, struct.pack("<H", 16))
        + implicit(0x7FE00010, bytes(200))
    )
    header = scanned(tmp_path, body)
    assert header.transfer_syntax_uid == IMPLICIT
    assert header.modality == "CT"
    assert header.pixel_data is not None
    assert header.pixel_data.length == 200
    assert any("no SOP Instance UID" in problem for problem in header.problems)


def test_the_judge_agrees_on_every_form_of_sequence(tmp_path: Path) -> None:
    path = tmp_path / "instance"
    path.write_bytes(plain_image(nested(20) + nested(20, is_defined=True)))
    source = FileBytes(path)
    judged, lean = judge_header(source, source.read_at(0, FIRST_READ)), scan_header(source)
    assert (judged.elements, judged.pixel_data, judged.is_whole) == (lean.elements, lean.pixel_data, lean.is_whole)


def test_headers_travel_between_processes_unchanged(tmp_path: Path) -> None:
    header = scanned(tmp_path, plain_image())
    assert pickle.loads(pickle.dumps(header, 5)) == header  # noqa: S301 - our own bytes
    assert header.transfer_syntax_uid == EXPLICIT
    assert not is_dicomdir(header)


def test_runs_of_a_series_change_nothing_but_the_time(tmp_path: Path) -> None:
    """Slices share most bytes; some differ in length, order, number or sequences in the middle of what is shared."""
    random = Random(7)
    shared = [short(0x00100010, b"PN", b"Kim^Run"), short(0x00100020, b"LO", b"42"), short(0x00100040, b"CS", b"F")]
    shared += [long(0x00101002, b"SQ", item(short(0x00100020, b"LO", b"X"))), short(0x00180050, b"DS", b"1.25")]
    shared += [short(0x00180060, b"DS", b"120"), short(0x00181030, b"LO", b"Thorax"), short(0x00185100, b"CS", b"HFS")]
    path = tmp_path / "slice"
    for number in range(300):
        elements = [*shared]
        if number % 5 == 0:
            elements[random.randrange(len(elements))] = short(0x00181030, b"LO", b"other" * random.randrange(4))
        if number % 7 == 0:
            elements.insert(random.randrange(8), long(0x00283010, b"SQ", item(b"") + SEQUENCE_END, UNDEFINED))
        if number % 11 == 0:
            random.shuffle(elements)
        position = short(0x00200032, b"DS", f"0\\0\\{number * 1.25}".encode())
        path.write_bytes(plain_image(b"".join(elements) + position))
        source = FileBytes(path)
        lean, judged = scan_header(source), judge_header(source, source.read_at(0, FIRST_READ))
        assert lean.elements == judged.elements
        assert (lean.is_whole, lean.pixel_data, lean.problems) == (judged.is_whole, judged.pixel_data, judged.problems)


def test_scanning_well_formed_files_imports_no_heavy_library(tmp_path: Path) -> None:
    path = tmp_path / "instance"
    path.write_bytes(plain_image())
    program = (
        "import sys; from pathlib import Path; from viewer.base.byte_source import FileBytes;"
        "from viewer.dicom.header_scan import scan_header;"
        f"assert scan_header(FileBytes(Path({str(path)!r}))).is_whole;"
        "print(sorted({'pydicom', 'numpy', 'PySide6'} & set(sys.modules)))"
    )
    root = Path(__file__).resolve().parents[3]
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=root, check=True)
    assert result.stdout.strip() == "[]"
