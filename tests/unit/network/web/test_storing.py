"""Sending to servers that take some, none, too little at once, or do not say."""

import json
import struct
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.builders.peer_servers import free_port
from tests.builders.scripted_web import ScriptedWeb, WebAnswer, WebRequest
from viewer.network.peers import WebPlace
from viewer.network.ports import HeldInstance
from viewer.network.sending_outcome import Outcome
from viewer.network.web.door import WebDoor
from viewer.network.web.multipart import MultipartReader, boundary_of
from viewer.network.web.storing import store

JSON = {"Content-Type": "application/dicom+json"}


@pytest.fixture
def instances(tmp_path: Path) -> list[HeldInstance]:
    found = []
    for number in range(8):
        path = tmp_path / f"{number}.dcm"
        path.write_bytes(bytes(128) + b"DICM" + struct.pack("<I", number) * 5000)
        found.append(HeldInstance("1.1", f"1.2.{number}", "1.2.840.10008.1.2.1", path))
    return found


def parts_of(request: WebRequest) -> list[bytes]:
    pieces = iter([request.body])
    reader = MultipartReader(lambda _wanted: next(pieces, b""), boundary_of(request.headers["content-type"]))
    return [b"".join(part.pieces()) for part in reader.parts()]


def uids_of(request: WebRequest) -> list[str]:
    return [f"1.2.{struct.unpack_from('<I', part, 132)[0]}" for part in parts_of(request)]


def item(uid: str, **codes: int) -> dict[str, object]:
    tags = {"warning": "00081196", "failure": "00081197"}
    return {
        "00081155": {"vr": "UI", "Value": [uid]},
        **{tags[name]: {"vr": "US", "Value": [code]} for name, code in codes.items()},
    }


def said(status: int, kept: Sequence[dict[str, object]] = (), failed: Sequence[dict[str, object]] = ()) -> WebAnswer:
    found = {"00081199": {"vr": "SQ", "Value": list(kept)}, "00081198": {"vr": "SQ", "Value": list(failed)}}
    return WebAnswer(status, JSON, json.dumps({tag: value for tag, value in found.items() if value["Value"]}).encode())


def all_kept(request: WebRequest) -> WebAnswer:
    return said(200, [item(uid) for uid in uids_of(request)])


def sent(
    script: Callable[[WebRequest], WebAnswer], instances: Sequence[HeldInstance], **more: int
) -> tuple[dict[str, Outcome], list[WebRequest]]:
    with ScriptedWeb(script) as peer, WebDoor(WebPlace(peer.root)) as door:
        outcomes = list(store(door, instances, **{"several": 1, **more}))  # type: ignore[arg-type]  # as store takes them
    assert sorted(each.sop_instance_uid for each, _outcome in outcomes) == sorted(
        each.sop_instance_uid for each in instances
    )
    return {each.sop_instance_uid: outcome for each, outcome in outcomes}, peer.requests


def test_files_go_byte_for_byte_and_the_length_is_known(instances: list[HeldInstance]) -> None:
    outcomes, (request,) = sent(all_kept, instances)
    assert parts_of(request) == [instance.path.read_bytes() for instance in instances]
    assert request.headers["content-length"] == str(len(request.body))
    assert request.path == "/studies"
    assert {(outcome.status, outcome.reason) for outcome in outcomes.values()} == {(0, "")}
    assert all(len(outcome.sha256) == 64 for outcome in outcomes.values())


def test_a_request_is_bounded_by_bytes_and_by_count(instances: list[HeldInstance]) -> None:
    size = instances[0].path.stat().st_size
    assert [len(uids_of(each)) for each in sent(all_kept, instances, most_bytes=size * 3)[1]] == [3, 3, 2]
    assert [len(uids_of(each)) for each in sent(all_kept, instances, most_count=5)[1]] == [5, 3]
    assert [len(uids_of(each)) for each in sent(all_kept, instances, most_bytes=1)[1]] == [1] * 8


def test_each_instance_has_the_outcome_that_the_answer_gives_it(instances: list[HeldInstance]) -> None:
    answer = said(
        202,
        [item("1.2.0"), item("1.2.1", warning=0xB000)],
        [item("1.2.2", failure=0x0122), item("1.2.3", failure=0xC000), item("1.2.4"), item("1.2.5", failure=0xA700)],
    )
    outcomes, _requests = sent(lambda _request: answer, instances)
    assert (outcomes["1.2.0"].status, outcomes["1.2.0"].is_warning) == (0, False)
    assert (outcomes["1.2.1"].status, outcomes["1.2.1"].is_warning) == (0xB000, True)
    assert "objects of this kind" in outcomes["1.2.2"].reason
    assert "understand" in outcomes["1.2.3"].reason
    assert not outcomes["1.2.4"].is_sent
    assert outcomes["1.2.5"].is_passing
    assert "does not say" in outcomes["1.2.6"].reason


@pytest.mark.parametrize(
    ("answer", "is_sent"),
    [
        (WebAnswer(200), True),
        (WebAnswer(200, JSON, b"{}"), True),
        (WebAnswer(200, {"Content-Type": "application/dicom+xml"}, b"<NativeDicomModel/>"), True),
        (WebAnswer(202), False),
        (WebAnswer(409), False),
        (WebAnswer(409, JSON, b"{}"), False),
        (WebAnswer(409, JSON, b"broken"), False),
        (said(200, failed=[item("1.2.0", failure=0x0110)]), False),
        (WebAnswer(400), False),
        (WebAnswer(401), False),
        (WebAnswer(404), False),
        (WebAnswer(415), False),
        (WebAnswer(503, {"Retry-After": "9999"}), False),
        (WebAnswer(200, JSON, b"{}", cut=1), False),
        (WebAnswer(200, {"Content-Type": "text/html"}, b"<html>Sign in</html>"), False),
        (WebAnswer(204), False),
        (WebAnswer(206), False),
    ],
)
def test_what_an_answer_means(answer: WebAnswer, is_sent: bool, instances: list[HeldInstance]) -> None:
    outcomes, _requests = sent(lambda _request: answer, instances[:1])
    assert outcomes["1.2.0"].is_sent is is_sent
    assert bool(outcomes["1.2.0"].reason) is not is_sent


def test_what_is_too_much_at_once_goes_in_halves(instances: list[HeldInstance]) -> None:
    outcomes, requests = sent(lambda each: WebAnswer(413) if len(uids_of(each)) > 2 else all_kept(each), instances)
    assert all(outcome.is_sent for outcome in outcomes.values())
    assert sorted(uid for each in requests if len(uids_of(each)) <= 2 for uid in uids_of(each)) == sorted(outcomes)
    # What comes later is no larger than what it bore.
    more, requests = sent(
        lambda each: WebAnswer(413) if len(uids_of(each)) > 2 else all_kept(each), instances, most_count=4
    )
    assert all(outcome.is_sent for outcome in more.values())
    assert [len(uids_of(each)) for each in requests] == [4, 2, 2, 2, 2]


def test_one_that_is_refused_does_not_take_the_others_with_it(instances: list[HeldInstance]) -> None:
    outcomes, _requests = sent(lambda each: WebAnswer(400) if "1.2.5" in uids_of(each) else all_kept(each), instances)
    assert [uid for uid, outcome in outcomes.items() if not outcome.is_sent] == ["1.2.5"]


def test_a_server_that_refuses_everything_is_not_asked_for_each(instances: list[HeldInstance]) -> None:
    for status, most in ((401, 1), (403, 1), (404, 1), (400, 8)):
        answer = WebAnswer(status)
        outcomes, requests = sent(lambda _request, answer=answer: answer, instances)  # type: ignore[misc]  # bound for the loop
        assert not any(outcome.is_sent for outcome in outcomes.values())
        assert all(str(status) in outcome.reason for outcome in outcomes.values())
        assert len(requests) <= most


def test_who_is_busy_is_asked_again(instances: list[HeldInstance]) -> None:
    answers = iter([WebAnswer(503, {"Retry-After": "0"}), WebAnswer(429, {"Retry-After": "0"})])
    outcomes, requests = sent(lambda each: next(answers, None) or all_kept(each), instances)
    assert all(outcome.is_sent for outcome in outcomes.values())
    assert len(requests) == 3


def test_files_that_cannot_be_sent_are_told_apart(instances: list[HeldInstance], tmp_path: Path) -> None:
    altered = HeldInstance("1.1", "altered", "1.2.840.10008.1.2.1", instances[0].path, sha256="00" * 32)
    missing = HeldInstance("1.1", "missing", "1.2.840.10008.1.2.1", tmp_path / "none.dcm")
    (tmp_path / "text").write_text("no DICOM")
    other = HeldInstance("1.1", "other", "1.2.840.10008.1.2.1", tmp_path / "text")
    outcomes, (request,) = sent(all_kept, [altered, instances[0], missing, other, instances[1]])
    assert uids_of(request) == ["1.2.0", "1.2.1"]
    assert "altered" in outcomes["altered"].reason
    assert "cannot be read" in outcomes["missing"].reason
    assert outcomes["other"].reason
    assert outcomes["1.2.1"].is_sent


def test_nobody_there_is_told_for_each(instances: list[HeldInstance]) -> None:
    with WebDoor(WebPlace(f"http://127.0.0.1:{free_port()}")) as door:
        outcomes = [outcome for _instance, outcome in store(door, instances)]
    assert len(outcomes) == len(instances)
    assert all("Nobody answers" in outcome.reason and outcome.is_passing for outcome in outcomes)


def test_a_redirect_is_not_followed_with_what_is_sent(instances: list[HeldInstance]) -> None:
    with ScriptedWeb(all_kept) as other:
        outcomes, _requests = sent(lambda _request: WebAnswer(307, {"Location": f"{other.root}/studies"}), instances)
        assert other.requests == []
    assert all("elsewhere" in outcome.reason for outcome in outcomes.values())


def test_nothing_more_is_sent_when_nobody_wants_it(instances: list[HeldInstance]) -> None:
    with ScriptedWeb(all_kept) as peer, WebDoor(WebPlace(peer.root)) as door:
        assert list(store(door, instances, cancelled=lambda: True)) == []
        outcomes = store(door, instances, most_count=1, several=1)
        next(outcomes)
        outcomes.close()
        assert len(peer.requests) < len(instances)


def test_several_requests_at_once(instances: list[HeldInstance]) -> None:
    meeting = threading.Barrier(3)

    def script(request: WebRequest) -> WebAnswer:
        meeting.wait(60)  # three have to be there
        return all_kept(request)

    outcomes, requests = sent(script, instances[:6], several=3, most_count=1)
    assert all(outcome.is_sent for outcome in outcomes.values())
    assert sorted(uid for request in requests for uid in uids_of(request)) == sorted(outcomes)
