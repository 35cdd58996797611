"""What was measured and annotated as layers of a presentation state: one for each group and colour (C.10.7)."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from viewer.base.translation import _
from viewer.dicom.graphic_objects import GraphicLayer, GraphicObject, GraphicStyle, GraphicType, Point, Rgb, TextObject
from viewer.dicom.presentation_state.writing_labels import LONGEST_TEXT, layer_name
from viewer.imaging.spatial_transform import ImagePlacement
from viewer.measurement.annotation import Annotation
from viewer.measurement.kinds.table import is_known, kind_of
from viewer.workspace.measuring.reading_texts import label_lines

MEASUREMENTS = "MEASUREMENTS"
USUAL_COLOUR = "#ffd34e"
"""Of measurements, where nobody says otherwise."""
LABEL_X, LABEL_Y = "label_x", "label_y"
_USUAL_SIDE = 768.0
_LINE_PX, _LETTER_PX, _GAP_PX, _WIDEST_PX = 15.0, 7.0, 7.0, 300.0
_HEAD_PX, _HEAD_HALF_PX = 11.0, 4.0
_WHITE_P = 0xFFFF

Box = tuple[Point, Point]


@dataclass(frozen=True, slots=True)
class Pen:
    """How marks are drawn into a state.

    Attributes:
        placement: Of the image on screen; None where none shows it.
        columns: Of the image.
        rows: Of the image.
        colour: Of marks that have none of their own.
        boxes: Where words stand on screen, by the uid of their mark: two corners in image points as they are seen.
        has_texts: Whether words and values are written.
    """

    columns: int
    rows: int
    placement: ImagePlacement | None = None
    colour: str = USUAL_COLOUR
    boxes: Mapping[str, Box] | None = None
    has_texts: bool = True

    @property
    def pixel(self) -> float:
        """Image columns that a pixel of the screen covers."""
        if self.placement is not None:
            return 1.0 / self.placement.scale_x
        return max(self.columns, self.rows) / _USUAL_SIDE


class LayerNames:
    """Gives groups and colours layers of their own, the same on all images of a state.

    Args:
        taken: Names that other layers have.
    """

    def __init__(self, taken: Collection[str] = ()) -> None:
        self._taken = set(taken)
        self._layers: dict[tuple[str, bool, str], GraphicLayer] = {}

    def layer(self, group: str, colour: str, *, is_hidden: bool) -> GraphicLayer:
        """Return the layer of a group in a colour, without what lies on it."""
        key = group, is_hidden, colour
        if key not in self._layers:
            name = layer_name(group or MEASUREMENTS, self._taken)
            self._taken.add(name)
            description = group or _("Measurements")
            if is_hidden:
                description = _("Hidden: {0}").format(description)
            self._layers[key] = GraphicLayer(name, len(self._taken), description, _WHITE_P, rgb_of(colour))
        return self._layers[key]


def layers_of_marks(annotations: Iterable[Annotation], pen: Pen, names: LayerNames) -> tuple[GraphicLayer, ...]:
    """Return marks as layers, those of no group first."""
    found: dict[str, GraphicLayer] = {}
    for each in sorted(annotations, key=lambda each: (bool(each.group), each.is_hidden)):
        layer = names.layer(each.group, each.colour or pen.colour, is_hidden=each.is_hidden)
        held, text = found.get(layer.name, layer), text_of(each, pen)
        graphics = (*held.graphics, *graphics_of(each, pen))
        found[layer.name] = replace(held, graphics=graphics, texts=(*held.texts, text) if text else held.texts)
    return tuple(found.values())


def is_drawn(annotation: Annotation, pen: Pen, layers: Iterable[GraphicLayer]) -> bool:
    """Return whether layers, those of the state in force, show a mark already: it is not written twice."""
    own = {_shape(graphic) for graphic in graphics_of(annotation, pen)}
    text = text_of(annotation, pen)
    held = list(layers)
    there = {_shape(graphic) for layer in held for graphic in layer.graphics}
    texts = {each.text for layer in held for each in layer.texts}
    if not own:
        return text is not None and text.text in texts
    return own <= there and (text is None or text.text in texts)


def _shape(graphic: GraphicObject) -> tuple[object, ...]:
    """Return what a graphic is, its points as coarse as files have them."""
    return graphic.type, *(round(part, 2) for point in graphic.points for part in point)


def graphics_of(annotation: Annotation, pen: Pen) -> tuple[GraphicObject, ...]:
    """Return what is drawn of a mark; arrows with heads that all viewers draw."""
    if not is_known(annotation.kind):
        return tuple(GraphicObject(GraphicType.POINT, (point,)) for point in annotation.points)
    drawn: list[GraphicObject] = []
    for graphic in kind_of(annotation.kind).drawing(annotation):
        drawn += _plain(graphic, pen)
    return tuple(drawn)


def text_of(annotation: Annotation, pen: Pen) -> TextObject | None:
    """Return the words of a mark with its values, beside it; None where it has none."""
    lines = label_lines(annotation) if pen.has_texts and annotation.points else ()
    if not lines:
        return None
    known = is_known(annotation.kind)
    anchor = kind_of(annotation.kind).label_point(annotation) if known else max(annotation.points)
    box = (pen.boxes or {}).get(annotation.uid) or _box(annotation, anchor, lines, pen)
    return TextObject("\n".join(lines)[:LONGEST_TEXT], box, anchor)


def rgb_of(colour: str) -> Rgb:
    """Return "#rrggbb" as numbers."""
    number = int(colour.removeprefix("#"), 16)
    return number >> 16 & 0xFF, number >> 8 & 0xFF, number & 0xFF


def _box(annotation: Annotation, anchor: Point, lines: tuple[str, ...], pen: Pen) -> Box:
    """Return a box for words whose place on screen nobody knows: where the reader put it, or right of their point."""
    width = min(max(_width(line) for line in lines), _WIDEST_PX)
    height = _LINE_PX * len(lines)
    x, y = annotation.parameter(LABEL_X, ""), annotation.parameter(LABEL_Y, "")
    placement = pen.placement
    if placement is None:
        size = pen.pixel
        own = (anchor[0] + x, anchor[1] + y) if isinstance(x, float) and isinstance(y, float) else None
        left, top = own or (anchor[0] + _GAP_PX * size, anchor[1] - height / 2 * size)
        return (left, top), (left + width * size, top + height * size)
    if isinstance(x, float) and isinstance(y, float):
        left, top = placement.to_viewport((anchor[0] + x, anchor[1] + y))
    else:
        at = placement.to_viewport(anchor)
        left, top = at[0] + _GAP_PX, at[1] - height / 2
    return placement.to_image((left, top)), placement.to_image((left + width, top + height))


def _width(line: str) -> float:
    """Return about how wide a line is on screen; Hangul is twice as wide as Latin."""
    return sum(_LETTER_PX * (2.0 if ord(letter) >= 0x1100 and letter not in "⚠−±" else 1.0) for letter in line)


def _plain(graphic: GraphicObject, pen: Pen) -> list[GraphicObject]:
    """Return a graphic as all viewers draw it: the head of an arrow is a triangle of its own."""
    if not graphic.style.has_arrow or len(graphic.points) < 2:
        return [graphic]
    line = replace(graphic, style=replace(graphic.style, has_arrow=False))
    tip = graphic.points[-1]
    tail = next((point for point in reversed(graphic.points) if point != tip), None)
    if tail is None:
        return [line]
    # On screen the head has one size and two equal sides, whatever the shape of pixels.
    tall = pen.placement.scale_y / pen.placement.scale_x if pen.placement is not None else 1.0
    way = tip[0] - tail[0], (tip[1] - tail[1]) * tall
    length = (way[0] ** 2 + way[1] ** 2) ** 0.5
    along = way[0] / length * pen.pixel, way[1] / length * pen.pixel
    foot = tip[0] - along[0] * _HEAD_PX, tip[1] * tall - along[1] * _HEAD_PX
    sides = [
        (foot[0] - along[1] * half, (foot[1] + along[0] * half) / tall) for half in (_HEAD_HALF_PX, -_HEAD_HALF_PX)
    ]
    head = (tip, sides[0], sides[1], tip)
    return [line, GraphicObject(GraphicType.POLYLINE, head, is_filled=True, style=GraphicStyle())]
