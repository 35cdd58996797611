"""A smooth line through picked points, measured along itself, with axes that go along it without twisting.

The line is the centripetal Catmull-Rom spline (Yuksel et al. 2011), which makes no loops; the axes are carried along by
double reflection (Wang et al. 2008), so that they turn about the line no more than they must.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from viewer.base.errors import VolumeError
from viewer.base.translation import _
from viewer.dicom.image_plane import Vector, added, cross, dot, scaled, subtract

_SAME_PLACE_MM = 1e-3
_FEWEST_STEPS = 64  # of one span between two points: the arc is then some 1e-5 longer than its chords
_LONGEST_STEP_MM = 0.2
_MOST_STEPS = 20_000


@dataclass(frozen=True, slots=True, eq=False)
class CenterLine:
    """A line as many short chords.

    Attributes:
        places: On it, in LPS mm; (n, 3).
        distances: Of them from its begin, along it, in mm; (n,).
        tangents: Unit vectors along it; (n, 3).
        across: Unit vectors at right angles to it, carried along without twisting; (n, 3).
    """

    places: NDArray[np.float64]
    distances: NDArray[np.float64]
    tangents: NDArray[np.float64]
    across: NDArray[np.float64]

    @property
    def length_mm(self) -> float:
        """Along the line."""
        return float(self.distances[-1])

    def at(self, distances_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the places so far along the line, going on straight beyond its ends; (n, 3)."""
        held = np.clip(distances_mm, 0.0, self.length_mm)
        beyond = (distances_mm - held)[:, None]
        return self._between(self.places, held) + beyond * self._between(self.tangents, held)

    def axes(self, distances_mm: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
        """Return tangents, vectors across and the third axes (tangent × across) so far along the line; (n, 3) each."""
        held = np.clip(distances_mm, 0.0, self.length_mm)
        tangents = _unit(self._between(self.tangents, held))
        across = self._between(self.across, held)
        across = _unit(across - (across * tangents).sum(axis=1, keepdims=True) * tangents)
        return tangents, across, np.cross(tangents, across)

    def _between(self, values: NDArray[np.float64], held: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.stack([np.interp(held, self.distances, values[:, axis]) for axis in range(3)], axis=1)


def center_line(points_mm: Sequence[Vector], first_across: Vector) -> CenterLine:
    """Return the line through points.

    Args:
        points_mm: In order; at least two places.
        first_across: What the vector across is to be at the begin, as nearly as the line lets it.

    Raises:
        VolumeError: If there are no two places.
    """
    points = [points_mm[0]] if points_mm else []
    points += [after for before, after in pairwise(points_mm) if _apart(before, after)]
    if len(points) < 2:
        raise VolumeError(_("A centre line needs two points"), advice=_("Pick points along the vessel"))
    places = _spline(np.array(points, np.float64))
    steps = np.linalg.norm(np.diff(places, axis=0), axis=1)
    distances = np.concatenate([[0.0], steps.cumsum()])
    tangents = _unit(np.asarray(np.gradient(places, distances, axis=0, edge_order=2), np.float64))
    return CenterLine(places, distances, tangents, _carried(places, tangents, first_across))


def _apart(before: Vector, after: Vector) -> bool:
    return math.dist(before, after) > _SAME_PLACE_MM


def _unit(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-12))


def _spline(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return places along the spline, close enough that chords are as long as the arc."""
    first, last = 2 * points[0] - points[1], 2 * points[-1] - points[-2]
    if len(points) > 2:
        # At its ends the line goes on as the circle-like bend beside them does, not straight.
        first = points[0] + _mirrored(points[1] - points[0], points[2] - points[1])
        last = points[-1] + _mirrored(points[-2] - points[-1], points[-3] - points[-2])
    held = np.concatenate([[first], points, [last]])
    pieces = [_span(held[number : number + 4]) for number in range(len(points) - 1)]
    return np.concatenate([*pieces, points[-1:]])


def _mirrored(step: NDArray[np.float64], next_step: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the step before one, so that the bend from it to that one is the bend from that one to the next."""
    along = step / np.linalg.norm(step)
    return np.asarray(
        -(2 * (next_step @ along) * along - next_step) * (np.linalg.norm(step) / np.linalg.norm(next_step))
    )


def _span(held: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return places from the second of four points to before the third (Barry and Goldman's pyramid)."""
    chords = np.linalg.norm(np.diff(held, axis=0), axis=1)
    count = min(max(_FEWEST_STEPS, math.ceil(chords[1] / _LONGEST_STEP_MM)), _MOST_STEPS)
    knots = np.concatenate([[0.0], np.sqrt(chords).cumsum()])
    t = np.linspace(knots[1], knots[2], count, endpoint=False)[:, None]

    def mixed(a: NDArray[np.float64], b: NDArray[np.float64], start: float, end: float) -> NDArray[np.float64]:
        return np.asarray(((end - t) * a + (t - start) * b) / (end - start))

    first = [mixed(held[n], held[n + 1], knots[n], knots[n + 1]) for n in range(3)]
    second = [mixed(first[n], first[n + 1], knots[n], knots[n + 2]) for n in range(2)]
    return mixed(second[0], second[1], knots[1], knots[2])


def _carried(places: NDArray[np.float64], tangents: NDArray[np.float64], first_across: Vector) -> NDArray[np.float64]:
    """Return vectors across the line, each the one before reflected twice: onto the next place, onto its tangent."""
    along = [(float(x), float(y), float(z)) for x, y, z in tangents]
    where = [(float(x), float(y), float(z)) for x, y, z in places]
    found = [across_from(along[0], first_across)]
    for number in range(len(where) - 1):
        chord = subtract(where[number + 1], where[number])
        held, tangent = _reflected(found[-1], chord), _reflected(along[number], chord)
        found.append(_reflected(held, subtract(along[number + 1], tangent)))
    return np.array(found)


def _reflected(vector: Vector, normal: Vector) -> Vector:
    square = dot(normal, normal)
    return vector if square < 1e-24 else subtract(vector, scaled(normal, 2 * dot(normal, vector) / square))


def across_from(tangent: Vector, wanted: Vector) -> Vector:
    """Return the unit vector at a right angle to a tangent that is nearest to a wanted one."""
    for candidate in (wanted, (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)):
        rest = subtract(candidate, scaled(tangent, dot(candidate, tangent)))
        if math.hypot(*rest) > 0.05:
            return scaled(rest, 1 / math.hypot(*rest))
    return cross(tangent, added(tangent, (0.0, 0.0, 1.0)))  # never reached by unit vectors
