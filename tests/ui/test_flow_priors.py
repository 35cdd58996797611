"""Earlier studies of the patient, from Orthanc, when a study of it is opened: asked about, fetched, or told of."""

from collections.abc import Iterator
from pathlib import Path

import pydicom
import pytest
from PySide6.QtWidgets import QApplication, QComboBox

from tests.builders.peer_servers import Orthanc
from tests.ui.flow_steps import shown_uid, wait_for
from tests.ui.library_window import library_program, open_list, write_study
from viewer.application.programme import Programme
from viewer.archives.peer_list import PeerList
from viewer.archives.priors import AUTOMATIC, OFF, SECTION, PriorSettings
from viewer.network.peers import Peer, RetrieveMethod
from viewer.network.stations import Station
from viewer.ui.main_window import MainWindow
from viewer.workspace.transfers import WantedStudy


@pytest.fixture(scope="module")
def studies(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("studies")
    return {
        "now": write_study(folder / "now", "Kim^Gildong", "P-1", "20260601", BodyPartExamined="CHEST"),
        "prior": write_study(folder / "prior", "Kim^Gildong", "P-1", "20250601", BodyPartExamined="CHEST"),
        "head": write_study(folder / "head", "Kim^Gildong", "P-1", "20250701", BodyPartExamined="HEAD"),
        "other": write_study(folder / "other", "Lee^Younghee", "P-1", "20250801", BodyPartExamined="CHEST"),
    }


@pytest.fixture(scope="module")
def orthanc(tmp_path_factory: pytest.TempPathFactory, studies: dict[str, Path]) -> Iterator[Orthanc]:
    with Orthanc(tmp_path_factory.mktemp("orthanc")) as server:
        server.keep([path for folder in studies.values() for path in folder.iterdir()])
        yield server


@pytest.fixture
def programme(qapp: QApplication, tmp_path: Path, orthanc: Orthanc) -> Iterator[Programme]:
    station = Station(orthanc.ae_title, "127.0.0.1", orthanc.port)
    PeerList(tmp_path / "config").add(Peer("Orthanc", station, method=RetrieveMethod.GET))
    with library_program(qapp, tmp_path) as programme:
        yield programme


def uid_of(folder: Path) -> str:
    return str(pydicom.dcmread(next(folder.iterdir()), stop_before_pixels=True).StudyInstanceUID)


def open_now(programme: Programme, studies: dict[str, Path]) -> MainWindow:
    window, _page = open_list(programme)
    programme.transfers.retrieve("Orthanc", [WantedStudy(uid_of(studies["now"]), "Kim")], opens=True)
    wait_for(lambda: shown_uid(window), "nothing is shown")
    return window


def fetched(programme: Programme) -> set[str]:
    return {each.request.study_instance_uid for each in programme.transfers.list.statuses() if each.state == "done"}


def test_the_reader_is_asked_and_told_of_the_other_person(programme: Programme, studies: dict[str, Path]) -> None:
    window = open_now(programme, studies)
    wait_for(lambda: "earlier study" in window.job_line.text, "nobody is asked")
    assert "1 earlier study of the patient is in Orthanc" in window.job_line.text
    assert "1 study under the same patient ID has another name" in window.job_line.text
    assert fetched(programme) == {uid_of(studies["now"])}
    window.job_line._follow_link()
    wait_for(lambda: uid_of(studies["prior"]) in fetched(programme), "it is not fetched")
    assert fetched(programme) == {uid_of(studies["now"]), uid_of(studies["prior"])}
    open_uids = {study.study_instance_uid for study in programme.tree.studies()}
    assert open_uids == {uid_of(studies["now"])}  # fetched, not shown


def test_by_the_rules_they_come_by_themselves(programme: Programme, studies: dict[str, Path]) -> None:
    programme.settings.store(SECTION, PriorSettings(mode=AUTOMATIC, same_body_part=False))
    open_now(programme, studies)
    wanted = {uid_of(studies[name]) for name in ("now", "prior", "head")}
    wait_for(lambda: fetched(programme) == wanted, "they did not come")
    assert all(
        each.request.is_background == (each.request.study_instance_uid != uid_of(studies["now"]))
        for each in programme.transfers.list.statuses()
    )


def test_the_command_fetches_them_and_says_where_there_are_none(
    programme: Programme, studies: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    programme.settings.store(SECTION, PriorSettings(mode=OFF))
    window = open_now(programme, studies)
    wait_for(lambda: fetched(programme) == {uid_of(studies["now"])})
    wait_for(lambda: programme.archives.desk.peers, "no archive is known")
    window.actions_table.run("archive.priors")
    wait_for(lambda: uid_of(studies["prior"]) in fetched(programme), "it is not fetched")
    programme.settings.store(SECTION, PriorSettings(mode=OFF, years=1, same_modality=True))
    said: list[str] = []
    monkeypatch.setattr(programme.transfers.priors, "_say", lambda text, _link, _follow: said.append(text))
    window.actions_table.run("archive.priors")
    wait_for(lambda: said)
    assert "another name" in said[0]  # of the other person; the earlier one is here by now


def test_the_rules_have_a_page_in_the_preferences(programme: Programme) -> None:
    window, _page = open_list(programme)
    programme.show_preferences(window, "priors")
    page = programme.transfers.preference_pages()["priors"][1]
    mode = page.findChild(QComboBox, "mode")
    assert isinstance(mode, QComboBox)
    mode.setCurrentIndex(2)
    mode.activated.emit(2)
    assert programme.transfers.priors.settings.mode == AUTOMATIC
