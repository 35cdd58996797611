"""The study browser: filtered as one types, sorted, filled while files come, nothing lost from what is open."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QMenu, QToolButton, QTreeView
from pytestqt.qtbot import QtBot

from tests.builders.ct_series import write_ct_series
from tests.ui.flow_steps import tree_of
from tests.ui.program_window import HOSTILE, open_window, pass_time, running, write_series
from viewer.application.programme import Programme
from viewer.ui.browser.study_browser import StudyBrowser
from viewer.ui.browser.tree_items import ROW_ROLE
from viewer.ui.drags import DISPLAY_SET_MIME

NAMES = ("KIM^GILDONG", "MUELLER^ANNA", "YAMADA^TAROU")


@pytest.fixture
def programme(qapp: QApplication, tmp_path: Path) -> Iterator[Programme]:
    with running(qapp, tmp_path) as made:
        yield made


@pytest.fixture
def three_patients(tmp_path: Path) -> Path:
    for number, name in enumerate(NAMES):
        elements = {"PatientName": name, "PatientID": f"ID-{9 - number}", "SeriesDescription": f"Series {number}"}
        write_ct_series(tmp_path / "discs" / str(number), 2, 64, label=f"patient{number}", elements=elements)
    return tmp_path / "discs"


def _parts(browser: StudyBrowser) -> tuple[QLineEdit, QTreeView]:
    return browser.findChildren(QLineEdit)[0], browser.findChildren(QTreeView)[0]


def _patients(tree: QTreeView) -> list[str]:
    return [str(tree.model().index(row, 0).data()) for row in range(tree.model().rowCount())]


def _holds(tree: QTreeView, count: int) -> bool:
    return len(_patients(tree)) == count


def _leaves(tree: QTreeView) -> list[QModelIndex]:
    found: list[QModelIndex] = []
    waiting = [QModelIndex()]
    while waiting:
        parent = waiting.pop()
        for row in range(tree.model().rowCount(parent)):
            index = tree.model().index(row, 0, parent)
            (waiting if tree.model().hasChildren(index) else found).append(index)
    return found


def test_the_filter_follows_the_typing(programme: Programme, three_patients: Path, qtbot: QtBot) -> None:
    window = open_window(programme, three_patients)
    field, tree = _parts(window.show_browser())
    assert len(_patients(tree)) == 3
    for typed, left in (("anna", 1), ("id-8", 1), ("nobody", 0), ("series", 3), ("", 3)):
        field.setText(typed)
        qtbot.waitUntil(partial(_holds, tree, left), timeout=3000)


def test_patients_are_sorted_as_asked(programme: Programme, three_patients: Path) -> None:
    window = open_window(programme, three_patients)
    browser = window.show_browser()
    _field, tree = _parts(browser)
    by_name = _patients(tree)
    assert [name.casefold()[0] for name in by_name] == ["k", "m", "y"]
    menu = next(button.menu() for button in browser.findChildren(QToolButton) if button.menu() is not None)
    assert isinstance(menu, QMenu)
    next(action for action in menu.actions() if action.text() == "Patient ID").trigger()
    assert _patients(tree) == by_name[::-1]
    assert all(tree.isExpanded(leaf.parent()) and tree.isExpanded(leaf.parent().parent()) for leaf in _leaves(tree))


def test_columns_appear_when_asked_for(programme: Programme, three_patients: Path) -> None:
    window = open_window(programme, three_patients)
    browser = window.show_browser()
    _field, tree = _parts(browser)
    assert tree.header().isHidden()
    menu = next(button.menu() for button in browser.findChildren(QToolButton) if button.menu() is not None)
    next(action for action in menu.actions() if "Images" in action.text()).trigger()
    assert not tree.header().isHidden()
    assert str(tree.model().index(0, 2).data()) == "2"


def test_counts_add_up_to_the_files(programme: Programme, three_patients: Path) -> None:
    window = open_window(programme, three_patients)
    browser = window.show_browser()
    _field, tree = _parts(browser)
    images = sum(index.data(ROW_ROLE).images for index in _leaves(tree))
    assert images == 6
    assert any("6 files" in label.text() for label in browser.findChildren(QLabel))


def test_a_drag_carries_the_display_set(programme: Programme, three_patients: Path) -> None:
    window = open_window(programme, three_patients)
    _field, tree = _parts(window.show_browser())
    leaf = _leaves(tree)[0]
    data = tree.model().mimeData([leaf])
    assert bytes(data.data(DISPLAY_SET_MIME).data()).decode() == leaf.data(ROW_ROLE).key


def test_what_is_open_stays_open_while_more_comes(programme: Programme, three_patients: Path, tmp_path: Path) -> None:
    window = open_window(programme, three_patients / "0")
    _field, tree = _parts(window.show_browser())
    first = tree.model().index(0, 0)
    key = first.data(ROW_ROLE).key
    tree.setExpanded(first, False)
    programme.opener.open([three_patients / "1", three_patients / "2"])
    pass_time(1.0)
    assert len(_patients(tree)) == 3
    again = next(
        tree.model().index(row, 0)
        for row in range(tree.model().rowCount())
        if tree.model().index(row, 0).data(ROW_ROLE).key == key
    )
    assert not tree.isExpanded(again)
    del tmp_path


def test_markup_in_names_stays_text(programme: Programme, tmp_path: Path) -> None:
    write_ct_series(tmp_path / "s", 2, 64, elements={"PatientName": HOSTILE, "SeriesDescription": HOSTILE})
    window = open_window(programme, tmp_path / "s")
    _field, tree = _parts(window.show_browser())
    for index in (tree.model().index(0, 0), _leaves(tree)[0]):
        assert "<img" in str(index.data())
        tooltip = str(index.data(Qt.ItemDataRole.ToolTipRole))
        assert "&lt;img" in tooltip
        assert "<img" not in tooltip


def test_what_is_shown_by_itself_is_marked(programme: Programme, tmp_path: Path) -> None:
    window = open_window(programme, write_series(tmp_path / "one", count=1))
    tree = tree_of(window)
    index = tree.currentIndex()
    row = index.siblingAtColumn(0).data(ROW_ROLE)
    assert row is not None
    assert row.key == window.workspace.viewport(0).display_set_key
