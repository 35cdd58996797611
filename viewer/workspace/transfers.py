"""The transfers as a list for people: rows with a title, how far each is, how fast, how long still, what can be done.

Titles come from what the window itself has found or keeps, never from the process that works: that tells UIDs alone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from viewer.archives.transfer_values import (
    INTERRUPTED,
    MOST_LINES,
    LogLine,
    TransferKind,
    TransferState,
    TransferStatus,
    status_of,
)
from viewer.base.events import Event
from viewer.base.translation import N_, _, ngettext

_KINDS: Mapping[TransferKind, str] = {
    TransferKind.RETRIEVE: N_("from {0}"),
    TransferKind.SEND: N_("to {0}"),
    TransferKind.COMMIT: N_("commitment by {0}"),
}
_MB = 1_000_000
_WHOLE_FROM = 10
_MINUTE_S, _HOUR_S = 60, 3600
_CURRENT = frozenset({TransferState.RUNNING, TransferState.RETRYING, TransferState.QUEUED})


@dataclass(frozen=True, slots=True)
class WantedStudy:
    """A study that is to be fetched, or a part of it.

    Attributes:
        title: What the reader calls it; stays in the window.
        series_instance_uid: Empty for the whole study; likewise sop_instance_uids.
        instances: How many the archive says there are; 0 where it does not.
        patient_id: For archives that must be told.
    """

    study_instance_uid: str
    title: str = ""
    series_instance_uid: str = ""
    sop_instance_uids: tuple[str, ...] = ()
    instances: int = 0
    patient_id: str = ""


@dataclass(frozen=True, slots=True)
class TransferRow:
    """A transfer as it is listed.

    Attributes:
        title: What it is about: the patient's name where the window knows it.
        place: From or to which archive.
        state: In the reader's language.
        counted: "412 of 500"; empty where nothing is counted yet.
        rate: Instances and megabytes a second; empty while nothing moves.
        left: How long still; empty while it is not known.
        done: From 0 to 1; None where it is not known how much there is.
        reason: Why it failed, waits or is not complete.
        can_pause: Likewise can_resume, can_cancel, can_forget.
    """

    status: TransferStatus
    title: str
    place: str
    state: str
    counted: str
    rate: str
    left: str
    done: float | None
    reason: str
    log: tuple[LogLine, ...] = ()

    @property
    def can_pause(self) -> bool:
        """Whether it can be stopped for a while."""
        return self.status.state in _CURRENT

    @property
    def can_resume(self) -> bool:
        """Whether it can go on, or begin again."""
        return not self.can_pause and self.status.state is not TransferState.DONE

    @property
    def can_cancel(self) -> bool:
        """Whether it can be given up."""
        return not self.status.state.has_ended

    @property
    def can_forget(self) -> bool:
        """Whether it can be taken from the list."""
        return self.status.state.has_ended or self.status.state is TransferState.PAUSED


@dataclass(frozen=True, slots=True)
class TransferSummary:
    """All that is on its way, in one.

    Attributes:
        current: Transfers that run or will run by themselves.
        failed: Those that ended badly, or wait for somebody.
        done: Instances; likewise expected, 0 where it is not known of any.
        text: For the window's foot; empty when nothing is on its way.
    """

    current: int = 0
    failed: int = 0
    done: int = 0
    expected: int = 0
    text: str = ""


class TransferList:
    """The transfers of a library, as far as they were heard of.

    Attributes:
        changed: Other rows, or another order.
    """

    def __init__(self) -> None:
        self.changed: Event[None] = Event()
        self._statuses: dict[int, TransferStatus] = {}
        self._logs: dict[int, tuple[LogLine, ...]] = {}
        self._titles: dict[str, str] = {}

    def show(self, statuses: Iterable[TransferStatus]) -> None:
        """Take all there are, as they are written down."""
        self._statuses = {status.key: replace(status, log=()) for status in statuses}
        self._logs = {status.key: status.log for status in statuses}
        self.changed.emit(None)

    def hear(self, message: Mapping[str, Any]) -> TransferStatus | None:
        """Take an event of the process that works; return the status, when it told one."""
        event, status = message.get("event"), None
        if event == "transfer":
            status = status_of(message)
            self._statuses[status.key] = replace(status, log=())
            if status.log:
                self._logs[status.key] = status.log
        elif event == "log":
            key = int(message["key"])
            line = LogLine(float(message["at"]), str(message["text"]))
            self._logs[key] = (*self._logs.get(key, ()), line)[-MOST_LINES:]
        elif event == "gone":
            self._statuses.pop(int(message["key"]), None)
            self._logs.pop(int(message["key"]), None)
        elif event == "died":
            self._interrupt()
        else:
            return None
        self.changed.emit(None)
        return status

    def name(self, study_instance_uid: str, title: str) -> None:
        """Say what a study is called; it is known to this window alone."""
        if title and self._titles.get(study_instance_uid) != title:
            self._titles[study_instance_uid] = title
            self.changed.emit(None)

    def unnamed(self) -> set[str]:
        """Return the UIDs of studies that have no title yet."""
        uids = {status.request.study_instance_uid for status in self._statuses.values()}
        return uids - set(self._titles) - {""}

    def status(self, key: int) -> TransferStatus | None:
        """Return how it stands with one."""
        return self._statuses.get(key)

    def statuses(self) -> tuple[TransferStatus, ...]:
        """Return how it stands with all."""
        return tuple(self._statuses.values())

    def interrupted(self) -> list[int]:
        """Return the keys of those that were interrupted and wait for somebody to say that they go on."""
        return [
            status.key
            for status in self._statuses.values()
            if status.state is TransferState.PAUSED and status.reason == INTERRUPTED and not status.goes_on
        ]

    def rows(self) -> tuple[TransferRow, ...]:
        """Return the rows: what runs, then what waits, then what has ended, the latest first."""
        ordered = sorted(self._statuses.values(), key=_rank)
        return tuple([self._row(status) for status in ordered])

    def row(self, key: int) -> TransferRow | None:
        """Return one."""
        status = self._statuses.get(key)
        return None if status is None else self._row(status)

    def summary(self) -> TransferSummary:
        """Return how it stands with all that is on its way."""
        current = [status for status in self._statuses.values() if status.state in _CURRENT]
        failed = sum(
            status.state in {TransferState.FAILED, TransferState.INCOMPLETE} for status in self._statuses.values()
        )
        if not current:
            return TransferSummary(failed=failed)
        done, expected = sum(each.done for each in current), sum(max(each.expected, each.done) for each in current)
        rate = sum(each.instances_per_s for each in current)
        parts = [_("Transfers: {0}/{1}").format(done, expected) if expected else _("Transfers")]
        parts += [_rate_text(rate, sum(each.bytes_per_s for each in current))] if rate else []
        if rate and all(each.expected for each in current):
            parts.append(_left_text((expected - done) / rate))
        return TransferSummary(len(current), failed, done, expected, ", ".join(filter(None, parts)))

    def _row(self, status: TransferStatus) -> TransferRow:
        request = status.request
        counted = _("{0} of {1}").format(status.done, status.expected) if status.expected else str(status.done or "")
        is_moving = status.state is TransferState.RUNNING and status.instances_per_s > 0
        return TransferRow(
            status,
            self._titles.get(request.study_instance_uid, "") or _untitled(status),
            _(_KINDS[request.kind]).format(request.archive),
            _(status.state.words),
            counted,
            _rate_text(status.instances_per_s, status.bytes_per_s) if is_moving else "",
            _left_text(status.left_s) if is_moving and status.left_s is not None else "",
            min(1.0, status.done / status.expected) if status.expected else None,
            _(status.reason) if status.reason else "",
            self._logs.get(status.key, ()),
        )

    def _interrupt(self) -> None:
        """The process has died: what it did stands still, until somebody says that it goes on."""
        for key, status in tuple(self._statuses.items()):
            if status.state in _CURRENT:
                self._statuses[key] = replace(status, state=TransferState.PAUSED, reason=INTERRUPTED)


def _rank(status: TransferStatus) -> tuple[int, float]:
    if status.state.has_ended:
        return 3, -(status.ended_at or 0.0)
    return (0 if status.state is TransferState.RUNNING else 1 if status.state in _CURRENT else 2), float(status.key)


def _untitled(status: TransferStatus) -> str:
    request = status.request
    if request.paths:
        return ngettext("{0} file", "{0} files", len(request.paths)).format(len(request.paths))
    if request.sop_instance_uids:
        count = len(request.sop_instance_uids)
        return ngettext("{0} image", "{0} images", count).format(count)
    return _("A series") if request.series_instance_uid else _("A study")


def _rate_text(instances_per_s: float, bytes_per_s: float) -> str:
    number = f"{instances_per_s:.0f}" if instances_per_s >= _WHOLE_FROM else f"{instances_per_s:.1f}"
    return _("{0}/s, {1} MB/s").format(number, f"{bytes_per_s / _MB:.1f}")


def _left_text(seconds: float) -> str:
    if seconds < _MINUTE_S:
        return _("{0} s left").format(max(1, round(seconds)))
    if seconds < _HOUR_S:
        return _("{0} min left").format(round(seconds / _MINUTE_S))
    return _("{0} h left").format(f"{seconds / _HOUR_S:.1f}")
