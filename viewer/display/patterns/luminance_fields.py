"""Fields to point a luminance meter at: TG18-LN, TG18-UN and TG18-UNL (AAPM On-Line Report 03), TG270-ULN (Report 270).

Areas are shares of the whole screen, as the digest has them, so that these patterns fill a screen of any shape.
"""

import functools
import math

from viewer.base.translation import N_
from viewer.display.patterns.canvas import WHITE, Canvas, Rectangle
from viewer.display.patterns.pattern import Pattern

RESPONSE_STEPS = 18
SURROUND = 153.0
"""Around the test field of TG18-LN: about 20 % of the largest luminance on a GSDF display."""
TEST_AREA = 0.1
"""Of the screen: 324 x 324 of 1024 x 1024 (AAPM On-Line Report 03)."""
UNIFORM_LEVELS = {"10": 26.0, "80": 204.0}
"""10 % and 80 % of the largest 8-bit value."""
SMALLEST_FIELD = 64
_LINE_CONTRAST = 13.0
"""Of the defining lines of TG18-UNL: 5 % of the range, so that they are seen and do not disturb a reading."""


def response_patterns() -> tuple[Pattern, ...]:
    """Return TG18-LN8-01…18 and TG18-LN12-01…18.

    Level i is (i - 1)/17 of full scale: 0, 15 … 255 of 255, and 0, 240 … 4080 of 4080 in the 12-bit set, which the
    report has displayed with a window of 4080: the two sets give the same P-values.
    """
    return tuple(
        Pattern(
            f"TG18-LN{bits}-{step:02}",
            N_("Luminance response"),
            N_("A test field of 10 % of the screen on a surround of 153: one of 18 steps from black to white."),
            functools.partial(_draw_response, level=WHITE * (step - 1) / (RESPONSE_STEPS - 1)),
            smallest_side=SMALLEST_FIELD,
        )
        for bits in (8, 12)
        for step in range(1, RESPONSE_STEPS + 1)
    )


def uniform_patterns() -> tuple[Pattern, ...]:
    """Return TG18-UN10, UN80, UNL10 and UNL80."""
    plain = tuple(
        Pattern(
            f"TG18-UN{percent}",
            N_("Uniform field"),
            N_("One grey all over: for luminance uniformity, colour uniformity and defective pixels."),
            functools.partial(_draw_uniform, level=level),
            needs_true_greys=True,
            smallest_side=1,
        )
        for percent, level in UNIFORM_LEVELS.items()
    )
    lined = tuple(
        Pattern(
            f"TG18-UNL{percent}",
            N_("Uniform field with measuring fields"),
            N_(
                "One grey with lines around five fields of 10 % of the screen, in the middle and the corners. "
                "The contrast of the lines is ours."
            ),
            functools.partial(_draw_lined, level=level),
            needs_true_greys=True,
            smallest_side=SMALLEST_FIELD,
        )
        for percent, level in UNIFORM_LEVELS.items()
    )
    return plain + lined


def measuring_field(size: tuple[int, int]) -> Rectangle:
    """Return the square in the middle that has a tenth of the screen; within a screen narrower than that, its width."""
    width, height = size
    side = min(math.floor(math.sqrt(TEST_AREA * width * height) + 0.5), width, height)
    left, top = (width - side) // 2, (height - side) // 2
    return left, top, left + side, top + side


def corner_fields(size: tuple[int, int]) -> tuple[Rectangle, ...]:
    """Return the same square in the four corners: upper left, upper right, lower left, lower right."""
    width, height = size
    left, _top, right, _bottom = measuring_field(size)
    side = right - left
    return tuple((x, y, x + side, y + side) for y in (0, height - side) for x in (0, width - side))


def _draw_response(canvas: Canvas, level: float) -> None:
    canvas.fill(SURROUND)
    canvas.fill(level, measuring_field((canvas.width, canvas.height)))


def _draw_uniform(canvas: Canvas, level: float) -> None:
    canvas.fill(level)


def _draw_lined(canvas: Canvas, level: float) -> None:
    canvas.fill(level)
    size = (canvas.width, canvas.height)
    for field in (measuring_field(size), *corner_fields(size)):
        canvas.outline(level + math.copysign(_LINE_CONTRAST, WHITE / 2 - level), field)
