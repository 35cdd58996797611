"""The commands for monitors in the window of the program: by keys alone, and while windows come and go."""

from pathlib import Path

from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from tests.ui.program_window import open_window, running, write_series
from viewer.ui.calibration.ramp_window import RampWindow
from viewer.ui.quality.quality_panel import QualityPanel


def _ramps(application: QApplication) -> list[RampWindow]:
    return [each for each in application.topLevelWidgets() if isinstance(each, RampWindow)]


def test_f7_puts_the_keyboard_into_the_panel_and_esc_back(qapp: QApplication, tmp_path: Path) -> None:
    with running(qapp, tmp_path) as programme:
        window = open_window(programme, write_series(tmp_path / "series"))
        window.activateWindow()
        viewport = window.active_widget()
        viewport.setFocus()
        QTest.keyClick(viewport, Qt.Key.Key_F7)
        focus = window.focusWidget()
        assert isinstance(focus, QPushButton)
        assert window.findChildren(QualityPanel)[0].isAncestorOf(focus)
        QTest.keyClick(focus, Qt.Key.Key_Tab)
        assert window.findChildren(QualityPanel)[0].isAncestorOf(window.focusWidget())
        QTest.keyClick(window.focusWidget(), Qt.Key.Key_Escape)
        assert not window.findChildren(QualityPanel)[0].isAncestorOf(window.focusWidget())


def test_the_window_may_be_closed_while_the_ramp_is_looked_at(qapp: QApplication, tmp_path: Path, qtbot: QtBot) -> None:
    with running(qapp, tmp_path) as programme:
        first, second = open_window(programme), open_window(programme)
        first.actions_table.run("display.check")
        assert _ramps(qapp)
        first.close()
        qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        qtbot.waitUntil(lambda: not any(ramp.isVisible() for ramp in _ramps(qapp)), timeout=20_000)
        assert second.isVisible()
