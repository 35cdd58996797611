"""Arrow: points at something; its words stand at its tail. It has no number and so no code of its own."""

from viewer.base.translation import N_
from viewer.dicom.graphic_objects import GraphicObject, GraphicStyle, GraphicType
from viewer.imaging.spatial_transform import Point
from viewer.measurement.annotation import Annotation
from viewer.measurement.kinds.kind import Kind, KindGroup

_HEADED = GraphicStyle(has_arrow=True)


class Arrow(Kind):
    """What it points at, then its tail."""

    id = "arrow"
    title = N_("Arrow")
    help = N_("Points at something: first what it points at, then where it begins; words can be added")
    group = KindGroup.LABELS
    icon = "move-up-left"

    def drawing(self, annotation: Annotation) -> tuple[GraphicObject, ...]:
        """Return a line from the tail that bears its head at the first point."""
        return (GraphicObject(GraphicType.POLYLINE, annotation.points[::-1], style=_HEADED),)

    def label_point(self, annotation: Annotation) -> Point:
        """Return the tail."""
        return annotation.points[-1]
