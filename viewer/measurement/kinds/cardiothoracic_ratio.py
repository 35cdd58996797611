"""Cardiothoracic ratio: the heart's greatest widths to both sides of the midline, over the inner width of the thorax.

All widths are across the midline. The Standard codes the ratios of fetal echography alone (LN 59074-5, 59076-0) and no
cardiothoracic diameters, so the codes are private ones, but for the Transverse Thoracic Diameter (LN 11864-6).
"""

from viewer.base.translation import N_, _
from viewer.dicom.codes import Code
from viewer.dicom.graphic_objects import GraphicObject, GraphicStyle, GraphicType
from viewer.imaging.spatial_transform import Point
from viewer.measurement.annotation import Annotation
from viewer.measurement.ground import Ground
from viewer.measurement.kinds.kind import Kind, KindGroup
from viewer.measurement.plane_angles import direction
from viewer.measurement.private_codes import private_code
from viewer.measurement.reading import PERCENT, Reading
from viewer.measurement.scales import Scale, angles, refused
from viewer.measurement.sides import ASKED_SIDE, sides

RATIO = private_code("ctr", "Cardiothoracic ratio")
THORAX = Code("11864-6", "LN", "Transverse Thoracic Diameter")
_HEART = {
    "R": (private_code("heart-width-r", "Width of heart right of midline"), N_("Heart, right")),
    "L": (private_code("heart-width-l", "Width of heart left of midline"), N_("Heart, left")),
    "1": (private_code("heart-width-1", "Width of heart on first side of midline"), N_("Heart, 1st side")),
    "2": (private_code("heart-width-2", "Width of heart on second side of midline"), N_("Heart, 2nd side")),
}
_TITLE = N_("Cardiothoracic ratio")
_THORAX_TITLE = N_("Thorax")
_DASHED = GraphicStyle(is_dashed=True)


class CardiothoracicRatio(Kind):
    """Two points of the midline, the heart's border on either side, the thorax's inner border on either side."""

    id = "cardiothoracic_ratio"
    title = _TITLE
    help = N_("Two points of the midline, the heart's farthest border on either side, the ribs' inner border likewise")
    group = KindGroup.CLINICAL
    icon = "heart"
    least = 6
    most = 6
    modalities = frozenset({"CR", "DX"})
    code = RATIO
    asks = (ASKED_SIDE,)

    def drawing(self, annotation: Annotation) -> tuple[GraphicObject, ...]:
        """Return the midline, dashed, lines from it to the heart's borders, and one across the thorax."""
        points = annotation.points
        if len(points) < 2:
            return (GraphicObject(GraphicType.POINT, points),)
        middle = points[:2]
        found = [GraphicObject(GraphicType.POLYLINE, middle, style=_DASHED)]
        found += [GraphicObject(GraphicType.POLYLINE, (_foot(middle, point), point)) for point in points[2:4]]
        if len(points) > 5:
            found.append(GraphicObject(GraphicType.POLYLINE, points[4:6]))
        elif len(points) > 4:
            found.append(GraphicObject(GraphicType.POINT, points[4:5]))
        return tuple(found)

    def readings(self, annotation: Annotation, ground: Ground) -> tuple[Reading, ...]:
        """Return the ratio in percent, both widths of the heart, and the inner width of the thorax."""
        if len(annotation.points) < self.least:
            return ()
        scale = angles(ground, annotation.points)
        widths = scale if isinstance(scale, str) else _widths(annotation, scale)
        if isinstance(scale, str) or isinstance(widths, str):
            return (refused(RATIO, _TITLE, str(widths)),)
        hearts, thorax = widths
        lengths = tuple(
            scale.reading(*_HEART[side], value) for side, value in zip(sides(annotation), hearts, strict=True)
        )
        ratio = Reading(RATIO, _TITLE, 100.0 * sum(hearts) / thorax, PERCENT)
        return (ratio, *lengths, scale.reading(THORAX, _THORAX_TITLE, thorax))


def _widths(annotation: Annotation, scale: Scale) -> tuple[tuple[float, float], float] | str:
    """Return the heart's widths on either side and the thorax's, or why they make no ratio, translated."""
    top, bottom, *others = map(scale.to_units, annotation.points[:6])
    down = direction(top, bottom)
    if not any(down):
        return _("The midline has no length")
    length = (down[0] ** 2 + down[1] ** 2) ** 0.5
    across = [(down[0] * (y - top[1]) - down[1] * (x - top[0])) / length for x, y in others]
    if across[0] * across[1] > 0:
        return _("Both borders of the heart are on the same side of the midline")
    if across[2] * across[3] > 0:
        return _("Both borders of the thorax are on the same side of the midline")
    hearts, thorax = (abs(across[0]), abs(across[1])), abs(across[2] - across[3])
    if not thorax or sum(hearts) > thorax:
        return _("The heart would be wider than the thorax")
    return hearts, thorax


def _foot(line: tuple[Point, ...], point: Point) -> Point:
    """Return the foot of the perpendicular from a point, where pixels are square."""
    (x, y), way = line[0], direction(line[0], line[1])
    square = way[0] ** 2 + way[1] ** 2
    share = ((point[0] - x) * way[0] + (point[1] - y) * way[1]) / square if square else 0.0
    return x + share * way[0], y + share * way[1]
