"""The receiver's condition in words."""

from datetime import UTC, datetime

import pytest

from viewer.reception.events import QUIET, ReceiverEvent
from viewer.reception.receiver_process import Condition, Phase
from viewer.reception.receiver_state import AssociationState, ReceiverState
from viewer.ui.reception.receiver_texts import arrival_text, details, foot_text, place_text, sentence

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


def _state(*senders: str, tls: bool = False) -> ReceiverState:
    associations = tuple(AssociationState(each, "192.0.2.7", NOW, 3) for each in senders)
    return ReceiverState(
        is_running=True,
        pid=1,
        started_at=NOW,
        written_at=NOW,
        ae_title="NEGATOSCOPE",
        address="192.0.2.1",
        port=11112,
        tls=tls,
        associations=associations,
        counts={"stored": 412, "refused": 2},
    )


def test_places_are_written_as_people_write_them() -> None:
    assert place_text("127.0.0.1", 104) == "127.0.0.1:104"
    assert place_text("::1", 104) == "[::1]:104"
    assert place_text("0.0.0.0", 104) == ":104"  # noqa: S104 - compared


def test_the_foot_says_who_sends() -> None:
    assert foot_text(Condition(Phase.RUNNING, _state())) == "receiver on :11112"
    assert foot_text(Condition(Phase.RUNNING, _state("CT1"))) == "receiver on :11112 · from CT1"
    assert foot_text(Condition(Phase.RUNNING, _state("CT1", "MR1"))) == "receiver on :11112 · from 2 stations"


@pytest.mark.parametrize("phase", list(Phase))
def test_every_phase_has_words(phase: Phase) -> None:
    condition = Condition(phase, _state() if phase is Phase.RUNNING else None, reason="the port is taken", wait_s=3)
    assert sentence(condition)
    assert bool(foot_text(condition)) is (phase is not Phase.OFF)
    assert details(condition, NOW)


def test_what_was_received_and_refused_is_counted() -> None:
    words = details(Condition(Phase.RUNNING, _state("CT1")), NOW)
    assert "412 instances received" in words
    assert "1 station connected" in words
    assert "2 refused" in words
    assert sentence(Condition(Phase.RUNNING, _state(tls=True))) == (
        "Receiving at 192.0.2.1:11112 as NEGATOSCOPE, over TLS"
    )


def test_an_arrival_is_told_without_saying_whose() -> None:
    told = ReceiverEvent(QUIET, {"instances": 120, "missing": 2, "aet": "CT1", "study_instance_uid": "1.2"})
    assert arrival_text(told) == "120 images have arrived from CT1; 2 are missing"
    assert arrival_text(ReceiverEvent(QUIET, {"instances": 1, "aet": "CT1"})) == "1 image has arrived from CT1"
