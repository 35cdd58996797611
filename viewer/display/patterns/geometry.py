"""The program's own patterns: geometry and pixels, and uniformity with its measuring points.

The points are those of the sampled uniformity of VESA FPDM and ICDM IDMS: the middle, and a tenth of the width and
height inside the edges; five of them, or nine with the middles of the sides.
"""

import functools

import numpy as np

from viewer.base.translation import N_
from viewer.display.patterns.canvas import UNITS, WHITE, Canvas, text_height, text_width
from viewer.display.patterns.pattern import Pattern

_CENTER = UNITS / 2
_CELLS = 10
_LINE, _AXIS = 128.0, WHITE
_CROSS = 80
_CIRCLE_PX = 2.0

_MEASURED = 0.8 * WHITE
"""As TG18-UN80."""
_MARK = 13.0
"""Contrast of rings and numbers: 5 % of the range, darker."""
_RING_SIDE = 110
"""Units: as a meter's opening is seen on the glass, with room around it."""
_EDGE_SHARE = 0.1
_FIVE = ((1, 1), (0, 0), (2, 0), (0, 2), (2, 2))
_NINE = tuple((column, row) for row in range(3) for column in range(3))


def own_patterns() -> tuple[Pattern, ...]:
    """Return GEOMETRY, UNIFORMITY-5 and UNIFORMITY-9."""
    return (
        Pattern(
            "GEOMETRY",
            N_("Geometry and pixels"),
            N_("The outermost pixels, squares, circles and a cross of single pixels: cut edges, stretching, blur."),
            _draw_geometry,
            needs_true_greys=True,
        ),
        Pattern(
            "UNIFORMITY-5",
            N_("Uniformity, five points"),
            N_("One grey with rings where to measure: the middle and the corners, a tenth inside the edges."),
            functools.partial(_draw_uniformity, places=_FIVE),
            needs_true_greys=True,
        ),
        Pattern(
            "UNIFORMITY-9",
            N_("Uniformity, nine points"),
            N_("One grey with rings where to measure: three rows of three, the outer a tenth inside the edges."),
            functools.partial(_draw_uniformity, places=_NINE),
            needs_true_greys=True,
        ),
    )


def measuring_points(size: tuple[int, int], count: int) -> tuple[tuple[float, float], ...]:
    """Return the points of UNIFORMITY-5 or -9 in pixels, in the order of their numbers."""
    width, height = size
    shares = (_EDGE_SHARE, 0.5, 1 - _EDGE_SHARE)
    return tuple((width * shares[column], height * shares[row]) for column, row in (_FIVE if count == 5 else _NINE))


def _draw_geometry(canvas: Canvas) -> None:
    canvas.fill(0.0)
    cell = UNITS / _CELLS
    reach = int(max(canvas.width, canvas.height) / (cell * canvas.scale)) + 1
    for place in range(-reach, reach + 1):
        column, row = canvas.column(_CENTER + cell * place), canvas.row(_CENTER + cell * place)
        canvas.fill(_LINE, (column, 0, column + 1, canvas.height))
        canvas.fill(_LINE, (0, row, canvas.width, row + 1))
    middle_x, middle_y = canvas.width / 2, canvas.height / 2
    large, small = min(canvas.width, canvas.height) / 2 - 2, UNITS / 8 * canvas.scale
    _draw_circle(canvas, middle_x, middle_y, large)
    for x in (small + 4, canvas.width - small - 4):
        for y in (small + 4, canvas.height - small - 4):
            _draw_circle(canvas, x, y, small)
    _draw_cross(canvas)
    canvas.outline(WHITE, canvas.whole)


def _draw_cross(canvas: Canvas) -> None:
    """Mark the middle: one pixel wide where the middle is a pixel, two where it is between two."""
    arm = canvas.length(_CROSS)
    left, right = (canvas.width - 1) // 2, canvas.width // 2 + 1
    top, bottom = (canvas.height - 1) // 2, canvas.height // 2 + 1
    canvas.fill(0.0, (left - arm, top - arm, right + arm, bottom + arm))
    canvas.fill(_AXIS, (left, top - arm, right, bottom + arm))
    canvas.fill(_AXIS, (left - arm, top, right + arm, bottom))


def _draw_circle(canvas: Canvas, x: float, y: float, radius: float, level: float = WHITE) -> None:
    """Draw a circle about a point given in pixels."""
    reach = int(np.ceil(radius)) + 2
    left, top = int(np.floor(x)) - reach, int(np.floor(y)) - reach
    columns = np.arange(left, left + 2 * reach + 1) + 0.5 - x
    rows = np.arange(top, top + 2 * reach + 1) + 0.5 - y
    distance = np.hypot(columns[None, :], rows[:, None])
    canvas.stamp(level, left, top, np.abs(distance - radius) <= _CIRCLE_PX / 2)


def _draw_uniformity(canvas: Canvas, places: tuple[tuple[int, int], ...]) -> None:
    """Draw one grey, with a ring and a number at each point: column and row of three."""
    canvas.fill(_MEASURED)
    mark = _MEASURED - _MARK
    dot = max(1, round(2 * canvas.scale))
    radius = _RING_SIDE / 2 * canvas.scale
    points = measuring_points((canvas.width, canvas.height), len(places))
    for number, (x, y) in enumerate(points, 1):
        ring = min(radius, x - 1, y - 1, canvas.width - x - 1, canvas.height - y - 1)
        _draw_circle(canvas, x, y, ring, mark)
        words = str(number)
        away = ring + 2 * dot
        column = x + away if x < canvas.width / 2 + 1 else x - away - text_width(words, dot)
        canvas.text(words, mark, round(column), round(y) - text_height(dot) // 2, dot)
