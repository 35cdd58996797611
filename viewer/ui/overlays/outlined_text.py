"""Light text with a thin dark outline, so that it reads over any pixels without a box.

A line is painted once into a small transparent picture and kept: drawing it again is a copy.
"""

import functools

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QGuiApplication, QImage, QPainter

from viewer.ui.theme import colours

_MARGIN = 2
_AROUND = tuple((x, y) for x in (-1, 0, 1) for y in (-1, 0, 1) if x or y)
_OUTLINE_ALPHA = 235
_KEPT = 768


@functools.lru_cache(maxsize=16)
def _font(pixel_size: int, _family: str) -> QFont:
    """Return the program's font, with the families it falls back to; its own family only keeps the cache honest."""
    font = QFont(QGuiApplication.font())
    font.setPixelSize(pixel_size)
    return font


def _font_of(pixel_size: int) -> QFont:
    return _font(pixel_size, QGuiApplication.font().family())


@functools.lru_cache(maxsize=2048)
def _width(text: str, pixel_size: int, family: str) -> float:
    return QFontMetricsF(_font(pixel_size, family)).horizontalAdvance(text)


def text_width(text: str, pixel_size: int) -> float:
    """Return the width of a line in logical pixels."""
    return _width(text, pixel_size, QGuiApplication.font().family())


def line_height(pixel_size: int) -> float:
    """Return the distance of lines in logical pixels."""
    return QFontMetricsF(_font_of(pixel_size)).height()


def shortened(text: str, pixel_size: int, width: float) -> str:
    """Return a line cut with an ellipsis so that it is no wider than width."""
    if text_width(text, pixel_size) <= width:
        return text
    return QFontMetricsF(_font_of(pixel_size)).elidedText(text, Qt.TextElideMode.ElideRight, width)


def draw_text(painter: QPainter, x: float, y: float, text: str, pixel_size: int, colour: str = "") -> None:
    """Draw a line whose top left corner is at x, y, in the overlay's colour or another.

    The text is taken as it is: nothing in it is understood as markup.
    """
    if not text:
        return
    ratio = painter.device().devicePixelRatio()
    tone = colours()
    picture = _picture(
        text, pixel_size, colour or tone.overlay_text, tone.overlay_outline, ratio, QGuiApplication.font().family()
    )
    # On whole device pixels, or the glyphs would blur.
    left, top = round((x - _MARGIN) * ratio) / ratio, round((y - _MARGIN) * ratio) / ratio
    painter.drawImage(QPointF(left, top), picture)


@functools.lru_cache(maxsize=_KEPT)
def _picture(text: str, pixel_size: int, colour: str, outline: str, ratio: float, family: str) -> QImage:
    font = _font(pixel_size, family)
    metrics = QFontMetricsF(font)
    width = int((metrics.horizontalAdvance(text) + 2 * _MARGIN + 2) * ratio) + 1
    height = int((metrics.height() + 2 * _MARGIN) * ratio) + 1
    picture = QImage(max(1, width), max(1, height), QImage.Format.Format_ARGB32_Premultiplied)
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setFont(font)
    base = _MARGIN + metrics.ascent()
    around = QColor(outline)
    around.setAlpha(_OUTLINE_ALPHA)
    painter.setPen(around)
    for step_x, step_y in _AROUND:
        painter.drawText(QPointF(_MARGIN + step_x, base + step_y), text)
    painter.setPen(QColor(colour))
    painter.drawText(QPointF(_MARGIN, base), text)
    painter.end()
    return picture
