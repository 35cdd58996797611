"""Other archives as controls: Orthanc, DCMTK's storescp and dcmqrscp, each in a folder and on ports of its own."""

import base64
import contextlib
import hashlib
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import pydicom
from pydicom.errors import InvalidDicomError

from tests.builders.certificates import Issued
from tests.builders.misbehaving import MisbehavingProxy

ORTHANC = shutil.which("Orthanc") or "/usr/sbin/Orthanc"
STORESCP = shutil.which("storescp") or "/usr/bin/storescp"
DCMQRSCP, DCMQRIDX = "/usr/bin/dcmqrscp", "/usr/bin/dcmqridx"
ORTHANC_PLUGINS = Path("/usr/share/orthanc/plugins")
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


class DcmQrScp(PeerServer):
    """DCMTK's dcmqrscp; it knows no TLS (MisbehavingProxy does) and lists at most 500 studies.

    Args:
        folder: Its own.
        destinations: Host and port by AE title of where a C-MOVE may send to.
        options: Of its command line.
    """

    ae_title = "DCMQRSCP"

    def __init__(
        self, folder: Path, destinations: Mapping[str, tuple[str, int]] | None = None, options: Sequence[str] = ()
    ) -> None:
        super().__init__(folder)
        self.destinations = dict(destinations or {})
        self.options = list(options)
        self.files = folder / "files"
        self.files.mkdir(exist_ok=True)

    def command(self) -> Sequence[str]:
        self.port = free_port()
        hosts = "\n".join(
            f"host{number} = ({title}, {host}, {port})"
            for number, (title, (host, port)) in enumerate(self.destinations.items())
        )
        lines = (
            f"NetworkTCPPort = {self.port}", "MaxPDUSize = 131072", "MaxAssociations = 32", "HostTable BEGIN", hosts,
            "HostTable END", "VendorTable BEGIN", "VendorTable END", "AETable BEGIN",
            f"{self.ae_title} {self.files} RW (500, 4096mb) ANY", "AETable END", "",
        )  # fmt: skip
        path = self.folder / "dcmqrscp.cfg"
        path.write_text("\n".join(lines))
        return (DCMQRSCP, "-c", str(path), *self.options)

    def keep(self, files: Sequence[Path]) -> None:
        """Have it hold copies of files; much faster than sending them."""
        kept = []
        for path in files:
            name = hashlib.sha256(str(path).encode()).hexdigest()[:24]
            kept.append(shutil.copyfile(path, self.files / f"{name}.dcm"))
        for first in range(0, len(kept), 500):
            subprocess.run((DCMQRIDX, str(self.files), *map(str, kept[first : first + 500])), check=True)

    def held(self) -> dict[str, str]:
        return dict(filter(None, map(_pixels_of, self._images())))

    def remains(self) -> int:
        return sum(_pixels_of(path) is None for path in self._images())

    def _images(self) -> list[Path]:
        return [path for path in self.files.iterdir() if path.name != "index.dat"]


@dataclass(frozen=True, slots=True)
class OrthancOptions:
    """What else Orthanc does.

    Attributes:
        has_web: Whether it speaks DICOMweb, under web_root and uri_root.
        users: Passwords by name, for HTTP; empty for no authentication.
        https: Its certificate for HTTP; a proxy shows it, since the packaged Orthanc 1.10.1 dies of its first
            HTTPS request.
        dicom_tls: Its certificate for DIMSE.
        trusted: Of whom its callers over DIMSE and TLS must be; None if they need no certificate.
        modalities: Host and port by AE title: who it knows, may move to and asks for commitments.
        is_strict: Whether only those may call it.
        encoding: Its DefaultEncoding, in which it answers; "Latin1" unless said otherwise.
        more: Settings as they stand in its file.
    """

    has_web: bool = False
    users: Mapping[str, str] = field(default_factory=dict)
    https: Issued | None = None
    dicom_tls: Issued | None = None
    trusted: Path | None = None
    modalities: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    is_strict: bool = False
    encoding: str = "Utf8"
    more: Mapping[str, Any] = field(default_factory=dict)


class Orthanc(PeerServer):
    """Orthanc with everything on that makes it durable."""

    ae_title = "ORTHANC"

    def __init__(self, folder: Path, options: OrthancOptions | None = None) -> None:
        super().__init__(folder)
        self.options = options or OrthancOptions()
        self._http = 0
        self._way: MisbehavingProxy | None = None

    def start(self) -> None:
        super().start()
        if https := self.options.https:
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(https.certificate, https.key)
            self._way = MisbehavingProxy(("127.0.0.1", self._http), tls=tls)
            self._way.__enter__()

    def kill(self) -> None:
        if self._way is not None:
            self._way.__exit__()
            self._way = None
        super().kill()

    @property
    def web_port(self) -> int:
        """Where it takes HTTP, or HTTPS."""
        return self._way.port if self._way else self._http

    @property
    def root(self) -> str:
        """Its address for HTTP, without a slash at its end."""
        return f"{'https' if self._way else 'http'}://127.0.0.1:{self.web_port}"

    @property
    def web_root(self) -> str:
        """Of DICOMweb."""
        return f"{self.root}/dicom-web"

    @property
    def uri_root(self) -> str:
        """Of WADO-URI."""
        return f"{self.root}/wado"

    def command(self) -> Sequence[str]:
        self.port, self._http = free_port(), free_port()
        options = self.options
        settings = {
            "Name": "control", "StorageDirectory": str(self.folder / "db"), "IndexDirectory": str(self.folder / "db"),
            "StorageCompression": False, "SyncStorageArea": True, "DicomAlwaysAllowStore": not options.is_strict,
            "DicomAlwaysAllowFind": not options.is_strict, "DicomAlwaysAllowGet": not options.is_strict,
            "DicomAlwaysAllowMove": not options.is_strict, "DicomAlwaysAllowEcho": not options.is_strict,
            "DicomCheckCalledAet": False, "UnknownSopClassAccepted": True, "DicomAet": self.ae_title,
            "DicomPort": self.port, "HttpPort": self._http, "RemoteAccessAllowed": False,
            "AuthenticationEnabled": bool(options.users), "RegisteredUsers": dict(options.users),
            "DefaultEncoding": options.encoding, "DicomModalities": {
                title: self._modality(title, place) for title, place in options.modalities.items()
            },
            "Plugins": [str(ORTHANC_PLUGINS / "libOrthancDicomWeb.so")] if options.has_web else [],
            "DicomWeb": {"Enable": True, "Root": "/dicom-web/", "EnableWado": True, "WadoRoot": "/wado",
                         "Host": "127.0.0.1", "Ssl": bool(options.https)},
            **self._secured(), **options.more,
        }  # fmt: skip
        path = self.folder / "orthanc.json"
        path.write_text(json.dumps(settings))
        return (ORTHANC, str(path))

    def know(self, title: str, port: int, host: str = "127.0.0.1", **more: Any) -> None:
        """Have it know a station, which may do everything."""
        self.send(f"/modalities/{title}", {**self._modality(title, (host, port)), **more}, method="PUT")

    def keep(self, files: Sequence[Path]) -> None:
        """Have it hold files."""
        for path in files:
            self.send("/instances", path.read_bytes())

    def send(self, path: str, body: Any, method: str = "POST") -> Any:
        """Return what its own interface answers to bytes, or to a value as JSON."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return json.loads(self._got(path, data, method) or b"null")

    def _modality(self, title: str, place: tuple[str, int]) -> dict[str, Any]:
        return {
            "AET": title, "Host": place[0], "Port": place[1], "AllowStorageCommitment": True, "AllowTranscoding": False,
            "UseDicomTls": False, "Timeout": 60,
        }  # fmt: skip

    def _secured(self) -> dict[str, Any]:
        settings: dict[str, Any] = {}
        if own := self.options.dicom_tls:
            settings |= {
                "DicomTlsEnabled": True, "DicomTlsCertificate": str(own.certificate),
                "DicomTlsPrivateKey": str(own.key),
                "DicomTlsTrustedCertificates": str(self.options.trusted or own.certificate),
                "DicomTlsRemoteCertificateRequired": self.options.trusted is not None,
            }  # fmt: skip
        return settings

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
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline and self.process is not None and self.process.poll() is None:
            with contextlib.suppress(OSError):
                return "Version" in self.ask("/system")
            time.sleep(0.02)
        return False

    def _get(self, path: str) -> bytes:
        return self._got(path, None, "GET")

    def _got(self, path: str, data: bytes | None, method: str) -> bytes:
        headers = {}
        for name, password in self.options.users.items():
            headers["Authorization"] = "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()
        request = urllib.request.Request(f"http://127.0.0.1:{self._http}{path}", data, headers, method=method)
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310 - its own
            return bytes(answer.read())


def _pixels_of(path: Path) -> tuple[str, str] | None:
    """Return the UID of a file and the hash of its pixels; None when it is not whole."""
    try:
        data_set = pydicom.dcmread(path)
        return str(data_set.SOPInstanceUID), hashlib.sha256(data_set.PixelData).hexdigest()
    except (InvalidDicomError, AttributeError, OSError, EOFError, ValueError, KeyError):
        return None
