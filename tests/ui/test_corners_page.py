"""The preference page of corner texts: in force on the viewport at once, kept, and taken back."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QMenu, QPushButton, QTableWidget

from tests.ui.flow_steps import viewport, wait_for
from tests.ui.program_window import open_window, running, write_series
from viewer.application.programme import Programme
from viewer.ui.main_window import MainWindow
from viewer.ui.preferences.corners_page import COLUMN_CORNER, COLUMN_FIELDS, COLUMN_SHORT, CornersPage
from viewer.ui.preferences.preferences_window import PreferencesWindow
from viewer.workspace.corner_text_table import CornerTextTable


@pytest.fixture
def programme(qapp: QApplication, tmp_path: Path) -> Iterator[Programme]:
    with running(qapp, tmp_path) as made:
        yield made


def _page(programme: Programme, window: MainWindow) -> CornersPage:
    programme.show_preferences(window, "corners")
    shown = [
        each for each in QApplication.topLevelWidgets() if isinstance(each, PreferencesWindow) and each.isVisible()
    ]
    (page,) = shown[-1].findChildren(CornersPage)
    page.show_modality("CT")
    return page


def _texts(window: MainWindow, cell: int = 0) -> list[str]:
    texts = viewport(window, cell).shown.texts
    return [line.text for line in (*texts.top_right, *texts.bottom_left)]


def _press(page: CornersPage, title: str) -> None:
    next(each for each in page.findChildren(QPushButton) if each.text() == title).click()


def _choose(page: CornersPage, row: int, field: str) -> None:
    button = page.findChildren(QTableWidget)[0].cellWidget(row, COLUMN_FIELDS)
    assert isinstance(button, QPushButton)
    menu = button.menu()
    assert isinstance(menu, QMenu)
    menu.aboutToShow.emit()
    action: QAction = next(each for each in menu.actions() if each.text() == field)
    action.trigger()


def test_a_line_is_added_changed_kept_and_restored(programme: Programme, tmp_path: Path) -> None:
    window = open_window(programme, write_series(tmp_path / "series"))
    before = _texts(window)
    identity = viewport(window).shown.texts.identity
    page = _page(programme, window)
    _press(page, "Add")  # under the first line, which is chosen
    _choose(page, 1, "Unit of the values")
    _choose(page, 1, "Image number")
    wait_for(lambda: "HU" in _texts(window))
    assert programme.shared.corners.of("CT")["top_right"][1].fields == ("unit",)
    kept = CornerTextTable.builtin().changed_by(programme.shared.corners.settings())
    assert kept == programme.shared.corners
    _press(page, "Restore")
    wait_for(lambda: _texts(window) == before)
    assert programme.shared.corners == CornerTextTable.builtin()
    assert viewport(window).shown.texts.identity == identity  # whatever is chosen


def test_lines_are_removed_moved_put_elsewhere_and_made_short(programme: Programme, tmp_path: Path) -> None:
    window = open_window(programme, write_series(tmp_path / "series"))
    page = _page(programme, window)
    table = page.findChildren(QTableWidget)[0]
    rules = programme.shared.corners.of("CT")["top_right"]
    _press(page, "Move down")
    assert programme.shared.corners.of("CT")["top_right"][:2] == (rules[1], rules[0])
    _press(page, "Remove")
    assert programme.shared.corners.of("CT")["top_right"][0] == rules[1]
    assert rules[0] not in programme.shared.corners.of("CT")["top_right"]
    short = table.cellWidget(0, COLUMN_SHORT)
    assert isinstance(short, QCheckBox)
    short.click()
    assert programme.shared.corners.of("CT")["top_right"][0].is_short
    corner = table.cellWidget(0, COLUMN_CORNER)
    assert isinstance(corner, QComboBox)
    corner.activated.emit(1)
    assert rules[1].fields in [rule.fields for rule in programme.shared.corners.of("CT")["bottom_left"]]


def test_the_texts_are_there_again_after_a_restart(qapp: QApplication, tmp_path: Path) -> None:
    with running(qapp, tmp_path) as first:
        window = open_window(first)
        _press(_page(first, window), "Remove")
        wanted = first.shared.corners
        assert wanted != CornerTextTable.builtin()
    with running(qapp, tmp_path) as second:
        assert second.shared.corners == wanted
