"""Fetching from servers that do what they should not: what came whole is kept, nothing else is, and it is said why."""

import hashlib
import threading
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from tests.builders.ct_series import write_ct_series
from tests.builders.scripted_web import BOUNDARY, ScriptedWeb, WebAnswer, WebRequest, multipart
from viewer.library.library import Library
from viewer.network.peers import WebPlace
from viewer.network.ports import (
    OUT_OF_RESOURCES,
    Became,
    Caller,
    InstanceSink,
    OfferedInstance,
    StoreAnswer,
    StoreRefused,
)
from viewer.network.retrieving import Fetched, Kept, RetrieveRequest
from viewer.network.web import uri_retrieving
from viewer.network.web.coming_files import SMALL_BYTES
from viewer.network.web.door import WebDoor, WebError
from viewer.network.web.retrieving import fetch
from viewer.reception.intake import Intake
from viewer.reception.intake_bounds import IntakeBounds

CALLER = Caller("PEER", "127.0.0.1")
STUDY, SERIES = "1.2.3", "1.2.3.4"
WHOLE = RetrieveRequest(STUDY, SERIES)
FILE_TYPE = {"Content-Type": "application/dicom"}


class Memory:
    """A Keeper that keeps nothing but hashes; the first bytes of a file are its UID.

    Attributes:
        kept: UIDs and hashes.
        open_count: Files that were begun and neither finished nor given up.
    """

    def __init__(self, refuses: Callable[[bytes], StoreRefused | None] = lambda _content: None) -> None:
        self.kept: dict[str, str] = {}
        self.open_count = 0
        self.refuses = refuses
        self.lock = threading.Lock()

    def begin(self, offered: OfferedInstance, caller: Caller) -> InstanceSink:
        raise NotImplementedError

    def begin_file(self, caller: Caller) -> "Sink":
        assert caller == CALLER
        with self.lock:
            self.open_count += 1
        return Sink(self)


class Sink:
    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.content = bytearray()
        self.is_over = False

    def write(self, piece: bytes | bytearray | memoryview) -> None:
        self.content += piece

    def finish(self) -> Kept:
        self.abandon()
        if refused := self.memory.refuses(bytes(self.content)):
            raise refused
        uid = bytes(self.content[:10]).decode().strip()
        with self.memory.lock:
            self.memory.kept[uid] = hashlib.sha256(self.content).hexdigest()
        return Kept(OfferedInstance("1.1", uid, "1.2"), StoreAnswer(Became.STORED))

    def abandon(self) -> None:
        if not self.is_over:
            self.is_over = True
            with self.memory.lock:
                self.memory.open_count -= 1


def file_of(number: int, size: int = 3000) -> bytes:
    return f"1.2.{number}".ljust(10).encode() + number.to_bytes(2, "big") * (size // 2)


FILES = [file_of(number) for number in range(8)]
HASHES = {f"1.2.{number}": hashlib.sha256(content).hexdigest() for number, content in enumerate(FILES)}


def fetched(
    script: Callable[[WebRequest], WebAnswer], request: RetrieveRequest = WHOLE, keeper: Memory | None = None
) -> tuple[list[Fetched], dict[str, str], str]:
    """Return what was told, what was kept, and the words of the error; empty for none."""
    keeper = keeper or Memory()
    told: list[Fetched] = []
    words = ""
    with ScriptedWeb(script) as peer, WebDoor(WebPlace(peer.root, uri_root=f"{peer.root}/wado")) as door:
        try:
            for each in fetch(door, request, keeper, caller=CALLER):
                assert isinstance(each, Fetched)
                told.append(each)
        except (WebError, StoreRefused) as error:
            words = error.one_line()
    assert keeper.open_count == 0
    assert {each.sop_instance_uid for each in told if each.answer} == set(keeper.kept)
    return told, keeper.kept, words


@pytest.mark.parametrize("preamble", [b"", b"preamble\r\n"])
@pytest.mark.parametrize("is_chunked", [False, True])
@pytest.mark.parametrize("headers", [None, {"Content-Length": str(len(FILES[0]))}])
def test_parts_are_kept_as_they_are(headers: dict[str, str] | None, is_chunked: bool, preamble: bytes) -> None:
    answer = multipart(FILES, headers=headers, preamble=preamble)
    assert isinstance(answer.body, bytes)
    if is_chunked:
        body = answer.body
        answer = WebAnswer(200, answer.headers, [body[at : at + 777] for at in range(0, len(body), 777)])
    told, kept, words = fetched(lambda _request: answer)
    assert (kept, words) == (HASHES, "")
    assert {each.size for each in told} == {len(FILES[0])}


def test_a_file_that_is_larger_than_is_held_streams_through() -> None:
    large = [file_of(number, SMALL_BYTES * 2 + 12345) for number in range(3)]
    _told, kept, words = fetched(lambda _request: multipart(large))
    assert words == ""
    assert kept == {f"1.2.{number}": hashlib.sha256(content).hexdigest() for number, content in enumerate(large)}


@pytest.mark.parametrize("kind", ["application/dicom", "application/octet-stream"])
def test_an_answer_of_one_part_that_is_no_multipart(kind: str) -> None:
    answer = WebAnswer(200, {"Content-Type": kind}, FILES[3])
    request = RetrieveRequest(STUDY, SERIES, ("1.2.3",))
    _told, kept, words = fetched(lambda _request: answer, request)
    assert (kept, words) == ({"1.2.3": HASHES["1.2.3"]}, "")


def test_206_is_what_there_is() -> None:
    _told, kept, words = fetched(lambda _request: multipart(FILES[:3], status=206))
    assert words == ""
    assert len(kept) == 3


@pytest.mark.parametrize(
    ("answer", "words", "count"),
    [
        (multipart(FILES, stated="another"), "protocol|cut off", 0),
        (multipart(FILES, ends=False), "cut off", 7),
        (multipart(FILES, headers={"Content-Length": "2999"}), "protocol", 0),
        (WebAnswer(200, {"Content-Type": "multipart/related"}, b"--x"), "protocol", 0),
        (WebAnswer(200, {"Content-Type": "text/html"}, b"<html>"), "web page", 0),
        (multipart([b"<html>"], kind="text/html"), "web page", 0),
        (WebAnswer(200, {"Content-Type": "application/dicom+json"}, b"[]"), "does not speak", 0),
        (WebAnswer(204), "nothing", 0),
        (multipart([]), "nothing|protocol", 0),
        (WebAnswer(404), "404", 0),
        (WebAnswer(401), "401", 0),
        (WebAnswer(503), "503", 0),
    ],
)
def test_what_is_wrong_is_told_and_only_what_is_whole_is_kept(answer: WebAnswer, words: str, count: int) -> None:
    import re

    _told, kept, said = fetched(lambda _request: answer)
    assert re.search(words, said)
    assert len(kept) == count
    assert set(kept.items()) <= set(HASHES.items())


def test_a_connection_that_is_lost_anywhere_leaves_whole_files_alone() -> None:
    whole = multipart(FILES[:3])
    assert isinstance(whole.body, bytes)
    for cut in range(0, len(whole.body) - 4, 997):
        answer = WebAnswer(200, whole.headers, whole.body, cut=cut)
        _told, kept, said = fetched(lambda _request, answer=answer: answer)  # type: ignore[misc]  # bound for the loop
        assert said
        assert set(kept.items()) <= set(HASHES.items())


def test_a_body_that_ends_with_the_connection_is_only_taken_with_its_delimiter() -> None:
    headers = {**FILE_TYPE, "Transfer-Encoding": "identity"}
    told, kept, _said = fetched(
        lambda _request: WebAnswer(200, headers, FILES[1], length=len(FILES[1]) + 5, cut=len(FILES[1])),
        RetrieveRequest(STUDY, SERIES, ("1.2.1",)),
    )
    assert kept == {}
    assert [(each.sop_instance_uid, each.answer) for each in told] in ([], [("1.2.1", None)])


def by_instance(answers: dict[str, WebAnswer]) -> Callable[[WebRequest], WebAnswer]:
    return lambda request: answers.get(request.path.rpartition("/")[2], WebAnswer(404))


def test_named_instances_each_have_their_outcome() -> None:
    answers = {f"1.2.{number}": multipart([FILES[number]]) for number in (0, 2, 3)}
    answers["1.2.4"] = multipart([FILES[5]])  # another one than was asked for
    answers["1.2.6"] = WebAnswer(500)
    request = RetrieveRequest(STUDY, SERIES, tuple(HASHES))
    told, kept, words = fetched(by_instance(answers), request)
    assert words == ""
    assert set(kept) == {"1.2.0", "1.2.2", "1.2.3", "1.2.5"}
    reasons = {each.sop_instance_uid: each.reason for each in told if each.answer is None}
    assert set(reasons) == {"1.2.1", "1.2.4", "1.2.6", "1.2.7", "1.2.5"} - ({"1.2.5"} - set(reasons))
    assert "404" in reasons["1.2.1"]
    assert "another object" in reasons["1.2.4"]
    assert "500" in reasons["1.2.6"]


def test_nothing_of_what_several_requests_say_is_lost() -> None:
    request = RetrieveRequest(STUDY, SERIES, tuple(f"1.2.{number}" for number in range(4)))
    for _again in range(60):  # who ends last is by chance
        told, _kept, words = fetched(by_instance({"1.2.0": multipart([FILES[0]])}), request)
        assert words == ""
        assert sorted(each.sop_instance_uid for each in told) == ["1.2.0", "1.2.1", "1.2.2", "1.2.3"]


def test_an_instance_that_came_wrong_is_asked_for_once_more() -> None:
    asked: list[str] = []

    def script(request: WebRequest) -> WebAnswer:
        asked.append(request.path)
        if request.path.endswith("1.2.1"):
            return multipart([FILES[1]], headers={"Content-Length": "17"})  # its length is another's
        return WebAnswer(200, FILE_TYPE, FILES[2], cut=100) if asked.count(request.path) == 1 else multipart([FILES[2]])

    _told, kept, words = fetched(script, RetrieveRequest(STUDY, SERIES, ("1.2.1", "1.2.2")))
    assert words == ""
    assert kept == {uid: HASHES[uid] for uid in ("1.2.1", "1.2.2")}


def test_a_server_that_fails_again_and_again_is_left_alone() -> None:
    asked: list[str] = []

    def script(request: WebRequest) -> WebAnswer:
        asked.append(request.path)
        return WebAnswer(500)

    request = RetrieveRequest(STUDY, SERIES, tuple(f"1.2.{number}" for number in range(100)))
    _told, _kept, words = fetched(script, request)
    assert "500" in words
    assert len(asked) < 50


def test_who_knows_no_star_is_asked_without() -> None:
    def script(request: WebRequest) -> WebAnswer:
        return WebAnswer(406) if "*" in request.headers["accept"] else multipart(FILES)

    assert fetched(script)[1:] == (HASHES, "")


def test_a_study_of_several_series_is_asked_for_series_by_series() -> None:
    import json

    series = [{"0020000E": {"vr": "UI", "Value": [f"9.{number}"]}} for number in range(4)]

    def script(request: WebRequest) -> WebAnswer:
        if request.path.endswith("/series"):
            return WebAnswer(200, {"Content-Type": "application/dicom+json"}, json.dumps(series).encode())
        number = int(request.path.rpartition(".")[2])
        return multipart(FILES[number * 2 : number * 2 + 2]) if number != 3 else WebAnswer(500)

    _told, kept, words = fetched(script, RetrieveRequest(STUDY))
    assert "500" in words
    assert set(kept) == {f"1.2.{number}" for number in range(6)}


def test_what_is_refused_here_is_told_and_the_rest_goes_on() -> None:
    def refuses(content: bytes) -> StoreRefused | None:
        return StoreRefused(0xC000, "no") if content.startswith((b"1.2.3", b"1.2.5")) else None

    told, kept, words = fetched(lambda _request: multipart(FILES), keeper=Memory(refuses))
    assert (len(kept), words) == (6, "")
    assert [each.reason for each in told if each.answer is None] == ["no", "no"]


def test_a_disk_that_is_full_ends_it() -> None:
    keeper = Memory(lambda _content: StoreRefused(OUT_OF_RESOURCES, "the disk is full"))
    _told, kept, words = fetched(lambda _request: multipart(FILES), keeper=keeper)
    assert kept == {}
    assert "full" in words


def test_closing_the_generator_ends_what_is_under_way() -> None:
    whole = multipart(FILES)
    assert isinstance(whole.body, bytes)
    held_up = WebAnswer(200, whole.headers, whole.body, silent=whole.body.rindex(f"--{BOUNDARY}\r\n".encode()))
    keeper = Memory()
    with ScriptedWeb(lambda _request: held_up) as peer, WebDoor(WebPlace(peer.root)) as door:
        results = fetch(door, WHOLE, keeper, caller=CALLER)
        assert isinstance(next(results), Fetched)
        results.close()
        assert keeper.open_count == 0
        is_over = threading.Event()
        seen = 0
        for each in fetch(door, WHOLE, keeper, caller=CALLER, cancelled=is_over.is_set):
            seen += isinstance(each, Fetched)
            if seen == 6:  # nothing says that the seventh is whole
                is_over.set()
        assert seen == 6
    assert keeper.open_count == 0


def test_wado_uri_misbehaving() -> None:
    def script(request: WebRequest) -> WebAnswer:
        number = int(request.target.rpartition("objectUID=1.2.")[2].partition("&")[0])
        return (
            WebAnswer(200, FILE_TYPE, FILES[0]),
            WebAnswer(200, {"Content-Type": "image/jpeg"}, b"jpeg"),
            WebAnswer(200, FILE_TYPE, FILES[2], cut=50),
        )[number]

    keeper = Memory()
    with ScriptedWeb(script) as peer, WebDoor(WebPlace(peer.root, uri_root=f"{peer.root}/wado")) as door:
        request = RetrieveRequest(STUDY, SERIES, ("1.2.0", "1.2.1", "1.2.2"))
        found = uri_retrieving.fetch(door, request, keeper, caller=CALLER)
        told = {each.sop_instance_uid: each.reason for each in found if isinstance(each, Fetched)}
        assert "requestType=WADO" in peer.requests[0].target
        assert "contentType=application/dicom" in peer.requests[0].target
    assert set(keeper.kept) == {"1.2.0"}
    assert told["1.2.0"] == ""
    assert "DICOMweb" in told["1.2.1"]
    assert "cut off" in told["1.2.2"]


def test_the_library_keeps_files_byte_for_byte_and_refuses_what_is_none(tmp_path: Path) -> None:
    files = write_ct_series(tmp_path / "in", 6, 64)
    contents = [path.read_bytes() for path in files]
    contents[1] = b"MZ program".ljust(128, b"\0") + contents[1][128:]  # executable as well; kept as it is, and flagged
    told: list[object] = []
    with Library(tmp_path / "library") as library:
        intake = Intake(library, IntakeBounds(), told.append)
        parts: Iterable[bytes] = [*contents, b"<html>no DICOM</html>", contents[0]]
        with ScriptedWeb(lambda _request: multipart(parts)) as peer, WebDoor(WebPlace(peer.root)) as door:
            found = [each for each in fetch(door, WHOLE, intake, caller=CALLER) if isinstance(each, Fetched)]
        intake.close()
        became = [each.answer.became for each in found if each.answer]
        assert sorted(each.value for each in became) == ["already", *["stored"] * 6]
        assert len([each for each in found if each.reason]) == 1
        objects = sorted(path.read_bytes() for path in (tmp_path / "library" / "objects").rglob("*.dcm"))
        assert objects == sorted(contents)
