"""DICOMDIR: by its links, against pydicom, dcdirdmp and directories that DCMTK wrote; and with every kind of lie."""

import shutil
import struct
import subprocess
import time
from collections import Counter
from pathlib import Path

import pydicom
import pytest

from tests.unit.dicom.test_header_bombs import EXPLICIT, UNDEFINED, item, long, short
from viewer.base.byte_source import FileBytes
from viewer.base.errors import DicomError
from viewer.dicom.file_set import FileSet, read_file_set
from viewer.dicom.header_scan import is_dicomdir, scan_header

PYDICOM_DIRS = Path(pydicom.__file__).parent / "data" / "test_files" / "dicomdirtests"
DCMMKDIR, DCDIRDMP = Path("/usr/bin/dcmmkdir"), Path("/usr/bin/dcdirdmp")
IN_USE = b"\xff\xff"
ITEM_END, SEQUENCE_END = b"\xfe\xff\x0d\xe0\0\0\0\0", b"\xfe\xff\xdd\xe0\0\0\0\0"
TOP = 12 + 10  # bytes of (0004,1200) and (0004,1212)


class Record:
    """One record of a directory under construction; links are numbers of records, offsets where negative."""

    def __init__(
        self, kind: str, *, following: int = 0, lower: int = 0, in_use: bytes = IN_USE, file: str = ""
    ) -> None:
        self.kind, self.following, self.lower, self.in_use, self.file = kind, following, lower, in_use, file

    def encoded(self, offsets: list[int]) -> bytes:
        value = (
            short(0x00041400, b"UL", struct.pack("<I", self._offset(self.following, offsets)))
            + short(0x00041410, b"US", self.in_use)
            + short(0x00041420, b"UL", struct.pack("<I", self._offset(self.lower, offsets)))
            + short(0x00041430, b"CS", self.kind.encode())
        )
        if self.file:
            value += short(0x00041500, b"CS", self.file.encode()) + short(0x00041511, b"UI", b"1.2.3")
        return item(value)

    @staticmethod
    def _offset(link: int, offsets: list[int]) -> int:
        return -link if link < 0 else offsets[link]


def directory(records: list[Record], first: int = 1, *, flag: int = 0) -> bytes:
    """Return a DICOMDIR; links count records from 1, 0 is no link, a negative number is an offset as it stands."""
    meta = short(0x00020002, b"UI", b"1.2.840.10008.1.3.10") + short(0x00020010, b"UI", EXPLICIT.encode())
    before = bytes(128) + b"DICM" + short(0x00020000, b"UL", struct.pack("<I", len(meta))) + meta
    offsets, position = [0], len(before) + TOP + 12
    for record in records:
        offsets.append(position)
        position += len(record.encoded([0] * (len(records) + 1)))
    body = b"".join(record.encoded(offsets) for record in records)
    top = short(0x00041200, b"UL", struct.pack("<I", Record._offset(first, offsets)))
    return before + top + short(0x00041212, b"US", struct.pack("<H", flag)) + long(0x00041220, b"SQ", body)


def file_set(tmp_path: Path, data: bytes) -> FileSet:
    path = tmp_path / "DICOMDIR"
    path.write_bytes(data)
    return read_file_set(FileBytes(path))


def shape(found: FileSet) -> list[tuple[str, int | None]]:
    return [(record.record_type, record.parent) for record in found.records]


TREE = [
    Record("IMAGE", file="A\\IM2"),
    Record("PATIENT", following=6, lower=3),
    Record("STUDY", lower=4),
    Record("SERIES", lower=5),
    Record("IMAGE", following=1, file="A\\IM1"),
    Record("PATIENT"),
]
TREE_SHAPE = [("PATIENT", None), ("STUDY", 0), ("SERIES", 1), ("IMAGE", 2), ("IMAGE", 2), ("PATIENT", None)]


def test_records_come_in_the_order_of_their_links(tmp_path: Path) -> None:
    found = file_set(tmp_path, directory(TREE, first=2))
    assert shape(found) == TREE_SHAPE
    assert [record.referenced_file_id for record in found.records if record.referenced_file_id] == [
        ("A", "IM1"),
        ("A", "IM2"),
    ]
    assert found.problems == ()


def test_a_loop_falls_back_to_the_written_order(tmp_path: Path) -> None:
    found = file_set(
        tmp_path, directory([Record("PATIENT", lower=2), Record("STUDY", lower=3), Record("SERIES", lower=2)])
    )
    assert shape(found) == [("PATIENT", None), ("STUDY", 0), ("SERIES", 1)]
    assert "run in a circle" in found.problems[0]


@pytest.mark.parametrize("offset", [1, 129, 100_000, 0xFFFFFFF])
def test_an_offset_that_meets_no_record_falls_back_to_the_written_order(offset: int, tmp_path: Path) -> None:
    records = [Record("PATIENT", lower=-offset), Record("STUDY"), Record("SERIES"), Record("IMAGE", file="X")]
    found = file_set(tmp_path, directory(records))
    assert shape(found) == [("PATIENT", None), ("STUDY", 0), ("SERIES", 1), ("IMAGE", 2)]
    assert f"byte {offset}, where no record is" in found.problems[0]


def test_records_linked_to_nothing_are_taken_as_well(tmp_path: Path) -> None:
    found = file_set(tmp_path, directory([Record("PATIENT"), Record("STUDY"), Record("IMAGE", file="X")]))
    assert shape(found) == [("PATIENT", None), ("STUDY", 0), ("IMAGE", 1)]
    assert "2 of 3 directory records are linked to nothing" in found.problems[0]


def test_records_not_in_use_are_skipped_with_all_below_them(tmp_path: Path) -> None:
    records = [
        Record("PATIENT", following=3, lower=2, in_use=b"\0\0"),
        Record("IMAGE", file="GONE"),
        Record("PATIENT", lower=4),
        Record("IMAGE", file="HERE"),
    ]
    found = file_set(tmp_path, directory(records))
    assert shape(found) == [("PATIENT", None), ("IMAGE", 0)]
    assert found.records[1].referenced_file_id == ("HERE",)
    assert found.problems == ("1 of 4 directory records are marked as not in use",)


def test_a_first_record_that_is_not_named_is_said(tmp_path: Path) -> None:
    found = file_set(tmp_path, directory([Record("PATIENT")], first=0))
    assert shape(found) == [("PATIENT", None)]
    assert "does not say which record is the first" in found.problems[0]


def test_an_inconsistency_flag_is_said(tmp_path: Path) -> None:
    found = file_set(tmp_path, directory([Record("PATIENT")], flag=0xFFFF))
    assert found.problems == ("The directory says of itself that it may be inconsistent",)


def test_every_cut_keeps_what_is_there_and_says_so(tmp_path: Path) -> None:
    whole = directory(TREE, first=2)
    begin = whole.index(b"\x04\x00\x20\x12SQ") + 12
    for size in range(begin, len(whole) - 1):
        found = file_set(tmp_path, whole[:size])
        assert found.problems, size
        assert len(found.records) <= len(TREE)


def test_damaged_bytes_never_escape_as_another_error(tmp_path: Path) -> None:
    whole = directory(TREE, first=2)
    for place in range(132, len(whole)):
        for value in (0, 0xFF, whole[place] ^ 1):
            mutant = whole[:place] + bytes([value]) + whole[place + 1 :]
            try:
                found = file_set(tmp_path, mutant)
            except DicomError:
                continue
            assert len(found.records) <= len(TREE)
            assert all(record.parent is None or record.parent < len(found.records) for record in found.records)


def test_sequences_inside_records_are_passed_over(tmp_path: Path) -> None:
    icon = item(short(0x00280010, b"US", b"\x40\0") + long(0x7FE00010, b"OW", bytes(64)), UNDEFINED) + ITEM_END
    value = short(0x00041430, b"CS", b"IMAGE") + long(0x00880200, b"SQ", icon + SEQUENCE_END, UNDEFINED)
    value += short(0x00041500, b"CS", b"AFTER")
    meta_end = directory([], first=0).index(b"\x04\x00\x20\x12SQ")
    head = directory([Record("IMAGE")])[:meta_end]
    records = item(value, UNDEFINED) + ITEM_END + item(value) + SEQUENCE_END
    found = file_set(tmp_path, head + long(0x00041220, b"SQ", records, UNDEFINED))
    assert [record.referenced_file_id for record in found.records] == [("AFTER",), ("AFTER",)]


def test_an_image_is_no_directory(tmp_path: Path) -> None:
    path = Path(pydicom.__file__).parent / "data" / "test_files" / "CT_small.dcm"
    with pytest.raises(DicomError, match="not a DICOMDIR"):
        read_file_set(FileBytes(path))
    (tmp_path / "text").write_text("PATIENT STUDY SERIES")
    with pytest.raises(DicomError):
        read_file_set(FileBytes(tmp_path / "text"))


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("DICOMDIR", ""),
        ("DICOMDIR-bigEnd", ""),
        ("DICOMDIR-implicit", ""),
        ("DICOMDIR-reordered", ""),
        ("DICOMDIR-empty.dcm", ""),
        ("DICOMDIR-nooffset", "cut off or damaged"),
        ("DICOMDIR-nopatient", "linked to nothing"),
    ],
)
def test_pydicoms_directories_agree_with_pydicom(name: str, problem: str) -> None:
    path = PYDICOM_DIRS / name
    assert is_dicomdir(scan_header(FileBytes(path)))
    found = read_file_set(FileBytes(path))
    assert problem in " ".join(found.problems)
    assert bool(found.problems) == bool(problem)
    truth = pydicom.dcmread(path).DirectoryRecordSequence
    ours = Counter((record.record_type, "\\".join(record.referenced_file_id)) for record in found.records)
    theirs = Counter((str(record.get("DirectoryRecordType", "")), "\\".join(file_id_of(record))) for record in truth)
    assert ours == theirs
    files = {record.referenced_file_id: record.sop_instance_uid for record in found.records}
    for record in truth:
        if "ReferencedFileID" in record:
            assert files[tuple(file_id_of(record))] == record.ReferencedSOPInstanceUIDInFile


def file_id_of(record: pydicom.Dataset) -> list[str]:
    value = record.get("ReferencedFileID") or []
    return [value] if isinstance(value, str) else list(value)


@pytest.mark.skipif(not DCDIRDMP.exists(), reason="dicom3tools are not installed")
def test_the_tree_agrees_with_dcdirdmp() -> None:
    path = PYDICOM_DIRS / "DICOMDIR"
    dump = subprocess.run([DCDIRDMP, path], capture_output=True, text=True, check=False)
    lines = (dump.stdout + dump.stderr).splitlines()
    theirs: list[tuple[int, str]] = []
    for line in lines:
        words = line.split()
        if words and words[0] in {"PATIENT", "STUDY", "SERIES", "IMAGE"}:
            theirs.append((len(line) - len(line.lstrip("\t")), words[0]))
        elif words and words[0] == "->":
            theirs.append((-1, words[1]))
    found = read_file_set(FileBytes(path)).records
    ours: list[tuple[int, str]] = []
    for record in found:
        level, parent = 0, record.parent
        while parent is not None:
            level, parent = level + 1, found[parent].parent
        ours.append((level, record.record_type))
        if record.referenced_file_id:
            ours.append((-1, "\\".join(record.referenced_file_id)))
    assert ours == theirs
    assert len(ours) == 52 + 31


@pytest.mark.real_data
def test_a_directory_without_root_offset_still_names_all_files(shared_data: Path) -> None:
    path = shared_data / "ct-philips-28" / "DIRFILE"
    found = read_file_set(FileBytes(path))
    names = {record.referenced_file_id[-1] for record in found.records}
    assert names == {file.name for file in path.parent.iterdir()} - {"DIRFILE"}
    assert "does not say which record is the first" in found.problems[0]


@pytest.mark.real_data
@pytest.mark.skipif(not DCMMKDIR.exists(), reason="DCMTK is not installed")
def test_a_directory_that_dcmtk_wrote_names_what_the_files_say(shared_data: Path, tmp_path: Path) -> None:
    for folder in ("ct-tilted-28", "mr-mosaic"):
        (tmp_path / folder[:2].upper()).mkdir()
        for number, path in enumerate(sorted((shared_data / folder).iterdir())):
            shutil.copyfile(path, tmp_path / folder[:2].upper() / f"IM{number:03}")
    command = f"{DCMMKDIR} +r +id {tmp_path} +D DICOMDIR -Pgp -W +I +Nrs CT MR".split()
    subprocess.run(command, capture_output=True, check=False, cwd=tmp_path)
    found = read_file_set(FileBytes(tmp_path / "DICOMDIR"))
    named = [record for record in found.records if record.referenced_file_id]
    assert found.problems == ()
    assert len(named) >= 28
    for record in named:
        header = scan_header(FileBytes(tmp_path.joinpath(*record.referenced_file_id)))
        assert record.sop_instance_uid == header.sop_instance_uid
        assert record.sop_class_uid == header.sop_class_uid
        assert record.transfer_syntax_uid == header.transfer_syntax_uid
        parents = []
        above = record.parent
        while above is not None:
            parents.append(found.records[above].record_type)
            above = found.records[above].parent
        assert parents == ["SERIES", "STUDY", "PATIENT"]


def test_ten_thousand_records_take_less_than_a_second(tmp_path: Path) -> None:
    images = [
        Record("IMAGE", following=number + 1 if number < 10_003 else 0, file=f"DICOM\\IM{number:06}")
        for number in range(4, 10_004)
    ]
    records = [Record("PATIENT", lower=2), Record("STUDY", lower=3), Record("SERIES", lower=4), *images]
    path = tmp_path / "DICOMDIR"
    path.write_bytes(directory(records))
    begin = time.process_time()
    found = read_file_set(FileBytes(path))
    assert time.process_time() - begin < 1.0
    assert len(found.records) == 10_003
    assert found.problems == ()
