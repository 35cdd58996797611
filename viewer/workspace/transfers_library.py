"""What the library says of transfers: what is written down of them, and what people call the studies they are about."""

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from viewer.archives.transfer_values import TransferStatus
from viewer.workspace.library_rows import shown_name

if TYPE_CHECKING:
    from viewer.library.library import Library
    from viewer.library.study_row import StudyRow


def title_of(study: "StudyRow") -> str:
    """Return whose a study is, and what."""
    what = study.study_description or "/".join(study.modalities) or study.study_date
    return ", ".join(filter(None, (shown_name(study.patient_name), what)))


def titles_of(study_instance_uids: Iterable[str], library: "Library") -> dict[str, str]:
    """Return the titles of the studies that the library has; of one of two patients it is not known whose is meant."""
    rows = {uid: library.catalogue.studies_of_uid(uid) for uid in study_instance_uids}
    return {uid: title_of(found[0]) for uid, found in rows.items() if len(found) == 1}


def study_of(library: "Library", study_instance_uid: str, sop_instance_uids: Collection[str]) -> "StudyRow | None":
    """Return the study that instances have gone into: two patients may share a Study Instance UID."""
    rows = library.catalogue.listed_of_uid(study_instance_uid)
    if len(rows) < 2:
        return rows[0] if rows else None
    held = [(row, library.catalogue.instances_of_study(row)) for row in rows]
    of_it = (row for row, instances in held if any(each.sop_instance_uid in sop_instance_uids for each in instances))
    return next(of_it, None)


def written_down(library: "Library") -> tuple[tuple[TransferStatus, ...], bool]:
    """Return all transfers, and whether a process works on them."""
    from viewer.archives.transfer_book import TransferBook
    from viewer.archives.transfer_worker import is_working

    return tuple(TransferBook(library.database).all_of()), is_working(library.folder)
