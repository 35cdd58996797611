"""The colour bar of what is laid over a picture: its colours from the last to the first, with numbers and unit.

It stands at the right, between the letter of that side and the chips. Lengths are logical pixels.
"""

import numpy as np
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from viewer.imaging.fusion_palettes import fusion_palette
from viewer.ui.overlays.outlined_text import draw_text, line_height, text_width
from viewer.ui.overlays.overlay_texts import ColorBar
from viewer.ui.theme import colours

LABEL_PX = 11
_WIDTH = 10.0
_GAP = 4.0
_LEAST, _LONGEST = 48.0, 220.0
"""A shorter bar tells no colours apart; a longer one takes the picture's room."""


def placed_color_bar(area: QRectF, bar: ColorBar, top: float, bottom: float) -> QRectF | None:
    """Return where a colour bar with its words stands; None where it does not fit.

    Args:
        area: Of the viewport, without its margins.
        bar: What it tells.
        top: Above which something else stands.
        bottom: Below which something else stands.
    """
    words = line_height(LABEL_PX)
    room = bottom - top - words - 3 * _GAP
    if room < _LEAST:
        return None
    length = min(room, _LONGEST)
    width = max(text_width(bar.title, LABEL_PX), _WIDTH + _GAP + max(text_width(text, LABEL_PX) for text in bar.ends))
    if width > area.width() / 2:
        return None
    return QRectF(area.right() - width, bottom - _GAP - length - words, width, length + words)


def paint_color_bar(painter: QPainter, place: QRectF, bar: ColorBar) -> None:
    """Draw a colour bar: title, colours, the highest and the lowest number beside them."""
    words = line_height(LABEL_PX)
    right = place.right()
    draw_text(painter, right - text_width(bar.title, LABEL_PX), place.top(), bar.title, LABEL_PX)
    box = QRectF(right - _WIDTH, place.top() + words, _WIDTH, place.height() - words)
    table = np.ascontiguousarray(fusion_palette(bar.palette)[::-1, None, :])
    colors = QImage(table.data, 1, table.shape[0], 3, QImage.Format.Format_RGB888)
    painter.drawImage(box, colors)
    pen = QPen(QColor(colours().overlay_outline))
    pen.setCosmetic(True)
    painter.setPen(pen)
    painter.drawRect(box)
    low, high = bar.ends
    for text, y in ((high, box.top()), (low, box.bottom() - words)):
        at = QPointF(box.left() - _GAP - text_width(text, LABEL_PX), y)
        draw_text(painter, at.x(), at.y(), text, LABEL_PX)
