"""Angle: of two arms that meet at a point."""

from viewer.base.translation import N_, _
from viewer.dicom.codes import Code
from viewer.dicom.graphic_objects import GraphicObject, GraphicType
from viewer.imaging.spatial_transform import Point
from viewer.measurement.annotation import Annotation
from viewer.measurement.ground import Ground
from viewer.measurement.kinds.kind import Kind, KindGroup
from viewer.measurement.plane_angles import angle_deg, direction
from viewer.measurement.reading import Reading
from viewer.measurement.scales import Scale, angles, measured

ANGLE = Code("1483009", "SCT", "Angle")
_TITLE = N_("Angle")


class Angle(Kind):
    """The end of one arm, the point where they meet, the end of the other."""

    id = "angle"
    title = _TITLE
    help = N_("The angle at the second of three points")
    group = KindGroup.ANGLES
    icon = "angle"
    keys = ("A",)
    least = 3
    most = 3
    code = ANGLE

    def drawing(self, annotation: Annotation) -> tuple[GraphicObject, ...]:
        """Return both arms."""
        return (GraphicObject(GraphicType.POLYLINE, annotation.points),)

    def label_point(self, annotation: Annotation) -> Point:
        """Return where the arms meet."""
        return annotation.points[1] if len(annotation.points) > 1 else annotation.points[0]

    def readings(self, annotation: Annotation, ground: Ground) -> tuple[Reading, ...]:
        """Return the angle, 0 to 180."""
        if len(annotation.points) < self.least:
            return ()

        def work(scale: Scale) -> Reading | str:
            first, corner, last = map(scale.to_units, annotation.points[:3])
            found = angle_deg(direction(corner, first), direction(corner, last))
            if found is None:
                return _("An arm has no length")
            return scale.angle_reading(ANGLE, _TITLE, found)

        return (measured(angles(ground, annotation.points), ANGLE, _TITLE, work),)
