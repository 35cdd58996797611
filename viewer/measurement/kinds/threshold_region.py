"""Threshold region: the pixels connected to a seed whose values lie between two bounds, both included.

Pixels are connected along their edges, not at their corners. Bounds that the reader does not give are the mean of the
5 by 5 pixels around the first seed less and plus 2.5 standard deviations (n − 1), and the seed's own value at least;
they are kept, to be seen and changed.
Through a volume it is grown by workspace.measuring.threshold_volume.
"""

import functools
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from viewer.base.translation import N_, _
from viewer.imaging.spatial_transform import Point
from viewer.measurement.annotation import Annotation
from viewer.measurement.ground import Ground
from viewer.measurement.kinds.kind import KindParameter
from viewer.measurement.kinds.mask_kind import MaskKind
from viewer.measurement.kinds.region_kind import AREA
from viewer.measurement.reading import Reading
from viewer.measurement.scales import refused

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from viewer.measurement.region_mask import RegionMask

LOW, HIGH = "low", "high"
_REACH = 2
_DEVIATIONS = 2.5
_FAR = 1e12


class ThresholdRegion(MaskKind):
    """The corner of its pixels' box, then the seeds."""

    id = "threshold_region"
    title = N_("Threshold region")
    help = N_("The connected pixels with values like those where you click, or between two values that you give")
    icon = "wand-sparkles"
    asks = (
        KindParameter(LOW, N_("From value"), "", -_FAR, _FAR),
        KindParameter(HIGH, N_("To value"), "", -_FAR, _FAR),
    )

    def painted(
        self, annotation: Annotation, stroke: Sequence[Point], ground: Ground, *, is_erasing: bool = False
    ) -> Annotation:
        """Return it with what is connected to the stroke's first point added, or taken away."""
        # While the hand drags, the same first point comes again and again.
        return _painted(annotation, stroke[0], ground, is_erasing=is_erasing) if stroke else annotation

    def completed(self, annotation: Annotation, ground: Ground) -> Annotation:
        """Return it grown anew from its seeds, between the bounds it has now; as it is where there are no values."""
        from viewer.measurement.region_mask import NO_PIXELS, with_mask

        values = _numbers(ground)
        seeds = [seed for seed in annotation.points[1:] if _inside(seed, ground)]
        if values is None or not seeds:
            return annotation
        told = _bounded(replace(annotation, parameters=_without_mask(annotation)), values, seeds[0])
        grown = NO_PIXELS
        for seed in seeds:
            grown = grown.united(_grown(told, values, seed))
        fresh = with_mask(told, grown)
        return fresh if grown.count else replace(fresh, points=(seeds[0], *seeds))

    def readings(self, annotation: Annotation, ground: Ground) -> tuple[Reading, ...]:
        """Return what every mask's are, or that nothing lies between the bounds."""
        found = super().readings(annotation, ground)
        if found or not annotation.points:
            return found
        return (refused(AREA, N_("Area"), _("No pixel at the seed lies between these values")),)


def bounds(annotation: Annotation) -> tuple[float, float] | None:
    """Return the values between which pixels belong; None before they are known."""
    low, high = annotation.parameter(LOW), annotation.parameter(HIGH)
    if not isinstance(low, (int, float)) or not isinstance(high, (int, float)):
        return None
    return float(min(low, high)), float(max(low, high))


def likely_bounds(near: "NDArray[np.float64]", at_seed: float) -> tuple[float, float]:
    """Return mean ∓ 2.5 SD of the finite values around a seed, its own value between them; NaN where it has none.

    Args:
        near: Values around the seed, its own among them, of any shape.
        at_seed: Its own.
    """
    import numpy as np

    if not math.isfinite(at_seed):
        return math.nan, math.nan
    values = near[np.isfinite(near)]
    deviation = float(values.std(ddof=1)) if values.size > 1 else 0.0
    mean = float(values.mean())
    return min(mean - _DEVIATIONS * deviation, at_seed), max(mean + _DEVIATIONS * deviation, at_seed)


def connected(values: "NDArray[np.float64]", seed: tuple[int, int], low: float, high: float) -> "NDArray[np.bool_]":
    """Return the pixels between two values that are connected to one along edges; none where it is not between them.

    Args:
        values: Rows and columns; what is no number never belongs.
        seed: Row and column.
        low: Included.
        high: Included.
    """
    import numpy as np
    from scipy import ndimage

    candidates = (values >= low) & (values <= high)
    if not candidates[seed]:
        return np.zeros(values.shape, np.bool_)
    numbers, _count = ndimage.label(candidates)
    found: NDArray[np.bool_] = numbers == numbers[seed]
    return found


@functools.lru_cache(1)
def _painted(annotation: Annotation, seed: Point, ground: Ground, *, is_erasing: bool) -> Annotation:
    """Return an annotation with what is connected to a seed added, or taken away."""
    from viewer.measurement.region_mask import mask_of, with_mask

    values = _numbers(ground)
    if values is None or not _inside(seed, ground):
        return annotation
    told = _bounded(annotation, values, seed)
    grown, before = _grown(told, values, seed), mask_of(annotation)
    if is_erasing:
        gone = grown.over(ground.rows, ground.columns)
        kept = [at for at in annotation.points[1:] if _inside(at, ground) and not gone[_pixel(at)]]
        return with_mask(replace(annotation, points=(*annotation.points[:1], *kept)), before.without(grown))
    if not grown.count:
        return annotation
    points = (*annotation.points, seed) if annotation.points else (seed, seed)
    return with_mask(replace(told, points=points), before.united(grown))


def _grown(annotation: Annotation, values: "NDArray[np.float64]", seed: Point) -> "RegionMask":
    from viewer.measurement.region_mask import NO_PIXELS, trimmed

    between = bounds(annotation)
    return NO_PIXELS if between is None else trimmed(connected(values, _pixel(seed), *between))


def _bounded(annotation: Annotation, values: "NDArray[np.float64]", seed: Point) -> Annotation:
    """Return it with bounds: those the reader gave, or likely ones; without where there is no number around."""
    row, column = _pixel(seed)
    near = values[max(0, row - _REACH) : row + _REACH + 1, max(0, column - _REACH) : column + _REACH + 1]
    likely = likely_bounds(near, float(values[row, column]))
    kept = dict(annotation.parameters)
    for name, value in zip((LOW, HIGH), likely, strict=True):
        if not isinstance(kept.get(name), (int, float)) and math.isfinite(value):
            kept[name] = value
    return replace(annotation, parameters=tuple(sorted(kept.items())))


def _numbers(ground: Ground) -> "NDArray[np.float64] | None":
    """Return the values of a ground with NaN for what does not count; None where none may be taken."""
    import numpy as np

    if ground.refusal or ground.value_refusal or ground.read_values is None:
        return None
    given = ground.read_values()
    return given.values if given.counts is None else np.where(given.counts, given.values, np.nan)


def _without_mask(annotation: Annotation) -> tuple[tuple[str, float | str], ...]:
    from viewer.measurement.region_mask import MASK

    return tuple(each for each in annotation.parameters if each[0] != MASK)


def _inside(at: Point, ground: Ground) -> bool:
    return all(map(math.isfinite, at)) and 0 <= at[0] < ground.columns and 0 <= at[1] < ground.rows


def _pixel(at: Point) -> tuple[int, int]:
    return math.floor(at[1]), math.floor(at[0])
