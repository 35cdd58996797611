"""Invoke Image Display over HTTP: who may ask, what is taken, what is never repeated."""

import http.client
import queue
import socket
from collections.abc import Iterator

import pytest

from viewer.archives.deep_links import ShowRequest
from viewer.archives.invocations import Invocations
from viewer.base.errors import NetworkError

TARGET = "/IHEInvokeImageDisplay?requestType=STUDY&studyUID=1.2.3"


@pytest.fixture
def taken() -> "queue.Queue[ShowRequest]":
    return queue.Queue()


@pytest.fixture
def invocations(taken: "queue.Queue[ShowRequest]") -> Iterator[Invocations]:
    served = Invocations(0, taken.put)
    yield served
    served.close()


def ask(port: int, target: str, method: str = "GET", **headers: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, target, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def test_what_is_asked_for_is_handed_on(invocations: Invocations, taken: "queue.Queue[ShowRequest]") -> None:
    assert ask(invocations.port, TARGET)[0] == 200
    assert taken.get(timeout=30) == ShowRequest(("1.2.3",))


def test_a_click_in_a_browser_may_ask(invocations: Invocations, taken: "queue.Queue[ShowRequest]") -> None:
    assert ask(invocations.port, TARGET, Sec_Fetch_Mode="navigate", Host=f"localhost:{invocations.port}")[0] == 200
    assert taken.get(timeout=30)


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "evil.example:80"},
        {"Host": "127.0.0.1.evil.example"},
        {"Sec_Fetch_Mode": "no-cors"},
        {"Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "iframe"},
    ],
)
def test_pages_of_others_may_not_ask(
    invocations: Invocations, taken: "queue.Queue[ShowRequest]", headers: dict[str, str]
) -> None:
    assert ask(invocations.port, TARGET, **headers)[0] == 403
    assert taken.empty()


@pytest.mark.parametrize("method", ["POST", "PUT", "OPTIONS", "DELETE"])
def test_nothing_but_get_is_answered(invocations: Invocations, taken: "queue.Queue[ShowRequest]", method: str) -> None:
    assert ask(invocations.port, TARGET, method)[0] == 501
    assert taken.empty()


def test_what_cannot_be_read_is_refused_and_not_repeated_as_markup(
    invocations: Invocations, taken: "queue.Queue[ShowRequest]"
) -> None:
    status, page = ask(invocations.port, "/IHEInvokeImageDisplay?requestType=STUDY&studyUID=<script>alert(1)</script>")
    assert status == 400
    assert "<script" not in page
    assert ask(invocations.port, "/")[0] == 400
    assert taken.empty()


def test_a_flood_is_told_to_wait(invocations: Invocations, taken: "queue.Queue[ShowRequest]") -> None:
    statuses = [ask(invocations.port, TARGET)[0] for _each in range(5)]
    assert statuses[0] == 200
    assert 503 in statuses
    assert taken.qsize() == statuses.count(200)


def test_who_goes_away_in_the_middle_disturbs_nobody(
    invocations: Invocations, taken: "queue.Queue[ShowRequest]"
) -> None:
    for said in (b"", b"GET ", b"\0" * 100, b"GET / HTTP/1.1\r\n"):
        with socket.create_connection(("127.0.0.1", invocations.port)) as connection:
            connection.sendall(said)
    assert ask(invocations.port, TARGET)[0] == 200
    assert taken.get(timeout=30)


def test_who_connects_and_says_nothing_holds_nobody_up(
    taken: "queue.Queue[ShowRequest]", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("viewer.archives.invocations._Handler.timeout", 10 * 60.0)
    invocations = Invocations(0, taken.put)
    place = ("127.0.0.1", invocations.port)
    with socket.create_connection(place), socket.create_connection(place):  # browsers connect ahead of need
        assert ask(invocations.port, TARGET)[0] == 200
        assert taken.get(timeout=30)
        invocations.close()


def test_only_this_computer_is_listened_to(invocations: Invocations) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(NetworkError, match="port"):
            Invocations(other.getsockname()[1], lambda _request: None)
    with pytest.raises(OSError, match="refused"), socket.create_connection(("127.0.0.2", invocations.port), 5):
        pass
