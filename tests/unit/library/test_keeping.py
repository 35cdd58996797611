"""Keeping: the trash has an undo, an erased patient leaves no byte, an export is what came in, rules only propose."""

import hashlib
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.builders.ct_series import write_ct_series
from viewer.base.byte_source import FileBytes
from viewer.base.errors import Cancelled, LibraryError
from viewer.base.jobs import Progress
from viewer.dicom.header_scan import scan_header
from viewer.library.audit import AuditLog
from viewer.library.instance_record import Door, InstanceRecord, Source
from viewer.library.integrity import verify
from viewer.library.keeping import (
    carry_out,
    delete_study,
    empty_trash,
    erase_patient,
    every_study,
    export_study,
    restore_study,
    retention_plan,
)
from viewer.library.library import Library
from viewer.library.query_keys import attributes_of
from viewer.library.retention import PROTECTED, Reason, RetentionRules, plan_retention
from viewer.library.search import Search
from viewer.library.study_marks import marks_folder, marks_name
from viewer.library.study_row import StudyRow

CANARY = "Zzyzx^Canary=金絲^雀=카나리^아"
NOW = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path / "library") as opened:
        yield opened


def keep(library: Library, paths: list[Path], source: str = "disc") -> None:
    """File whole files, as the doors do."""
    for path in paths:
        with library.store.batch() as batch:
            incoming = batch.add(FileBytes(path))
            header = scan_header(incoming.source)
            attributes = attributes_of(header)
            (kept,) = batch.commit()
            record = InstanceRecord(
                sop_instance_uid=header.sop_instance_uid,
                sop_class_uid=header.sop_class_uid,
                series_instance_uid=header.series_instance_uid,
                study_instance_uid=header.study_instance_uid,
                transfer_syntax_uid=header.transfer_syntax_uid,
                kept=kept,
                source=Source(Door.IMPORT, source, source),
                received_at=NOW,
                attributes=attributes,
            )
            library.file([record])


def files_of(library: Library) -> list[Path]:
    return [path for path in library.folder.rglob("*") if path.is_file()]


def objects_of(library: Library) -> set[str]:
    return {hashlib.sha256(path.read_bytes()).hexdigest() for path in (library.folder / "objects").rglob("*.dcm")}


def uid_of(library: Library) -> str:
    (study,) = every_study(library)
    return study.study_instance_uid


def test_the_trash_has_an_undo(library: Library, tmp_path: Path) -> None:
    keep(library, write_ct_series(tmp_path / "ct", 3, size=16))
    uid = uid_of(library)
    library.catalogue.set_notes(uid, "ask the surgeon")
    held = objects_of(library)
    assert delete_study(library, uid).instances == 3
    assert every_study(library) == []
    assert [row.study_instance_uid for row in every_study(library, in_trash=True)] == [uid]
    assert objects_of(library) == held
    restore_study(library, uid)
    (study,) = every_study(library)
    assert (study.instance_count, study.notes) == (3, "ask the surgeon")
    assert library.catalogue.studies(Search("surgeon")) == [study]
    assert [line.event for line in library.audit.lines()] == ["delete", "restore"]


def test_only_what_is_there_can_be_deleted_and_restored(library: Library, tmp_path: Path) -> None:
    keep(library, write_ct_series(tmp_path / "ct", 1, size=16))
    uid = uid_of(library)
    with pytest.raises(LibraryError, match="no such study"):
        delete_study(library, "1.2.3")
    with pytest.raises(LibraryError, match="not in the trash"):
        restore_study(library, uid)
    delete_study(library, uid)
    with pytest.raises(LibraryError, match="restore it first"):
        delete_study(library, uid)
    with pytest.raises(LibraryError, match="restore it first"):
        export_study(library, uid, tmp_path / "out", Progress())


def test_emptying_the_trash_removes_the_files_and_nothing_else(library: Library, tmp_path: Path) -> None:
    keep(library, write_ct_series(tmp_path / "gone", 3, size=16, label="gone"))
    gone = uid_of(library)
    delete_study(library, gone)
    stays = write_ct_series(tmp_path / "stays", 2, size=16, label="stays")
    keep(library, stays)
    assert empty_trash(library, before=datetime.now(UTC) - timedelta(days=1)).instances == 0
    assert empty_trash(library).instances == 3
    assert objects_of(library) == {hashlib.sha256(path.read_bytes()).hexdigest() for path in stays}
    assert library.catalogue.stats().instances == 2
    report = verify(library.store, library.catalogue, Progress())
    assert report.is_sound
    assert report.orphans == ()


def test_what_comes_again_while_the_trash_is_emptied_is_not_lost(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = write_ct_series(tmp_path / "ct", 3, size=16)
    keep(library, paths)
    delete_study(library, uid_of(library))
    coming = threading.Thread(target=keep, args=(library, paths))
    append = library.audit.append

    def appended_meanwhile(event: str, uids: tuple[str, ...], count: int) -> None:
        append(event, uids, count)
        coming.start()
        coming.join(0.2)  # long enough to be acknowledged, if nothing kept it waiting

    monkeypatch.setattr(library.audit, "append", appended_meanwhile)
    assert empty_trash(library).instances == 3
    coming.join()
    assert [row.instance_count for row in every_study(library)] == [3]
    report = verify(library.store, library.catalogue, Progress())
    assert (report.is_sound, report.checked) == (True, 3)


def write_canary(folder: Path, label: str, **elements: object) -> list[Path]:
    common = {"SpecificCharacterSet": "ISO_IR 192", "PatientName": CANARY, "PatientID": "CANARY-7", **elements}
    return write_ct_series(folder, 3, size=16, label=label, elements=common)


def traces_in(library: Library) -> list[str]:
    """Return the files that hold a part of the canary anywhere, in any case or encoding it came or is searched in."""
    parts = ["Zzyzx", "Canary", "CANARY", "canary", "zzyzx", "金絲", "카나리", "絲"]
    needles = [part.encode(encoding) for part in parts for encoding in ("utf-8", "utf-16-le", "euc-kr")
               if _fits(part, encoding)]  # fmt: skip
    found = []
    for path in files_of(library):
        data = path.read_bytes() + str(path.relative_to(library.folder)).encode()
        if any(needle in data for needle in needles):
            found.append(path.name)
    return found


def _fits(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def test_an_erased_patient_leaves_not_a_byte(library: Library, tmp_path: Path) -> None:
    others = write_ct_series(tmp_path / "other", 40, size=16, label="other")
    keep(library, others[:20])
    keep(library, write_canary(tmp_path / "a", "a"), source="/media/Zzyzx Canary")
    keep(library, write_canary(tmp_path / "b", "b", StudyDescription="CANARY's knee"))
    delete_study(library, scan_header(FileBytes(tmp_path / "b" / "IM000000")).study_instance_uid)
    (forged,) = write_canary(tmp_path / "a2", "a")[:1]
    forged.write_bytes(forged.read_bytes()[:-1] + b"\x55")
    keep(library, [forged])  # kept aside
    keep(library, write_canary(tmp_path / "c", "other-name", PatientName="Canary^Other"))  # a warning upon the name
    claimed = write_ct_series(tmp_path / "d", 1, size=16, label="a", elements={"PatientID": "D", "Modality": "MR"})
    claimed[0].write_bytes(claimed[0].read_bytes().replace(b".100000", b".100099"))
    keep(library, claimed)  # another patient in the canary's study: a warning that names the canary
    library.store.keep(FileBytes(write_canary(tmp_path / "orphan", "orphan")[0]))  # an import that was cut short
    keep(library, others[20:])
    (library.folder / "library.sqlite.version-1-then").write_bytes(CANARY.encode())
    (library.folder / "incoming" / "1-dead.part").write_bytes(CANARY.encode())  # of a process that was killed
    assert len(traces_in(library)) > 5
    touched = erase_patient(library, "CANARY-7")
    assert touched.instances == 3 + 3 + 1 + 3
    assert traces_in(library) == []
    assert library.catalogue.studies(Search("canary")) == []
    assert {row.patient_id for row in every_study(library)} == {"TEST-CT", "D"}
    report = verify(library.store, library.catalogue, Progress())
    assert (report.is_sound, report.checked, report.orphans) == (True, 41, ())
    assert library.catalogue.studies(Search("made"))  # the others are found as before
    assert traces_in(library) == []


def test_an_unknown_patient_cannot_be_erased(library: Library) -> None:
    with pytest.raises(LibraryError, match="nothing of such a patient"):
        erase_patient(library, "nobody")
    with pytest.raises(LibraryError, match="without an ID"):
        erase_patient(library, " ")


def test_a_patient_is_erased_with_copies_of_what_is_in_place(library: Library, tmp_path: Path) -> None:
    (held,) = write_canary(tmp_path / "a", "a", PatientID=" CANARY-7 ")[:1]
    keep(library, [held])
    row = library.catalogue.instances_of_study(uid_of(library))[0]
    library.catalogue.relocate(row.sop_instance_uid, replace(row.kept, path=str(held)))  # its copy stays behind
    before = held.read_bytes()
    erase_patient(library, " CANARY-7")
    assert objects_of(library) == set()
    assert traces_in(library) == []
    assert held.read_bytes() == before


def test_what_was_marked_on_a_patients_studies_is_erased(library: Library, tmp_path: Path) -> None:
    keep(library, write_canary(tmp_path / "a", "a"))
    folder = marks_folder(library.folder)
    folder.mkdir()
    for name in (marks_name(uid_of(library)), marks_name("9.9")):
        for ending in (".jsonl", ".torn", ".dead.part"):
            (folder / f"{name}{ending}").write_text(CANARY)
    erase_patient(library, "CANARY-7")
    assert {path.name.split(".")[0] for path in folder.iterdir()} == {marks_name("9.9"), "marks"}


def test_a_folder_of_somebody_else_stays(library: Library, tmp_path: Path) -> None:
    keep(library, write_canary(tmp_path / "a", "a"))
    (library.folder / "rebuild-the-house").mkdir()
    erase_patient(library, "CANARY-7")
    assert (library.folder / "rebuild-the-house").is_dir()


def test_files_in_place_are_forgotten_and_left_alone(library: Library, tmp_path: Path) -> None:
    (path,) = write_canary(tmp_path / "a", "a")[:1]
    keep(library, [path])
    row = library.catalogue.instances_of_study(uid_of(library))[0]
    library.catalogue.relocate(row.sop_instance_uid, replace(row.kept, path=str(path)))
    library.store.remove(row.kept.sha256)
    before = path.read_bytes()
    erase_patient(library, "CANARY-7")
    assert path.read_bytes() == before
    assert library.catalogue.stats().instances == 0


def test_an_export_has_every_byte_under_names_of_ours(library: Library, tmp_path: Path) -> None:
    hostile = {"SeriesDescription": "../../escape", "PatientName": "../x^/etc/passwd"}
    paths = write_ct_series(tmp_path / "ct", 12, size=16, elements=hostile)
    keep(library, paths[::-1])
    written = export_study(library, uid_of(library), tmp_path / "out", Progress())
    assert [path.relative_to(tmp_path / "out").as_posix() for path in written[:2]] == [
        "SE0001/IM000001.dcm",
        "SE0001/IM000002.dcm",
    ]
    assert [path.read_bytes() for path in written] == [path.read_bytes() for path in paths]  # by instance number
    assert {path for path in (tmp_path / "out").rglob("*") if path.is_file()} == set(written)
    assert [line.count for line in library.audit.lines() if line.event == "export"] == [12]


def test_an_export_touches_nothing_that_is_there(library: Library, tmp_path: Path) -> None:
    keep(library, write_ct_series(tmp_path / "ct", 2, size=16))
    target = tmp_path / "out"
    target.mkdir()
    (target / "mine.txt").write_text("mine")
    with pytest.raises(LibraryError, match="not empty"):
        export_study(library, uid_of(library), target, Progress())
    (target / "mine.txt").unlink()
    assert len(export_study(library, uid_of(library), target, Progress())) == 2


@pytest.mark.parametrize("damage", ["cancelled", "altered", "missing"])
def test_an_export_is_whole_or_not_there(library: Library, tmp_path: Path, damage: str) -> None:
    keep(library, write_ct_series(tmp_path / "ct", 3, size=16))
    kept = library.catalogue.instances_of_study(uid_of(library))[-1].kept
    progress = Progress(lambda report: progress.cancel() if damage == "cancelled" and report.done else None)
    if damage == "missing":
        library.store.remove(kept.sha256)
    elif damage == "altered":
        library.store.path_of(kept).chmod(0o600)
        library.store.path_of(kept).write_bytes(b"\1" * kept.size)
    with pytest.raises((LibraryError, Cancelled)):
        export_study(library, uid_of(library), tmp_path / "exports" / "out", progress)
    assert list((tmp_path / "exports").iterdir()) == []


def study(uid: str, days_ago: int, size: int, **changes: object) -> StudyRow:
    row = StudyRow(
        key=0, study_instance_uid=uid, patient_id="", issuer="", patient_name="", birth_date="", sex="",
        study_date="", study_time="", accession_number="", study_id="", study_description="",
        referring_physician_name="", modalities=(), sop_class_uids=(), series_count=1, instance_count=2,
        displayed_count=2, total_size=size, first_received_at=NOW, last_received_at=NOW - timedelta(days=days_ago),
        last_displayed_at=None, trashed_at=None, rating=0, notes="", flags=frozenset(), warning_count=0,
    )  # fmt: skip
    return replace(row, **changes)  # type: ignore[arg-type]  # a test's own fields


def chosen(rules: RetentionRules, *studies: StudyRow) -> list[tuple[str, Reason]]:
    return [(row.study_instance_uid, reason) for row, reason in plan_retention(studies, rules, NOW).studies]


def test_rules_of_age_count_from_the_last_look() -> None:
    old, new = study("old", 100, 1), study("new", 5, 1)
    looked_at = study("looked at", 100, 1, last_displayed_at=NOW - timedelta(days=1))
    assert chosen(RetentionRules(most_days=30), new, looked_at, old) == [("old", Reason.AGE)]


def test_rules_of_size_take_what_rested_longest() -> None:
    studies = [study("c", 1, 40), study("a", 9, 40), study("b", 5, 40)]
    assert chosen(RetentionRules(most_bytes=80), *studies) == [("a", Reason.SIZE)]
    assert chosen(RetentionRules(most_bytes=79), *studies) == [("a", Reason.SIZE), ("b", Reason.SIZE)]
    assert chosen(RetentionRules(most_bytes=120), *studies) == []


def test_protected_and_unseen_studies_stay() -> None:
    protected = study("p", 100, 40, flags=frozenset({PROTECTED}))
    unseen = study("u", 100, 40, displayed_count=1)
    rules = RetentionRules(most_days=30, most_bytes=0)
    plan = plan_retention([protected, unseen], rules, NOW)
    assert (plan.studies, plan.over_bytes) == ((), 80)
    assert chosen(replace(rules, spares_undisplayed=False), protected, unseen) == [("u", Reason.AGE)]


def test_rules_are_plain_values() -> None:
    rules = RetentionRules(most_days=30, most_bytes=10**12, spares_undisplayed=False)
    assert RetentionRules.from_json(json.loads(json.dumps(rules.to_json()))) == rules
    with pytest.raises(LibraryError):
        RetentionRules.from_json({"most_days": "30"})
    with pytest.raises(LibraryError):
        RetentionRules(most_days=-1)


def test_a_dry_run_does_nothing_and_a_plan_goes_to_the_trash(library: Library, tmp_path: Path) -> None:
    keep(library, write_ct_series(tmp_path / "ct", 2, size=16))
    plan = retention_plan(library, RetentionRules(most_bytes=0, spares_undisplayed=False), NOW)
    assert len(plan.studies) == len(every_study(library)) == 1
    carry_out(library, plan)
    assert every_study(library) == []
    assert len(every_study(library, in_trash=True)) == 1


def test_the_trail_sees_what_was_changed_or_taken_out(tmp_path: Path) -> None:
    log = AuditLog(tmp_path)
    for number in range(5):
        log.append("delete", (f"1.2.{number}",), number)
    assert [line.number for line in log.lines()] == [1, 2, 3, 4, 5]
    assert log.broken() == ()
    lines = log.path.read_bytes().splitlines(keepends=True)
    log.path.write_bytes(b"".join([*lines[:1], *lines[2:]]))
    assert log.broken() == (2,)
    log.path.write_bytes(b"".join([*lines[:4], lines[4].replace(b"1.2.4", b"1.2.9")]))
    assert log.broken() == (5,)


def test_the_trail_goes_on_after_a_torn_line(tmp_path: Path) -> None:
    log = AuditLog(tmp_path)
    log.append("delete", ("1.2",), 1)
    whole = log.path.read_bytes()
    log.path.write_bytes(whole + b'{"number": 2, "ti')
    log.append("restore", ("1.2",), 1)
    assert [line.event for line in log.lines()] == ["delete", "restore"]
    assert log.path.read_bytes().startswith(whole + b'{"number": 2, "ti\n')
    assert log.broken() == (2,)  # told, and only the torn one


@pytest.mark.parametrize("damage", [b'"previous"', b'"hash"', b'"number": 2', b'"count": 2'])
def test_whatever_became_of_a_line_is_told(tmp_path: Path, damage: bytes) -> None:
    log = AuditLog(tmp_path)
    for number in (1, 2):
        log.append("delete", ("1.2",), number)
    first, second = log.path.read_bytes().splitlines(keepends=True)
    for other in (b'"other"', b'"number": Infinity', b'"number": [[]]'):
        log.path.write_bytes(first + second.replace(damage, other))
        assert log.broken() == (2,)


def test_the_trail_holds_no_words_that_come_as_a_uid(tmp_path: Path) -> None:
    log = AuditLog(tmp_path)
    log.append("import", ("1.2.3", CANARY, "1.2\n{}", "1." * 400), 4)
    (line,) = log.lines()
    assert line.study_instance_uids[0] == "1.2.3"
    assert all(uid.startswith("no UID ") and len(uid) < 80 for uid in line.study_instance_uids[1:])
    assert b"Canary" not in log.path.read_bytes()


@pytest.mark.parametrize("name", ["library.sqlite", "library.sqlite-wal", "audit.log"])
def test_a_link_in_the_place_of_a_file_is_not_followed(name: str, tmp_path: Path) -> None:
    target = tmp_path / "another's"
    target.write_bytes(b"")
    folder = tmp_path / "library"
    folder.mkdir()
    (folder / name).symlink_to(target)
    with pytest.raises(LibraryError), Library(folder) as library:
        library.audit.append("delete", ("1.2.3",), 1)
    if name == "audit.log":
        with pytest.raises(LibraryError):
            list(AuditLog(folder).lines())
    assert target.read_bytes() == b""


def test_what_was_to_be_delivered_of_an_erased_patient_is_forgotten(library: Library, tmp_path: Path) -> None:
    keep(library, write_ct_series(tmp_path / "ct", 1, size=16, elements={"PatientID": "P"}))
    uid = uid_of(library)
    with library.database.writing() as connection:
        connection.execute(
            "INSERT INTO deliveries (rule, action, study_instance_uid, came_at, due_at) VALUES ('r', '{}', ?, 1, 1)",
            (uid,),
        )
    erase_patient(library, "P")
    with library.database.reading() as connection:
        assert connection.execute("SELECT count(*) FROM deliveries").fetchone()[0] == 0
