"""A receiver as a process of its own, watched line by line."""

import contextlib
import json
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.flows.command_line import command_line, environment

PATIENCE = 60
Event = dict[str, Any]


class Receiving:
    """A receiver that runs.

    Attributes:
        events: What it has told, as it came.
    """

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self.process = process
        self.events: list[Event] = []
        self._came = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def port(self) -> int:
        return int(self.wait_for("ready")["port"])

    def of(self, kind: str) -> list[Event]:
        with self._came:
            return [event for event in self.events if event["event"] == kind]

    def wait_for(self, kind: str, count: int = 1, where: Callable[[Event], bool] = lambda _event: True) -> Event:
        """Return the count-th event of a kind that is meant; fails when it does not come."""
        end = time.monotonic() + PATIENCE
        while True:
            with self._came:
                found = [event for event in self.events if event["event"] == kind and where(event)]
                if len(found) >= count:
                    return found[count - 1]
                is_over = not self._reader.is_alive()
                if not is_over:
                    self._came.wait(0.5)
            assert not is_over, f"it ended without {kind}: {self.events} {self.errors()}"
            assert time.monotonic() < end, f"no {kind}: {self.events}"

    def ended(self) -> int:
        """Return its exit code when it has ended by itself, with all it told read."""
        code = self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        return code

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end; return its exit code."""
        self.process.send_signal(number)
        return self.ended()

    def errors(self) -> str:
        assert self.process.stderr is not None
        return self.process.stderr.read().decode("utf-8")

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._came:
                self.events.append(json.loads(line))
                self._came.notify_all()


@contextlib.contextmanager
def receiving(folder: Path, *options: object, library: str = "library") -> Iterator[Receiving]:
    """Run a receiver on any free port until the block ends."""
    arguments = ("--library", folder / library, "receive", "--port", 0, *options)
    process = subprocess.Popen(
        command_line(folder, *arguments),
        cwd=folder,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        yield Receiving(process)
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdout, process.stderr):
            if stream is not None and not stream.closed:
                with contextlib.suppress(ValueError):
                    stream.close()


def dcmsend(
    port: int, *paths: Path, caller: str = "MODALITY", called: str = "NEGATOSCOPE"
) -> "subprocess.CompletedProcess[str]":
    """Send files with DCMTK."""
    command = ["/usr/bin/dcmsend", "-aet", caller, "-aec", called, "+sd", "+r", "127.0.0.1", str(port)]
    return subprocess.run([*command, *map(str, paths)], capture_output=True, text=True, timeout=PATIENCE)


def echoscu(port: int, *, caller: str = "MODALITY", called: str = "NEGATOSCOPE") -> int:
    """Verify with DCMTK; return its exit code."""
    command = ["/usr/bin/echoscu", "-aet", caller, "-aec", called, "127.0.0.1", str(port)]
    return subprocess.run(command, capture_output=True, timeout=PATIENCE).returncode
