"""Curved planes: what lies along a centre line, laid flat.

Straightened, the line is a straight line in the picture, and each row across it is a straight line in the patient at a
right angle to it. Stretched, the line is swept along one direction, and the sheet that this makes is rolled out: all
lengths on the sheet are true. A cross-section is an ordinary plane at a right angle to the line.
"""

import enum
import functools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from viewer.base.errors import VolumeError
from viewer.base.translation import _
from viewer.dicom.image_plane import ImagePlane, Vector, added, cross, dot, scaled, subtract
from viewer.volume.center_line import CenterLine, center_line
from viewer.volume.reslice_plane import Projection, ReslicePlane, VolumeInterpolation

DEFAULT_WIDTH_MM = 60.0
_MOST_SAMPLES = 8192
_UPRIGHT = 0.7  # a sweep steeper than this is shown upright, and the line runs across the picture


class CurvedLayout(enum.StrEnum):
    """How a curved plane is laid flat."""

    STRETCHED = "stretched"
    STRAIGHTENED = "straightened"
    CROSS_SECTION = "cross-section"


@dataclass(frozen=True, slots=True)
class CurvedPlane:
    """A curved plane, as a question.

    Attributes:
        points_mm: The centre line goes through them in order, in LPS mm.
        layout: How it is laid flat.
        sweep: The direction it is stretched in, and that the straightened plane begins with across the line: the normal
            of the plane the points were picked on.
        spacing_mm: Between samples, both ways.
        angle_deg: Turned by so much about the line.
        position_mm: Of a cross-section along the line.
        width_mm: Across the line; of a stretched plane beyond the line to both sides together.
        thickness_mm: Of a slab along the curved plane; 0 for the plane alone.
    """

    points_mm: tuple[Vector, ...]
    layout: CurvedLayout
    sweep: Vector
    spacing_mm: float
    angle_deg: float = 0.0
    position_mm: float = 0.0
    width_mm: float = DEFAULT_WIDTH_MM
    thickness_mm: float = 0.0
    projection: Projection = Projection.MEAN
    interpolation: VolumeInterpolation = VolumeInterpolation.LINEAR
    phase: int = 0

    def __post_init__(self) -> None:
        if not (0 < self.spacing_mm < math.inf and 0 < self.width_mm < math.inf and math.hypot(*self.sweep) > 0):
            raise VolumeError(_("A curved plane needs a width, a spacing and a direction"))


@dataclass(frozen=True, slots=True, eq=False)
class CurvedSheet:
    """Where the samples of a curved plane lie; they are counted along and across the line, from 0.

    Attributes:
        line: Through the points.
        along: Samples along the line.
        across: Samples across it.
        spacing_mm: Between them.
        is_line_across: Whether the line runs across the picture, from left to right, and not down it.
        sweep: Unit vector; None for a straightened plane.
        rolled_mm: How far along the rolled-out sheet each place of the line is; of a straightened plane its distances.
        middle_mm: Of the sheet along the sweep.
        angle_deg: That a straightened plane is turned by.
    """

    line: CenterLine
    along: int
    across: int
    spacing_mm: float
    is_line_across: bool
    sweep: Vector | None
    rolled_mm: NDArray[np.float64]
    middle_mm: float
    angle_deg: float

    @property
    def columns(self) -> int:
        """Of the picture."""
        return self.along if self.is_line_across else self.across

    @property
    def rows(self) -> int:
        """Of the picture."""
        return self.across if self.is_line_across else self.along

    def point_patient(self, column: float, row: float) -> Vector:
        """Return the place of a sample of the picture."""
        along, across = (column, row) if self.is_line_across else (row, column)
        x, y, z = self.lines(np.array([along]), across, 1.0)[0, 0]
        return float(x), float(y), float(z)

    def place_along(self, position_mm: float) -> float:
        """Return the sample along the picture at which the line has come so far."""
        return float(np.interp(position_mm, self.line.distances, self.rolled_mm)) / self.spacing_mm

    def position_at(self, sample: float) -> float:
        """Return how far along the line it has come at a sample along the picture; at the ends beyond them."""
        return float(np.interp(sample * self.spacing_mm, self.rolled_mm, self.line.distances))

    def lines(self, along: NDArray[np.float64], first_across: float, step_across: float) -> NDArray[np.float64]:
        """Return straight lines across the sheet in LPS mm: first place, step, unit vector deeper; (n, 3, 3).

        Args:
            along: Sample numbers, with fractions.
            first_across: Sample number each line begins at.
            step_across: In samples.
        """
        rolled = along * self.spacing_mm
        held = np.clip(rolled, 0.0, self.rolled_mm[-1])
        distances = np.interp(held, self.rolled_mm, self.line.distances)
        tangents, normals, binormals = self.line.axes(distances)
        base = self.line.at(distances) + (rolled - held)[:, None] * tangents
        if self.sweep is None:
            angle = math.radians(self.angle_deg)
            sides = math.cos(angle) * normals + math.sin(angle) * binormals
        else:
            sides = np.broadcast_to(np.array(self.sweep), base.shape)
            base = base + (self.middle_mm - base @ sides[0])[:, None] * sides
        deeper = np.cross(tangents, sides)
        deeper /= np.maximum(np.linalg.norm(deeper, axis=1, keepdims=True), 1e-9)
        start = (first_across - (self.across - 1) / 2) * self.spacing_mm
        return np.stack([base + start * sides, step_across * self.spacing_mm * sides, deeper], axis=1)


@functools.lru_cache(maxsize=8)
def line_of(points_mm: tuple[Vector, ...], sweep: Vector) -> CenterLine:
    """Return the line through points, its vector across beginning as nearly as may be along the sweep."""
    return center_line(points_mm, sweep)


def curved_sheet(plane: CurvedPlane) -> CurvedSheet:
    """Return the sheet of a straightened or stretched plane.

    Raises:
        VolumeError: If there is no line, or it runs in the direction it is to be stretched in.
    """
    sweep = _facing(scaled(plane.sweep, 1 / math.hypot(*plane.sweep)))
    line = line_of(plane.points_mm, sweep)
    if plane.layout is CurvedLayout.STRETCHED:
        return _stretched(plane, line, _turned(sweep, _way(line), plane.angle_deg))
    return CurvedSheet(
        line,
        _samples(line.length_mm, plane.spacing_mm),
        _samples(plane.width_mm, plane.spacing_mm),
        plane.spacing_mm,
        is_line_across=False,
        sweep=None,
        rolled_mm=line.distances,
        middle_mm=0.0,
        angle_deg=plane.angle_deg,
    )


def cross_section(plane: CurvedPlane) -> ReslicePlane:
    """Return the plane at a right angle to the line at its position; the middle sample is on the line.

    Raises:
        VolumeError: If there is no line.
    """
    line = line_of(plane.points_mm, _facing(scaled(plane.sweep, 1 / math.hypot(*plane.sweep))))
    at = np.array([min(max(plane.position_mm, 0.0), line.length_mm)])
    tangent, normal, binormal = (_vector(each[0]) for each in line.axes(at))
    angle = math.radians(plane.angle_deg)
    right = added(scaled(normal, math.cos(angle)), scaled(binormal, math.sin(angle)))
    down = cross(tangent, right)
    size = _samples(plane.width_mm, plane.spacing_mm)
    back = scaled(added(right, down), (size - 1) / 2 * plane.spacing_mm)
    place = ImagePlane(subtract(_vector(line.at(at)[0]), back), right, down, plane.spacing_mm, plane.spacing_mm)
    return ReslicePlane(place, size, size, plane.thickness_mm, plane.projection, plane.interpolation, plane.phase)


def _stretched(plane: CurvedPlane, line: CenterLine, sweep: Vector) -> CurvedSheet:
    heights = line.places @ np.array(sweep)
    flat = line.places - heights[:, None] * np.array(sweep)
    rolled = np.concatenate([[0.0], np.linalg.norm(np.diff(flat, axis=0), axis=1).cumsum()])
    if rolled[-1] < plane.spacing_mm:
        raise VolumeError(_("The line runs in the direction it is to be stretched in"), advice=_("Turn the plane"))
    rolled += np.arange(len(rolled)) * 1e-9  # always growing, so that each length has one place
    return CurvedSheet(
        line,
        _samples(float(rolled[-1]), plane.spacing_mm),
        _samples(float(np.ptp(heights)) + plane.width_mm, plane.spacing_mm),
        plane.spacing_mm,
        is_line_across=abs(sweep[2]) > _UPRIGHT,
        sweep=sweep,
        rolled_mm=rolled,
        middle_mm=float(heights.min() + heights.max()) / 2,
        angle_deg=plane.angle_deg,
    )


def _samples(length_mm: float, spacing_mm: float) -> int:
    """Return the samples of a length, an odd number, so that one is in the middle."""
    return min(2 * math.floor(length_mm / spacing_mm / 2 + 1e-6) + 1, _MOST_SAMPLES)


def _facing(direction: Vector) -> Vector:
    """Return a direction or its opposite: to the patient's left or back, as planes have it, or down to the feet."""
    strongest = max(range(3), key=lambda axis: abs(direction[axis]))
    wanted = -1.0 if strongest == 2 else 1.0
    return direction if direction[strongest] * wanted > 0 else scaled(direction, -1.0)


def _way(line: CenterLine) -> Vector:
    """Return the way from the begin of a line to its end."""
    return _vector(line.places[-1] - line.places[0])


def _turned(direction: Vector, about: Vector, angle_deg: float) -> Vector:
    """Return a direction turned about another (Rodrigues); as it is about none."""
    length = math.hypot(*about)
    if angle_deg == 0 or length < 1e-6:
        return direction
    axis, angle = scaled(about, 1 / length), math.radians(angle_deg)
    turned = added(scaled(direction, math.cos(angle)), scaled(cross(axis, direction), math.sin(angle)))
    return added(turned, scaled(axis, dot(axis, direction) * (1 - math.cos(angle))))


def _vector(values: NDArray[np.float64]) -> Vector:
    return float(values[0]), float(values[1]), float(values[2])
