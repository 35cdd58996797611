"""The display panel: what a grey level means on the monitor under the active viewport, since when, and what to do.

What stands in it is made when it is first looked at: a window opens without it.
"""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QScreen, QShowEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget
from shiboken6 import isValid

from viewer.base.translation import _
from viewer.ui.buttons import focus_first_button
from viewer.ui.monitors import Monitors
from viewer.ui.quality.quality_actions import QualityActions

if TYPE_CHECKING:
    from viewer.ui.quality.quality_body import QualityBody


class QualityPanel(QScrollArea):
    """State of one monitor, and what can be done for it; other monitors in a line each.

    Args:
        monitors: The monitors there are.
        actions: What the buttons do.
    """

    def __init__(self, monitors: Monitors, actions: QualityActions) -> None:
        super().__init__()
        self._monitors = monitors
        self._actions = actions
        self._of: QWidget = self
        self._screen: QScreen | None = None
        self._body: QualityBody | None = None
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(_("Display"))
        monitors.changed.connect(self.refresh)
        monitors.moved.connect(self._moved)

    def show_monitor_of(self, widget: QWidget) -> None:
        """Show the monitor under a widget from now on, wherever it goes."""
        if widget is not self._of:
            self._of = widget
            self._moved()

    def refresh(self) -> None:
        """Show what is known now; nothing while nobody looks."""
        if not self.isVisible():
            return
        if self._body is None:
            from viewer.ui.quality.quality_body import QualityBody

            self._body = QualityBody(self._monitors, self._actions)
            self.setWidget(self._body)
        self._screen = self._screen_now()
        self._body.show_screen(self._screen)

    def take_keyboard(self) -> None:
        """Put the keyboard on the first button."""
        self.refresh()
        focus_first_button(self)

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what changed meanwhile."""
        super().showEvent(event)
        self.refresh()

    def _moved(self) -> None:
        if self._screen_now() is not self._screen:
            self.refresh()

    def _screen_now(self) -> QScreen:
        if not isValid(self._of):
            self._of = self
        return self._monitors.screen_at(self._of)
