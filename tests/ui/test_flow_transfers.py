"""Studies that are shown while they arrive, in the real window, from a process that takes them from a folder."""

import os
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pydicom
import pytest
from pydicom.uid import UID
from PySide6.QtWidgets import QApplication

from tests.builders import transfer_stand_in
from tests.ui.flow_steps import shown_uid, visible, wait_for
from tests.ui.library_window import library_program, open_list, write_study
from viewer.application.programme import Programme
from viewer.application.transfer_unkept import PREFIX, UnkeptFolder, sweep_unkept
from viewer.archives import transfer_process
from viewer.archives.secrets import Secrets
from viewer.archives.transfer_values import TransferState
from viewer.library.library import Library
from viewer.ui.archives.sign_in_dialog import SignInDialog
from viewer.ui.main_window import MainWindow
from viewer.workspace.transfers import WantedStudy
from viewer.workspace.transfers_opening import Came

COUNT = 6


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = write_study(tmp_path / "archive", "Kim^Gildong", "P-1", "20260102", count=COUNT)
    monkeypatch.setattr(transfer_process, "worker_command", transfer_stand_in.command)
    monkeypatch.setenv(transfer_stand_in.ARCHIVE, str(folder))
    monkeypatch.setenv(transfer_stand_in.GATE, str(tmp_path / "gate"))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return folder


@pytest.fixture
def programme(qapp: QApplication, tmp_path: Path, archive: Path) -> Iterator[Programme]:  # noqa: ARG001 - it is set up
    with library_program(qapp, tmp_path) as programme:
        yield programme


def study_uid(archive: Path) -> str:
    return str(pydicom.dcmread(next(archive.iterdir())).StudyInstanceUID)


def images_shown(window: MainWindow) -> int:
    display_set = window.workspace.display_set_at(0)
    return len(display_set.images) if display_set is not None else 0


def warnings_of(window: MainWindow) -> list[str]:
    display_set = window.workspace.display_set_at(0)
    return [str(warning) for warning in display_set.warnings] if display_set is not None else []


def one_state(programme: Programme) -> TransferState | None:
    statuses = programme.transfers.list.statuses()
    return statuses[0].state if statuses else None


def test_the_first_image_is_shown_before_the_others_have_come(
    programme: Programme, archive: Path, tmp_path: Path
) -> None:
    (tmp_path / "gate").touch()
    window, _page = open_list(programme)
    programme.transfers.retrieve("FOLDER", [WantedStudy(study_uid(archive), "Kim Gildong")], opens=True)
    wait_for(lambda: shown_uid(window), "nothing is shown")
    assert images_shown(window) == 1
    assert any("1" in text and str(COUNT) in text for text in warnings_of(window))  # 1 of 6 images are here
    (row,) = programme.transfers.rows()
    assert (row.title, row.counted) == ("Kim Gildong", f"1 of {COUNT}")
    (tmp_path / "gate").unlink()
    wait_for(lambda: images_shown(window) == COUNT, "not everything is shown")
    wait_for(lambda: one_state(programme) is TransferState.DONE)
    assert not warnings_of(window)


def test_what_is_not_kept_is_shown_and_is_gone_afterwards(programme: Programme, archive: Path, tmp_path: Path) -> None:
    window, _page = open_list(programme)
    programme.transfers.retrieve("FOLDER", [WantedStudy(study_uid(archive))], is_kept=False)
    wait_for(lambda: images_shown(window) == COUNT, "not everything is shown")
    assert list(tmp_path.glob(f"{PREFIX}*"))
    image = window.workspace.image_at(0)
    assert image is not None
    assert programme.shared.place_of(image.header) == "FOLDER (not kept)"
    wait_for(lambda: one_state(programme) is TransferState.DONE)
    programme.tree.clear()
    wait_for(lambda: not list(tmp_path.glob(f"{PREFIX}*/1")), "what was closed is still there")
    programme.transfers.retrieve("FOLDER", [WantedStudy(study_uid(archive))], is_kept=False)
    wait_for(lambda: images_shown(window) == COUNT, "it cannot be opened again")
    window.close()
    programme.close()
    assert not list(tmp_path.glob(f"{PREFIX}*"))
    with Library(tmp_path / "library") as library:
        assert library.catalogue.studies_of_uid(study_uid(archive)) == []


def test_a_process_that_dies_is_begun_again_and_what_it_did_waits_for_the_reader(
    programme: Programme, archive: Path, tmp_path: Path
) -> None:
    (tmp_path / "gate").touch()
    window, _page = open_list(programme)
    transfers = programme.transfers
    transfers.retrieve("FOLDER", [WantedStudy(study_uid(archive))], opens=True)
    wait_for(lambda: shown_uid(window), "nothing is shown")
    process = transfers._process
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)
    wait_for(lambda: one_state(programme) is TransferState.PAUSED, "it is not paused")
    (tmp_path / "gate").unlink()
    wait_for(lambda: "interrupted" in window.job_line.text, "nobody is asked")
    assert images_shown(window) == 1
    transfers.resume(transfers.rows()[0].status.key)
    wait_for(lambda: images_shown(window) == COUNT, "it does not go on")
    wait_for(lambda: one_state(programme) is TransferState.DONE)


def test_what_the_last_program_left_is_asked_about_and_named_by_the_library(
    qapp: QApplication, archive: Path, tmp_path: Path
) -> None:
    (tmp_path / "gate").touch()
    with library_program(qapp, tmp_path) as first:
        window, _page = open_list(first)
        first.transfers.retrieve("FOLDER", [WantedStudy(study_uid(archive))])
        wait_for(lambda: any(row.counted.startswith("1") for row in first.transfers.rows()))
    (tmp_path / "gate").unlink()
    with library_program(qapp, tmp_path) as second:
        window, _page = open_list(second)
        wait_for(lambda: "interrupted" in window.job_line.text, "nobody is asked")
        wait_for(lambda: "Gildong" in second.transfers.rows()[0].title)
        assert second.transfers._process is not None
        assert not second.transfers._process.is_begun
        window.job_line._follow_link()
        wait_for(lambda: one_state(second) is TransferState.DONE)
    with Library(tmp_path / "library") as library:
        assert library.catalogue.studies_of_uid(study_uid(archive))[0].instance_count == COUNT


def test_the_series_that_is_looked_at_comes_first(
    programme: Programme, archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    series_uid = _second_series(archive)
    (tmp_path / "gate").touch()
    window, _page = open_list(programme)
    programme.transfers.retrieve("FOLDER", [WantedStudy(study_uid(archive))], opens=True)
    wait_for(lambda: shown_uid(window), "nothing is shown")
    came: list[str] = []
    take = programme.transfers._on_their_way.arrived

    def noted(key: int, instances: Sequence[Came]) -> None:
        came.extend(each.series_instance_uid for each in instances)
        take(key, instances)

    monkeypatch.setattr(programme.transfers._on_their_way, "arrived", noted)
    programme.transfers.prefer(study_uid(archive), series_uid)
    (tmp_path / "gate").unlink()
    wait_for(lambda: one_state(programme) is TransferState.DONE)
    assert came[:3] == [series_uid] * 3


def _second_series(archive: Path) -> str:
    """Write three of the images again as another series of the study."""
    uid = "1.2.3.4.5"
    for number, path in enumerate(sorted(archive.iterdir())[:3]):
        data_set = pydicom.dcmread(path)
        data_set.SeriesInstanceUID = UID(uid)
        data_set.SOPInstanceUID = data_set.file_meta.MediaStorageSOPInstanceUID = UID(f"{uid}.{number}")
        data_set.save_as(archive / f"z{number}")
    return uid


def test_a_folder_whose_program_has_died_is_swept_and_no_other(tmp_path: Path) -> None:
    held, orphan = UnkeptFolder(tmp_path), tmp_path / f"{PREFIX}dead"
    alive = held.next()
    (orphan / "1").mkdir(parents=True)
    (orphan / "1" / "image.dcm").write_bytes(b"x")
    (orphan / ".lock").touch()
    young = tmp_path / f"{PREFIX}young"
    young.mkdir()
    assert sweep_unkept(tmp_path) == 1
    assert alive.is_dir()
    assert young.is_dir()
    assert not orphan.exists()
    held.close()
    assert not alive.exists()


def test_where_to_sign_in_is_shown_until_something_comes(programme: Programme, archive: Path, tmp_path: Path) -> None:
    (tmp_path / "gate").touch()
    open_list(programme)
    transfers = programme.transfers
    page = {"event": "prompt", "archive": "FOLDER", "url": "https://login.example/device", "code": "WDJB-MJHT"}
    transfers._take(page)
    (dialog,) = visible(SignInDialog)
    assert isinstance(dialog, SignInDialog)
    assert (dialog.url.text(), dialog.code.text()) == ("https://login.example/device", "WDJB-MJHT")
    transfers._take({**page, "code": "NEXT-CODE"})
    assert dialog.code.text() == "NEXT-CODE"
    transfers.retrieve("FOLDER", [WantedStudy(study_uid(archive))])
    wait_for(lambda: not visible(SignInDialog), "it is still shown")
    assert one_state(programme) is TransferState.RUNNING


def test_who_does_not_sign_in_pauses_what_waits_for_it(programme: Programme, archive: Path, tmp_path: Path) -> None:
    (tmp_path / "gate").touch()
    open_list(programme)
    transfers = programme.transfers
    transfers.retrieve("FOLDER", [WantedStudy(study_uid(archive))])
    wait_for(lambda: any(row.counted.startswith("1") for row in transfers.rows()))
    transfers._take({"event": "prompt", "archive": "FOLDER", "url": "https://login.example/device", "code": "X"})
    (dialog,) = visible(SignInDialog)
    assert isinstance(dialog, SignInDialog)
    dialog.reject()
    wait_for(lambda: one_state(programme) is TransferState.PAUSED, "it goes on")


def test_a_password_that_the_window_knows_is_handed_over_once_and_asked_for_after_that(
    programme: Programme, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_list(programme)
    transfers = programme.transfers
    transfers.secrets = Secrets()
    transfers.secrets.take({"folder\npassword\nhttp://127.0.0.1:1": "known"})
    said: list[Mapping[str, object]] = []
    asked: list[tuple[str, str]] = []
    process = transfers._process
    assert process is not None
    monkeypatch.setattr(process, "say", said.append)

    def ask(archive: str, kind: str, answer: Callable[[str | None], None]) -> None:
        asked.append((archive, kind))
        answer(None)

    transfers.ask_secret = ask
    question = {"event": "question", "id": 7, "archive": "FOLDER", "kind": "password"}
    transfers._take(question)
    transfers._take({**question, "id": 8})
    assert [(each["id"], each["secret"]) for each in said] == [(7, "known"), (8, None)]
    assert asked == [("FOLDER", "password")]
