"""The button at the window's foot: what the greys of its monitor mean, and in its tooltip those of each viewport."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QToolButton, QWidget

from viewer.base.translation import _, ngettext
from viewer.display.monitor_place import MonitorPlace
from viewer.display.state_texts import is_quiet, status_text
from viewer.ui.icons import icon
from viewer.ui.theme import colours
from viewer.ui.viewports.grid import ViewportGrid

GAP_PX = 4


class DisplayStatus(QToolButton):
    """Follows the monitors under a window's viewports.

    Args:
        viewports: Of the window.
        middle: What lies under the viewports, also while there are none.
    """

    def __init__(self, viewports: ViewportGrid, middle: QWidget) -> None:
        super().__init__()
        self._viewports = viewports
        self._middle = middle
        self.setAutoRaise(True)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        monitors = viewports.monitors
        for signal in (viewports.monitors_changed, monitors.changed, monitors.moved):
            signal.connect(self.show_state)

    def show_state(self) -> None:
        """Say what is known now."""
        place = self._viewports.monitors.place_at(self._middle)
        places = [viewport.place for viewport in self._viewports.viewports.values() if viewport.isVisible()]
        titles = dict.fromkeys([place.title, *(each.title for each in places)])
        text = status_text(place.state)
        if len(titles) > 1:
            text = ngettext("{0} · {1} monitor", "{0} · {1} monitors", len(titles)).format(text, len(titles))
        is_calibrated = all(is_quiet(each.state) for each in (place, *places))
        self.setText(text)
        self.setToolTip(_tooltip(place, places))
        self.setIcon(self._spaced(icon("monitor", colours().good if is_calibrated else colours().caution)))

    def _spaced(self, sign: QIcon) -> QIcon:
        """Return an icon with room at its right: the style leaves hardly any before the text."""
        side, ratio = self.iconSize().height(), self.devicePixelRatioF()
        picture = QPixmap(QSize(side + GAP_PX, side) * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        sign.paint(painter, 0, 0, side, side)
        painter.end()
        self.setIconSize(QSize(side + GAP_PX, side))
        return QIcon(picture)


def _tooltip(place: MonitorPlace, of_viewports: Sequence[MonitorPlace]) -> str:
    """Return what is known of the window's monitor; where viewports are on several, each viewport's."""
    several = len({place.title, *(each.title for each in of_viewports)}) > 1
    lines = [place.title, place.gray_sentence(), place.color_sentence(), place.name_sentence()]
    if several:
        lines += [
            _("Viewport {0}: {1}, {2}").format(number, each.title, status_text(each.state))
            for number, each in enumerate(of_viewports, 1)
        ]
    return "\n".join(line for line in lines if line)
