"""Preferences: pages made from sections, keys by pressing them, gestures; all of it in force at once and kept."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QKeySequenceEdit,
    QLabel,
    QPushButton,
    QSpinBox,
    QTreeWidget,
    QWidget,
)
from pytestqt.qtbot import QtBot

from tests.ui.program_window import open_window, pass_time, running
from viewer.application.programme import Programme
from viewer.base.settings import setting
from viewer.ui.main_window import MainWindow
from viewer.ui.preferences.keys_page import KeysPage
from viewer.ui.preferences.mouse_page import MousePage
from viewer.ui.preferences.preferences_window import PreferencesWindow
from viewer.ui.preferences.section_page import SectionPage
from viewer.workspace.commands.table import COMMANDS
from viewer.workspace.keys import MOUSE_GESTURES, KeySettings, resolve


@dataclass(frozen=True, slots=True)
class _Section:
    name: str = setting("a", "Name")
    kind: str = setting("one", "Kind", choices=(("one", "First"), ("two", "Second")))
    count: int = setting(3, "Count", minimum=1, maximum=9)
    share: float = setting(0.5, "Share", minimum=0.0, maximum=1.0)
    is_on: bool = setting(default=False, title="On")
    secret: str = setting("")


@pytest.fixture
def programme(qapp: QApplication, tmp_path: Path) -> Iterator[Programme]:
    with running(qapp, tmp_path) as made:
        yield made


def _keys_page(qtbot: QtBot, settings: KeySettings | None = None) -> tuple[KeysPage, list[KeySettings]]:
    kept: list[KeySettings] = []
    page = KeysPage(COMMANDS, settings or KeySettings(), kept.append)
    qtbot.addWidget(page)
    return page, kept


def _press(page: QWidget, text: str) -> None:
    next(button for button in page.findChildren(QPushButton) if button.text() == text).click()


def _type(page: KeysPage, key: str) -> None:
    page.findChildren(QKeySequenceEdit)[0].setKeySequence(QKeySequence(key))


def test_a_page_follows_the_section(qtbot: QtBot) -> None:
    changes: list[_Section] = []
    page = SectionPage(_Section(), changes.append)
    qtbot.addWidget(page)
    count = page.findChildren(QSpinBox)[0]
    assert (count.minimum(), count.maximum(), count.value()) == (1, 9, 3)
    assert page.findChildren(QDoubleSpinBox)[0].maximum() == 1.0
    count.setValue(5)
    page.findChildren(QCheckBox)[0].click()
    box = page.findChildren(QComboBox)[0]
    box.setCurrentIndex(1)
    box.activated.emit(1)
    assert changes[-1] == _Section(count=5, is_on=True, kind="two")
    assert not page.findChild(QWidget, "secret")


def test_a_pressed_key_replaces(qtbot: QtBot) -> None:
    page, kept = _keys_page(qtbot)
    page.choose("view.invert")
    _type(page, "Ctrl+Shift+J")
    _press(page, "Replace")
    assert resolve(COMMANDS, kept[-1]).keys["view.invert"] == ("Ctrl+Shift+J",)


def test_a_key_is_added_and_all_are_restored(qtbot: QtBot) -> None:
    page, kept = _keys_page(qtbot)
    page.choose("view.invert")
    _type(page, "Ctrl+Shift+J")
    _press(page, "Add")
    assert resolve(COMMANDS, kept[-1]).keys["view.invert"] == ("Ctrl+I", "Ctrl+Shift+J")
    _press(page, "No key")
    assert resolve(COMMANDS, kept[-1]).keys["view.invert"] == ()
    _press(page, "Restore")
    assert kept[-1] == KeySettings()


def test_a_taken_key_is_said_and_changes_hands(qtbot: QtBot) -> None:
    page, kept = _keys_page(qtbot)
    page.choose("view.invert")
    _type(page, "W")
    assert any("Window/level" in label.text() for label in page.findChildren(QLabel))
    _press(page, "Replace")
    table = resolve(COMMANDS, kept[-1])
    assert table.command_of("W") == "view.invert"
    assert table.conflicts == ()


def test_conflicts_in_the_settings_are_shown(qtbot: QtBot) -> None:
    page, _kept = _keys_page(qtbot, KeySettings(keys=("view.invert=J", "view.fit=J")))
    assert any(label.text().startswith("J ") for label in page.findChildren(QLabel))


def test_pressing_keys_really_reaches_the_field(qtbot: QtBot) -> None:
    page, kept = _keys_page(qtbot)
    page.show()
    page.choose("view.invert")
    field = page.findChildren(QKeySequenceEdit)[0]
    QTest.keyClick(field, Qt.Key.Key_J, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
    pass_time(1.2)  # the field waits a second for more keys
    _press(page, "Replace")
    assert resolve(COMMANDS, kept[-1]).keys["view.invert"] == ("Ctrl+Alt+J",)


def test_the_search_finds_commands_by_title_and_key(qtbot: QtBot) -> None:
    page, _kept = _keys_page(qtbot)
    page._search.setText("ctrl+k")
    table = page.findChildren(QTreeWidget)[0]
    shown = [table.topLevelItem(row) for row in range(table.topLevelItemCount())]
    left = [item.data(0, Qt.ItemDataRole.UserRole) for item in shown if item is not None and not item.isHidden()]
    assert left == ["palette.show"]


def test_every_gesture_can_be_chosen(qtbot: QtBot) -> None:
    kept: list[KeySettings] = []
    page = MousePage(COMMANDS, KeySettings(), kept.append)
    qtbot.addWidget(page)
    mouse = resolve(COMMANDS, KeySettings()).mouse
    for gesture in MOUSE_GESTURES:
        box = page.findChild(QComboBox, gesture)
        assert isinstance(box, QComboBox)
        assert box.currentData() == mouse.get(gesture, "")
    middle = page.findChild(QComboBox, "middle")
    assert isinstance(middle, QComboBox)
    middle.setCurrentIndex(middle.findData("tool:scroll"))
    middle.activated.emit(middle.currentIndex())
    assert resolve(COMMANDS, kept[-1]).mouse["middle"] == "tool:scroll"
    _press(page, "Restore the mouse of the profile")
    assert kept[-1].mouse == ()


def _preferences(window: MainWindow) -> PreferencesWindow:
    found = [widget for widget in QApplication.topLevelWidgets() if isinstance(widget, PreferencesWindow)]
    shown = [widget for widget in found if widget.isVisible()]
    assert len(shown) == 1
    del window
    return shown[0]


def test_keys_are_in_force_in_every_window_at_once(programme: Programme) -> None:
    window, other = open_window(programme), programme.open_window()
    window.actions_table.run("help.edit_keys")
    dialog = _preferences(window)
    assert dialog.page == "keys"
    page = dialog.findChildren(KeysPage)[0]
    page.choose("view.invert")
    _type(page, "Ctrl+Shift+J")
    _press(page, "Replace")
    for each in (window, other):
        assert each.actions_table["view.invert"].shortcut().toString() == "Ctrl+Shift+J"
        assert "Ctrl+Shift+J" in each.actions_table["view.invert"].toolTip()
    assert programme.settings.section("keys", KeySettings).keys == ("view.invert=Ctrl+Shift+J",)


def test_another_language_shows_the_preferences_anew(programme: Programme) -> None:
    window = open_window(programme)
    window.actions_table.run("application.preferences")
    box = _preferences(window).findChild(QComboBox, "language")
    assert isinstance(box, QComboBox)
    box.setCurrentIndex(box.findData("ko"))
    box.activated.emit(box.currentIndex())
    pass_time(0.3)
    assert _preferences(programme.windows[0]).page == "general"
    assert programme.general.language == "ko"
    assert programme.general.recent_paths == ()


def test_closing_the_last_window_closes_the_preferences(programme: Programme) -> None:
    window = open_window(programme)
    window.actions_table.run("application.preferences")
    dialog = _preferences(window)
    window.close()
    assert not dialog.isVisible()
