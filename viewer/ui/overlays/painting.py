"""Draws the texts of a picture over it: banner, corners, letters, scale bar, chips. Lengths are logical pixels.

Where there is little room lines are dropped by priority; the patient's identity is never dropped.
"""

import math

from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from viewer.ui.overlays.outlined_text import draw_text, line_height, shortened, text_width
from viewer.ui.overlays.overlay_texts import Chip, Line, OverlayTexts, ScaleBar, nice_length_mm
from viewer.ui.theme import colours

EDGE = 6.0
NORMAL_PX, SMALL_PX, LETTER_PX = 13, 11, 15
SMALL_BELOW = 260.0
"""A viewport narrower or lower than this is written in small type."""
_SHARE = 0.42
"""Of the height that the texts of one corner may take: the middle belongs to the pixels."""
_SCALE_SHARE = 0.3
_TICK = 5.0
_SLIDER_ROOM = 10.0
"""Kept free at the right edge for the window slider, beside the right letter."""


def paint_overlay(painter: QPainter, area: QRectF, texts: OverlayTexts, *, is_active: bool = False) -> QRectF:
    """Draw everything that is written over a picture; return where the patient's identity is."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    size = SMALL_PX if min(area.width(), area.height()) < SMALL_BELOW else NORMAL_PX
    banner = paint_banner(painter, area, texts.identity, size)
    if texts.message:
        _paint_message(painter, area, texts.message, size)
    foot = paint_chips(painter, area, texts.chips, size, middle=texts.letters.bottom)
    _paint_corners(painter, area, texts, size, banner.bottom(), foot)
    _paint_letters(painter, area, texts, banner)
    if texts.scale_bar is not None and size == NORMAL_PX:
        _paint_scale_bar(painter, area, texts.scale_bar, size, has_letter=bool(texts.letters.bottom))
    if is_active:
        paint_frame(painter, area)
    return banner


def paint_banner(painter: QPainter, area: QRectF, lines: tuple[str, ...], size: int) -> QRectF:
    """Draw the identity at the top left, shortened rather than dropped; return where it is."""
    x, y, height = area.left() + EDGE, area.top() + EDGE, line_height(size)
    width = area.width() - 2 * EDGE
    widest = 0.0
    for text in _joined(lines, width, size):
        shown = shortened(text, size, width)
        draw_text(painter, x, y, shown, size)
        widest = max(widest, text_width(shown, size))
        y += height
    return QRectF(x, area.top() + EDGE, widest, y - area.top() - EDGE)


def _joined(lines: tuple[str, ...], width: float, size: int) -> list[str]:
    """Keep the name on its own line and put the rest on one, where that fits into half the width."""
    if len(lines) > 2:
        rest = "  ".join(lines[1:])
        if text_width(rest, size) <= max(width * 0.5, 150.0):
            return [lines[0], rest]
    return list(lines)


def paint_frame(painter: QPainter, area: QRectF) -> None:
    """Mark the active viewport."""
    pen = QPen(QColor(colours().accent))
    pen.setWidth(1)
    pen.setCosmetic(True)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(area.adjusted(0.0, 0.0, -1.0, -1.0))


def paint_chips(painter: QPainter, area: QRectF, chips: tuple[Chip, ...], size: int, middle: str = "") -> float:
    """Draw the row of chips at the lower right, the first one rightmost; return how much height they take.

    Those that would reach over the letter in the middle are left out, but never the first: it is the most serious.
    """
    small = min(size, SMALL_PX)
    x, y = area.right() - EDGE, area.bottom() - EDGE - line_height(small)
    left_end = area.center().x() + text_width(middle, LETTER_PX) / 2 + 8.0
    height = 0.0
    for chip in chips:
        width = text_width(chip.text, small)
        if height and x - width < left_end:
            break
        x -= width
        draw_text(
            painter,
            x,
            y,
            chip.text,
            small,
            colours().overlay_caution if chip.is_caution else colours().overlay_secondary,
        )
        x -= 10.0
        height = line_height(small) + 2.0
    return height


def _paint_corners(
    painter: QPainter, area: QRectF, texts: OverlayTexts, size: int, banner_end: float, foot: float
) -> None:
    height = line_height(size)
    half = area.width() / 2 - 2 * EDGE - 12.0
    left, right = area.left() + EDGE, area.right() - EDGE
    room = area.height() * _SHARE
    top_room = int((room - (banner_end - area.top())) / height)
    _paint_lines(painter, left, banner_end, kept(texts.top_left, top_room), half, size, from_right=False)
    top_lines = kept(texts.top_right, int(room / height))
    top = area.top() + EDGE
    if top_lines and _banner_reaches(texts.identity, area, size, top_lines):
        top = banner_end
        top_lines = kept(texts.top_right, top_room)
    _paint_lines(painter, right, top, top_lines, half, size, from_right=True)
    for lines, x, below in ((texts.bottom_left, left, 0.0), (texts.bottom_right, right, foot)):
        shown = kept(lines, int((room - below) / height))
        y = area.bottom() - EDGE - below - height * len(shown)
        _paint_lines(painter, x, y, shown, half, size, from_right=lines is texts.bottom_right and x == right)


def _banner_reaches(identity: tuple[str, ...], area: QRectF, size: int, beside: tuple[Line, ...]) -> bool:
    width = area.width() - 2 * EDGE
    widest = max((text_width(text, size) for text in _joined(identity, width, size)), default=0.0)
    return widest + max(text_width(line.text, size) for line in beside) > width - 2 * EDGE


def kept(lines: tuple[Line, ...], count: int) -> tuple[Line, ...]:
    """Return the lines for which there is room, the most important ones, in their order."""
    if len(lines) <= count:
        return lines
    chosen = sorted(range(len(lines)), key=lambda place: (lines[place].priority, place))[: max(0, count)]
    return tuple(lines[place] for place in sorted(chosen))


def _paint_lines(
    painter: QPainter, x: float, y: float, lines: tuple[Line, ...], width: float, size: int, *, from_right: bool
) -> None:
    if width < 30.0:
        return
    height = line_height(size)
    for line in lines:
        text = shortened(line.text, size, width)
        draw_text(painter, x - text_width(text, size) if from_right else x, y, text, size)
        y += height


def _paint_letters(painter: QPainter, area: QRectF, texts: OverlayTexts, banner: QRectF) -> None:
    letters = texts.letters
    size = LETTER_PX if min(area.width(), area.height()) >= SMALL_BELOW else NORMAL_PX
    height, middle = line_height(size), area.center()
    wide = text_width
    draw_text(painter, area.left() + EDGE, middle.y() - height / 2, letters.left, size)
    right = area.right() - EDGE - _SLIDER_ROOM - wide(letters.right, size)
    draw_text(painter, right, middle.y() - height / 2, letters.right, size)
    left_of_top = middle.x() - wide(letters.top, size) / 2
    # A side written over a name would be neither: the letter makes room.
    top = banner.bottom() if banner.right() > left_of_top - EDGE else area.top() + EDGE
    draw_text(painter, left_of_top, top, letters.top, size)
    bottom = area.bottom() - EDGE - height
    draw_text(painter, middle.x() - wide(letters.bottom, size) / 2, bottom, letters.bottom, size)


def _paint_scale_bar(painter: QPainter, area: QRectF, bar: ScaleBar, size: int, *, has_letter: bool) -> None:
    ratio = painter.device().devicePixelRatio()
    longest = area.width() * _SCALE_SHARE
    per_mm = bar.device_pixels_per_mm / ratio
    if longest < 40.0 or not math.isfinite(longest / per_mm):
        return
    length_mm = nice_length_mm(longest / per_mm)
    length = length_mm * per_mm
    small = min(size, SMALL_PX)
    y = area.bottom() - EDGE - (line_height(LETTER_PX) if has_letter else 0.0) - 4.0
    x = area.center().x() - length / 2
    tone = colours()
    lines = [QLineF(x, y, x + length, y), QLineF(x, y - _TICK, x, y), QLineF(x + length, y - _TICK, x + length, y)]
    for colour, width in ((tone.overlay_outline, 3.0), (tone.overlay_text, 1.0)):
        pen = QPen(QColor(colour))
        pen.setWidthF(width)
        painter.setPen(pen)
        painter.drawLines(lines)
    text = f"{length_mm:g} {bar.label or 'mm'}"
    draw_text(painter, area.center().x() - text_width(text, small) / 2, y - line_height(small) - 2.0, text, small)


def _paint_message(painter: QPainter, area: QRectF, message: str, size: int) -> None:
    width, height = area.width() - 4 * EDGE, line_height(size)
    lines = wrapped(message, size, width)
    y = area.center().y() - height * len(lines) / 2
    for line in lines:
        draw_text(painter, area.center().x() - text_width(line, size) / 2, y, line, size, colours().overlay_caution)
        y += height


def wrapped(text: str, size: int, width: float) -> list[str]:
    """Return a text broken at spaces into lines no wider than width."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, size) <= width:
            lines[-1] = longer
        else:
            lines.append(shortened(word, size, width))
    return lines
