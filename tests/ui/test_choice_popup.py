"""The palette and other choices of one thing out of many, by the keyboard alone."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QListWidget, QWidget
from pytestqt.qtbot import QtBot

from tests.ui.program_window import HOSTILE
from viewer.ui.dialogs.choice_popup import Choice, ChoicePopup

CHOICES = (Choice("a", "Invert", "I"), Choice("b", "Zoom in", "Ctrl++"), Choice("c", HOSTILE), Choice("d", "Zoom out"))


@pytest.fixture
def parent(qtbot: QtBot) -> QWidget:
    widget = QWidget()
    widget.resize(800, 600)
    qtbot.addWidget(widget)
    widget.show()
    return widget


def _parts(popup: ChoicePopup) -> tuple[QLineEdit, QListWidget]:
    return popup.findChildren(QLineEdit)[0], popup.findChildren(QListWidget)[0]


def test_typing_narrows_and_enter_chooses(parent: QWidget) -> None:
    popup, chosen = ChoicePopup(parent), list[str]()
    popup.offer("Type", CHOICES, chosen.append)
    field, lines = _parts(popup)
    QTest.keyClicks(field, "zo ou")
    assert [lines.item(row).text() for row in range(lines.count())] == ["Zoom out"]
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert chosen == ["d"]
    assert not popup.isVisible()


def test_arrows_move_and_stop_at_the_ends(parent: QWidget) -> None:
    popup, chosen = ChoicePopup(parent), list[str]()
    popup.offer("Type", CHOICES, chosen.append, current="b")
    field, lines = _parts(popup)
    assert lines.currentRow() == 1
    for _press in range(9):
        QTest.keyClick(field, Qt.Key.Key_Down)
    assert lines.currentRow() == 3
    QTest.keyClick(field, Qt.Key.Key_Up)
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert chosen == ["c"]


def test_escape_changes_nothing(parent: QWidget) -> None:
    popup, chosen = ChoicePopup(parent), list[str]()
    popup.offer("Type", CHOICES, chosen.append)
    QTest.keyClick(_parts(popup)[0], Qt.Key.Key_Escape)
    assert not popup.isVisible()
    assert chosen == []


def test_enter_on_nothing_keeps_asking(parent: QWidget) -> None:
    popup, chosen = ChoicePopup(parent), list[str]()
    popup.offer("Type", CHOICES, chosen.append)
    field, lines = _parts(popup)
    QTest.keyClicks(field, "no such thing")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert (lines.count(), popup.isVisible(), chosen) == (0, True, [])
    popup.close()
