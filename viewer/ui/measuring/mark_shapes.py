"""Annotations as shapes on the grid of a picture: what is drawn of each, and which of them is under the pointer.

Shapes are worked out once for an annotation as it is; distances are told on screen, in logical pixels.
"""

import enum
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from viewer.dicom.graphic_objects import GraphicObject, GraphicType
from viewer.imaging.spatial_transform import ImagePlacement, Point
from viewer.measurement.annotation import Annotation
from viewer.measurement.kinds.kind import Kind, Placing
from viewer.measurement.kinds.table import is_known, kind_of
from viewer.ui.overlays.graphic_paths import path_of
from viewer.ui.overlays.outlined_text import text_width
from viewer.ui.overlays.painting import SMALL_PX, wrapped
from viewer.workspace.measuring.marks_shown import ShownMark
from viewer.workspace.measuring.reading_texts import label_lines

REACH_PX, HANDLE_REACH_PX = 5.0, 8.0
WIDEST_PX = 280.0
"""Of the words beside a mark."""
MOST_HANDLES = 64
"""A line of more points is moved as a whole."""


class Part(enum.Enum):
    """What of a mark is in the hand."""

    HANDLE = "handle"
    LINE = "line"
    LABEL = "label"


@dataclass(frozen=True, slots=True)
class Hold:
    """A part of a mark.

    Attributes:
        handle: Which of its points, from 0, where it is one.
    """

    uid: str
    part: Part
    handle: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class MarkShape:
    """One annotation, drawn.

    Attributes:
        lines: What is drawn as straight pieces, in image points.
        handles: Points that can be taken one by one, each with its number.
        bounds: Left, top, right and bottom of all of it.
        words: What stands beside it.
        label_point: Where that belongs.
    """

    annotation: Annotation
    kind: Kind | None
    graphics: tuple[GraphicObject, ...]
    lines: tuple[NDArray[np.float64], ...]
    handles: tuple[tuple[int, Point], ...]
    bounds: tuple[float, float, float, float]
    words: tuple[str, ...]
    label_point: Point
    is_elsewhere: bool = False

    @property
    def uid(self) -> str:
        """Its annotation's."""
        return self.annotation.uid


def shape_of(mark: ShownMark) -> MarkShape:
    """Return the shape of a mark; of a kind this version does not know its points alone."""
    annotation = mark.annotation
    kind = kind_of(annotation.kind) if is_known(annotation.kind) else None
    points = annotation.points
    if kind is not None and points:
        graphics, label = kind.drawing(annotation), kind.label_point(annotation)
    else:
        graphics, label = (GraphicObject(GraphicType.POINT, points),), points[0] if points else (0.0, 0.0)
    lines = tuple(line for each in graphics for line in _lines(each))
    every = np.concatenate([np.array([label, *points], np.float64).reshape(-1, 2), *lines])
    left, top = every.min(axis=0).tolist()
    right, bottom = every.max(axis=0).tolist()
    return MarkShape(
        annotation,
        kind,
        graphics,
        lines,
        _handles(annotation, kind),
        (left, top, right, bottom),
        words_of(annotation),
        label,
        mark.is_elsewhere,
    )


def words_of(annotation: Annotation) -> tuple[str, ...]:
    """Return what stands beside a mark; a line that is too long goes on in the next one."""
    lines: list[str] = []
    for line in label_lines(annotation):
        is_long = text_width(line, SMALL_PX) > WIDEST_PX
        lines += wrapped(line, SMALL_PX, WIDEST_PX) if is_long else [line]
    return tuple(lines)


def _handles(annotation: Annotation, kind: Kind | None) -> tuple[tuple[int, Point], ...]:
    if kind is None or kind.placing is Placing.BRUSH or len(annotation.points) > MOST_HANDLES:
        return ()
    return tuple((number, annotation.points[number]) for number in kind.handles(annotation))


def _lines(graphic: GraphicObject) -> list[NDArray[np.float64]]:
    if graphic.type is GraphicType.POINT:
        return [np.array([point, point], np.float64) for point in graphic.points]
    path = path_of(graphic)
    if path is None:
        return []
    polygons = (np.array([(each.x(), each.y()) for each in polygon.toList()]) for polygon in path.toSubpathPolygons())
    return [polygon for polygon in polygons if len(polygon) > 1]


class MarkMap:
    """All marks of a picture, to be asked which is at a point.

    Args:
        shapes: Those drawn later are found first.
    """

    def __init__(self, shapes: Sequence[MarkShape]) -> None:
        self.shapes = tuple(shapes)
        self.by_uid = {shape.uid: shape for shape in self.shapes}
        self._bounds = np.array([shape.bounds for shape in self.shapes], np.float64).reshape(-1, 4)

    def hold_at(
        self, at: Point, placement: ImagePlacement, ratio: float, preferred: frozenset[str] = frozenset()
    ) -> Hold | None:
        """Return the handle or line at a point; handles before lines, marks that are selected before others.

        Args:
            at: In logical pixels.
            placement: Of the picture.
            ratio: Device pixels per logical pixel.
            preferred: Uids of marks that are asked first.
        """
        if not self.shapes:
            return None
        device = at[0] * ratio, at[1] * ratio
        point = np.array(placement.to_image(device))
        reach = HANDLE_REACH_PX * ratio / min(placement.scale_x, placement.scale_y)
        near = np.flatnonzero(
            (self._bounds[:, :2] <= point + reach).all(axis=1) & (self._bounds[:, 2:] >= point - reach).all(axis=1)
        )
        found: list[tuple[bool, bool, int, float, Hold]] = []
        for place in near[::-1]:
            shape = self.shapes[int(place)]
            hold, away = _nearest(shape, device, placement, ratio)
            if hold is not None:
                is_line = hold.part is Part.LINE
                found.append((shape.uid not in preferred, is_line, -int(place), away, hold))
        return min(found, key=lambda each: each[:3], default=(False, False, 0, 0.0, None))[4]

    def points_near(self, at: Point, reach: float, beside: str) -> tuple[Point, ...]:
        """Return the points of other marks not farther than so many image pixels, the nearest first."""
        points = [
            point
            for shape in self.shapes
            if shape.uid != beside
            for _number, point in shape.handles
            if math.dist(point, at) <= reach
        ]
        return tuple(sorted(points, key=lambda point: math.dist(point, at)))


def _nearest(shape: MarkShape, device: Point, placement: ImagePlacement, ratio: float) -> tuple[Hold | None, float]:
    """Return the part of a shape within reach, and how far it is."""
    handles = [(math.dist(placement.to_viewport(at), device) / ratio, number) for number, at in shape.handles]
    if handles and min(handles)[0] <= HANDLE_REACH_PX:
        away, number = min(handles)
        return Hold(shape.uid, Part.HANDLE, number), away
    away = min((_distance(line, device, placement) for line in shape.lines), default=math.inf) / ratio
    return (Hold(shape.uid, Part.LINE), away) if away <= REACH_PX else (None, away)


def _distance(line: NDArray[np.float64], device: Point, placement: ImagePlacement) -> float:
    """Return how far a line of straight pieces passes from a point, in device pixels."""
    a, b, shift_x, c, d, shift_y = placement.forward
    seen = line @ np.array([[a, c], [b, d]]) + (shift_x - device[0], shift_y - device[1])
    start, way = seen[:-1], np.diff(seen, axis=0)
    length = np.maximum((way * way).sum(axis=1), 1e-12)
    share = np.clip(-(start * way).sum(axis=1) / length, 0.0, 1.0)
    foot = start + way * share[:, np.newaxis]
    return float(np.sqrt((foot * foot).sum(axis=1).min()))
