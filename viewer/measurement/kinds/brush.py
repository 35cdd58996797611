"""Brush: pixels painted and erased by discs. Its discs are kept nowhere, its pixels as run lengths."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from viewer.base.translation import N_
from viewer.imaging.spatial_transform import Point
from viewer.measurement.annotation import Annotation
from viewer.measurement.ground import Ground
from viewer.measurement.kinds.kind import KindParameter
from viewer.measurement.kinds.mask_kind import MaskKind
from viewer.measurement.reading import MILLIMETER
from viewer.measurement.scales import lengths

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from viewer.measurement.region_mask import RegionMask

RADIUS = "radius"
RADIUS_UNIT = "radius_unit"
_DEFAULT_RADIUS = 5.0
_LEAST_RADIUS, _MOST_RADIUS = 0.1, 500.0
_PIXELS = "px"
_HAIR = 1e-9
"""What rounding may do to a centre on the edge of the disc."""


class Brush(MaskKind):
    """Pixels whose centre came under the disc."""

    id = "brush"
    title = N_("Brush")
    help = N_("Paints a region pixel by pixel; erases what is painted; its area and values are told")
    icon = "brush"
    asks = (
        KindParameter(RADIUS, N_("Radius of the brush"), _DEFAULT_RADIUS, _LEAST_RADIUS, _MOST_RADIUS),
        KindParameter(RADIUS_UNIT, N_("Radius in"), "", choices=(("", N_("mm where known")), (_PIXELS, N_("pixels")))),
    )

    def painted(
        self, annotation: Annotation, stroke: Sequence[Point], ground: Ground, *, is_erasing: bool = False
    ) -> Annotation:
        """Return it with the pixels under one stroke added, or taken away."""
        from viewer.measurement.region_mask import with_mask

        before, under = self.mask(annotation), stroke_mask(stroke, radii(annotation, ground), ground)
        return with_mask(annotation, before.without(under) if is_erasing else before.united(under))


def radii(annotation: Annotation, ground: Ground) -> Point:
    """Return the radius of its disc in columns and in rows: in mm where pixels have a size, round there."""
    value = annotation.parameter(RADIUS, _DEFAULT_RADIUS)
    radius = float(value) if isinstance(value, (int, float)) and math.isfinite(value) else _DEFAULT_RADIUS
    radius = min(max(radius, _LEAST_RADIUS), _MOST_RADIUS)
    scale = lengths(ground, annotation.points)
    if annotation.parameter(RADIUS_UNIT) == _PIXELS or isinstance(scale, str) or scale.unit != MILLIMETER:
        return radius, radius / ground.aspect
    return radius / abs(scale.step[0]), radius / abs(scale.step[1])


def stroke_mask(stroke: Sequence[Point], size: Point, ground: Ground) -> "RegionMask":
    """Return the pixels under a disc that is drawn along a stroke: those whose centre comes under it or on its edge.

    The pixel under the disc's own centre always belongs, however small the disc.

    Args:
        stroke: Image points, at least one; between two of them the disc goes straight.
        size: Radius in columns and in rows.
        ground: Its edges are the brush's.
    """
    import numpy as np

    from viewer.measurement.region_mask import NO_PIXELS, trimmed

    points = [point for point in stroke if all(map(math.isfinite, point))]
    if not points:
        return NO_PIXELS
    xs, ys = [x for x, _y in points], [y for _x, y in points]
    left, right = max(0, math.floor(min(xs) - size[0])), min(ground.columns, math.ceil(max(xs) + size[0]) + 1)
    top, bottom = max(0, math.floor(min(ys) - size[1])), min(ground.rows, math.ceil(max(ys) + size[1]) + 1)
    if left >= right or top >= bottom:
        return NO_PIXELS
    under = np.zeros((bottom - top, right - left), np.bool_)
    for start, end in zip(points, points[1:] or points, strict=False):
        _paint(under, (left, top), start, end, size)
    for x, y in points:
        if 0 <= math.floor(x) < ground.columns and 0 <= math.floor(y) < ground.rows:
            under[math.floor(y) - top, math.floor(x) - left] = True
    return trimmed(under, left, top)


def _paint(under: "NDArray[np.bool_]", corner: tuple[int, int], start: Point, end: Point, size: Point) -> None:
    """Mark the pixels under a disc that goes from one point to another, in an array that begins at a corner."""
    import numpy as np

    rows, columns = under.shape
    first = max(0, math.floor(min(start[0], end[0]) - size[0]) - corner[0])
    last = min(columns, math.ceil(max(start[0], end[0]) + size[0]) + 1 - corner[0])
    upper = max(0, math.floor(min(start[1], end[1]) - size[1]) - corner[1])
    lower = min(rows, math.ceil(max(start[1], end[1]) + size[1]) + 1 - corner[1])
    # In steps of the radius the disc is round.
    x = (np.arange(first, last) + corner[0] + 0.5 - start[0])[None, :] / size[0]
    y = (np.arange(upper, lower) + corner[1] + 0.5 - start[1])[:, None] / size[1]
    way = (end[0] - start[0]) / size[0], (end[1] - start[1]) / size[1]
    square = way[0] ** 2 + way[1] ** 2
    share = np.clip((x * way[0] + y * way[1]) / square, 0.0, 1.0) if square else 0.0
    under[upper:lower, first:last] |= (x - share * way[0]) ** 2 + (y - share * way[1]) ** 2 <= 1.0 + _HAIR
