"""TG270-sQC, TG270-pQC and TG270-ULN: the patterns of AAPM Report 270, from the scripts printed in its appendix.

All measures are those of the scripts for 1024 x 1024. Bars keep their width in pixels at any size. What the scripts
leave to the size of the picture (the ramp of sQC, the thirds of ULN) fills a screen of any shape.

Ours is the ramp of sQC from its first to its last column: the script's is black for 64 columns and ends at 237.
"""

import functools
import math

import numpy as np
from numpy.typing import NDArray

from viewer.base.errors import DisplayError
from viewer.base.translation import N_, _
from viewer.display.patterns.bars import draw_bars, draw_ramp
from viewer.display.patterns.canvas import UNITS, WHITE, Canvas, text_width
from viewer.display.patterns.pattern import Pattern

_MIDDLE = 128.0
_STEP = 15
"""Between the eighteen levels of luminance response: 0, 15 … 255."""
_TITLE_ROW = 18

_SQUARE, _PITCH, _FIRST_COLUMN = 128, 160, 48
_SQUARE_ROWS = (96, 256, 416)
_INSET_NEAR, _INSET_FAR, _INSET_SIDE = 16, 80, 32
_INSET_PERIOD_PX = 6
_RAMP_TOP = 960

_SIDE, _BAR, _EDGE, _BARS = 87, 50, 62, 18
_LEVEL_PERIODS_PX, _UPRIGHT_PERIODS_PX = (18, 12, 6, 4), (4, 6, 12, 18)
_STRONG, _WEAK = 4.0, 1.0
_RAMP_STRETCH = 1031 / 1024
"""The side ramps of pQC reach white a little before their end."""
_WAVE = 3.0
_WAVE_FROM, _WAVE_TO = 22, 66

ULN_BITS = (8, 10, 12)
_ULN_LIST = range(0, 256, _STEP)
_THIRDS = (340, 682)
_ULN_LINE_PX = 2


def report_270_patterns() -> tuple[Pattern, ...]:
    """Return TG270-sQC, TG270-pQC, and the eighteen TG270-ULN8 of a response test."""
    return (
        Pattern(
            "TG270-sQC",
            N_("Quick look"),
            N_("Bars of 5 levels (3 at black and white) on eighteen greys, and a ramp: the simple test of Report 270."),
            _draw_simple,
        ),
        Pattern(
            "TG270-pQC",
            N_("Contrast by frequency"),
            N_("Bars of 8 and 2 levels at four widths on eighteen greys: the full test of Report 270."),
            _draw_full,
        ),
        *(uniform_pattern(8, level) for level in _ULN_LIST),
    )


def uniform_pattern(bits: int, level: int) -> Pattern:
    """Return the TG270-ULN pattern of a level of 8, 10 or 12 bits.

    Raises:
        DisplayError: If there is no such level.
    """
    name = uniform_name(bits, level)
    if bits not in ULN_BITS or not 0 <= level < 1 << bits:
        raise DisplayError(_("There is no such test pattern"), subject=name)
    return Pattern(
        name,
        N_("Uniform field in nine parts"),
        N_("One grey all over with lines at the thirds: for luminance response and uniformity."),
        functools.partial(_draw_uniform, name=name, level=level * WHITE / ((1 << bits) - 1)),
        smallest_side=240,
    )


def uniform_name(bits: int, level: int) -> str:
    """Return the name of a TG270-ULN pattern, as TG270-ULN8-015 or TG270-ULN10-0513."""
    digits = 3 if bits == 8 else 4
    return f"TG270-ULN{bits}-{level:0{digits}}"


def _draw_simple(canvas: Canvas) -> None:
    canvas.fill(_MIDDLE)
    canvas.lines(canvas.origin("TG270-sQC"), _MIDDLE - 75, _TITLE_ROW)
    for row, top in enumerate(_SQUARE_ROWS):
        for column in range(6):
            # The eye follows the greys to the right, then back to the left, then to the right again.
            step = row * 6 + (5 - column if row == 1 else column)
            _draw_square(canvas, _FIRST_COLUMN + _PITCH * column, top, step)
    for place, level in enumerate((0.0, _MIDDLE, WHITE)):
        canvas.fill_units(level, 128 + 256 * place, 640, 384 + 256 * place, 896)
    _draw_bottom(canvas)


def _draw_square(canvas: Canvas, x: int, y: int, step: int) -> None:
    level = float(step * _STEP)
    left, top, right, _bottom = canvas.fill_units(level, x, y, x + _SQUARE, y + _SQUARE)
    dot = max(1, round(canvas.scale))
    words = str(step * _STEP)
    number_level = float(step % 9 * _STEP + 75)
    canvas.text(words, number_level, (left + right - text_width(words, dot)) // 2, top + canvas.length(5), dot)
    upper, lower = level - 5, level + 5
    if step == 0:
        upper = level + 3
    elif step == _BARS - 1:
        upper, lower = level - 5, level - 3
    for inset, bar in ((_INSET_NEAR, upper), (_INSET_FAR, lower)):
        left, top, right, bottom = canvas.rectangle(
            x + inset, y + inset, x + inset + _INSET_SIDE, y + inset + _INSET_SIDE
        )
        periods = -(-(right - left) // _INSET_PERIOD_PX)  # the last bar is whole
        right = left + periods * _INSET_PERIOD_PX - _INSET_PERIOD_PX // 2
        draw_bars(canvas, (left, top, right, bottom), (bar, level), _INSET_PERIOD_PX // 2, is_vertical=True)


def _draw_bottom(canvas: Canvas) -> None:
    """Draw the ramp along the bottom, and at its right end single lines upright and level."""
    top, bottom = canvas.row(_RAMP_TOP), canvas.row(UNITS)
    block = canvas.length(UNITS - _RAMP_TOP)
    upright, level = canvas.width - 2 * block, canvas.width - block
    draw_ramp(canvas, (0, top, upright, bottom), (0.0, WHITE), is_vertical=False)
    draw_bars(canvas, (upright, top, level, bottom), (0.0, WHITE), 1, is_vertical=True)
    draw_bars(canvas, (level, top, canvas.width, bottom), (0.0, WHITE), 1, is_vertical=False)


def _draw_full(canvas: Canvas) -> None:
    canvas.fill(0.0)
    inner = (_SIDE, UNITS - _SIDE)
    for step in range(_BARS):
        top = _EDGE + _BAR * step
        canvas.fill_units(float(step * _STEP), inner[0], top, inner[1], top + _BAR)
        _draw_modulation(canvas, step)
    canvas.fill_units(64.0, 0, 0, UNITS, _EDGE)
    canvas.fill_units(191.0, 0, UNITS - _EDGE, UNITS, UNITS)
    _draw_line_pairs(canvas)
    for start, is_falling, radians in ((0, False, 1 / 2), (UNITS - _SIDE, True, 1 / 1.5)):
        _draw_side(canvas, start, radians, is_falling=is_falling)
    # Between the line pairs there is only room for short words.
    canvas.lines(("AFTER", "TG270-pQC"), _MIDDLE, _TITLE_ROW)
    canvas.lines(canvas.origin_notes, _MIDDLE, UNITS - _EDGE + _TITLE_ROW)


def _draw_modulation(canvas: Canvas, step: int) -> None:
    """Draw level bars on the left and upright ones on the right; columns of 8 levels outside, of 2 levels inside.

    Level bars go on from step to step, and upright ones of 8 levels go on from those of 2 levels as wide as they.
    """
    top = _EDGE + _BAR * step
    level = float(step * _STEP)
    for column in range(17):
        if column == 8:
            continue
        is_vertical = column > 8
        place = column - 9 if is_vertical else column
        period = (_UPRIGHT_PERIODS_PX if is_vertical else _LEVEL_PERIODS_PX)[place % 4]
        contrast = _STRONG if (place < 4) != is_vertical else _WEAK
        # At black and at white one side would be lost: the other gets its share.
        dark = level - contrast * (2 if step == _BARS - 1 else 1)
        bright = level + contrast * (2 if step == 0 else 1)
        left = _SIDE + _BAR * column
        draw_bars(
            canvas,
            canvas.rectangle(left, top, left + _BAR, top + _BAR),
            (max(dark, 0.0), min(bright, WHITE)),
            period // 2,
            is_vertical=is_vertical,
            start=canvas.column(_SIDE + _BAR * (9 + place % 4)) if is_vertical else canvas.row(_EDGE),
        )


def _draw_line_pairs(canvas: Canvas) -> None:
    for place, period in enumerate((6, 4, 2, 2, 4, 6)):
        is_vertical = place >= 3
        left = _SIDE + _BAR * (2 * place + (4 if is_vertical else 2))
        for middle, level in ((_EDGE / 2, 0.0), (UNITS - _EDGE / 2, WHITE)):
            top = middle - _BAR / 2 + 1
            cell = canvas.rectangle(left, top, left + _BAR, top + _BAR)
            start = cell[0] if is_vertical else canvas.row(_EDGE / 2 - _BAR / 2)
            draw_bars(canvas, cell, (_MIDDLE, level), period // 2, is_vertical=is_vertical, start=start)


def _draw_side(canvas: Canvas, start: int, radians: float, *, is_falling: bool) -> None:
    """Draw a ramp over the whole height; a wave of 3 levels runs down its middle half."""

    def ramp(rows: NDArray[np.float64]) -> NDArray[np.float64]:
        last = max(canvas.row(UNITS) - canvas.row(0) - 1, 1)
        share = (last - rows if is_falling else rows) / last
        return np.asarray((share * _RAMP_STRETCH * WHITE).clip(0.0, WHITE))

    def plain(columns: NDArray[np.float64], rows: NDArray[np.float64]) -> NDArray[np.float64]:
        return ramp(rows) + 0 * columns

    def waved(columns: NDArray[np.float64], rows: NDArray[np.float64]) -> NDArray[np.float64]:
        return (ramp(rows) + _WAVE * np.sin(rows * radians) + 0 * columns).clip(0.0, WHITE)

    canvas.shade(canvas.rectangle(start, 0, start + _SIDE, UNITS), plain)
    canvas.shade(canvas.rectangle(start + _WAVE_FROM, 0, start + _WAVE_TO, UNITS), waved)


def _draw_uniform(canvas: Canvas, name: str, level: float) -> None:
    """Draw one grey and lines of another at the thirds of the screen."""
    canvas.fill(level)
    line = _line_level(level)
    for third in _THIRDS:
        x, y = canvas.width * third // UNITS, canvas.height * third // UNITS
        canvas.fill(line, (x, 0, x + _ULN_LINE_PX, canvas.height))
        canvas.fill(line, (0, y, canvas.width, y + _ULN_LINE_PX))
    canvas.lines(canvas.origin(name), line, _TITLE_ROW)


def _line_level(level: float) -> float:
    """Return the level of the lines: of the script's set of eighteen where it has the level, else of its set of 256."""
    if level % _STEP == 0:
        return (level / _STEP % (_BARS / 2) + _BARS / 6) * _STEP
    return float(math.floor(level % 128 + 256 / 6))
