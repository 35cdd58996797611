"""What becomes of what the library holds: trash with undo, emptying it, erasing a patient, export, retention.

Each of these leaves a line in the audit trail. Files that were indexed in place are never touched: only the index
forgets them.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from viewer.base.errors import LibraryError
from viewer.base.jobs import Progress
from viewer.base.translation import _
from viewer.library.durable import told
from viewer.library.erasure import erase_traces, orphans_of, remove_copies
from viewer.library.exporting import export_series
from viewer.library.instance_record import AsideReason, KeptFile
from viewer.library.instance_store import Removal
from viewer.library.kept_values import clean
from viewer.library.library import Library
from viewer.library.originals import superseded_by
from viewer.library.retention import RetentionPlan, RetentionRules, plan_retention
from viewer.library.search import Search
from viewer.library.sent_instances import SentInstances
from viewer.library.study_marks import erase_marks
from viewer.library.study_row import Conflict, InstanceRow, StudyRow

NO_LIMIT = 1 << 40


@dataclass(frozen=True, slots=True)
class Touched:
    """What was taken out of, put back into, or written from the library.

    Attributes:
        study_instance_uids: Each once.
        instances: Also those that were kept aside.
        size: Of the files, in bytes.
    """

    study_instance_uids: tuple[str, ...] = ()
    instances: int = 0
    size: int = 0


def every_study(library: Library, *, in_trash: bool = False, patient_id: str = "") -> list[StudyRow]:
    """Return the studies of the library, or of its trash, the newest first; of one patient when it is given."""
    return library.catalogue.studies(Search(in_trash=in_trash, patient_id=patient_id, limit=NO_LIMIT))


def delete_study(library: Library, study_instance_uid: str, *, of: StudyRow | None = None) -> Touched:
    """Put a study into the trash: it is in no list any more, and nothing of it is removed.

    Args:
        library: Whose.
        study_instance_uid: Of the study; two patients may share it, and then both of theirs are meant.
        of: Only the one of this study's patient.

    Raises:
        LibraryError: If there is no such study, or it is in the trash.
    """
    rows = _rows(library, study_instance_uid, of, in_trash=False)
    return _move(library, "delete", rows, library.catalogue.trash)


def restore_study(library: Library, study_instance_uid: str, *, of: StudyRow | None = None) -> Touched:
    """Take a study out of the trash; arguments as of delete_study.

    Raises:
        LibraryError: If there is no such study there.
    """
    with library.store.removing():  # not while the trash is being emptied
        rows = _rows(library, study_instance_uid, of, in_trash=True)
        return _move(library, "restore", rows, library.catalogue.restore)


def empty_trash(library: Library, before: datetime | None = None) -> Touched:
    """Remove the studies in the trash for good.

    Args:
        library: Whose trash.
        before: Only what was put there before this moment.

    Raises:
        LibraryError: If files cannot be removed; what is left can be emptied again.
    """
    # Held from the first look to the last row: what comes again meanwhile would be acknowledged, and then removed.
    with library.store.removing() as removal:
        rows = every_study(library, in_trash=True)
        chosen = [row for row in rows if before is None or (row.trashed_at is not None and row.trashed_at < before)]
        instances = [each for row in chosen for each in library.catalogue.instances_of_study(row)]
        former = superseded_by(library, instances)
        touched = _told(chosen, instances, former)
        if chosen:
            library.audit.append("empty trash", touched.study_instance_uids, touched.instances)
            _remove(removal, [*instances, *former])
            _forget(library, instances, former)
    return touched


def erase_patient(library: Library, patient_id: str) -> Touched:
    """Remove everything of a patient, whatever the issuer of the ID.

    That is: files and rows, also in the trash, kept aside, or files that no row knows of; search words; copies of older
    indexes; what was marked on their studies; and what the index's own files still hold of them.

    Raises:
        LibraryError: If nothing of such a patient is there, or something could not be removed: then run it again.
    """
    patient_id = clean(patient_id)  # as it is filed
    if not patient_id:
        raise LibraryError(_("A patient without an ID cannot be erased: delete the studies one by one"))
    orphans = orphans_of(library, patient_id)
    with library.store.removing() as removal:  # nothing of the patient comes between the first look and the last row
        studies = [row for part in (False, True) for row in every_study(library, in_trash=part, patient_id=patient_id)]
        instances = [each for row in studies for each in library.catalogue.instances_of_study(row)]
        conflicts = [each for each in library.catalogue.conflicts() if each.patient_id == patient_id]
        conflicts = list({each.key: each for each in (*conflicts, *superseded_by(library, instances))}.values())
        touched = _told(studies, instances, conflicts)
        is_there = bool(studies or conflicts or orphans)
        if is_there:
            library.audit.append("erase", touched.study_instance_uids, touched.instances + len(orphans))
        # The files go first: while rows name them, an erasure that was cut short can be run again.
        _remove(removal, [*instances, *conflicts])
        for sha256 in orphans:
            removal.remove(sha256)
        with told(library.folder):
            erase_marks(library.folder, touched.study_instance_uids)
        uids = {each.sop_instance_uid for each in instances} | {each.sop_instance_uid for each in conflicts}
        SentInstances(library.database).forget(uids, [row.study_instance_uid for row in studies])
        _forget(library, instances, conflicts)
    remove_copies(library)
    erase_traces(library, patient_id, studies)
    if not is_there:
        raise LibraryError(_("The library holds nothing of such a patient"), subject=patient_id)
    return touched


def export_study(
    library: Library, study_instance_uid: str, folder: Path, progress: Progress, *, of: StudyRow | None = None
) -> tuple[Path, ...]:
    """Write a study as a folder, its bytes exact; return the files. What is meant is said as for delete_study.

    Raises:
        LibraryError: If there is no such study, the folder holds something, or a file is not as it was kept.
        Cancelled: If progress was cancelled; nothing is left behind.
    """
    rows = _rows(library, study_instance_uid, of, in_trash=False)
    catalogue = library.catalogue
    series = [[each.kept for each in catalogue.instances_of(one)] for row in rows for one in catalogue.series_of(row)]
    paths = export_series(library.store, series, folder, progress)
    library.audit.append("export", (study_instance_uid,), len(paths))
    return paths


def retention_plan(library: Library, rules: RetentionRules, now: datetime | None = None) -> RetentionPlan:
    """Return what rules would put into the trash; nothing is done."""
    return plan_retention(every_study(library), rules, now or datetime.now(UTC))


def carry_out(library: Library, plan: RetentionPlan) -> Touched:
    """Put the studies of a plan into the trash.

    Raises:
        LibraryError: If it cannot be written.
    """
    return _move(library, "retention", [study for study, _reason in plan.studies], library.catalogue.trash)


def _rows(library: Library, study_instance_uid: str, of: StudyRow | None, *, in_trash: bool) -> list[StudyRow]:
    rows = library.catalogue.studies_of_uid(study_instance_uid)
    if of is not None:
        rows = [row for row in rows if (row.patient_id, row.issuer) == (of.patient_id, of.issuer)]
    chosen = [row for row in rows if (row.trashed_at is not None) == in_trash]
    if chosen:
        return chosen
    if not rows:
        raise LibraryError(_("The library has no such study"), subject=study_instance_uid)
    text = _("The study is not in the trash") if in_trash else _("The study is in the trash: restore it first")
    raise LibraryError(text, subject=study_instance_uid)


def _move(library: Library, event: str, rows: Sequence[StudyRow], change: Callable[[StudyRow], None]) -> Touched:
    uids = tuple(dict.fromkeys(row.study_instance_uid for row in rows))
    touched = Touched(uids, sum(row.instance_count for row in rows), sum(row.total_size for row in rows))
    if rows:
        library.audit.append(event, touched.study_instance_uids, touched.instances)
    for row in rows:
        change(row)
    return touched


def _remove(removal: Removal, rows: Iterable[InstanceRow | Conflict]) -> None:
    """Remove the library's own files of rows: also a copy that a crash left of what is indexed in place."""
    for row in rows:
        removal.remove(row.kept.sha256)


def _forget(library: Library, instances: Sequence[InstanceRow], conflicts: Sequence[Conflict]) -> None:
    with library.database.writing():
        library.catalogue.drop_conflicts(conflict.key for conflict in conflicts)
        library.catalogue.forget(each.sop_instance_uid for each in instances)
        # What another patient's bytes had taken the place of is to be decided about again.
        uids = {each.sop_instance_uid for each in instances}
        left = [each for each in library.catalogue.conflicts() if each.sop_instance_uid in uids]
        again = [each.kept.sha256 for each in left if each.reason is AsideReason.SUPERSEDED]
        library.catalogue.set_aside_reason(again, AsideReason.ALTERED)


def _told(studies: Sequence[StudyRow], instances: Sequence[InstanceRow], conflicts: Sequence[Conflict] = ()) -> Touched:
    uids = [*(row.study_instance_uid for row in studies), *(each.study_instance_uid for each in conflicts)]
    kept: list[KeptFile] = [*(each.kept for each in instances), *(each.kept for each in conflicts)]
    return Touched(tuple(dict.fromkeys(uids)), len(kept), sum(file.size for file in kept))
