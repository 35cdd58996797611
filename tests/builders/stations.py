"""Other programs that receive, each on a free port of this computer, and the senders that feed them."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

ROOT = Path(__file__).resolve().parents[2]
ORTHANC, STORESCP, DCMSEND, ECHOSCU = "/usr/sbin/Orthanc", "/usr/bin/storescp", "/usr/bin/dcmsend", "/usr/bin/echoscu"
AT_ONCE = {**os.environ, "TCP_NODELAY": "1", "PYTHONDONTWRITEBYTECODE": "1"}
"""DCMTK waits some 45 ms over each small packet unless this is said, Orthanc too."""
_PATIENCE_SECONDS = 60.0
_POLL_SECONDS = 0.05

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Station:
    """Something that listens on this computer."""

    ae_title: str
    port: int
    process: "subprocess.Popen[bytes]"


def has_peers() -> bool:
    """Whether DCMTK and Orthanc are installed."""
    return all(Path(program).exists() for program in (ORTHANC, STORESCP, DCMSEND, ECHOSCU))


@contextlib.contextmanager
def our_receiver(library: Path, events: Path, *before: str) -> Iterator[Station]:
    """Run the receiver of tests.builders.receiving; its events go into a file.

    Args:
        library: Its folder.
        events: Written anew.
        before: A command that runs it, like strace.
    """
    command = [*before, sys.executable, "-m", "tests.builders.receiving", str(library)]
    with events.open("wb") as stream:
        process = subprocess.Popen(command, cwd=ROOT, stdout=stream, env=AT_ONCE)
    with _ended(process):
        ready = _waited(lambda: _first_event(events, process))
        yield Station("NEGATOSCOPE", int(ready["port"]), process)


@contextlib.contextmanager
def orthanc(folder: Path) -> Iterator[Station]:
    """Run Orthanc so that what it acknowledges is on the disk."""
    folder.mkdir()
    port, web_port = free_port(), free_port()
    settings = {
        "StorageDirectory": str(folder / "files"), "IndexDirectory": str(folder / "files"), "SyncStorageArea": True,
        "DicomPort": port, "DicomAet": "ORTHANC", "HttpPort": web_port, "DicomAlwaysAllowStore": True,
        "AuthenticationEnabled": False, "RemoteAccessAllowed": False, "Plugins": [],
    }  # fmt: skip
    (folder / "settings.json").write_text(json.dumps(settings))
    process = subprocess.Popen(
        [ORTHANC, str(folder / "settings.json")], env=AT_ONCE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    with _ended(process):
        _waited(lambda: _echoes("ORTHANC", port, process))
        yield Station("ORTHANC", port, process)


@contextlib.contextmanager
def storescp(folder: Path) -> Iterator[Station]:
    """Run DCMTK's storescp, which brings nothing to the disk itself and knows no index."""
    folder.mkdir()
    port = free_port()
    process = subprocess.Popen(
        [STORESCP, str(port), "-od", str(folder)], env=AT_ONCE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    with _ended(process):
        _waited(lambda: _echoes("STORESCP", port, process))
        yield Station("STORESCP", port, process)


def send(station: Station, files: Sequence[Path], title: str = "SENDER") -> "subprocess.Popen[bytes]":
    """Return a dcmsend that is sending files over one association."""
    command = [DCMSEND, "-aet", title, "-aec", station.ae_title, "127.0.0.1", str(station.port)]
    return subprocess.Popen([*command, *map(str, files)], env=AT_ONCE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def free_port() -> int:
    """Return a port that nobody listens at just now."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@contextlib.contextmanager
def _ended(process: "subprocess.Popen[bytes]") -> Iterator[None]:
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _waited(look: Callable[[], _T | None]) -> _T:
    end = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < end:
        if (found := look()) is not None:
            return found
        time.sleep(_POLL_SECONDS)
    raise TimeoutError("a station did not come up")


def _first_event(events: Path, process: "subprocess.Popen[bytes]") -> Mapping[str, Any] | None:
    if process.poll() is not None:
        raise ChildProcessError("the receiver has ended")
    line, end, _rest = events.read_bytes().partition(b"\n")
    found: Mapping[str, Any] | None = json.loads(line) if end else None
    return found


def _echoes(title: str, port: int, process: "subprocess.Popen[bytes]") -> bool | None:
    if process.poll() is not None:
        raise ChildProcessError(f"{title} has ended")
    command = [ECHOSCU, "-aec", title, "127.0.0.1", str(port)]
    return subprocess.run(command, env=AT_ONCE, capture_output=True).returncode == 0 or None
