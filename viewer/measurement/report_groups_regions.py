"""Drawings of marks as regions of a report: on an image (SCOORD, C.18.6), or in a frame of reference (C.18.9)."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from viewer.dicom.graphic_objects import GraphicObject, GraphicType, Point
from viewer.dicom.image_plane import ImagePlane
from viewer.dicom.structured_report.measurement_writing import MarkedRegion
from viewer.dicom.structured_report.references import InstanceReference
from viewer.dicom.structured_report.values import ReferenceValue, RegionValue, SpaceRegionValue
from viewer.measurement.annotation import ImageAnchor, PlaneAnchor


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What is to be known of an image that marks lie on.

    Attributes:
        frames: How many it has.
        aspect: Height of a pixel over its width.
        tile_corner: (column, row) of the tile of a mosaic in the whole image.
    """

    frames: int = 1
    aspect: float = 1.0
    tile_corner: Point = (0.0, 0.0)


FactsOf = Callable[[ImageAnchor], ImageFacts]


def placed(graphic: GraphicObject, anchor: ImageAnchor | PlaneAnchor, facts: ImageFacts) -> MarkedRegion:
    """Return a drawing where it lies."""
    if isinstance(anchor, PlaneAnchor):
        return MarkedRegion(_in_space(graphic, anchor))
    left, top = facts.tile_corner
    points = tuple((x + left, y + top) for x, y in _flat_points(graphic))
    return MarkedRegion(RegionValue(_flat_type(graphic, points), points), image_of(anchor, facts))


def _flat_points(graphic: GraphicObject) -> tuple[Point, ...]:
    if graphic.type is GraphicType.CIRCLE:
        return graphic.points[:2]
    return graphic.points[:4] if graphic.type is GraphicType.ELLIPSE else graphic.points


def _flat_type(graphic: GraphicObject, points: Sequence[Point]) -> str:
    if graphic.type is GraphicType.POINT:
        return "POINT" if len(points) == 1 else "MULTIPOINT"
    if graphic.type is GraphicType.INTERPOLATED or len(points) == 1:
        return "POLYLINE" if len(points) > 1 else "POINT"
    return graphic.type.value


def _in_space(graphic: GraphicObject, anchor: PlaneAnchor) -> SpaceRegionValue:
    """Return a drawing on a plane in mm; what is closed is a POLYGON, a circle an ELLIPSE (C.18.9.1.2)."""
    points = _flat_points(graphic)
    kind = _flat_type(graphic, points)
    if graphic.type is GraphicType.CIRCLE:
        points, kind = _circle_ends(points, anchor.plane), "ELLIPSE"
    elif kind == "POLYLINE" and len(points) > 3 and points[0] == points[-1]:
        kind = "POLYGON"
    placed = tuple(anchor.plane.point_patient(x - 0.5, y - 0.5) for x, y in points)
    return SpaceRegionValue(kind, placed, anchor.frame_of_reference_uid)


def _circle_ends(points: Sequence[Point], plane: ImagePlane) -> tuple[Point, ...]:
    (x, y), edge = points[0], points[1]
    across, down = plane.column_spacing_mm, plane.row_spacing_mm
    radius = math.hypot((edge[0] - x) * across, (edge[1] - y) * down)
    return (x - radius / across, y), (x + radius / across, y), (x, y - radius / down), (x, y + radius / down)


def image_of(anchor: ImageAnchor, facts: ImageFacts) -> ReferenceValue:
    """Return the image, and its frame where it has several."""
    frames = (anchor.frame_number,) if facts.frames > 1 else ()
    return ReferenceValue(InstanceReference(anchor.sop_class_uid, anchor.sop_instance_uid), frames)
