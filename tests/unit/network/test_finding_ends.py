"""How queries of ours end: by us, by stations without manners, by a bad way to them."""

import contextlib
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from tests.builders.finding import STUDY, access_to, answering, found_by, study
from tests.builders.misbehaving import MisbehavingProxy, Mischief
from tests.builders.scripted_dimse import (
    C_CANCEL,
    C_FIND,
    FIELD,
    Abort,
    Acceptance,
    Drop,
    Hang,
    Request,
    ScriptedDimse,
    Talk,
)
from viewer.base.errors import NetworkError
from viewer.network.finding import find
from viewer.network.peers import Quirks
from viewer.network.requesting import PassingError


def _endless(talk: Talk, request: Request) -> None:
    number = 0
    while not talk.is_cancelled():
        number += 1
        talk.respond(request, 0xFF00, study(number))
    talk.respond(request, 0xFE00)


@pytest.mark.parametrize("most", [1, 250])
def test_a_search_is_ended_when_enough_has_come(most: int) -> None:
    with ScriptedDimse(_endless) as peer:
        assert len(found_by(peer, most=most)) == most
    assert [request.number(FIELD) for request in peer.requests] == [C_FIND, C_CANCEL]
    assert peer.requests[1].number(0x0120) == peer.requests[0].number(0x0110)


def test_a_search_is_ended_from_outside_and_by_closing_it() -> None:
    with ScriptedDimse(_endless) as peer:
        found: list[Mapping[str, str]] = []
        for each in find(access_to(peer.port), STUDY, {}, cancelled=lambda: len(found) >= 40):
            found.append(each)  # noqa: PERF402 - it is looked at meanwhile
        assert len(found) == 40
        iterator = find(access_to(peer.port), STUDY, {})
        next(iterator)
        iterator.close()
    assert sum(request.number(FIELD) == C_CANCEL for request in peer.requests) == 2


def test_a_silent_archive_is_cancelled_too() -> None:
    def script(talk: Talk, request: Request) -> None:
        talk.respond(request, 0xFE00 if talk.is_cancelled(20) else 0)

    began = time.monotonic()
    with ScriptedDimse(script) as peer:
        assert found_by(peer, cancelled=lambda: time.monotonic() > began + 0.2) == []
    assert peer.requests[-1].number(FIELD) == C_CANCEL


def test_an_archive_that_bears_no_cancel_is_broken_off() -> None:
    ended = threading.Event()

    def script(talk: Talk, request: Request) -> None:
        try:
            for number in range(1_000_000):
                talk.respond(request, 0xFF00, study(number))
        except OSError:
            ended.set()
            raise

    with ScriptedDimse(script) as peer:
        assert len(found_by(peer, most=3, quirks=Quirks(cancels=False))) == 3
        assert ended.wait(20)
    assert [request.number(FIELD) for request in peer.requests] == [C_FIND]


def test_an_archive_that_does_not_mind_the_cancel_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("viewer.network.find_operation._LAST_WORDS_S", 0.3)
    monkeypatch.setattr("viewer.network.find_operation._MOST_LAST_WORDS", 50)

    def script(talk: Talk, request: Request) -> None:
        while True:
            talk.respond(request, 0xFF00, study())

    with ScriptedDimse(script) as peer:
        assert len(found_by(peer, most=1)) == 1


def test_an_archive_that_goes_round_in_circles_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("viewer.network.find_operation.MOST_ANSWERS", 200)

    def script(talk: Talk, request: Request) -> None:
        while True:
            talk.respond(request, 0xFF00, study())

    with ScriptedDimse(script) as peer, pytest.raises(NetworkError, match="come to an end"):
        found_by(peer)


def test_answers_that_cannot_be_read_are_left_out_and_told() -> None:
    said: list[str] = []
    found: list[Mapping[str, str]] = []
    with ScriptedDimse(answering(b"\xff" * 31 + b"\0", study(), b"")) as peer:
        assert len(found_by(peer, said=said.append)) == 1
        with pytest.raises(NetworkError, match="could not be read"):  # nobody else would know
            found.extend(find(access_to(peer.port), STUDY, {}))
    assert said == ["Some answers could not be read and are left out"]


def test_answers_in_the_other_encoding_are_read() -> None:
    from tests.builders.scripted_dimse import encoded

    for syntax, is_implicit in (("1.2.840.10008.1.2", False), ("1.2.840.10008.1.2.1", True)):
        raw = encoded(study(), is_implicit=is_implicit)
        with ScriptedDimse(answering(raw), Acceptance(syntax=syntax)) as peer:
            assert found_by(peer)[0]["StudyInstanceUID"] == "1.2.1"


def _wrong_message(talk: Talk, request: Request) -> None:
    talk.respond(replace(request, command={**request.command, 0x0110: b"\x77\0"}), 0)


def _raise(error: type[Exception]) -> Callable[[Talk, Request], None]:
    def script(talk: Talk, request: Request) -> None:
        talk.respond(request, 0xFF00, study())
        raise error

    return script


def _garbage(talk: Talk, _request: Request) -> None:
    talk.raw(b"\x99" * 100)
    raise Hang


@pytest.mark.parametrize(
    ("script", "error"),
    [
        (_wrong_message, NetworkError),
        (_raise(Drop), PassingError),
        (_raise(Abort), PassingError),
        (_raise(Hang), PassingError),
        (_garbage, NetworkError),
    ],
)
def test_stations_without_manners_end_in_words(
    script: Callable[[Talk, Request], None], error: type[NetworkError]
) -> None:
    with ScriptedDimse(script) as peer, pytest.raises(error) as raised:
        list(find(access_to(peer.port, seconds=0.7), STUDY, {}))
    assert str(raised.value)
    assert "SCRIPTED" in raised.value.subject


@pytest.mark.parametrize(
    "raw", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x02\0\xff\xff\xff\xff", b"\x03\0\0\0\0\4\0\1\1\7"]
)
def test_what_answers_the_call_may_be_anything(raw: bytes) -> None:
    with ScriptedDimse(acceptance=Acceptance(raw=raw)) as peer, pytest.raises(NetworkError):
        found_by(peer)


@pytest.mark.parametrize("cut", [50, 300, 700, 3000])
@pytest.mark.parametrize("orderly", [True, False])
def test_a_connection_that_is_cut_anywhere_ends_in_words(cut: int, orderly: bool) -> None:
    mischief = Mischief(cut_down=cut, ends_orderly=orderly)
    with (
        ScriptedDimse(answering(*(study(number) for number in range(50)))) as peer,
        MisbehavingProxy(peer.address, [mischief]) as way,
    ):
        with pytest.raises(NetworkError):
            list(find(access_to(way.port), STUDY, {}))
        assert len(list(find(access_to(way.port), STUDY, {}))) == 50


def test_garbage_in_the_middle_ends_in_words_or_is_left_out() -> None:
    with ScriptedDimse(answering(*(study(number) for number in range(50)))) as peer:
        for at in range(300, 3000, 300):
            mischief = Mischief(garbage_down=at, garbage_bytes=40)
            with MisbehavingProxy(peer.address, [mischief]) as way, contextlib.suppress(NetworkError):
                assert len(list(find(access_to(way.port, seconds=1), STUDY, {}))) <= 50


def test_what_is_sent_is_no_longer_than_the_archive_bears() -> None:
    with ScriptedDimse(acceptance=Acceptance(maximum_length=131072)) as peer:
        uids = "\\".join(f"1.2.840.{number}" for number in range(500))
        found_by(peer, {"StudyInstanceUID": uids}, quirks=Quirks(most_pdu_bytes=4096))
    assert peer.requests[0].identifier.StudyInstanceUID == uids.split("\\")
