"""Zoom, pan and rotation by the hand: how far the image moves for how far the pointer moved."""

import math
from dataclasses import replace

from viewer.imaging.spatial_transform import ImagePlacement, Point
from viewer.workspace.viewport_state import ViewportState

DOUBLE_DISTANCE_PX = 120.0
"""A drag of so many device-independent pixels upward doubles the size."""

WHEEL_FACTOR = 1.15
"""One notch of the wheel."""


def zoomed_about(state: ViewportState, placement: ImagePlacement, factor: float, point: Point) -> ViewportState:
    """Return the state magnified by a factor while the image point under a viewport point stays there."""
    return replace(state, transform=placement.zoomed(factor, point), is_true_size=False)


def zoom_factor_of_drag(dy: float) -> float:
    """Return the magnification of a drag; upward (negative dy) makes larger."""
    return float(2.0 ** (-dy / DOUBLE_DISTANCE_PX))


def zoom_factor_of_wheel(notches: float) -> float:
    """Return the magnification of a turn of the wheel; away from the hand makes larger."""
    return float(WHEEL_FACTOR**notches)


def panned(state: ViewportState, placement: ImagePlacement, dx: float, dy: float) -> ViewportState:
    """Return the state with the image moved by device pixels."""
    return replace(state, transform=placement.panned(dx, dy))


def rotated_by_drag(state: ViewportState, middle: Point, start: Point, now: Point) -> ViewportState:
    """Return the state turned by the angle between two pointer positions as seen from the viewport's middle."""
    before = math.atan2(start[1] - middle[1], start[0] - middle[0])
    after = math.atan2(now[1] - middle[1], now[0] - middle[0])
    return replace(state, transform=state.transform.rotated(math.degrees(after - before)))
