"""Graphics and texts drawn over an image: of presentation states (PS3.3 C.10.5), reports (C.18.6) and measurements.

Points in PIXEL units are (column, row) with 0.0, 0.0 at the top left corner of the first pixel, as imaging has them; in
DISPLAY units 0.0, 0.0 and 1.0, 1.0 are the corners of the displayed area.
"""

import enum
from dataclasses import dataclass

Point = tuple[float, float]
Rgb = tuple[int, int, int]


class GraphicType(enum.StrEnum):
    """Graphic Type (0070,0023)."""

    POINT = "POINT"
    POLYLINE = "POLYLINE"
    INTERPOLATED = "INTERPOLATED"
    """A smooth curve through its points; closed when the last one is the first."""
    CIRCLE = "CIRCLE"
    """The centre and a point of the circle."""
    ELLIPSE = "ELLIPSE"
    """The ends of the major axis, then those of the minor axis."""


class GraphicUnits(enum.StrEnum):
    """Graphic Annotation Units (0070,0005)."""

    PIXEL = "PIXEL"
    DISPLAY = "DISPLAY"
    MATRIX = "MATRIX"


class Justification(enum.StrEnum):
    """Bounding Box Text Horizontal Justification (0070,0012)."""

    LEFT = "LEFT"
    CENTER = "CENTER"
    RIGHT = "RIGHT"


@dataclass(frozen=True, slots=True)
class GraphicStyle:
    """How a line is drawn; what is None is left to the layer, or to whoever draws.

    Attributes:
        rgb: In sRGB.
        p_value: Grey, 0 to 65535.
        width_px: Of the line on screen.
        has_arrow: Whether the last point bears an arrow's head.
    """

    rgb: Rgb | None = None
    p_value: int | None = None
    width_px: float | None = None
    is_dashed: bool = False
    has_arrow: bool = False


PLAIN = GraphicStyle()


@dataclass(frozen=True, slots=True)
class GraphicObject:
    """A point, line, circle or ellipse."""

    type: GraphicType
    points: tuple[Point, ...]
    is_filled: bool = False
    units: GraphicUnits = GraphicUnits.PIXEL
    style: GraphicStyle = PLAIN


@dataclass(frozen=True, slots=True)
class TextObject:
    """A text in a box, at an anchor, or both (C.10.5.1.1).

    Attributes:
        box: Top left and bottom right corner as the reader sees it; None for none.
        anchor: What it belongs to; None for none.
        is_anchor_visible: Whether a line from the text to the anchor is wanted.
        units: Of the box.
        anchor_units: Of the anchor.
    """

    text: str
    box: tuple[Point, Point] | None = None
    anchor: Point | None = None
    is_anchor_visible: bool = False
    justification: Justification = Justification.LEFT
    units: GraphicUnits = GraphicUnits.PIXEL
    anchor_units: GraphicUnits = GraphicUnits.PIXEL
    style: GraphicStyle = PLAIN


@dataclass(frozen=True, slots=True)
class GraphicLayer:
    """A layer and what lies on it (C.10.7); layers are drawn in ascending order.

    Attributes:
        p_value: Recommended grey, 0 to 65535; None when not stated.
        rgb: Recommended colour in sRGB; None when not stated.
    """

    name: str
    order: int = 1
    description: str = ""
    p_value: int | None = None
    rgb: Rgb | None = None
    graphics: tuple[GraphicObject, ...] = ()
    texts: tuple[TextObject, ...] = ()
