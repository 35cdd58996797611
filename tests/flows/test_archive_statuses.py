"""Archives that refuse, lie and babble, met by the program's own commands: DIMSE statuses, HTTP statuses, bodies.

Each ends in one clear line and exit code 1 (or with what is true), and the library is sound.
"""

import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from pydicom.dataset import Dataset

from tests.builders.archive_hostility import Desk, Hurry, right
from tests.builders.retrieving import study_of
from tests.builders.scripted_dimse import (
    C_FIND,
    C_GET,
    C_MOVE,
    C_STORE,
    FIELD,
    N_ACTION,
    Abort,
    Acceptance,
    Drop,
    Hang,
    Request,
    ScriptedDimse,
    Talk,
)
from tests.builders.scripted_web import ScriptedWeb, WebAnswer, WebRequest, multipart
from tests.builders.sent_instances import SentInstance
from tests.builders.serving_library import keep_together, write_files
from tests.flows.command_line import Ended
from viewer.library.library import Library

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="its ways of breaking are those of other systems")
MADE = study_of(2, size=2000, label="statuses")
STUDY = MADE[0].study_instance_uid
"""Of the operation that is asked: what a peer answers to all others is right."""


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    Hurry(monkeypatch).is_on = True


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@dataclass
class Peer:
    """Lists what there is, and answers an operation as a test says.

    Attributes:
        field: Of the operation.
        answer: A status, or how it breaks off.
    """

    field: int
    answer: int | type[Exception]

    def __call__(self, talk: Talk, request: Request) -> None:
        if request.number(FIELD) == self.field:
            if isinstance(self.answer, type):
                raise self.answer
            talk.respond(request, self.answer, e1000=request.text(0x1000), e1001="1.2.840.10008.1.20.1.1", e1008=1)
            return
        if request.number(FIELD) != C_FIND:
            raise Drop
        level = str(request.identifier.QueryRetrieveLevel)
        for row in _rows(level):
            talk.respond(request, 0xFF00, row)
        talk.respond(request, 0)


def _rows(level: str) -> list[Dataset]:
    rows = []
    for one in MADE if level == "IMAGE" else MADE[:1]:
        row = Dataset()
        row.QueryRetrieveLevel, row.StudyInstanceUID = level, one.study_instance_uid
        if level in {"SERIES", "IMAGE"}:
            row.SeriesInstanceUID, row.Modality = one.series_instance_uid, "CT"
        if level == "IMAGE":
            row.SOPInstanceUID, row.SOPClassUID = one.sop_instance_uid, one.sop_class_uid
        rows.append(row)
    return rows


def _asked(desk: Desk, command: str, name: str = "A") -> Ended:
    if command in {"send", "commit"}:
        desk.folder.mkdir(exist_ok=True)
        files = write_files(desk.folder / "files", MADE)
        with Library(desk.library, reserve_bytes=0) as library:
            keep_together(library, files)
    words: dict[str, Sequence[object]] = {
        "find": ("find", name, f"StudyInstanceUID={STUDY}", "--json"),
        "get": ("get", name, "--study", STUDY, "--method", "get" if name == "A" else "web", "--json"),
        "move": ("move", name, "--study", STUDY, "--to", "OTHER", "--json"),
        "send": ("send", name, desk.folder / "files", "--json"),
        "commit": ("commit", name, STUDY, "--wait", 0, "--json"),
    }
    ended = desk.run(*words[command])
    assert desk.held() is None or command != "find"
    return ended


OPERATIONS = {"find": C_FIND, "get": C_GET, "move": C_MOVE, "send": C_STORE, "commit": N_ACTION}
STATUSES = (0xA700, 0xA702, 0xA801, 0xA900, 0xB000, 0xC000, 0xFE00, 0x0110, 0x0122, 0x0124, 0x5555)


@pytest.mark.parametrize("command", OPERATIONS)
@pytest.mark.parametrize("answer", [*STATUSES, Abort, Drop, Hang], ids=lambda each: each if isinstance(each, str) else (
    f"{each:04X}" if isinstance(each, int) else each.__name__))  # fmt: skip
def test_what_an_archive_refuses_is_said(command: str, answer: int | type[Exception], desk: Desk) -> None:
    with ScriptedDimse(Peer(OPERATIONS[command], answer)) as peer:
        desk.enter("A", "SCRIPTED", peer.port)
        ended = _asked(desk, command)
    if command == "send" and answer == 0xB000:  # it is taken, with a warning
        assert (ended.code, {row["status"] for row in ended.json()}) == (0, {"B000"})
        return
    assert ended.code == 1, ended
    said = ended.errors + ended.output
    if command == "send":
        assert not any(row["sent"] or not row["reason"] for row in ended.json())
    else:
        assert ended.errors
    if isinstance(answer, int) and (command, answer) not in {
        ("get", 0xB000),
        ("get", 0xFE00),
        ("move", 0xB000),
        ("move", 0xFE00),
    }:
        assert f"{answer:04X}" in said


@pytest.mark.parametrize("command", OPERATIONS)
@pytest.mark.parametrize(
    "acceptance",
    [
        Acceptance(refuses_all=True), Acceptance(rejected=(1, 1, 3)), Acceptance(rejected=(1, 1, 7)),
        Acceptance(rejected=(2, 3, 2)), Acceptance(raw=b"HTTP/1.1 400 Bad Request\r\n\r\n"),
        Acceptance(raw=b"SSH-2.0-OpenSSH_9.2\r\n"), Acceptance(raw=b"\x02\0\xff\xff\xff\xff"),
    ],
    ids=["no context", "our title", "its title", "busy", "HTTP", "SSH", "long"],
)  # fmt: skip
def test_associations_that_are_refused_are_said(command: str, acceptance: Acceptance, desk: Desk) -> None:
    with ScriptedDimse(acceptance=acceptance) as peer:
        desk.enter("A", "SCRIPTED", peer.port)
        ended = _asked(desk, command)
    assert ended.code == 1, ended
    assert ended.errors or all(row["reason"] for row in ended.json())


def test_a_search_without_an_end_is_ended(desk: Desk) -> None:
    def endless(talk: Talk, request: Request) -> None:
        number = 0
        while not talk.is_cancelled():
            number += 1
            row = Dataset()
            row.QueryRetrieveLevel, row.StudyInstanceUID = "STUDY", f"1.2.{number}"
            talk.respond(request, 0xFF00, row)
        talk.respond(request, 0xFE00)

    with ScriptedDimse(endless) as peer:
        desk.enter("A", "SCRIPTED", peer.port)
        ended = desk.run("find", "A", "--limit", 50, "--json")
    assert (ended.code, len(ended.json())) == (0, 50)
    assert "there are more than 50" in ended.errors


# DICOMweb


def _row(one: SentInstance) -> dict[str, Any]:
    values = {
        "0020000D": ("UI", one.study_instance_uid), "0020000E": ("UI", one.series_instance_uid),
        "00080018": ("UI", one.sop_instance_uid), "00080016": ("UI", one.sop_class_uid), "00080060": ("CS", "CT"),
    }  # fmt: skip
    return {tag: {"vr": vr, "Value": [value]} for tag, (vr, value) in values.items()}


def _listing(request: WebRequest) -> WebAnswer:
    rows = [] if "offset=" in request.target and "offset=0" not in request.target else MADE
    if not request.path.endswith("/instances"):
        rows = rows[:1]
    body = json.dumps([_row(one) for one in rows]).encode()
    return WebAnswer(200 if rows else 204, {"Content-Type": "application/dicom+json"}, body if rows else b"")


def _files() -> list[bytes]:
    with tempfile.TemporaryDirectory() as folder:
        return [path.read_bytes() for path in write_files(Path(folder), MADE)]


FILES = _files()
KIND = "application/dicom"
RIGHT = multipart(FILES)


def _kind(request: WebRequest) -> str:
    if request.method == "POST":
        return "send"
    is_list = (
        request.path.rpartition("/")[2] in {"studies", "series", "instances"} or "json" in request.headers["accept"]
    )
    return "find" if is_list else "get"


def _web(desk: Desk, command: str, answer: Callable[[WebRequest], WebAnswer]) -> Ended:
    def script(request: WebRequest) -> WebAnswer:
        kind = _kind(request)
        if kind == command:
            return answer(request)
        return _listing(request) if kind == "find" else RIGHT

    with ScriptedWeb(script) as peer:
        desk.forget()
        desk.enter_web("W", f"{peer.root}/dicom-web")
        return _asked(desk, command, "W")


@pytest.mark.parametrize("command", ["find", "get", "send"])
@pytest.mark.parametrize("status", [204, 206, 302, 400, 401, 403, 404, 406, 409, 413, 415, 429, 500, 503])
def test_every_http_status_is_said(command: str, status: int, desk: Desk) -> None:
    elsewhere = {"Location": "http://127.0.0.1:9/elsewhere"} if status == 302 else {}
    ended = _web(desk, command, lambda _request: WebAnswer(status, elsewhere))
    if (command, status) in {("find", 204), ("find", 206)}:
        assert (ended.code, ended.errors, ended.json()) == (0, "", [])
        return
    assert ended.code == 1, ended
    assert ended.errors or all(row["reason"] and not row["sent"] for row in ended.json())


def _part(**changed: Any) -> WebAnswer:
    return replace(RIGHT, **changed)


BODIES: dict[str, tuple[WebAnswer, bool]] = {
    "right": (RIGHT, True),
    "206 with all of it": (multipart(FILES, status=206), True),
    "another boundary": (multipart(FILES, stated="something else"), False),
    "no boundary": (_part(headers={"Content-Type": f'multipart/related; type="{KIND}"'}), False),
    "no end": (multipart(FILES, ends=False), True),
    "line feeds alone": (multipart(FILES, newline=b"\n"), True),
    "a preamble": (multipart(FILES, preamble=b"What follows are images\r\n"), True),
    "an endless preamble": (WebAnswer(200, RIGHT.headers, [b"x" * 65536] * 200), False),
    "single part": (WebAnswer(200, {"Content-Type": KIND}, FILES[0]), False),
    "no type": (WebAnswer(200, {}, FILES[0]), False),
    "a page": (WebAnswer(200, {"Content-Type": "text/html"}, b"<html>Sign in</html>"), False),
    "empty": (WebAnswer(200, RIGHT.headers), False),
    "no parts": (multipart([]), False),
    "garbage": (multipart([b"garbage" * 100, b""]), False),
    "one of two": (multipart(FILES[:1]), False),
    "the same twice": (multipart([FILES[0]] * 2), False),
    "cut in the head": (_part(cut=30), False),
    "cut in the first": (_part(cut=900), False),
    "cut in the second": (_part(cut=3500), False),
    "silent": (_part(silent=3500), False),
    "too short": (_part(length=len(RIGHT.body) + 100), True),
    "DICOM cut": (multipart([FILES[0], FILES[1][:-500]]), False),
    "JSON": (WebAnswer(200, {"Content-Type": "application/dicom+json"}, b"[]"), False),
}


@pytest.mark.parametrize("what", BODIES)
def test_every_body_of_a_retrieve_is_taken_or_said(what: str, desk: Desk) -> None:
    body, may_be_whole = BODIES[what]
    ended = _web(desk, "get", lambda _request: body)
    if what == "DICOM cut":  # it is kept as it came, and marked as damaged: the archive has no other
        return
    held = right(desk.held(), MADE)
    if ended.code == 0:
        assert may_be_whole, ended
        assert held == len(MADE)
    else:
        assert what != "right", ended
        assert ended.errors
        assert ended.json()["missing"], ended
    again = _web(desk, "get", lambda _request: RIGHT)
    assert (again.code, right(desk.held(), MADE)) == (0, len(MADE)), again


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{}", b"null", b"[1, 2]", b'[{"0020000D": 7}]', b"[" * 100_000, b"<html>", b'[{"0020000D":', b"\xff\xfe",
        b'{"error": "no"}', b'[{"0020000D": {"vr": "UI", "Value": [{}]}}]',
        b'[{"0020000D": {"vr": "UI", "Value": ["1.2"]}}',
    ],
)  # fmt: skip
def test_every_body_of_a_search_is_taken_or_said(body: bytes, desk: Desk) -> None:
    ended = _web(desk, "find", lambda _request: WebAnswer(200, {"Content-Type": "application/dicom+json"}, body))
    if ended.code == 0:
        assert ended.json() == [], ended


def test_a_web_search_that_gives_the_same_page_for_ever_is_ended(desk: Desk) -> None:
    rows = [{**_row(MADE[0]), "0020000D": {"vr": "UI", "Value": [f"1.2.{number}"]}} for number in range(100)]
    body = json.dumps(rows).encode()
    ended = _web(desk, "find", lambda _request: WebAnswer(200, {"Content-Type": "application/dicom+json"}, body))
    assert ended.code in {0, 1}
    assert len(ended.json()) <= 100


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "application/dicom+json"), (b"{}", "application/dicom+json"), (b"<html>", "text/html"),
        (b'{"00081199": {"vr": "SQ", "Value": []}}', "application/dicom+json"), (b"[", "application/dicom+json"),
        (b'{"00081198": {"vr": "SQ", "Value": [{}]}}', "application/dicom+json"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("status", [200, 202, 409])
def test_an_answer_to_a_store_that_names_nothing_promises_nothing(
    body: bytes, kind: str, status: int, desk: Desk
) -> None:
    ended = _web(desk, "send", lambda _request: WebAnswer(status, {"Content-Type": kind}, body))
    rows = ended.json()
    assert len(rows) == len(MADE)
    if status != 200 or (body and kind == "text/html") or b"00081198" in body or body == b"[":
        assert ended.code == 1
        assert all(row["reason"] and not row["sent"] for row in rows)
