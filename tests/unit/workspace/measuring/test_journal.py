"""What is kept of marks on the disk: whole, of two programs, on a bad disk, and from newer versions."""

import errno
import json
import os
import stat
import threading
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.builders.annotations import STUDY, image_anchor, length
from viewer.library import durable
from viewer.library.study_marks import erase_marks, marks_folder, marks_name
from viewer.measurement.annotation import Annotation
from viewer.measurement.user_calibration import UserCalibration
from viewer.workspace.measuring import journal_file
from viewer.workspace.measuring.annotation_book import AnnotationBook
from viewer.workspace.measuring.calibration_book import uid_of
from viewer.workspace.measuring.journal import Journal
from viewer.workspace.measuring.journal_file import JournalFile
from viewer.workspace.measuring.journal_lines import ANNOTATION, JournalLine, encoded

CALIBRATION = UserCalibration(STUDY, f"{STUDY}.1.1", ((0.0, 0.0), (100.0, 0.0)), 25.0, by="Kim", at="2026-11-23")


class Program:
    """A book with its journal, as one program has it."""

    def __init__(self, folder: Path | None, spare: Path | None = None) -> None:
        self.book = AnnotationBook()
        self.journal = Journal(self.book, folder, spare)
        self.told: list[str] = []
        self.journal.told.connect(self.told.append)
        self.journal.open_study(STUDY)

    @property
    def marks(self) -> tuple[Annotation, ...]:
        return self.book.of_study(STUDY)

    def put(self, *annotations: Annotation) -> None:
        self.book.apply({each.uid: each for each in annotations})

    def remove(self, *uids: str) -> None:
        self.book.apply(dict.fromkeys(uids))


Start = Callable[..., Program]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    programs: list[Program] = []

    def begin(folder: Path = tmp_path / "marks", spare: Path | None = None) -> Program:
        programs.append(Program(folder, spare))
        return programs[-1]

    yield begin
    for each in programs:
        each.journal.close()


@pytest.fixture
def no_sync(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spare the disk where a test is not about it."""
    monkeypatch.setattr(journal_file, "sync_file", lambda _descriptor: None)
    monkeypatch.setattr(journal_file, "sync_folder", lambda _path: None)


def the_file(folder: Path, ending: str = journal_file.ENDING) -> Path:
    (found,) = folder.glob(f"*{ending}")
    return found


def test_marks_and_scales_come_back_with_their_study(start: Start, tmp_path: Path) -> None:
    first = start()
    first.put(length("a"), length("b"))
    first.put(replace(length("a"), text="other"))
    first.remove("b")
    first.put(length("c"))
    first.book.calibrations.apply(STUDY, {uid_of(CALIBRATION): CALIBRATION})
    again = start()
    assert again.marks == first.marks == (replace(length("a"), text="other"), length("c"))
    assert again.book.calibrations.of(image_anchor(frame=7)) == CALIBRATION
    assert again.told == ["2 measurements of 2026-11-23 by 홍길동 restored"]
    again.journal.close_study(STUDY)
    assert again.book.everything() == ()
    assert again.book.calibrations.get(uid_of(CALIBRATION)) is None
    again.journal.open_study(STUDY)
    assert again.marks == first.marks
    assert start(tmp_path / "elsewhere").marks == ()


def test_what_is_kept_is_for_its_owner_alone_and_names_nobody(start: Start, tmp_path: Path) -> None:
    start().put(length("a"))
    folder = tmp_path / "marks"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for path in folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert STUDY not in path.name
    for line in the_file(folder).read_bytes().splitlines():
        assert json.loads(line)["type"] == "annotation"


def test_marks_are_on_the_disk_before_apply_returns(start: Start, tmp_path: Path) -> None:
    program = start()
    sizes = []
    for number in range(5):
        program.put(length(f"m{number}"))
        sizes.append(the_file(tmp_path / "marks").stat().st_size)
    assert sizes == sorted(set(sizes))


def test_every_mark_is_synced_by_another_thread(start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    monkeypatch.setattr(journal_file, "sync_file", lambda descriptor: synced.append(os.fstat(descriptor).st_size))
    program = start()
    program.put(length("a"))
    program.put(length("b"))
    program.journal.close()
    assert synced[-1] == the_file(tmp_path / "marks").stat().st_size


@pytest.mark.usefixtures("no_sync")
def test_a_journal_cut_off_at_any_byte_gives_all_whole_lines_and_keeps_the_rest_aside(tmp_path: Path) -> None:
    lines = [
        encoded(JournalLine((ANNOTATION, uid), STUDY, mark))
        for uid, mark in (
            ("a", length("a", text="가\n")),
            ("b", length("b")),
            ("a", length("a", end=3)),
            ("b", None),
        )
    ]
    states = [{}, {"a": length("a", text="가\n")}, {"a": length("a", text="가\n"), "b": length("b")}]
    states.append({"a": length("a", end=3), "b": length("b")})
    states.append({"a": length("a", end=3)})
    data = b"".join(lines)
    ends = [sum(map(len, lines[:count])) for count in range(len(lines) + 1)]
    for cut in range(len(data) + 1):
        folder = tmp_path / str(cut)
        folder.mkdir()
        path = folder / f"{marks_name(STUDY)}{journal_file.ENDING}"
        path.write_bytes(data[:cut])
        whole = max(number for number, end in enumerate(ends) if end <= cut + 1)  # a missing line end is made good
        torn = data[ends[whole] : cut]
        program = Program(folder)
        assert {each.uid: each for each in program.marks} == states[whole]
        assert [each for each in program.told if "damaged" in each] == (
            ["A piece of what was marked is damaged and cannot be shown; it is kept aside"] if torn else []
        )
        assert not torn or the_file(folder, journal_file.ASIDE).read_bytes() == torn + b"\n"
        program.put(length("new"))
        program.journal.close()
        again = Program(folder)
        assert {each.uid: each for each in again.marks} == {**states[whole], "new": length("new")}
        assert not [each for each in again.told if "damaged" in each]
        again.journal.close()


def test_damage_in_the_middle_costs_one_line_and_is_told_once(start: Start, tmp_path: Path) -> None:
    start().put(length("a"), length("b"), length("c"))
    path = the_file(tmp_path / "marks")
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + b"\x00" * 40 + b"\n" + lines[1].replace(b"1.5", b"1.6") + lines[2])
    again = start()
    assert [each.uid for each in again.marks] == ["a", "c"]
    assert "2 pieces of what was marked are damaged and cannot be shown; they are kept aside" in again.told
    assert b"1.6" in the_file(tmp_path / "marks", journal_file.ASIDE).read_bytes()
    assert not any("damaged" in each for each in start().told)


def test_what_a_newer_version_wrote_is_left_alone_and_told(start: Start, tmp_path: Path) -> None:
    start().put(length("a"), length("b"))
    newer = [
        _line({"v": 2, "type": "annotation", "study": STUDY, "uid": "a", "is": {"holds": "more"}}),
        _line({"v": 1, "type": "hologram", "study": STUDY, "uid": "x", "is": {}}),
    ]
    with the_file(tmp_path / "marks").open("ab") as stream:
        stream.write(b"".join(newer))
    program = start()
    assert [each.uid for each in program.marks] == ["b"]  # an older state of a would be wrong
    assert "2 marks of a newer version of the program are kept, but cannot be shown" in program.told
    for _time in range(9):
        program.put(length("b", end=_time))
    JournalFile(tmp_path / "marks", marks_name(STUDY)).compact()
    assert all(line in the_file(tmp_path / "marks").read_bytes() for line in newer)
    assert [each.uid for each in start().marks] == ["b"]


def test_a_journal_of_another_study_under_this_name_gives_nothing(start: Start, tmp_path: Path) -> None:
    start().put(length("a"))
    path = the_file(tmp_path / "marks")
    path.rename(path.with_name(f"{marks_name('9.9')}{journal_file.ENDING}"))
    other = AnnotationBook()
    Journal(other, tmp_path / "marks").open_study("9.9")
    assert other.everything() == ()


def test_compacting_leaves_what_counts_in_its_order(start: Start, tmp_path: Path) -> None:
    program = start()
    program.put(length("a"), length("b"), length("c"))
    for end in range(20):
        program.put(length("b", end=end))
    program.remove("a")
    program.put(length("a"))
    before = program.marks
    size = the_file(tmp_path / "marks").stat().st_size
    program.journal.close_study(STUDY)
    program.journal.close()
    assert the_file(tmp_path / "marks").stat().st_size < size / 4
    assert stat.S_IMODE(the_file(tmp_path / "marks").stat().st_mode) == 0o600
    again = start()
    assert again.marks == before
    assert [each.uid for each in before] == ["b", "c", "a"]


def test_compacting_that_fails_changes_nothing(start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = start()
    for end in range(20):
        program.put(length("b", end=end))
    data = the_file(tmp_path / "marks").read_bytes()

    def refuse(_descriptor: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(journal_file, "sync_file", refuse)
    with pytest.raises(OSError, match="Input/output"):
        JournalFile(tmp_path / "marks", marks_name(STUDY)).compact()
    assert the_file(tmp_path / "marks").read_bytes() == data
    assert not list((tmp_path / "marks").glob("*.part"))
    monkeypatch.undo()
    left = tmp_path / "marks" / f"{marks_name(STUDY)}.dead.part"
    left.write_bytes(b"half")
    assert JournalFile(tmp_path / "marks", marks_name(STUDY)).compact()
    assert not left.exists()
    program.put(length("c"))  # of a program that knew the file before
    assert [each.uid for each in start().marks] == ["b", "c"]


def _line(body: dict[str, object]) -> bytes:
    text = json.dumps(body, separators=(",", ":"))
    return f'{text[:-1]},"crc":"{zlib.crc32(text.encode()):08x}"}}\n'.encode()


# Two programs


def test_two_programs_see_what_the_other_marks(start: Start) -> None:
    one, other = start(), start()
    one.put(length("a"))
    other.put(length("b"))
    assert {each.uid for each in other.marks} == {"a", "b"}
    one.journal.look()
    assert set(one.marks) == set(other.marks)
    one.remove("a")
    one.book.calibrations.apply(STUDY, {uid_of(CALIBRATION): CALIBRATION})
    other.journal.look()
    assert [each.uid for each in other.marks] == ["b"]
    assert other.book.calibrations.get(uid_of(CALIBRATION)) == CALIBRATION
    assert start().marks == one.marks == other.marks
    assert one.told == other.told == []


def test_a_mark_that_two_programs_change_is_kept_as_both_left_it(start: Start) -> None:
    one, other = start(), start()
    one.put(length("a"))
    other.journal.look()
    one.put(length("a", text="one"))
    other.put(length("a", text="other"))
    assert sorted(each.text for each in other.marks) == ["one", "other"]
    assert other.told == ["1 mark was changed in another program at the same time: both are kept"]
    one.journal.look()
    assert set(one.marks) == set(other.marks) == set(start().marks)
    assert other.book.get("a") == length("a", text="other")


def test_what_one_program_changes_and_another_removes_stays(start: Start) -> None:
    one, other = start(), start()
    one.put(length("a"), length("b"))
    other.journal.look()
    one.put(length("a", text="changed"))
    other.remove("a")
    assert other.book.get("a") == length("a", text="changed")
    one.remove("b")
    other.put(length("b", text="changed"))
    one.journal.look()
    assert set(one.marks) == set(other.marks) == set(start().marks)
    assert {each.text for each in one.marks} == {"changed"}


def test_compacting_in_another_program_changes_nothing_here(start: Start, tmp_path: Path) -> None:
    one, other = start(), start()
    for end in range(20):
        one.put(length("a", end=end), length("b"))
    other.journal.look()
    JournalFile(tmp_path / "marks", marks_name(STUDY)).compact()
    other.put(length("c"))
    one.put(length("d"))
    other.journal.look()
    assert {each.uid for each in one.marks} == {each.uid for each in other.marks} == {"a", "b", "c", "d"}
    assert one.book.get("a") == length("a", end=19)
    assert one.told == other.told == []


# A bad disk


def test_a_full_disk_is_told_and_nothing_is_lost(start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = start()
    program.put(length("a"))
    size = the_file(tmp_path / "marks").stat().st_size
    standings: list[str] = []
    program.journal.standing_changed.connect(lambda _none: standings.append(program.journal.problem))

    def half(descriptor: int, data: bytes) -> None:
        os.write(descriptor, data[: len(data) // 2])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(journal_file, "write_all", half)
    program.put(length("b"))
    program.put(length("b", text="later"), length("c"))
    program.remove("a")
    assert program.journal.unkept == 3
    assert standings == ["What you mark is not kept on the disk: No space left on device. Make room; it is tried again"]
    assert the_file(tmp_path / "marks").stat().st_size == size  # no half line
    assert [each.uid for each in program.marks] == ["b", "c"]
    program.journal.retry()
    assert len(standings) == 1
    monkeypatch.setattr(journal_file, "write_all", durable.write_all)
    program.journal.retry()
    assert standings[1:] == [""]
    assert program.journal.unkept == 0
    assert start().marks == program.marks


def test_a_folder_that_cannot_be_written_is_told_and_tried_again(start: Start, tmp_path: Path) -> None:
    (tmp_path / "marks").write_bytes(b"a file in the place of the folder")
    program = start()
    program.put(length("a"))
    assert program.journal.problem.startswith("What you mark is not kept on the disk: ")
    program.journal.close_study(STUDY)
    program.journal.open_study(STUDY)
    assert program.marks == (length("a"),)  # still in memory
    (tmp_path / "marks").unlink()
    program.journal.retry()
    assert program.journal.problem == ""
    assert start().marks == (length("a"),)


def test_a_journal_that_cannot_be_read_is_told_once_and_read_when_it_can_be(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    start().put(length("a"))

    def refuse(*_arguments: object) -> int:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(journal_file, "open_file", refuse)
    monkeypatch.setattr(journal_file, "_read_from", refuse)
    program = start()
    program.journal.look()
    program.journal.look()
    assert program.told == ["What was marked on a study could not be read: Permission denied"]
    assert not program.marks
    monkeypatch.undo()
    program.journal.look()
    assert program.marks == (length("a"),)


def test_what_was_never_written_waits_in_a_spare_place_for_the_next_program(start: Start, tmp_path: Path) -> None:
    (tmp_path / "marks").write_bytes(b"")
    spare = tmp_path / "spare"
    program = start(spare=spare)
    program.put(length("a"))
    program.journal.close()
    (tmp_path / "marks").unlink()
    start().put(length("b"))
    again = start(spare=spare)
    assert {each.uid for each in again.marks} == {"a", "b"}
    assert not list(spare.glob(f"*{journal_file.ENDING}"))
    assert {each.uid for each in start().marks} == {"a", "b"}


def test_what_the_disk_took_and_lost_is_written_once_more(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[Callable[[], None]] = []
    book = AnnotationBook()
    journal = Journal(book, tmp_path / "marks", deliver=calls.append)
    journal.open_study(STUDY)

    def fail(_descriptor: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(journal_file, "sync_file", fail)
    book.apply({"a": length("a")})
    journal._syncing.close()
    (call,) = calls
    call()
    assert "Input/output error" in journal.problem
    monkeypatch.undo()
    the_file(tmp_path / "marks").write_bytes(b"")  # as such a disk may have it
    journal.retry()
    assert journal.problem == ""
    assert start().marks == (length("a"),)
    journal.close()


def test_without_a_place_nothing_is_written_and_nothing_fails(tmp_path: Path) -> None:
    program = Program(None)
    program.put(length("a"))
    program.remove("a")
    program.journal.close_study(STUDY)
    program.journal.close()
    assert list(tmp_path.iterdir()) == []


def test_erasing_takes_a_study_away_and_leaves_others(start: Start, tmp_path: Path) -> None:
    library = tmp_path / "library"
    program = start(marks_folder(library))
    program.put(length("a"), length("b", study="4.5"))
    other = start(marks_folder(library))
    assert erase_marks(library, [STUDY]) == 1
    program.journal.erased([STUDY])
    assert program.marks == ()
    program.journal.close()
    assert other.marks == (length("a"),)  # another program has it on its screen until it is told
    names = {path.name for path in marks_folder(library).glob(f"*{journal_file.ENDING}")}
    assert names == {f"{marks_name('4.5')}{journal_file.ENDING}"}


def test_the_thread_ends_with_its_journal(start: Start) -> None:
    program = start()
    program.put(length("a"))
    program.journal.close()
    assert not [each for each in threading.enumerate() if each.name == "journal"]
