"""Where the crosshair of a viewport is on screen: lines with a gap round the centre, handles, edges of the slab.

All in logical pixels, worked out from what is on screen; nothing is drawn here.
"""

import enum
import math
from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QLineF, QPointF, QRectF

from viewer.dicom.image_plane import ImagePlane, Vector, added, scaled
from viewer.imaging.spatial_transform import ImagePlacement
from viewer.ui.overlays.cross_painting import clipped
from viewer.workspace.crosshair import CrosshairLine, crosshair_lines
from viewer.workspace.volume_view import Orientation, VolumeView

GAP_PX = 16.0
"""Round the centre nothing is drawn: what the planes cross in is seen."""
REACH_PX = 6.0
"""So near to a line or handle it is taken hold of."""
_TURN_SHARE, _SLAB_SHARE = 0.36, 0.2
"""Handles stand so far from the centre, as a share of the viewport's smaller side."""
_LEAST_HANDLES_PX = 120.0
"""In a smaller viewport there are no handles."""
_LETTERS_PX = (44.0, 26.0)
"""Lines end so far from the sides, and from top and bottom: there the orientation letters stand."""
_PROBE_MM = 100.0


class Part(enum.Enum):
    """What of a crosshair can be taken hold of."""

    CENTER = "center"
    LINE = "line"
    TURN = "turn"
    SLAB = "slab"


@dataclass(frozen=True, slots=True, eq=False)
class LineShape:
    """One plane's line.

    Attributes:
        pieces: What is drawn of it: both sides of the gap.
        edges: Of the slab, on both sides; empty without one.
        turns: Where its round handles are.
        squares: Where its handles for the slab are.
        direction: Along it, a unit vector on screen.
    """

    line: CrosshairLine
    pieces: tuple[QLineF, ...]
    edges: tuple[QLineF, ...]
    turns: tuple[QPointF, ...]
    squares: tuple[QPointF, ...]
    direction: QPointF

    @property
    def orientation(self) -> Orientation:
        """Of the plane it stands for."""
        return self.line.orientation


@dataclass(frozen=True, slots=True, eq=False)
class CrosshairShape:
    """A crosshair on screen.

    Attributes:
        own: The plane of the viewport itself.
        center: May lie outside the viewport.
    """

    own: Orientation
    center: QPointF
    lines: tuple[LineShape, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Hold:
    """A part of a crosshair under the pointer; line is None for the centre."""

    part: Part
    line: LineShape | None = None


def crosshair_shape(
    view: VolumeView,
    planes: Mapping[Orientation, VolumeView],
    shown: tuple[ImagePlane, ImagePlacement],
    area: QRectF,
    ratio: float,
) -> CrosshairShape:
    """Return where a view's crosshair is.

    Args:
        view: Of the viewport.
        planes: The planes of its group.
        shown: Where the picture on screen lies in the patient, and on the screen.
        area: Of the viewport.
        ratio: Device pixels per logical pixel.
    """
    plane, placement = shown

    def seen(point: Vector) -> QPointF:
        column, row, _distance = plane.point_image(point)
        x, y = placement.to_viewport((column + 0.5, row + 0.5))
        return QPointF(x / ratio, y / ratio)

    center = seen(view.center_mm)
    lines = []
    for line in crosshair_lines(view, planes):
        along = seen(added(view.center_mm, scaled(line.direction, _PROBE_MM))) - center
        aside = seen(added(view.center_mm, scaled(line.across, line.half_width_mm))) - center
        length = math.hypot(along.x(), along.y())
        if length > 0:
            lines.append(_line_shape(line, center, along / length, aside, area))
    return CrosshairShape(view.orientation, center, tuple(lines))


def hold_at(shape: CrosshairShape, at: QPointF) -> Hold | None:
    """Return what is under the pointer: handles before the centre, the centre before lines."""
    for each in shape.lines:
        for part, points in ((Part.TURN, each.turns), (Part.SLAB, each.squares)):
            if any(_distance(at, point) <= REACH_PX + 2 for point in points):
                return Hold(part, each)
    if _distance(at, shape.center) <= GAP_PX:
        return Hold(Part.CENTER)
    near = [(distance, each) for each in shape.lines if (distance := _from_line(at, each)) <= REACH_PX]
    return Hold(Part.LINE, min(near, key=lambda pair: pair[0])[1]) if near else None


def _line_shape(line: CrosshairLine, center: QPointF, direction: QPointF, aside: QPointF, area: QRectF) -> LineShape:
    area = _seen_area(area)
    far = 4 * (area.width() + area.height()) + math.hypot(center.x(), center.y())
    halves = (QLineF(center + direction * sign * GAP_PX, center + direction * sign * far) for sign in (1.0, -1.0))
    pieces = tuple(piece for half in halves if (piece := clipped(half, area)) is not None)
    edges: tuple[QLineF, ...] = ()
    if line.half_width_mm:
        whole = QLineF(center - direction * far, center + direction * far)
        sides = (whole.translated(aside * sign) for sign in (1.0, -1.0))
        edges = tuple(edge for side in sides if (edge := clipped(side, area)) is not None)
    side = min(area.width(), area.height())
    if side < _LEAST_HANDLES_PX:
        return LineShape(line, pieces, edges, (), (), direction)

    def handles(share: float, offset: QPointF) -> list[QPointF]:
        points = (center + direction * sign * side * share + offset for sign in (1.0, -1.0))
        return [point for point in points if area.contains(point)]

    sides_of = (1.0, -1.0) if line.half_width_mm else (0.0,)
    squares = [point for sign in sides_of for point in handles(_SLAB_SHARE, aside * sign)]
    return LineShape(line, pieces, edges, tuple(handles(_TURN_SHARE, QPointF())), tuple(squares), direction)


def _seen_area(area: QRectF) -> QRectF:
    """Return where lines are drawn: the viewport without its rim, where it is not too small for that."""
    x, y = (min(room, side / 8) for room, side in zip(_LETTERS_PX, (area.width(), area.height()), strict=True))
    return area.adjusted(x, y, -x, -y)


def _distance(one: QPointF, other: QPointF) -> float:
    return math.hypot(one.x() - other.x(), one.y() - other.y())


def _from_line(at: QPointF, shape: LineShape) -> float:
    """Return how far a point is from what is drawn of a line."""
    found = math.inf
    for piece in shape.pieces:
        offset, length = at - piece.p1(), piece.length()
        along = offset.x() * piece.dx() / length + offset.y() * piece.dy() / length
        foot = piece.pointAt(min(max(along / length, 0.0), 1.0))
        found = min(found, _distance(at, foot))
    return found
