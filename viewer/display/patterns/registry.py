"""Which patterns there are, by name, and drawing one."""

import difflib
import re
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from viewer.base.errors import DisplayError
from viewer.base.translation import _
from viewer.display.patterns.canvas import UNITS, Canvas
from viewer.display.patterns.din_6868_157 import din_patterns
from viewer.display.patterns.geometry import own_patterns
from viewer.display.patterns.luminance_fields import response_patterns, uniform_patterns
from viewer.display.patterns.pattern import Pattern
from viewer.display.patterns.smpte import smpte_pattern
from viewer.display.patterns.tg18_low_contrast import low_contrast_patterns
from viewer.display.patterns.tg18_quality_control import quality_control_patterns
from viewer.display.patterns.tg270 import report_270_patterns, uniform_pattern

LARGEST_SIDE = 16384
"""Pixels: more than any screen has."""
_NEAR = 3

_ULN_NAME = re.compile(r"TG270-ULN(8|10|12)-([0-9]{1,4})")

_ALL = (
    *quality_control_patterns(),
    *low_contrast_patterns(),
    *response_patterns(),
    *uniform_patterns(),
    *report_270_patterns(),
    smpte_pattern(),
    *din_patterns(),
    *own_patterns(),
)
PATTERNS: Mapping[str, Pattern] = MappingProxyType({each.name: each for each in _ALL})
"""Every pattern by its name; of TG270-ULN the eighteen of a response test, find_pattern knows every level."""

FAMILIES: Mapping[str, str] = MappingProxyType(
    {
        "SMPTE": "SMPTE-RP133",
        "TG18-LN": "TG18-LN8-01",
        "TG18-LN8": "TG18-LN8-01",
        "TG18-LN12": "TG18-LN12-01",
        "TG18-UN": "TG18-UN80",
        "TG18-UNL": "TG18-UNL80",
        "TG270-ULN": "TG270-ULN8-255",
        "DIN": "DIN-6868-157",
        "UNIFORMITY": "UNIFORMITY-5",
    }
)
"""What the name of a family alone stands for."""


def find_pattern(name: str) -> Pattern:
    """Return a pattern by its name, in capitals or not; also TG270-ULN8-137, TG270-ULN10-0513 and the like.

    A family's name alone stands for one of its members; a blank is taken for a hyphen.

    Raises:
        DisplayError: If there is none of this name; the advice tells those that are near.
    """
    by_name = {each.upper(): each for each in PATTERNS}
    wanted = name.strip().upper().replace(" ", "-")
    wanted = FAMILIES.get(wanted, wanted)
    if wanted in by_name:
        return PATTERNS[by_name[wanted]]
    if found := _ULN_NAME.fullmatch(wanted):
        return uniform_pattern(int(found[1]), int(found[2]))
    near = difflib.get_close_matches(wanted, by_name, n=_NEAR)
    advice = _("Near it are: {names}").format(names=", ".join(by_name[each] for each in near)) if near else ""
    raise DisplayError(_("There is no such test pattern"), subject=name, advice=advice)


def draw_pattern(
    name: str,
    size: tuple[int, int] | None = None,
    bits: int = 8,
) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """Draw a pattern.

    Args:
        name: In capitals or not.
        size: Width and height in pixels; that of the definitions, 1024 x 1024, where None.
        bits: 8, or 16 for the same levels times 257 with finer steps where the pattern has any.

    Returns:
        P-values, height x width.

    Raises:
        DisplayError: If there is no such pattern, or it cannot be drawn in this size.
    """
    pattern = find_pattern(name)
    width, height = size or (UNITS, UNITS)
    if min(width, height) < pattern.smallest_side:
        raise DisplayError(
            _("This pattern needs at least {least} x {least} pixels").format(least=pattern.smallest_side),
            subject=pattern.name,
        )
    if max(width, height) > LARGEST_SIDE:
        raise DisplayError(
            _("A pattern has at most {most} x {most} pixels").format(most=LARGEST_SIDE), subject=pattern.name
        )
    canvas = Canvas((width, height))
    pattern.draw(canvas)
    return canvas.finished(bits)
