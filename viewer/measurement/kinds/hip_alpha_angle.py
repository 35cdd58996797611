"""Alpha angle of the infant's hip (Graf): between the ilium's base line and the bony roof; beta: and the cartilage's.

Angles of lines, 0 to 90°. The Standard has no code for either: private ones.
"""

from viewer.base.translation import N_, _
from viewer.dicom.graphic_objects import GraphicObject, GraphicStyle, GraphicType
from viewer.measurement.annotation import Annotation
from viewer.measurement.ground import Ground
from viewer.measurement.kinds.kind import Kind, KindGroup
from viewer.measurement.plane_angles import angle_deg, direction
from viewer.measurement.private_codes import private_code
from viewer.measurement.reading import Reading
from viewer.measurement.scales import Scale, angles, measured

ALPHA = private_code("graf-alpha", "Alpha angle of hip (Graf)")
BETA = private_code("graf-beta", "Beta angle of hip (Graf)")
_LINES = ((ALPHA, N_("Alpha"), 2), (BETA, N_("Beta"), 4))
_DASHED = GraphicStyle(is_dashed=True)


class HipAlphaAngle(Kind):
    """Two points of the base line, two of the bony roof, and two of the cartilage roof where beta is wanted."""

    id = "hip_alpha_angle"
    title = N_("Alpha angle of the hip (Graf)")
    help = N_("Two points of the ilium's base line, two of the bony roof; two of the cartilage roof for beta")
    group = KindGroup.CLINICAL
    icon = "person-standing"
    least = 4
    most = 6
    modalities = frozenset({"US"})
    code = ALPHA

    def drawing(self, annotation: Annotation) -> tuple[GraphicObject, ...]:
        """Return the base line, dashed, and each roof's line."""
        points = annotation.points
        found = []
        for at in range(0, len(points), 2):
            line = points[at : at + 2]
            kind = GraphicType.POLYLINE if len(line) > 1 else GraphicType.POINT
            found.append(GraphicObject(kind, line, style=GraphicStyle() if at else _DASHED))
        return tuple(found)

    def readings(self, annotation: Annotation, ground: Ground) -> tuple[Reading, ...]:
        """Return alpha, and beta where its line is there."""
        points = annotation.points
        if len(points) < self.least:
            return ()
        scale = angles(ground, points)

        def found(at: int) -> Reading:
            code, title, start = _LINES[at]

            def work(on: Scale) -> Reading | str:
                ends = [on.to_units(point) for point in (*points[:2], *points[start : start + 2])]
                degrees = angle_deg(direction(ends[0], ends[1]), direction(ends[2], ends[3]))
                if degrees is None:
                    return _("A line has no length")
                return on.angle_reading(code, title, min(degrees, 180.0 - degrees))

            return measured(scale, code, title, work)

        return tuple(found(at) for at in range(2 if len(points) >= 6 else 1))
