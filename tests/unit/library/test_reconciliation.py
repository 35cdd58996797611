"""Reconciliation: a study gets another identity whole or not at all, and gets its own back as it was."""

import hashlib
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pydicom
import pytest

from tests.builders.ct_series import write_ct_series
from tests.unit.library.test_aside import all_rows, events, in_force, is_sound, keep, series
from viewer.base.errors import Cancelled, LibraryError
from viewer.base.jobs import Progress, ProgressReport
from viewer.library.aside import keys_of, pending
from viewer.library.instance_record import AsideReason, Filed
from viewer.library.keeping import delete_study, erase_patient
from viewer.library.library import Library
from viewer.library.reconciliation import (
    Identity,
    Likeness,
    Reason,
    ReconcileStudy,
    UndoReconciliation,
    can_be_undone,
    differences,
    reconcile,
    suggestions,
    undo_reconciliation,
)
from viewer.library.study_row import StudyRow, WarningKind

HONG = "Hong^Gildong=洪^吉洞=홍^길동"


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path / "library", reserve_bytes=0) as opened:
        yield opened


def study_of(library: Library, patient_id: str) -> StudyRow:
    (study,) = [row for row in library.catalogue.studies() if row.patient_id == patient_id]
    return study


def objects_of(library: Library) -> set[str]:
    return {hashlib.sha256(path.read_bytes()).hexdigest() for path in (library.folder / "objects").rglob("*.dcm")}


def test_a_study_gets_a_patients_identity_and_keeps_everything_else(library: Library, tmp_path: Path) -> None:
    keep(library, series(tmp_path / "right", 2, "right", PatientID="P1", PatientName="Miller^Anna", PatientSex="F"))
    paths = series(tmp_path / "wrong", 3, "wrong", PatientID="TEMP", PatientName="Unknown", PatientSex="")
    keep(library, paths)
    study = study_of(library, "TEMP")
    library.catalogue.set_notes(study, "seen by night")
    library.catalogue.mark_displayed([row.sop_instance_uid for row in library.catalogue.instances_of_study(study)[:2]])
    identity = Identity.of_patient(study_of(library, "P1"))
    assert {(each.keyword, each.held, each.arrived) for each in differences(study, identity)} == {
        ("PatientID", "TEMP", "P1"),
        ("PatientName", "Unknown", "Miller^Anna"),
        ("PatientSex", "", "F"),
    }
    reports: list[ProgressReport] = []
    done = ReconcileStudy(library, study, identity, Reason.COERCE).run(Progress(reports.append))
    assert (done.instances, done.unchanged, done.signed) == (3, 0, 0)
    assert [(report.done, report.total) for report in reports] == [(0, 3), (1, 3), (2, 3)]
    assert (done.study.patient_name, done.study.notes, done.study.displayed_count) == (
        "Miller^Anna",
        "seen by night",
        2,
    )
    assert library.catalogue.stats().patients == 1
    assert library.catalogue.warnings() == []
    held = {path.name: path for path in paths}
    originals = {pydicom.dcmread(path).SOPInstanceUID: path for path in held.values()}
    for row in library.catalogue.instances_of_study(done.study):
        new, old = pydicom.dcmread(library.store.path_of(row.kept)), pydicom.dcmread(originals[row.sop_instance_uid])
        assert (new.PatientID, str(new.PatientName), new.PatientSex) == ("P1", "Miller^Anna", "F")
        assert new.PixelData == old.PixelData
        said = new.OriginalAttributesSequence[-1]
        assert said.ReasonForTheAttributeModification == "COERCE"
        assert said.SourceOfPreviousValues == row.source.name
        former = said.ModifiedAttributesSequence[0]
        assert (former.PatientID, str(former.PatientName), former.PatientSex) == ("TEMP", "Unknown", "")
    superseded = library.catalogue.conflicts()
    assert {each.kept.sha256 for each in superseded} == {hashlib.sha256(p.read_bytes()).hexdigest() for p in paths}
    assert {each.reason for each in superseded} == {AsideReason.SUPERSEDED}
    assert pending(library) == ()
    assert events(library) == [("reconcile", 3)]
    assert is_sound(library)
    # The device sends the study again as it knows it: nothing is new, and nothing is alarming.
    assert keep(library, paths) == [Filed.ALREADY] * 3


def test_undone_everything_is_as_it_was(library: Library, tmp_path: Path) -> None:
    keep(
        library, series(tmp_path / "ct", 3, "ct", PatientID="TEMP", PatientName=HONG, SpecificCharacterSet="ISO_IR 192")
    )
    study = study_of(library, "TEMP")
    library.catalogue.set_flags(study, ["protected"])
    library.catalogue.mark_displayed([row.sop_instance_uid for row in in_force(library)])
    before, files = all_rows(library), objects_of(library)
    first = reconcile(library, study, Identity(patient_id="A", accession_number="1"), Progress()).study
    middle, more = all_rows(library), objects_of(library)
    second = reconcile(library, first, Identity(patient_id="B", patient_name=""), Progress()).study
    assert second.patient_name == ""
    assert can_be_undone(library, second)
    back = UndoReconciliation(library, second).run(Progress())
    assert (back.instances, back.study.patient_id) == (3, "A")
    assert (all_rows(library), objects_of(library)) == (middle, more)
    undo_reconciliation(library, back.study, Progress())
    assert (all_rows(library), objects_of(library)) == (before, files)
    assert not can_be_undone(library, study_of(library, "TEMP"))
    with pytest.raises(LibraryError, match="has not been reconciled"):
        undo_reconciliation(library, study_of(library, "TEMP"), Progress())
    assert [event for event, _count in events(library)] == [
        "reconcile",
        "reconcile",
        "undo reconcile",
        "undo reconcile",
    ]
    assert is_sound(library)


def test_a_study_that_came_under_two_patients_becomes_one(library: Library, tmp_path: Path) -> None:
    paths = series(tmp_path / "ct", 4, "ct", PatientID="RIGHT1")
    for path in paths[2:]:
        path.write_bytes(path.read_bytes().replace(b"RIGHT1", b"WRONG1"))
    keep(library, paths)
    wrong, right = study_of(library, "WRONG1"), study_of(library, "RIGHT1")
    assert [each.kind for each in library.catalogue.warnings()] == [WarningKind.OTHER_PATIENT]
    before = all_rows(library)
    assert [(each.study.patient_id, each.likenesses[0]) for each in suggestions(library, wrong)] == [
        (right.patient_id, Likeness.SAME_STUDY)
    ]
    done = reconcile(library, wrong, Identity.of_patient(right), Progress())
    assert (done.instances, done.study.instance_count) == (2, 4)
    assert library.catalogue.warnings() == []
    assert len(library.catalogue.studies()) == 1
    undo_reconciliation(library, done.study, Progress())
    assert all_rows(library)[1] == before[1]
    assert [each.kind for each in library.catalogue.warnings()] == [WarningKind.OTHER_PATIENT]
    assert is_sound(library)


def test_what_came_late_stays_told(library: Library, tmp_path: Path) -> None:
    paths = series(tmp_path / "ct", 3)
    keep(library, paths[:2])
    from tests.unit.library.test_aside import STRANGER

    keep(library, paths[2:], source=STRANGER)
    late = library.catalogue.warnings()
    assert [each.kind for each in late] == [WarningKind.LATE]
    done = reconcile(library, library.catalogue.studies()[0], Identity(patient_id="NEW"), Progress())
    assert [replace(each, key=0) for each in library.catalogue.warnings()] == [replace(each, key=0) for each in late]
    assert done.study.warning_count == 1


class CancelledAt(Progress):
    """A progress that is cancelled after so many reports."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self._left = count

    def check(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise Cancelled


@pytest.mark.parametrize("after", [0, 1, 60, 119, 120])
def test_cancelled_it_leaves_nothing(after: int, library: Library, tmp_path: Path) -> None:
    keep(library, write_ct_series(tmp_path / "ct", 120, 8))
    before, files = all_rows(library), objects_of(library)
    with pytest.raises(Cancelled):
        reconcile(library, library.catalogue.studies()[0], Identity(patient_id="NEW"), CancelledAt(after))
    assert (all_rows(library), objects_of(library)) == (before, files)
    assert is_sound(library)
    assert events(library) == []
    assert list((library.folder / "incoming").iterdir()) == []


def test_one_file_that_cannot_be_written_again_leaves_all_as_they_were(library: Library, tmp_path: Path) -> None:
    paths = series(tmp_path / "ct", 3, "ct", SpecificCharacterSet="", InstitutionName="Hospital")
    paths[1].write_bytes(paths[1].read_bytes().replace(b"Hospital", b"Hosp\xb1\xe6al"))
    keep(library, paths)
    before, files = all_rows(library), objects_of(library)
    with pytest.raises(LibraryError, match="stays as it was"):
        reconcile(library, library.catalogue.studies()[0], Identity(patient_name=HONG), Progress())
    assert (all_rows(library), objects_of(library)) == (before, files)
    row = in_force(library)[0]
    path = library.store.path_of(row.kept)
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(LibraryError, match="not as it was kept"):
        reconcile(library, library.catalogue.studies()[0], Identity(patient_id="X"), Progress())
    assert all_rows(library) == before


def test_only_what_is_there_gets_another_identity(library: Library, tmp_path: Path) -> None:
    keep(library, series(tmp_path / "ct", 1))
    (study,) = library.catalogue.studies()
    with pytest.raises(LibraryError, match="says so already"):
        reconcile(library, study, Identity.of_study(study), Progress())
    with pytest.raises(LibraryError, match="no such study"):
        reconcile(library, replace(study, patient_id="?"), Identity(patient_id="X"), Progress())
    delete_study(library, study.study_instance_uid)
    with pytest.raises(LibraryError, match="restore it first"):
        reconcile(library, study, Identity(patient_id="X"), Progress())
    assert is_sound(library)


@pytest.mark.parametrize(
    "values",
    [
        {"patient_id": "a\\b"}, {"patient_id": "x" * 65}, {"patient_name": "a=b=c=d"}, {"birth_date": "20250230"},
        {"birth_date": "1970-01-02"}, {"sex": "female"}, {"accession_number": "x" * 17}, {"patient_name": "a\nb"},
        {"patient_id": " a"}, {"issuer": "\x1b$)C"},
    ],
)  # fmt: skip
def test_what_no_file_may_say_is_refused(values: dict[str, str]) -> None:
    with pytest.raises(LibraryError, match="cannot be the value"):
        Identity(**values)


def test_files_in_place_are_left_alone(library: Library, tmp_path: Path) -> None:
    from viewer.workspace.importing import ImportPlaces

    paths = series(tmp_path / "ct", 2)
    hashes = [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]
    ImportPlaces((tmp_path / "ct",), library, is_in_place=True).run(Progress())
    before = all_rows(library)
    done = reconcile(library, library.catalogue.studies()[0], Identity(patient_id="NEW"), Progress())
    assert not any(row.kept.is_in_place for row in in_force(library))
    undo_reconciliation(library, done.study, Progress())
    assert all_rows(library) == before
    assert [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths] == hashes
    assert objects_of(library) == set()


def test_erasing_a_patient_takes_what_was_superseded_with_it(library: Library, tmp_path: Path) -> None:
    keep(library, series(tmp_path / "ct", 2, "ct", PatientID="TEMP"))
    done = reconcile(library, study_of(library, "TEMP"), Identity(patient_id="P9"), Progress())
    erase_patient(library, done.study.patient_id)
    assert objects_of(library) == set()
    assert keys_of(library, reason=AsideReason.SUPERSEDED) == ()


def test_likely_patients_come_with_the_likeliest_first(library: Library, tmp_path: Path) -> None:
    people = {
        "SAME": ("Hong^Gildong", "19700102", "A"),
        "TURNED": ("Gildong^Hong", "19700102", "B"),
        "TYPO": ("Hong^Gildongg", "19700102", "C"),
        "NAMESAKE": ("Hong^Gildong", "19991231", "D"),
        "ORDERED": ("Other^Person", "19550505", "X77"),
        "NOBODY": ("Another^Person", "19440404", "E"),
        "TEMP": ("Hong^Gildong", "19700102", "X77"),
    }
    for patient_id, (name, birth_date, accession) in people.items():
        keep(
            library,
            series(
                tmp_path / patient_id, 1, patient_id, PatientID=patient_id, PatientName=name,
                PatientBirthDate=birth_date, AccessionNumber=accession,
            ),
        )  # fmt: skip
    found = {each.study.patient_id: each.likenesses for each in suggestions(library, study_of(library, "TEMP"))}
    assert found == {
        "SAME": (Likeness.SAME_NAME_AND_BIRTH_DATE,),
        "TURNED": (Likeness.SAME_NAME_AND_BIRTH_DATE,),
        "ORDERED": (Likeness.SAME_ACCESSION,),
        "TYPO": (Likeness.SIMILAR_NAME_AND_BIRTH_DATE,),
        "NAMESAKE": (Likeness.SAME_NAME,),
    }
    assert set(list(found)[:2]) == {"SAME", "TURNED"}
    assert list(found)[2:] == ["ORDERED", "TYPO", "NAMESAKE"]


def test_many_changes_and_their_undoing_end_where_they_began(library: Library, tmp_path: Path) -> None:
    for label in ("one", "two"):
        keep(library, series(tmp_path / label, 2, label, PatientID=label))
    before, files = all_rows(library), objects_of(library)
    chance = random.Random(4)
    done: list[StudyRow] = []
    for number in range(12):
        study = chance.choice(library.catalogue.studies())
        done.append(reconcile(library, study, Identity(patient_id=f"N{number}", patient_name=HONG), Progress()).study)
    for _each in done:
        study = next(row for row in library.catalogue.studies() if can_be_undone(library, row))
        undo_reconciliation(library, study, Progress())
    assert (all_rows(library), objects_of(library)) == (before, files)
    assert is_sound(library)
