"""What is saved here gets to archives, whatever becomes of them and of us meanwhile; and is promised by them."""

import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pydicom
import pytest

from tests.builders.ct_series import write_ct_series
from tests.builders.peer_servers import ORTHANC, STORESCP, Orthanc, OrthancOptions, StoreScp, free_port
from viewer.archives.commitment import standing_of
from viewer.archives.peer_list import PeerList
from viewer.archives.transfer_book import TransferBook
from viewer.archives.transfer_process import TransferProcess
from viewer.archives.transfer_values import TransferKind, TransferState, TransferStatus
from viewer.base.errors import LibraryError, MediaError
from viewer.base.jobs import Progress
from viewer.base.settings import Settings
from viewer.library.library import Library
from viewer.network.peers import Peer
from viewer.network.stations import Station
from viewer.reception.receiver_settings import ReceiverSettings
from viewer.workspace.object_saving import IntoFolder, IntoLibrary, Saved, ToArchive, deliver_now, save_objects

SECONDS = 60.0
needs_orthanc = pytest.mark.skipif(sys.platform == "win32" or not Path(ORTHANC).exists(), reason="needs Orthanc")


class SteadyOrthanc(Orthanc):
    """Comes back on the port it had."""

    def command(self) -> Sequence[str]:
        before = self.port
        command = super().command()
        if before:
            path = Path(command[1])
            path.write_text(json.dumps({**json.loads(path.read_text()), "DicomPort": before}))
            self.port = before
        return command


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_ct_series(tmp_path_factory.mktemp("made"), 2, 32)


@pytest.fixture
def make(made: list[Path]) -> Callable[[Path, Progress], list[Path]]:
    def copy(folder: Path, _progress: Progress) -> list[Path]:
        return [Path(shutil.copy(path, folder / path.name)) for path in made]

    return copy


@pytest.fixture
def orthanc(tmp_path: Path) -> Iterator[SteadyOrthanc]:
    """One that knows us, and is in our list."""
    port = free_port()
    Settings(tmp_path / "config").store("receiver", ReceiverSettings(port=port))
    options = OrthancOptions(modalities={"NEGATOSCOPE": ("127.0.0.1", port)})
    with SteadyOrthanc(tmp_path / "orthanc", options) as server:
        PeerList(tmp_path / "config").add(Peer("Archive", Station(server.ae_title, "127.0.0.1", server.port)))
        yield server


def saved_for_archive(folder: Path, make: Callable[[Path, Progress], list[Path]]) -> Saved:
    with Library(folder / "library") as library:
        return save_objects(make, (IntoLibrary(), ToArchive("Archive")), library, Progress())


def transfers(folder: Path) -> list[TransferStatus]:
    with Library(folder / "library") as library:
        return TransferBook(library.database).all_of()


def until(is_so: Callable[[], object]) -> None:
    end = time.monotonic() + SECONDS
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.05)


@needs_orthanc
def test_an_archive_that_was_off_has_and_promises_what_was_saved_once_it_is_back_whatever_died_meanwhile(
    tmp_path: Path, orthanc: SteadyOrthanc, make: Callable[[Path, Progress], list[Path]]
) -> None:
    heard: list[Mapping[str, Any]] = []
    orthanc.kill()
    saved = saved_for_archive(tmp_path, make)
    first = TransferProcess(tmp_path / "library", tmp_path / "config", heard.append)
    first.begin()
    until(lambda: any(each.get("state") == TransferState.RETRYING for each in heard))
    os.kill(first.pid, signal.SIGKILL)
    first.end(SECONDS)
    assert transfers(tmp_path)[0].state is TransferState.RETRYING
    orthanc.start()
    second = TransferProcess(tmp_path / "library", tmp_path / "config", heard.append)
    second.begin()
    until(lambda: [each.state for each in transfers(tmp_path)] == [TransferState.DONE] * 2)
    assert second.end(SECONDS)
    assert set(orthanc.held()) == set(saved.sop_instance_uids)
    assert [each.request.kind for each in transfers(tmp_path)] == [TransferKind.SEND, TransferKind.COMMIT]
    with Library(tmp_path / "library") as library:
        study = saved.transfers[0][1].study_instance_uid
        assert standing_of(library, study).is_safe_to_delete_here


@needs_orthanc
def test_without_a_window_it_is_sent_and_promised_at_once(
    tmp_path: Path, orthanc: SteadyOrthanc, make: Callable[[Path, Progress], list[Path]]
) -> None:
    saved = saved_for_archive(tmp_path, make)
    assert deliver_now(tmp_path / "library", tmp_path / "config", saved.transfers, SECONDS)
    assert set(orthanc.held()) == set(saved.sop_instance_uids)
    with Library(tmp_path / "library") as library:
        assert standing_of(library, saved.transfers[0][1].study_instance_uid).is_safe_to_delete_here


@pytest.mark.skipif(sys.platform == "win32" or not Path(STORESCP).exists(), reason="needs DCMTK")
def test_an_archive_without_promises_has_it_and_that_it_does_not_promise_is_listed(
    tmp_path: Path, make: Callable[[Path, Progress], list[Path]]
) -> None:
    with StoreScp(tmp_path / "storescp") as server:
        PeerList(tmp_path / "config").add(Peer("Archive", Station(server.ae_title, "127.0.0.1", server.port)))
        saved = saved_for_archive(tmp_path, make)
        assert not deliver_now(tmp_path / "library", tmp_path / "config", saved.transfers, SECONDS)
        assert set(server.held()) == set(saved.sop_instance_uids)
    sent, asked = transfers(tmp_path)
    assert (sent.state, asked.state) == (TransferState.DONE, TransferState.FAILED)
    assert asked.reason


def test_what_a_working_process_did_not_hear_of_it_finds_in_the_book(
    tmp_path: Path, make: Callable[[Path, Progress], list[Path]]
) -> None:
    heard: list[Mapping[str, Any]] = []
    PeerList(tmp_path / "config").add(Peer("Archive", Station("NOBODY", "127.0.0.1", free_port())))
    process = TransferProcess(tmp_path / "library", tmp_path / "config", heard.append)
    process.begin()
    until(lambda: any(each["event"] == "ready" for each in heard))
    saved = saved_for_archive(tmp_path, make)
    until(lambda: any(each["event"] == "transfer" and each["key"] == saved.transfers[0][0] for each in heard))
    assert process.end(SECONDS)


def test_a_folder_gets_whole_files_beside_what_is_there(
    tmp_path: Path, make: Callable[[Path, Progress], list[Path]], made: list[Path]
) -> None:
    destinations = (IntoFolder(tmp_path / "out"),)
    first = save_objects(make, destinations, None, Progress())
    second = save_objects(make, destinations, None, Progress())
    assert len({*first.paths, *second.paths}) == 2 * len(made)
    assert all(path.read_bytes() == made[0].read_bytes() for path in (first.paths[0], second.paths[0]))
    assert first.sop_instance_uids == tuple(str(pydicom.dcmread(path).SOPInstanceUID) for path in made)


def test_without_a_library_nothing_is_kept_or_sent_and_nothing_half_done(
    tmp_path: Path, make: Callable[[Path, Progress], list[Path]]
) -> None:
    with pytest.raises(LibraryError, match="folder"):
        save_objects(make, (IntoFolder(tmp_path / "out"), ToArchive("Archive")), None, Progress())
    assert not (tmp_path / "out").exists()


def test_what_cannot_be_filed_is_not_queued(tmp_path: Path, make: Callable[[Path, Progress], list[Path]]) -> None:
    saved_for_archive(tmp_path, make)

    def changed(folder: Path, progress: Progress) -> list[Path]:
        files = make(folder, progress)
        data_set = pydicom.dcmread(files[0])
        data_set.SeriesDescription = "another"
        data_set.save_as(files[0])
        return files

    with pytest.raises(LibraryError, match="another object has its UID"):
        saved_for_archive(tmp_path, changed)
    assert len(transfers(tmp_path)) == 1


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path, make: Callable[[Path, Progress], list[Path]]) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(MediaError, match="could not be saved"):
        save_objects(make, (IntoFolder(tmp_path / "file"),), None, Progress())
