"""Instances of several senders that go to the disk and into the index together, each sender waiting for its own.

For each: its bytes are on the disk → it is put in its place → the folder is on the disk → the index has it → who waits
is told. Those who come while others are at it wait, and then go together: one transaction for all of them. Who is
alone does it all on its own thread, with nobody to wait for.
"""

import contextlib
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from viewer.base.errors import LibraryError
from viewer.library import durable
from viewer.library.duplicate_judgement import LastJudge
from viewer.library.incoming import Incoming
from viewer.library.instance_record import Filed, InstanceRecord, KeptFile
from viewer.library.integrity import take_back
from viewer.library.kept_values import bounded_uid
from viewer.library.library import Library
from viewer.library.object_places import LIST, PATIENCE_SECONDS, ObjectPlaces
from viewer.library.second_hand import Hands, SecondHand
from viewer.library.study_row import WarningKind

MOST_TOGETHER = 64
HANDS = 8
"""So many folders of a group are seen on the disk at once."""
LARGEST_IN_HAND = 16 * 2**20
"""Greater files do not keep the second hand busy."""
LOOK_AGAIN_SECONDS = 0.5
"""After how long the room on the disk is looked at again before an instance is begun."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an instance.

    Attributes:
        warnings: What did not fit together though it was filed.
        held: The file that stays in force instead, where another process has filed the same data set meanwhile.
    """

    filed: Filed
    warnings: frozenset[WarningKind] = frozenset()
    held: KeptFile | None = None


@dataclass(slots=True, eq=False)
class _Ticket:
    """One who waits.

    Attributes:
        is_there: Whether an object with the same bytes was there and was read again.
        differs_from: Hash of a file of the same UID that holds another data set.
        turn: Held until it has an outcome or an error, or has to lead the others.
    """

    incoming: Incoming
    record: InstanceRecord
    is_there: bool
    differs_from: str = ""
    outcome: Outcome | None = None
    error: Exception | None = None
    turn: threading.Lock = field(default_factory=threading.Lock)


class GroupCommit:
    """Keeps what comes to one library, for as many threads as there are.

    Args:
        library: Stays the caller's to close, after this.

    Raises:
        LibraryError: If its folders cannot be made.
    """

    def __init__(self, library: Library) -> None:
        self._library = library
        self._places = library.store.places
        self._places.make_all_homes()
        self._list = _RunningList(self._places)
        self._lock = threading.Lock()
        self._waiting: list[_Ticket] = []
        self._is_led = False
        self._hand, self._hands = SecondHand(), Hands(HANDS)
        self._ready = ReadyFiles(self._places, self._hand)

    def begin(self, size: int = 0) -> Incoming:
        """Return an empty file to write to; its writer keeps it, or removes it.

        Args:
            size: Expected bytes; 0 when unknown.

        Raises:
            LibraryError: If it cannot be made, or the disk has no room for that.
        """
        return self._ready.take(size)

    def held_hash(self, sop_instance_uid: str) -> str:
        """Return the hash of the file that is in force for an instance; empty when there is none."""
        row = self._library.database.first_row(
            "SELECT sha256 FROM instances WHERE sop_instance_uid = ?", (bounded_uid(sop_instance_uid),)
        )
        return "" if row is None else bytes(row["sha256"]).hex()

    def begin_keeping(self, incoming: Incoming) -> None:
        """Begin to bring a file that is whole to the disk, while its keeper looks at it: keep waits for that."""
        if not self._is_led and incoming.size <= LARGEST_IN_HAND:
            incoming.begin_sync(self._hand)

    def keep(self, incoming: Incoming, record: InstanceRecord, differs_from: str = "") -> Outcome:
        """Return when an instance that was looked at is on the disk and in the index.

        Args:
            incoming: Its file, whole; not to be used any more after this.
            record: What goes into the index; its `kept` is what incoming says.
            differs_from: Hash of the file in force that it was compared with, and is another instance than.

        Raises:
            LibraryError: If it cannot be kept; nothing of it stays.
        """
        try:
            ticket = _Ticket(incoming, record, self._places.is_there(incoming, is_rehashed=True), differs_from)
            if not ticket.is_there:
                with durable.told(incoming.path):
                    incoming.sync()
            self._stand_in_line(ticket)
        finally:
            incoming.remove()  # where it is in its place, there is nothing to remove
        if ticket.outcome is None:
            raise ticket.error or RuntimeError("nobody has kept it")
        if ticket.outcome.held is not None:
            with contextlib.suppress(LibraryError):  # it is tried again when the library is opened next
                take_back(self._library.store, self._library.catalogue, PATIENCE_SECONDS)
        return ticket.outcome

    def close(self) -> None:
        """Leave nothing behind; nobody keeps anything any more."""
        self._hand.close()
        self._hands.close()
        self._ready.remove()
        self._list.remove()

    def _stand_in_line(self, ticket: _Ticket) -> None:
        ticket.turn.acquire()
        with self._lock:
            self._waiting.append(ticket)
            is_leader, self._is_led = not self._is_led, True
        if not is_leader:
            ticket.turn.acquire()  # until the leader has kept it, or has made it the leader
        if ticket.outcome is None and ticket.error is None:
            self._lead()

    def _lead(self) -> None:
        """Keep everything that waits, and let the first of those who have come meanwhile lead."""
        with self._lock:
            group, self._waiting = self._waiting[:MOST_TOGETHER], self._waiting[MOST_TOGETHER:]
        try:
            self._keep_together(group)
        finally:
            with self._lock:
                self._is_led = bool(self._waiting)
                following = self._waiting[:1]
            for ticket in (*group, *following):
                ticket.turn.release()

    def _keep_together(self, group: Sequence[_Ticket]) -> None:
        try:
            with self._places.adding():
                self._list.note([ticket.record.kept.sha256 for ticket in group])
                placed, homes = self._placed(group)
                if placed:
                    with self._places.seeing_homes(homes, self._hand, self._hands) as wait_for_homes:
                        self._file(placed, wait_for_homes)
                if any(ticket.error is not None or _is_spare(ticket) for ticket in group):
                    self._list.leave()  # something may be in its place and in no index
        except Exception as error:
            self._list.leave()
            for ticket in group:
                ticket.outcome, ticket.error = None, _again(error)
            if not isinstance(error, LibraryError):
                raise

    def _placed(self, group: Sequence[_Ticket]) -> tuple[list[_Ticket], set[Path]]:
        """Put files that are on the disk in their places; return those that are there, and folders to be seen."""
        homes = set[Path]()
        placed = []
        for ticket in group:
            try:
                with durable.told(ticket.incoming.path):
                    homes |= self._put(ticket)
                placed.append(ticket)
            except LibraryError as error:
                ticket.error = error
        return placed, homes

    def _put(self, ticket: _Ticket) -> set[Path]:
        incoming = ticket.incoming
        homes = self._places.make_home(incoming.sha256)
        if ticket.is_there:
            if self._places.is_there(incoming, is_rehashed=False):
                return homes
            incoming.sync()  # it was taken away meanwhile
        self._places.put(incoming)
        return homes

    def _file(self, tickets: Sequence[_Ticket], wait_for_homes: Callable[[], None]) -> None:
        """Put instances that are in their places into the index; where that fails, one by one.

        What is written is committed when their folders have been seen on the disk, and not before.
        """
        try:
            with self._library.database.writing() as connection:
                outcomes = self._filed(connection, tickets)
                wait_for_homes()
        except LibraryError as error:
            if len(tickets) == 1:
                tickets[0].error = error
                return
            wait_for_homes()
            for ticket in tickets:
                self._file([ticket], wait_for_homes)
            return
        for ticket, outcome in zip(tickets, outcomes, strict=True):
            ticket.outcome = outcome

    def _filed(self, connection: sqlite3.Connection, tickets: Sequence[_Ticket]) -> list[Outcome]:
        """Write instances into the index, in the transaction that is open."""
        catalogue = self._library.catalogue
        outcomes = []
        judge = LastJudge(
            self._library.store, [(each.differs_from, each.record.kept.sha256) for each in tickets if each.differs_from]
        )
        filed = catalogue.file_and_tell([ticket.record for ticket in tickets], judge)
        for ticket, (became, warned) in zip(tickets, filed, strict=True):
            uid = bounded_uid(ticket.record.study_instance_uid)
            is_trashed = connection.execute(
                "SELECT 1 FROM studies WHERE study_instance_uid = ? AND trashed_at IS NOT NULL", (uid,)
            ).fetchone()
            if is_trashed and became in {Filed.NEW, Filed.ALREADY}:
                catalogue.restore(uid)
            held = judge.held.get(ticket.record.kept.sha256) if became is Filed.ALREADY else None
            outcomes.append(Outcome(became, warned, held))
        return outcomes


class ReadyFiles:
    """An empty file that lies ready for whoever comes next: it is made while the one before is received."""

    def __init__(self, places: ObjectPlaces, hand: SecondHand) -> None:
        self._places = places
        self._hand = hand
        self._lock = threading.Lock()
        self._file: Incoming | None = None
        self._is_making = False
        self._made_at = 0.0

    def take(self, size: int) -> Incoming:
        """Return an empty file; LibraryError when there is no room for it."""
        with self._lock:
            ready, self._file = self._file, None
            if not self._is_making:
                self._is_making = self._hand.begin(self._make) is not None
        if ready is None:
            return self._places.begin(size)
        if size or time.monotonic() - self._made_at > LOOK_AGAIN_SECONDS:  # there was room when it was made
            try:
                self._places.check_room(size)
            except LibraryError:
                ready.remove()
                raise
        return ready

    def remove(self) -> None:
        """Leave nothing behind."""
        with self._lock:
            ready, self._file = self._file, None
        if ready is not None:
            ready.remove()

    def _make(self) -> None:
        ready = None
        try:
            ready = self._places.begin(0)
        except LibraryError:
            pass  # who needs one is told
        finally:
            with self._lock:
                self._file, self._is_making, self._made_at = ready, False, time.monotonic()


class _RunningList:
    """The list of what is being put in place, for integrity.take_back: written over, for what it listed is indexed."""

    def __init__(self, places: ObjectPlaces) -> None:
        self._places = places
        self._list: Incoming | None = None
        self._head = b""

    def note(self, hashes: Sequence[str]) -> None:
        """Write down what will be in its place before the index has it; the library is held by one who adds.

        Lines of earlier times that stay behind these are of the same length, and tell of what the index has.
        """
        with durable.told(self._places.incoming):
            # Whoever opens the library looks at all lists while nobody adds, and takes them away.
            if self._list is None or os.fstat(self._list.descriptor).st_nlink == 0:
                self.leave()
                self._list = self._places.begin(0, LIST)
                self._head = f"{self._places.index_identity()}\n".encode("ascii")
            os.lseek(self._list.descriptor, 0, os.SEEK_SET)
            lines = "".join(f"{each}\n" for each in hashes).encode("ascii")
            durable.write_all(self._list.descriptor, self._head + lines)

    def leave(self) -> None:
        """Let it lie, to be looked at when a library is opened next; another one is begun."""
        if self._list is not None:
            self._list.close()
            self._list = None

    def remove(self) -> None:
        """Take it away: all that it lists is in the index."""
        if self._list is not None:
            self._list.remove()
            self._list = None


def _is_spare(ticket: _Ticket) -> bool:
    return ticket.outcome is not None and ticket.outcome.held is not None


def _again(error: Exception) -> Exception:
    """Return the same error anew, to be raised on another thread."""
    if isinstance(error, LibraryError):
        return LibraryError(str(error), subject=error.subject, advice=error.advice)
    return error
