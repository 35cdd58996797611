"""Draws the texts of a picture over it: banner, corners, letters, scale bar, chips. Lengths are logical pixels.

Where there is little room lines are dropped by priority; the patient's identity is never dropped.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from viewer.dicom.orientation import EdgeLabels
from viewer.ui.overlays.color_bar_painting import paint_color_bar, placed_color_bar
from viewer.ui.overlays.outlined_text import draw_text, line_height, shortened, text_width
from viewer.ui.overlays.overlay_texts import Chip, Line, OverlayTexts
from viewer.ui.overlays.scale_bar_painting import paint_bar, placed_bar
from viewer.ui.theme import colours

EDGE = 6.0
NORMAL_PX, SMALL_PX, LETTER_PX = 13, 11, 15
SMALL_BELOW = 260.0
"""A viewport narrower or lower than this is written in small type."""
_SHARE = 0.34
"""Of the height that the texts of one corner may take: the middle belongs to the pixels."""
_WIDTH_SHARE = 0.7
"""Of the width that a line may take where nothing stands opposite."""
_BAR_ASIDE_BELOW = 420.0
"""In a narrower viewport the scale bar stands at the right: in the middle it would leave the corner no room."""
_LEAST_WIDTH = 110.0
"""A narrower viewport has room for the identity alone."""
_SLIDER_ROOM = 10.0
"""Kept free at the right edge for the window slider, beside the right letter."""
_COLORS_ROOM = 80.0
"""Width of the column at the right in which a colour bar looks for room."""
_BETWEEN = 8.0
"""Between texts that stand beside each other."""
_BETWEEN_CHIPS = 10.0
_FIELDS_APART = "  "


@dataclass(frozen=True, slots=True)
class Painted:
    """Where parts of the overlay are, for the pointer.

    Attributes:
        banner: The patient's identity.
        chips: Those there was room for.
        taken: Banner, chips, letters, and bars: what must not be written over.
    """

    banner: QRectF
    chips: tuple[tuple[Chip, QRectF], ...]
    taken: tuple[QRectF, ...] = ()


def paint_overlay(painter: QPainter, area: QRectF, texts: OverlayTexts, *, is_active: bool = False) -> Painted:
    """Draw everything that is written over a picture; return where the pointer finds what."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    is_small = min(area.width(), area.height()) < SMALL_BELOW
    size = SMALL_PX if is_small else NORMAL_PX
    banner = paint_banner(painter, area, texts.identity, size, is_marked=texts.is_identity_marked)
    if texts.message:
        _paint_message(painter, area, texts.message, size)
    letters = _placed_letters(area, texts.letters, banner)
    bottom_letter = letters[-1][1]
    placed = paint_chips(painter, area, texts.chips, size, bottom_letter)
    chips = row_of(placed, area)
    taken = [banner, chips, *(place for _text, place in letters)]
    if texts.scale_bar is not None:
        inner = area.adjusted(EDGE, EDGE, -EDGE, -EDGE)
        foot = bottom_letter.top() if texts.letters.bottom else inner.bottom()
        ratio = painter.device().devicePixelRatio()
        bar = placed_bar(
            inner, texts.scale_bar, ratio, foot, chips, is_aside=is_small or area.width() < _BAR_ASIDE_BELOW
        )
        if bar is not None:
            paint_bar(painter, bar)
            taken.append(bar.area)
    taken += _paint_colors(painter, area, texts, letters[1][1], taken)
    if area.width() >= _LEAST_WIDTH:
        _paint_corners(painter, area, texts, size, banner, taken)
    for text, place in letters:
        draw_text(painter, place.left(), place.top(), text, _letter_size(area))
    if is_active:
        paint_frame(painter, area)
    return Painted(banner, placed, tuple(taken))


def _paint_colors(
    painter: QPainter, area: QRectF, texts: OverlayTexts, right_letter: QRectF, taken: Sequence[QRectF]
) -> list[QRectF]:
    """Draw the colour bar of an overlay under the letter of the right side; return where it is."""
    if texts.color_bar is None:
        return []
    inner = area.adjusted(EDGE, EDGE, -EDGE - _SLIDER_ROOM, -EDGE)
    column = QRectF(inner.right() - _COLORS_ROOM, right_letter.bottom(), _COLORS_ROOM, area.bottom())
    foot = min([inner.bottom(), *(place.top() for place in taken if place.intersects(column))])
    place = placed_color_bar(inner, texts.color_bar, right_letter.bottom(), foot)
    if place is None:
        return []
    paint_color_bar(painter, place, texts.color_bar)
    return [place]


def paint_banner(
    painter: QPainter, area: QRectF, lines: tuple[str, ...], size: int, *, is_marked: bool = False
) -> QRectF:
    """Draw the identity at the top left, shortened rather than dropped; return where it is."""
    x, y, height = area.left() + EDGE, area.top() + EDGE, line_height(size)
    width = area.width() - 2 * EDGE
    widest = 0.0
    for text in _joined(lines, width, size):
        shown = shortened(text, size, width)
        draw_text(painter, x, y, shown, size, colours().overlay_caution if is_marked else "")
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


def paint_chips(
    painter: QPainter, area: QRectF, chips: tuple[Chip, ...], size: int, bottom_letter: QRectF | None = None
) -> tuple[tuple[Chip, QRectF], ...]:
    """Draw the row of chips at the lower right, the first one rightmost; return where each is.

    Where there is not room for all, those that have a short text show it. Those that would reach over the letter in the
    middle all the same are left out, but never the first: it is the most serious. A shorter one may follow.
    """
    small = min(size, SMALL_PX)
    height = line_height(small) + 2.0
    x, y = area.right() - EDGE, area.bottom() - EDGE - line_height(small)
    left_end = (area.center().x() if bottom_letter is None else bottom_letter.right()) + _BETWEEN
    whole = sum(text_width(chip.text, small) + _BETWEEN_CHIPS for chip in chips) - _BETWEEN_CHIPS
    is_short = whole > x - left_end
    placed: list[tuple[Chip, QRectF]] = []
    for chip in chips:
        text = chip.short if is_short and chip.short else chip.text
        width = text_width(text, small)
        if placed and x - width < left_end:
            continue
        quiet = colours().measurement if chip.is_mark else colours().overlay_secondary
        colour = colours().overlay_caution if chip.is_caution else quiet
        draw_text(painter, x - width, y, text, small, colour)
        placed.append((chip, QRectF(x - width, y - 2.0, width, height)))
        x -= width + _BETWEEN_CHIPS
    return tuple(placed)


def row_of(placed: Sequence[tuple[Chip, QRectF]], area: QRectF) -> QRectF:
    """Return where the row of chips is; a place without height, at the lower right, without any."""
    if not placed:
        return QRectF(area.right() - EDGE, area.bottom() - EDGE, 0.0, 0.0)
    first, last = placed[0][1], placed[-1][1]
    return QRectF(last.left(), last.top(), first.right() - last.left(), last.height())


def _paint_corners(
    painter: QPainter, area: QRectF, texts: OverlayTexts, size: int, banner: QRectF, taken: Sequence[QRectF]
) -> None:
    height = line_height(size)
    left, right = area.left() + EDGE, area.right() - EDGE
    room = area.height() * _SHARE
    widest = area.width() * _WIDTH_SHARE
    top_room = int((room - (banner.bottom() - area.top())) / height)
    top, top_lines = area.top() + EDGE, kept(texts.top_right, int(room / height))
    if top_lines and _banner_reaches(banner, area, size, top_lines):
        top, top_lines = banner.bottom(), kept(texts.top_right, top_room)
    for text, y in _rows(kept(texts.top_left, top_room), banner.bottom(), height):
        _paint_line(
            painter, QRectF(left, y, min(widest, _room_right(left, y, height, area, taken)), height), text, size
        )
    for text, y in _rows(top_lines, top, height):
        width = min(widest, _room_left(right, y, height, area, taken))
        _paint_line(painter, QRectF(right - width, y, width, height), text, size, from_right=True)
    shown = kept(texts.bottom_left, int(room / height))
    for text, y in _rows(shown, area.bottom() - EDGE - height * len(shown), height):
        _paint_line(
            painter, QRectF(left, y, min(widest, _room_right(left, y, height, area, taken)), height), text, size
        )


def _rows(lines: Sequence[Line], top: float, height: float) -> list[tuple[str, float]]:
    return [(line.text, top + height * number) for number, line in enumerate(lines)]


def _room_right(x: float, y: float, height: float, area: QRectF, taken: Sequence[QRectF]) -> float:
    """Return how wide a line that begins at x may be until it meets what stands at its height."""
    row = QRectF(x, y + 1.0, area.width(), height - 2.0)
    met = [place.left() - _BETWEEN for place in taken if place.left() > x and place.intersects(row)]
    return min([area.right() - EDGE, *met]) - x


def _room_left(x: float, y: float, height: float, area: QRectF, taken: Sequence[QRectF]) -> float:
    """Return how wide a line that ends at x may be."""
    row = QRectF(area.left(), y + 1.0, x - area.left(), height - 2.0)
    met = [place.right() + _BETWEEN for place in taken if place.right() < x and place.intersects(row)]
    return x - max([area.left() + EDGE, *met])


def _banner_reaches(banner: QRectF, area: QRectF, size: int, beside: Sequence[Line]) -> bool:
    width = area.width() - 2 * EDGE
    return banner.width() + max(text_width(line.text, size) for line in beside) > width - 2 * EDGE


def kept(lines: tuple[Line, ...], count: int) -> tuple[Line, ...]:
    """Return the lines for which there is room, the most important ones, in their order."""
    if len(lines) <= count:
        return lines
    chosen = sorted(range(len(lines)), key=lambda place: (lines[place].priority, place))[: max(0, count)]
    return tuple(lines[place] for place in sorted(chosen))


def _paint_line(painter: QPainter, place: QRectF, text: str, size: int, *, from_right: bool = False) -> None:
    if place.width() < 30.0:
        return
    shown = fitted(text, size, place.width())
    draw_text(
        painter, place.right() - text_width(shown, size) if from_right else place.left(), place.top(), shown, size
    )


def fitted(text: str, size: int, width: float) -> str:
    """Return a line that is no wider than width: whole fields fall away from its end before anything is cut."""
    while text_width(text, size) > width and _FIELDS_APART in text:
        text = text.rpartition(_FIELDS_APART)[0].rstrip()
    return shortened(text, size, width)


def _letter_size(area: QRectF) -> int:
    return LETTER_PX if min(area.width(), area.height()) >= SMALL_BELOW else NORMAL_PX


def _placed_letters(area: QRectF, letters: EdgeLabels, banner: QRectF) -> tuple[tuple[str, QRectF], ...]:
    """Return the letters of the left, right, top and bottom edge with their places."""
    size = _letter_size(area)
    height, middle = line_height(size), area.center()
    wide = {text: text_width(text, size) for text in (letters.left, letters.right, letters.top, letters.bottom)}
    beside = middle.y() - height / 2
    right = area.right() - EDGE - _SLIDER_ROOM - wide[letters.right]
    left_of_top = middle.x() - wide[letters.top] / 2
    # A side written over a name would be neither: the letter makes room.
    top = banner.bottom() if banner.right() > left_of_top - EDGE else area.top() + EDGE
    bottom = area.bottom() - EDGE - height
    places = (
        (letters.left, area.left() + EDGE, beside),
        (letters.right, right, beside),
        (letters.top, left_of_top, top),
        (letters.bottom, middle.x() - wide[letters.bottom] / 2, bottom),
    )
    return tuple((text, QRectF(x, y, wide[text], height if text else 0.0)) for text, x, y in places)


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
