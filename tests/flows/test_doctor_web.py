"""The network doctor over DICOMweb: each way in which a server can fail, with the words and the fix."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.builders.scripted_dimse import ScriptedDimse
from tests.builders.scripted_web import ScriptedWeb, WebAnswer, WebRequest
from tests.flows.examining import (
    INSTANCE,
    SERIES,
    SKIPPED,
    STUDY,
    examined,
    examined_freely,
    hurry,
    only_failure,
    states_of,
)
from viewer.archives.secrets import Secrets
from viewer.network.peers import Peer, WebAuthorization, WebPlace


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)


def _web(peer: ScriptedWeb, **more: object) -> Peer:
    return Peer("W", web=replace(WebPlace(f"{peer.root}/w"), **more))  # type: ignore[arg-type] # of a test


@pytest.mark.parametrize(
    ("answer", "name", "words"),
    [
        (WebAnswer(401), "web-authorization", "does not let us in"),
        (WebAnswer(403), "web-authorization", "does not allow"),
        (WebAnswer(404), "web-find", "HTTP 404"),
        (WebAnswer(500), "web-find", "HTTP 500"),
        (WebAnswer(503, {"Retry-After": "1"}), "web-find", "busy"),
        (WebAnswer(200, {"Content-Type": "text/html"}, b"<html>"), "web-find", "web page"),
        (WebAnswer(200, {"Content-Type": "application/dicom+json"}, b"{"), "web-find", "does not speak DICOMweb"),
        (WebAnswer(200, {"Content-Type": "application/dicom+json"}, b'{"a":1}'), "web-find", "does not speak DICOMweb"),
        (WebAnswer(302, {"Location": "https://evil.example.org/"}), "web-find", "elsewhere"),
        (
            WebAnswer(200, {"Content-Type": "application/dicom+json"}, b"[" * 60000),
            "web-find",
            "does not speak DICOMweb",
        ),
    ],
)
def test_web_servers_that_fail(tmp_path: Path, answer: WebAnswer, name: str, words: str) -> None:
    with ScriptedWeb(lambda _request: answer) as peer:
        diagnosis = examined_freely(tmp_path, _web(peer))
    failed = only_failure(diagnosis)
    assert failed.name == name
    assert words in failed.words
    assert states_of(diagnosis)["web-get"] is SKIPPED


def test_a_web_server_that_lists_an_image_but_does_not_give_it(tmp_path: Path) -> None:
    values = {"0020000D": STUDY, "0020000E": SERIES, "00080018": INSTANCE}
    rows = json.dumps([{tag: {"vr": "UI", "Value": [uid]} for tag, uid in values.items()}]).encode()

    def script(request: WebRequest) -> WebAnswer:
        if "json" in request.headers.get("accept", ""):
            return WebAnswer(200, {"Content-Type": "application/dicom+json"}, rows)
        return WebAnswer(404)

    with ScriptedWeb(script) as peer:
        assert only_failure(examined_freely(tmp_path, _web(peer))).name == "web-get"
    assert {request.method for request in peer.requests} == {"GET"}


def test_a_dicom_station_where_the_web_was_expected(tmp_path: Path) -> None:
    with ScriptedDimse() as peer:
        failed = only_failure(examined(tmp_path, Peer("W", web=WebPlace(f"http://127.0.0.1:{peer.port}/w"))))
    assert "A DICOM station answers" in failed.words


def test_a_password_is_not_sent_where_others_can_read_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("viewer.archives.doctor_web.is_open_to_listeners", lambda _url: True)
    with ScriptedWeb(lambda _request: WebAnswer(204)) as peer:
        web = _web(peer, authorization=WebAuthorization.BASIC, user="joe")
        failed = only_failure(examined(tmp_path, web, Secrets(lambda _name, _kind: "geheim")))
    assert failed.name == "web-authorization"
    assert "https" in failed.fix
    assert not peer.requests
