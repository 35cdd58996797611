"""Frames and bulk data from servers that know ranges, that do not, and that lie about them."""

import re
from collections.abc import Callable

import pytest

from tests.builders.scripted_web import ScriptedWeb, WebAnswer, WebRequest, multipart
from viewer.dicom.transfer_syntaxes import EXPLICIT_VR_LITTLE_ENDIAN
from viewer.network.peers import WebPlace
from viewer.network.web.bulk_retrieving import FrameBytes, bulk_data, frame, frames
from viewer.network.web.door import WebDoor, WebError

WHOLE = bytes(range(256)) * 40
OCTETS = {"Content-Type": "application/octet-stream"}
INSTANCE = ("1.2", "3.4", "5.6")
Script = Callable[[WebRequest], WebAnswer]


def ranged(request: WebRequest, **more: int) -> WebAnswer:
    """Answer as a server does that knows ranges."""
    found = re.fullmatch(r"bytes=(\d+)-(\d*)", request.headers.get("range", ""))
    if found is None:
        return WebAnswer(200, {**OCTETS, "Accept-Ranges": "bytes"}, WHOLE, **more)
    first = int(found[1])
    last = min(int(found[2] or len(WHOLE)), len(WHOLE) - 1)
    headers = {**OCTETS, "Content-Range": f"bytes {first}-{last}/{len(WHOLE)}"}
    return WebAnswer(206, headers, WHOLE[first : last + 1], **more)


def fetched(script: Script, **more: int) -> tuple[bytes, list[str]]:
    with ScriptedWeb(script) as peer, WebDoor(WebPlace(peer.root)) as door:
        data = bulk_data(door, f"{peer.root}/bulk/1", **more)  # type: ignore[arg-type]  # numbers alone
        return data, [request.headers.get("range", "") for request in peer.requests]


def test_bulk_data_comes_whole_and_in_parts() -> None:
    assert fetched(ranged) == (WHOLE, [""])
    assert fetched(ranged, first=100, last=299) == (WHOLE[100:300], ["bytes=100-299"])
    assert fetched(ranged, first=10_000) == (WHOLE[10_000:], ["bytes=10000-"])
    assert fetched(lambda _request: multipart([WHOLE], kind="application/octet-stream")) == (WHOLE, [""])


def test_what_is_cut_off_is_gone_on_with() -> None:
    data, asked = fetched(lambda request: ranged(request, cut=4000))
    assert data == WHOLE
    assert asked == ["", "bytes=4000-", "bytes=8000-"]


def test_what_is_cut_off_without_ranges_is_an_error() -> None:
    with pytest.raises(WebError, match="cut off"):
        fetched(lambda _request: WebAnswer(200, OCTETS, WHOLE, cut=4000))


def test_a_server_that_never_gets_on_is_given_up() -> None:
    asked: list[str] = []

    def script(request: WebRequest) -> WebAnswer:
        asked.append(request.headers.get("range", ""))
        return ranged(request, cut=4000 if len(asked) == 1 else 0)

    with pytest.raises(WebError):
        fetched(script)
    assert len(asked) < 20


def test_a_server_that_knows_no_ranges_gives_the_part_all_the_same() -> None:
    assert fetched(lambda _request: WebAnswer(200, OCTETS, WHOLE), first=7, last=9)[0] == WHOLE[7:10]


@pytest.mark.parametrize("said", ["bytes 0-9/100", "bytes */100", "nonsense", ""])
def test_a_range_that_was_not_asked_for_is_not_taken(said: str) -> None:
    with pytest.raises(WebError, match="protocol"):
        fetched(lambda _request: WebAnswer(206, {**OCTETS, "Content-Range": said}, b"0123456789"), first=5, last=14)


def test_bulk_data_is_bounded() -> None:
    with pytest.raises(WebError, match="more than"):
        fetched(ranged, most_bytes=1000)
    with pytest.raises(WebError, match="more than"):
        fetched(lambda _request: multipart([WHOLE], kind="application/octet-stream"), most_bytes=1000)


def test_a_page_to_sign_in_is_no_bulk_data() -> None:
    with pytest.raises(WebError, match="web page"):
        fetched(lambda _request: WebAnswer(200, {"Content-Type": "text/html"}, b"<html>"))


def taken(script: Script, numbers: list[int]) -> tuple[list[FrameBytes], list[WebRequest]]:
    with ScriptedWeb(script) as peer, WebDoor(WebPlace(peer.root)) as door:
        return list(frames(door, INSTANCE, numbers)), peer.requests


def test_frames_come_with_how_they_are_encoded() -> None:
    jpeg_2000 = "image/jp2; transfer-syntax=1.2.840.10008.1.2.4.91"
    found, requests = taken(lambda _request: multipart([b"one", b"two"], kind=jpeg_2000), [1, 7])
    assert found == [FrameBytes(1, b"one", "1.2.840.10008.1.2.4.91"), FrameBytes(7, b"two", "1.2.840.10008.1.2.4.91")]
    assert requests[0].path == "/studies/1.2/series/3.4/instances/5.6/frames/1,7"
    (plain,), _requests = taken(lambda _request: WebAnswer(200, OCTETS, b"cells"), [3])
    assert plain == FrameBytes(3, b"cells", EXPLICIT_VR_LITTLE_ENDIAN)
    (lossless,), _requests = taken(lambda _request: multipart([b"x"], kind="image/jls"), [1])
    assert lossless.transfer_syntax_uid == "1.2.840.10008.1.2.4.80"


def test_a_server_is_asked_in_the_form_that_it_has() -> None:
    def script(request: WebRequest) -> WebAnswer:
        return multipart([b"x"], kind="image/jp2") if request.headers["accept"].count("image/") == 1 and (
            "jp2" in request.headers["accept"]
        ) else WebAnswer(406)  # fmt: skip

    with ScriptedWeb(script) as peer, WebDoor(WebPlace(peer.root)) as door:
        assert frame(door, INSTANCE, 1).transfer_syntax_uid == "1.2.840.10008.1.2.4.90"


@pytest.mark.parametrize(
    "answer",
    [multipart([b"x"], kind="image/jp2"), multipart([b"x", b"y"], kind="text/html"), WebAnswer(404), WebAnswer(406),
     multipart([b"x", b"y"], kind="image/jp2", ends=False), WebAnswer(200, {"Content-Type": "text/html"}, b"<html>")],
)  # fmt: skip
def test_frames_that_do_not_come_are_told(answer: WebAnswer) -> None:
    with pytest.raises(WebError):
        taken(lambda _request: answer, [1, 2])
