"""Studies that arrive: who sends them is said while they come, and once that they are here."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from viewer.reception.events import QUIET, ReceiverEvent
from viewer.reception.receiver_state import ArrivingStudy, ReceiverState
from viewer.workspace.arrivals import Arrivals
from viewer.workspace.library_rows import Sender

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)


class _Row:
    trashed_at = None
    study_instance_uid = "1.2.3"


class _Desk:
    """A desk whose library holds the study."""

    class catalogue:  # noqa: N801 - stands for an attribute
        @staticmethod
        def studies_of_uid(_uid: str) -> list[_Row]:
            return [_Row()]

    def ask(self, question: Callable[[Any], Any], done: Callable[[Any], None], _failed: object) -> None:
        done(question(self))


def state(
    *arriving: tuple[str, int, int | None], is_running: bool = True, arrived: tuple[ReceiverEvent, ...] = ()
) -> ReceiverState:
    studies = tuple(
        ArrivingStudy(uid, count, 1, NOW, NOW, "CT_ONE", "192.0.2.7", announced) for uid, count, announced in arriving
    )
    return ReceiverState(is_running, 1, NOW, NOW, arriving=studies, arrived=arrived)


def quiet(uid: str, at: datetime = NOW, missing: int = 0) -> ReceiverEvent:
    return ReceiverEvent(QUIET, {"study_instance_uid": uid, "aet": "CT_ONE", "missing": missing}, at)


def followed() -> tuple[Arrivals, list[tuple[str, int]]]:
    told: list[tuple[str, int]] = []
    desk: Any = _Desk()
    return Arrivals(desk, lambda _study, sender, missing: told.append((sender, missing))), told


def test_a_study_is_told_once_when_it_is_quiet_and_what_is_missing_of_it() -> None:
    arrivals, told = followed()
    arrivals.see(state(("1.2.3", 5, None)))
    assert arrivals.senders == {"1.2.3": Sender("CT_ONE")}
    arrivals.see(state(("1.2.3", 9, 160)))
    assert arrivals.senders == {"1.2.3": Sender("CT_ONE", 160)}
    arrivals.see(state())
    assert told == []  # it has been counted when the receiver says that it is quiet
    here = (quiet("1.2.3", missing=151),)
    arrivals.see(state(arrived=here))
    arrivals.see(None)
    arrivals.see(state(arrived=here))
    assert (arrivals.senders, told) == ({}, [("CT_ONE", 151)])
    arrivals.see(state(arrived=(*here, quiet("1.2.3", LATER))))
    assert told == [("CT_ONE", 151), ("CT_ONE", 0)]


def test_what_arrived_before_anybody_looked_is_not_told() -> None:
    arrivals, told = followed()
    arrivals.see(None)
    arrivals.see(state(arrived=(quiet("1.2.3"),)))
    assert told == []


def test_a_receiver_that_ended_says_nothing_of_completeness() -> None:
    arrivals, told = followed()
    arrivals.see(state(("1.2.3", 5, None)))
    arrivals.see(state(is_running=False))
    arrivals.see(None)
    assert (arrivals.senders, told) == ({}, [])
