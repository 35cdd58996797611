"""Test images for DIN 6868-157, as far as they are public.

The standard itself is sold, and what it prints was not seen. What is public: it tests with the images of IEC 62563-1
(DIN EN 62563-1), whose overall test is TG18-OIQ and whose uniform fields are at 10 % and 80 % of the range. These three
are drawn here under the standard's number, so that a constancy test after it finds what it needs.
"""

import functools

from viewer.base.translation import N_
from viewer.display.patterns.canvas import Canvas
from viewer.display.patterns.luminance_fields import UNIFORM_LEVELS
from viewer.display.patterns.pattern import Pattern
from viewer.display.patterns.tg18_quality_control import draw_overall_quality

_PREFIX = "DIN-6868-157"


def din_patterns() -> tuple[Pattern, ...]:
    """Return DIN-6868-157, and its bright and dark uniform images."""
    fields = (("BRIGHT", N_("Uniform bright image"), "80"), ("DARK", N_("Uniform dark image"), "10"))
    return (
        Pattern(
            _PREFIX,
            N_("Overall test image"),
            N_("The overall image of IEC 62563-1, which a test after DIN 6868-157 uses; not the standard's drawing."),
            _draw_overall,
        ),
        *(
            Pattern(
                f"{_PREFIX}-{name}",
                title,
                N_("The uniform field of IEC 62563-1, for uniformity and defective pixels after DIN 6868-157."),
                functools.partial(_draw_field, level=UNIFORM_LEVELS[percent]),
                needs_true_greys=True,
                smallest_side=1,
            )
            for name, title, percent in fields
        ),
    )


def _draw_overall(canvas: Canvas) -> None:
    draw_overall_quality(canvas, "IEC 62563-1")


def _draw_field(canvas: Canvas, level: float) -> None:
    canvas.fill(level)
