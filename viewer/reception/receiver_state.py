"""What the receiver is doing, in a file beside the library: how the window, another process, knows.

Written whole, at most twice a second, by the receiver that holds the lock; who reads it looks at the lock, so that
what a dead receiver left is not taken for a living one's. UIDs, AE titles, addresses and counts; no patient.
"""

import contextlib
import dataclasses
import json
import os
import threading
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from viewer.library.durable import FolderLock
from viewer.reception import events
from viewer.reception.events import ReceiverEvent

STATE_FILE, LOCK_FILE = "receiver.json", "receiver.lock"
ALARMING = frozenset({events.REFUSED, events.QUARANTINED, events.PROBLEM})
MOST_EVENTS, MOST_ARRIVED = 200, 50
WRITE_EVERY_S = 0.5
_VERSION = 1
_MOST_ARRIVING = 500
_LONGEST_FILE = 4 << 20


@dataclass(frozen=True, slots=True)
class AssociationState:
    """Somebody who is connected.

    Attributes:
        since: UTC.
        instances: Received over it.
        size: Of these, in bytes.
        study_instance_uid: Of the last one; empty before the first.
    """

    ae_title: str
    address: str
    since: datetime
    instances: int = 0
    size: int = 0
    study_instance_uid: str = ""


@dataclass(frozen=True, slots=True)
class ArrivingStudy:
    """A study of which instances came, and that has not been quiet for long enough to count as arrived.

    Attributes:
        instances: That came since it began to arrive.
        first_at: When the first of them came, UTC.
        last_at: When the last of them came, UTC.
        ae_title: Who sent the last one, and from which address.
        announced: How many instances the study has according to what came; None when nothing says so.
    """

    study_instance_uid: str
    instances: int
    size: int
    first_at: datetime
    last_at: datetime
    ae_title: str
    address: str
    announced: int | None = None


@dataclass(frozen=True, slots=True)
class ReceiverState:
    """What a receiver was doing when it last said so.

    Attributes:
        is_running: Whether its process lives and has not ended.
        written_at: When it last said so, UTC.
        ended_at: When it ended in order; None while it runs, or when it died.
        counts: How often each event happened since it started.
        events: The last ones that somebody should look at, oldest first; also of receivers before this one.
        arrived: The last studies that have gone quiet, as they were told, oldest first; of this receiver alone.
        waiting_deliveries: What routing rules have yet to do.
    """

    is_running: bool
    pid: int
    started_at: datetime
    written_at: datetime
    ended_at: datetime | None = None
    ae_title: str = ""
    address: str = ""
    port: int = 0
    tls: bool = False
    associations: tuple[AssociationState, ...] = ()
    arriving: tuple[ArrivingStudy, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    events: tuple[ReceiverEvent, ...] = ()
    arrived: tuple[ReceiverEvent, ...] = ()
    waiting_deliveries: int = 0

    @property
    def is_ready(self) -> bool:
        """Whether it listens."""
        return self.is_running and self.port > 0


def read_receiver_state(folder: Path) -> ReceiverState | None:
    """Return what the receiver of a library is doing, or was when it ended; None when there never was one.

    Args:
        folder: Of the library.
    """
    try:
        with (folder / STATE_FILE).open("rb") as stream:
            table = json.loads(stream.read(_LONGEST_FILE))
        state = _state(table)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    # The lock tells, not the process number: that may be another program's by now.
    return dataclasses.replace(state, is_running=state.ended_at is None and is_receiver_running(folder))


def is_receiver_running(folder: Path) -> bool:
    """Whether a receiver has this library."""
    try:
        with FolderLock(folder / LOCK_FILE).shared(0):
            return False
    except TimeoutError:
        return True
    except OSError:
        return False


class StateFile:
    """Keeps the file of one receiver, from its thread of its own.

    Args:
        folder: Of the library, whose lock the receiver holds.
        now_doing: Fills in who is connected, what is arriving and what waits; called on the thread.

    Attributes:
        is_started: Whether it is, or was, kept.
    """

    def __init__(self, folder: Path, now_doing: Callable[[ReceiverState], ReceiverState]) -> None:
        self.is_started = False
        self._path = folder / STATE_FILE
        self._now_doing = now_doing
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._events: deque[ReceiverEvent] = deque(maxlen=MOST_EVENTS)
        self._arrived: deque[ReceiverEvent] = deque(maxlen=MOST_ARRIVED)
        if (before := read_receiver_state(folder)) is not None:
            self._events.extend(before.events)
        now = datetime.now(UTC)
        self._state = ReceiverState(is_running=True, pid=os.getpid(), started_at=now, written_at=now)
        self._written: ReceiverState | None = None
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="receiver state", daemon=True)

    def begin(self) -> None:
        """Say that there is a receiver, which cannot receive yet."""
        self._write(None)

    def start(self) -> None:
        """Begin to keep the file."""
        self.is_started = True
        self._write(None)
        self._thread.start()

    def happened(self, event: ReceiverEvent) -> None:
        """Note an event; it is in the file within a second."""
        with self._lock:
            self._counts[event.event] += 1
            if event.event in ALARMING:
                self._events.append(event)
            elif event.event == events.QUIET:
                self._arrived.append(event)
            if event.event == events.READY:
                said = event.details
                self._state = dataclasses.replace(
                    self._state,
                    ae_title=str(said.get("aet", "")),
                    address=str(said.get("address", "")),
                    port=int(said.get("port") or 0),
                    tls=bool(said.get("tls")),
                )

    def close(self) -> None:
        """Say that the receiver has ended in order."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join()
        self._write(datetime.now(UTC))

    def _keep(self) -> None:
        while not self._ending.wait(WRITE_EVERY_S):
            self._write(None)

    def _write(self, ended_at: datetime | None) -> None:
        with self._lock:
            state = dataclasses.replace(
                self._state,
                counts=dict(self._counts),
                events=tuple(self._events),
                arrived=tuple(self._arrived),
                ended_at=ended_at,
            )
        if ended_at is None:
            state = self._now_doing(state)
        if state == self._written:
            return
        self._written = state
        text = json.dumps(_table(dataclasses.replace(state, written_at=datetime.now(UTC))), ensure_ascii=True)
        part = self._path.with_suffix(".part")
        with contextlib.suppress(OSError):  # a full disk: what it says is a little old until there is room
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as stream:
                stream.write(text)
            part.replace(self._path)


def _table(state: ReceiverState) -> dict[str, Any]:
    table = {
        each.name: _plain(getattr(state, each.name)) for each in dataclasses.fields(state) if each.name != "is_running"
    }
    table["version"] = _VERSION
    table["arriving"] = table["arriving"][-_MOST_ARRIVING:]
    return table


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever the fields above hold
    if isinstance(value, ReceiverEvent):
        return json.loads(value.as_line())
    if dataclasses.is_dataclass(value):
        return {each.name: _plain(getattr(value, each.name)) for each in dataclasses.fields(value)}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, (tuple, list)):
        return [_plain(each) for each in value]
    return dict(value) if isinstance(value, Mapping) else value


def _state(table: Mapping[str, Any]) -> ReceiverState:
    return ReceiverState(
        is_running=False,
        pid=int(table["pid"]),
        started_at=_moment(table["started_at"]),
        written_at=_moment(table["written_at"]),
        ended_at=_moment(table["ended_at"]) if table["ended_at"] else None,
        ae_title=str(table["ae_title"]),
        address=str(table["address"]),
        port=int(table["port"]),
        tls=bool(table["tls"]),
        associations=tuple(_associations(table["associations"])),
        arriving=tuple(_arriving(table["arriving"])),
        counts={str(name): int(count) for name, count in table["counts"].items()},
        events=tuple(map(_event, table["events"])),
        arrived=tuple(map(_event, table["arrived"])),
        waiting_deliveries=int(table["waiting_deliveries"]),
    )


def _associations(rows: Sequence[Mapping[str, Any]]) -> list[AssociationState]:
    return [AssociationState(**{**row, "since": _moment(row["since"])}) for row in rows]


def _arriving(rows: Sequence[Mapping[str, Any]]) -> list[ArrivingStudy]:
    return [
        ArrivingStudy(**{**row, "first_at": _moment(row["first_at"]), "last_at": _moment(row["last_at"])})
        for row in rows
    ]


def _event(row: Mapping[str, Any]) -> ReceiverEvent:
    details = {name: value for name, value in row.items() if name not in {"event", "time"}}
    return ReceiverEvent(str(row["event"]), details, _moment(row["time"]))


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a moment without time zone")
    return moment
