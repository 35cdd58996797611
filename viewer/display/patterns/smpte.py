"""SMPTE RP 133: the test pattern for medical monitors of 1985, as test generators that draw it describe it.

What is from where:

- Background 50 %; squares of a tenth of the height between lines of 2 pixels; twelve patches from 0 to 100 % by 10
  around the middle, 50 % twice; 5 % in 0 % and 95 % in 100 %; bars of black and white with half-size windows, 8 % of
  the height, above and below the patches; line pairs of 1, 2 and 3 pixels, and of 2 pixels at 48-53, 48-51 and 50-51 %,
  in the middle and the corners with the finest outermost; a border 1 % inside the edge, 0.5 % thick: the manuals of
  generators, which agree with general descriptions in two or more points each.
- 75 % for the lines: the generators have 70 % and, in the plainer form, 75 %; the practice itself is not public.
- Ours: the order of the patches around the middle, and the width of the bars; where 5 % and 95 % stand beside them.
"""

from viewer.base.translation import N_
from viewer.display.patterns.bars import draw_bars
from viewer.display.patterns.canvas import UNITS, WHITE, Canvas, Rectangle
from viewer.display.patterns.pattern import Pattern

_CENTER = UNITS / 2
_CELL = UNITS / 10
_BACKGROUND, _LINE = WHITE * 0.5, WHITE * 0.75
_LINE_PX = 2
_BORDER, _BORDER_THICKNESS = UNITS / 100, UNITS / 200
_BAR_HEIGHT = UNITS * 0.08
_BOX = UNITS / 16
"""One of the six boxes of line pairs: 6.25 % of the height."""
_CORNER = 20
_LOW_CONTRASTS = ((0.48, 0.53), (0.48, 0.51), (0.50, 0.51))
_PATCHES = (
    (0.0, -1, 1),
    (0.1, -2, 1),
    (0.2, -2, 0),
    (0.3, -2, -1),
    (0.4, -2, -2),
    (0.5, -1, -2),
    (0.5, 0, -2),
    (0.6, 1, -2),
    (0.7, 1, -1),
    (0.8, 1, 0),
    (0.9, 1, 1),
    (1.0, 0, 1),
)
"""Share of white, column and row in cells from the middle: round it from black to white."""


def smpte_pattern() -> Pattern:
    """Return SMPTE-RP133."""
    return Pattern(
        "SMPTE-RP133",
        N_("SMPTE medical test pattern"),
        N_(
            "Greys by 10 %, 5 % at black and white, line pairs, a grid. Drawn after public descriptions of RP 133; "
            "the order of the patches is ours."
        ),
        _draw,
    )


def _draw(canvas: Canvas) -> None:
    canvas.fill(_BACKGROUND)
    _draw_grid(canvas)
    for share, column, row in _PATCHES:
        canvas.fill(WHITE * share, _cells(canvas, column, row, column + 1, row + 1))
    for column, level, inner in ((-3, 0.0, WHITE * 0.05), (2, WHITE, WHITE * 0.95)):
        canvas.fill(level, _cells(canvas, column, 1, column + 1, 2))
        canvas.fill(inner, _cells(canvas, column + 0.25, 1.25, column + 0.75, 1.75))
    _draw_bar(canvas, -2.5, 0.0, WHITE)
    _draw_bar(canvas, 2.5, WHITE, 0.0)
    width, height = _patch_size(canvas)
    near = canvas.length(_CORNER)
    for is_low in (False, True):
        for is_right in (False, True):
            left = canvas.width - near - width if is_right else near
            top = canvas.height - near - height if is_low else near
            _draw_resolution(canvas, left, top, (is_right, is_low))
    _draw_resolution(canvas, (canvas.width - width) // 2, (canvas.height - height) // 2, (False, False))


def _cells(canvas: Canvas, left: float, top: float, right: float, bottom: float) -> Rectangle:
    return canvas.rectangle(*(_CENTER + _CELL * place for place in (left, top, right, bottom)))


def _draw_grid(canvas: Canvas) -> None:
    """Draw the lines and the border over the whole screen."""
    reach = int(max(canvas.width, canvas.height) / (_CELL * canvas.scale)) + 1
    for cell in range(-reach, reach + 1):
        column, row = canvas.column(_CENTER + _CELL * cell), canvas.row(_CENTER + _CELL * cell)
        half = _LINE_PX // 2
        canvas.fill(_LINE, (column - half, 0, column + half, canvas.height))
        canvas.fill(_LINE, (0, row - half, canvas.width, row + half))
    inset = canvas.length(_BORDER)
    border = (inset, inset, canvas.width - inset, canvas.height - inset)
    canvas.outline(_LINE, border, canvas.length(_BORDER_THICKNESS))


def _draw_bar(canvas: Canvas, row: float, level: float, window: float) -> None:
    middle = _CENTER + _CELL * row
    for across, height, value in ((3, _BAR_HEIGHT, level), (1.5, _BAR_HEIGHT / 2, window)):
        canvas.fill_units(
            value, _CENTER - across * _CELL, middle - height / 2, _CENTER + across * _CELL, middle + height / 2
        )


def _patch_size(canvas: Canvas) -> tuple[int, int]:
    box = canvas.length(_BOX)
    return 3 * box, 2 * box


def _draw_resolution(canvas: Canvas, left: int, top: int, flips: tuple[bool, bool]) -> None:
    """Draw six boxes, each half of upright and half of level bars: black and white above, low contrast below."""
    box = canvas.length(_BOX)
    for column in range(3):
        for row in range(2):
            levels = (
                (WHITE, 0.0) if row == 0 else (WHITE * _LOW_CONTRASTS[column][1], WHITE * _LOW_CONTRASTS[column][0])
            )
            thickness = column + 1 if row == 0 else 2
            x = left + box * (2 - column if flips[0] else column)
            y = top + box * (1 - row if flips[1] else row)
            half = box // 2
            draw_bars(canvas, (x, y, x + half, y + box), levels, thickness, is_vertical=True)
            draw_bars(canvas, (x + half, y, x + box, y + box), levels, thickness, is_vertical=False)
