"""A prior laid over in the running program: loaded, asked for, put into force, saved, opened again."""

import time
from collections.abc import Callable
from pathlib import Path

import pydicom
import pytest
from PySide6.QtWidgets import QApplication

from tests.builders.ct_series import write_ct_series
from tests.ui.program_window import open_window, running
from viewer.application.programme import Programme
from viewer.application.registration_place import WindowRegistering
from viewer.base.jobs import Progress
from viewer.dicom.frame_transform import FrameTransform
from viewer.ui.main_window import MainWindow
from viewer.ui.volumes.registration_dialog import RegistrationDialog
from viewer.volume import registration
from viewer.volume.registration import RegisterVolumes, RegistrationResult
from viewer.workspace.commands.table import BY_ID

NOW, THEN = "1.2.826.0.1.3680043.8.498.1", "1.2.826.0.1.3680043.8.498.2"
RIGID = "1.2.840.10008.5.1.4.1.1.66.1"
MOVED = FrameTransform((1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 8, 0, 0, 0, 1))


def _until(is_so: Callable[[], bool], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "it did not come"
        QApplication.processEvents()
        time.sleep(0.002)


def _write(folder: Path, label: str, frame: str, number: int) -> Path:
    write_ct_series(
        folder / label,
        8,
        32,
        slice_step_mm=4.0,
        label=label,
        elements={"FrameOfReferenceUID": frame, "SeriesNumber": number},
    )
    return folder / label


def _shown(programme: Programme, *places: Path) -> MainWindow:
    window = open_window(programme, *places)
    workspace = window.workspace
    workspace.set_layout(1, 2)
    for cell, series in enumerate(sorted(programme.tree.all_series(), key=lambda each: each.number or 0)):
        workspace.show_series(series.key, cell)
    workspace.activate(0)
    return window


def _dialog(window: MainWindow) -> RegistrationDialog:
    BY_ID["link.register"].run(window.workspace)
    assert window.workspace.window is not None
    registering = window.workspace.window.registering
    assert isinstance(registering, WindowRegistering)
    assert registering.dialog is not None
    return registering.dialog


def test_from_the_command_to_a_saved_object(
    qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def found(job: RegisterVolumes, _progress: Progress) -> RegistrationResult:
        seen.append((job.fixed.geometry.frame_of_reference_uid, job.moving.geometry.frame_of_reference_uid))
        assert job.fixed.is_complete
        assert job.moving.is_complete
        return RegistrationResult(MOVED, 0.2, 0.9, 0.8, job.moving.geometry.center_mm)

    monkeypatch.setattr(RegisterVolumes, "run", found)
    places = [_write(tmp_path, "now", NOW, 2), _write(tmp_path, "then", THEN, 3)]
    with running(qapp, tmp_path) as programme:
        window = _shown(programme, *places)
        workspace, frames = window.workspace, programme.shared.linking
        dialog = _dialog(window)
        dialog.start.click()
        _until(lambda: dialog.result_found is not None)
        assert seen == [(NOW, THEN)]
        assert not frames.frames.joints
        dialog.apply.click()
        assert [joint.text for joint in frames.frames.joints] == ["registered (rigid, 2024-03-05 series 3)"]
        frames.change(links_scroll=True)
        workspace.set_index(6, 0)
        assert workspace.viewport(1).index == 4
        saved = tmp_path / "registration.dcm"
        dialog.save_to(str(saved))
        _until(saved.exists)
        dialog.close()
        workspace.undo()
        assert not frames.frames.joints
        programme.opener.open([saved])
        _until(lambda: bool(frames.frames.joints))
        way = frames.frames.way(THEN, NOW)
        assert way is not None
        assert way.transform.point((1.0, 2.0, 3.0)) == (1.0, 2.0, 11.0)
    assert pydicom.dcmread(saved).Modality == "REG"


def test_it_is_saved_in_the_study_on_this_computer(
    qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def found(job: RegisterVolumes, _progress: Progress) -> RegistrationResult:
        return RegistrationResult(MOVED, 0.2, 0.9, 0.8, job.moving.geometry.center_mm)

    monkeypatch.setattr(RegisterVolumes, "run", found)
    places = [_write(tmp_path, "now", NOW, 2), _write(tmp_path, "then", THEN, 3)]
    library = tmp_path / "library"
    programme = Programme(qapp, tmp_path / "config", library=library, is_attended=False)
    try:
        window = _shown(programme, *places)
        dialog = _dialog(window)
        dialog.start.click()
        _until(lambda: dialog.result_found is not None)
        dialog.keep.click()
        _until(lambda: len(_kept(library)) == 1)
        dialog.close()
    finally:
        for each in tuple(programme.windows):
            each.close()
        programme.close()
        qapp.processEvents()
    kept = pydicom.dcmread(_kept(library)[0])
    assert kept.Modality == "REG"
    assert kept.FrameOfReferenceUID == NOW


def _kept(library: Path) -> list[Path]:
    """Return the files that hold a registration, wherever the library keeps them."""
    found = (path for path in library.rglob("*") if path.is_file() and path.suffix != ".part")
    return [path for path in found if RIGID.encode() in path.read_bytes()[:1024]]


def test_closing_the_dialog_while_it_works_leaves_nothing(qapp: QApplication, tmp_path: Path) -> None:
    places = [_write(tmp_path, "now", NOW, 2), _write(tmp_path, "then", THEN, 3)]
    with running(qapp, tmp_path) as programme:
        window = _shown(programme, *places)
        dialog = _dialog(window)
        dialog.start.click()
        dialog.close()
        for _each in range(50):
            QApplication.processEvents()
        assert not programme.shared.linking.frames.joints


def test_what_shares_a_patient_space_is_said_and_not_offered(qapp: QApplication, tmp_path: Path) -> None:
    places = [_write(tmp_path, "now", NOW, 2), _write(tmp_path, "then", NOW, 3)]
    with running(qapp, tmp_path) as programme:
        window = _shown(programme, *places)
        BY_ID["link.register"].run(window.workspace)
        assert window.job_line.text.startswith("Nothing to register: in the same patient space already lie ")


def test_without_simpleitk_it_is_said_how_to_get_it(
    qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registration, "is_available", lambda: False)
    places = [_write(tmp_path, "now", NOW, 2), _write(tmp_path, "then", THEN, 3)]
    with running(qapp, tmp_path) as programme:
        window = _shown(programme, *places)
        BY_ID["link.register"].run(window.workspace)
        assert "pip install 'negatoscope[registration]'" in window.job_line.text


def test_links_are_remembered(qapp: QApplication, tmp_path: Path) -> None:
    with running(qapp, tmp_path) as programme:
        open_window(programme)
        programme.shared.linking.change(links_scroll=True, shows_lines=False)
    with running(qapp, tmp_path) as programme:
        settings = programme.shared.linking.settings
        assert settings.links_scroll
        assert not settings.shows_lines
