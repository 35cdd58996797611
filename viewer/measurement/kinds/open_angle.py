"""Open angle: of two lines that need not meet."""

from viewer.base.translation import N_, _
from viewer.dicom.graphic_objects import GraphicObject, GraphicStyle, GraphicType
from viewer.measurement.annotation import Annotation
from viewer.measurement.ground import Ground
from viewer.measurement.kinds.angle import ANGLE
from viewer.measurement.kinds.kind import Kind, KindGroup
from viewer.measurement.plane_angles import angle_deg, direction
from viewer.measurement.reading import Reading
from viewer.measurement.scales import Scale, angles, measured

_TITLE = N_("Angle")
_DASHED = GraphicStyle(is_dashed=True)


class OpenAngle(Kind):
    """Start and end of the first line, start and end of the second; each counts in the direction it is drawn."""

    id = "open_angle"
    title = N_("Open angle")
    help = N_("The angle between two lines, each in the direction it is drawn")
    group = KindGroup.ANGLES
    icon = "open-angle"
    least = 4
    most = 4
    code = ANGLE

    def drawing(self, annotation: Annotation) -> tuple[GraphicObject, ...]:
        """Return both lines, and a dashed one from middle to middle."""
        points = annotation.points
        lines = tuple(GraphicObject(GraphicType.POLYLINE, pair) for pair in (points[:2], points[2:4]) if pair)
        if len(points) < self.least:
            return lines
        (a, b), (c, d) = points[:2], points[2:4]
        middles = ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2), ((c[0] + d[0]) / 2, (c[1] + d[1]) / 2)
        return (*lines, GraphicObject(GraphicType.POLYLINE, middles, style=_DASHED))

    def readings(self, annotation: Annotation, ground: Ground) -> tuple[Reading, ...]:
        """Return the angle between the directions, 0 to 180."""
        if len(annotation.points) < self.least:
            return ()

        def work(scale: Scale) -> Reading | str:
            a, b, c, d = map(scale.to_units, annotation.points[:4])
            found = angle_deg(direction(a, b), direction(c, d))
            return _("A line has no length") if found is None else scale.angle_reading(ANGLE, _TITLE, found)

        return (measured(angles(ground, annotation.points), ANGLE, _TITLE, work),)
