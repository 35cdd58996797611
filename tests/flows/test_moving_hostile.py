"""Archives that send to us, and do not do what they say of it."""

import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tests.builders.dimse_client import StoreClient, contexts_for
from tests.builders.peer_servers import free_port
from tests.builders.retrieving import (
    BRIEF,
    OUR_TITLE,
    Fetching,
    OutFolder,
    data_sets_in,
    dimse_access,
    fetching,
    sent_data_sets,
    study_of,
)
from tests.builders.scripted_archive import Answer, Archive
from tests.builders.scripted_dimse import (
    Hang,
    Request,
    ScriptedDimse,
    Talk,
)
from tests.builders.sent_instances import EXPLICIT_LITTLE_ENDIAN as EXPLICIT
from tests.builders.sent_instances import SentInstance
from tests.builders.serving_library import write_files
from viewer.network.ports import HeldInstance
from viewer.network.sending import Originator, delivered
from viewer.network.stations import Station

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="its peers are programs of other systems")


@pytest.fixture
def made() -> list[SentInstance]:
    return study_of(4, size=2000)


# Moves that are not what they say


def _moving(made: Sequence[SentInstance], place: OutFolder, answer: Answer, **more: float) -> tuple[Fetching, Archive]:
    archive = Archive(made, answer)
    with ScriptedDimse(archive) as peer:
        access = dimse_access(peer, patience=replace(BRIEF, **more))
        one = fetching(access, place, made[0].study_instance_uid, "move", port=PORT, tries=1)
        one.run()
    return one, archive


PORT = free_port()


def _send(made: Sequence[SentInstance], pause_s: float = 0.0) -> None:
    with StoreClient(("127.0.0.1", PORT), contexts_for(made), calling="SCRIPTED", called=OUR_TITLE) as client:
        for one in made:
            time.sleep(pause_s)
            assert client.store(one).status == 0
        client.release()


def test_a_destination_that_is_not_known_is_said_with_what_to_enter(made: list[SentInstance], tmp_path: Path) -> None:
    with OutFolder(tmp_path) as place:
        one, _archive = _moving(made, place, lambda talk, request: talk.respond(request, 0xA801))
    reason = one.report.reason
    assert "does not know where to send to (A801H)" in reason
    assert f"{OUR_TITLE} entered in the archive as a station at 127.0.0.1, port {PORT}" in reason


def test_what_is_said_to_be_sent_and_does_not_come_is_said(
    made: list[SentInstance], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("viewer.archives.retrieval_by_move._LATE_S", 0.3)
    with OutFolder(tmp_path) as place:
        one, _archive = _moving(made, place, lambda talk, request: talk.respond(request, 0, e1021=4))
    report = one.report
    assert "says that it has sent 4 images, but none came here" in report.reason
    assert len(report.missing) == 4


def test_the_last_word_may_come_before_the_last_instance(made: list[SentInstance], tmp_path: Path) -> None:
    def answer(talk: Talk, request: Request) -> None:
        threading.Thread(target=_send, args=(made, 0.2)).start()
        talk.respond(request, 0, e1021=4)

    with OutFolder(tmp_path) as place:
        one, _archive = _moving(made, place, answer)
    assert one.report.is_whole
    assert data_sets_in(tmp_path) == sent_data_sets(made)


def test_an_archive_that_says_nothing_while_it_sends_is_not_given_up(made: list[SentInstance], tmp_path: Path) -> None:
    def answer(talk: Talk, request: Request) -> None:
        _send(made, 0.6)
        talk.respond(request, 0, e1021=4)

    with OutFolder(tmp_path) as place:
        one, _archive = _moving(made, place, answer, message_s=2)
    assert one.report.is_whole


def test_an_archive_that_says_nothing_and_sends_nothing_is_given_up(made: list[SentInstance], tmp_path: Path) -> None:
    def answer(_talk: Talk, _request: Request) -> None:
        _send(made[:1])
        raise Hang

    with OutFolder(tmp_path) as place:
        one, _archive = _moving(made, place, answer, message_s=1.5)
    report = one.report
    assert "does not answer any more" in report.reason
    assert report.received == (made[0].sop_instance_uid,)


def test_what_another_station_asked_for_is_not_taken_for_ours(made: list[SentInstance], tmp_path: Path) -> None:
    other = study_of(1, size=2000, label="other")
    answers: list[str] = []

    def answer(talk: Talk, request: Request) -> None:
        for title in ("ELSEWHERE", OUR_TITLE):
            station = Station(OUR_TITLE, "127.0.0.1", PORT)
            held = HeldInstance(other[0].sop_class_uid, other[0].sop_instance_uid, EXPLICIT, files[0])
            ((_one, outcome),) = delivered(station, "SCRIPTED", [held], originator=Originator(title, 1))
            answers.append(outcome.reason)
        _send(made)
        talk.respond(request, 0, e1021=4)

    files = write_files(tmp_path / "files", other)
    with OutFolder(tmp_path / "out") as place:
        one, _archive = _moving(made, place, answer)
    assert "not allowed" in answers[0]
    assert answers[1] == ""
    assert one.report.is_whole
    assert one.report.unexpected == (other[0].sop_instance_uid,)
