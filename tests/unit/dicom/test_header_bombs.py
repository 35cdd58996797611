"""A few bytes to a hundred megabytes of malice each: refused, or read with a word, in seconds and little memory."""

import contextlib
import os
import re
import resource
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from viewer.base.byte_source import FileBytes
from viewer.base.errors import DicomError, RefusedError
from viewer.dicom.datasets import read_data_set, read_full_data_set
from viewer.dicom.file_set import read_file_set
from viewer.dicom.header_checks import pixel_problems
from viewer.dicom.header_scan import scan_header
from viewer.dicom.instance_header import UNDEFINED_LENGTH, PixelDataLocation

EXPLICIT, IMPLICIT, DEFLATED = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2", "1.2.840.10008.1.2.1.99"
BIG, JPEG = "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.4.50"
SECONDS, MEGABYTES = 5.0, 512
UNDEFINED = 0xFFFFFFFF
ITEM = b"\xfe\xff\x00\xe0"
SEQUENCE_END = b"\xfe\xff\xdd\xe0\0\0\0\0"


def short(tag: int, vr: bytes, value: bytes) -> bytes:
    value += b"\0" * (len(value) % 2)
    return struct.pack("<HH2sH", tag >> 16, tag & 0xFFFF, vr, len(value)) + value


def long(tag: int, vr: bytes, value: bytes, length: int | None = None) -> bytes:
    return struct.pack("<HH2sHI", tag >> 16, tag & 0xFFFF, vr, 0, len(value) if length is None else length) + value


def implicit(tag: int, value: bytes, length: int | None = None) -> bytes:
    return struct.pack("<HHI", tag >> 16, tag & 0xFFFF, len(value) if length is None else length) + value


def item(value: bytes, length: int | None = None) -> bytes:
    return ITEM + struct.pack("<I", len(value) if length is None else length) + value


def part10(body: bytes, syntax: str = EXPLICIT) -> bytes:
    meta = short(0x00020002, b"UI", b"1.2.840.10008.5.1.4.1.1.2") + short(0x00020010, b"UI", syntax.encode())
    return bytes(128) + b"DICM" + short(0x00020000, b"UL", struct.pack("<I", len(meta))) + meta + body


def head() -> bytes:
    return (
        short(0x00080016, b"UI", b"1.2.840.10008.5.1.4.1.1.2")
        + short(0x00080018, b"UI", b"1.2.3")
        + short(0x00080060, b"CS", b"CT")
    )


def image(rows: int, columns: int, frames: bytes, pixels: bytes) -> bytes:
    return (
        head()
        + short(0x00280002, b"US", struct.pack("<H", 1))
        + short(0x00280008, b"IS", frames)
        + short(0x00280010, b"US", struct.pack("<H", rows))
        + short(0x00280011, b"US", struct.pack("<H", columns))
        + short(0x00280100, b"US", struct.pack("<H", 16))
        + pixels
    )


def nested(depth: int, *, is_implicit: bool = False, is_defined: bool = False) -> bytes:
    value = b""
    for _level in range(depth):
        inner = item(value) if is_defined else item(value, UNDEFINED) + b"\xfe\xff\x0d\xe0\0\0\0\0" + SEQUENCE_END
        length = None if is_defined else UNDEFINED
        value = implicit(0x00081140, inner, length) if is_implicit else long(0x00081140, b"SQ", inner, length)
    return value


OPENED = item(b"", UNDEFINED) + implicit(0x00091010, b"", UNDEFINED)
BIG_OPENED = b"\0\x08\x11\x40SQ\0\0\xff\xff\xff\xff\xff\xfe\xe0\0\xff\xff\xff\xff"


def deflated(body: bytes) -> bytes:
    packer = zlib.compressobj(1, zlib.DEFLATED, -15)
    return packer.compress(body) + packer.flush()


def implicit_head() -> bytes:
    return implicit(0x00080016, b"1.2.840.10008.5.1.4.1.1.2\0") + implicit(0x00080018, b"1.2.3\0")


def directory(records: bytes) -> bytes:
    meta = short(0x00020002, b"UI", b"1.2.840.10008.1.3.10") + short(0x00020010, b"UI", EXPLICIT.encode())
    top = short(0x00041130, b"CS", b"") + short(0x00041200, b"UL", struct.pack("<I", 500))
    body = top + long(0x00041220, b"SQ", records)
    return bytes(128) + b"DICM" + short(0x00020000, b"UL", struct.pack("<I", len(meta))) + meta + body


def quiet_pixels() -> bytes:
    return long(0x7FE00010, b"OW", bytes(200))


MANY = 40 << 17  # items of 8 bytes: 40 MB
BOMBS: dict[str, Callable[[], bytes]] = {
    "inflates to 400 MB of zeros": lambda: part10(deflated(bytes(400 << 20)), DEFLATED),
    "a header, then 400 MB of deflated zeros": lambda: part10(
        deflated(head() + long(0x00090010, b"OB", bytes(400 << 20))), DEFLATED
    ),
    "deflated sequences nested 50,000 deep": lambda: part10(
        deflated(head() + (long(0x00081140, b"SQ", b"", UNDEFINED) + item(b"", UNDEFINED)) * 50_000), DEFLATED
    ),
    "sequences of undefined length 10,000 deep": lambda: part10(
        head() + (long(0x00081140, b"SQ", b"", UNDEFINED) + item(b"", UNDEFINED)) * 10_000
    ),
    "the same in implicit VR": lambda: part10(
        implicit_head() + (implicit(0x00081140, b"", UNDEFINED) + item(b"", UNDEFINED)) * 10_000, IMPLICIT
    ),
    "the same without preamble": lambda: (
        head() + (long(0x00081140, b"SQ", b"", UNDEFINED) + item(b"", UNDEFINED)) * 10_000
    ),
    "sequences of known length 40 deep": lambda: part10(head() + nested(40, is_defined=True) + quiet_pixels()),
    "sequences of known length 2,000 deep": lambda: part10(head() + nested(2000, is_defined=True) + quiet_pixels()),
    "implicit sequences of known length 40 deep": lambda: part10(
        implicit_head() + nested(40, is_implicit=True, is_defined=True), IMPLICIT
    ),
    "closed sequences of undefined length 33 deep": lambda: part10(head() + nested(33) + quiet_pixels()),
    "sequences nested inside UN of undefined length": lambda: part10(
        head() + long(0x00091010, b"UN", OPENED * 9000, UNDEFINED)
    ),
    "40 MB of empty items, undefined length": lambda: part10(
        head() + long(0x00081140, b"SQ", item(b"") * MANY + SEQUENCE_END, UNDEFINED)
    ),
    "40 MB of empty items, known length": lambda: part10(
        head() + long(0x52009230, b"SQ", item(b"") * MANY) + quiet_pixels()
    ),
    "40 MB of empty items in UN": lambda: part10(
        head() + long(0x00091010, b"UN", item(b"") * MANY + SEQUENCE_END, UNDEFINED)
    ),
    "40 MB of empty items without preamble": lambda: (
        head() + long(0x00081140, b"SQ", item(b"") * MANY + SEQUENCE_END, UNDEFINED)
    ),
    "four million empty elements": lambda: part10(head() + short(0x00091010, b"LO", b"") * (4 << 20)),
    "twelve million empty elements": lambda: part10(head() + short(0x00091010, b"LO", b"") * (12 << 20)),
    "four million empty elements, odd": lambda: head() + short(0x00091010, b"LO", b"") * (4 << 20),
    "32 MB of zeros for a data set": lambda: part10(bytes(32 << 20)),
    "a header, then 32 MB of zeros": lambda: part10(head() + bytes(32 << 20)),
    "an element of 4 GB with 3 bytes behind": lambda: part10(head() + long(0x00091010, b"OB", b"abc", 0xFFFFFFFE)),
    "a character set of 4 GB": lambda: part10(implicit(0x00080005, b"abc", 0xFFFFFFF0), IMPLICIT),
    "a UID of 4 GB in the meta information": lambda: (
        bytes(128) + b"DICM" + implicit(0x00020010, b"1.2", 0xFFFFFFF0) + head()
    ),
    "meta information of 4 GB": lambda: (
        part10(head()).replace(short(0x00020000, b"UL", struct.pack("<I", 62))[:8], b"\x02\0\0\0UL\x04\0", 1)[:140]
        + b"\xff\xff\xff\xff"
        + part10(head())[144:]
    ),
    "a meta element a million times": lambda: bytes(128) + b"DICM" + short(0x00020016, b"AE", b"") * (1 << 20),
    "65535 rows and columns": lambda: part10(image(65535, 65535, b"1", quiet_pixels())),
    "65535 rows and columns, compressed": lambda: part10(
        image(65535, 65535, b"1", long(0x7FE00010, b"OB", item(b"") + item(b"\xff\xd8"), UNDEFINED)), JPEG
    ),
    "20000 rows and columns with 200 bytes": lambda: part10(image(20000, 20000, b"1", quiet_pixels())),
    "two thousand million frames": lambda: part10(image(16, 16, b"2147483647", quiet_pixels())),
    "a thousand million compressed frames": lambda: part10(
        image(16, 16, b"1000000000", long(0x7FE00010, b"OB", item(b"") + item(b"\xff\xd8"), UNDEFINED)), JPEG
    ),
    "a number of frames of 60,000 digits": lambda: part10(image(16, 16, b"9" * 60_000, quiet_pixels())),
    "40 MB of pixels without a delimiter": lambda: part10(
        image(16, 16, b"1", long(0x7FE00010, b"OB", item(b"") * MANY, UNDEFINED)), JPEG
    ),
    "private bytes of undefined length": lambda: part10(head() + long(0x00091010, b"OB", bytes(32 << 20), UNDEFINED)),
    "big endian sequences without end": lambda: part10(b"\0\x08\0\x16UI\0\x041.2\0" + BIG_OPENED * 9000, BIG),
}
DIRECTORY_BOMBS: dict[str, Callable[[], bytes]] = {
    "400,000 directory records": lambda: directory(item(b"") * 400_000),
    "directory records of a million elements each": lambda: directory(
        item(short(0x00091010, b"LO", b"") * (1 << 20)) * 7
    ),
    "a directory record nested without end": lambda: directory(
        item((long(0x00880200, b"SQ", b"", UNDEFINED) + item(b"", UNDEFINED)) * 50_000)
    ),
}
MUST_BE_REFUSED = {name for name in BOMBS if re.search("deep|rows|million |empty items", name)}


def read_all(path: Path) -> None:
    source = FileBytes(path)
    header = scan_header(source)
    read_data_set(header)
    data_set = read_full_data_set(source).data_set
    for tag in list(data_set.keys()):
        with contextlib.suppress(ValueError, ArithmeticError):  # a value that is none: who shows it shows its bytes
            data_set[tag]


def outcome_in_child(path: Path, read: Callable[[Path], object]) -> tuple[str, float, float]:
    """Read in a process of its own; return how it ended, its CPU seconds, and megabytes above what it began with."""
    outlet, inlet = os.pipe()
    child = os.fork()
    if child == 0:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        try:
            read(path)
            text = "read"
        except (DicomError, RefusedError) as error:
            text = f"{type(error).__name__}: {error}"
        except BaseException as error:  # noqa: BLE001 - reported to the parent
            text = f"crash: {error!r}"
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        os.write(inlet, f"{grown}\n{text}".encode()[:4000])
        os._exit(0)
    os.close(inlet)
    with os.fdopen(outlet, encoding="utf-8", errors="replace") as stream:
        report = stream.read()
    _child, _status, usage = os.wait4(child, 0)
    kilobytes, _newline, text = report.partition("\n")
    return text or "death", usage.ru_utime + usage.ru_stime, int(kilobytes or 0) / 1024


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_cost_little_and_end_in_plain_words(name: str, tmp_path: Path) -> None:
    path = tmp_path / "bomb"
    path.write_bytes(BOMBS[name]())
    text, seconds, megabytes = outcome_in_child(path, read_all)
    assert text.startswith(("RefusedError: ", "DicomError: ", "read")), text
    if name in MUST_BE_REFUSED:
        assert text.startswith(("RefusedError: ", "DicomError: ")), text
    assert seconds < SECONDS
    assert megabytes < MEGABYTES


@pytest.mark.parametrize("name", DIRECTORY_BOMBS)
def test_directory_bombs_are_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / "DICOMDIR"
    path.write_bytes(DIRECTORY_BOMBS[name]())
    text, seconds, megabytes = outcome_in_child(path, lambda path: read_file_set(FileBytes(path)))
    assert text.startswith("RefusedError: "), text
    assert seconds < SECONDS
    assert megabytes < MEGABYTES


@pytest.mark.parametrize(
    "begin", [b"MZ\x90\0", b"\x7fELF", b"#!/bin/sh\n", b"PK\x03\x04", b"\xcf\xfa\xed\xfe", b"<html>"]
)
def test_an_executable_preamble_is_said(begin: bytes, tmp_path: Path) -> None:
    body = image(10, 10, b"1", quiet_pixels())
    path = tmp_path / "polyglot"
    path.write_bytes(begin + part10(body)[len(begin) :])
    (problem,) = scan_header(FileBytes(path)).problems
    assert "nothing of it is run" in problem


@pytest.mark.parametrize("begin", [bytes(4), b"II*\0", b"MM\0*"])
def test_an_empty_or_tiff_preamble_is_no_problem(begin: bytes, tmp_path: Path) -> None:
    path = tmp_path / "fine"
    path.write_bytes(begin + part10(image(10, 10, b"1", quiet_pixels()))[4:])
    assert scan_header(FileBytes(path)).problems == ()


@pytest.mark.parametrize(
    ("stated", "frames", "is_said"),
    [
        (b"3 ", 3, False),
        (b"+3", 3, False),
        (b"1e9 ", 1, True),
        (b"12.0", 1, True),
        (b"-5", 1, True),
        (b"1\\2 ", 1, True),
        (b"", 1, False),
    ],
)
def test_the_header_counts_the_frames_that_its_check_has_counted(
    stated: bytes, frames: int, is_said: bool, tmp_path: Path
) -> None:
    path = tmp_path / "frames"
    path.write_bytes(part10(image(10, 10, stated, quiet_pixels())))
    header = scan_header(FileBytes(path))
    assert header.frame_count == frames
    assert any("Number of Frames" in problem for problem in header.problems) == is_said


def test_more_frames_than_any_object_has_are_refused_in_a_file_of_any_size() -> None:
    pixels = PixelDataLocation(0x7FE00010, 1000, UNDEFINED_LENGTH)
    elements = {0x00280010: b"\1\0", 0x00280011: b"\1\0", 0x00280100: b"\x08\0", 0x00280008: b"1000000 "}
    assert pixel_problems(elements, pixels, 1 << 40) == ()
    with pytest.raises(RefusedError, match="claims 1000001 frames"):
        pixel_problems({**elements, 0x00280008: b"1000001 "}, pixels, 1 << 40)
