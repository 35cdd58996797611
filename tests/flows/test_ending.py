"""However the window's process ends, nothing of it stays behind."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.builders.ct_series import write_ct_series
from tests.flows.command_line import command_line, environment

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="looks at processes in /proc")
PATIENCE = 60
JPEG_LOSSLESS = "1.2.840.10008.1.2.4.70"


def wait_for(condition: Callable[[], object], what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.02)


def listens(process: "subprocess.Popen[bytes]") -> bool:
    """Whether a process has taken requests to end into its own hands: its window is up."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    caught = next(line for line in status.splitlines() if line.startswith("SigCgt"))
    return bool(int(caught.split()[1], 16) >> (signal.SIGTERM - 1) & 1)


def children(pid: int) -> set[int]:
    """Return the living processes that a process started."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = stat.read_text("ascii", "replace").rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if int(parent) == pid and state != "Z":
            found.add(int(stat.parent.name))
    return found


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_window_that_is_ended_from_outside_leaves_nothing(number: signal.Signals, tmp_path: Path) -> None:
    write_ct_series(tmp_path / "ct", 30, 256, transfer_syntax_uid=JPEG_LOSSLESS)
    process = subprocess.Popen(
        command_line(tmp_path, tmp_path / "ct"),
        cwd=tmp_path,
        env={**environment(), "QT_QPA_PLATFORM": "offscreen"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        wait_for(lambda: listens(process), "the window does not come up")
        wait_for(lambda: children(process.pid), "no decoder starts")
        started = children(process.pid)
        os.kill(process.pid, number)
        output, errors = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
    assert output == b""
    # Killed outright, the window cannot tell a decoder that is just starting: Python itself says what that one missed.
    is_cut_off = number == signal.SIGKILL and errors.endswith(b"EOFError: Ran out of input\n")
    assert errors == b"" or is_cut_off
    assert process.returncode == (-signal.SIGKILL if number is signal.SIGKILL else 0)
    wait_for(lambda: not any(map(is_alive, started)), "processes are left behind")
    if number is not signal.SIGKILL:
        assert (tmp_path / "config" / "settings.toml").exists()  # where the window was is kept
