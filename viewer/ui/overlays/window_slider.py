"""The thin bar at the right edge with the window's lowest and highest value, to be dragged; seen while hovered."""

from dataclasses import dataclass, replace

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QPainter

from viewer.imaging.voi_lut import Window, exact_window_between, window_between
from viewer.ui.overlays.outlined_text import draw_text, line_height, text_width
from viewer.ui.overlays.overlay_texts import number
from viewer.ui.theme import colours

REACH_PX = 16.0
"""How near the right edge the pointer calls it up."""
_BAR_PX, _HANDLE_PX, _GRIP_PX = 4.0, 10.0, 7.0
_TOP_SHARE, _BOTTOM_SHARE = 0.3, 0.82
_TEXT_PX = 11
LOW, HIGH, BOTH = "low", "high", "both"


@dataclass(frozen=True, slots=True)
class SliderScale:
    """The values of the bar's ends: the range of the image, or more where the window reaches beyond it."""

    low: float
    high: float

    @classmethod
    def of(cls, window: Window, value_range: tuple[float, float]) -> "SliderScale":
        """Return the scale for a window over a range of values."""
        low, high = min(value_range[0], window.low), max(value_range[1], window.high)
        return cls(low, high if high > low else low + 1.0)


def bar_area(area: QRectF) -> QRectF:
    """Return where the bar lies in a viewport."""
    top, bottom = area.top() + area.height() * _TOP_SHARE, area.top() + area.height() * _BOTTOM_SHARE
    return QRectF(area.right() - REACH_PX / 2 - _BAR_PX / 2, top, _BAR_PX, bottom - top)


def is_in_reach(area: QRectF, point: QPointF) -> bool:
    """Whether the pointer calls the bar up."""
    bar = bar_area(area)
    return point.x() >= area.right() - REACH_PX and bar.top() - _HANDLE_PX <= point.y() <= bar.bottom() + _HANDLE_PX


def y_of(area: QRectF, scale: SliderScale, value: float) -> float:
    """Return the height of a value on the bar; high is up."""
    bar = bar_area(area)
    return bar.bottom() - (value - scale.low) / (scale.high - scale.low) * bar.height()


def part_at(area: QRectF, scale: SliderScale, window: Window, point: QPointF) -> str:
    """Return what a press takes hold of: the nearer handle, or both between them."""
    low, high = y_of(area, scale, window.low), y_of(area, scale, window.high)
    if abs(point.y() - high) <= _GRIP_PX and abs(point.y() - high) <= abs(point.y() - low):
        return HIGH
    if abs(point.y() - low) <= _GRIP_PX:
        return LOW
    if high < point.y() < low:
        return BOTH
    return HIGH if point.y() <= high else LOW


def dragged(area: QRectF, scale: SliderScale, start: Window, part: str, dy: float) -> Window:
    """Return the window after a handle moved; black never passes white."""
    step = -dy / bar_area(area).height() * (scale.high - scale.low)
    if part == BOTH:
        return replace(start, center=start.center + step)
    least = (scale.high - scale.low) / 4096
    low = min(start.low + step, start.high - least) if part == LOW else start.low
    high = max(start.high + step, start.low + least) if part == HIGH else start.high
    made = window_between(low, high) if start.function.value == "LINEAR" else exact_window_between(low, high)
    return replace(made, function=start.function)


def paint_slider(painter: QPainter, area: QRectF, scale: SliderScale, window: Window) -> None:
    """Draw the bar, the part of it between black and white, and the two values."""
    tone = colours()
    bar = bar_area(area)
    low, high = y_of(area, scale, window.low), y_of(area, scale, window.high)
    painter.fillRect(bar.adjusted(-1, -1, 1, 1), QColor(tone.overlay_outline))
    painter.fillRect(bar, QColor(tone.hairline))
    painter.fillRect(QRectF(bar.left(), high, bar.width(), low - high), QColor(tone.accent))
    for y, value in ((high, window.high), (low, window.low)):
        painter.fillRect(QRectF(bar.center().x() - _HANDLE_PX / 2, y - 1.5, _HANDLE_PX, 3.0), QColor(tone.overlay_text))
        text = number(round(value, 1))
        x = bar.left() - _HANDLE_PX - text_width(text, _TEXT_PX)
        draw_text(painter, x, y - line_height(_TEXT_PX) / 2, text, _TEXT_PX)
