"""A screen outlives the window it was asked of: other windows hold it too."""

from pathlib import Path

import shiboken6
from PySide6.QtCore import QPoint
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QWidget

from viewer.display.monitor_store import MonitorStore
from viewer.ui.monitors import Monitors
from viewer.ui.screens import screen_of


def test_a_screen_lives_on_when_the_window_it_was_asked_of_is_gone(qapp: QApplication, tmp_path: Path) -> None:
    held = qapp.primaryScreen()
    monitors = Monitors(MonitorStore(tmp_path))
    for ask in (monitors.screen_at, screen_of, lambda widget: screen_of(widget.windowHandle())):
        window = QWidget()
        window.move(QPoint(100_000, 100_000))  # on no screen: Qt tells the window's
        window.show()
        assert ask(window) is held
        window.close()
        shiboken6.delete(window)
        assert shiboken6.isValid(held)
    monitors.close()
    assert QGuiApplication.screens()[0] is held
