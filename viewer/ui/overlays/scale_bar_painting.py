"""Where the scale bar stands in a viewport, how long it is and what it says. Lengths are logical pixels.

It stands over the bottom letter where there is room, and at the right, over the chips, in a narrow viewport.
"""

import math
from dataclasses import dataclass

from PySide6.QtCore import QLineF, QRectF
from PySide6.QtGui import QColor, QPainter, QPen

from viewer.base.translation import _
from viewer.ui.overlays.outlined_text import draw_text, line_height, text_width
from viewer.ui.overlays.overlay_texts import ScaleBar, nice_length_mm
from viewer.ui.theme import colours

LABEL_PX = 11
_SHARE, _ASIDE_SHARE = 0.3, 0.4
_LEAST = 24.0
"""A shorter bar measures nothing by eye."""
_TICK = 5.0
_GAP = 4.0
_MICROMETRES_BELOW = 0.1
_MICROMETRES_PER_MM = 1000.0


@dataclass(frozen=True, slots=True)
class PlacedBar:
    """A scale bar in its place.

    Attributes:
        area: Bar and label.
        line: From end to end of the bar.
    """

    area: QRectF
    line: QLineF
    text: str
    text_x: float


def placed_bar(
    area: QRectF, bar: ScaleBar, ratio: float, foot: float, chips: QRectF, *, is_aside: bool
) -> PlacedBar | None:
    """Return where a scale bar stands; None where it does not fit.

    Args:
        area: Of the viewport, without its margins.
        bar: What it measures.
        ratio: Device pixels per logical pixel.
        foot: The height above which it may stand in the middle: that of the bottom letter, or of the margin.
        chips: Where the chips are.
        is_aside: Whether it stands at the right, over the chips.
    """
    per_mm = bar.device_pixels_per_mm / ratio
    longest = area.width() * (_ASIDE_SHARE if is_aside else _SHARE)
    if longest < _LEAST or not math.isfinite(longest / per_mm) or longest <= 0:
        return None
    length_mm = nice_length_mm(longest / per_mm)
    length, text = length_mm * per_mm, bar_text(length_mm, bar.label)
    wide = text_width(text, LABEL_PX)
    height = line_height(LABEL_PX) + 2.0 + _GAP
    right, bottom = area.center().x() + length / 2, foot - _GAP
    text_x = area.center().x() - wide / 2
    left = min(right - length, text_x)
    reaches_chips = left + max(length, wide) > chips.left() - _GAP and bottom > chips.top()
    if is_aside:
        right, bottom = area.right(), chips.top() - _GAP
        text_x = right - wide
        left = min(right - length, text_x)
    elif reaches_chips:
        bottom = chips.top() - _GAP
    placed = QRectF(left, bottom - height, max(length, wide), height)
    letter_of_the_side = area.center().y() + line_height(LABEL_PX)
    if length < _LEAST or placed.left() < area.left() or placed.top() < letter_of_the_side:
        return None
    return PlacedBar(placed, QLineF(right - length, bottom, right, bottom), text, text_x)


def bar_text(length_mm: float, label: str) -> str:
    """Return the length with its unit and where that comes from; very short ones in micrometres."""
    if length_mm < _MICROMETRES_BELOW and label == _("mm"):
        return _("{0} µm").format(f"{length_mm * _MICROMETRES_PER_MM:g}")
    return f"{length_mm:g} {label or _('mm')}"


def paint_bar(painter: QPainter, bar: PlacedBar) -> None:
    """Draw a bar with its ticks and its label."""
    tone = colours()
    left, right, y = bar.line.x1(), bar.line.x2(), bar.line.y1()
    lines = [bar.line, QLineF(left, y - _TICK, left, y), QLineF(right, y - _TICK, right, y)]
    for colour, width in ((tone.overlay_outline, 3.0), (tone.overlay_text, 1.0)):
        pen = QPen(QColor(colour))
        pen.setWidthF(width)
        painter.setPen(pen)
        painter.drawLines(lines)
    draw_text(painter, bar.text_x, bar.area.top(), bar.text, LABEL_PX)
