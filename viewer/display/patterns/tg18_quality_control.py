"""TG18-QC and TG18-OIQ: the overall test of AAPM On-Line Report 03, section 3.2 and appendix III; IEC 62563-1.

What is from where:

- Background 128, grid of 102 units with lines of 191 and 1 pixel, sixteen patches of 102 x 102 from 8 to 248 by 16,
  corner patches of 10 x 10 at +4 (upper left, lower right) and -4 (lower left, upper right), 13 in 0 and 242 in 255,
  line pairs of 1 and 2 pixels at 0/255 and 128/130, ramps of 256 levels with two lines each, letters from 14 levels
  to one: two public descriptions or more agree.
- Where the patches, ramps, bands, letters and the field of lines for cross-talk stand: a public drawing of the report's
  picture by an author of AAPM Report 270; another agrees on the field of lines and its bars of 249 and 6.
- Thick lines of 3 pixels at the edge and around the sixteen patches: the report's words alone.
- Ours, as no measures are public: the side of the line pair squares (46 units), the form and place of the Cx letters,
  and the blur of the twelve that they are compared with.

The report lets anyone generate patterns like its own if the picture says that it is synthetic, and when scaled.
"""

import functools
from collections.abc import Iterator

import numpy as np

from viewer.base.translation import N_
from viewer.display.patterns.bars import blurred, draw_bars, draw_ramp
from viewer.display.patterns.canvas import UNITS, WHITE, Canvas, Rectangle, text_height, text_width
from viewer.display.patterns.glyphs import glyph_of
from viewer.display.patterns.pattern import Pattern

_BACKGROUND, _GRID, _FRAME, _LABEL = 128.0, 191.0, 64.0, 98.0
_CENTER = UNITS / 2
_CELL = 102
_THICK_PX = 3
_BORDER = 10
_SQUARE = 46
_CORNER = _BORDER + 3
"""Units between the edge of the screen and the line pairs in its corners: inside the border."""
_RESOLUTION_WIDTH, _RESOLUTION_HEIGHT = 4 * _SQUARE + 4, 2 * _SQUARE + 4

PATCH_PLACES = (
    *((-3, row) for row in range(2, -4, -1)),
    *((column, -3) for column in range(-2, 3)),
    *((2, row) for row in range(-2, 3)),
)
"""Column and row of the sixteen patches, in cells from the middle: up the left, along the top, down the right."""
_CORNER_SIDE = 10
_CORNER_CONTRAST = 4.0
_BLACK_INNER, _WHITE_INNER = 13.0, 242.0
_WORDS = ("QUALITY", "CONTROL")
_CX_LEVELS = (1.0, 0.75, 0.5, 0.25)
_CX_SCORES = 12
_CX_BLUR_PX = 0.15
"""How much the blur grows from one score to the next."""
_CX_PLACES = ((0.0, 0.0), (46.0, 0.0), (0.0, 21.0), (46.0, 21.0))
_CX_WIDTH, _CX_HEIGHT = 92, 42


def quality_control_patterns() -> tuple[Pattern, ...]:
    """Return TG18-QC and TG18-OIQ."""
    return (
        Pattern(
            "TG18-QC",
            N_("Overall quality"),
            N_(
                "Everything at one look: geometry, luminance steps, low contrast, line pairs, ramps, focus. "
                "Drawn after AAPM Report 03; the Cx letters are ours."
            ),
            functools.partial(_draw, name="TG18-QC", has_letters=True),
        ),
        Pattern(
            "TG18-OIQ",
            N_("Overall quality without Cx"),
            N_("The overall test of IEC 62563-1: TG18-QC without its Cx letters. Drawn after AAPM Report 03."),
            functools.partial(_draw, name="TG18-OIQ", has_letters=False),
        ),
    )


def draw_overall_quality(canvas: Canvas, name: str) -> None:
    """Draw the overall test without Cx letters, labelled with a name."""
    _draw(canvas, name, has_letters=False)


def _draw(canvas: Canvas, name: str, *, has_letters: bool) -> None:
    canvas.fill(_BACKGROUND)
    _draw_grid(canvas)
    _draw_patches(canvas)
    _draw_ramps(canvas)
    _draw_windows(canvas)
    _draw_cross_talk(canvas)
    _draw_border(canvas)
    _draw_words(canvas)
    for left, top, flips in _resolution_places(canvas):
        _draw_resolution(canvas, left, top, flips)
        if has_letters:
            _draw_corner_letters(canvas, left, top, flips)
    _draw_resolution(canvas, *_middle_of_resolution(canvas), (False, False))
    if has_letters:
        _draw_reference_letters(canvas)
    _draw_name(canvas, name)


def _cells(canvas: Canvas, left: float, top: float, right: float, bottom: float) -> Rectangle:
    """Return pixels of a rectangle given in cells from the middle."""
    return canvas.rectangle(*(_CENTER + _CELL * place for place in (left, top, right, bottom)))


def _draw_grid(canvas: Canvas) -> None:
    """Draw lines over the whole screen, and thick ones around the patches."""
    reach = int(max(canvas.width, canvas.height) / (_CELL * canvas.scale)) + 1
    for cell in range(-reach, reach + 1):
        column, row = canvas.column(_CENTER + _CELL * cell), canvas.row(_CENTER + _CELL * cell)
        canvas.fill(_GRID, (column, 0, column + 1, canvas.height))
        canvas.fill(_GRID, (0, row, canvas.width, row + 1))
    left, top, right, bottom = _cells(canvas, -3, -3, 3, 3)
    around = (left - _THICK_PX, top - _THICK_PX, right + _THICK_PX, bottom + _THICK_PX)
    canvas.outline(_GRID, around, _THICK_PX)


def _draw_border(canvas: Canvas) -> None:
    """Draw it over what reaches the edge: it must be seen whole."""
    inset = canvas.length(_BORDER)
    canvas.outline(_GRID, (inset, inset, canvas.width - inset, canvas.height - inset), _THICK_PX)


def _draw_patches(canvas: Canvas) -> None:
    side = canvas.length(_CORNER_SIDE)
    for step, (column, row) in enumerate(PATCH_PLACES):
        level = 8.0 + 16.0 * step
        left, top, right, bottom = rectangle = _cells(canvas, column, row, column + 1, row + 1)
        canvas.fill(level, rectangle)
        canvas.fill(level + _CORNER_CONTRAST, (left, top, left + side, top + side))
        canvas.fill(level + _CORNER_CONTRAST, (right - side, bottom - side, right, bottom))
        canvas.fill(level - _CORNER_CONTRAST, (left, bottom - side, left + side, bottom))
        canvas.fill(level - _CORNER_CONTRAST, (right - side, top, right, top + side))
    for column, level, inner in ((-2, 0.0, _BLACK_INNER), (1, WHITE, _WHITE_INNER)):
        canvas.fill(level, _cells(canvas, column, 2, column + 1, 3))
        canvas.fill(inner, _cells(canvas, column + 0.25, 2.25, column + 0.75, 2.75))


def _draw_ramps(canvas: Canvas) -> None:
    """Draw 256 levels with two lines each, white at the top on the left and at the bottom on the right."""
    for middle, ends in ((-4.5, (WHITE, 0.0)), (4.5, (0.0, WHITE))):
        left, _top, right, _bottom = _cells(canvas, middle - 0.375, 0, middle + 0.375, 0)
        draw_ramp(canvas, (left, canvas.row(256), right, canvas.row(768)), ends, is_vertical=True)


def _draw_windows(canvas: Canvas) -> None:
    """Draw white over black with the half-size windows that a slow video amplifier smears."""
    canvas.fill(WHITE, _cells(canvas, -4, -3.5, 4, -3.25))
    canvas.fill(0.0, _cells(canvas, -4, -3.25, 4, -3))
    canvas.fill(0.0, _cells(canvas, -2, -3.375, 2, -3.25))
    canvas.fill(WHITE, _cells(canvas, -2, -3.25, 2, -3.125))


def _draw_cross_talk(canvas: Canvas) -> None:
    """Draw lines of 256 to 1 units that end at the middle, dark on white above bright on black."""
    thickness = canvas.length(3)
    near_left, near_right = canvas.column(_CENTER - 12), canvas.column(_CENTER + 12)
    middle = canvas.column(_CENTER)
    for top, level, line, bar in ((-5.0, WHITE, 0.0, 249.0), (-4.5, 0.0, WHITE, 6.0)):
        field = _cells(canvas, -2.75, top, 2.75, top + 0.5)
        canvas.fill(level, field)
        canvas.fill(bar, (middle - thickness, field[1], middle + thickness, field[3]))
        first = (field[1] + field[3] - 9 * thickness) // 2
        for place in range(9):
            length = canvas.length(256 >> place)
            row = first + (place if level else 8 - place) * thickness
            canvas.fill(line, (near_left - length, row, near_left, row + thickness))
            canvas.fill(line, (near_right, row, near_right + length, row + thickness))


def _draw_words(canvas: Canvas) -> None:
    """Write QUALITY CONTROL on black, grey and white: the first letter is 14 levels off, the last one."""
    dot = max(1, round(3 * canvas.scale))
    for column, level, sign in ((-3, 0.0, 1), (-1, _BACKGROUND, 1), (1, WHITE, -1)):
        left, top, right, bottom = panel = _cells(canvas, column, 3, column + 2, 4)
        canvas.fill(level, panel)
        gap = text_height(dot) // 2
        row = (top + bottom - 2 * text_height(dot) - gap) // 2
        contrast = 14
        for word in _WORDS:
            x = (left + right - text_width(word, dot)) // 2
            for letter in word:
                canvas.text(letter, level + sign * contrast, x, row, dot)
                x += text_width(letter, dot) + dot
                contrast -= 1
            row += text_height(dot) + gap


def _resolution_places(canvas: Canvas) -> Iterator[tuple[int, int, tuple[bool, bool]]]:
    """Yield left, top and flips of the line pairs in the corners: the finest with the most contrast stand outermost."""
    near = canvas.length(_CORNER)
    far_x = canvas.width - near - canvas.length(_RESOLUTION_WIDTH)
    far_y = canvas.height - near - canvas.length(_RESOLUTION_HEIGHT)
    for is_low in (False, True):
        for is_right in (False, True):
            yield far_x if is_right else near, far_y if is_low else near, (is_right, is_low)


def _middle_of_resolution(canvas: Canvas) -> tuple[int, int]:
    return (
        (canvas.width - canvas.length(_RESOLUTION_WIDTH)) // 2,
        (canvas.height - canvas.length(_RESOLUTION_HEIGHT)) // 2,
    )


def _draw_resolution(canvas: Canvas, left: int, top: int, flips: tuple[bool, bool]) -> None:
    """Draw eight squares of line pairs: 0/255 then 128/130; upright over level bars; of 1 and of 2 pixels."""
    width, height = canvas.length(_RESOLUTION_WIDTH), canvas.length(_RESOLUTION_HEIGHT)
    canvas.fill(_FRAME, (left, top, left + width, top + height))
    side = min((width - 2) // 4, (height - 2) // 2)
    margin_x, margin_y = (width - 4 * side) // 2, (height - 2 * side) // 2
    for place in range(8):
        column, row = place % 4, place // 4
        levels = (WHITE, 0.0) if column < 2 else (130.0, 128.0)
        across = 3 - column if flips[0] else column
        down = 1 - row if flips[1] else row
        x, y = left + margin_x + across * side, top + margin_y + down * side
        draw_bars(canvas, (x, y, x + side, y + side), levels, 1 + column % 2, is_vertical=row == 0)


def _draw_corner_letters(canvas: Canvas, left: int, top: int, flips: tuple[bool, bool]) -> None:
    """Write Cx at 100, 75, 50 and 25 % of white on black, between the line pairs and the middle."""
    width, height = canvas.length(_CX_WIDTH), canvas.length(_CX_HEIGHT)
    x = left + canvas.length(_RESOLUTION_WIDTH) - width if flips[0] else left
    y = top - height if flips[1] else top + canvas.length(_RESOLUTION_HEIGHT)
    _draw_letters(canvas, x, y)


def _draw_letters(canvas: Canvas, left: int, top: int) -> None:
    canvas.fill(0.0, (left, top, left + canvas.length(_CX_WIDTH), top + canvas.length(_CX_HEIGHT)))
    for share, (x, y) in zip(_CX_LEVELS, _CX_PLACES, strict=True):
        column = left + canvas.length(x + 46) - canvas.length(46) + (canvas.length(46) - 11) // 2
        row = top + canvas.length(y + 21) - canvas.length(21) + (canvas.length(21) - 7) // 2
        canvas.text("Cx", WHITE * share, column, row, 1)


def _draw_reference_letters(canvas: Canvas) -> None:
    """Write the Cx of the middle, and above it twelve of growing blur with their scores."""
    left, top = _middle_of_resolution(canvas)
    below = top + canvas.length(_RESOLUTION_HEIGHT)
    _draw_letters(canvas, left + (canvas.length(_RESOLUTION_WIDTH) - canvas.length(_CX_WIDTH)) // 2, below)
    letters = np.pad(np.hstack([glyph_of("C"), np.zeros((7, 1), np.bool_), glyph_of("x")]), 2)
    for score in range(_CX_SCORES):
        column, row = -1.5 + 0.5 * (score % 6), -1.75 + 0.5 * (score // 6)
        box = _cells(canvas, column, row, column + 0.5, row + 0.5)
        canvas.fill(0.0, box)
        height, width = letters.shape
        left = (box[0] + box[2] - width) // 2
        top = box[1] + max(0, (box[3] - box[1] - height - text_height(1)) // 2)
        canvas.add((left, top, left + width, top + height), blurred(letters, _CX_BLUR_PX * score))
        words = str(score)
        canvas.text(words, _LABEL, box[2] - text_width(words, 1) - 1, box[3] - text_height(1) - 1, 1)


def _draw_name(canvas: Canvas, name: str) -> None:
    """Say in the middle what the report asks for: that this is synthetic, and whether it is scaled."""
    left, top, right, bottom = _cells(canvas, -1, 2, 1, 3)
    canvas.fill(_BACKGROUND, (left + 1, top + 1, right, bottom))
    canvas.lines(("AFTER", name, *canvas.origin_notes), _LABEL, _CENTER + 2.15 * _CELL)
