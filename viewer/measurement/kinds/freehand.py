"""Freehand: an outline as the hand draws it."""

import itertools
import math
from collections.abc import Sequence

from viewer.base.translation import N_
from viewer.imaging.spatial_transform import Point
from viewer.measurement.annotation import Annotation
from viewer.measurement.ground import Ground
from viewer.measurement.kinds.kind import Placing
from viewer.measurement.kinds.polygon import Polygon

_MOST_HANDLES = 16


class Freehand(Polygon):
    """The points of the way, the last one led back to the first."""

    id = "freehand"
    title = N_("Freehand")
    help = N_("Area and values inside a line drawn by hand")
    icon = "lasso"
    placing = Placing.FREEHAND

    def settled(self, points: Sequence[Point], ground: Ground) -> tuple[Point, ...]:
        """Return the way without points where the hand rested, and not closed twice."""
        del ground
        kept = [point for point, _same in itertools.groupby(points)]
        while len(kept) > self.least and kept[-1] == kept[0]:
            kept.pop()
        return tuple(kept)

    def handles(self, annotation: Annotation) -> tuple[int, ...]:
        """Return points spread evenly over the outline."""
        count = len(annotation.points)
        if count <= _MOST_HANDLES:
            return tuple(range(count))
        return tuple(round(step * count / _MOST_HANDLES) for step in range(_MOST_HANDLES))

    def moved(self, annotation: Annotation, handle: int, to: Point, ground: Ground) -> tuple[Point, ...]:
        """Return the outline bent: points between a handle and the next ones follow it the less the farther."""
        points, reach = annotation.points, self._reach(annotation)
        if reach <= 1:
            return super().moved(annotation, handle, to, ground)
        dx, dy = to[0] - points[handle][0], to[1] - points[handle][1]
        count = len(points)
        bent = []
        for index, (x, y) in enumerate(points):
            away = abs(index - handle)
            share = max(0.0, 1.0 - min(away, count - away) / reach)
            weight = (1.0 - math.cos(math.pi * share)) / 2
            bent.append((x + weight * dx, y + weight * dy))
        return tuple(bent)

    def _reach(self, annotation: Annotation) -> int:
        count = len(annotation.points)
        return 1 if count <= _MOST_HANDLES else math.ceil(count / _MOST_HANDLES)
