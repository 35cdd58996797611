"""Left and right of what is measured on both sides of the body: only as the reader says, never guessed from the image.

Names and codes are made for "right", "left", and, where the reader said nothing, "1st" and "2nd" in the order placed.
"""

from viewer.base.translation import N_
from viewer.measurement.annotation import Annotation
from viewer.measurement.kinds.kind import KindParameter

LATERALITY = "laterality"
"""The parameter that says on which side the site of a mark is: R, L or B."""
FIRST_SIDE = "first_side"
"""The parameter that says which side was placed first."""
ASKED_SIDE = KindParameter(
    FIRST_SIDE,
    N_("Side placed first"),
    "",
    choices=(("", N_("not said")), ("R", N_("right")), ("L", N_("left"))),
)
_SIDES = {"R": ("R", "L"), "L": ("L", "R")}
_NUMBERED = ("1", "2")


def sides(annotation: Annotation) -> tuple[str, str]:
    """Return "R" and "L" as the first and the second side, or "1" and "2" where the reader did not say."""
    return _SIDES.get(str(annotation.parameter(FIRST_SIDE)), _NUMBERED)
