"""What the routing rules want of studies that arrived: noted when a study is quiet, done by workers, tried again.

Every instance is delivered once by each rule and action, also when it comes late; what was under way when the power
went is done again as far as it is not known to be done. What came before a crash and was not looked at is looked at.
"""

import contextlib
import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from viewer.base.errors import Cancelled, ViewerError
from viewer.base.logs import without_values
from viewer.base.translation import _
from viewer.library.deliveries import Deliveries, Delivery
from viewer.library.library import Library
from viewer.library.study_row import InstanceRow
from viewer.reception import events
from viewer.reception.arrived_studies import arrived_instances, study_facts
from viewer.reception.carrying_out import CarryingOut, Result, Send
from viewer.reception.routing_rules import Forward, RuleSet, action_as_text, action_of_text

logger = logging.getLogger(__name__)

Told = str | int | float | bool | None
DELAYS_S = (30, 60, 120, 300, 600, 1800, 3600)
"""After each failure in a row; the last one goes on being used."""
MOST_ATTEMPTS = len(DELAYS_S) + 72
"""Three days of the last delay: then it is given up."""
_WORKERS = 4
_OVERLAP = timedelta(seconds=60)
_DAY = timedelta(days=1)


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
        self._library, self._rules, self._tell, self._now = library, rules, tell, now
        self._deliveries = Deliveries(library.database)
        self._carrying_out = CarryingOut(library, self._deliveries, send)
        self._lock = threading.Lock()
        self._under_way: dict[int, str] = {}
        self._resting: dict[int, datetime] = {}
        self._shorten_at = now()
        self._pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="routing")
        self._told_problems: tuple[str, ...] = ()

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
        self._carrying_out.cut_off()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._carrying_out.close()

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
                self._failed(delivery, Result(0, _("an error in the program: {0}").format(type(error).__name__)))
        finally:
            with self._lock:
                self._under_way.pop(delivery.key, None)

    def _attempt(self, delivery: Delivery) -> None:
        try:
            action = action_of_text(delivery.action)
            instances = self._waiting(delivery)
            result = self._carrying_out.carry_out(delivery, action, instances) if instances else Result(0)
        except ViewerError as error:
            result = Result(0, str(error))
        if result.error:
            self._failed(delivery, result)
            return
        with self._library.database.writing():  # what came meanwhile is noted before this, or after it
            if not self._waiting(delivery):
                self._deliveries.end(delivery.key, self._now())
        if result.delivered:
            self._tell_routed(delivery, result)

    def _failed(self, delivery: Delivery, result: Result) -> None:
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

    def _tell_routed(self, delivery: Delivery, result: Result) -> None:
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
