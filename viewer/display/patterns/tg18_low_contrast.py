"""TG18-CT and TG18-AD: low contrast at every grey, and in the dark under the light of the room (AAPM Report 03).

What is from where:

- TG18-CT, sixteen adjoining fields of TG18-QC on a uniform background, corner marks of +4 and -4, a disc in the middle
  whose left half is 2 levels darker and whose right half 2 brighter: the words of several sources, the halves of one.
  Ours: the order of the fields (rows from dark to bright) and the side of the disc.
- TG18-AD, 49 fields of level stripes in seven rows and seven columns on black, 60 x 60 units each, two lines on and two
  off, with columns numbered from 1 and rows from 0: one public drawing. Ours: the level of a field, read from that
  numbering as 7 times its row and its column, from 1 to 49.
"""

import numpy as np
from numpy.typing import NDArray

from viewer.base.translation import N_
from viewer.display.patterns.bars import draw_bars
from viewer.display.patterns.canvas import UNITS, Canvas, text_height, text_width
from viewer.display.patterns.pattern import Pattern

_CENTER = UNITS / 2
_BACKGROUND = 128.0
_FIELD, _FIELDS_ACROSS = 102, 4
_MARK_SIDE, _MARK_CONTRAST = 10, 4.0
_DISC_SIDE, _DISC_CONTRAST = 34, 2.0

_STRIPED, _STRIPED_ACROSS = 60, 7
_STRIPE_PX = 2
_LINES, _NUMBERS = 20.0, 60.0
"""Levels of what parts and numbers the fields: dark, so that the eye stays used to the dark."""
_LABEL_ROW = 960


def low_contrast_patterns() -> tuple[Pattern, ...]:
    """Return TG18-CT and TG18-AD."""
    return (
        Pattern(
            "TG18-CT",
            N_("Low contrast"),
            N_(
                "Half-moons of 2 levels and marks of 4 levels on sixteen greys. Drawn after AAPM Report 03; the "
                "order of the fields and the size of the discs are ours."
            ),
            _draw_half_moons,
        ),
        Pattern(
            "TG18-AD",
            N_("Low contrast in the dark"),
            N_(
                "Stripes of 1 to 49 levels on black: how many are lost under ambient light. Drawn after AAPM Report "
                "03; the levels follow from the numbering of its fields."
            ),
            _draw_stripes,
        ),
    )


def _draw_half_moons(canvas: Canvas) -> None:
    canvas.fill(_BACKGROUND)
    start = _CENTER - _FIELD * _FIELDS_ACROSS / 2
    mark, disc = canvas.length(_MARK_SIDE), canvas.length(_DISC_SIDE) // 2 * 2
    left_half = _disc(disc)
    left_half[:, disc // 2 :] = False
    for step in range(_FIELDS_ACROSS**2):
        level = 8.0 + 16.0 * step
        x, y = start + _FIELD * (step % _FIELDS_ACROSS), start + _FIELD * (step // _FIELDS_ACROSS)
        left, top, right, bottom = canvas.fill_units(level, x, y, x + _FIELD, y + _FIELD)
        canvas.fill(level + _MARK_CONTRAST, (left, top, left + mark, top + mark))
        canvas.fill(level + _MARK_CONTRAST, (right - mark, bottom - mark, right, bottom))
        canvas.fill(level - _MARK_CONTRAST, (left, bottom - mark, left + mark, bottom))
        canvas.fill(level - _MARK_CONTRAST, (right - mark, top, right, top + mark))
        disc_left, disc_top = (left + right - disc) // 2, (top + bottom - disc) // 2
        canvas.stamp(level - _DISC_CONTRAST, disc_left, disc_top, left_half)
        canvas.stamp(level + _DISC_CONTRAST, disc_left, disc_top, left_half[:, ::-1])
    canvas.lines(canvas.origin("TG18-CT"), _BACKGROUND - 30, _LABEL_ROW)


def _disc(side: int) -> NDArray[np.bool_]:
    places = np.arange(side) - (side - 1) / 2
    return np.asarray(places[:, None] ** 2 + places[None, :] ** 2 <= (side / 2) ** 2)


def _draw_stripes(canvas: Canvas) -> None:
    canvas.fill(0.0)
    start = _CENTER - _STRIPED * _STRIPED_ACROSS / 2
    end = start + _STRIPED * _STRIPED_ACROSS
    dot = max(1, round(canvas.scale))
    for row in range(_STRIPED_ACROSS):
        for column in range(_STRIPED_ACROSS):
            x, y = start + _STRIPED * column, start + _STRIPED * row
            level = float(_STRIPED_ACROSS * row + column + 1)
            draw_bars(
                canvas,
                canvas.rectangle(x, y, x + _STRIPED, y + _STRIPED),
                (level, 0.0),
                _STRIPE_PX,
                is_vertical=False,
            )
    for place in range(_STRIPED_ACROSS + 1):
        near = start + _STRIPED * place
        x, y = canvas.column(near), canvas.row(near)
        canvas.fill(_LINES, (canvas.column(start), y, canvas.column(end), y + 1))
        canvas.fill(_LINES, (x, canvas.row(start), x + 1, canvas.row(end) + 1))
    for place in range(_STRIPED_ACROSS):
        middle = start + _STRIPED * (place + 0.5)
        above, beside = str(place + 1), str(place)
        canvas.text(
            above,
            _NUMBERS,
            canvas.column(middle) - text_width(above, dot) // 2,
            canvas.row(start) - 2 * text_height(dot),
            dot,
        )
        canvas.text(
            beside,
            _NUMBERS,
            canvas.column(start) - 2 * text_height(dot),
            canvas.row(middle) - text_height(dot) // 2,
            dot,
        )
    canvas.lines(canvas.origin("TG18-AD"), _NUMBERS, _LABEL_ROW)
