"""Studies that links and other programs ask for, in the real window, from a real archive."""

import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pydicom
import pytest
from PySide6.QtWidgets import QApplication, QMessageBox

from tests.builders.peer_servers import DcmQrScp
from tests.ui.flow_steps import shown_uid, wait_for
from tests.ui.library_window import fill, library_program, open_list, write_study
from viewer.application.programme import Programme
from viewer.archives.deep_links import ShowRequest, parse_link
from viewer.archives.invocations import Invocations
from viewer.archives.peer_list import PeerList
from viewer.library.database import DATABASE_NAME
from viewer.network.peers import Peer
from viewer.network.stations import Station
from viewer.ui.browser.archive_page import ArchivePage
from viewer.ui.main_window import MainWindow


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DcmQrScp]:
    folder = tmp_path_factory.mktemp("links")
    places = (
        write_study(folder / "a", "Kim^Gildong", "P-1", "20260102", AccessionNumber="A-1"),
        write_study(folder / "b", "Kim^Gildong", "P-1", "20250102", AccessionNumber="A-2"),
        write_study(folder / "c", "Lee^Mina", "P-2", "20260103", AccessionNumber="A-2"),
    )
    with DcmQrScp(folder / "archive") as peer:
        peer.keep([path for place in places for path in sorted(place.iterdir())])
        yield peer


@pytest.fixture
def programme(qapp: QApplication, tmp_path: Path, archive: DcmQrScp) -> Iterator[Programme]:
    PeerList(tmp_path / "config").add(Peer("PACS", Station(archive.ae_title, "127.0.0.1", archive.port)))
    with library_program(qapp, tmp_path) as programme:
        yield programme


def uid_of(archive: DcmQrScp, patient_id: str, day: str) -> str:
    headers = (pydicom.dcmread(path) for path in archive.files.glob("*.dcm"))
    return next(str(each.StudyInstanceUID) for each in headers if (each.PatientID, each.StudyDate) == (patient_id, day))


def study_shown(window: MainWindow) -> str:
    displayed = window.workspace.displayed(0)
    return displayed.image.header.study_instance_uid if displayed is not None else ""


@pytest.mark.parametrize("archive_name", ["PACS", ""])
def test_a_study_is_fetched_from_an_archive_of_the_list_and_shown(
    programme: Programme, archive: DcmQrScp, archive_name: str
) -> None:
    window, _page = open_list(programme)
    uid = uid_of(archive, "P-1", "20260102")
    programme.links.show(ShowRequest((uid,), archive=archive_name))
    wait_for(lambda: study_shown(window) == uid, "it is not shown")
    assert window.findChildren(QMessageBox) == []


def test_what_is_on_this_computer_is_shown_without_asking_anybody(qapp: QApplication, tmp_path: Path) -> None:
    files = write_study(tmp_path / "here", "Park^Jisung", "P-9", "20260105", AccessionNumber="A-9")
    fill(tmp_path / "library", files)
    with library_program(qapp, tmp_path) as programme:
        window, _page = open_list(programme)
        programme.links.show(ShowRequest((), ("A-9",)))
        wait_for(lambda: shown_uid(window), "it is not shown")
        assert programme.transfers.rows() == ()


def test_an_archive_that_is_not_in_the_list_is_asked_only_when_the_reader_agrees(
    programme: Programme, archive: DcmQrScp
) -> None:
    window, _page = open_list(programme)
    uid = uid_of(archive, "P-2", "20260103")
    link = f"negatoscope:show?study={uid}&archive={archive.ae_title}@localhost:{archive.port}"
    for says_yes in (False, True):
        programme.links.show(parse_link(link))
        wait_for(lambda: window.findChildren(QMessageBox), "nobody is asked")
        (box,) = window.findChildren(QMessageBox)
        assert f"@localhost:{archive.port}" in box.text()
        assert box.defaultButton().text() == "Do not ask it"
        next(button for button in box.buttons() if (button is not box.defaultButton()) is says_yes).click()
        if not says_yes:
            wait_for(lambda: window.job_line.text == "Nothing was asked for")
            wait_for(lambda: not window.findChildren(QMessageBox))
            assert programme.transfers.rows() == ()
    wait_for(lambda: study_shown(window) == uid, "it is not shown")


def test_an_accession_number_of_two_patients_is_listed_and_nothing_is_shown(programme: Programme) -> None:
    window, _page = open_list(programme)
    programme.links.show(ShowRequest((), ("A-2",)))
    page = window.findChildren(ArchivePage)[0]
    wait_for(lambda: len(list(page.results.studies())) == 2 and not page.is_busy, "they are not listed")
    assert "different patients" in window.job_line.text
    assert not shown_uid(window)
    assert programme.transfers.rows() == ()


def test_a_study_under_another_patient_is_not_shown(programme: Programme, archive: DcmQrScp) -> None:
    window, _page = open_list(programme)
    programme.links.show(ShowRequest((uid_of(archive, "P-1", "20260102"),), patient_id="P-2"))
    wait_for(lambda: "neither on this computer nor" in window.job_line.text, "nothing is said")
    assert not shown_uid(window)


def test_a_patients_studies_are_listed_or_the_latest_shown(programme: Programme, archive: DcmQrScp) -> None:
    window, _page = open_list(programme)
    programme.links.show(ShowRequest(patient_id="P-1"))
    page = window.findChildren(ArchivePage)[0]
    wait_for(lambda: len(list(page.results.studies())) == 2 and not page.is_busy, "they are not listed")
    assert not shown_uid(window)
    programme.links.show(ShowRequest(patient_id="P-1", latest=1))
    wait_for(lambda: study_shown(window) == uid_of(archive, "P-1", "20260102"), "the latest is not shown")
    assert len(programme.transfers.rows()) == 1


def test_another_patients_study_of_the_same_number_here_is_not_shown(programme: Programme, tmp_path: Path) -> None:
    fill(tmp_path / "library", write_study(tmp_path / "here", "Park^Jisung", "P-9", "20260105", AccessionNumber="A-1"))
    window, _page = open_list(programme)
    programme.links.show(ShowRequest((), ("A-1",), archive="PACS"))
    page = window.findChildren(ArchivePage)[0]
    wait_for(lambda: len(list(page.results.studies())) == 1 and not page.is_busy, "it is not listed")
    assert "different patients" in window.job_line.text
    assert not shown_uid(window)
    assert programme.transfers.rows() == ()


def test_the_latest_study_is_shown_though_an_earlier_one_is_here(
    programme: Programme, archive: DcmQrScp, tmp_path: Path
) -> None:
    fill(tmp_path / "library", write_study(tmp_path / "here", "Kim^Gildong", "P-1", "20240102"))
    window, _page = open_list(programme)
    programme.links.show(ShowRequest(patient_id="P-1", latest=1))
    wait_for(lambda: study_shown(window) != "", "nothing is shown")
    assert study_shown(window) == uid_of(archive, "P-1", "20260102")


def test_other_programs_are_answered_only_when_they_are_let_in(programme: Programme, archive: DcmQrScp) -> None:
    window, _page = open_list(programme)
    assert not programme.general.answers_invocations
    uid = uid_of(archive, "P-1", "20250102")
    invocations = Invocations(0, lambda request: programme.bridge.deliver(lambda: programme.links.show(request)))
    try:
        query = f"requestType=STUDY&studyUID={uid}"
        url = f"http://127.0.0.1:{invocations.port}/IHEInvokeImageDisplay?{query}"
        with urllib.request.urlopen(url, timeout=30) as answer:
            assert answer.status == 200
            assert uid not in answer.read().decode()
        wait_for(lambda: study_shown(window) == uid, "it is not shown")
    finally:
        invocations.close()


def test_a_library_that_cannot_be_asked_is_not_said_to_have_nothing(qapp: QApplication, tmp_path: Path) -> None:
    fill(tmp_path / "library", write_study(tmp_path / "here", "Park^Jisung", "P-9", "20260105"))
    (tmp_path / "library" / DATABASE_NAME).write_bytes(b"no index" * 4096)
    with library_program(qapp, tmp_path) as programme:
        window = programme.open_window((1280, 800))
        programme.links.show(ShowRequest(("1.2.3",)))
        wait_for(lambda: "was not found" in window.job_line.text, "nothing is said")
        assert "library" in window.job_line.text
