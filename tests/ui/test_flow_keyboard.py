"""Flow: a reader who never touches the mouse, from finding a patient to the last image and back."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget

from tests.builders.ct_series import write_ct_series
from tests.ui.flow_steps import leaves, shown_uid, tree_of, viewport, wait_for
from tests.ui.program_window import open_window, running
from viewer.application.programme import Programme
from viewer.imaging.voi_lut import Window
from viewer.ui.dialogs.choice_popup import ChoicePopup
from viewer.ui.main_window import MainWindow
from viewer.ui.side_pages import SidePages

IMAGES = 24


@pytest.fixture
def programme(qapp: QApplication, tmp_path: Path) -> Iterator[Programme]:
    with running(qapp, tmp_path) as made:
        yield made


@pytest.fixture
def window(programme: Programme, tmp_path: Path) -> MainWindow:
    for name in ("KIM^GILDONG", "MUELLER^ANNA"):
        elements = {"PatientName": name, "PatientID": name[:3], "SeriesDescription": f"Head {name[0]}"}
        write_ct_series(tmp_path / "ct" / name[:3], IMAGES, 64, label=name, elements=elements)
    made = open_window(programme, tmp_path / "ct", size=(1000, 700))
    made.activateWindow()
    wait_for(lambda: shown_uid(made))
    return made


def press(
    window: MainWindow, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier, times: int = 1
) -> None:
    """Press a key where the keyboard is."""
    for _time in range(times):
        QTest.keyClick(QApplication.focusWidget() or window, key, modifiers)


def current_name(window: MainWindow) -> str:
    series = window.workspace.series_at(window.workspace.active)
    return series.study.patient.name if series is not None else ""


def shows_patient(window: MainWindow, name: str) -> bool:
    return current_name(window) == name and bool(shown_uid(window))


def test_a_patient_is_found_and_opened_with_the_keyboard_alone(window: MainWindow) -> None:
    press(window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    field = QApplication.focusWidget()
    assert isinstance(field, QLineEdit)
    tree = tree_of(window)
    for typed, names in (("anna", "MUELLER^ANNA"), ("kim", "KIM^GILDONG")):
        field.setFocus()
        field.selectAll()
        QTest.keyClicks(field, typed)
        press(window, Qt.Key.Key_Return)
        assert QApplication.focusWidget() is tree
        assert leaves(tree) == 1  # at once: the next key must not act on what an older filter left
        press(window, Qt.Key.Key_Down, times=2)
        press(window, Qt.Key.Key_Return)
        wait_for(partial(shows_patient, window, names))
    press(window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    press(window, Qt.Key.Key_Escape, times=2)
    wait_for(lambda: leaves(tree) == 2)
    assert not field.hasFocus()


def test_images_are_scrolled_with_the_keyboard(window: MainWindow) -> None:
    workspace = window.workspace
    window.setFocus()
    shift = Qt.KeyboardModifier.ShiftModifier
    for key, modifiers, times, index in (
        (Qt.Key.Key_Home, Qt.KeyboardModifier.NoModifier, 1, 0),
        (Qt.Key.Key_Down, Qt.KeyboardModifier.NoModifier, 3, 3),
        (Qt.Key.Key_Up, Qt.KeyboardModifier.NoModifier, 1, 2),
        (Qt.Key.Key_Down, shift, 1, 12),
        (Qt.Key.Key_End, Qt.KeyboardModifier.NoModifier, 1, IMAGES - 1),
        (Qt.Key.Key_Down, Qt.KeyboardModifier.NoModifier, 1, IMAGES - 1),
        (Qt.Key.Key_PageUp, Qt.KeyboardModifier.NoModifier, 2, IMAGES - 3),
        (Qt.Key.Key_Home, Qt.KeyboardModifier.NoModifier, 1, 0),
    ):
        press(window, key, modifiers, times)
        assert workspace.viewport(0).index == index
        wait_for(lambda: shown_uid(window) == workspace.image_at(0).header.sop_instance_uid)  # type: ignore[union-attr]  # there is one
    before = current_name(window)
    press(window, Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier)
    assert current_name(window) != before
    press(window, Qt.Key.Key_Left, Qt.KeyboardModifier.ControlModifier)
    assert current_name(window) == before


def test_presets_of_the_modality_are_keys_1_to_9_and_0_goes_back(window: MainWindow) -> None:
    workspace = window.workspace
    window.setFocus()
    presets = workspace.presets.of("CT")
    assert [(each.window.width, each.window.center) for each in presets[:4]] == [
        (80, 40),
        (200, 75),
        (40, 40),
        (1500, -600),
    ]
    for number, preset in enumerate(presets[:9], 1):
        press(window, Qt.Key(Qt.Key.Key_0 + number))
        assert workspace.viewport(0).view.voi == preset.window
        wait_for(partial(shows, window, preset.window))
    press(window, Qt.Key.Key_0)
    assert workspace.viewport(0).view.voi is None
    press(window, Qt.Key.Key_I)
    press(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert workspace.viewport(0).view.voi == presets[8].window


def shows(window: MainWindow, wanted: Window) -> bool:
    displayed = window.workspace.displayed(0)
    return displayed is not None and displayed.rendered.request.view.voi == wanted


def test_f9_to_f11_fold_the_sides_and_fill_the_screen(window: MainWindow) -> None:
    tree = tree_of(window)
    panels = window.findChildren(SidePages)[0]
    image = viewport(window)
    width = image.width()
    window.setFocus()
    press(window, Qt.Key.Key_F9)
    assert not tree.isVisible()
    press(window, Qt.Key.Key_F10)
    assert not panels.isVisible()
    wait_for(lambda: image.width() > width + 300 and not window.is_loading())
    press(window, Qt.Key.Key_F11)
    assert window.isFullScreen()
    assert not window.menuBar().isVisible()
    wait_for(lambda: shown_uid(window))
    press(window, Qt.Key.Key_F11)
    press(window, Qt.Key.Key_F9)
    press(window, Qt.Key.Key_F10)
    assert tree.isVisible()
    assert panels.isVisible()
    assert not window.isFullScreen()


def palette(window: MainWindow) -> QWidget:
    press(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    wait_for(lambda: any(each.isVisible() for each in window.findChildren(ChoicePopup)))
    return next(each for each in window.findChildren(ChoicePopup) if each.isVisible())


def test_the_palette_runs_what_is_typed_and_escape_closes_it(window: MainWindow) -> None:
    workspace = window.workspace
    window.setFocus()
    popup = palette(window)
    field = popup.findChildren(QLineEdit)[0]
    QTest.keyClicks(field, "invert")
    QTest.keyClick(field, Qt.Key.Key_Return)
    wait_for(lambda: not popup.isVisible())
    assert workspace.viewport(0).view.inverted
    popup = palette(window)
    QTest.keyClick(popup.findChildren(QLineEdit)[0], Qt.Key.Key_Escape)
    wait_for(lambda: not popup.isVisible())
    assert workspace.viewport(0).view.inverted
    window.setFocus()
    press(window, Qt.Key.Key_Escape)  # as everywhere: back to the image as it came
    assert not workspace.viewport(0).view.inverted
