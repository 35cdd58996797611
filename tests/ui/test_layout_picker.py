"""The grid of layouts, by the keyboard alone."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from viewer.ui.dialogs.layout_picker import LayoutPicker


@pytest.fixture
def parent(qtbot: QtBot) -> QWidget:
    widget = QWidget()
    widget.resize(800, 600)
    qtbot.addWidget(widget)
    widget.show()
    return widget


def test_the_layout_is_picked_by_arrows(parent: QWidget) -> None:
    picker, chosen = LayoutPicker(parent), list[tuple[int, int]]()
    picker.offer(1, 1, lambda rows, columns: chosen.append((rows, columns)))
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Return):
        QTest.keyClick(picker, key)
    assert chosen == [(2, 3)]
    assert not picker.isVisible()


def test_the_layout_stays_within_five_by_five(parent: QWidget) -> None:
    picker, chosen = LayoutPicker(parent), list[tuple[int, int]]()
    picker.offer(5, 1, lambda rows, columns: chosen.append((rows, columns)))
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Left, Qt.Key.Key_Return):
        QTest.keyClick(picker, key)
    assert chosen == [(5, 1)]


def test_escape_leaves_the_layout(parent: QWidget) -> None:
    picker, chosen = LayoutPicker(parent), list[tuple[int, int]]()
    picker.offer(2, 2, lambda rows, columns: chosen.append((rows, columns)))
    QTest.keyClick(picker, Qt.Key.Key_Escape)
    assert not picker.isVisible()
    assert chosen == []
