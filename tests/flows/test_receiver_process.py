"""The receiver's process as the window has it: started, found running, started again after a death, stopped, let go."""

import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from viewer.base.settings import Settings
from viewer.reception.receiver_process import (
    DELAYS_S,
    LOG_NAME,
    Condition,
    Phase,
    ReceiverProcess,
    receiver_command,
    receiver_environment,
    shorten_log,
)
from viewer.reception.receiver_settings import ReceiverSettings
from viewer.reception.receiver_state import is_receiver_running, read_receiver_state

PATIENCE_S = 60.0


def _wait(process: ReceiverProcess, is_right: Callable[[Condition], bool]) -> Condition:
    end = time.monotonic() + PATIENCE_S
    while not is_right(condition := process.look()):
        assert time.monotonic() < end, condition
        time.sleep(0.05)
    return condition


@contextmanager
def _receiver(folder: Path, settings: ReceiverSettings | None = None, *more: str) -> Iterator[ReceiverProcess]:
    library, config = folder / "library", folder / "config"
    Settings(config).store("receiver", settings or ReceiverSettings())
    process = ReceiverProcess(library, config, command=(*receiver_command(library, config), *more))
    try:
        yield process
    finally:
        process.stop()
        assert process.end(PATIENCE_S)
        process.let_go()


def test_it_is_started_told_and_stopped(tmp_path: Path) -> None:
    with _receiver(tmp_path, None, "--port", "0") as process:
        assert process.look().phase is Phase.OFF
        process.start()
        state = _wait(process, lambda condition: condition.is_up).state
        assert state is not None
        assert (state.address, state.ae_title, state.tls) == ("127.0.0.1", "NEGATOSCOPE", False)
        with socket.create_connection(("127.0.0.1", state.port), PATIENCE_S):
            pass
        if sys.platform != "win32":
            assert os.getsid(state.pid) != os.getsid(0)
        process.stop()
        _wait(process, lambda condition: condition.phase is Phase.OFF)
        ended = read_receiver_state(tmp_path / "library")
        assert ended is not None
        assert ended.ended_at is not None
        assert process.look().reason == ""


def test_one_that_dies_is_started_again_with_its_reason_told(tmp_path: Path) -> None:
    with _receiver(tmp_path, None, "--port", "0") as process:
        process.start()
        first = _wait(process, lambda condition: condition.is_up).state
        assert first is not None
        os.kill(first.pid, getattr(signal, "SIGKILL", signal.SIGTERM))
        waiting = _wait(process, lambda condition: condition.phase is Phase.WAITING)
        assert "9" in waiting.reason
        assert 0 < waiting.wait_s <= DELAYS_S[0]
        second = _wait(process, lambda condition: condition.is_up)
        assert second.state is not None
        assert second.state.pid != first.pid
        assert second.deaths == 1


def test_another_window_finds_it_running_and_can_stop_it(tmp_path: Path) -> None:
    with _receiver(tmp_path, None, "--port", "0") as process:
        process.start()
        pid = _wait(process, lambda condition: condition.is_up).state
        assert pid is not None
        other = ReceiverProcess(tmp_path / "library", tmp_path / "config")
        found = _wait(other, lambda condition: condition.is_up)
        assert found.state is not None
        assert found.state.pid == pid.pid
        other.start()  # there is one: nothing is started
        assert _wait(other, lambda condition: condition.is_up).state is not None
        other.let_go()
        assert is_receiver_running(tmp_path / "library")
        process.stop()
        assert process.end(PATIENCE_S)
        assert other.look().phase is Phase.OFF


def test_letting_go_leaves_it_running(tmp_path: Path) -> None:
    with _receiver(tmp_path, None, "--port", "0") as process:
        process.start()
        _wait(process, lambda condition: condition.is_up)
        process.let_go()
        assert is_receiver_running(tmp_path / "library")
        assert process.look().is_up


def test_a_port_that_is_taken_is_told_in_words(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen(1)
        port = taken.getsockname()[1]
        with _receiver(tmp_path, replace(ReceiverSettings(), port=port)) as process:
            process.start()
            condition = _wait(process, lambda condition: condition.phase is Phase.WAITING)
            assert str(port) in condition.reason


def test_settings_that_cannot_be_are_not_tried_twice(tmp_path: Path) -> None:
    with _receiver(tmp_path, replace(ReceiverSettings(), bind="192.0.2.1")) as process:
        process.start()
        condition = _wait(process, lambda condition: condition.phase is Phase.FAILED)
        assert "192.0.2.1" in condition.reason
        assert condition.deaths == 1


@pytest.fixture
def clock() -> list[float]:
    return [1000.0]


def _dying(folder: Path, clock: list[float], code: int = 1, words: str = "negatoscope: no room") -> ReceiverProcess:
    script = f"import sys; print({words!r}, file=sys.stderr); sys.exit({code})"
    return ReceiverProcess(
        folder / "library", folder / "config", command=(sys.executable, "-c", script), clock=lambda: clock[0]
    )


def test_quick_deaths_are_given_more_and_more_time_and_in_the_end_up(tmp_path: Path, clock: list[float]) -> None:
    process = _dying(tmp_path, clock)
    process.start()
    for number, delay in enumerate(DELAYS_S, 1):
        condition = _wait(process, lambda condition: condition.phase is Phase.WAITING)
        assert (condition.deaths, condition.wait_s, condition.reason) == (number, delay, "no room")
        clock[0] += delay
        assert process.look().phase is Phase.STARTING
    condition = _wait(process, lambda condition: condition.phase is Phase.FAILED)
    assert condition.deaths == len(DELAYS_S) + 1
    clock[0] += 1000
    assert process.look().phase is Phase.FAILED
    process.start()
    assert process.look().phase is Phase.STARTING
    _wait(process, lambda condition: condition.phase is Phase.WAITING)
    process.stop()
    assert process.look().phase is Phase.OFF


def test_a_command_that_is_not_there_is_told(tmp_path: Path, clock: list[float]) -> None:
    process = ReceiverProcess(
        tmp_path / "library", tmp_path / "config", command=(str(tmp_path / "nothing"),), clock=lambda: clock[0]
    )
    process.start()
    process.look()
    assert process.look().reason == "No such file or directory"


def test_its_last_words_are_those_of_this_start_and_hold_no_control_characters(
    tmp_path: Path, clock: list[float]
) -> None:
    process = _dying(tmp_path, clock, 3, "negatoscope: \x1b[31mred")
    process.start()
    assert _wait(process, lambda condition: condition.phase is Phase.WAITING).reason == "[31mred"
    process.stop()
    process = _dying(tmp_path, clock, 3, "")
    process.start()
    assert _wait(process, lambda condition: condition.phase is Phase.WAITING).reason == "it ended with code 3"


def test_the_log_does_not_grow_without_end(tmp_path: Path) -> None:
    shorten_log(tmp_path)
    log = tmp_path / LOG_NAME
    log.write_bytes(b"x" * (2 << 20))
    shorten_log(tmp_path)
    assert log.stat().st_size == 0


def test_the_program_is_found_also_where_it_is_not_installed(tmp_path: Path) -> None:
    paths = receiver_environment({"PYTHONPATH": str(tmp_path)})["PYTHONPATH"].split(os.pathsep)
    assert (Path(paths[0]) / "viewer" / "__main__.py").is_file()
    assert paths[1:] == [str(tmp_path)]
