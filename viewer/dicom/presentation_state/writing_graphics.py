"""Graphics, texts and layers of a presentation state, written (C.10.5, C.10.7).

Compound graphics stand in a state in simple graphics as well (C.10.5.1.3), which all viewers draw: those are written.
"""

from collections.abc import Iterator
from dataclasses import replace

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as Items

from viewer.dicom.cielab import srgb_to_cielab
from viewer.dicom.graphic_objects import GraphicLayer, GraphicObject, GraphicStyle, GraphicType, Rgb, TextObject
from viewer.dicom.presentation_state.values import PresentationState, StateAnnotation
from viewer.dicom.presentation_state.writing_labels import LONGEST_TEXT
from viewer.dicom.presentation_state.writing_parts import long_string, refer

MOST_POINTS = 8191
"""Of two floats each, in an element of 16 bits of length (PS3.5 7.1.2)."""
WHITE: Rgb = (255, 255, 255)
_DASHES = 0xF0F0F0F0
_LINE_PX = 1.5
_CLOSED = frozenset({GraphicType.CIRCLE, GraphicType.ELLIPSE})


def put_graphics(made: Dataset, state: PresentationState) -> None:
    """Write what is drawn, and the layers it is drawn on."""
    drawn = [each for each in state.annotations if each.graphics or each.texts]
    layers = {layer.name: layer for layer in state.layers}
    for each in drawn:
        layers.setdefault(each.layer, GraphicLayer(each.layer, len(layers) + 1))
    if drawn:
        made.GraphicAnnotationSequence = Items([_annotation(each, layers[each.layer]) for each in drawn])
    named = {each.layer for each in drawn} | {layer for _group, layer in state.activated_overlays}
    used = [layer for layer in layers.values() if layer.name in named]
    if used:
        made.GraphicLayerSequence = Items([_layer(each) for each in sorted(used, key=lambda each: each.order)])


def _layer(layer: GraphicLayer) -> Dataset:
    item = Dataset()
    item.GraphicLayer, item.GraphicLayerOrder = layer.name, layer.order
    if layer.p_value is not None:
        item.GraphicLayerRecommendedDisplayGrayscaleValue = layer.p_value
    if layer.rgb is not None:
        item.GraphicLayerRecommendedDisplayCIELabValue = list(srgb_to_cielab(layer.rgb))
    if layer.description:
        item.GraphicLayerDescription = long_string(layer.description)
    return item


def _annotation(annotation: StateAnnotation, layer: GraphicLayer) -> Dataset:
    item = Dataset()
    refer(item, annotation.images)
    item.GraphicLayer = annotation.layer
    if annotation.texts:
        item.TextObjectSequence = Items([_text(each, layer) for each in annotation.texts])
    if annotation.graphics:
        pieces = (piece for each in annotation.graphics for piece in _pieces(each))
        item.GraphicObjectSequence = Items([_graphic(each, layer) for each in pieces])
    return item


def _pieces(graphic: GraphicObject) -> Iterator[GraphicObject]:
    """Yield a graphic; an open line of more points than an element can hold as several that join."""
    points = graphic.points
    if graphic.type is not GraphicType.POLYLINE or graphic.is_filled or len(points) <= MOST_POINTS:
        yield graphic
        return
    for start in range(0, len(points) - 1, MOST_POINTS - 1):
        yield replace(graphic, points=points[start : start + MOST_POINTS])


def _graphic(graphic: GraphicObject, layer: GraphicLayer) -> Dataset:
    item = Dataset()
    item.GraphicAnnotationUnits = graphic.units.value
    item.GraphicDimensions = 2
    item.NumberOfGraphicPoints = len(graphic.points)
    item.GraphicData = [float(part) for point in graphic.points for part in point]
    item.GraphicType = graphic.type.value
    is_line = graphic.type in {GraphicType.POLYLINE, GraphicType.INTERPOLATED}
    if graphic.type in _CLOSED or (is_line and len(graphic.points) > 2 and graphic.points[0] == graphic.points[-1]):
        item.GraphicFilled = "Y" if graphic.is_filled else "N"
    style = graphic.style
    if style.rgb is not None or style.p_value is not None or style.width_px is not None or style.is_dashed:
        item.LineStyleSequence = Items([_line_style(style, layer)])
    return item


def _text(text: TextObject, layer: GraphicLayer) -> Dataset:
    item = Dataset()
    if text.box is not None:
        item.BoundingBoxAnnotationUnits = text.units.value
    if text.anchor is not None:
        item.AnchorPointAnnotationUnits = text.anchor_units.value
    item.UnformattedTextValue = _lines(text.text)
    if text.box is not None:
        first, second = text.box
        item.BoundingBoxTopLeftHandCorner = [float(part) for part in first]
        item.BoundingBoxBottomRightHandCorner = [float(part) for part in second]
        item.BoundingBoxTextHorizontalJustification = text.justification.value
    if text.anchor is not None:
        item.AnchorPoint = [float(part) for part in text.anchor]
        item.AnchorPointVisibility = "Y" if text.is_anchor_visible else "N"
    if text.style.rgb is not None or text.style.p_value is not None:
        item.TextStyleSequence = Items([_text_style(text.style, layer)])
    return item


def _lines(text: str) -> str:
    """Return lines as a DICOM text has them, cut where they are too many."""
    return text.replace("\r\n", "\n").replace("\n", "\r\n")[:LONGEST_TEXT]


def _line_style(style: GraphicStyle, layer: GraphicLayer) -> Dataset:
    item = _shadowless()
    item.PatternOnColorCIELabValue = list(srgb_to_cielab(_color(style, layer)))
    item.PatternOnOpacity = 1.0
    item.LineThickness = float(style.width_px or _LINE_PX)
    item.LineDashingStyle = "DASHED" if style.is_dashed else "SOLID"
    if style.is_dashed:
        item.LinePattern = _DASHES
        item.PatternOffOpacity = 0.0
        item.PatternOffColorCIELabValue = list(srgb_to_cielab((0, 0, 0)))
    return item


def _text_style(style: GraphicStyle, layer: GraphicLayer) -> Dataset:
    item = _shadowless()
    item.CSSFontName = "sans-serif"
    item.TextColorCIELabValue = list(srgb_to_cielab(_color(style, layer)))
    item.Underlined = item.Bold = item.Italic = "N"
    return item


def _shadowless() -> Dataset:
    item = Dataset()
    item.ShadowStyle = "OFF"
    item.ShadowOffsetX = item.ShadowOffsetY = 0.0
    item.ShadowColorCIELabValue = list(srgb_to_cielab((0, 0, 0)))
    item.ShadowOpacity = 0.0
    return item


def _color(style: GraphicStyle, layer: GraphicLayer) -> Rgb:
    """Return the colour of a style that must state one: its own, its layer's, or their grey."""
    if style.rgb is not None:
        return style.rgb
    grey = style.p_value if style.p_value is not None else None
    if grey is None:
        if layer.rgb is not None:
            return layer.rgb
        grey = layer.p_value
    if grey is None:
        return WHITE
    level = grey >> 8
    return level, level, level
