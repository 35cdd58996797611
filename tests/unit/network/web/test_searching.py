"""Queries over DICOMweb: pages, repetitions, warnings, and servers that do otherwise."""

import contextlib
import json
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from tests.builders.scripted_web import ScriptedWeb, WebAnswer, WebRequest
from viewer.network.peers import WebPlace
from viewer.network.ports import QueryLevel
from viewer.network.requesting import Patience
from viewer.network.web.door import WebDoor, WebError
from viewer.network.web.searching import PAGE, find
from viewer.network.web.undecoded import fits, widened

STUDY, NAME = "0020000D", "00100010"


def study(number: int) -> dict[str, object]:
    return {
        STUDY: {"vr": "UI", "Value": [f"1.2.{number}"]},
        NAME: {"vr": "PN", "Value": [{"Alphabetic": f"Hong^{number}"}]},
    }


def answered(found: Sequence[object], **headers: str) -> WebAnswer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return WebAnswer(200, {"Content-Type": "application/dicom+json", **named}, json.dumps(found).encode())


def query_of(request: WebRequest) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(request.target).query).items()}


def pages(count: int, most: int = PAGE, **headers: str) -> Callable[[WebRequest], WebAnswer]:
    """Return a server of so many studies that gives so many a page at most."""

    def script(request: WebRequest) -> WebAnswer:
        asked = query_of(request)
        begin = int(asked.get("offset", 0))
        end = min(count, begin + min(most, int(asked.get("limit", most))))
        return answered([study(number) for number in range(begin, end)], **headers) if begin < end else WebAnswer(204)

    return script


def found(
    script: Callable[[WebRequest], WebAnswer], keys: Mapping[str, str] | None = None, **more: object
) -> list[str]:
    with ScriptedWeb(script) as peer, WebDoor(WebPlace(peer.root)) as door:
        answers = find(door, QueryLevel.STUDY, keys or {}, **more)  # type: ignore[arg-type]  # as find takes them
        return [answer["StudyInstanceUID"] for answer in answers]


@pytest.mark.parametrize("count", [0, 1, 9, 10, PAGE - 1, PAGE, PAGE + 1, 3 * PAGE])
def test_every_page_is_asked_for(count: int) -> None:
    assert found(pages(count)) == [f"1.2.{number}" for number in range(count)]


def test_a_server_that_gives_less_than_it_is_asked_for_is_asked_on() -> None:
    everything = [f"1.2.{number}" for number in range(235)]
    assert found(pages(235, most=50)) == everything
    warning = '299 server "The number of results exceeded the maximum supported by the server."'
    assert found(pages(235, most=33, Warning=warning)) == everything


def test_a_server_that_gives_all_at_once_whatever_it_is_asked_for() -> None:
    every = answered([study(number) for number in range(PAGE + 7)])
    assert len(found(lambda _request: every)) == PAGE + 7
    same = answered([study(number) for number in range(PAGE)])
    assert len(found(lambda _request: same)) == PAGE  # it knows no offset: the same page comes again


def test_what_moves_to_the_next_page_meanwhile_comes_once() -> None:
    def script(request: WebRequest) -> WebAnswer:
        begin = int(query_of(request).get("offset", 0))
        return (
            answered([study(number) for number in range(max(0, begin - 3), begin + PAGE)][:PAGE])
            if begin < 500
            else WebAnswer(204)
        )

    uids = found(script)
    assert len(uids) == len(set(uids))
    assert uids[:400] == [f"1.2.{number}" for number in range(400)]


def test_no_more_are_asked_for_than_are_wanted() -> None:
    with ScriptedWeb(pages(1000)) as peer, WebDoor(WebPlace(peer.root)) as door:
        assert len(list(find(door, QueryLevel.STUDY, {}, most=5))) == 5
        assert len(peer.requests) == 1


def test_it_ends_when_nobody_wants_it() -> None:
    with ScriptedWeb(pages(1000)) as peer, WebDoor(WebPlace(peer.root)) as door:
        is_over = threading.Event()
        for number, _answer in enumerate(find(door, QueryLevel.STUDY, {}, cancelled=is_over.is_set), 1):
            assert number <= 7
            if number == 7:
                is_over.set()


def test_how_keys_are_asked() -> None:
    keys = {
        "PatientName": "홍^길동&x=y", "PatientID": "", "StudyInstanceUID": "1.2\\3.4", "StudyDate": "20260101-",
        "QueryRetrieveLevel": "STUDY", "AccessionNumber": "*",
    }  # fmt: skip
    with ScriptedWeb(pages(1)) as peer, WebDoor(WebPlace(peer.root)) as door:
        list(find(door, QueryLevel.STUDY, keys, fuzzy=True))
        target = peer.requests[0].target
        assert query_of(peer.requests[0]) == {
            "PatientName": "홍^길동&x=y", "StudyInstanceUID": "1.2,3.4", "StudyDate": "20260101-",
            "includefield": "PatientID,AccessionNumber", "fuzzymatching": "true", "limit": str(PAGE),
        }  # fmt: skip
        assert target.isascii()
        list(find(door, QueryLevel.SERIES, {"StudyInstanceUID": "1.2", "Modality": "CT"}))
        list(find(door, QueryLevel.IMAGE, {"StudyInstanceUID": "1.2", "SeriesInstanceUID": "3/4"}))
        list(find(door, QueryLevel.IMAGE, {"StudyInstanceUID": "1.2", "SOPInstanceUID": "5"}))
        assert [request.path for request in peer.requests[1:]] == [
            "/studies/1.2/series", "/studies/1.2/series/3%2F4/instances", "/studies/1.2/instances"
        ]  # fmt: skip


def test_lists_are_asked_for_one_after_another() -> None:
    with ScriptedWeb(pages(3)) as peer, WebDoor(WebPlace(peer.root)) as door:
        assert len(list(find(door, QueryLevel.STUDY, {"ModalitiesInStudy": "CT\\MR"}))) == 3
        assert [query_of(request)["ModalitiesInStudy"] for request in peer.requests] == ["CT", "MR"]


def test_who_refuses_what_is_beside_the_keys_is_asked_without() -> None:
    def script(request: WebRequest) -> WebAnswer:
        return answered([study(1)]) if set(query_of(request)) <= {"PatientID"} else WebAnswer(400)

    assert found(script, {"PatientID": "1", "PatientName": ""}) == ["1.2.1"]
    with pytest.raises(WebError) as refused:
        found(lambda _request: WebAnswer(400))
    assert refused.value.status == 400


def test_a_server_that_decodes_no_query_still_finds_names() -> None:
    names = {"1.2.1": "Hong^Gildong=洪^吉洞=홍^길동", "1.2.2": "Kim^Minsu=金^民洙=김^민수", "1.2.3": "Doe^Jane"}

    def script(request: WebRequest) -> WebAnswer:
        # Takes %5E for what is looked for, as Orthanc 1.10 does.
        asked = dict(part.partition("=")[::2] for part in urlsplit(request.target).query.split("&"))
        matching = [
            uid for uid, name in names.items()
            if fits(name, asked.get("PatientName", "*")) and asked.get("StudyInstanceUID", uid) == uid
        ]  # fmt: skip
        return answered([
            {STUDY: {"vr": "UI", "Value": [uid]}, NAME: {"vr": "PN", "Value": [names[uid]]}} for uid in matching
        ][: int(asked.get("limit", 100))])  # fmt: skip

    assert found(script, {"PatientName": "*길동*"}) == ["1.2.1"]
    assert found(script, {"PatientName": "Hong^Gildong"}) == ["1.2.1"]
    assert found(script, {"PatientName": "Doe^*"}) == ["1.2.3"]
    assert found(script, {"PatientName": "박*"}) == []


def test_a_server_that_decodes_is_not_asked_for_everything() -> None:
    def script(request: WebRequest) -> WebAnswer:
        asked = {name: unquote(value) for name, value in query_of(request).items()}
        if "PatientName" in asked:
            return WebAnswer(204)
        return answered([study(1)]) if asked.get("StudyInstanceUID", "1.2.1") == "1.2.1" else WebAnswer(204)

    with ScriptedWeb(script) as peer, WebDoor(WebPlace(peer.root)) as door:
        for _again in range(3):
            assert list(find(door, QueryLevel.STUDY, {"PatientName": "*길동*"})) == []
        assert len(peer.requests) == 5  # three queries, and two to learn that it decodes


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (WebAnswer(200, {"Content-Type": "text/html"}, b"<html>Sign in</html>"), "web page"),
        (WebAnswer(200, {"Content-Type": "image/png"}, b"png"), "does not speak DICOMweb"),
        (WebAnswer(200, {"Content-Type": "application/json"}, b'{"a":'), "protocol"),
        (WebAnswer(200, {"Content-Type": "application/dicom+json"}, b'[{"0020000D": {"vr"', cut=5), "cut off"),
        (WebAnswer(413), "too much"),
        (WebAnswer(503, {"Retry-After": "5"}), "busy"),
    ],
)
def test_what_is_no_answer_is_told(answer: WebAnswer, words: str) -> None:
    with pytest.raises(WebError, match=words):
        found(lambda _request: answer)


def test_patients_are_gathered_from_their_studies() -> None:
    def patient(number: int, identity: str) -> dict[str, object]:
        return {**study(number), "00100020": {"vr": "LO", "Value": [identity]}, NAME: {"vr": "PN", "Value": ["A^B"]}}

    three = answered([patient(1, "P1"), patient(2, "P2"), patient(3, "P1")])
    with ScriptedWeb(lambda _request: three) as peer, WebDoor(WebPlace(peer.root)) as door:
        assert [each["PatientID"] for each in find(door, QueryLevel.PATIENT, {"PatientID": ""})] == ["P1", "P2"]
        assert peer.requests[0].path == "/studies"


@pytest.mark.parametrize(
    ("text", "wide"),
    [("Hong*", "Hong*"), ("홍^길동", "*"), ("*A^B C*", "*A*B*C*"), ("20200101-20201231", "20200101-20201231")],
)
def test_widened(text: str, wide: str) -> None:
    assert widened(text, "PatientName") == wide


def test_nothing_of_a_query_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    broken = {"Content-Type": "application/json", "X": "y\r\nno colon here"}
    answers = [WebAnswer(200, broken, b"[]"), WebAnswer(500), WebAnswer(204)]
    patience = Patience(message_s=0.3)
    with caplog.at_level(logging.DEBUG), ScriptedWeb(lambda _request: answers.pop()) as peer:
        for _answer in range(3):
            with WebDoor(WebPlace(peer.root), patience=patience) as door, contextlib.suppress(WebError):
                list(find(door, QueryLevel.STUDY, {"PatientName": "HongGildong"}))
    assert answers == []
    assert "Hong" not in caplog.text
    assert "PatientName" not in caplog.text
