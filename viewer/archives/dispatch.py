"""Sending instances to an archive: what it has already is left out, what failed in passing is sent again, all is noted.

Over several associations (C-STORE), or by STOW-RS where the archive speaks DICOMweb alone.
"""

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from viewer.archives.access import Access
from viewer.archives.archive_key import archive_key
from viewer.archives.dispatch_lines import DispatchLines
from viewer.base.errors import LibraryError, NetworkError
from viewer.base.jobs import Progress
from viewer.base.translation import _
from viewer.library.sent_instances import OTHER_VERSION_SENT, Sent
from viewer.network.ports import HeldInstance
from viewer.network.sending_outcome import Outcome

if TYPE_CHECKING:
    from viewer.library.library import Library
    from viewer.library.sent_instances import SentInstance, SentInstances

Tell = Callable[[Mapping[str, object]], None]
Outcomes = Generator[tuple[HeldInstance, Outcome], None, None]
_ATTEMPTS = 4
_FIRST_DELAY_S, _LONGEST_DELAY_S = 1.0, 60.0
_NOTED_AT_ONCE, _NOTED_EVERY_S = 64, 1.0
_DOUBTS_ONLY = range(0xB000, 0xC000)


@dataclass(frozen=True, slots=True)
class InstanceResult:
    """What became of one instance.

    Attributes:
        is_already: Whether it was left out, because the archive has taken these very bytes before.
    """

    instance: HeldInstance
    outcome: Outcome
    is_already: bool = False


@dataclass(frozen=True, slots=True)
class DispatchReport:
    """What became of all, in the order in which they were given."""

    results: tuple[InstanceResult, ...]

    @property
    def failed(self) -> tuple[InstanceResult, ...]:
        """Those that the archive has not."""
        return tuple(each for each in self.results if not each.outcome.is_sent)

    @property
    def sent(self) -> int:
        """How many were sent now."""
        return sum(each.outcome.is_sent and not each.is_already for each in self.results)

    @property
    def already(self) -> int:
        """How many were there."""
        return sum(each.is_already for each in self.results)


class Dispatch:
    """The job of sending.

    Args:
        access: The archive.
        instances: Files; where they come without a hash, what they hold is sent, whatever it is by then.
        memory: Remembers what was sent; None where nothing is to be remembered.
        is_again: Whether what was sent before is sent once more.
        attempts: How often in a row nothing may go well of what may pass.
        first_delay_s: Before the second attempt; each further one is twice as long.
    """

    def __init__(
        self,
        access: Access,
        instances: Sequence[HeldInstance],
        *,
        memory: "SentInstances | None" = None,
        is_again: bool = False,
        attempts: int = _ATTEMPTS,
        first_delay_s: float = _FIRST_DELAY_S,
    ) -> None:
        self._access, self._instances, self._memory, self._is_again = access, tuple(instances), memory, is_again
        self._attempts, self._first_delay_s = attempts, first_delay_s
        self._became: dict[str, tuple[Outcome, bool]] = {}
        self._left_out: dict[int, Outcome] = {}
        self._to_note: list[Sent] = []
        self._noted_at = time.monotonic()

    def run(self, progress: Progress, tell: Tell | None = None) -> DispatchReport:
        """Send everything.

        Args:
            progress: Gets how many are done; cancelling it ends this after the instance that is on its way.
            tell: Is told {"event": "sent" | "already" | "failed" | "again", "sop_instance_uid", "status", "reason"}.

        Raises:
            NetworkError: If the archive cannot be called at all.
            LibraryError: If it cannot be noted what was sent.
            Cancelled: If it was cancelled; what was sent is noted.
        """
        self._tell = tell or _silence
        self._progress = progress
        try:
            self._send_all(self._without_the_known(self._unique()))
        finally:
            self._note()
        return DispatchReport(tuple(map(self._result, range(len(self._instances)))))

    # What is to be sent

    def _unique(self) -> list[HeldInstance]:
        """Return one file of each SOP Instance UID; another of the same bytes counts as that one."""
        counts = Counter(each.sop_instance_uid for each in self._instances)
        chosen: dict[str, HeldInstance] = {}
        for number, each in enumerate(self._instances):
            uid = each.sop_instance_uid
            if counts[uid] == 1:
                chosen[uid] = each
                continue
            hashed = _hashed(each)
            if chosen.setdefault(uid, hashed).sha256 != hashed.sha256:
                self._left_out[number] = Outcome(None, _("Another file of the same UID is sent, with other contents"))
        return list(chosen.values())

    def _without_the_known(self, instances: Sequence[HeldInstance]) -> list[HeldInstance]:
        if self._memory is None or self._is_again:
            return list(instances)
        known = self._memory.at_archive(archive_key(self._access.peer), [each.sop_instance_uid for each in instances])
        left = []
        for each in instances:
            row = known.get(each.sop_instance_uid)
            if row is not None and _is_there(row) and _hashed(each).sha256 == row.sha256:
                self._end(each, Outcome(None, sha256=row.sha256), is_already=True)
            else:
                left.append(each)
        return left

    # Sending

    def _send_all(self, instances: Sequence[HeldInstance]) -> None:
        attempt = 0
        left = list(instances)
        with ExitStack() as held:
            send = self._way(held)
            while left:
                is_last = attempt + 1 >= self._attempts
                again, is_any_sent = self._round(send, left, is_last=is_last)
                if not again:
                    return
                attempt = 1 if is_any_sent else attempt + 1
                self._tell({"event": "again", "instances": len(again)})
                self._progress.wait(min(self._first_delay_s * 2 ** (attempt - 1), _LONGEST_DELAY_S))
                left = again

    def _round(
        self,
        send: Callable[[Sequence[HeldInstance]], Outcomes],
        instances: Sequence[HeldInstance],
        *,
        is_last: bool,
    ) -> tuple[list[HeldInstance], bool]:
        """Send each once; return those that are worth another attempt, and whether any was sent."""
        passing: dict[HeldInstance, Outcome] = {}
        is_any_sent = False
        with closing(send(instances)) as outcomes:
            for instance, outcome in outcomes:
                is_any_sent = is_any_sent or outcome.is_sent
                if outcome.is_passing:
                    passing[instance] = outcome
                else:
                    self._end(instance, outcome)
                self._progress.check()
        self._progress.check()
        if not is_last or is_any_sent:
            return list(passing), is_any_sent
        for instance, outcome in passing.items():
            self._end(instance, outcome)
        return [], is_any_sent

    def _way(self, held: ExitStack) -> Callable[[Sequence[HeldInstance]], Outcomes]:
        if self._access.dimse is not None:
            from viewer.archives.transcoding import Transcoder

            transcoder, has_memory = held.enter_context(Transcoder()), self._memory is not None
            return DispatchLines(self._access.dimse, transcoder, self._progress.check, wants_hash=has_memory).send
        door = self._access.web
        if door is None:
            raise NetworkError(_("It is not known how this archive is called"), subject=self._access.peer.name)
        from viewer.network.web.storing import store

        progress = self._progress
        return lambda instances: store(
            door, [_hashed(each) for each in instances], cancelled=lambda: progress.is_cancelled
        )

    # What became of it

    def _result(self, number: int) -> InstanceResult:
        instance = self._instances[number]
        if number in self._left_out:
            return InstanceResult(instance, self._left_out[number])
        return InstanceResult(instance, *self._became[instance.sop_instance_uid])

    def _end(self, instance: HeldInstance, outcome: Outcome, *, is_already: bool = False) -> None:
        self._became[instance.sop_instance_uid] = outcome, is_already
        event = "already" if is_already else "sent" if outcome.is_sent else "failed"
        self._tell(
            {
                "event": event,
                "sop_instance_uid": instance.sop_instance_uid,
                "status": outcome.status,
                "reason": outcome.reason,
            }
        )
        if outcome.is_sent and not is_already:
            self._remember(instance, outcome)
        self._progress.report(len(self._became) + len(self._left_out), len(self._instances))

    def _remember(self, instance: HeldInstance, outcome: Outcome) -> None:
        sha256 = outcome.sha256 or instance.sha256
        if sha256:
            self._to_note.append(Sent(instance.sop_instance_uid, sha256, outcome.status or 0))
        is_due = time.monotonic() - self._noted_at >= _NOTED_EVERY_S
        if is_due or len(self._to_note) >= _NOTED_AT_ONCE:
            self._note()

    def _note(self) -> None:
        if self._memory is not None and self._to_note:
            to_note, self._to_note = self._to_note, []
            self._memory.note_sent(archive_key(self._access.peer), to_note, datetime.now(UTC))
        self._noted_at = time.monotonic()


def held_of_study(library: "Library", study_instance_uid: str) -> list[HeldInstance]:
    """Return the instances of a study that are in force, to be sent.

    Raises:
        LibraryError: If the library has no such study, or it is in the trash.
    """
    studies = library.catalogue.studies_of_uid(study_instance_uid)
    if not studies or all(study.trashed_at is not None for study in studies):
        text = _("The study is in the trash: restore it first") if studies else _("The library has no such study")
        raise LibraryError(text, subject=study_instance_uid)
    path_of = library.store.path_of
    return [
        HeldInstance(
            each.sop_class_uid, each.sop_instance_uid, each.transfer_syntax_uid, path_of(each.kept), each.kept.sha256
        )
        for study in studies
        if study.trashed_at is None
        for each in library.catalogue.instances_of_study(study)
    ]


def _is_there(row: "SentInstance") -> bool:
    """Whether an archive has taken an instance and has not denied it since."""
    is_denied = row.failure is not None and row.failure not in _DOUBTS_ONLY and row.failure != OTHER_VERSION_SENT
    return row.sent_at is not None and not is_denied


def _hashed(instance: HeldInstance) -> HeldInstance:
    """Return an instance with the hash of its file; without one where that cannot be read, which sending will tell."""
    if instance.sha256:
        return instance
    try:
        with instance.path.open("rb") as stream:
            return replace(instance, sha256=hashlib.file_digest(stream, "sha256").hexdigest())
    except OSError:
        return instance


def _silence(_event: Mapping[str, object]) -> None:
    """Tell nobody."""
