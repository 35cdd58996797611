"""Orthanc as a control: an archive over DIMSE and DICOMweb, in the clear and over TLS."""

import base64
import contextlib
import json
import shutil
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.builders.certificates import Issued
from tests.builders.misbehaving import MisbehavingProxy
from tests.builders.peer_server import SECONDS, PeerServer, free_port, pixels_of

ORTHANC = shutil.which("Orthanc") or "/usr/sbin/Orthanc"
ORTHANC_PLUGINS = Path("/usr/share/orthanc/plugins")


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
                given = pixels_of(path)
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
