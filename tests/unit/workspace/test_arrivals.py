"""Studies that arrive: who sends them is said while they come, and once that they are here."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from viewer.reception.receiver_state import ArrivingStudy, ReceiverState
from viewer.workspace.arrivals import Arrivals

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


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


def state(*arriving: tuple[str, int, int | None], is_running: bool = True) -> ReceiverState:
    studies = tuple(
        ArrivingStudy(uid, count, 1, NOW, NOW, "CT_ONE", "192.0.2.7", announced) for uid, count, announced in arriving
    )
    return ReceiverState(is_running, 1, NOW, NOW, arriving=studies)


def test_a_study_is_told_once_when_it_is_quiet() -> None:
    told: list[str] = []
    arrivals = Arrivals(_Desk(), lambda _study, sender: told.append(sender))  # type: ignore[arg-type]  # a stand-in
    arrivals.see(state(("1.2.3", 5, None)))
    assert arrivals.senders == {"1.2.3": "CT_ONE"}
    arrivals.see(state(("1.2.3", 9, 160)))
    assert arrivals.senders == {"1.2.3": "CT_ONE, 160"}
    assert told == []
    arrivals.see(state())
    arrivals.see(state())
    assert (arrivals.senders, told) == ({}, ["CT_ONE"])


def test_a_receiver_that_ended_says_nothing_of_completeness() -> None:
    told: list[str] = []
    arrivals = Arrivals(_Desk(), lambda _study, sender: told.append(sender))  # type: ignore[arg-type]  # a stand-in
    arrivals.see(state(("1.2.3", 5, None)))
    arrivals.see(state(is_running=False))
    arrivals.see(None)
    assert (arrivals.senders, told) == ({}, [])
