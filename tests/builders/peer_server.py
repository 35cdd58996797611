"""Another program as a server: in a folder, on ports and in a process group of its own."""

import contextlib
import hashlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import pydicom
from pydicom.errors import InvalidDicomError

SECONDS = 60.0
_NO_DELAY = {"TCP_NODELAY": "1"}
_ATTEMPTS = 5


def free_port() -> int:
    """Return a port that was free a moment ago."""
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class PeerServer:
    """A server in a process group of its own; leaving the context kills it.

    Attributes:
        ae_title: To call it by.
        port: Where it takes associations.
    """

    ae_title = ""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.kill()

    @property
    def address(self) -> tuple[str, int]:
        """Where it takes associations."""
        return "127.0.0.1", self.port

    def start(self) -> None:
        """Start it and wait until it can be called."""
        for _attempt in range(_ATTEMPTS):
            command = self.command()
            self.process = subprocess.Popen(
                command, cwd=self.folder, env={**os.environ, **_NO_DELAY}, stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
            if self._answers():
                return
            self.kill()
        raise AssertionError(f"{type(self).__name__} does not start")

    def kill(self) -> None:
        """Kill it and everything it has started, at once."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(SECONDS)

    def command(self) -> Sequence[str]:
        """Return how it is started, on a port that is free now."""
        raise NotImplementedError

    def held(self) -> dict[str, str]:
        """Return the hash of the pixels of every instance it can give, by SOP Instance UID."""
        raise NotImplementedError

    def remains(self) -> int:
        """Return how many files lie with it that are no instance it can give."""
        raise NotImplementedError

    def _answers(self) -> bool:
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline and self.process is not None and self.process.poll() is None:
            with contextlib.suppress(OSError), contextlib.closing(socket.create_connection(self.address, 1)):
                return True
            time.sleep(0.02)
        return False


def pixels_of(path: Path) -> tuple[str, str] | None:
    """Return the UID of a file and the hash of its pixels; None when it is not whole."""
    try:
        data_set = pydicom.dcmread(path)
        return str(data_set.SOPInstanceUID), hashlib.sha256(data_set.PixelData).hexdigest()
    except (InvalidDicomError, AttributeError, OSError, EOFError, ValueError, KeyError):
        return None
