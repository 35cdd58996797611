"""Whether a registration is to be trusted: said in words, before it is put into force and while it is.

Mutual information has peaks that are no truth, above all between modalities and on volumes cropped to a small part:
what was found is held against what the other way round found, against where both lay before, and against what can be.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from viewer.base.translation import _
from viewer.dicom.frame_transform import FrameTransform

_FURTHEST_MM, _FURTHEST_DEG = 2.0, 2.0
"""By how much the two ways may differ."""
_LEAST_OVERLAP, _LARGEST_TURN_DEG = 0.25, 30.0
_LEAST_GAIN, _LEAST_MOVE_MM = 0.1, 2.0
"""A movement further than this has to make the agreement better by more than this part."""


@dataclass(frozen=True, slots=True)
class Difference:
    """By how much two movements differ.

    Attributes:
        mm: At the point of the overlap where it is most.
        deg: By how much one is turned against the other.
    """

    mm: float = 0.0
    deg: float = 0.0

    @property
    def text(self) -> str:
        """What is wrong with it, translated; empty where nothing is."""
        if not math.isfinite(self.mm):
            return _("laid the other way round, nothing was found")
        if self.mm > _FURTHEST_MM:
            return _("the two ways differ by {0} mm").format(f"{self.mm:.0f}")
        if self.deg > _FURTHEST_DEG:
            return _("the two ways differ by {0}°").format(f"{self.deg:.0f}")
        return ""


SAME = Difference()
NOTHING_FOUND = Difference(math.inf, math.inf)


def difference(points: NDArray[np.float64], one: FrameTransform, other: FrameTransform | None) -> Difference:
    """Return by how much two movements differ at points of what both images show."""
    if other is None or not len(points):
        return NOTHING_FOUND
    parts = one.array[:3] - other.array[:3]
    apart = points @ parts[:, :3].T + parts[:, 3]
    return Difference(float(np.linalg.norm(apart, axis=1).max()), one.after(other.inverse).angle_deg)


@dataclass(frozen=True, slots=True)
class Measures:
    """What a registration is judged by.

    Attributes:
        before: Mutual information where both lay by their own coordinates; None where they did not overlap.
        after: With the movement.
        overlap: Which part of the smaller volume lies in the other, 0 to 1.
        moved_mm: At the middle of the moving volume.
        turned_deg: By how much it was turned.
        ways: Against the other way round.
    """

    before: float | None
    after: float
    overlap: float
    moved_mm: float
    turned_deg: float
    ways: Difference


def doubt_of(measures: Measures) -> str:
    """Return why a registration is doubtful, the weightiest reason first, translated; empty where it is not."""
    reasons = (
        measures.ways.text,
        _gain_text(measures),
        _("only {0} % overlaps").format(f"{measures.overlap * 100:.0f}") if measures.overlap < _LEAST_OVERLAP else "",
        _("it is turned by {0}°").format(f"{measures.turned_deg:.0f}")
        if measures.turned_deg > _LARGEST_TURN_DEG
        else "",
    )
    return "; ".join(each for each in reasons if each)


def _gain_text(measures: Measures) -> str:
    is_moved = measures.moved_mm > 0 or measures.turned_deg > 0
    if measures.before is None or not is_moved:
        return ""
    if measures.after < measures.before:
        return _("it agrees no better than before")
    is_far = measures.moved_mm > _LEAST_MOVE_MM or measures.turned_deg > _FURTHEST_DEG
    if is_far and measures.after < measures.before * (1 + _LEAST_GAIN):
        return _("it agrees hardly better than before")
    return ""
