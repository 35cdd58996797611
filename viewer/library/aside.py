"""Deciding about what is kept aside: unknown senders' instances, and other bytes that came under a UID that is held.

What is aside is named by its key: the SHA-256 of the bytes that arrived, in hexadecimal. Numbers of the index could be
another's by the time a reader has decided; a hash cannot. Each decision is one transaction, has a line in the audit
trail, and can be undone unless it removed bytes.
"""

import enum
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from viewer.base.errors import LibraryError, ViewerError
from viewer.base.translation import _
from viewer.dicom.header_scan import scan_header
from viewer.library.aside_groups import (
    AsideGroup,
    Comparison,
    Difference,
    comparison,
    header_differences,
    keys_of,
    pending,
    taken,
)
from viewer.library.instance_record import AsideReason, Filed, KeptFile
from viewer.library.integrity import check_whole
from viewer.library.library import Library
from viewer.library.query_keys import attributes_of
from viewer.library.replacing import Outgoing
from viewer.library.study_row import Conflict

__all__ = [
    "AsideGroup",
    "Comparison",
    "Decided",
    "DecisionKind",
    "Difference",
    "Move",
    "accept",
    "comparison",
    "discard",
    "header_differences",
    "keep_first",
    "keys_of",
    "pending",
    "put_in_force",
    "undo",
]


class DecisionKind(enum.Enum):
    """What was decided."""

    ACCEPTED = "accept"
    DISCARDED = "discard"
    PUT_IN_FORCE = "put in force"


@dataclass(frozen=True, slots=True)
class Move:
    """What became of one instance, for undo.

    Attributes:
        key: Of the bytes that were decided about.
        former: SHA-256 of the bytes that were in force before; empty when there were none, or they still are.
        reason: Why the bytes were aside before.
    """

    sop_instance_uid: str
    key: str
    former: str
    reason: AsideReason


@dataclass(frozen=True, slots=True)
class Decided:
    """What a decision came to.

    Attributes:
        study_instance_uids: Of the studies it touched, each once.
        filed: How many instances are in force now that were aside.
        altered: How many stay aside because their UID is held with other bytes: a decision of its own.
        discarded: How many are gone.
        moves: What undo goes by; empty when nothing can be undone.
    """

    kind: DecisionKind
    study_instance_uids: tuple[str, ...] = ()
    filed: int = 0
    altered: int = 0
    discarded: int = 0
    moves: tuple[Move, ...] = field(default=())

    @property
    def can_be_undone(self) -> bool:
        """Whether undo can take it back."""
        return bool(self.moves)


def accept(library: Library, keys: Iterable[str]) -> Decided:
    """File instances that are aside as if their sender were known.

    What is held with other bytes under the same UID stays in force, and the arrived instance stays aside as an altered
    duplicate.

    Raises:
        LibraryError: If a key is not aside, or its bytes are missing; then nothing is done.
    """
    with _nothing_removed(library), library.database.writing():
        conflicts = taken(library, keys)
        for conflict in conflicts:
            library.store.open(conflict.kept)  # raises when it is missing
        library.audit.append(DecisionKind.ACCEPTED.value, _studies(conflicts), len(conflicts))
        filed = library.file([conflict.record() for conflict in conflicts])
        altered = [each for each, became in zip(conflicts, filed, strict=True) if became is Filed.CONFLICT]
        library.catalogue.set_aside_reason([each.kept.sha256 for each in altered], AsideReason.ALTERED)
    moves = tuple(Move(each.sop_instance_uid, each.kept.sha256, "", each.reason) for each in conflicts)
    return Decided(
        DecisionKind.ACCEPTED, _studies(conflicts), filed=filed.count(Filed.NEW), altered=len(altered), moves=moves
    )


def discard(library: Library, keys: Iterable[str]) -> Decided:
    """Remove instances that are aside for good; bytes that something else needs, or that lie elsewhere, stay.

    Raises:
        LibraryError: If a key is not aside, or bytes cannot be removed: then it can be done again.
    """
    with library.store.removing() as removal:  # what comes again meanwhile would be acknowledged, and then removed
        conflicts = taken(library, keys)
        library.audit.append(DecisionKind.DISCARDED.value, _studies(conflicts), len(conflicts))
        # The files go first: while rows name them, what was cut short can be done again.
        for conflict in conflicts:
            if len(library.catalogue.of_hash(conflict.kept.sha256)) == 1:
                removal.remove(conflict.kept.sha256)
        library.catalogue.drop_conflicts(conflict.key for conflict in conflicts)
    return Decided(DecisionKind.DISCARDED, _studies(conflicts), discarded=len(conflicts))


def keep_first(library: Library, keys: Iterable[str]) -> Decided:
    """Settle altered duplicates for what is in force: the same as to discard them."""
    return discard(library, keys)


def put_in_force(library: Library, key: str) -> Decided:
    """Put the arrived bytes of an altered duplicate in force; the former ones are kept as SUPERSEDED.

    Also brings bytes back that were superseded: then those now in force are superseded.

    Raises:
        LibraryError: If the key is not aside, its bytes are not whole, or nothing is in force under its UID: then it is
            to be accepted.
    """
    with _nothing_removed(library), library.database.writing():
        (conflict,) = taken(library, (key,))
        held = library.catalogue.instance(conflict.sop_instance_uid)
        if held is None:
            raise LibraryError(
                _("Nothing is held under this UID: accept it instead"), subject=conflict.sop_instance_uid
            )
        check_whole(library.store, conflict.kept)
        uids = tuple(dict.fromkeys((held.study_instance_uid, conflict.study_instance_uid)))
        library.audit.append(DecisionKind.PUT_IN_FORCE.value, uids, 1)
        outgoing = Outgoing(AsideReason.SUPERSEDED, _attributes(library, held.kept))
        library.catalogue.replace({held.sop_instance_uid: outgoing}, [conflict.record()])
    move = Move(conflict.sop_instance_uid, conflict.kept.sha256, held.kept.sha256, conflict.reason)
    return Decided(DecisionKind.PUT_IN_FORCE, uids, filed=1, moves=(move,))


def undo(library: Library, decided: Decided) -> int:
    """Take a decision back; return how many instances are as they were.

    Instances that others have decided about since are left alone.

    Raises:
        LibraryError: If it cannot be undone, or cannot be written: then nothing is done.
    """
    if not decided.can_be_undone:
        raise LibraryError(_("This decision cannot be undone"))
    with _nothing_removed(library), library.database.writing():
        library.audit.append(f"undo {decided.kind.value}", decided.study_instance_uids, len(decided.moves))
        return sum(_undone(library, move) for move in decided.moves)


def _undone(library: Library, move: Move) -> bool:
    """Take one move back, unless it is another's to decide by now."""
    catalogue = library.catalogue
    held = catalogue.instance(move.sop_instance_uid)
    if held is None or held.kept.sha256 != move.key:  # it had stayed aside, as an altered duplicate
        return not move.former and catalogue.set_aside_reason((move.key,), move.reason) > 0
    former = [each for each in catalogue.of_hash(move.former) if isinstance(each, Conflict)] if move.former else []
    if move.former and not former:
        return False
    for each in former:
        check_whole(library.store, each.kept)
    outgoing = Outgoing(move.reason, _attributes(library, held.kept))
    catalogue.replace({held.sop_instance_uid: outgoing}, [each.record() for each in former])
    return True


@contextmanager
def _nothing_removed(library: Library) -> Iterator[None]:
    """Keep others from taking bytes away between the look at them and the row that needs them."""
    with library.store.batch() as batch:
        batch.commit()
        yield


def _attributes(library: Library, kept: KeptFile) -> dict[str, str] | None:
    """Return a file's query keys; None when it cannot be read."""
    try:
        return attributes_of(scan_header(library.store.open(kept)))
    except ViewerError:
        return None


def _studies(conflicts: Iterable[Conflict]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(conflict.study_instance_uid for conflict in conflicts))
