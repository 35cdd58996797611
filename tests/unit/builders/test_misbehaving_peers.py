"""The peers that misbehave do it as they are told, and those beside them behave."""

import contextlib
import re
import socket
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from http.client import HTTPResponse
from pathlib import Path

import pytest

from tests.builders.certificates import issued
from tests.builders.misbehaving import MisbehavingProxy, Mischief
from tests.builders.peer_servers import DCMQRSCP, ORTHANC, DcmQrScp, Orthanc, OrthancOptions
from tests.builders.scripted_dimse import Acceptance, Request, ScriptedDimse, Talk
from tests.builders.scripted_web import ScriptedWeb, WebAnswer, WebRequest, multipart
from tests.builders.sent_instances import made_instance
from tests.builders.serving_library import write_files

needs_peers = pytest.mark.skipif(
    sys.platform == "win32" or not (Path(ORTHANC).exists() and Path(DCMQRSCP).exists()),
    reason="needs DCMTK and Orthanc",
)


def _echoed(port: int, title: str = "SCRIPTED", *options: str) -> int:
    command = ("/usr/bin/echoscu", *options, "-to", "10", "-ta", "10", "-td", "10", "-aec", title)
    return subprocess.run((*command, "127.0.0.1", str(port)), capture_output=True).returncode


@needs_peers
def test_a_scripted_station_answers_and_refuses() -> None:
    with ScriptedDimse() as peer:
        assert _echoed(peer.port) == 0
        assert [request.number(0x0100) for request in peer.requests] == [0x0030]
        assert peer.proposals[0].called == "SCRIPTED"
    for acceptance in (Acceptance(refuses_all=True), Acceptance(rejected=(1, 1, 7))):
        with ScriptedDimse(acceptance=acceptance) as peer:
            assert _echoed(peer.port) != 0


@needs_peers
def test_a_scripted_station_answers_findscu_and_notices_its_cancel() -> None:
    from pydicom.dataset import Dataset

    cancelled = []

    def script(talk: Talk, request: Request) -> None:
        assert request.identifier.QueryRetrieveLevel == "STUDY"
        answer = Dataset()
        answer.QueryRetrieveLevel, answer.PatientID = "STUDY", "7"
        for _number in range(10_000):
            talk.respond(request, 0xFF00, answer)
            if talk.is_cancelled():
                cancelled.append(True)
                break
        talk.respond(request, 0xFE00 if cancelled else 0)

    with ScriptedDimse(script) as peer:
        command = ["/usr/bin/findscu", "-S", "--cancel", "3", "-k", "QueryRetrieveLevel=STUDY", "-k", "PatientID"]
        done = subprocess.run([*command, "127.0.0.1", str(peer.port)], capture_output=True, timeout=60)
    assert done.returncode == 0
    assert cancelled == [True]


def test_a_scripted_server_answers_cuts_and_claims() -> None:
    def script(request: WebRequest) -> WebAnswer:
        if request.path == "/cut":
            return WebAnswer(200, body=b"x" * 1000, cut=100)
        if request.path == "/parts":
            return multipart([b"one", b"two"])
        if request.path == "/chunks":
            return WebAnswer(200, body=[b"one", b"two"])
        return WebAnswer(503, {"Retry-After": "1"}, b"busy")

    with ScriptedWeb(script) as peer:
        with pytest.raises(urllib.error.HTTPError) as refused:
            _opened(f"{peer.root}/")
        assert refused.value.code == 503
        refused.value.close()
        assert _opened(f"{peer.root}/chunks").read() == b"onetwo"
        assert _opened(f"{peer.root}/parts").read().count(b"--between the parts") == 3
        with pytest.raises(Exception, match="IncompleteRead"):
            _opened(f"{peer.root}/cut").read()
        assert [request.path for request in peer.requests] == ["/", "/chunks", "/parts", "/cut"]


def test_the_way_cuts_holds_and_damages_what_goes_over_it() -> None:
    sent = bytes(range(256)) * 100
    with ScriptedWeb(lambda _request: WebAnswer(200, body=sent)) as peer:
        mischiefs = [
            Mischief(cut_down=5000),
            Mischief(cut_down=5000, ends_orderly=True),
            Mischief(is_refused=True),
            Mischief(garbage_down=5000),
            Mischief(drop_down=5000, drop_bytes=10),
        ]
        with MisbehavingProxy(("127.0.0.1", peer.port), mischiefs) as way:
            got = [_got(way.port) for _mischief in [*mischiefs, None]]
    assert len(got[0]) <= 5000
    assert len(got[1]) == 5000
    assert got[2] == b""
    whole = got[-1]
    assert whole.endswith(sent)
    assert [at for at, (one, other) in enumerate(zip(got[3], whole, strict=True)) if one != other] == list(
        range(5000, 5064)
    )
    assert got[4] == whole[:5000] + whole[5010:]


def _opened(address: str) -> HTTPResponse:
    opened = urllib.request.urlopen(address, timeout=60)  # noqa: S310 - our own address
    assert isinstance(opened, HTTPResponse)
    return opened


def _got(port: int) -> bytes:
    data = b""
    with contextlib.suppress(ConnectionError), socket.create_connection(("127.0.0.1", port), 10) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: there\r\nConnection: close\r\n\r\n")
        while piece := connection.recv(65536):
            data += piece
    return re.sub(rb"Date: [^\r]+", lambda date: b"x" * len(date[0]), data)


@needs_peers
def test_archives_hold_what_they_are_given_and_speak_tls(tmp_path: Path) -> None:
    made = [made_instance(f"held/{number}/1/1", bytes(200)) for number in range(3)]
    paths = write_files(tmp_path / "files", made)
    expected = {one.sop_instance_uid: one.pixels_sha256 for one in made}
    certificate = issued(tmp_path / "tls", "archive")
    with DcmQrScp(tmp_path / "qr") as archive:
        archive.keep(paths)
        assert archive.held() == expected
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate.certificate, certificate.key)
        with MisbehavingProxy(archive.address, tls=tls) as way:
            assert _echoed(way.port, "DCMQRSCP", "+tla", "-ic") == 0
            assert _echoed(archive.port, "DCMQRSCP") == 0
    options = OrthancOptions(
        has_web=True, users={"reader": "secret"}, https=certificate, dicom_tls=certificate,
        modalities={"US": ("127.0.0.1", 9)},
    )  # fmt: skip
    with Orthanc(tmp_path / "orthanc", options) as orthanc:
        orthanc.keep(paths)
        assert orthanc.held() == expected
        assert len(orthanc.ask("/dicom-web/studies")) == len({one.study_instance_uid for one in made})
        assert orthanc.ask("/modalities") == ["US"]
        trusting = ssl.create_default_context(cafile=str(certificate.certificate))
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(f"{orthanc.web_root}/studies", context=trusting)  # noqa: S310 - our own address
        assert _echoed(orthanc.port, "ORTHANC", "+tla", "-ic") == 0
