"""A picture of exact pixels that covers one monitor, with a dim line of words at its foot."""

import math
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRect, Qt, Signal
from PySide6.QtGui import QCloseEvent, QColor, QImage, QKeyEvent, QPainter, QPaintEvent, QResizeEvent, QScreen
from PySide6.QtWidgets import QWidget

from viewer.ui.calibration.patch_pictures import Picture, level_picture

MARGIN = 16
MIDDLE_PX = 140
"""Room for a reading at least."""
BLACK = 0
DIM_INK, CLEAR_INK = "#5f6771", "#9aa1aa"
DIM_BAND = "#101214"


@dataclass(frozen=True, slots=True)
class Caption:
    """The words at the foot.

    Attributes:
        left: Where one is.
        middle: What was typed.
        right: The keys.
        message: In a line of its own above, when something must be told.
    """

    left: str = ""
    middle: str = ""
    right: str = ""
    message: str = ""


class FullScreenPatch(QWidget):
    """Covers the given monitor. Subclasses say what the keys do; Esc and closing lose nothing.

    Args:
        screen: The monitor.
        parent: Lives as long as this window at least.

    Signals:
        left: The window was closed.
    """

    left = Signal()

    def __init__(self, screen: QScreen, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window | Qt.WindowType.FramelessWindowHint)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.BlankCursor)
        self.setScreen(screen)
        self.setGeometry(screen.geometry())
        self.caption = Caption()
        self.is_caption_shown = True
        self._make: Picture = level_picture(BLACK, BLACK)
        self._image = QImage()

    def open(self) -> None:
        """Cover the monitor and take the keys."""
        self.showFullScreen()
        self.activateWindow()
        self.setFocus()

    def show_picture(self, make: Picture) -> None:
        """Show another picture."""
        self._make = make
        self._image = QImage()
        self.update()

    def say(self, caption: Caption) -> None:
        """Show other words at the foot."""
        self.caption = caption
        self.setAccessibleName(" · ".join(filter(None, (caption.message, caption.left, caption.middle))))
        self.update()

    def toggle_caption(self) -> None:
        """Hide the words at the foot, or show them again."""
        self.is_caption_shown = not self.is_caption_shown
        self.update()

    @property
    def caption_height(self) -> int:
        """How much of the foot the words take, in the widget's pixels."""
        lines = 2 if self.caption.message else 1
        return lines * (self.fontMetrics().height() + 4) + MARGIN

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc leaves."""
        if event.key() == Qt.Key.Key_Escape:
            self.close()
            return
        super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Tell that the window is gone."""
        super().closeEvent(event)
        self.left.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Make the picture anew for another number of pixels."""
        super().resizeEvent(event)
        self._image = QImage()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Put the picture's pixels on the screen's, one to one; the words over its foot."""
        del event
        ratio = self.devicePixelRatio()
        # At fractional densities the last pixel is a part of one: it must be painted all the same.
        width, height = math.ceil(self.width() * ratio), math.ceil(self.height() * ratio)
        if self._image.width() != width or self._image.height() != height:
            self._image = self._make(width, height)
        self._image.setDevicePixelRatio(ratio)
        painter = QPainter(self)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
        painter.drawImage(QPointF(0.0, 0.0), self._image)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
        if self.is_caption_shown:
            self._paint_caption(painter)
        painter.end()

    def _paint_caption(self, painter: QPainter) -> None:
        caption, metrics = self.caption, self.fontMetrics()
        if caption == Caption():
            return
        band = QRect(0, self.height() - self.caption_height, self.width(), self.caption_height)
        painter.fillRect(band, QColor(DIM_BAND))
        line = metrics.height() + 4
        foot = QRect(MARGIN, self.height() - line - MARGIN // 2, self.width() - 2 * MARGIN, line)
        gap = metrics.averageCharWidth() * 3
        sides = metrics.horizontalAdvance(caption.left), metrics.horizontalAdvance(caption.right)
        left = QRect(foot.left(), foot.top(), min(sides[0] + 2, foot.width() // 3), line)
        width = min(sides[1] + 2, foot.width() - left.width() - MIDDLE_PX - 2 * gap)
        right = QRect(foot.right() - width, foot.top(), width, line)
        # In the middle of the screen where there is room, else between its neighbours.
        half = min(foot.center().x() - left.right(), right.left() - foot.center().x()) - gap
        middle = QRect(foot.center().x() - half, foot.top(), 2 * half, line)
        if 2 * half < MIDDLE_PX:
            middle = QRect(left.right() + gap, foot.top(), right.left() - left.right() - 2 * gap, line)
        flag = Qt.AlignmentFlag
        for area, text, side, ink in (
            (left, caption.left, flag.AlignLeft, CLEAR_INK),
            (middle, caption.middle, flag.AlignHCenter, CLEAR_INK),
            (right, caption.right, flag.AlignRight, DIM_INK),
            (foot.translated(0, -line), caption.message, flag.AlignHCenter, CLEAR_INK),
        ):
            shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, area.width())
            painter.setPen(QColor(ink))
            painter.drawText(area, int(side.value) | int(flag.AlignVCenter.value), shown)
