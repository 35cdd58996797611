"""Polyline: the length of a way from point to point."""

from viewer.base.translation import N_
from viewer.dicom.codes import Code
from viewer.dicom.graphic_objects import GraphicObject, GraphicType
from viewer.measurement.annotation import Annotation
from viewer.measurement.ground import Ground
from viewer.measurement.kinds.kind import Kind, KindGroup
from viewer.measurement.reading import Reading
from viewer.measurement.scales import lengths, measured

PATH_LENGTH = Code("121211", "DCM", "Path length")
_TITLE = N_("Path length")


class Polyline(Kind):
    """Points in the order they are passed."""

    id = "polyline"
    title = N_("Polyline")
    help = N_("The length of a line through points, along a vessel say")
    group = KindGroup.LINES
    icon = "waypoints"
    most = None
    code = PATH_LENGTH

    def drawing(self, annotation: Annotation) -> tuple[GraphicObject, ...]:
        """Return the line."""
        return (GraphicObject(GraphicType.POLYLINE, annotation.points),)

    def readings(self, annotation: Annotation, ground: Ground) -> tuple[Reading, ...]:
        """Return the length of all its parts together."""
        points = annotation.points
        if len(points) < self.least:
            return ()
        scale = lengths(ground, points)
        return (measured(scale, PATH_LENGTH, _TITLE, lambda on: on.reading(PATH_LENGTH, _TITLE, on.path(points))),)
