"""Two starts at once: one program, one window, and no path lost, however the first one ends."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.builders.ct_series import write_ct_series
from tests.flows.command_line import ROOT, command_line, environment, run
from viewer.application.single_instance import FirstInstance, OpenRequest, be_first, request_of

PATIENCE = 60
RACES, RACES_OF_A_CAMPAIGN = 4, 100
RACERS = 6

# A program that opens what it is given: by itself, or in the first one. It ends when nobody came for a while.
PROGRAM = """
import sys, threading, time
from pathlib import Path
from viewer.application.single_instance import be_first, request_of

folder, opened, life, *paths = sys.argv[1:]
wanted = request_of(tuple(map(Path, paths)), is_demo=False)
first = be_first(Path(folder), None, wanted)
if first is None:
    sys.exit(0)
came = time.monotonic()
lock = threading.Lock()

def take(request):
    global came
    with lock, open(opened, "a") as stream:
        came = time.monotonic()
        stream.write("".join(f"{path}\\n" for path in request.paths))
    return True

with open(opened + ".windows", "a") as stream:
    stream.write("begin\\n")
take(wanted)
first.serve(take)
while time.monotonic() - came < float(life):
    time.sleep(0.01)
first.stop()
with open(opened + ".windows", "a") as stream:
    stream.write("end\\n")
first.close()
"""


def start(folder: Path, opened: Path, life: float, *paths: str) -> "subprocess.Popen[bytes]":
    arguments = [sys.executable, "-c", PROGRAM, str(folder), str(opened), str(life), *paths]
    return subprocess.Popen(arguments, cwd=ROOT, env=environment(), stderr=subprocess.PIPE)


def race(folder: Path, seed: int, life: float) -> list[str]:
    """Start programs at about the same time; return what each window did, after seeing that no path was lost."""
    pauses = random.Random(seed)
    opened = folder / f"opened-{seed}"
    racers = []
    for number in range(RACERS):
        racers.append(start(folder / "config", opened, life, f"/path/{number}"))
        time.sleep(pauses.random() * 0.05)
    for racer in racers:
        errors = racer.communicate(timeout=PATIENCE)[1]
        assert (racer.returncode, errors) == (0, b"")
    assert sorted(opened.read_text().splitlines()) == [f"/path/{number}" for number in range(RACERS)]
    return Path(f"{opened}.windows").read_text().splitlines()


def test_of_many_starts_one_is_the_program_and_no_path_is_lost(tmp_path: Path) -> None:
    turns = race(tmp_path, 0, life=3.0)
    assert turns == ["begin", "end"] * (len(turns) // 2)  # never one beside another, however slow this computer is


def test_programs_that_end_while_others_start_lose_no_path(tmp_path: Path) -> None:
    for seed in range(RACES):
        turns = race(tmp_path, seed, life=0.0)
        assert turns == ["begin", "end"] * (len(turns) // 2)


@pytest.mark.campaign
@pytest.mark.timeout(3600)
def test_a_hundred_races(tmp_path: Path) -> None:
    windows = []
    for seed in range(RACES_OF_A_CAMPAIGN):
        turns = race(tmp_path, seed, life=1.0 if seed % 2 else 0.0)
        assert turns == ["begin", "end"] * (len(turns) // 2)
        windows.append(len(turns) // 2)
    stayed, ended = windows[1::2], windows[0::2]
    print(f"{RACES_OF_A_CAMPAIGN} races of {RACERS} starts, no path lost, never two windows at once;")
    print(f"windows one after another: {sum(stayed)} where each stayed 1 s, {sum(ended)} where each ended at once")


@contextmanager
def first_of(folder: Path, take: Callable[[OpenRequest], bool] | None = None) -> Iterator[FirstInstance]:
    first = be_first(folder, None, OpenRequest())
    assert first is not None
    if take is not None:
        first.serve(take)
    try:
        yield first
    finally:
        first.close()


def test_what_is_handed_over_arrives_as_it_was(tmp_path: Path) -> None:
    came: list[OpenRequest] = []
    wanted = OpenRequest(("/with spaces/한글", os.fsdecode(b"/not utf-8 \xff"), "/x\ny"), is_demo=True, activation="t")
    with first_of(tmp_path, lambda request: not came.append(request)):  # type: ignore[func-returns-value] # not None
        assert be_first(tmp_path, None, wanted) is None
    assert came == [wanted]


def test_paths_are_those_of_the_folder_one_starts_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert request_of((Path("disc"), Path("/x/../y")), is_demo=False).paths == (str(tmp_path / "disc"), "/y")


def test_another_library_or_another_folder_is_another_program(tmp_path: Path) -> None:
    with first_of(tmp_path):
        for folder, library in ((tmp_path, tmp_path / "library"), (tmp_path / "other", None)):
            other = be_first(folder, library, OpenRequest())
            assert other is not None
            other.close()


def test_who_gets_no_answer_goes_on_alone(tmp_path: Path) -> None:
    with first_of(tmp_path), pytest.raises(TimeoutError):
        be_first(tmp_path, None, OpenRequest(("/a",)), patience_s=0.3)
    with first_of(tmp_path, lambda _request: False), pytest.raises(TimeoutError):
        be_first(tmp_path, None, OpenRequest(("/a",)), patience_s=0.3)


def test_a_settings_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(FileExistsError):
        be_first(tmp_path / "file", None, OpenRequest())


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="has no sockets with paths")
def test_where_a_path_is_too_long_for_a_socket_loopback_serves(tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 30)
    came: list[OpenRequest] = []
    with first_of(folder, lambda request: not came.append(request)):  # type: ignore[func-returns-value] # not None
        (address,) = folder.glob("*.address")
        told = json.loads(address.read_text())
        assert told["port"] > 0
        with socket.create_connection(("127.0.0.1", told["port"])) as stranger:  # who does not know the token
            stranger.sendall(b'{"token": "no", "paths": ["/stranger"], "is_demo": false, "activation": ""}\n')
            assert stranger.recv(10) == b""
        for noise in (b"\n", b"[]\n", b"{}\n", b"\xff" * 100 + b"\n", b"x" * (1 << 21)):
            with socket.create_connection(("127.0.0.1", told["port"])) as stranger:
                try:
                    stranger.sendall(noise)
                    assert stranger.recv(10) == b""
                except OSError:
                    pass  # cut off while it still wrote
        assert be_first(folder, None, OpenRequest(("/a",))) is None
        if sys.platform != "win32":
            assert address.stat().st_mode & 0o777 == 0o600
    assert [request.paths for request in came] == [("/a",)]
    assert not list(folder.glob("*.address"))


def wait_for(condition: Callable[[], object], what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.05)


def recent(folder: Path) -> list[str]:
    """Return the names of the places that the window has opened lately."""
    import tomllib

    try:
        table = tomllib.loads((folder / "config" / "settings.toml").read_text("utf-8"))
    except FileNotFoundError:
        return []
    return [Path(path).name for path in table.get("general", {}).get("recent_paths", [])]


@pytest.mark.skipif(sys.platform == "win32", reason="ends processes as POSIX systems do")
def test_a_second_start_opens_its_paths_in_the_first_window_and_a_dead_first_is_followed(tmp_path: Path) -> None:
    for name in ("one", "two", "three"):
        write_ct_series(tmp_path / name, 2, 32)
    surroundings = {**environment(), "QT_QPA_PLATFORM": "offscreen", "NEGATOSCOPE_LIBRARY": str(tmp_path / "library")}

    def window(*arguments: object) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            command_line(tmp_path, *arguments), cwd=tmp_path, env=surroundings, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )  # fmt: skip

    processes = [window("one")]
    try:
        wait_for(lambda: recent(tmp_path) == ["one"], "the window does not open")
        processes.append(window("two"))  # from its own folder, by a name of that folder
        assert processes[1].communicate(timeout=PATIENCE) == (b"", b"")
        assert processes[1].returncode == 0
        assert processes[0].poll() is None
        assert recent(tmp_path) == ["two", "one"]
        processes[0].send_signal(signal.SIGKILL)
        processes[0].communicate(timeout=PATIENCE)
        processes.append(window("three"))
        wait_for(lambda: recent(tmp_path) == ["three", "two", "one"], "the next window does not open")
        assert processes[2].poll() is None
        processes.append(window())  # only brings it to the front
        assert processes[3].communicate(timeout=PATIENCE) == (b"", b"")
        assert processes[2].poll() is None
    finally:
        for process in processes:
            process.kill()
            process.communicate()


def test_without_a_screen_nothing_is_handed_over(tmp_path: Path) -> None:
    if sys.platform == "linux":
        assert run(tmp_path).code == 1
