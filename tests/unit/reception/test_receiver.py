"""What the receiver does with quiet studies while its disk is full, whom it names, and what it says while it opens."""

import dataclasses
import json
import os
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.builders.arrivals import arrive
from viewer.base.errors import LibraryError
from viewer.library.library import Library
from viewer.reception import receiver as module
from viewer.reception.events import ReceiverEvent, Told
from viewer.reception.receiver import Receiver, _Callers
from viewer.reception.receiver_settings import ReceiverSettings
from viewer.reception.receiver_state import STATE_FILE, ReceiverState, read_receiver_state
from viewer.reception.routing import Routing
from viewer.reception.routing_rules import RuleSet, RulesFile


def test_a_study_that_could_not_be_looked_at_is_looked_at_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[ReceiverEvent] = []
    receiver = Receiver(tmp_path / "library", ReceiverSettings(port=1), RulesFile(tmp_path), told.append)
    details: dict[str, Told] = {
        "study_instance_uid": "1.2.3.1",
        "series_instance_uid": "1.2.3.1.1",
        "size": 3,
        "already": False,
    }
    with Library(tmp_path / "library", reserve_bytes=0) as library:
        arrive(library, [1, 2, 4])
        for _each in range(3):
            receiver.happened(ReceiverEvent("stored", details))
        routing = Routing(library, RuleSet, receiver._send, receiver.tell)
        later = datetime.now(UTC) + timedelta(hours=1)

        def full(_study: str) -> None:
            raise LibraryError("the disk is full")

        try:
            with monkeypatch.context() as patch:
                patch.setattr(routing, "arrived", full)
                with pytest.raises(LibraryError):
                    receiver._settle(library, routing, later)
            assert [event.event for event in told] == ["stored"] * 3
            receiver._settle(library, routing, later)
        finally:
            routing.close()
    quiet = told[-1]
    assert quiet.event == "quiet"
    assert {name: quiet.details[name] for name in ("instances", "held", "missing", "gaps")} == {
        "instances": 3,
        "held": 3,
        "missing": 1,
        "gaps": "3",
    }


def test_who_opens_a_library_is_not_taken_for_the_receiver_that_died(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "library"
    folder.mkdir()
    dead = {"pid": 1, "started_at": "2026-01-01T00:00:00+00:00", "written_at": "2026-01-01T00:00:00+00:00"}
    dead |= {"ended_at": None, "ae_title": "", "address": "", "port": 104, "tls": False, "associations": []}
    dead |= {"arriving": [], "counts": {}, "events": [], "arrived": [], "waiting_deliveries": 0}
    (folder / STATE_FILE).write_text(json.dumps(dead))
    seen: list[ReceiverState | None] = []

    def opening(_folder: Path) -> Library:
        seen.append(read_receiver_state(folder))
        raise LibraryError("it cannot be opened")

    monkeypatch.setattr(module, "Library", opening)
    receiver = Receiver(
        folder, dataclasses.replace(ReceiverSettings(), port=0), RulesFile(tmp_path), lambda _event: None
    )
    with pytest.raises(LibraryError, match="cannot be opened"):
        receiver.run_until(threading.Event())
    (state,) = seen
    assert state is not None
    assert (state.is_running, state.is_ready, state.pid) == (True, False, os.getpid())
    ended = read_receiver_state(folder)
    assert ended is not None
    assert not ended.is_running
    assert ended.ended_at is not None


def test_callers_are_named_with_what_they_sent_since_they_connected() -> None:
    callers = _Callers()
    start = time.monotonic()
    callers.came("CT1", "192.0.2.7", "1.2", 10)
    callers.came("CT1", "192.0.2.7", "1.3", 20)
    first, second = callers.connected([("CT1", "192.0.2.7", start), ("MR1", "192.0.2.8", start)])
    assert (first.ae_title, first.instances, first.size, first.study_instance_uid) == ("CT1", 2, 30, "1.3")
    assert (second.ae_title, second.instances) == ("MR1", 0)
    assert abs(first.since - datetime.now(UTC)) < timedelta(minutes=1)
    assert callers.connected([]) == ()
    (again,) = callers.connected([("CT1", "192.0.2.7", start)])
    assert again.instances == 0
