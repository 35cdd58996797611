"""The window as a whole: complete menus, keyboard alone, no markup from names, both languages."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QRect, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QLabel,
    QLineEdit,
    QMenu,
    QSplitter,
    QTextBrowser,
    QToolButton,
    QToolTip,
    QTreeView,
)

from tests.ui.program_window import HOSTILE, all_widgets, open_window, pass_time, running, write_series
from viewer.application.programme import Programme
from viewer.application.window_places import place_beside
from viewer.base.paths import icons_path
from viewer.ui.dialogs.choice_popup import ChoicePopup
from viewer.ui.main_window import MainWindow
from viewer.ui.panels.information import InformationPanel
from viewer.ui.panels.problems import ProblemsPanel
from viewer.ui.viewports.viewport import Viewport
from viewer.workspace.commands.table import COMMANDS, MENU_TITLES
from viewer.workspace.study_tree import PatientOrder

WITHOUT_A_MENU = ("layout.", "tile.")
"""Grids that the layout picker offers; the palette has them all."""


@pytest.fixture
def programme(qapp: QApplication, tmp_path: Path) -> Iterator[Programme]:
    with running(qapp, tmp_path) as made:
        yield made


def _active_tree(window: MainWindow) -> QTreeView:
    return next(tree for tree in window.findChildren(QTreeView) if tree.accessibleName() == "Studies")


def test_every_command_is_complete() -> None:
    for command in COMMANDS:
        assert command.title, command.id
        assert command.text, command.id
        assert command.menu in MENU_TITLES or command.id.startswith(WITHOUT_A_MENU), command.id
        assert not command.icon or icons_path(f"{command.icon}.svg").is_file(), command.icon
        assert not command.is_in_toolbar or command.icon, command.id


def test_every_action_has_its_key_in_the_tooltip(programme: Programme) -> None:
    window = open_window(programme)
    for command in COMMANDS:
        action = window.actions_table[command.id]
        assert command.text.replace("&", "").removesuffix("…") in action.toolTip()
        for key in action.shortcuts()[:1]:
            assert key.toString() in action.toolTip()


def test_every_command_of_a_menu_stands_in_it(programme: Programme) -> None:
    window = open_window(programme)
    for command in COMMANDS:
        if command.menu:
            assert window.actions_table[command.id] in window.menus[command.menu].actions()
    assert all(button.accessibleName() or button.text() or button.toolTip() for button in _tool_buttons(window))


def _tool_buttons(window: MainWindow) -> list[QToolButton]:
    return [button for button in window.findChildren(QToolButton) if button.isVisible()]


def test_no_name_is_taken_for_markup(programme: Programme, tmp_path: Path) -> None:
    window = open_window(programme, write_series(tmp_path / "series", name=HOSTILE))
    for page in ("information", "tags", "problems"):
        window.show_panel(page)
        pass_time(0.4)
    assert HOSTILE.partition("&")[0] in window.windowTitle()
    for widget in all_widgets(window):
        if isinstance(widget, QLabel) and "<" in widget.text():
            assert widget.textFormat() is Qt.TextFormat.PlainText, widget.text()
        _assert_plain(widget.toolTip())
        if isinstance(widget, QTreeView) and widget.model() is not None:
            _assert_plain_tooltips(widget)
    assert not [widget for widget in window.findChildren(QTextBrowser) if "Kim" in widget.toPlainText()]


def _assert_plain(tooltip: str) -> None:
    """Qt renders what looks like markup in a tooltip: names must come escaped, or with their brackets changed."""
    assert "<img" not in tooltip, tooltip


def _assert_plain_tooltips(view: QTreeView) -> None:
    model, waiting = view.model(), [view.rootIndex()]
    while waiting:
        parent = waiting.pop()
        for row in range(model.rowCount(parent)):
            for column in range(model.columnCount(parent)):
                _assert_plain(str(model.index(row, column, parent).data(Qt.ItemDataRole.ToolTipRole) or ""))
            waiting.append(model.index(row, 0, parent))


def test_a_tooltip_with_a_hostile_name_shows_it_letter_by_letter(programme: Programme, tmp_path: Path) -> None:
    window = open_window(programme, write_series(tmp_path / "series", name=HOSTILE))
    tree = _active_tree(window)
    index = tree.model().index(0, 0)
    place = tree.visualRect(index).center()
    event = QHelpEvent(QEvent.Type.ToolTip, place, tree.viewport().mapToGlobal(place))
    QApplication.sendEvent(tree.viewport(), event)
    assert "&lt;img" in QToolTip.text()
    QToolTip.hideText()


def test_the_keyboard_opens_a_series_and_comes_back(programme: Programme, tmp_path: Path) -> None:
    folder = tmp_path / "two"
    write_series(folder / "a")
    window = open_window(programme, folder)
    workspace = window.workspace
    workspace.clear(0)
    window.activateWindow()
    window.actions_table.run("panel.search")
    field = QApplication.focusWidget()
    assert isinstance(field, QLineEdit)
    QTest.keyClicks(field, "gildong")
    pass_time(0.3)
    QTest.keyClick(field, Qt.Key.Key_Return)
    tree = _active_tree(window)
    assert QApplication.focusWidget() is tree
    QTest.keyClick(tree, Qt.Key.Key_Home)
    for _step in range(2):
        QTest.keyClick(tree, Qt.Key.Key_Down)
    QTest.keyClick(tree, Qt.Key.Key_Return)
    pass_time(0.3)
    assert workspace.image_at(0) is not None
    QTest.keyClick(tree, Qt.Key.Key_Escape)
    assert not tree.hasFocus()


def test_arrows_in_the_tree_do_not_scroll_the_images(programme: Programme, tmp_path: Path) -> None:
    window = open_window(programme, write_series(tmp_path / "series"))
    window.workspace.set_index(1)
    window.activateWindow()
    window.actions_table.run("panel.focus_browser")
    tree = _active_tree(window)
    assert tree.hasFocus()
    for key in (Qt.Key.Key_Home, Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_End, Qt.Key.Key_PageDown):
        QTest.keyClick(tree, key)
    assert window.workspace.viewport(0).index == 1
    window.setFocus()
    tree.clearFocus()
    QTest.keyClick(window, Qt.Key.Key_Down)
    assert window.workspace.viewport(0).index == 2


def test_escape_empties_the_filter_first(programme: Programme, tmp_path: Path) -> None:
    window = open_window(programme, write_series(tmp_path / "series"))
    window.activateWindow()
    window.actions_table.run("panel.search")
    field = QApplication.focusWidget()
    assert isinstance(field, QLineEdit)
    QTest.keyClicks(field, "x")
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert (field.text(), field.hasFocus()) == ("", True)
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert not field.hasFocus()


def test_panels_fold_and_full_screen_leaves_the_viewports(programme: Programme, tmp_path: Path) -> None:
    window = open_window(programme, write_series(tmp_path / "series"))
    tree = _active_tree(window)
    for command_id in ("panel.browser", "window.full_screen"):
        assert tree.isVisible()
        window.actions_table.run(command_id)
        assert not tree.isVisible()
        window.actions_table.run(command_id)
    assert tree.isVisible()
    assert window.menuBar().isVisible()


def test_the_window_comes_back_as_it_was(qapp: QApplication, tmp_path: Path) -> None:
    with running(qapp, tmp_path) as first:
        window = open_window(first)
        window.resize(780, 640)  # the screen there is off screen has 800 × 800
        pass_time(0.05)
        size = window.size()
        window.close()
    with running(qapp, tmp_path) as second:
        again = second.open_window()
        pass_time(0.05)
        assert again.size() == size


def test_what_was_folded_and_sorted_stays_so(qapp: QApplication, tmp_path: Path) -> None:
    with running(qapp, tmp_path) as first:
        window = open_window(first)
        for command_id in ("panel.problems", "panel.browser", "view.corner_texts", "view.scale_bar"):
            window.actions_table.run(command_id)
        window.show_browser().set_order(PatientOrder.STUDY_DATE, is_descending=True)
        window.actions_table.run("panel.browser")
        window.close()
    with running(qapp, tmp_path) as second:
        again = second.open_window()
        options = again.workspace.options
        assert (options.shows_browser, options.shows_panels) == (False, True)
        assert (options.corner_texts, options.shows_scale_bar) == ("short", False)
        assert not _active_tree(again).isVisible()
        assert again.findChildren(ProblemsPanel)[0].isVisible()
        assert again.show_browser().order == (PatientOrder.STUDY_DATE, True)


def test_another_theme_leaves_the_splitters_and_the_order_alone(programme: Programme) -> None:
    window = open_window(programme)
    window.show_browser().set_order(PatientOrder.PATIENT_ID, is_descending=True)
    splitter = window.findChildren(QSplitter)[0]
    splitter.setSizes([400, 500, 380])
    sizes = splitter.sizes()
    programme.set_theme("light")
    again = programme.windows[0]
    pass_time(0.05)
    assert again.show_browser().order == (PatientOrder.PATIENT_ID, True)
    assert again.findChildren(QSplitter)[0].sizes() == sizes


def test_a_further_window_opens_on_the_monitor_that_has_none() -> None:
    left, right = QRect(0, 0, 1920, 1080), QRect(1920, 0, 1200, 1920)
    kept, first = QRect(50, 50, 900, 700), QRect(100, 80, 900, 700)
    assert place_beside(kept, [first], [left, right]) == right
    assert place_beside(kept, [right, first], [left, right]) == QRect(132, 112, 900, 700)
    low = QRect(100, 400, 900, 680)  # beside it the window would leave the screen
    assert place_beside(kept, [right, low], [left, right]) == QRect(0, 0, 900, 700)
    assert place_beside(QRect(0, 0, 3000, 2000), [right, low], [left, right]) == left


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_no_menu_clips_its_texts(qapp: QApplication, tmp_path: Path, language: str, theme: str) -> None:
    with running(qapp, tmp_path, language) as programme:
        programme.set_theme(theme)
        window = open_window(programme)
        bar = window.menuBar()
        for action in bar.actions():
            room = bar.actionGeometry(action).width()
            assert bar.fontMetrics().horizontalAdvance(action.text().replace("&", "")) < room
        for menu in window.menus.values():
            _assert_room(menu)


def test_the_menu_of_a_viewport_offers_the_volume_and_the_links(programme: Programme) -> None:
    window = open_window(programme)
    viewport = window.active_widget()
    window._show_viewport_menu(0, viewport.mapToGlobal(viewport.rect().center()))
    menu = next(each for each in window.findChildren(QMenu) if each.isVisible())
    try:
        opened = [action.menu() for action in menu.actions() if action.menu() is not None]
        assert window.menus["volume"] in opened
        assert window.menus["link"] in opened
    finally:
        menu.close()


def _assert_room(menu: QMenu) -> None:
    menu.ensurePolished()
    menu.resize(menu.sizeHint())
    for action in menu.actions():
        text = action.text().replace("&", "")
        assert menu.fontMetrics().horizontalAdvance(text) < menu.actionGeometry(action).width(), text


def test_a_change_of_language_and_theme_keeps_what_is_shown(programme: Programme, tmp_path: Path) -> None:
    window = open_window(programme, write_series(tmp_path / "series"))
    image = window.workspace.image_at(0)
    workspace = window.workspace
    programme.set_language("ko")
    programme.set_theme("light")
    pass_time(0.1)
    assert len(programme.windows) == 1
    assert programme.windows[0].workspace is workspace
    assert workspace.image_at(0) is image
    assert programme.settings.section("general", type(programme.general)).language == "ko"


def test_a_name_of_any_length_leaves_the_images_their_room(programme: Programme, tmp_path: Path) -> None:
    for number in range(2):  # one ID, two names: said with both names in the information panel
        write_series(tmp_path / str(number), name="AB"[number] * 64, count=1)
    window = open_window(programme, tmp_path, size=(1000, 700))
    window.resize(1000, 700)
    pass_time(0.3)
    panel = window.findChildren(InformationPanel)[0]
    notes = "".join(label.text() for label in panel.findChildren(QLabel))
    assert "A" * 20 in notes or "B" * 20 in notes
    assert window.width() == 1000
    assert panel.minimumSizeHint().width() < 300
    assert panel.width() < window.findChildren(Viewport)[0].width()


def test_places_opened_lately_can_be_forgotten(programme: Programme, tmp_path: Path) -> None:
    window = open_window(programme)
    programme.open_paths([write_series(tmp_path / "HONG_GILDONG_1961")])
    assert "HONG_GILDONG_1961" in programme.settings.path.read_text("utf-8")
    window.actions_table.run("file.open_recent")
    popup = next(each for each in window.findChildren(ChoicePopup) if each.isVisible())
    QTest.keyClicks(popup.findChildren(QLineEdit)[0], "Forget")
    QTest.keyClick(popup.findChildren(QLineEdit)[0], Qt.Key.Key_Return)
    assert list(programme.recent_paths()) == []
    assert "HONG_GILDONG_1961" not in programme.settings.path.read_text("utf-8")
