"""Length: the distance of two points."""

from viewer.base.translation import N_
from viewer.dicom.codes import Code
from viewer.dicom.graphic_objects import GraphicObject, GraphicType
from viewer.measurement.annotation import Annotation
from viewer.measurement.ground import Ground
from viewer.measurement.kinds.kind import Kind, KindGroup
from viewer.measurement.reading import Reading
from viewer.measurement.scales import lengths, measured

LENGTH = Code("410668003", "SCT", "Length")
_TITLE = N_("Length")


class Length(Kind):
    """A line between two points."""

    id = "length"
    title = _TITLE
    help = N_("The distance of two points")
    group = KindGroup.LINES
    icon = "ruler"
    keys = ("D",)
    code = LENGTH

    def drawing(self, annotation: Annotation) -> tuple[GraphicObject, ...]:
        """Return the line."""
        return (GraphicObject(GraphicType.POLYLINE, annotation.points),)

    def readings(self, annotation: Annotation, ground: Ground) -> tuple[Reading, ...]:
        """Return the length."""
        points = annotation.points
        if len(points) < self.least:
            return ()
        scale = lengths(ground, points)
        return (measured(scale, LENGTH, _TITLE, lambda on: on.reading(LENGTH, _TITLE, on.distance(*points[:2]))),)
