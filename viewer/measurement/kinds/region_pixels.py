"""The pixels of any kind of region, for plots and exports: outlines and masks alike."""

from typing import TYPE_CHECKING

from viewer.base.errors import RefusedError
from viewer.measurement.annotation import Annotation
from viewer.measurement.ground import Ground
from viewer.measurement.kinds.kind import Kind
from viewer.measurement.kinds.mask_kind import MaskKind
from viewer.measurement.kinds.region_kind import RegionKind

if TYPE_CHECKING:
    from viewer.measurement.regions import RegionPixels
    from viewer.measurement.roi_statistics import Histogram

_FAR = 1e6


def region_pixels(kind: Kind, annotation: Annotation, ground: Ground) -> "RegionPixels | None":
    """Return the pixels that belong to an annotation; None where it is no region, or none that can be told."""
    from viewer.measurement.regions import pixels_of

    if len(annotation.points) < kind.least or any(not abs(part) < _FAR for at in annotation.points for part in at):
        return None
    if isinstance(kind, MaskKind):
        try:
            return kind.pixels(annotation, ground)
        except RefusedError:
            return None
    if isinstance(kind, RegionKind):
        return pixels_of(kind.outline(annotation), ground.rows, ground.columns)
    return None


def region_histogram(kind: Kind, annotation: Annotation, ground: Ground, bins: int = 256) -> "Histogram | None":
    """Return how often values occur in a region of any kind; None where there are no values.

    Args:
        kind: Of the annotation.
        annotation: A region.
        ground: Where it lies.
        bins: At most; whole numbers have one each where these are enough.
    """
    from viewer.measurement.roi_statistics import histogram_of, values_of

    pixels = region_pixels(kind, annotation, ground)
    values = values_of(ground, pixels) if pixels is not None else ""
    return None if isinstance(values, str) or not values[0].size else histogram_of(values[0], bins)
