"""The receiver as a process of its own: started on a library, listened to, ended or killed with all its children."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 60.0
_HIDDEN = frozenset({"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM", "LANGUAGE", "LC_ALL", "LC_MESSAGES"})

Told = Mapping[str, Any]


class ReceiverProcess:
    """`negatoscope receive`, from its start to its end; leaving the context kills whatever is left of it.

    Args:
        library: Its folder.
        arguments: What else `receive` is told; it listens on a free port of this computer unless they say otherwise.
        config: Where its settings are; beside the library when not said.
        under: What runs it: a command that takes another one, such as strace.
        environment: What else is in its environment.

    Attributes:
        lines: What it has printed, in raw lines.
        errors: What it has said on standard error.
    """

    def __init__(
        self,
        library: Path,
        *arguments: str,
        config: Path | None = None,
        under: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.library = library
        self.lines: list[bytes] = []
        self.errors = bytearray()
        self._arrived = threading.Condition()
        self._has_ended = False
        folder = config or library.with_name(f"{library.name}-config")
        command = [sys.executable, "-m", "viewer", "--config", str(folder), "--library", str(library), "receive"]
        kept = {name: value for name, value in os.environ.items() if name not in _HIDDEN}
        kept |= {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", "LANG": "C.UTF-8"}
        self.process = subprocess.Popen(
            [*under, *command, *(() if "--port" in arguments else ("--port", "0")), *arguments],
            cwd=library.parent,
            env={**kept, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self._threads = [threading.Thread(target=self._read), threading.Thread(target=self._read_errors)]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.kill()

    @property
    def pid(self) -> int:
        """Its process number, that of its session too."""
        return self.process.pid

    @property
    def events(self) -> list[dict[str, Any]]:
        """What it has told so far; a line that is cut off by its end is none."""
        with self._arrived:
            lines = list(self.lines)
        return [json.loads(line) for line in lines if line.endswith(b"\n")]

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens, once it is ready."""
        ready = self.wait_for(lambda told: told["event"] == "ready")
        return str(ready["address"]), int(ready["port"])

    def wait_for(self, wanted: Callable[[Told], bool], seconds: float = SECONDS) -> Told:
        """Return the first event that is wanted, told already or in time."""
        deadline = time.monotonic() + seconds
        looked_at = 0
        while True:
            events = self.events
            for told in events[looked_at:]:
                if wanted(told):
                    return told
            looked_at = len(events)
            with self._arrived:
                assert not (self._has_ended and len(self.lines) == looked_at), f"it ended: {self.errors.decode()}"
                assert time.monotonic() < deadline, f"not told in {seconds} s; {self.errors.decode()}"
                if len(self.lines) == looked_at:
                    self._arrived.wait(1)

    def wait(self, seconds: float = SECONDS) -> int:
        """Return its exit code when it has ended, and everything it said is read."""
        code = self.process.wait(seconds)
        for thread in self._threads:
            thread.join(seconds)
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()
        return code

    def stop(self) -> int:
        """End it as a service manager does; return its exit code."""
        own = next((told["pid"] for told in self.events if told["event"] == "ready"), self.pid)  # not of what runs it
        with contextlib.suppress(ProcessLookupError):
            os.kill(own, signal.SIGTERM)
        return self.wait()

    def kill(self) -> None:
        """Kill it, and everything it has started, at once."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self.wait()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._arrived:
                self.lines.append(line)
                self._arrived.notify_all()
        with self._arrived:
            self._has_ended = True
            self._arrived.notify_all()

    def _read_errors(self) -> None:
        assert self.process.stderr is not None
        while piece := os.read(self.process.stderr.fileno(), 65536):
            self.errors += piece
