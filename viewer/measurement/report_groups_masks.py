"""Regions of single pixels that come back from the outlines they were written with."""

import itertools
from collections.abc import Sequence

import numpy as np

from viewer.dicom.graphic_objects import Point
from viewer.dicom.structured_report.measurement_writing import MarkedRegion
from viewer.dicom.structured_report.values import SpaceRegionValue
from viewer.measurement.annotation import Annotation, PlaneAnchor
from viewer.measurement.kinds.mask_kind import MaskKind
from viewer.measurement.kinds.table import kind_of
from viewer.measurement.region_mask import MASK, MOST_PIXELS, RegionMask, trimmed, with_mask

_OFF_EDGE = 0.05
"""Pixels that a corner may lie beside a pixel's corner, for it was written with 32 bits."""


def with_pixels_of(annotation: Annotation, regions: Sequence[MarkedRegion], corner: Point) -> Annotation:
    """Return a mark with the pixels that regions go round; as it is where it has some already, or has none.

    Args:
        annotation: Where it lies, and of its kind.
        regions: As they are written.
        corner: (column, row) of its image's first pixel in the image that regions count in.

    Raises:
        ValueError: Regions do not go along the edges of pixels.
        TypeError: Regions lie in space, and the mark on an image.
    """
    is_mask = isinstance(kind_of(annotation.kind), MaskKind)
    if not is_mask or not regions or annotation.parameter(MASK):
        return annotation
    return with_mask(annotation, mask_within([_line(annotation, each, corner) for each in regions]))


def mask_within(lines: Sequence[Sequence[Point]]) -> RegionMask:
    """Return the pixels inside closed lines along pixel edges; what lies inside two of them is a hole.

    Raises:
        ValueError: A line does not go along the edges of pixels, or round more than any image has.
    """
    corners = [[(_whole(x), _whole(y)) for x, y in line] for line in lines]
    columns, rows = ([point[axis] for line in corners for point in line] for axis in (0, 1))
    left, top = min(columns), min(rows)
    width, height = max(columns) - left, max(rows) - top
    if width * height > MOST_PIXELS:
        raise ValueError("More pixels than any image has")
    turns = np.zeros((height, width + 1), np.bool_)
    for line in corners:
        for (x, y), (u, v) in itertools.pairwise([*line, line[0]]):
            if x == u:
                turns[min(y, v) - top : max(y, v) - top, x - left] ^= True
            elif y != v:
                raise ValueError("A line across a pixel")
    return trimmed(np.logical_xor.accumulate(turns, axis=1)[:, :-1], left, top)


def _line(annotation: Annotation, region: MarkedRegion, corner: Point) -> list[Point]:
    value, anchor = region.value, annotation.anchor
    if isinstance(value, SpaceRegionValue):
        if not isinstance(anchor, PlaneAnchor):
            raise TypeError("A region in space, of an image")
        flat = (anchor.plane.point_image(point) for point in value.points)
        return [(x + 0.5, y + 0.5) for x, y, _away in flat]
    return [(x - corner[0], y - corner[1]) for x, y in value.points]


def _whole(part: float) -> int:
    found = round(part)
    if abs(part - found) > _OFF_EDGE:
        raise ValueError("A corner within a pixel")
    return found
