"""Other receivers as controls: Orthanc and DCMTK's storescp, each in a folder and on ports of its own."""

import contextlib
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import pydicom
from pydicom.errors import InvalidDicomError

ORTHANC = shutil.which("Orthanc") or "/usr/sbin/Orthanc"
STORESCP = shutil.which("storescp") or "/usr/bin/storescp"
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


class StoreScp(PeerServer):
    """DCMTK's storescp, a process for each association, that writes what came as it came."""

    ae_title = "STORESCP"

    def command(self) -> Sequence[str]:
        self.port = free_port()
        (self.folder / "files").mkdir(exist_ok=True)
        options = ("--fork", "+xa", "-pm", "+B", "-aet", self.ae_title, "-od", str(self.folder / "files"))
        return (STORESCP, *options, str(self.port))

    def held(self) -> dict[str, str]:
        return dict(filter(None, map(_pixels_of, (self.folder / "files").iterdir())))

    def remains(self) -> int:
        files = list((self.folder / "files").iterdir())
        return sum(_pixels_of(path) is None for path in files)


class Orthanc(PeerServer):
    """Orthanc with everything on that makes it durable."""

    ae_title = "ORTHANC"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._http = 0

    def command(self) -> Sequence[str]:
        self.port, self._http = free_port(), free_port()
        settings = {
            "Name": "control", "StorageDirectory": str(self.folder / "db"), "IndexDirectory": str(self.folder / "db"),
            "StorageCompression": False, "SyncStorageArea": True, "DicomAlwaysAllowStore": True,
            "DicomCheckCalledAet": False, "UnknownSopClassAccepted": True, "DicomAet": self.ae_title,
            "DicomPort": self.port, "HttpPort": self._http, "RemoteAccessAllowed": False,
            "AuthenticationEnabled": False, "Plugins": [],
        }  # fmt: skip
        path = self.folder / "orthanc.json"
        path.write_text(json.dumps(settings))
        return (ORTHANC, str(path))

    def held(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for instance in self.ask("/instances?expand"):
            # What it cannot give any more is lost, whatever its index says.
            with contextlib.suppress(urllib.error.HTTPError):
                path = self.folder / "given.dcm"
                path.write_bytes(self._get(f"/instances/{instance['ID']}/file"))
                given = _pixels_of(path)
                if given is not None and given[0] == instance["MainDicomTags"]["SOPInstanceUID"]:
                    found[given[0]] = given[1]
        return found

    def remains(self) -> int:
        needed = sum(len(self.ask(f"/instances/{each}/attachments")) for each in self.ask("/instances"))
        return sum(path.is_file() for path in (self.folder / "db").glob("*/*/*")) - needed

    def ask(self, path: str) -> Any:
        """Return what its own interface answers."""
        return json.loads(self._get(path))

    def _answers(self) -> bool:
        if not super()._answers():
            return False
        with contextlib.suppress(OSError):
            return "Version" in self.ask("/system")
        return False

    def _get(self, path: str) -> bytes:
        with urllib.request.urlopen(f"http://127.0.0.1:{self._http}{path}", timeout=SECONDS) as answer:
            return bytes(answer.read())


def _pixels_of(path: Path) -> tuple[str, str] | None:
    """Return the UID of a file and the hash of its pixels; None when it is not whole."""
    try:
        data_set = pydicom.dcmread(path)
        return str(data_set.SOPInstanceUID), hashlib.sha256(data_set.PixelData).hexdigest()
    except (InvalidDicomError, AttributeError, OSError, EOFError, ValueError, KeyError):
        return None
