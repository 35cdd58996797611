"""Studies that arrive: who sends them is said while they come, and once that they are here."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.builders.library_records import record
from viewer.library.library import Library
from viewer.reception.events import QUIET, ReceiverEvent
from viewer.reception.receiver_state import ArrivingStudy, ReceiverState
from viewer.workspace.arrivals import Arrivals
from viewer.workspace.library_rows import Sender

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)


class _Desk:
    """A desk that asks a library on the thread that calls."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def ask(self, question: Callable[[Library], Any], done: Callable[[Any], None], _failed: object) -> None:
        done(question(self._library))


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path) as library:
        library.catalogue.file([record(1, study="1.2.3")])
        yield library


def state(
    *arriving: tuple[str, int, int | None], is_running: bool = True, arrived: tuple[ReceiverEvent, ...] = ()
) -> ReceiverState:
    studies = tuple(
        ArrivingStudy(uid, count, 1, NOW, NOW, "CT_ONE", "192.0.2.7", announced) for uid, count, announced in arriving
    )
    return ReceiverState(is_running, 1, NOW, NOW, arriving=studies, arrived=arrived)


def quiet(uid: str, at: datetime = NOW, missing: int = 0) -> ReceiverEvent:
    return ReceiverEvent(QUIET, {"study_instance_uid": uid, "aet": "CT_ONE", "missing": missing}, at)


def followed(library: Library) -> tuple[Arrivals, list[tuple[str, int]]]:
    told: list[tuple[str, int]] = []
    desk: Any = _Desk(library)
    return Arrivals(desk, lambda _study, sender, missing: told.append((sender, missing))), told


def test_a_study_is_told_once_when_it_is_quiet_and_what_is_missing_of_it(library: Library) -> None:
    arrivals, told = followed(library)
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


def test_what_arrived_before_anybody_looked_is_not_told(library: Library) -> None:
    arrivals, told = followed(library)
    arrivals.see(None)
    arrivals.see(state(arrived=(quiet("1.2.3"),)))
    assert told == []


def test_a_receiver_that_ended_says_nothing_of_completeness(library: Library) -> None:
    arrivals, told = followed(library)
    arrivals.see(state(("1.2.3", 5, None)))
    arrivals.see(state(is_running=False))
    arrivals.see(None)
    assert (arrivals.senders, told) == ({}, [])
