"""Deciding about what is kept aside: each decision is whole, told in the trail, and taken back as it was."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.builders.ct_series import write_ct_series
from tests.builders.library_rows import RECEIVED, record_of
from viewer.base.byte_source import FileBytes
from viewer.base.errors import LibraryError
from viewer.base.jobs import Progress
from viewer.library.aside import Decided, accept, comparison, discard, keys_of, pending, put_in_force, undo
from viewer.library.instance_record import AsideReason, Door, Filed, Source
from viewer.library.integrity import verify
from viewer.library.library import Library
from viewer.library.search import Search
from viewer.library.study_row import InstanceRow

STRANGER = Source(Door.RECEIVER, "STRANGER", "203.0.113.9")


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path / "library", reserve_bytes=0) as opened:
        yield opened


def keep(
    library: Library, paths: list[Path], *, source: Source | None = None, aside: AsideReason | None = None
) -> list[Filed]:
    """File whole files, as the doors do."""
    filed = []
    for number, path in enumerate(paths):
        with library.store.batch() as batch:
            batch.add(FileBytes(path))
            (kept,) = batch.commit()
            record = record_of(FileBytes(path), kept, 0)
            record = replace(
                record, source=source or record.source, aside=aside, received_at=RECEIVED + timedelta(seconds=number)
            )
            filed += library.file([record])
    return filed


def series(folder: Path, count: int = 2, label: str = "ct", **elements: object) -> list[Path]:
    return write_ct_series(folder, count, 16, label=label, elements=elements)


def altered(path: Path, target: Path) -> Path:
    """Write a file again with another last pixel."""
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    target.write_bytes(data)
    return target


def all_rows(library: Library) -> tuple[object, list[InstanceRow], object, object]:
    """Return all that the index says of what is in force and what is aside, but for its own numbers."""
    catalogue = library.catalogue
    studies = catalogue.studies(Search(limit=1000))
    return (
        [replace(row, key=0) for row in studies],
        sorted(
            (row for study in studies for row in catalogue.instances_of_study(study)),
            key=lambda row: row.sop_instance_uid,
        ),
        sorted((replace(each, key=0) for each in catalogue.conflicts()), key=lambda each: each.kept.sha256),
        [replace(each, key=0, last_at=RECEIVED, instance_count=0) for each in catalogue.warnings(with_settled=True)],
    )


def is_sound(library: Library) -> bool:
    report = verify(library.store, library.catalogue, Progress())
    return report.is_sound and not report.orphans and not library.audit.broken()


def events(library: Library) -> list[tuple[str, int]]:
    return [(line.event, line.count) for line in library.audit.lines()]


def test_the_inbox_is_grouped_by_sender_and_study(library: Library, tmp_path: Path) -> None:
    one, other = (
        series(tmp_path / "one", 3, "one", PatientID="P1"),
        series(tmp_path / "other", 2, "other", PatientID="P2"),
    )
    assert keep(library, one + other, source=STRANGER, aside=AsideReason.UNKNOWN_SENDER) == [Filed.ASIDE] * 5
    groups = pending(library)
    assert {(group.source.name, len(group.arrived), group.attributes["PatientID"]) for group in groups} == {
        ("STRANGER", 2, "P2"),
        ("STRANGER", 3, "P1"),
    }
    assert all(
        group.reason is AsideReason.UNKNOWN_SENDER and not group.held and not group.held_instances for group in groups
    )
    assert library.catalogue.studies() == []
    assert len(keys_of(library, sender="STRANGER")) == 5
    assert keys_of(library, sender="SOMEBODY") == ()
    uid = groups[0].study_instance_uid
    assert set(keys_of(library, study_instance_uid=uid)) == set(groups[0].keys)


def test_what_is_accepted_is_filed_as_if_its_sender_were_known(library: Library, tmp_path: Path) -> None:
    keep(library, series(tmp_path / "ct", 3), source=STRANGER, aside=AsideReason.UNKNOWN_SENDER)
    before = all_rows(library)
    decided = accept(library, keys_of(library))
    assert (decided.filed, decided.altered) == (3, 0)
    (study,) = library.catalogue.studies()
    assert study.instance_count == 3
    assert pending(library) == ()
    assert library.catalogue.instances_of_study(study)[0].source == STRANGER
    assert undo(library, decided) == 3
    assert all_rows(library) == before
    assert library.catalogue.studies() == []
    assert events(library) == [("accept", 3), ("undo accept", 3)]
    assert is_sound(library)


def test_an_accepted_instance_replaces_nothing_that_is_held(library: Library, tmp_path: Path) -> None:
    paths = series(tmp_path / "ct", 2)
    keep(library, paths)
    forged = [altered(path, tmp_path / path.name) for path in paths]
    keep(library, forged, source=STRANGER, aside=AsideReason.UNKNOWN_SENDER)
    before = all_rows(library)
    (group,) = pending(library)
    assert (group.held_instances, group.differences) == (2, ())
    decided = accept(library, group.keys)
    assert (decided.filed, decided.altered) == (0, 2)
    (group,) = pending(library)
    assert group.reason is AsideReason.ALTERED
    assert undo(library, decided) == 2
    assert all_rows(library) == before


def test_what_is_discarded_is_gone_and_what_is_needed_stays(library: Library, tmp_path: Path) -> None:
    paths = series(tmp_path / "ct", 2)
    keep(library, paths)
    keep(library, [altered(paths[0], tmp_path / "forged.dcm")])
    (key,) = keys_of(library)
    assert library.store.has(key)
    decided = discard(library, [key])
    assert (decided.discarded, decided.can_be_undone) == (1, False)
    assert not library.store.has(key)
    assert pending(library) == ()
    with pytest.raises(LibraryError, match="cannot be undone"):
        undo(library, decided)
    assert is_sound(library)
    assert events(library) == [("discard", 1)]


@pytest.mark.parametrize("key", ["", "no hash", "0" * 64])
def test_only_what_is_aside_can_be_decided_about(key: str, library: Library, tmp_path: Path) -> None:
    (path,) = series(tmp_path / "ct", 1)
    keep(library, [path])
    (instance,) = library.catalogue.instances_of_study(library.catalogue.studies()[0])
    for decide in (accept, discard, lambda library, keys: put_in_force(library, *keys)):
        for wrong in (key, instance.kept.sha256):
            with pytest.raises(LibraryError, match="is kept aside"):
                decide(library, [wrong])
    assert is_sound(library)


def test_the_other_bytes_can_be_put_in_force_and_back(library: Library, tmp_path: Path) -> None:
    paths = series(tmp_path / "ct", 3)
    keep(library, paths)
    keep(library, [altered(paths[1], tmp_path / "forged.dcm")], source=STRANGER)
    library.catalogue.mark_displayed([row.sop_instance_uid for row in in_force(library)], RECEIVED)
    library.catalogue.set_notes(library.catalogue.studies()[0], "a note")
    before = all_rows(library)
    (key,) = keys_of(library)
    decided = put_in_force(library, key)
    (study,) = library.catalogue.studies()
    assert (study.instance_count, study.displayed_count, study.notes, study.warning_count) == (3, 2, "a note", 0)
    assert key in {row.kept.sha256 for row in in_force(library)}
    (former,) = library.catalogue.conflicts()
    assert former.reason is AsideReason.SUPERSEDED
    assert pending(library) == ()
    assert len(pending(library, with_superseded=True)) == 1
    # The sender sends the first again: known, decided about, and no alarm.
    assert keep(library, [paths[1]]) == [Filed.ALREADY]
    assert undo(library, decided) == 1
    assert [replace(each, displayed_at=None) for each in in_force(library)] == [
        replace(each, displayed_at=None) for each in before[1]
    ]
    assert [each.kept.sha256 for each in library.catalogue.conflicts()] == [key]
    assert library.catalogue.conflicts()[0].reason is AsideReason.ALTERED
    assert is_sound(library)


def in_force(library: Library) -> list[InstanceRow]:
    rows = [row for study in library.catalogue.studies() for row in library.catalogue.instances_of_study(study)]
    return sorted(rows, key=lambda row: row.sop_instance_uid)


def test_a_study_of_one_instance_keeps_its_notes_when_other_bytes_come_in_force(
    library: Library, tmp_path: Path
) -> None:
    (path,) = series(tmp_path / "one", 1, PatientID="P1")
    (other,) = series(tmp_path / "other", 1, PatientID="P2", PatientName="Other^Name")
    keep(library, [path, other])
    (study,) = library.catalogue.studies()
    library.catalogue.set_notes(study, "of the first")
    library.catalogue.set_flags(study, ["protected"])
    before = all_rows(library)
    decided = put_in_force(library, keys_of(library)[0])
    (study,) = library.catalogue.studies()
    assert (study.patient_id, study.patient_name, study.notes) == ("P2", "Other^Name", "of the first")
    assert study.flags == {"protected"}
    undo(library, decided)
    assert all_rows(library) == before


def test_whole_bytes_alone_come_in_force(library: Library, tmp_path: Path) -> None:
    (path,) = series(tmp_path / "ct", 1)
    keep(library, [path])
    keep(library, [altered(path, tmp_path / "forged.dcm")])
    (key,) = keys_of(library)
    stored = library.store.path_of(library.catalogue.conflicts()[0].kept)
    stored.chmod(0o600)
    stored.write_bytes(stored.read_bytes()[:-1])
    before = all_rows(library)
    with pytest.raises(LibraryError, match="not as it was kept"):
        put_in_force(library, key)
    stored.unlink()
    with pytest.raises(LibraryError, match="missing"):
        accept(library, [key])
    assert all_rows(library) == before


def test_what_differs_is_told_attribute_by_attribute(library: Library, tmp_path: Path) -> None:
    (path,) = series(tmp_path / "one", 1, PatientID="P1", PatientName="Hong^Gildong")
    (other,) = series(tmp_path / "other", 1, PatientID="P2", PatientName="Kim^Minsu")
    keep(library, [path])
    keep(library, [other, altered(path, tmp_path / "forged.dcm")], source=STRANGER)
    first, second = (
        comparison(library, each.kept.sha256)
        for each in sorted(library.catalogue.conflicts(), key=lambda each: each.patient_id)
    )
    assert (first.differences, first.do_pixels_differ, first.problem) == ((), True, "")
    assert {(each.keyword, each.held, each.arrived) for each in second.differences} == {
        ("PatientID", "P1", "P2"),
        ("PatientName", "Hong^Gildong", "Kim^Minsu"),
    }
    assert second.do_pixels_differ is False
    (group,) = pending(library)
    assert {each.keyword for each in group.differences} <= {"PatientID", "PatientName"}


def test_what_others_decided_since_is_left_alone(library: Library, tmp_path: Path) -> None:
    (path,) = series(tmp_path / "ct", 1)
    keep(library, [path], source=STRANGER, aside=AsideReason.UNKNOWN_SENDER)
    decided: Decided = accept(library, keys_of(library))
    library.catalogue.forget([library.catalogue.instances_of_study(library.catalogue.studies()[0])[0].sop_instance_uid])
    assert undo(library, decided) == 0
