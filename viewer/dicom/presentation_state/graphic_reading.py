"""Graphics and texts of a presentation state (C.10.5), compound graphics (C.10.5.1.3), and layers (C.10.7)."""

from typing import TYPE_CHECKING

from viewer.base.errors import DicomError
from viewer.base.translation import _
from viewer.dicom.cielab import cielab_to_srgb
from viewer.dicom.data_elements import element_items, element_number, element_numbers, element_text, element_value
from viewer.dicom.graphic_objects import (
    PLAIN,
    GraphicLayer,
    GraphicObject,
    GraphicStyle,
    GraphicType,
    GraphicUnits,
    Justification,
    Point,
    TextObject,
)
from viewer.dicom.presentation_state.compound_graphics import simple_graphics
from viewer.dicom.presentation_state.element_parts import cielab_of, floats_of, scope_of, whole_number
from viewer.dicom.presentation_state.values import CompoundGraphic, StateAnnotation

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_ANNOTATIONS, _LAYER, _TEXTS, _GRAPHICS, _COMPOUNDS = 0x00700001, 0x00700002, 0x00700008, 0x00700009, 0x00700209
_UNITS, _COUNT, _DATA, _TYPE, _FILLED = 0x00700005, 0x00700021, 0x00700022, 0x00700023, 0x00700024
_TEXT, _BOX_UNITS, _BOX_FIRST, _BOX_SECOND = 0x00700006, 0x00700003, 0x00700010, 0x00700011
_JUSTIFICATION, _ANCHOR, _ANCHOR_UNITS, _ANCHOR_VISIBLE = 0x00700012, 0x00700014, 0x00700004, 0x00700015
_INSTANCE, _COMPOUND_UNITS, _COMPOUND_TYPE = 0x00700226, 0x00700282, 0x00700294
_TEXT_STYLES, _LINE_STYLES, _TEXT_COLOR, _LINE_COLOR = 0x00700231, 0x00700232, 0x00700241, 0x00700251
_THICKNESS, _DASHING = 0x00700253, 0x00700254
_LAYERS, _ORDER, _DESCRIPTION, _P_VALUE, _CIELAB, _RGB = (
    0x00700060,
    0x00700062,
    0x00700068,
    0x00700066,
    0x00700401,
    0x00700067,
)
MOST_POINTS = 1 << 20


def layers_of(data_set: "Dataset") -> tuple[GraphicLayer, ...]:
    """Return the layers, without what lies on them."""
    return tuple(_layer(item) for item in element_items(data_set, _LAYERS))


def _layer(item: "Dataset") -> GraphicLayer:
    p_value, cielab = element_number(item, _P_VALUE), cielab_of(item, _CIELAB)
    rgb = cielab_to_srgb(cielab) if cielab is not None else None
    retired = [int(part) >> 8 & 0xFF for part in element_numbers(item, _RGB)]
    if rgb is None and len(retired) == 3:
        rgb = retired[0], retired[1], retired[2]
    return GraphicLayer(
        element_text(item, _LAYER),
        whole_number(item, _ORDER, 1),
        element_text(item, _DESCRIPTION),
        int(p_value) & 0xFFFF if p_value is not None else None,
        rgb,
    )


def compounds_of(data_set: "Dataset") -> tuple[CompoundGraphic, ...]:
    """Return the compound graphics, each with whether it stands there in simple graphics too.

    Raises:
        DicomError: If one makes no sense.
    """
    simple = {
        whole_number(part, _INSTANCE)
        for item in element_items(data_set, _ANNOTATIONS)
        for tag in (_GRAPHICS, _TEXTS)
        for part in element_items(item, tag)
    } - {0}
    return tuple(
        _compound(part, element_text(item, _LAYER), simple)
        for item in element_items(data_set, _ANNOTATIONS)
        for part in element_items(item, _COMPOUNDS)
    )


def _compound(item: "Dataset", layer: str, simple: set[int]) -> CompoundGraphic:
    instance = whole_number(item, _INSTANCE)
    points = _points(item, len(floats_of(item, _DATA)) // 2)
    units = _units(item, _COMPOUND_UNITS)
    return CompoundGraphic(
        element_text(item, _COMPOUND_TYPE).upper(), points, units, instance, instance in simple, layer
    )


def annotations_of(data_set: "Dataset", compounds: tuple[CompoundGraphic, ...]) -> tuple[StateAnnotation, ...]:
    """Return what is drawn, every compound graphic once.

    Args:
        data_set: The state.
        compounds: Its compound graphics, in their order.

    Raises:
        DicomError: If a graphic or text makes no sense: it might be what the reader must see.
    """
    rest = iter(compounds)
    found = []
    for item in element_items(data_set, _ANNOTATIONS):
        mine = [next(rest) for _part in element_items(item, _COMPOUNDS)]
        graphics = [_graphic(part) for part in element_items(item, _GRAPHICS)]
        for compound in mine:
            if not compound.is_simple_too:
                graphics += simple_graphics(compound)
        texts = tuple(_text(part) for part in element_items(item, _TEXTS))
        found.append(StateAnnotation(element_text(item, _LAYER), tuple(graphics), texts, scope_of(item)))
    return tuple(found)


def _graphic(item: "Dataset") -> GraphicObject:
    name = element_text(item, _TYPE).upper()
    if name not in set(GraphicType):
        raise DicomError(_("The presentation state has a graphic of a type that is not known"))
    kind = GraphicType(name)
    points = _points(item, whole_number(item, _COUNT))
    needed = {GraphicType.POINT: 1, GraphicType.CIRCLE: 2, GraphicType.ELLIPSE: 4}.get(kind, 2)
    is_exact = kind not in {GraphicType.POLYLINE, GraphicType.INTERPOLATED}
    if len(points) < needed or (is_exact and len(points) != needed):
        raise DicomError(_("A graphic of the presentation state has another number of points than its type"))
    return GraphicObject(kind, points, element_text(item, _FILLED).upper() == "Y", _units(item, _UNITS), _style(item))


def _points(item: "Dataset", count: int) -> tuple[Point, ...]:
    numbers = floats_of(item, _DATA)
    if count < 1 or len(numbers) != 2 * count or count > MOST_POINTS:
        raise DicomError(_("A graphic of the presentation state announces another number of points than it has"))
    return tuple(zip(numbers[::2], numbers[1::2], strict=True))


def _units(item: "Dataset", tag: int) -> GraphicUnits:
    name = element_text(item, tag).upper()
    if name not in set(GraphicUnits):
        raise DicomError(_("A graphic of the presentation state has units that are not known"))
    return GraphicUnits(name)


def _text(item: "Dataset") -> TextObject:
    first, second, anchor = (_point(item, tag) for tag in (_BOX_FIRST, _BOX_SECOND, _ANCHOR))
    box = (first, second) if first is not None and second is not None else None
    if box is None and anchor is None:
        raise DicomError(_("A text of the presentation state has no place"))
    name = element_text(item, _JUSTIFICATION).upper()
    return TextObject(
        _lines(item),
        box,
        anchor,
        element_text(item, _ANCHOR_VISIBLE).upper() == "Y",
        Justification(name) if name in set(Justification) else Justification.LEFT,
        _units(item, _BOX_UNITS) if box is not None else GraphicUnits.PIXEL,
        _units(item, _ANCHOR_UNITS) if anchor is not None else GraphicUnits.PIXEL,
        _style(item),
    )


def _lines(item: "Dataset") -> str:
    value = element_value(item, _TEXT)
    text = value if isinstance(value, str) else element_text(item, _TEXT)
    return text.replace("\r\n", "\n").replace("\r", "\n").rstrip(" \0\n")


def _point(item: "Dataset", tag: int) -> Point | None:
    numbers = element_numbers(item, tag)
    return (numbers[0], numbers[1]) if len(numbers) == 2 else None


def _style(item: "Dataset") -> GraphicStyle:
    """Return the style of a line or text; PLAIN where the layer's counts."""
    for styles, color in ((_LINE_STYLES, _LINE_COLOR), (_TEXT_STYLES, _TEXT_COLOR)):
        for style in element_items(item, styles):
            cielab = cielab_of(style, color)
            return GraphicStyle(
                cielab_to_srgb(cielab) if cielab is not None else None,
                width_px=element_number(style, _THICKNESS),
                is_dashed=element_text(style, _DASHING).upper() == "DASHED",
            )
    return PLAIN
