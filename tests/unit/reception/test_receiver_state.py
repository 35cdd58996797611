"""What the receiver says of itself, read by another process: whole, honest, and nothing of a patient."""

import json
import stat
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from viewer.library.durable import FolderLock
from viewer.reception.events import ReceiverEvent
from viewer.reception.receiver_state import (
    LOCK_FILE,
    MOST_EVENTS,
    STATE_FILE,
    ArrivingStudy,
    AssociationState,
    ReceiverState,
    StateFile,
    is_receiver_running,
    read_receiver_state,
)

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
READY = ReceiverEvent("ready", {"aet": "HERE", "address": "127.0.0.1", "port": 4242, "tls": True, "pid": 1})


def doing(state: ReceiverState) -> ReceiverState:
    return replace(
        state,
        associations=(AssociationState("CT1", "192.0.2.7", NOW, 3, 900, "1.2"),),
        arriving=(ArrivingStudy("1.2", 3, 900, NOW, NOW, "CT1", "192.0.2.7", 40),),
        waiting_deliveries=2,
    )


def test_what_is_written_is_read(tmp_path: Path) -> None:
    with FolderLock(tmp_path / LOCK_FILE).exclusive(0):
        state = StateFile(tmp_path, doing)
        state.happened(READY)
        state.happened(ReceiverEvent("stored", {"aet": "CT1"}))
        state.happened(ReceiverEvent("quiet", {"study_instance_uid": "1.2", "instances": 3}))
        state.happened(ReceiverEvent("refused", {"reason": "nobody"}))
        state.start()
        read = read_receiver_state(tmp_path)
        assert read is not None
        assert read.is_ready
        assert (read.ae_title, read.address, read.port, read.tls) == ("HERE", "127.0.0.1", 4242, True)
        assert (read.associations, read.arriving) == (doing(read).associations, doing(read).arriving)
        assert read.counts == {"ready": 1, "stored": 1, "quiet": 1, "refused": 1}
        assert [event.details for event in read.events] == [{"reason": "nobody"}]
        assert [event.details["instances"] for event in read.arrived] == [3]
        assert read.waiting_deliveries == 2
        state.close()
        read = read_receiver_state(tmp_path)
    assert read is not None
    assert not read.is_running
    assert read.ended_at is not None
    if sys.platform != "win32":
        assert stat.S_IMODE((tmp_path / STATE_FILE).stat().st_mode) == 0o600


def test_what_a_dead_one_left_is_known_by_the_lock_and_its_alarms_stay(tmp_path: Path) -> None:
    with FolderLock(tmp_path / LOCK_FILE).exclusive(0):
        state = StateFile(tmp_path, lambda state: state)
        state.happened(READY)
        for number in range(MOST_EVENTS + 5):
            state.happened(ReceiverEvent("quarantined", {"size": number}))
        state._write(None)
        assert is_receiver_running(tmp_path)
    assert not is_receiver_running(tmp_path)
    left = read_receiver_state(tmp_path)
    assert left is not None
    assert (left.is_running, left.is_ready, left.ended_at) == (False, False, None)
    assert [event.details["size"] for event in left.events] == list(range(5, MOST_EVENTS + 5))
    again = StateFile(tmp_path, lambda state: state)
    again._write(None)
    read = read_receiver_state(tmp_path)
    assert read is not None
    assert read.events == left.events
    assert read.counts == {}


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"null", b"\xff", b'{"pid": 1', b"[" * 100_000])
def test_what_cannot_be_read_is_nothing(content: bytes, tmp_path: Path) -> None:
    assert read_receiver_state(tmp_path) is None
    (tmp_path / STATE_FILE).write_bytes(content)
    assert read_receiver_state(tmp_path) is None


def test_any_field_that_is_missing_or_wrong_is_no_crash(tmp_path: Path) -> None:
    state = StateFile(tmp_path, doing)
    state.happened(READY)
    state.happened(ReceiverEvent("problem", {"reason": "x"}))
    state._write(None)
    table = json.loads((tmp_path / STATE_FILE).read_bytes())
    for name in table:
        for wrong in (None, "x", [1], {"a": "b"}, -1):
            (tmp_path / STATE_FILE).write_text(json.dumps({**table, name: wrong}))
            read_receiver_state(tmp_path)
        (tmp_path / STATE_FILE).write_text(json.dumps({key: value for key, value in table.items() if key != name}))
        read_receiver_state(tmp_path)


def test_no_folder_is_no_receiver(tmp_path: Path) -> None:
    assert not is_receiver_running(tmp_path / "nowhere")
    assert read_receiver_state(tmp_path / "nowhere") is None
