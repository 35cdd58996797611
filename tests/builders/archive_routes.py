"""Archives of other makers with each way to them: DIMSE and DICOMweb, in the clear and over TLS."""

import contextlib
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.builders.archive_cycle import run_here
from tests.builders.certificates import Issued, issued
from tests.builders.misbehaving import MisbehavingProxy
from tests.builders.peer_servers import DcmQrScp, Orthanc, OrthancOptions, PeerServer, free_port

OUR_TITLE = "CYCLE"
ROUTES = ("orthanc", "orthanc-tls", "orthanc-web", "orthanc-https", "dcmqrscp", "dcmqrscp-tls", "dcmqrscp-jpeg2000")


@dataclass(frozen=True, slots=True)
class Route:
    """An archive and how it is called; its names are entered in the list of the folder's settings.

    Attributes:
        folder: With the settings.
        sends: The name by which it is sent to and searched.
        fetches: Names by which it is fetched from, with the method.
        port: Of our receiver, which the archive knows as OUR_TITLE.
        peer: The archive.
    """

    folder: Path
    sends: str
    fetches: tuple[tuple[str, str], ...]
    port: int
    peer: PeerServer

    @property
    def prefers_jpeg_2000(self) -> bool:
        """Whether it takes JPEG 2000 wherever it is offered."""
        return isinstance(self.peer, DcmQrScp) and "+xv" in self.peer.options

    @property
    def has_garbled_names(self) -> bool:
        """Whether it is Orthanc 1.10.1, which cannot convert ISO 2022 IR 13 with IR 87: findscu reads the same."""
        return isinstance(self.peer, Orthanc)

    def get(self, name: str, method: str, study: str, out: Path) -> str:
        """Fetch a study into a folder and return what is said; fails unless all of it came."""
        own = ("--aet", OUR_TITLE, "--port", self.port) if method == "move" else ()
        ended = run_here(self.folder, "get", name, "--study", study, "--method", method, "--out", out, *own)
        assert (ended.code, ended.errors) == (0, ""), ended
        return ended.output


@contextlib.contextmanager
def route(kind: str, folder: Path) -> Iterator[Route]:
    """Start the archive of a route and enter it."""
    port = free_port()
    certificate = issued(folder / "tls", "archive")
    with contextlib.ExitStack() as held:
        if kind.startswith("orthanc"):
            uses_tls = kind in {"orthanc-tls", "orthanc-https"}
            options = OrthancOptions(
                has_web=True, modalities={OUR_TITLE: ("127.0.0.1", port)},
                dicom_tls=certificate if uses_tls else None, https=certificate if uses_tls else None,
            )  # fmt: skip
            orthanc = held.enter_context(Orthanc(folder / kind, options))
            _enter(folder, "dicom", orthanc.ae_title, orthanc.port, certificate if uses_tls else None)
            _enter_web(folder, "web", orthanc.web_root, certificate if uses_tls else None)
            sends = "web" if kind in {"orthanc-web", "orthanc-https"} else "dicom"
            yield Route(folder, sends, (("dicom", "get"), ("dicom", "move"), ("web", "web")), port, orthanc)
            return
        # It takes what it prefers where that is offered: JPEG 2000 stays what it is, all else is decoded for it.
        preferred = ["+xv"] if kind.endswith("jpeg2000") else []
        archive = held.enter_context(
            DcmQrScp(folder / kind, {OUR_TITLE: ("127.0.0.1", port)}, options=preferred)
        )  # fmt: skip
        where = archive.port
        if kind.endswith("tls"):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate.certificate, certificate.key)
            where = held.enter_context(MisbehavingProxy(archive.address, tls=context)).port
        _enter(folder, "dicom", archive.ae_title, where, certificate if kind.endswith("tls") else None)
        # It moves in one transfer syntax for each class, so that not all that it holds could come that way.
        fetches = (("dicom", "get"),) if preferred else (("dicom", "get"), ("dicom", "move"))
        yield Route(folder, "dicom", fetches, port, archive)


def _enter(folder: Path, name: str, title: str, port: int, certificate: Issued | None) -> None:
    tls = ("--tls", certificate.certificate) if certificate else ()
    ended = run_here(folder, "peers", "add", name, "--aet", title, "--host", "127.0.0.1", "--port", port, *tls)
    assert ended.code == 0, ended.errors


def _enter_web(folder: Path, name: str, root: str, certificate: Issued | None) -> None:
    ended = run_here(
        folder, "peers", "add", name, "--dicomweb", root, *(("--tls", certificate.certificate) if certificate else ())
    )
    assert ended.code == 0, ended.errors
