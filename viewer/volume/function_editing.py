"""Changing transfer functions point by point, so that they stay what they must be: in order, within bounds."""

import bisect
from dataclasses import replace

from viewer.volume.transfer_functions import MOST_POINTS, Color, ColorPoint, OpacityPoint, TransferFunctions


def moved_point(functions: TransferFunctions, index: int, value: float, opacity: float) -> TransferFunctions:
    """Return functions with a point of the opacity curve elsewhere; it does not pass its neighbours."""
    points = list(functions.opacity)
    low = points[index - 1].value if index > 0 else value
    high = points[index + 1].value if index + 1 < len(points) else value
    points[index] = OpacityPoint(min(max(value, low), high), min(max(opacity, 0.0), 1.0))
    return replace(functions, opacity=tuple(points))


def added_point(functions: TransferFunctions, value: float, opacity: float) -> tuple[TransferFunctions, int]:
    """Return functions with one more point of the opacity curve, and its index; as they are when there are too many."""
    values = [point.value for point in functions.opacity]
    index = bisect.bisect_right(values, value)
    if len(values) >= MOST_POINTS:
        return functions, min(index, len(values) - 1)
    point = OpacityPoint(value, min(max(opacity, 0.0), 1.0))
    return replace(functions, opacity=(*functions.opacity[:index], point, *functions.opacity[index:])), index


def removed_point(functions: TransferFunctions, index: int) -> TransferFunctions:
    """Return functions without a point of the opacity curve; the last two stay."""
    if len(functions.opacity) <= 2:
        return functions
    return replace(functions, opacity=(*functions.opacity[:index], *functions.opacity[index + 1 :]))


def colored(functions: TransferFunctions, value: float, color: Color, reach: float) -> TransferFunctions:
    """Return functions with a colour at a value: that of a point within reach of it, else of a new one."""
    points = list(functions.color)
    nearest = min(range(len(points)), key=lambda each: abs(points[each].value - value))
    if abs(points[nearest].value - value) <= reach or len(points) >= MOST_POINTS:
        points[nearest] = replace(points[nearest], color=color)
    else:
        points.insert(bisect.bisect_right([point.value for point in points], value), ColorPoint(value, color))
    return replace(functions, color=tuple(points))


def uncolored(functions: TransferFunctions, value: float, reach: float) -> TransferFunctions:
    """Return functions without the colour point within reach of a value; the last one stays."""
    points = list(functions.color)
    nearest = min(range(len(points)), key=lambda each: abs(points[each].value - value))
    if abs(points[nearest].value - value) > reach or len(points) == 1:
        return functions
    return replace(functions, color=(*points[:nearest], *points[nearest + 1 :]))
