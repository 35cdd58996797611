"""When each constancy test of a monitor is due, and what a kept result does to the monitor's own date."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

from viewer.base.translation import _, ngettext
from viewer.display.constancy_test import ConstancyTest
from viewer.display.constancy_tests import RATIO, RESPONSE, TESTS
from viewer.display.monitor_record import MonitorRecord, TestResult

_COVERED_BY = {RATIO.id: (RATIO.id, RESPONSE.id)}
"""Black and white are the ends of the response: measuring that measures them."""


@dataclass(frozen=True, slots=True)
class DueTest:
    """A test and the day it is due.

    Attributes:
        last: Its newest result since the monitor was calibrated; None where it was not done since.
    """

    test: ConstancyTest
    due_on: date
    last: TestResult | None = None

    def is_overdue(self, today: date) -> bool:
        """Whether its day has passed."""
        return self.due_on < today


def interval_of(test: ConstancyTest, record: MonitorRecord) -> int:
    """Return how many days a result of a test holds on a monitor."""
    return test.interval_days if test.interval_days is not None else record.interval_days


def schedule(record: MonitorRecord) -> tuple[DueTest, ...]:
    """Return the tests that have a day, the earliest first.

    A calibrated monitor has all the tests that hold its state, from the day it was calibrated; any test that was done
    once comes round again.
    """
    due = [found for test in TESTS.values() if (found := _due(test, record)) is not None]
    return tuple(sorted(due, key=lambda each: each.due_on))


def due_tests(record: MonitorRecord, today: date) -> tuple[DueTest, ...]:
    """Return the tests whose day has come or passed, the most overdue first."""
    return tuple(each for each in schedule(record) if each.due_on <= today)


def holds_until(record: MonitorRecord) -> date | None:
    """Return the day until which the monitor's state is known: the earliest of the tests that hold it."""
    days = [each.due_on for each in schedule(record) if each.test.holds_state]
    return min(days, default=None)


def with_result(record: MonitorRecord, result: TestResult) -> MonitorRecord:
    """Return a record with a result more, and the monitor's day moved on by it."""
    longer = replace(record, tests=(*record.tests, result))
    return replace(longer, due_on=holds_until(longer))


def with_interval(record: MonitorRecord, interval_days: int) -> MonitorRecord:
    """Return a record whose measured tests hold for so many days."""
    changed = replace(record, interval_days=interval_days)
    return replace(changed, due_on=holds_until(changed))


def overdue_notice(record: MonitorRecord, today: date) -> str:
    """Return what is overdue in one sentence; empty where nothing is."""
    late = [each for each in due_tests(record, today) if each.is_overdue(today)]
    if not late:
        return ""
    names = ", ".join(_(each.test.title) for each in late)
    days = (today - late[0].due_on).days
    return ngettext("Overdue for {0} day: {1}", "Overdue for {0} days: {1}", days).format(days, names)


def failed_tests(record: MonitorRecord) -> tuple[TestResult, ...]:
    """Return the newest result of each test since the monitor was calibrated, where that failed."""
    since = record.calibrated.measured_on
    newest = {result.test: result for result in record.tests if since is None or result.done_on >= since}
    return tuple(result for result in newest.values() if not result.passes)


def _due(test: ConstancyTest, record: MonitorRecord) -> DueTest | None:
    since = record.calibrated.measured_on
    covering = _COVERED_BY.get(test.id, (test.id,))
    results = [each for each in record.tests if each.test in covering and (since is None or each.done_on >= since)]
    last = results[-1] if results else None
    if last is not None:
        return DueTest(test, last.done_on + timedelta(days=interval_of(test, record)), last)
    if since is None:
        return None
    was_ever_done = any(each.test == test.id for each in record.tests)
    if test.holds_state or was_ever_done:
        # Calibrating measured response, black and white; the other tests have their first time from then on.
        return DueTest(test, since + timedelta(days=interval_of(test, record)))
    return None
