"""Saving reformatted series, pictures and surfaces from the real window."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import numpy as np
import pydicom
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog

from tests.builders.phantoms import ramp, spheres, upright_stack, write_phantom
from tests.ui.program_window import open_window, pass_time
from viewer.application.programme import Programme
from viewer.base.translation import set_language
from viewer.imaging.voi_lut import Window
from viewer.ui.main_window import MainWindow
from viewer.ui.viewports.viewport_capture import rgb_of
from viewer.ui.volumes.save_picture_dialog import SavePictureDialog
from viewer.ui.volumes.save_series_dialog import SaveSeriesDialog
from viewer.ui.volumes.surface_dialog import SurfaceDialog
from viewer.workspace.volume_view import VolumeKind

D = TypeVar("D", bound=QDialog)
GRADIENT = (4.0, 3.0, -5.0)
LIMIT_S = 30.0


@pytest.fixture
def programme(qapp: QApplication, tmp_path: Path) -> Iterator[Programme]:
    set_language("en")
    programme = Programme(qapp, tmp_path / "config", library=tmp_path / "library", is_attended=False)
    yield programme
    for window in tuple(programme.windows):
        window.close()
    programme.close()
    qapp.processEvents()


@pytest.fixture
def ramp_window(programme: Programme, tmp_path: Path) -> MainWindow:
    stack = upright_stack((40, 36, 16), (1.0, 1.0, 2.0), center_mm=(10.0, -20.0, 60.0))
    write_phantom(tmp_path / "ramp", stack, ramp(GRADIENT, 100.0), elements={"PatientName": "HONG^GILDONG"})
    return planes_of(open_window(programme, tmp_path / "ramp"))


def planes_of(window: MainWindow) -> MainWindow:
    window.actions_table.run("volume.multiplanar")
    volumes = window.workspace.shared.volumes
    assert volumes is not None
    key = window.workspace.viewport(0).display_set_key

    def is_there() -> bool:
        volume = volumes.volume(key)
        return volume is not None and volume.is_complete and not window.is_loading()

    wait(is_there)
    return window


def wait(is_so: Callable[[], object]) -> None:
    for _turn in range(int(LIMIT_S / 0.02)):
        if is_so():
            return
        pass_time(0.02)
    raise AssertionError("it did not come")


def opened(window: MainWindow, command: str, kind: type[D]) -> D:
    window.actions_table.run(command)
    wait(lambda: window.findChild(kind))
    dialog = window.findChild(kind)
    assert isinstance(dialog, kind)
    return dialog


def test_planes_are_saved_into_a_folder_where_they_lie(ramp_window: MainWindow, tmp_path: Path) -> None:
    ramp_window.workspace.activate(1)
    dialog = opened(ramp_window, "volume.save_series", SaveSeriesDialog)
    assert "36 images" in dialog.preview  # 36 mm of rows, 1 mm apart
    dialog.step.setValue(4.0)
    dialog.thickness.setValue(2.0)
    dialog.name.setText("관상면")
    dialog.place.elsewhere.setChecked(True)
    assert not dialog.start.isEnabled()
    dialog.place.field.setText(str(tmp_path / "saved"))
    assert "9 images" in dialog.preview
    QTest.keyClick(dialog.name, Qt.Key.Key_Return)
    wait(lambda: "9 images saved" in ramp_window.job_line.text)
    files = sorted((tmp_path / "saved").iterdir())
    read = [pydicom.dcmread(path) for path in files]
    assert {str(each.SeriesDescription) for each in read} == {"관상면"}
    assert {float(each.SliceThickness) for each in read} == {2.0}
    for each in read:
        right, down = np.array(each.ImageOrientationPatient, float).reshape(2, 3)
        place = np.array(each.ImagePositionPatient, float)
        middle = place + right * 18 * float(each.PixelSpacing[1]) + down * 10 * float(each.PixelSpacing[0])
        assert each.pixel_array[10, 18] - 1024 == pytest.approx(middle @ np.array(GRADIENT) + 100, abs=1.0)


def test_planes_are_saved_into_the_library_and_can_be_opened_from_there(
    ramp_window: MainWindow, programme: Programme
) -> None:
    programme.library.desk.open()
    dialog = opened(ramp_window, "volume.save_series", SaveSeriesDialog)
    assert dialog.place.folder is None
    dialog.accept()
    wait(lambda: "16 images saved" in ramp_window.job_line.text)
    found: list[int] = []
    programme.library.desk.ask(
        lambda library: sum(row.instance_count for row in library.catalogue.listed_of_uid(uid_of(ramp_window))),
        found.append,
    )
    wait(lambda: found)
    assert found == [16]


def uid_of(window: MainWindow) -> str:
    series = window.workspace.series_at(0)
    assert series is not None
    return series.study.study_instance_uid


def test_a_projection_is_saved_from_all_around(ramp_window: MainWindow, tmp_path: Path) -> None:
    ramp_window.workspace.activate(3)
    ramp_window.actions_table.run("volume.whole")
    dialog = opened(ramp_window, "volume.save_series", SaveSeriesDialog)
    dialog.angle.setValue(90.0)
    assert "4 images" in dialog.preview
    dialog.place.elsewhere.setChecked(True)
    dialog.place.field.setText(str(tmp_path / "round"))
    dialog.accept()
    wait(lambda: "4 images saved" in ramp_window.job_line.text)
    read = [pydicom.dcmread(path) for path in sorted((tmp_path / "round").iterdir())]
    assert all(each.ImageType[-1] == "PROJECTION IMAGE" for each in read)
    assert len({tuple(each.ImageOrientationPatient) for each in read}) == 4


def test_what_cannot_be_saved_is_said_before(ramp_window: MainWindow) -> None:
    dialog = opened(ramp_window, "volume.save_series", SaveSeriesDialog)
    dialog.name.clear()
    assert not dialog.start.isEnabled()
    dialog.name.setText("x")
    assert dialog.start.isEnabled()
    dialog.first.setValue(20.0)
    dialog.last.setValue(10.0)
    assert not dialog.start.isEnabled()
    dialog.last.setValue(30.0)
    dialog.thickness.setValue(0.5)
    assert dialog.choice.window == Window(0.0, 2000.0)
    dialog.reject()


def test_a_folder_that_is_not_empty_is_told(ramp_window: MainWindow, tmp_path: Path) -> None:
    dialog = opened(ramp_window, "volume.save_series", SaveSeriesDialog)
    dialog.place.elsewhere.setChecked(True)
    dialog.place.field.setText(str(tmp_path / "ramp"))
    dialog.accept()
    wait(lambda: "empty" in ramp_window.job_line.text)
    assert len(list((tmp_path / "ramp").iterdir())) == 16


def test_a_picture_is_what_is_on_the_screen_with_the_name_in_it(ramp_window: MainWindow, tmp_path: Path) -> None:
    ramp_window.workspace.activate(0)
    dialog = opened(ramp_window, "volume.save_picture", SavePictureDialog)
    dialog.place.elsewhere.setChecked(True)
    dialog.place.field.setText(str(tmp_path / "picture"))
    dialog.accept()
    wait(lambda: "1 image saved" in ramp_window.job_line.text)
    made = pydicom.dcmread(tmp_path / "picture" / "IM000001.dcm")
    viewport = ramp_window.widget_at(0)
    on_screen = rgb_of(viewport.grab().toImage())
    assert made.pixel_array.shape == on_screen.shape
    inner = (slice(1, -1), slice(1, -1))  # without the mark of the active viewport
    assert np.array_equal(made.pixel_array[inner], on_screen[inner])
    assert made.BurnedInAnnotation == "YES"
    assert made.PatientName == "HONG^GILDONG"
    banner = made.pixel_array[4:40, 4:120]
    assert banner.max() > 200  # letters


def notes_of(window: MainWindow) -> tuple[str, ...]:
    displayed = window.workspace.displayed(0)
    return displayed.rendered.state.notes + displayed.rendered.notes + ("shown",) if displayed is not None else ()


def test_a_surface_is_made_measured_and_written(programme: Programme, tmp_path: Path) -> None:
    stack = upright_stack((48, 44, 30), (1.0, 1.0, 1.5))
    write_phantom(tmp_path / "ball", stack, spheres([(0.0, 0.0, 0.0)], 14.0, inside=1000.0, outside=-1000.0))
    window = open_window(programme, tmp_path / "ball")
    dialog = opened(window, "volume.make_surface", SurfaceDialog)
    wait(dialog.make.isEnabled)
    fields = dialog.fields
    assert fields.threshold.value() == 200
    fields.usual.setCurrentIndex(2)
    fields.usual.activated.emit(2)
    assert fields.threshold.value() == -300
    fields.threshold.setValue(0)
    assert not dialog.export.isEnabled()
    QTest.keyClick(dialog.make, Qt.Key.Key_Space)
    wait(dialog.export.isEnabled)
    volume_cm3 = 4 / 3 * np.pi * 1.4**3
    assert float(dialog.measures.text().split()[1]) == pytest.approx(volume_cm3, rel=0.01)
    wait(lambda: dialog.preview.has_picture)
    dialog.in_renderings.click()
    view = window.workspace.viewport(0).volume
    assert view is not None
    assert view.kind is VolumeKind.RENDERING
    wait(lambda: any("Surface from" in note for note in notes_of(window)))
    dialog.in_renderings.click()
    wait(lambda: notes_of(window) and not any("Surface from" in note for note in notes_of(window)))
    dialog.fields.color = QColor(200, 30, 40)
    dialog.write(tmp_path / "ball.ply")
    wait(lambda: (tmp_path / "ball.ply").exists() and dialog.export.isEnabled())
    assert b"\nend_header\n" in (tmp_path / "ball.ply").read_bytes()[:600]
    QTest.keyClick(dialog.preview, Qt.Key.Key_Right)
    fields.smooth.setValue(0)
    assert not dialog.export.isEnabled()  # it would not be the surface of what is chosen
    fields.threshold.setValue(5000)
    QTest.keyClick(dialog.make, Qt.Key.Key_Space)
    wait(lambda: dialog.trouble)
    assert "no" in dialog.trouble.lower()
    window.actions_table.run("volume.images")
    volumes = window.workspace.shared.volumes
    assert volumes is not None
    assert volumes.is_wanted
    dialog.close()
    wait(lambda: not volumes.is_wanted)
