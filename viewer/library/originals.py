"""Which file was made of which: what a reconciled instance says of the file it took the place of, and what is known.

What a file says of itself can be forged: here it only leads to bytes that a reader has superseded in this library.
"""

from collections.abc import Iterable, Sequence

from viewer.base.errors import ViewerError
from viewer.dicom.rewritten_file import Made, read_made
from viewer.library.instance_record import AsideReason, KeptFile
from viewer.library.library import Library
from viewer.library.study_row import Conflict, InstanceRow

_MOST_CHANGES = 1000


def made_from(library: Library, kept: KeptFile) -> Made | None:
    """Return what a file says of how it was made; None when it says nothing or cannot be read."""
    try:
        return read_made(library.store.open(kept))
    except ViewerError:
        return None


def superseded(library: Library, study_instance_uids: Iterable[str]) -> dict[tuple[str, str], Conflict]:
    """Return what was in force once of some studies, by SOP Instance UID and hash."""
    return {
        (conflict.sop_instance_uid, conflict.kept.sha256): conflict
        for uid in dict.fromkeys(study_instance_uids)
        for conflict in library.catalogue.conflicts(uid)
        if conflict.reason is AsideReason.SUPERSEDED
    }


def superseded_by(library: Library, instances: Sequence[InstanceRow]) -> list[Conflict]:
    """Return the files that instances were made of, and those that these were made of, and so on."""
    held = superseded(library, (instance.study_instance_uid for instance in instances))
    uids = {uid for uid, _sha256 in held}
    found: list[Conflict] = []
    for instance in instances:
        kept = instance.kept
        for _change in range(_MOST_CHANGES if instance.sop_instance_uid in uids else 0):
            made = made_from(library, kept)
            former = held.pop((instance.sop_instance_uid, made.made_of), None) if made is not None else None
            if former is None:
                break
            found.append(former)
            kept = former.kept
    return found
