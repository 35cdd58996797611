"""Transfers by the real process with real archives: over ways that break, and there and back."""

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pydicom
import pytest

from tests.builders.ct_series import write_ct_series
from tests.builders.misbehaving import HARMLESS, MisbehavingProxy, Mischief
from tests.builders.peer_servers import DcmQrScp, Orthanc, OrthancOptions, free_port
from viewer.archives.commitment import standing_of
from viewer.archives.peer_list import PeerList
from viewer.archives.transfer_process import TransferProcess
from viewer.archives.transfer_values import TransferKind, TransferRequest, TransferStatus, status_of
from viewer.base.jobs import Progress
from viewer.base.settings import Settings
from viewer.library.library import Library
from viewer.network.peers import Peer, RetrieveMethod, WebAuthorization, WebPlace
from viewer.network.stations import Station
from viewer.reception.receiver_settings import ReceiverSettings
from viewer.workspace.importing import ImportPlaces

SECONDS = 120.0
COUNT = 40


class Desk:
    """A process that works on transfers, and what it says."""

    def __init__(self, folder: Path) -> None:
        self.library, self.config = folder / "library", folder / "config"
        self.messages: list[Mapping[str, Any]] = []
        self.process = TransferProcess(self.library, self.config, self.messages.append)
        self._tags = 0

    def peer(self, title: str, port: int, method: RetrieveMethod = RetrieveMethod.GET) -> None:
        PeerList(self.config).add(Peer("Archive", Station(title, "127.0.0.1", port), method=method))

    def do(self, kind: TransferKind, uid: str) -> TransferStatus:
        """Have something done, and return how it ended."""
        self._tags += 1
        request = TransferRequest(kind, "Archive", uid)
        self.process.say({"do": "add", "tag": self._tags, "request": request.as_json()})
        until(lambda: self._ended(self._tags))
        ended = self._ended(self._tags)
        assert ended is not None
        return ended

    def states(self) -> list[str]:
        return [str(each["state"]) for each in tuple(self.messages) if each["event"] == "transfer"]

    def hashes(self, uid: str) -> dict[str, str]:
        """Return the hash of the pixels of each instance that the library keeps of a study."""
        found = {}
        with Library(self.library) as library:
            for row in library.catalogue.instances_of_study(uid):
                found[row.sop_instance_uid] = pixels_of(library.store.path_of(row.kept))
        return found

    def _ended(self, tag: int) -> TransferStatus | None:
        keys = [each["key"] for each in tuple(self.messages) if each["event"] == "added" and each["tag"] == tag]
        told = [status_of(each) for each in tuple(self.messages) if each["event"] == "transfer"]
        of_it = [status for status in told if keys and status.key == keys[0]]
        return of_it[-1] if of_it and of_it[-1].state.has_ended else None


def until(is_so: Callable[[], object]) -> None:
    end = time.monotonic() + SECONDS
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.02)


def pixels_of(path: Path) -> str:
    return hashlib.sha256(pydicom.dcmread(path).PixelData).hexdigest()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    assert desk.process.end(SECONDS)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_ct_series(tmp_path_factory.mktemp("files"), COUNT, 128)


@pytest.fixture(scope="module")
def uid(files: list[Path]) -> str:
    return str(pydicom.dcmread(files[0], stop_before_pixels=True).StudyInstanceUID)


@pytest.fixture(scope="module")
def hashes(files: list[Path]) -> dict[str, str]:
    return {str(pydicom.dcmread(path).SOPInstanceUID): pixels_of(path) for path in files}


@pytest.fixture(scope="module")
def dcmqrscp(tmp_path_factory: pytest.TempPathFactory, files: list[Path]) -> Iterator[DcmQrScp]:
    with DcmQrScp(tmp_path_factory.mktemp("dcmqrscp")) as server:
        server.keep(files)
        yield server


def test_a_way_that_breaks_again_and_again_leaves_no_hole(
    desk: Desk, dcmqrscp: DcmQrScp, uid: str, hashes: dict[str, str]
) -> None:
    broken = [HARMLESS] * 2 + [Mischief(cut_down=300_000)] * 3
    with MisbehavingProxy(dcmqrscp.address, broken) as way:
        desk.peer(dcmqrscp.ae_title, way.port)
        ended = desk.do(TransferKind.RETRIEVE, uid)
    assert (ended.state, ended.done, ended.expected) == ("done", COUNT, COUNT)
    assert desk.hashes(uid) == hashes


def test_an_archive_that_is_away_for_a_while_is_asked_again_by_itself(
    desk: Desk, dcmqrscp: DcmQrScp, uid: str, hashes: dict[str, str]
) -> None:
    away = [HARMLESS] * 2 + [Mischief(cut_down=300_000)] + [Mischief(is_refused=True)] * 4
    with MisbehavingProxy(dcmqrscp.address, away) as way:
        desk.peer(dcmqrscp.ae_title, way.port)
        ended = desk.do(TransferKind.RETRIEVE, uid)
    assert ended.state == "done", ended
    assert "retrying" in desk.states()
    assert desk.hashes(uid) == hashes


def test_what_an_archive_lists_and_does_not_give_is_counted_and_can_be_asked_for_again(
    desk: Desk, tmp_path: Path, files: list[Path], uid: str, hashes: dict[str, str]
) -> None:
    with DcmQrScp(tmp_path / "dcmqrscp") as server:
        server.keep(files)
        desk.peer(server.ae_title, server.port)
        lost = [path for path in sorted(server.files.iterdir()) if path.suffix == ".dcm"][:5]
        for path in lost:
            path.rename(path.with_suffix(".lost"))
        ended = desk.do(TransferKind.RETRIEVE, uid)
        assert (ended.state, ended.done, ended.expected, ended.failed) == ("incomplete", COUNT - 5, COUNT, 5)
        assert ended.reason.startswith(f"{COUNT - 5} of {COUNT}")
        for path in lost:
            path.with_suffix(".lost").rename(path)
        desk.process.say({"do": "resume", "key": ended.key})
        until(lambda: desk.states()[-1] == "done")
    assert desk.hashes(uid) == hashes


def test_nobody_there_is_said_and_tried_again_later(desk: Desk, uid: str) -> None:
    desk.peer("NOBODY", free_port())
    request = TransferRequest(TransferKind.RETRIEVE, "Archive", uid)
    desk.process.say({"do": "add", "tag": 1, "request": request.as_json()})
    until(lambda: "retrying" in desk.states())
    told = [status_of(each) for each in desk.messages if each["event"] == "transfer"]
    assert "Nobody answers there" in told[-1].reason


def test_an_archive_that_is_not_in_the_list_is_named_and_not_tried_again(desk: Desk, uid: str) -> None:
    ended = desk.do(TransferKind.RETRIEVE, uid)
    assert ended.state == "failed"
    assert "Archive" in ended.reason


def test_a_password_is_asked_for_over_the_pipe_until_it_is_right(
    desk: Desk, tmp_path: Path, files: list[Path], uid: str
) -> None:
    answers = ["wrong-4711", "right-4711"]
    process = desk.process

    def hear(message: Mapping[str, Any]) -> None:
        desk.messages.append(message)
        if message["event"] == "question":
            process.say({"do": "answer", "id": message["id"], "secret": answers.pop(0) if answers else None})

    process._heard = hear
    options = OrthancOptions(has_web=True, users={"reader": "right-4711"})
    with Orthanc(tmp_path / "orthanc", options) as orthanc:
        orthanc.keep(files)
        web = WebPlace(orthanc.web_root, authorization=WebAuthorization.BASIC, user="reader")
        PeerList(desk.config).add(Peer("Archive", web=web, method=RetrieveMethod.WEB))
        ended = desk.do(TransferKind.RETRIEVE, uid)
    assert (ended.state, ended.done) == ("done", COUNT), (ended, desk.messages[-5:])
    questions = [each for each in desk.messages if each["event"] == "question"]
    assert [(each["archive"], each["kind"]) for each in questions] == [("Archive", "password")] * 2
    assert "4711" not in repr(desk.messages)
    written = [path.read_bytes() for path in (*desk.config.rglob("*"), *desk.library.glob("*")) if path.is_file()]
    assert not any(b"4711" in each for each in written)


def test_a_study_is_sent_promised_and_sent_only_once(
    desk: Desk, tmp_path: Path, files: list[Path], uid: str, hashes: dict[str, str]
) -> None:
    port = free_port()
    Settings(desk.config).store("receiver", ReceiverSettings(port=port))
    with Library(desk.library) as library:
        ImportPlaces((files[0].parent,), library, is_in_place=False).run(Progress())
    options = OrthancOptions(modalities={"NEGATOSCOPE": ("127.0.0.1", port)})
    with Orthanc(tmp_path / "orthanc", options) as orthanc:
        desk.peer(orthanc.ae_title, orthanc.port)
        sent = desk.do(TransferKind.SEND, uid)
        assert (sent.state, sent.done, sent.expected) == ("done", COUNT, COUNT), sent
        assert sent.size > 0
        assert set(orthanc.held()) == set(hashes)
        promised = desk.do(TransferKind.COMMIT, uid)
        assert (promised.state, promised.done) == ("done", COUNT), promised
        again = desk.do(TransferKind.SEND, uid)
        assert (again.state, again.done, again.size) == ("done", COUNT, 0)


def test_what_was_fetched_and_promised_is_safe_to_delete_here(
    desk: Desk, tmp_path: Path, files: list[Path], uid: str
) -> None:
    port = free_port()
    Settings(desk.config).store("receiver", ReceiverSettings(port=port))
    options = OrthancOptions(modalities={"NEGATOSCOPE": ("127.0.0.1", port)})
    with Orthanc(tmp_path / "orthanc", options) as orthanc:
        orthanc.keep(files)
        desk.peer(orthanc.ae_title, orthanc.port)
        assert desk.do(TransferKind.RETRIEVE, uid).state == "done"
        with Library(desk.library) as library:
            standing = standing_of(library, uid)
            assert (standing.sent, standing.committed, standing.is_safe_to_delete_here) == (COUNT, 0, False)
        assert desk.do(TransferKind.COMMIT, uid).state == "done"
        with Library(desk.library) as library:
            assert standing_of(library, uid).is_safe_to_delete_here
