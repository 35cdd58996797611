"""Callout: words with a line to what they speak of, as a text object with a visible anchor (C.10.5.1.1)."""

from viewer.base.translation import N_
from viewer.dicom.graphic_objects import GraphicObject, GraphicType
from viewer.imaging.spatial_transform import Point
from viewer.measurement.annotation import Annotation
from viewer.measurement.kinds.kind import Kind, KindGroup


class Callout(Kind):
    """What is spoken of, then where the words stand."""

    id = "callout"
    title = N_("Callout")
    help = N_("Words with a line to what they speak of: first the place, then where the words stand")
    group = KindGroup.LABELS
    icon = "message-square-text"
    is_label = True

    def drawing(self, annotation: Annotation) -> tuple[GraphicObject, ...]:
        """Return the line and a point at what is spoken of."""
        points = annotation.points
        return (GraphicObject(GraphicType.POINT, points[:1]), GraphicObject(GraphicType.POLYLINE, points))

    def label_point(self, annotation: Annotation) -> Point:
        """Return where the words stand."""
        return annotation.points[-1]
