"""The queue of transfers: several at once, what the reader looks at first, tried again when it fails for now.

Each runs on a thread of its own, in a process of its own (transfer_worker.py). To pause one is to stop it behind the
instance that is on its way: what is there is left out when it goes on, so there is one way of stopping and one of going
on, and a crash is just another pause.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from viewer.archives.transfer_book import TransferBook
from viewer.archives.transfer_engine import Arrival, Engine, EngineReport
from viewer.archives.transfer_entry import Entry
from viewer.archives.transfer_failures import is_passing, is_waited_out, plain_reason
from viewer.archives.transfer_values import (
    INTERRUPTED,
    LogLine,
    TransferKind,
    TransferRequest,
    TransferState,
    TransferStatus,
)
from viewer.base.errors import Cancelled, LibraryError, ViewerError
from viewer.base.jobs import Progress
from viewer.base.logs import without_values
from viewer.base.translation import _, ngettext

AT_ONCE = 2
DELAYS_S = (2.0, 5.0, 15.0, 60.0, 300.0)
"""How long is waited after each failure in a row; one more, and it is given up."""
IDLE_S = 60.0
_TICK_S = 0.1
_LOOK_S = 0.7
"""How often it is looked at what others want, and what runs is written down, two ticks of theirs."""

logger = logging.getLogger(__name__)
Tell = Callable[[dict[str, Any]], None]
MakeEngine = Callable[[TransferRequest, "EntryEars"], Engine]


class EntryEars:
    """Hears what the engine of one transfer tells."""

    def __init__(self, queue: "Transfers", entry: Entry) -> None:
        self._queue, self._entry = queue, entry

    def announced(self, study_instance_uid: str, series: Mapping[str, Sequence[str]]) -> None:
        """The archive says which instances there are."""
        self._queue.announced(self._entry, study_instance_uid, series)

    def arrived(self, arrival: Arrival) -> None:
        """An instance is there."""
        self._queue.arrived(self._entry, arrival)

    def counted(self, done: int, expected: int, failed: int) -> None:
        """So many are there now."""
        self._queue.counted(self._entry, done, expected, failed)

    def noted(self, text: str) -> None:
        """Something happened."""
        self._queue.noted(self._entry, text)


class Transfers:
    """All transfers of a library.

    Args:
        book: Where they are written down.
        make_engine: Returns what does one; called on its thread.
        tell: Told of everything, on any thread; must not wait.
        limit_of: How many at once an archive bears.
        at_once: How many there are at once over all.
        delays_s: How long is waited after each failure in a row.
        idle_s: After how long without anything to do that is told.
    """

    def __init__(
        self,
        book: TransferBook,
        make_engine: MakeEngine,
        tell: Tell,
        *,
        limit_of: Callable[[str], int] = lambda _archive: 1,
        at_once: int = AT_ONCE,
        delays_s: Sequence[float] = DELAYS_S,
        idle_s: float = IDLE_S,
    ) -> None:
        self._idle_s = idle_s
        self._book, self._make_engine, self._tell = book, make_engine, tell
        self._limit_of, self._at_once, self._delays_s = limit_of, at_once, tuple(delays_s)
        self._entries: dict[int, Entry] = {}
        self._preferred = ("", "")
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._is_closing = False
        self._looked_at = self._active_at = time.monotonic()
        self._thread = threading.Thread(target=self._look_after, name="transfers", daemon=True)

    # What is wanted

    def start(self) -> list[TransferStatus]:
        """Take up what is written down, and begin; return what was interrupted and waits for somebody to say so."""
        with self._lock:
            for status in self._book.take_up():
                self._entries[status.key] = Entry(status)
            statuses = [entry.status(with_log=True) for entry in self._entries.values()]
        for status in statuses:
            self._tell({"event": "transfer", **status.as_json()})
        self._thread.start()
        return [each for each in statuses if each.state is TransferState.PAUSED and each.reason == INTERRUPTED]

    def add(self, request: TransferRequest) -> int:
        """Have something done; return the key by which it is spoken of."""
        with self._changed:
            key = self._book.note(request)
            self.take_in(key)
        return key

    def take_in(self, key: int) -> None:
        """Have something done that somebody else wrote into the book; nothing where that has ended, or is gone."""
        with self._changed:
            found = self._book.all_of([key]) if key not in self._entries else []
            if found and not found[0].state.has_ended:
                self._say(self._entries.setdefault(key, Entry(found[0])))
                self._changed.notify_all()

    def pause(self, key: int) -> None:
        """Stop one behind the instance that is on its way, until resume()."""
        self._stop(key, TransferState.PAUSED)

    def cancel(self, key: int) -> None:
        """Stop one for good; what came stays."""
        self._stop(key, TransferState.CANCELLED)

    def resume(self, key: int) -> None:
        """Go on with one that is paused, or that has ended: what is there is left out."""
        with self._changed:
            entry = self._entries.get(key)
            if entry is None:
                return
            if entry.is_alive:
                entry.wish = TransferState.QUEUED if entry.wish is not None else None
            else:
                entry.attempts, entry.ended_at = 0, None
                self._set(entry, TransferState.QUEUED, "")
            self._changed.notify_all()

    def forget(self, key: int) -> None:
        """Take one from the list; only one that has ended, or is paused."""
        with self._changed:
            entry = self._entries.get(key)
            if entry is not None and not entry.is_alive:
                del self._entries[key]
                self._book.forget([key])
                self._tell({"event": "gone", "key": key})

    def prefer(self, study_instance_uid: str, series_instance_uid: str = "") -> None:
        """A reader looks at this: its transfer goes before all others, and its series before the others of it."""
        with self._changed:
            self._preferred = (study_instance_uid, series_instance_uid)
            for entry in self._entries.values():
                if entry.engine is not None and entry.request.study_instance_uid == study_instance_uid:
                    entry.engine.prefer(series_instance_uid)
            self._changed.notify_all()

    def statuses(self) -> list[TransferStatus]:
        """Return how it stands with all of them."""
        with self._lock:
            return [entry.status(with_log=True) for entry in self._entries.values()]

    def wait(self, key: int, patience_s: float) -> TransferStatus | None:
        """Return how a transfer ended, or how it stands when the patience is over; None where there is none."""
        until = time.monotonic() + patience_s
        with self._changed:
            while (entry := self._entries.get(key)) is not None:
                left = until - time.monotonic()
                if (entry.state.has_ended or entry.state is TransferState.PAUSED) and not entry.is_alive:
                    break
                if left <= 0:
                    break
                self._changed.wait(min(left, _LOOK_S))
            return None if entry is None else entry.status()

    def close(self, patience_s: float) -> bool:
        """Pause everything behind the instances that are on their way; return whether all has stopped in time."""
        with self._changed:
            self._is_closing = True
            alive = [entry for entry in self._entries.values() if entry.is_alive]
            for entry in alive:
                entry.stop(TransferState.PAUSED)
            self._changed.notify_all()
        until = time.monotonic() + patience_s
        for entry in alive:
            if entry.thread is not None:
                entry.thread.join(max(0.0, until - time.monotonic()))
        if self._thread.is_alive():
            self._thread.join(max(0.0, until - time.monotonic()))
        return not any(entry.is_alive for entry in alive)

    # What engines tell

    def announced(self, entry: Entry, study_instance_uid: str, series: Mapping[str, Sequence[str]]) -> None:
        """The archive says which instances there are."""
        with self._lock:
            entry.expected = max(entry.expected, sum(map(len, series.values())))
            entry.is_untold = True
        told = {uid: list(instances) for uid, instances in series.items()}
        self._tell({"event": "announced", "key": entry.key, "study": study_instance_uid, "series": told})

    def arrived(self, entry: Entry, arrival: Arrival) -> None:
        """An instance is there; the first of a transfer is told at once, others together."""
        with self._lock:
            entry.came(arrival)
            if not entry.has_arrivals:
                entry.has_arrivals = True
                self._say_arrivals(entry)

    def counted(self, entry: Entry, done: int, expected: int, failed: int) -> None:
        """So many are there now."""
        with self._lock:
            entry.done, entry.failed = done, failed
            entry.expected = max(entry.expected, expected)
            entry.is_untold = True

    def noted(self, entry: Entry, text: str) -> None:
        """Something happened."""
        with self._lock:
            line = LogLine(time.time(), text)
            entry.log.append(line)
        self._tell({"event": "log", "key": entry.key, "at": line.at, "text": text})

    # Looking after them

    def _look_after(self) -> None:
        with self._changed:
            while not self._is_closing:
                try:
                    self._look()
                except LibraryError as error:
                    logger.warning("Transfers could not be written down: %s", without_values(error))
                except Exception as error:  # noqa: BLE001 - a bug in one look must not end all transfers
                    logger.error("Looking after the transfers failed: %s", without_values(error))
                self._changed.wait(_TICK_S if self._is_any_alive() else _LOOK_S)

    def _look(self) -> None:
        now = time.monotonic()
        for entry in self._entries.values():
            if entry.state is TransferState.RETRYING and entry.retry_at is not None and time.time() >= entry.retry_at:
                self._set(entry, TransferState.QUEUED, entry.reason)
        self._fill()
        for entry in self._entries.values():
            self._say_arrivals(entry)
            if entry.is_untold or (entry.is_alive and now - entry.told_at >= _LOOK_S):
                self._say(entry)
        if now - self._looked_at >= _LOOK_S:
            self._looked_at = now
            self._look_at_wishes()
        if any(each.is_alive or each.is_waiting or each.retry_at is not None for each in self._entries.values()):
            self._active_at = now
        elif now - self._active_at >= self._idle_s:
            self._active_at = now
            self._tell({"event": "idle"})

    def _is_any_alive(self) -> bool:
        return any(entry.is_alive for entry in self._entries.values())

    def _fill(self) -> None:
        """Start what may be started; where the reader waits for one and there is no place, another one makes room."""
        waiting = sorted((each for each in self._entries.values() if each.is_waiting), key=self._rank)
        for entry in waiting:
            alive = [each for each in self._entries.values() if each.is_alive]
            of_archive = [each for each in alive if each.request.archive == entry.request.archive]
            if len(alive) < self._at_once and len(of_archive) < max(1, self._limit_of(entry.request.archive)):
                self._begin(entry)
            elif self._is_preferred(entry) and not any(each.wish is TransferState.QUEUED for each in alive):
                others = of_archive if len(of_archive) >= max(1, self._limit_of(entry.request.archive)) else alive
                yielding = max((each for each in others if not self._is_preferred(each)), key=self._rank, default=None)
                if yielding is not None:
                    yielding.stop(TransferState.QUEUED)

    def _rank(self, entry: Entry) -> tuple[bool, bool, int]:
        return not self._is_preferred(entry), entry.request.is_background, entry.key

    def _is_preferred(self, entry: Entry) -> bool:
        request = entry.request
        is_of_it = bool(request.study_instance_uid) and request.study_instance_uid == self._preferred[0]
        return is_of_it and request.series_instance_uid in {"", self._preferred[1]}

    def _begin(self, entry: Entry) -> None:
        entry.begin(time.monotonic)
        entry.thread = threading.Thread(target=self._run, args=(entry,), name=f"transfer {entry.key}", daemon=True)
        entry.thread.start()  # first: one that cannot be written down goes on all the same
        self._set(entry, TransferState.RUNNING, "")

    def _run(self, entry: Entry) -> None:
        """Do one transfer: on its own thread."""
        try:
            state, reason = self._done(entry)
        except Exception as error:  # noqa: BLE001 - a bug in one transfer must not end the others
            logger.error("A transfer failed: %s", without_values(error))
            state, reason = TransferState.FAILED, _("Something went wrong inside the program")
        with self._changed:
            entry.engine, entry.progress, entry.thread = None, None, None
            wish, entry.wish = entry.wish, None
            if wish is not None and state is not TransferState.DONE:
                state, reason = wish, INTERRUPTED if self._is_closing and wish is TransferState.PAUSED else ""
            self._say_arrivals(entry)
            try:
                self._set(entry, state, reason)
            except LibraryError as error:
                logger.warning("A transfer's end could not be written down: %s", without_values(error))
                entry.state, entry.reason = state, reason
                self._say(entry)
            self._changed.notify_all()

    def _done(self, entry: Entry) -> tuple[TransferState, str]:
        ears = EntryEars(self, entry)
        progress = entry.progress or Progress()
        try:
            engine = self._make_engine(entry.request, ears)
            with self._lock:
                entry.engine = engine
                if self._is_preferred(entry) and self._preferred[1]:
                    engine.prefer(self._preferred[1])
            progress.check()
            report = engine.run(progress)
        except Cancelled:
            return entry.wish or TransferState.PAUSED, ""
        except ViewerError as error:
            ears.noted(plain_reason(error))
            return self._failed(entry, error)
        return self._ended(entry, report)

    def _ended(self, entry: Entry, report: EngineReport) -> tuple[TransferState, str]:
        with self._lock:
            entry.done, entry.failed = report.done, sum(report.failed.values())
            entry.expected = max(report.expected, 0) or entry.expected
        reasons = [f"{count} × {reason}" for reason, count in report.failed.items()]
        for reason in reasons:
            self.noted(entry, reason)
        if report.is_whole:
            try:
                self._ask_for_promise(entry.request)
            except LibraryError as error:
                return TransferState.INCOMPLETE, plain_reason(error)
            return TransferState.DONE, ""
        words = [_("{0} of {1}").format(report.done, report.expected), *reasons[:2]]
        return (TransferState.INCOMPLETE if report.done else TransferState.FAILED), ". ".join(words)

    def _ask_for_promise(self, request: TransferRequest) -> None:
        """Have the archive asked to promise what was sent, if that is wanted: written down before the sending is done.

        What is interrupted in between is sent again, which finds it there, and asked for twice.
        """
        if request.commits and request.kind is TransferKind.SEND:
            self.add(replace(request, kind=TransferKind.COMMIT, commits=False))

    def _failed(self, entry: Entry, error: ViewerError) -> tuple[TransferState, str]:
        with self._lock:
            entry.attempts = 1 if entry.has_moved else entry.attempts + 1
            is_over = entry.attempts > len(self._delays_s) and not (entry.request.goes_on and is_waited_out(error))
            if not is_passing(error) or is_over:
                return (TransferState.INCOMPLETE if entry.done else TransferState.FAILED), plain_reason(error)
            delay = self._delays_s[min(entry.attempts, len(self._delays_s)) - 1]
            entry.retry_at = time.time() + delay
        seconds = ngettext("again in {0} second", "again in {0} seconds", round(delay)).format(round(delay))
        self.noted(entry, seconds)
        return TransferState.RETRYING, plain_reason(error)

    def _stop(self, key: int, wish: TransferState) -> None:
        with self._changed:
            entry = self._entries.get(key)
            if entry is None or (entry.state.has_ended and not entry.is_alive):
                return
            if entry.is_alive:
                entry.stop(wish)
            else:
                self._set(entry, wish, "")
            self._changed.notify_all()

    def _look_at_wishes(self) -> None:
        """See what others wrote into the book, and write down how far what runs is."""
        found = self._book.states()
        for key, state in found.items():
            if key not in self._entries and state is TransferState.QUEUED:
                self.take_in(key)
        for entry in tuple(self._entries.values()):
            wanted = found.get(entry.key)
            if wanted is None:
                if not entry.is_alive:
                    del self._entries[entry.key]
                    self._tell({"event": "gone", "key": entry.key})
                else:
                    entry.stop(TransferState.CANCELLED)
            elif wanted is not entry.written:
                entry.written = wanted
                self._follow(entry, wanted)
            elif entry.is_alive:
                self._book.put(entry.key, entry.written, entry.written, entry.outcome())

    def _follow(self, entry: Entry, wanted: TransferState) -> None:
        if wanted is TransferState.QUEUED:
            self.resume(entry.key)
        elif wanted in {TransferState.PAUSED, TransferState.CANCELLED}:
            self._stop(entry.key, wanted)

    # Saying and writing

    def _set(self, entry: Entry, state: TransferState, reason: str) -> None:
        entry.put(state, reason)
        if not self._book.put(entry.key, entry.written, state, entry.outcome()):
            wanted = self._book.states().get(entry.key)
            if wanted is not None:  # somebody else wrote something; what is so now counts, and the wish is seen again
                self._book.put(entry.key, wanted, state, entry.outcome())
                if wanted in {TransferState.PAUSED, TransferState.CANCELLED} and not state.has_ended:
                    entry.stop(wanted)
        entry.written = state
        self._say(entry)

    def _say(self, entry: Entry) -> None:
        entry.is_untold, entry.told_at = False, time.monotonic()
        self._tell({"event": "transfer", **entry.status().as_json()})

    def _say_arrivals(self, entry: Entry) -> None:
        if arrivals := entry.taken_arrivals():
            instances = [[each.series_instance_uid, each.sop_instance_uid, each.path] for each in arrivals]
            study = entry.request.study_instance_uid
            told = {"event": "arrived", "key": entry.key, "study": study, "at": time.time(), "instances": instances}
            self._tell(told)
