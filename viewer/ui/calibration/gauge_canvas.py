"""The frame that is fitted to a bank card or a ruler held to the screen, in device pixels."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from viewer.base.translation import _
from viewer.display.true_pitch import GAUGES, Gauge, Pitch, frame_of_pitch, pitch_of_frame
from viewer.ui.theme import colours

MARGIN_PX = 24
LEAST_FRAME_PX = 16
STEP_PX, LEAP_PX = 1, 10
TICK_MM, TICK_LENGTH_MM = 10.0, 4.0
_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


class GaugeCanvas(QWidget):
    """Shows the frame; arrows and the mouse change it. Its upper left corner stays where it is.

    Signals:
        fitted: The reader gave the frame another size.
    """

    fitted = Signal()

    def __init__(self, pitch_mm: Pitch, *, is_square: bool = True) -> None:
        super().__init__()
        self._gauge = GAUGES["card"]
        self._frame_px = frame_of_pitch(self._gauge, pitch_mm)
        self._is_square = is_square
        self._dragged_from: tuple[QPointF, tuple[int, int]] | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(320, 120)
        self.setCursor(Qt.CursorShape.SizeFDiagCursor)
        self.setAccessibleName(_("Frame"))
        self.setAccessibleDescription(_("Arrow keys change its width and height by a pixel, with Shift by ten"))

    @property
    def gauge(self) -> Gauge:
        """What is held to the screen."""
        return self._gauge

    @property
    def frame_px(self) -> tuple[int, int]:
        """Width and height of the frame in device pixels."""
        return self._frame_px

    @property
    def is_square(self) -> bool:
        """Whether pixels are taken for square: then the height follows the width, and the width the height."""
        return self._is_square

    @property
    def pitch_mm(self) -> Pitch:
        """Width and height of a device pixel, if the frame fits."""
        return pitch_of_frame(self._gauge, self._frame_px, is_square=self._is_square)

    @property
    def is_cut_off(self) -> bool:
        """Whether the frame is larger than the room for it."""
        ratio = self.devicePixelRatioF()
        room = self.width() * ratio - self._corner_px, self.height() * ratio - self._corner_px
        return self._frame_px[0] > room[0] or self._frame_px[1] > room[1]

    def show_pitch(self, pitch_mm: Pitch) -> None:
        """Give the frame the size that the gauge has at a pitch."""
        self._frame_px = frame_of_pitch(self._gauge, pitch_mm)
        self.update()

    def set_gauge(self, gauge: Gauge) -> None:
        """Have another thing held to the screen; the pitch stays, to whole pixels of the frame."""
        pitch = self.pitch_mm
        self._gauge = gauge
        self.show_pitch(pitch)

    def set_square(self, *, is_square: bool) -> None:
        """Take pixels for square, or not."""
        self._is_square = is_square
        if is_square:
            self.show_pitch(self.pitch_mm)

    def resize_frame(self, width_px: int, height_px: int) -> None:
        """Give the frame another size, as the reader's hand does."""
        width, height = max(LEAST_FRAME_PX, width_px), max(LEAST_FRAME_PX, height_px)
        if self._is_square:
            shape = self._gauge.height_mm / self._gauge.width_mm
            if width == self._frame_px[0] and height != self._frame_px[1]:
                width = max(LEAST_FRAME_PX, round(height / shape))
            height = round(width * shape)
        if (width, height) != self._frame_px:
            self._frame_px = (width, height)
            self.update()
            self.fitted.emit()

    def room_for(self, pitch_mm: Pitch) -> QSize:
        """Return the size, in Qt's pixels, that shows every gauge at a pitch with something around it."""
        ratio = self.devicePixelRatioF()
        frames = [frame_of_pitch(gauge, pitch_mm) for gauge in GAUGES.values()]
        widest, highest = max(frame[0] for frame in frames), max(frame[1] for frame in frames)
        return QSize(round(widest * 1.2 / ratio) + 2 * MARGIN_PX, round(highest * 1.2 / ratio) + 2 * MARGIN_PX)

    # Qt's events

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Let the arrows change the frame."""
        way = _ARROWS.get(Qt.Key(event.key()))
        if way is None:
            super().keyPressEvent(event)
            return
        step = LEAP_PX if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else STEP_PX
        self.resize_frame(self._frame_px[0] + way[0] * step, self._frame_px[1] + way[1] * step)
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin to draw the frame out from where the pointer is: it never jumps."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._dragged_from = (event.position(), self._frame_px)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Draw the frame out; where pixels are square the longer way counts."""
        if self._dragged_from is None:
            return
        start, (width, height) = self._dragged_from
        ratio = self.devicePixelRatioF()
        across, down = (
            round((event.position().x() - start.x()) * ratio),
            round((event.position().y() - start.y()) * ratio),
        )
        if self._is_square and abs(down) > abs(across):
            across = round(down * self._gauge.width_mm / self._gauge.height_mm)
        self.resize_frame(width + across, height + down)

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        """Let go of the frame."""
        self._dragged_from = None

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the frame: its outer edge is exactly on pixel edges."""
        painter = QPainter(self)
        colour = colours()
        painter.fillRect(self.rect(), QColor(colour.viewport))
        painter.scale(1 / self.devicePixelRatioF(), 1 / self.devicePixelRatioF())
        corner, (width, height) = self._corner_px, self._frame_px
        frame = QRectF(corner, corner, width, height)
        pitch = self.pitch_mm
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colour.accent))
        radius = self._gauge.corner_mm / pitch[0]
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, radius > 0)
        painter.drawRoundedRect(frame, radius, radius)
        painter.setBrush(QColor(colour.raised))
        line = self._line_px
        painter.drawRoundedRect(frame.adjusted(line, line, -line, -line), max(radius - line, 0), max(radius - line, 0))
        if self._gauge.has_ticks:
            self._draw_ticks(painter, pitch)
        self._draw_sides(painter, frame)
        painter.end()

    def _draw_ticks(self, painter: QPainter, pitch: Pitch) -> None:
        corner, (width, height) = self._corner_px, self._frame_px
        painter.setBrush(QColor(colours().accent))
        length = TICK_LENGTH_MM / pitch[0]
        for number in range(1, int(self._gauge.width_mm / TICK_MM)):
            painter.drawRect(QRectF(corner + round(width * number * TICK_MM / self._gauge.width_mm), corner, 1, length))
        for number in range(1, int(self._gauge.height_mm / TICK_MM)):
            painter.drawRect(
                QRectF(corner, corner + round(height * number * TICK_MM / self._gauge.height_mm), length, 1)
            )

    def _draw_sides(self, painter: QPainter, frame: QRectF) -> None:
        """Write how long the sides must be, and mark where they are drawn out."""
        ratio = self.devicePixelRatioF()
        font = painter.font()
        font.setPixelSize(round(12 * ratio))
        painter.setFont(font)
        painter.setPen(QPen(QColor(colours().text)))
        inner = frame.adjusted(10 * ratio, 10 * ratio, -10 * ratio, -10 * ratio)
        below, beside = Qt.AlignmentFlag.AlignBottom, Qt.AlignmentFlag.AlignRight
        middle_x, middle_y = Qt.AlignmentFlag.AlignHCenter, Qt.AlignmentFlag.AlignVCenter
        painter.drawText(inner, below | middle_x, f"{self._gauge.width_mm:g} mm")
        painter.drawText(inner, beside | middle_y, f"{self._gauge.height_mm:g} mm")
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours().accent))
        knob = 6 * ratio
        painter.drawRect(QRectF(frame.right() - knob, frame.bottom() - knob, knob, knob))

    @property
    def _corner_px(self) -> int:
        """Where the frame begins, in device pixels, from the left and from above."""
        return round(MARGIN_PX * self.devicePixelRatioF())

    @property
    def _line_px(self) -> int:
        return max(1, round(self.devicePixelRatioF()))
