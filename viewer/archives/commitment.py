"""Asking an archive to promise that it keeps a study, and what comes of it: at once, later, or after a restart."""

import contextlib
import secrets
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from viewer.archives.access import Access
from viewer.archives.archive_key import archive_key
from viewer.base.errors import LibraryError, NetworkError
from viewer.base.jobs import Progress
from viewer.base.translation import N_, _
from viewer.library import sent_standing
from viewer.library.sent_instances import NOT_TOLD, AskedCommitment, SentInstance, SentInstances
from viewer.library.sent_standing import ArchiveStanding, StudyStanding
from viewer.network.access import DimseAccess
from viewer.network.asking_commitment import MOST_AT_ONCE, CommitmentRequest, ask
from viewer.network.ports import Caller, InstanceSink, OfferedInstance, StoreRefused
from viewer.network.requesting import PassingError
from viewer.reception.asked_commitments import AskedCommitments
from viewer.reception.events import ReceiverEvent
from viewer.reception.receiver_settings import ReceiverSettings
from viewer.reception.receiver_state import is_receiver_running

if TYPE_CHECKING:
    from viewer.library.library import Library

__all__ = ["ArchiveStanding", "CommitmentState", "StudyStanding", "ask_commitment", "commit_study", "standing_of"]

COMMITTED, FAILED, WAITING = "committed", "failed", "waiting"
_UID_BITS = 122
_ATTEMPTS, _FIRST_DELAY_S = 3, 1.0
_POLL_S = 0.2
_BETWEEN_S = 5.0
"""How long an answer is waited for where more is to be asked."""
_KEPT = timedelta(days=90)
_NOT_AUTHORIZED = 0x0124
_REASONS = {
    0x0106: N_("It says that the request is not well formed"),
    0x0110: N_("It could not find out"),
    0x0111: N_("Other contents were sent to it before under this UID, and it is not known which ones it has kept"),
    0x0112: N_("It has no such instance"),
    0x0119: N_("It has it as an object of another kind"),
    0x0122: N_("It does not keep objects of this kind"),
    0x0131: N_("It has had a request of this UID already"),
    0x0213: N_("It is out of resources"),
}


@dataclass(frozen=True, slots=True)
class CommitmentState:
    """What has come of asking.

    Attributes:
        state: COMMITTED when everything was promised, FAILED when an answer came and not everything was, else WAITING.
        committed: SOP Instance UIDs.
        failed: SOP Instance UID and why, in words.
        is_safe_to_delete: See StudyStanding.
        doubts: Of those that were promised, which must not be relied on all the same, and why.
        problem: Why no answer could be taken here on an association of the archive's; empty when it could be.
    """

    study_instance_uid: str
    transaction_uids: tuple[str, ...]
    state: str
    committed: tuple[str, ...]
    failed: tuple[tuple[str, str], ...]
    is_safe_to_delete: bool
    doubts: tuple[tuple[str, str], ...] = ()
    problem: str = ""


def standing_of(library: "Library", study_instance_uid: str) -> StudyStanding:
    """Return what archives have of a study, and whether it is safe to delete here."""
    return sent_standing.standing_of(library.database, study_instance_uid)


def failure_words(failure: int) -> str:
    """Return why an instance is not promised, or must not be relied on though it is."""
    if 0xB000 <= failure <= 0xBFFF:
        return f"{_('It has changed the object, or has left something out of it')} ({failure:04X}H)"
    return f"{_(_REASONS.get(failure, N_('It does not promise to keep it')))} ({failure:04X}H)"


def ask_commitment(
    library: "Library",
    access: Access,
    study_instance_uid: str,
    progress: Progress,
    *,
    wait_s: float = 0.0,
    only: Collection[str] = (),
) -> tuple[str, ...]:
    """Ask an archive to promise all instances of a study that are in force; return the transactions.

    With SOP Instance UIDs in `only`, those alone.

    What it answers is taken into the library, on whatever association it comes: here for as long as is waited, else by
    a receiver (receiving_results, or the one of the library).

    Raises:
        LibraryError: If the library has no such study.
        NetworkError: If the archive does not take the request.
        Cancelled: If it was cancelled.
    """
    if access.dimse is None:
        raise NetworkError(
            _("Storage commitment needs DICOM, not DICOMweb"),
            subject=access.peer.name,
            advice=_("Enter the archive's AE title, host and port as well"),
        )
    rows = SentInstances(library.database)
    rows.forget_asked(datetime.now(UTC) - _KEPT)
    requested = [
        (each.sop_class_uid, each.sop_instance_uid, each.kept.sha256)
        for each in library.catalogue.instances_of_study(study_instance_uid)
        if not only or each.sop_instance_uid in only
    ]
    if not requested:
        raise LibraryError(_("The library has no such study"), subject=study_instance_uid)
    end = time.monotonic() + wait_s
    parts = [requested[start : start + MOST_AT_ONCE] for start in range(0, len(requested), MOST_AT_ONCE)]
    ends = [*(min(end, time.monotonic() + _BETWEEN_S) for _part in parts[1:]), end]
    return tuple(
        _ask_some(library, access, study_instance_uid, part, progress, until)
        for part, until in zip(parts, ends, strict=True)
    )


def _ask_some(
    library: "Library",
    access: Access,
    study_instance_uid: str,
    requested: Sequence[tuple[str, str, str]],
    progress: Progress,
    end: float,
) -> str:
    assert access.dimse is not None  # noqa: S101 - asked before
    rows, results = SentInstances(library.database), AskedCommitments(library, _unheard)
    titles = tuple(dict.fromkeys((access.dimse.station.ae_title, *access.dimse.quirks.sends_as)))
    for attempt in range(_ATTEMPTS):
        transaction = f"2.25.{secrets.randbits(_UID_BITS)}"
        asked = AskedCommitment(
            transaction, archive_key(access.peer), titles, study_instance_uid, tuple(requested), datetime.now(UTC)
        )
        rows.note_asked(asked)  # before it is asked: the answer may come at once, and on another association
        request = CommitmentRequest(transaction, [(sop_class, uid) for sop_class, uid, _sha256 in requested])
        is_answered = _Answered(rows, transaction, progress)
        try:
            ask(access.dimse, request, results, max(0.0, end - time.monotonic()), is_answered)
        except NetworkError as error:
            if is_answered():
                return transaction
            rows.drop_asked(transaction)
            if not isinstance(error, PassingError) or attempt + 1 == _ATTEMPTS:
                raise
            progress.wait(_FIRST_DELAY_S * 2**attempt)
        else:
            return transaction
    raise AssertionError


def commit_study(
    library: "Library",
    access: Access,
    study_instance_uid: str,
    settings: ReceiverSettings,
    progress: Progress,
    *,
    wait_s: float,
) -> CommitmentState:
    """Ask an archive to promise a study, wait for its answer for a while, and return what has come of it.

    Where nobody receives for the library, a port is open for the answer meanwhile; one that comes later is taken by the
    library's receiver, or when the same is asked again.

    Raises:
        LibraryError: If the library has no such study.
        NetworkError: If the archive does not take the request.
        Cancelled: If it was cancelled.
    """
    with receiving_results(library, access.dimse, settings) as problem:
        transactions = ask_commitment(library, access, study_instance_uid, progress, wait_s=wait_s)
        wait_for_answers(library, transactions, progress, wait_s)
    state = state_of(library, archive_key(access.peer), study_instance_uid, transactions)
    return replace(state, problem=problem if state.state == WAITING else "")


def wait_for_answers(library: "Library", transaction_uids: Sequence[str], progress: Progress, wait_s: float) -> bool:
    """Wait until all are answered, by whatever process; return whether they are.

    Raises:
        Cancelled: If it was cancelled.
    """
    rows = SentInstances(library.database)
    end = time.monotonic() + wait_s
    left = list(transaction_uids)
    while True:
        left = [uid for uid in left if (asked := rows.asked(uid)) is not None and asked.answered_at is None]
        if not left or time.monotonic() >= end:
            return not left
        progress.wait(_POLL_S)


def state_of(
    library: "Library", archive: str, study_instance_uid: str, transaction_uids: Sequence[str]
) -> CommitmentState:
    """Return what has come of asking an archive about a study."""
    rows = SentInstances(library.database)
    all_asked = [asked for uid in transaction_uids if (asked := rows.asked(uid)) is not None]
    requested = {uid: sha256 for asked in all_asked for _class, uid, sha256 in asked.requested}
    found = rows.at_archive(archive, list(requested))
    committed, failed, doubts = [], [], []
    is_waiting = any(asked.answered_at is None for asked in all_asked)
    for uid, sha256 in requested.items():
        row = found.get(uid)
        if row is not None and row.committed_at is not None and row.sha256 == sha256:
            committed.append(uid)
            if not row.is_safe:
                doubts.append((uid, _doubt_words(row)))
        elif not is_waiting:
            failed.append((uid, failure_words(row.failure if row is not None and row.failure else NOT_TOLD)))
    is_whole = bool(requested) and len(committed) == len(requested)
    state = WAITING if is_waiting else COMMITTED if is_whole else FAILED
    is_safe = standing_of(library, study_instance_uid).is_safe_to_delete_here
    return CommitmentState(
        study_instance_uid, tuple(transaction_uids), state, tuple(committed), tuple(failed), is_safe, tuple(doubts)
    )


def _doubt_words(row: SentInstance) -> str:
    return failure_words(row.failure) if row.failure is not None else _("It was not sent from here")


@contextlib.contextmanager
def receiving_results(library: "Library", access: DimseAccess | None, settings: ReceiverSettings) -> Iterator[str]:
    """Hold a port open for the archive's answers, unless a receiver of the library does; yields what is wrong with it.

    An archive may answer on the association on which it was asked as well: a port that is not to be had is no failure.
    """
    from viewer.archives.own_receiver import OwnReceiver

    with contextlib.ExitStack() as held:
        problem = ""
        if access is not None and not is_receiver_running(library.folder):
            results = AskedCommitments(library, _unheard)
            try:
                receiver = OwnReceiver(_NoStorage(), access, settings, _uncounted, _wants_nothing, results)
                held.enter_context(receiver)
            except NetworkError as error:
                problem = error.one_line()
        yield problem


class _NoStorage:
    """Takes no instances: the port is open for answers alone."""

    def begin(self, offered: OfferedInstance, caller: Caller) -> InstanceSink:  # noqa: ARG002 - as Storage has it
        raise StoreRefused(_NOT_AUTHORIZED, "Nothing is waited for")


class _Answered:
    """Whether a transaction is answered by now."""

    def __init__(self, rows: SentInstances, transaction_uid: str, progress: Progress) -> None:
        self._rows, self._transaction_uid, self._progress = rows, transaction_uid, progress

    def __call__(self) -> bool:
        self._progress.check()
        asked = self._rows.asked(self._transaction_uid)
        return asked is None or asked.answered_at is not None


def _unheard(_event: ReceiverEvent) -> None:
    """Nobody follows it."""


def _uncounted(_fetched: object) -> None:
    """Nothing comes."""


def _wants_nothing(_sop_instance_uid: str) -> bool:
    return False
