"""What must never leak: names and IDs of patients into logs, events and leftovers; secrets beyond whom they are for."""

import base64
import contextlib
import itertools
import json
import logging
import sqlite3
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest

from tests.builders.archive_cycle import run_here
from tests.builders.archive_hostility import Desk, Hurry
from tests.builders.misbehaving import MisbehavingProxy, Mischief
from tests.builders.named_studies import PATIENTS, study_uid, write_named_studies
from tests.builders.peer_servers import ORTHANC, Orthanc, OrthancOptions, free_port
from tests.builders.scripted_web import ScriptedWeb, WebAnswer, WebRequest
from viewer.archives.folder_keeper import FolderKeeper
from viewer.archives.peer_list import PeerList
from viewer.archives.transfer_process import TransferProcess
from viewer.archives.transfer_values import TransferKind, TransferRequest, status_of
from viewer.base.errors import ViewerError
from viewer.network.peers import Peer, PeerTls, RetrieveMethod, WebAuthorization, WebPlace
from viewer.network.ports import Caller, QueryLevel
from viewer.network.retrieving import RetrieveRequest
from viewer.network.stations import Station
from viewer.network.web.authorization import credentials_of
from viewer.network.web.bulk_retrieving import bulk_data
from viewer.network.web.door import WebDoor
from viewer.network.web.retrieving import fetch
from viewer.network.web.searching import find

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="its peers are programs of other systems")
CANARY = replace(PATIENTS[1], patient_id="CANARY4711", name="Kanarienvogel^Zwitscher=金絲雀=카나리아")
SIGNS = ("CANARY4711", "Kanarienvogel", "Zwitscher", "金絲雀", "카나리아", "ACCCANARY", "19500204", "Study of")
ENCODINGS = ("utf-8", "utf-16-le", "euc_kr")


@pytest.fixture(autouse=True)
def leftovers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have everything temporary in a folder of the test."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def orthanc(tmp_path: Path) -> Iterator[Orthanc]:
    if not Path(ORTHANC).exists():
        pytest.skip("needs Orthanc")
    with Orthanc(tmp_path / "orthanc", OrthancOptions(has_web=True)) as peer:
        yield peer


def _sung(data: bytes) -> list[str]:
    """Return which signs of the patient are in it, in whatever encoding."""
    found = []
    for sign in SIGNS:
        for encoding in ENCODINGS:
            with contextlib.suppress(UnicodeError):
                if sign.encode(encoding) in data:
                    found.append(sign)
    return found


def test_no_name_and_no_id_of_a_patient_is_anywhere_it_does_not_belong(
    tmp_path: Path, leftovers: Path, orthanc: Orthanc, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    hurry = Hurry(monkeypatch)
    files = write_named_studies(tmp_path / "files", [CANARY], 1, 3)
    study, port = study_uid(CANARY), free_port()
    orthanc.know("NEGATOSCOPE", port)
    desk = Desk(tmp_path / "desk")
    said: list[str] = []
    with MisbehavingProxy(orthanc.address) as dimse, MisbehavingProxy(("127.0.0.1", orthanc.web_port)) as web:
        desk.enter("A", "ORTHANC", dimse.port)
        desk.enter_web("W", f"http://127.0.0.1:{web.port}/dicom-web")
        assert desk.run("import", *files).code == 0
        errands: list[tuple[object, ...]] = [
            ("send", "A", "--study", study), ("send", "W", "--study", study, "--again"),
            ("commit", "A", study, "--wait", 0.3, "--port", port), ("doctor", "A", "--port", port, "--json"),
            ("echo", "A"),
        ]  # fmt: skip
        for name, method in (("A", "get"), ("A", "move"), ("W", "web")):
            where = ("--port", port, "--out", tmp_path / f"out-{method}")
            errands.append(("get", name, "--study", study, "--method", method, *where))
        for mischief in (Mischief(cut_down=700), Mischief(is_refused=True), Mischief(garbage_down=230), Mischief()):
            for errand in errands:
                dimse.spoil(mischief)
                web.spoil(mischief)
                hurry.is_on = mischief != Mischief()
                ended = desk.run(*errand)
                said += [ended.errors, ended.output if errand[0] != "send" else ""]
            dimse.spoil()
            web.spoil()
    for text in (*said, caplog.text):
        assert _sung(text.encode()) == []
    assert len(caplog.records) > 0 or said
    for folder in (leftovers, desk.folder / "config"):
        for path in folder.rglob("*"):
            assert _sung(str(path).encode()) == []
            assert not path.is_file() or _sung(path.read_bytes()) == []
    # In the library names are where they belong: in its index, and in the files themselves.
    assert _sung((desk.library / "library.sqlite").read_bytes())
    places = {"library.sqlite", "library.sqlite-wal", "library.sqlite-shm"}
    for path in desk.library.rglob("*"):
        assert _sung(str(path.relative_to(desk.library)).encode()) == []
        if path.is_file() and path.name not in places and path.suffix != ".dcm":
            assert _sung(path.read_bytes()) == [], path


def test_the_process_of_transfers_tells_and_writes_no_name(tmp_path: Path, leftovers: Path, orthanc: Orthanc) -> None:
    files = write_named_studies(tmp_path / "files", [CANARY], 1, 3)
    orthanc.keep(files)
    desk, study = Desk(tmp_path / "desk"), study_uid(CANARY)
    messages: list[Mapping[str, Any]] = []
    has_ended = threading.Event()

    def heard(message: Mapping[str, Any]) -> None:
        messages.append(message)
        if message["event"] == "transfer" and status_of(message).state.has_ended:
            has_ended.set()

    with MisbehavingProxy(orthanc.address, [Mischief(cut_down=1500)] * 3) as way:
        config = desk.folder / "config"
        PeerList(config).add(Peer("A", Station("ORTHANC", "127.0.0.1", way.port), method=RetrieveMethod.GET))
        process = TransferProcess(desk.library, config, heard)
        try:
            for tag, kind in enumerate((TransferKind.RETRIEVE, TransferKind.SEND)):
                has_ended.clear()
                process.say({"do": "add", "tag": tag, "request": TransferRequest(kind, "A", study).as_json()})
                assert has_ended.wait(100), messages[-5:]
                arguments = psutil.Process(process.pid).cmdline()
                assert _sung("\0".join(arguments).encode()) == []
                assert study not in "\0".join(arguments)
        finally:
            assert process.end(60)
    assert _sung(json.dumps(messages, ensure_ascii=False, default=str).encode()) == []
    with contextlib.closing(sqlite3.connect(desk.library / "library.sqlite")) as index:
        rows = index.execute("SELECT * FROM transfers").fetchall()
    assert rows
    assert _sung(repr(rows).encode()) == []
    for path in (
        *leftovers.rglob("*"),
        *config.rglob("*"),
        *desk.library.rglob("*.log"),
        *desk.library.rglob("*.jsonl"),
    ):
        assert _sung(str(path).encode()) == []
        assert not path.is_file() or _sung(path.read_bytes()) == [], path


# Secrets

SECRET = "geheim-4711-Pa55"  # noqa: S105 - of nobody


class _Kept:
    def obtain(self, _kind: str) -> str | None:
        return SECRET

    def put(self, _kind: str, secret: str) -> None:
        """Nothing is kept."""

    def forget(self, _kind: str) -> None:
        """Nothing is forgotten."""


def _door(root: str, authorization: WebAuthorization) -> WebDoor:
    place = WebPlace(root, authorization=authorization, user="reader")
    return WebDoor(place, PeerTls(), credentials_of(place, _Kept()))


def hostile_targets(origin: str, thief: str, etc: Path) -> list[str]:
    """Return where an answer, or a person who was fooled, may send us; most lead to the thief if they are taken so."""
    home, other = origin.removeprefix("http://"), thief.removeprefix("http://")
    port = other.rpartition(":")[2]
    ends = ("", "/", "/dicom-web", "/dicom-web/studies", "?x=1", "#/studies", "/%2e%2e/", "/..;/")
    hosts = (
        other, f"reader@{other}", f"reader:pw@{other}", f"{home}@{other}", f"{home}%40{other}", f"localhost:{port}",
        f"127.1:{port}", f"2130706433:{port}", f"0x7f000001:{port}", f"[::ffff:127.0.0.1]:{port}", f"0:{port}",
        f"127.0.0.1.:{port}", f"LOCALHOST:{port}", f"{home}&@{other}", f"127。0。0。1:{port}", f"①②⑦.0.0.1:{port}",
    )  # fmt: skip
    whole = [f"http://{host}{end}" for host, end in itertools.product(hosts, ends)]
    whole += [f"{prefix}{other}/studies" for prefix in (
        "//", "///", "\\\\", "/\\", "http:", "http:/", "http:///", "http:\\\\", "HTTP://", "hTtP://", " http://", "\thttp://",
        "http://\t", "ht\ntp://", "https://", "ftp://", "gopher://", "ws://", "dict://", "ldap://", "jar:http://",
        "view-source:http://", "http+unix://", "url:http://", "http://@", "http://:@", "http://a:b@c:d@", "http://#@",
        "http://?@", f"http://{home}\\@", f"http://{home}#@", f"http://{home}?@", f"http://{home}/@", f"http://{home};@",
        f"http://{home},", f"http://{home}\r\nHost: ", f"http://{home}%0d%0aHost:%20", f"http://{home}\0",
    )]  # fmt: skip
    files = ("file://", "file:", "file:/", "file://localhost", "FILE://", "file:\\\\", "local_file://", "netdoc:", "")
    whole += [f"{scheme}{etc}" for scheme in files]
    whole += [f"{scheme}x" for scheme in (
        "data:application/json,[]", "javascript:alert(1)//", "about:blank", "blob:null/", "mailto:a@b", "C:\\",
        "\\\\?\\C:\\",
        "\\\\server\\share\\", "smb://server/", "nfs://server/", "-oProxyCommand=", "--config=/etc/", "|id ", "$(id) ",
        "`id` ", "%00", "\0", "\u202ehttp://", "http://[", "http://]", "http://[::", "http://:", "http://", "://",
    )]  # fmt: skip
    ports = ("0", "-1", "65536", "99999", "80a", "٤٤٣", " 80", "")
    whole += [f"http://127.0.0.1:{each}/dicom-web" for each in ports]
    return list(dict.fromkeys(whole))


@contextlib.contextmanager
def _thief() -> Iterator[ScriptedWeb]:
    json_answer = WebAnswer(200, {"Content-Type": "application/dicom+json"}, b"[]")
    with ScriptedWeb(lambda _request: json_answer) as peer:
        yield peer


def _knows(request: WebRequest) -> bool:
    basic = base64.b64encode(f"reader:{SECRET}".encode()).decode()
    return any(
        SECRET in text or basic in text for text in (*request.headers.values(), request.target, repr(request.body))
    )


@pytest.mark.parametrize("authorization", [WebAuthorization.BASIC, WebAuthorization.BEARER])
def test_no_redirect_takes_a_secret_elsewhere(
    authorization: WebAuthorization, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secret_file = tmp_path / "file.json"
    secret_file.write_text('[{"0020000D": {"vr": "UI", "Value": ["1.2.3.4711"]}}]')
    target = ""

    def script(_request: WebRequest) -> WebAnswer:
        return WebAnswer(302, {"Location": target.encode("utf-8", "replace").decode("latin-1")})

    with _thief() as thief, ScriptedWeb(script) as peer:
        targets = hostile_targets(peer.root, thief.root, secret_file)
        assert len(targets) >= 200
        for target in targets:
            if any(sign in target for sign in "\r\n\0"):
                continue  # no header can hold it
            with contextlib.suppress(ViewerError):
                assert [*find(_door(f"{peer.root}/dicom-web", authorization), QueryLevel.STUDY, {})] == [], target
        assert any(_knows(request) for request in peer.requests)  # who it is for gets it
        assert not [request.target for request in thief.requests if _knows(request)]
    assert SECRET not in caplog.text


def test_no_answer_names_a_place_that_gets_a_secret_or_a_file_of_this_computer(tmp_path: Path) -> None:
    secret_file = tmp_path / "file.dcm"
    secret_file.write_bytes(bytes(128) + b"DICM")
    with _thief() as thief, ScriptedWeb(lambda _request: answer) as peer:
        for target in hostile_targets(peer.root, thief.root, secret_file)[::3]:
            row = {
                "0020000D": {"vr": "UI", "Value": ["1.2.3"]}, "00081190": {"vr": "UR", "Value": [target]},
                "0020000E": {"vr": "UI", "Value": ["1.2.3.4"]}, "00080018": {"vr": "UI", "Value": ["1.2.3.4.5"]},
                "7FE00010": {"vr": "OW", "BulkDataURI": target},
            }  # fmt: skip
            answer = WebAnswer(200, {"Content-Type": "application/dicom+json"}, json.dumps([row]).encode())
            door = _door(f"{peer.root}/dicom-web", WebAuthorization.BEARER)

            out = tmp_path / "out"
            with contextlib.suppress(ViewerError):
                bulk = bulk_data(door, target)
                assert not isinstance(bulk, bytes) or b"DICM" not in bulk
            with contextlib.closing(FolderKeeper(out, reserve_bytes=0)) as keeper, contextlib.suppress(ViewerError):
                for _told in fetch(door, RetrieveRequest("1.2.3"), keeper, caller=Caller("A", "127.0.0.1")):
                    pass
            assert not [*out.glob("*")]
        assert not [request.target for request in thief.requests if _knows(request)]


def test_hostile_names_of_archives_are_told_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Hurry(monkeypatch).is_on = True
    secret_file = tmp_path / "file.json"
    secret_file.write_text("[]")
    desk = Desk(tmp_path / "desk")
    with _thief() as thief:
        targets = hostile_targets("http://127.0.0.1:9", thief.root, secret_file)
        for target in targets:
            if target.startswith("-") or "\0" in target:
                continue  # these are options, or nothing that can be typed

            for command in (("find", target, "--json"), ("peers", "add", "H", "--dicomweb", target)):
                ended = run_here(desk.folder, *command)
                assert "Traceback" not in ended.errors
                assert ended.code in {0, 1, 2}, (target, ended)
                assert len(ended.errors.splitlines()) <= 3, (target, ended)
                if ended.code == 0:  # what is in the list is an http(s) URL without a password
                    for each in PeerList(desk.folder / "config").peers():
                        assert each.web is not None
                        assert each.web.root.lower().startswith(("http://", "https://"))
                        assert "@" not in urlsplit(each.web.root).netloc
                    desk.forget()
        written = [path.read_bytes() for path in (desk.folder / "config").rglob("*") if path.is_file()]
        assert not any(b":pw@" in each for each in written)
