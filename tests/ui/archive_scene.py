"""The program with real archives beside it: Orthanc over DIMSE and DICOMweb, one that is off."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtWidgets import QApplication

from tests.builders.peer_servers import Orthanc, OrthancOptions, free_port
from tests.ui.flow_steps import wait_for
from tests.ui.library_window import library_program
from viewer.application.programme import Programme
from viewer.archives.peer_list import PeerList
from viewer.network.peers import Peer, WebPlace
from viewer.network.stations import Station
from viewer.ui.browser.archive_commands import ArchiveCommands
from viewer.ui.browser.archive_page import ArchivePage
from viewer.ui.main_window import MainWindow

NEVER_THERE = "Radiology West"


@contextmanager
def orthanc(folder: Path, files: Sequence[Path]) -> Iterator[Orthanc]:
    """Run Orthanc with files."""
    with Orthanc(folder, OrthancOptions(has_web=True)) as server:
        server.keep(files)
        yield server


def dimse_peer(server: Orthanc, name: str = "PACS1") -> Peer:
    """Return how to call it over DIMSE."""
    return Peer(name, Station(server.ae_title, "127.0.0.1", server.port))


def web_peer(server: Orthanc, name: str = "Cloud archive") -> Peer:
    """Return how to call it over DICOMweb."""
    return Peer(name, web=WebPlace(server.web_root))


def silent_peer(name: str = NEVER_THERE) -> Peer:
    """Return an archive that is off."""
    return Peer(name, Station("NOBODY", "127.0.0.1", free_port()))


@contextmanager
def archive_program(
    application: QApplication, folder: Path, peers: Sequence[Peer], language: str = "en"
) -> Iterator[Programme]:
    """Run the program with a list of archives."""
    folder.mkdir(parents=True, exist_ok=True)
    if peers:
        PeerList(folder / "config").add_all(peers)
    with library_program(application, folder, language=language) as programme:
        yield programme


def open_archives(programme: Programme, size: tuple[int, int] = (1280, 800)) -> tuple[MainWindow, ArchivePage]:
    """Open a window with its archives in front, once they are known."""
    window = programme.open_window(size)
    page = window.show_archives()
    wait_for(lambda: programme.archives.desk.peers is not None and programme.library.desk.is_open, "no archives")
    return window, page


def search(page: ArchivePage, text: str = "") -> None:
    """Type and press Enter, and wait for all answers."""
    page.search.setText(text)
    page.search.returnPressed.emit()
    wait_for(lambda: not page.is_busy, "the archives did not answer")


def commands_of(window: MainWindow) -> ArchiveCommands:
    """Return what commands do with the list of a window."""
    assert window.workspace.window is not None
    commands = window.workspace.window.archives
    assert isinstance(commands, ArchiveCommands)
    return commands


def titles(page: ArchivePage) -> list[str]:
    """Return the patients that are listed, from above."""
    return [str(page.model.index(place, 0).data()) for place in range(page.model.rowCount())]


def choose(page: ArchivePage, study_instance_uid: str) -> None:
    """Put the keyboard on a study."""
    page.tree.go_to(page.model.index_of(page.results.study_key(study_instance_uid)))
