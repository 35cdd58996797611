"""`negatoscope receive` as a person or a script runs it, with DCMTK at the other end."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.builders.ct_series import write_ct_series
from tests.flows.command_line import command_line, environment, run
from tests.flows.receiving import PATIENCE, dcmsend, echoscu, receiving
from viewer.reception.receiver_state import STATE_FILE, is_receiver_running, read_receiver_state

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="asks processes to end as POSIX systems do"),
    pytest.mark.skipif(not Path("/usr/bin/dcmsend").exists(), reason="needs DCMTK"),
]


def test_what_is_sent_is_told_line_by_line_and_is_in_the_library(tmp_path: Path) -> None:
    write_ct_series(tmp_path / "ct", 5, 64)
    with receiving(tmp_path, "--aet", "HERE") as receiver:
        ready = receiver.wait_for("ready")
        assert {key: ready[key] for key in ("aet", "address", "tls", "pid")} == {
            "aet": "HERE",
            "address": "127.0.0.1",
            "tls": False,
            "pid": receiver.process.pid,
        }
        assert echoscu(receiver.port, called="HERE") == 0
        assert dcmsend(receiver.port, tmp_path / "ct", called="HERE").returncode == 0
        receiver.wait_for("stored", 5)
        assert dcmsend(receiver.port, tmp_path / "ct", called="HERE").returncode == 0
        again = receiver.wait_for("stored", 10)
        assert receiver.stop() == 0
        assert receiver.events[-1]["event"] == "stopped"
        stored = receiver.of("stored")
    assert [event["already"] for event in stored] == [False] * 5 + [True] * 5
    assert again["aet"] == "MODALITY"
    assert again["address"] == "127.0.0.1"
    (study,) = run(tmp_path, "--library", tmp_path / "library", "library", "studies", "--json").json()["studies"]
    assert study["study_instance_uid"] == again["study_instance_uid"]
    assert run(tmp_path, "--library", tmp_path / "library", "library", "verify").code == 0


def test_what_it_is_doing_is_in_a_file_beside_the_library(tmp_path: Path) -> None:
    library = tmp_path / "library"
    write_ct_series(tmp_path / "ct", 4, 64, elements={"NumberOfSeriesRelatedInstances": "6"})
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "settings.toml").write_text("[receiver]\nquiet_seconds = 1\n")
    with receiving(tmp_path, "--configured") as receiver:
        port = receiver.port
        state = read_receiver_state(library)
        end = time.monotonic() + PATIENCE
        while (state is None or not state.is_ready) and time.monotonic() < end:
            time.sleep(0.05)
            state = read_receiver_state(library)
        assert state is not None
        assert (state.is_ready, state.port, state.pid) == (True, port, receiver.process.pid)
        assert dcmsend(port, tmp_path / "ct").returncode == 0
        assert echoscu(port, called="SOMEBODY") != 0
        quiet = receiver.wait_for("quiet")
        assert (quiet["instances"], quiet["held"], quiet["announced"], quiet["missing"]) == (4, 4, 6, 2)
        assert receiver.stop() == 0
    state = read_receiver_state(library)
    assert state is not None
    assert not state.is_running
    assert state.ended_at is not None
    assert state.counts["stored"] == 4
    assert [event.event for event in state.events] == ["refused"]
    assert [event.details["instances"] for event in state.arrived] == [4]
    assert not is_receiver_running(library)


def test_one_that_was_killed_is_known_to_be_dead_and_the_next_takes_its_place(tmp_path: Path) -> None:
    library = tmp_path / "library"
    with receiving(tmp_path) as receiver:
        assert receiver.port
        assert is_receiver_running(library)
        receiver.stop(signal.SIGKILL)
    state = read_receiver_state(library)
    assert state is not None
    assert (state.is_running, state.ended_at) == (False, None)
    with receiving(tmp_path) as receiver:
        assert echoscu(receiver.port) == 0
        assert receiver.stop() == 0


def test_a_library_has_one_receiver(tmp_path: Path) -> None:
    with receiving(tmp_path) as receiver:
        assert receiver.port
        second = run(tmp_path, "--library", tmp_path / "library", "receive", "--port", 0)
        assert (second.code, second.output) == (1, "")
        assert "A receiver fills this library already" in second.line
        assert receiver.stop() == 0


def test_nobody_calls_any_more_and_it_ends(tmp_path: Path) -> None:
    write_ct_series(tmp_path / "ct", 3, 64)
    with receiving(tmp_path, "--once-idle", 2) as receiver:
        assert dcmsend(receiver.port, tmp_path / "ct").returncode == 0
        assert receiver.ended() == 0
        assert [event["event"] for event in receiver.events if event["event"] in {"quiet", "stopped"}] == [
            "quiet",
            "stopped",
        ]


def test_an_interrupt_from_the_keyboard_ends_it_in_order(tmp_path: Path) -> None:
    with receiving(tmp_path) as receiver:
        assert receiver.port
        assert receiver.stop(signal.SIGINT) == 0
        assert receiver.errors() == ""


def test_it_receives_on_when_nobody_reads_what_it_tells(tmp_path: Path) -> None:
    write_ct_series(tmp_path / "ct", 3, 64)
    library = tmp_path / "library"
    reading, writing = os.pipe()
    process = subprocess.Popen(
        command_line(tmp_path, "--library", library, "receive", "--port", 0),
        cwd=tmp_path,
        env=environment(),
        stdout=writing,
        stderr=subprocess.PIPE,
    )
    try:
        os.close(writing)
        os.close(reading)
        end = time.monotonic() + PATIENCE
        while (state := read_receiver_state(library)) is None or not state.is_ready:
            assert process.poll() is None
            assert time.monotonic() < end
            time.sleep(0.05)
        for _each in range(2):
            assert dcmsend(state.port, tmp_path / "ct").returncode == 0
        process.send_signal(signal.SIGTERM)
        assert process.communicate(timeout=PATIENCE)[1] == b""
        assert process.returncode == 0
    finally:
        process.kill()
        process.communicate()
    state = read_receiver_state(library)
    assert state is not None
    assert state.counts["stored"] == 6


def test_wrong_usage_makes_no_library(tmp_path: Path) -> None:
    ended = run(tmp_path, "--library", tmp_path / "library", "receive", "--bind", "192.0.2.1")
    assert (ended.code, ended.output) == (2, "")
    assert "--allow" in ended.line
    assert not (tmp_path / "library").exists()


def test_what_cannot_be_had_is_told_in_one_line(tmp_path: Path) -> None:
    def fails(*options: object) -> str:
        ended = run(tmp_path, "--library", tmp_path / "library", "receive", *options)
        assert (ended.code, ended.output) == (1, "")
        return ended.line

    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert "Cannot listen" in fails("--port", taken.getsockname()[1])
    assert "no.pem" in fails("--port", 0, "--tls", tmp_path / "no.pem", tmp_path / "no.key")
    index = tmp_path / "library" / "library.sqlite"
    index.write_bytes(b"no database" * 1000)
    assert "damaged" in fails("--port", 0)
    (tmp_path / "library" / STATE_FILE).unlink(missing_ok=True)
    (tmp_path / "file").write_bytes(b"")
    ended = run(tmp_path, "--library", tmp_path / "file", "receive", "--port", 0)
    assert (ended.code, len(ended.errors.splitlines())) == (1, 1)
