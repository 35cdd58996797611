"""Centre-edge angle of the hip (Wiberg): between the vertical through a femoral head and the acetabulum's lateral edge.

The vertical stands on the line through both femoral heads, or is that of the image where the reader wants it so. The
angle is negative where the edge lies on the side of the other hip. The Standard has no code for it: private ones.
"""

import math

from viewer.base.translation import N_, _
from viewer.dicom.graphic_objects import GraphicObject, GraphicStyle, GraphicType
from viewer.imaging.spatial_transform import Point
from viewer.measurement.annotation import Annotation
from viewer.measurement.ground import Ground
from viewer.measurement.kinds.kind import Kind, KindGroup, KindParameter
from viewer.measurement.plane_angles import direction
from viewer.measurement.private_codes import private_code
from viewer.measurement.reading import Reading
from viewer.measurement.scales import Scale, angles, measured
from viewer.measurement.sides import ASKED_SIDE, sides

CE_ANGLES = {
    "R": (private_code("ce-angle-r", "Centre-edge angle of right hip"), N_("CE angle, right")),
    "L": (private_code("ce-angle-l", "Centre-edge angle of left hip"), N_("CE angle, left")),
    "1": (private_code("ce-angle-1", "Centre-edge angle of first hip"), N_("CE angle, 1st hip")),
    "2": (private_code("ce-angle-2", "Centre-edge angle of second hip"), N_("CE angle, 2nd hip")),
}
REFERENCE = "reference"
VERTICAL = "vertical"
_DASHED = GraphicStyle(is_dashed=True)


class HipCeAngle(Kind):
    """The centre and the edge of one hip, the centre of the other's head, and its edge where that is wanted too."""

    id = "hip_ce_angle"
    title = N_("CE angle of the hip")
    help = N_("Femoral head's centre and acetabulum's lateral edge of one hip, then of the other (its edge if wanted)")
    group = KindGroup.CLINICAL
    icon = "triangle-right"
    least = 3
    most = 4
    modalities = frozenset({"CR", "DX"})
    code = CE_ANGLES["1"][0]
    asks = (
        KindParameter(
            REFERENCE,
            N_("Measured from"),
            "",
            choices=(("", N_("the line through both heads")), (VERTICAL, N_("the image's vertical"))),
        ),
        ASKED_SIDE,
    )

    def drawing(self, annotation: Annotation) -> tuple[GraphicObject, ...]:
        """Return the line of the heads, dashed, and a line from each head to its edge."""
        points = annotation.points
        found = [GraphicObject(GraphicType.POLYLINE, hip) for hip in (points[:2], points[2:4]) if len(hip) == 2]
        found += [GraphicObject(GraphicType.POINT, hip) for hip in (points[:2], points[2:4]) if len(hip) == 1]
        if len(points) > 2:
            found.append(GraphicObject(GraphicType.POLYLINE, (points[0], points[2]), style=_DASHED))
        return tuple(found)

    def readings(self, annotation: Annotation, ground: Ground) -> tuple[Reading, ...]:
        """Return the angle of one hip or both."""
        points = annotation.points
        if len(points) < self.least:
            return ()
        scale = angles(ground, points)
        is_vertical = annotation.parameter(REFERENCE) == VERTICAL
        first, second = (CE_ANGLES[side] for side in sides(annotation))
        hips = [(*first, points[0], points[1], points[2])]
        if len(points) > 3:
            hips.append((*second, points[2], points[3], points[0]))

        def found(code_at: int) -> Reading:
            code, title, center, edge, other = hips[code_at]

            def work(on: Scale) -> Reading | str:
                degrees = _ce_deg(*map(on.to_units, (center, edge, other)), is_vertical=is_vertical)
                return degrees if isinstance(degrees, str) else on.angle_reading(code, title, degrees)

            return measured(scale, code, title, work)

        return tuple(found(at) for at in range(len(hips)))


def _ce_deg(center: Point, edge: Point, other: Point, *, is_vertical: bool) -> float | str:
    """Return the angle, positive away from the other hip; or why there is none, translated."""
    inward, out = direction(center, other), direction(center, edge)
    if not any(inward) or not any(out):
        return _("Two of the points are the same")
    if is_vertical:
        if not inward[0]:
            return _("The heads do not lie beside each other")
        inward = (math.copysign(1.0, inward[0]), 0.0)
    # Along the line of the heads, away from the other hip; and at a right angle to it, whichever way the edge is.
    lateral = -(out[0] * inward[0] + out[1] * inward[1])
    upward = abs(out[0] * inward[1] - out[1] * inward[0])
    return math.degrees(math.atan2(lateral, upward))
