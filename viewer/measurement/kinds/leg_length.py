"""Leg length: femoral head to knee to ankle, of one leg or both, and their difference.

The total is the straight line from the femoral head to the ankle. Femur Length (LN 11963-6) and Tibia length
(LN 11968-5) are the Standard's codes for a fetus, so the codes here are private ones.
"""

from viewer.base.translation import N_, _
from viewer.dicom.codes import Code
from viewer.dicom.graphic_objects import GraphicObject, GraphicType
from viewer.dicom.pixel_spacing import SpacingSource
from viewer.measurement.annotation import Annotation
from viewer.measurement.ground import Ground
from viewer.measurement.kinds.kind import Kind, KindGroup
from viewer.measurement.private_codes import private_code
from viewer.measurement.reading import Reading
from viewer.measurement.scales import Scale, lengths, refused
from viewer.measurement.sides import ASKED_SIDE, sides

TOTALS = {
    "R": (private_code("leg-length-r", "Length of right leg"), N_("Right leg")),
    "L": (private_code("leg-length-l", "Length of left leg"), N_("Left leg")),
    "1": (private_code("leg-length-1", "Length of first leg"), N_("1st leg")),
    "2": (private_code("leg-length-2", "Length of second leg"), N_("2nd leg")),
}
_FEMURS = {
    "R": (private_code("femur-length-r", "Length of right femur"), N_("Right femur")),
    "L": (private_code("femur-length-l", "Length of left femur"), N_("Left femur")),
    "1": (private_code("femur-length-1", "Length of femur of first leg"), N_("1st femur")),
    "2": (private_code("femur-length-2", "Length of femur of second leg"), N_("2nd femur")),
}
_TIBIAS = {
    "R": (private_code("tibia-length-r", "Length of right tibia"), N_("Right tibia")),
    "L": (private_code("tibia-length-l", "Length of left tibia"), N_("Left tibia")),
    "1": (private_code("tibia-length-1", "Length of tibia of first leg"), N_("1st tibia")),
    "2": (private_code("tibia-length-2", "Length of tibia of second leg"), N_("2nd tibia")),
}
_LEG_POINTS = 3
_MAGNIFIED = frozenset({SpacingSource.DETECTOR.value, SpacingSource.UNCERTAIN.value, SpacingSource.UNKNOWN.value})


class LegLength(Kind):
    """Femoral head, knee and ankle of one leg, then of the other."""

    id = "leg_length"
    title = N_("Leg length")
    help = N_("The centre of the femoral head, of the knee and of the ankle, of one leg or of both")
    group = KindGroup.CLINICAL
    icon = "footprints"
    least = 3
    most = 6
    modalities = frozenset({"CR", "DX"})
    code = TOTALS["1"][0]
    asks = (ASKED_SIDE,)

    def drawing(self, annotation: Annotation) -> tuple[GraphicObject, ...]:
        """Return a line through the points of each leg."""
        return tuple(
            GraphicObject(GraphicType.POLYLINE if len(leg) > 1 else GraphicType.POINT, leg) for leg in _legs(annotation)
        )

    def readings(self, annotation: Annotation, ground: Ground) -> tuple[Reading, ...]:
        """Return femur, tibia and total of each leg that has its three points, and the difference of the totals."""
        legs = [leg for leg in _legs(annotation) if len(leg) == _LEG_POINTS]
        names = sides(annotation)
        if not legs:
            return ()
        scale = lengths(ground, annotation.points)
        if isinstance(scale, str):
            return tuple(refused(*TOTALS[side], scale) for side, _leg in zip(names, legs, strict=False))
        caution = _("Magnified: lengths are not those of the bones") if scale.source in _MAGNIFIED else ""
        found: list[Reading] = []
        for side, leg in zip(names, legs, strict=False):
            for (code, title), ends in ((TOTALS[side], (0, 2)), (_FEMURS[side], (0, 1)), (_TIBIAS[side], (1, 2))):
                found.append(_length(scale, code, title, leg, ends, caution))
        if len(legs) > 1:
            found.insert(0, _difference(scale, names, legs, caution))
        return tuple(found)


def _length(
    scale: Scale,
    code: Code,
    title: str,
    leg: tuple[tuple[float, float], ...],
    ends: tuple[int, int],
    caution: str,
) -> Reading:
    return scale.reading(code, title, scale.distance(leg[ends[0]], leg[ends[1]]), caution=caution)


_DIFFERENCES = {
    "R": (private_code("leg-diff-r-l", "Right leg longer than left by"), N_("Right − left")),
    "L": (private_code("leg-diff-r-l", "Right leg longer than left by"), N_("Right − left")),
    "1": (private_code("leg-diff-1-2", "First leg longer than second by"), N_("1st − 2nd")),
}


def _difference(
    scale: Scale, names: tuple[str, str], legs: list[tuple[tuple[float, float], ...]], caution: str
) -> Reading:
    first, second = (scale.distance(leg[0], leg[2]) for leg in legs)
    code, title = _DIFFERENCES[names[0]]
    return scale.reading(code, title, second - first if names[0] == "L" else first - second, caution=caution)


def _legs(annotation: Annotation) -> tuple[tuple[tuple[float, float], ...], ...]:
    points = annotation.points
    return tuple(leg for leg in (points[:_LEG_POINTS], points[_LEG_POINTS : 2 * _LEG_POINTS]) if leg)
