"""The screen of a window, as an object that outlives the window.

PySide takes what QWidget.screen() and QWindow.screen() return for a part of the widget: when that is deleted, every
Python reference to its screen is dead, also those that windows still open hold.
"""

from PySide6.QtGui import QScreen, QWindow
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

_owners: list[QWindow] = []


def screen_of(window: QWidget | QWindow) -> QScreen:
    """Return the screen that a widget or window is on; the only place where Qt is asked that."""
    if not _owners or not isValid(_owners[0]):
        _owners[:] = [QWindow()]  # never shown
    screen = window.screen()
    # Asked of a window that stays, the screen is its part from now on.
    _owners[0].setScreen(screen)
    return _owners[0].screen()
