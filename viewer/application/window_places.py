"""Where a further window opens: on a monitor that has none yet, otherwise a little beside the window before it."""

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import QMainWindow

from viewer.ui.screens import screen_of

STEP_PX = 32


def place_beside(size: QRect, others: Sequence[QRect], screens: Sequence[QRect]) -> QRect:
    """Return where a window goes.

    Args:
        size: Its own geometry, as it was kept.
        others: Geometries of the windows there are, the latest last; at least one.
        screens: What windows may cover of each monitor.
    """
    free = [screen for screen in screens if not any(screen.contains(other.center()) for other in others)]
    if free:
        return free[0]
    last = others[-1]
    moved = QRect(last.topLeft() + QPoint(STEP_PX, STEP_PX), size.size())
    screen = next((each for each in screens if each.contains(last.center())), screens[0])
    moved.setSize(moved.size().boundedTo(screen.size()))
    if not screen.contains(moved):
        moved.moveTopLeft(screen.topLeft())
    return moved


def put_beside(window: QMainWindow, others: Sequence[QMainWindow]) -> None:
    """Move a window that is not shown yet."""
    screens = [screen.availableGeometry() for screen in screen_of(window).virtualSiblings()]
    window.setGeometry(place_beside(window.geometry(), [other.geometry() for other in others], screens))
