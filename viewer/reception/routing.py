"""What the routing rules want of studies that arrived: noted when a study is quiet, done by workers, tried again.

Every instance is delivered once by each rule and action, also when it comes late; what was under way when the power
went is done again as far as it is not known to be done. What came before a crash and was not looked at is looked at.
"""

import contextlib
import hashlib
import logging
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Protocol

from viewer.base.errors import Cancelled, ViewerError
from viewer.base.jobs import Progress
from viewer.base.logs import without_values
from viewer.base.translation import _
from viewer.library import durable
from viewer.library.deliveries import Deliveries, Delivery
from viewer.library.exporting import export_series
from viewer.library.instance_record import Door
from viewer.library.library import Library
from viewer.library.study_row import InstanceRow, StudyRow
from viewer.network.ports import HeldInstance
from viewer.network.stations import Station
from viewer.reception import events
from viewer.reception.outside_command import filled_in, run_command
from viewer.reception.routing_rules import (
    Action,
    Export,
    Forward,
    RuleSet,
    Run,
    StudyFacts,
    Tag,
    action_as_text,
    action_of_text,
)
from viewer.reception.tagging import add_flags

logger = logging.getLogger(__name__)

Told = str | int | float | bool | None
DELAYS_S = (30, 60, 120, 300, 600, 1800, 3600)
"""After each failure in a row; the last one goes on being used."""
MOST_ATTEMPTS = len(DELAYS_S) + 72
"""Three days of the last delay: then it is given up."""
_WORKERS = 4
_ENOUGH_REFUSED = 200
_NOTE_EVERY_S = 0.2
_OVERLAP = timedelta(seconds=60)
_DAY = timedelta(days=1)
_OUTGOING = "outgoing"


class Outcome(Protocol):
    """What became of an instance that was sent."""

    @property
    def reason(self) -> str:
        """Why it was not taken; empty when it was."""


Send = Callable[[Station, Sequence[HeldInstance]], Generator[tuple[HeldInstance, Outcome], None, None]]
"""Sends instances to a station, and yields what became of each as it is known."""


@dataclass(frozen=True, slots=True)
class _Result:
    """What an attempt came to.

    Attributes:
        delivered: How many instances.
        error: Why not all of them; empty when all were.
        is_unreachable: Whether whatever goes the same way would fail too.
    """

    delivered: int
    error: str = ""
    is_unreachable: bool = False


class Routing:
    """Does what the rules want; its methods but `close` are called on one thread.

    Args:
        library: Where the studies are.
        rules: Returns the rules in force.
        send: How instances are sent.
        tell: Takes events.
        now: Tells the time, UTC.
    """

    def __init__(
        self,
        library: Library,
        rules: Callable[[], RuleSet],
        send: Send,
        tell: Callable[[str, Mapping[str, Told]], None],
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._library, self._rules, self._send, self._tell, self._now = library, rules, send, tell, now
        self._deliveries = Deliveries(library.database)
        self._lock = threading.Lock()
        self._under_way: dict[int, str] = {}
        self._resting: dict[int, datetime] = {}
        self._shorten_at = now()
        self._progress = Progress()
        self._pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="routing")
        self._told_problems: tuple[str, ...] = ()
        self._outgoing = library.folder / _OUTGOING
        shutil.rmtree(self._outgoing, ignore_errors=True)  # nobody else's: the receiver has the library alone

    def take_up(self) -> None:
        """Look at what came before a crash and was not looked at; begin to remember from now on."""
        until = self._deliveries.looked_at_until()
        if until is not None:
            for uid in self._deliveries.came_since(until):
                self._note(uid)
        self.looked_until(self._now())

    def arrived(self, study_uid: str) -> None:
        """Note what the rules want of a study that has gone quiet."""
        self._note(study_uid)

    def looked_until(self, moment: datetime) -> None:
        """Remember that whatever came before a moment has been looked at; a little less, for what is being filed."""
        self._deliveries.look_again_from(moment - _OVERLAP)

    def waiting_count(self) -> int:
        """Return how many deliveries are still to be made."""
        return self._deliveries.waiting_count()

    @property
    def is_busy(self) -> bool:
        """Whether something is under way, or due."""
        with self._lock:
            return bool(self._under_way) or bool(self._deliveries.due(self._now(), 1))

    def look(self) -> None:
        """Start what is due; what goes the same way goes one after the other."""
        self._tell_problems(self._rules().problems)
        self._shorten()
        with self._lock:
            for delivery in self._deliveries.due(self._now(), 1000):
                if len(self._under_way) >= _WORKERS:
                    return
                if delivery.key in self._under_way or delivery.action in self._under_way.values():
                    continue
                if self._now() < self._resting.get(delivery.key, self._now()):
                    continue
                self._under_way[delivery.key] = delivery.action
                self._pool.submit(self._run, delivery)

    def close(self) -> None:
        """Stop; what is under way is cut off, and due at the next start."""
        self._progress.cancel()
        self._pool.shutdown(wait=True, cancel_futures=True)
        shutil.rmtree(self._outgoing, ignore_errors=True)

    # Noting

    def _note(self, study_uid: str) -> None:
        rules = self._rules()
        self._tell_problems(rules.problems)
        if not rules.rules or (facts := study_facts(self._library, study_uid)) is None:
            return
        wanted = [(rule.name, action_as_text(action)) for rule in rules.matching(facts) for action in rule.actions]
        if wanted:
            self._deliveries.note(study_uid, wanted, self._now())

    def _shorten(self) -> None:
        """Once a day, keep less of what was delivered longer ago than a day."""
        if (now := self._now()) >= self._shorten_at:
            self._shorten_at = now + _DAY
            self._deliveries.shorten(now - _DAY)

    def _tell_problems(self, problems: tuple[str, ...]) -> None:
        if problems != self._told_problems:
            self._told_problems = problems
            for problem in problems:
                self._tell(events.PROBLEM, {"reason": problem})

    # Doing

    def _run(self, delivery: Delivery) -> None:
        try:
            self._attempt(delivery)
        except Cancelled:
            pass
        except Exception as error:  # noqa: BLE001 - a bug, or an index that takes nothing: the worker goes on
            logger.error("A delivery failed: %s", without_values(error))
            with self._lock:  # what could not be noted must not be done again at once
                self._resting[delivery.key] = self._now() + timedelta(seconds=DELAYS_S[1])
            with contextlib.suppress(ViewerError):
                self._failed(delivery, _Result(0, _("an error in the program: {0}").format(type(error).__name__)))
        finally:
            with self._lock:
                self._under_way.pop(delivery.key, None)

    def _attempt(self, delivery: Delivery) -> None:
        try:
            action = action_of_text(delivery.action)
            instances = self._waiting(delivery)
            result = self._carried_out(delivery, action, instances) if instances else _Result(0)
        except ViewerError as error:
            result = _Result(0, str(error))
        if result.error:
            self._failed(delivery, result)
            return
        with self._library.database.writing():  # what came meanwhile is noted before this, or after it
            if not self._waiting(delivery):
                self._deliveries.end(delivery.key, self._now())
        if result.delivered:
            self._tell_routed(delivery, result)

    def _carried_out(self, delivery: Delivery, action: Action, instances: Sequence[InstanceRow]) -> _Result:
        match action:
            case Forward(station):
                return self._forward(delivery, station, instances)
            case Tag(flags):
                add_flags(self._library, delivery.study_instance_uid, flags)
            case Export(folder):
                self._export(instances, folder / _folder_name(instances))
            case Run():
                self._run_program(delivery, action, instances)
        self._deliveries.delivered(delivery.key, [each.sop_instance_uid for each in instances])
        return _Result(len(instances))

    def _forward(self, delivery: Delivery, station: Station, instances: Sequence[InstanceRow]) -> _Result:
        sent, failed = _Noted(self._deliveries, delivery.key), dict[str, str]()
        held = [self._held(each) for each in instances]
        with contextlib.closing(self._send(station, held)) as outcomes:
            try:
                for instance, outcome in outcomes:
                    if outcome.reason:
                        failed[instance.sop_instance_uid] = outcome.reason
                    else:
                        sent.add(instance.sop_instance_uid)
                    if len(failed) >= _ENOUGH_REFUSED and not sent.count:
                        break  # it takes nothing: the others would fare no better
                    self._progress.check()
            finally:
                sent.note()
        if not failed:
            return _Result(sent.count)
        reason = next(iter(failed.values()))
        if not sent.count:
            return _Result(0, reason, is_unreachable=True)
        return _Result(sent.count, _("{0} not taken: {1}").format(len(failed), reason))

    def _held(self, row: InstanceRow) -> HeldInstance:
        path = self._library.store.path_of(row.kept)
        # With its hash: what was altered on the disk is not sent.
        return HeldInstance(row.sop_class_uid, row.sop_instance_uid, row.transfer_syntax_uid, path, row.kept.sha256)

    def _export(self, instances: Sequence[InstanceRow], target: Path) -> None:
        if target.is_dir() and any(target.iterdir()):
            return  # a folder is there whole or not at all: it was written, and the power went before that was noted
        for left in target.parent.glob(f"{target.name}.part-*"):  # by a crash
            shutil.rmtree(left, ignore_errors=True)
        by_series = [list(group) for _uid, group in groupby(instances, key=lambda each: each.series_instance_uid)]
        series = [[each.kept for each in group] for group in by_series]
        export_series(self._library.store, series, target, self._progress)
        uids = tuple(dict.fromkeys(each.study_instance_uid for each in instances))
        self._library.audit.append("export", uids, len(instances))

    def _run_program(self, delivery: Delivery, action: Run, instances: Sequence[InstanceRow]) -> None:
        folder = Path()
        is_given_files = any("{folder}" in argument for argument in action.arguments)
        values = {"study_uid": delivery.study_instance_uid, "ae": instances[-1].source.name}
        try:
            if is_given_files:
                durable.make_folder(self._outgoing)
                folder = Path(tempfile.mkdtemp(prefix="study-", dir=self._outgoing))
                self._export(instances, folder / "study")
                values["folder"] = str(folder / "study")
            run_command(filled_in(action.arguments, values), action.timeout_s, self._progress)
        finally:
            if is_given_files and folder.name:
                shutil.rmtree(folder, ignore_errors=True)

    def _failed(self, delivery: Delivery, result: _Result) -> None:
        now = self._now()
        if delivery.attempts + 1 >= MOST_ATTEMPTS:
            self._deliveries.end(delivery.key, now, result.error)
        else:
            due_at = now + timedelta(seconds=DELAYS_S[min(delivery.attempts, len(DELAYS_S) - 1)])
            self._deliveries.put_off(delivery.key, due_at, result.error)
            if result.is_unreachable:
                self._deliveries.put_off_others(delivery.action, due_at)
        if result.delivered:
            self._tell_routed(delivery, result)
        if delivery.attempts == 0 or delivery.attempts + 1 >= MOST_ATTEMPTS:
            self._tell(
                events.PROBLEM,
                {
                    "reason": result.error,
                    "rule": delivery.rule,
                    "study_instance_uid": delivery.study_instance_uid,
                    "given_up": delivery.attempts + 1 >= MOST_ATTEMPTS,
                },
            )

    def _tell_routed(self, delivery: Delivery, result: _Result) -> None:
        action = action_of_text(delivery.action)
        self._tell(
            events.ROUTED,
            {
                "rule": delivery.rule,
                "action": type(action).__name__.lower(),
                "station": str(action.station) if isinstance(action, Forward) else None,
                "study_instance_uid": delivery.study_instance_uid,
                "instances": result.delivered,
            },
        )

    def _waiting(self, delivery: Delivery) -> list[InstanceRow]:
        """Return what is not delivered yet; nothing of a study that is in the trash or gone."""
        rows = arrived_instances(self._library, delivery.study_instance_uid)
        done = self._deliveries.done_of(delivery.key)
        return [each for each in rows if not done.has(each.sop_instance_uid, each.received_at)]


class _Noted:
    """Instances that a station has taken, noted some times a second: little is sent twice when the power goes."""

    def __init__(self, deliveries: Deliveries, key: int) -> None:
        self.count = 0
        self._deliveries, self._key = deliveries, key
        self._waiting: list[str] = []
        self._noted_at = time.monotonic()

    def add(self, sop_instance_uid: str) -> None:
        """Add one."""
        self.count += 1
        self._waiting.append(sop_instance_uid)
        if time.monotonic() - self._noted_at >= _NOTE_EVERY_S:
            self.note()

    def note(self) -> None:
        """Note those that are not noted yet."""
        if self._waiting:
            self._deliveries.delivered(self._key, self._waiting)
            self._waiting = []
        self._noted_at = time.monotonic()


def study_facts(library: Library, study_uid: str) -> StudyFacts | None:
    """Return what rules look at of a study; None when it is not there, or nothing of it came over the network."""
    studies = _studies(library, study_uid)
    series = [each for study in studies for each in library.catalogue.series_of(study)]
    came = arrived_instances(library, study_uid)
    if not came:
        return None
    there = {each.series_instance_uid for each in came}
    series = [each for each in series if each.series_instance_uid in there]
    return StudyFacts(
        study_instance_uid=study_uid,
        modality=_set(each.modality for each in series),
        calling=_set(each.source.name for each in came),
        description=_set(
            [*(each.study_description for each in studies), *(each.series_description for each in series)]
        ),
        patient_id=_set(each.patient_id for each in studies),
        issuer=_set(each.issuer for each in studies),
        station=_set(each.attributes.get("StationName", "") for each in series),
        sop_class=_set(each.sop_class_uid for each in came),
    )


def arrived_instances(library: Library, study_uid: str) -> list[InstanceRow]:
    """Return the instances of a study that came over the network, by series and number."""
    rows = [each for study in _studies(library, study_uid) for each in library.catalogue.instances_of_study(study)]
    return [each for each in rows if each.source.door is Door.RECEIVER]


def _studies(library: Library, study_uid: str) -> list[StudyRow]:
    return [each for each in library.catalogue.studies_of_uid(study_uid) if each.trashed_at is None]


def _set(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))


def _folder_name(instances: Sequence[InstanceRow]) -> str:
    """Return the name of an exported folder: of our own hashes, the same for the same instances."""
    study, *_others = (each.study_instance_uid for each in instances)
    uids = "\n".join(sorted(each.sop_instance_uid for each in instances))
    return f"study-{_digest(study)[:16]}-{_digest(uids)[:8]}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
