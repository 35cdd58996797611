"""The words of marks, drawn once into one picture each and copied from there: many labels cost as little as few."""

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QPainter

from viewer.ui.measuring.mark_labels import PlacedWords, size_of
from viewer.ui.measuring.mark_shapes import WIDEST_PX, MarkShape
from viewer.ui.overlays.outlined_text import draw_text, line_height, shortened
from viewer.ui.overlays.painting import SMALL_PX

_MARGIN = 2.0
"""For the dark outline of letters."""
_SHEET_PX = 1024
_KEPT = 4000

Words = tuple[tuple[str, ...], str]
"""Lines and their colour."""


class LabelPictures:
    """Belongs to one viewport."""

    def __init__(self) -> None:
        self._sheet = QImage()
        self._ratio = 0.0
        self._places: dict[Words, QRectF] = {}
        self._last: tuple[float, tuple[MarkShape, ...], Sequence[str]] = (0.0, (), ())
        self._parts: list[QRectF] = []

    def paint(self, painter: QPainter, placed: PlacedWords, tones: Sequence[str]) -> None:
        """Draw words, each in its colour; they are taken as they are, nothing in them is markup."""
        ratio = painter.device().devicePixelRatio()
        if self._last != (ratio, placed.shapes, tones):
            wanted = [(shape.words, tone) for shape, tone in zip(placed.shapes, tones, strict=True)]
            if ratio != self._ratio or any(words not in self._places for words in wanted):
                self._draw(dict.fromkeys(wanted), ratio)
            self._last, self._parts = (ratio, placed.shapes, tones), [self._places[words] for words in wanted]
        # On whole device pixels, or the letters would blur.
        corners = (np.rint((placed.corners - _MARGIN) * ratio) / ratio).tolist()
        draw, sheet = painter.drawImage, self._sheet
        for part, (left, top) in zip(self._parts, corners, strict=True):
            draw(QPointF(left, top), sheet, part)

    def _draw(self, wanted: dict[Words, None], ratio: float) -> None:
        """Draw all words that are wanted onto a new sheet, and those of the old one that may be wanted again."""
        words = list(wanted)
        if ratio == self._ratio and len(self._places) + len(words) < _KEPT:
            words += [each for each in self._places if each not in wanted]
        self._ratio, self._places = ratio, {}
        x = y = lowest = 0.0
        for lines, colour in words:
            width = round((size_of(lines)[0] + 2 * _MARGIN + 2) * ratio) + 0.0
            height = round((line_height(SMALL_PX) * len(lines) + 2 * _MARGIN) * ratio) + 0.0
            if x + width > _SHEET_PX * ratio:
                x, y = 0.0, y + lowest
                lowest = 0.0
            self._places[(lines, colour)] = QRectF(x, y, width, height)
            x, lowest = x + width, max(lowest, height)
        sheet = QImage(int(_SHEET_PX * ratio), max(1, int(y + lowest)), QImage.Format.Format_ARGB32_Premultiplied)
        sheet.fill(Qt.GlobalColor.transparent)
        sheet.setDevicePixelRatio(ratio)
        own = QPainter(sheet)
        for (lines, colour), place in self._places.items():
            for number, line in enumerate(lines):
                text = shortened(line, SMALL_PX, WIDEST_PX)
                top = place.top() / ratio + _MARGIN + number * line_height(SMALL_PX)
                draw_text(own, place.left() / ratio + _MARGIN, top, text, SMALL_PX, colour)
        own.end()
        self._sheet = sheet
