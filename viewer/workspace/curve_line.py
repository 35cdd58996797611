"""The smooth line through the points of a centre line, worked out once for each set of points."""

import functools

from viewer.base.errors import VolumeError
from viewer.dicom.image_plane import Vector
from viewer.volume.center_line import CenterLine, center_line


@functools.lru_cache(maxsize=8)
def line_through(points_mm: tuple[Vector, ...]) -> CenterLine | None:
    """Return the line through points; None for fewer than two places."""
    try:
        return center_line(points_mm, (0.0, -1.0, 0.0))
    except VolumeError:
        return None
