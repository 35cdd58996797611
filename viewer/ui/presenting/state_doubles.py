"""Graphics of a state that a mark on screen shows as well: the mark is drawn, which the hand can take, and not both."""

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from viewer.dicom.graphic_objects import GraphicLayer, GraphicObject, GraphicUnits, Point, TextObject

if TYPE_CHECKING:
    from viewer.ui.measuring.mark_hand import MarkHand
    from viewer.ui.measuring.mark_shapes import MarkShape

Layers = tuple[GraphicLayer, ...]
_DECIMALS = 2
"""Files keep points in 32 bits."""
_HEAD_POINTS = 4


class StateDoubles:
    """Of one viewport.

    Args:
        hand: On its marks.
    """

    def __init__(self, hand: "MarkHand") -> None:
        self._hand = hand
        self._given: Layers = ()
        self._shapes: tuple[MarkShape, ...] = ()
        self._left: Layers = ()

    def without(self, layers: Layers) -> Layers:
        """Return layers without what marks on screen show; the same tuple as long as nothing changes."""
        shapes = self._hand.map.shapes
        if not layers or not shapes:
            return layers
        if layers is not self._given or shapes is not self._shapes:
            left = _without(layers, shapes)
            self._left = layers if left == layers else left
            self._given, self._shapes = layers, shapes
        return self._left


def _without(layers: Layers, shapes: "Iterable[MarkShape]") -> Layers:
    own: set[tuple[object, ...]] = set()
    tips: set[Point] = set()
    texts: set[tuple[Point, str]] = set()
    for shape in shapes:
        for graphic in shape.graphics:
            own.add(_shape(graphic))
            if graphic.style.has_arrow and graphic.points:
                tips.add(_rounded(graphic.points[-1]))
        texts.add((_rounded(shape.label_point), "\n".join(shape.words)))

    def is_own(graphic: GraphicObject) -> bool:
        is_head = graphic.is_filled and len(graphic.points) == _HEAD_POINTS and _rounded(graphic.points[0]) in tips
        return graphic.units is GraphicUnits.PIXEL and (is_head or _shape(graphic) in own)

    def is_own_text(text: TextObject) -> bool:
        return text.anchor is not None and (_rounded(text.anchor), text.text) in texts

    return tuple(
        replace(
            layer,
            graphics=tuple(graphic for graphic in layer.graphics if not is_own(graphic)),
            texts=tuple(text for text in layer.texts if not is_own_text(text)),
        )
        for layer in layers
    )


def _shape(graphic: GraphicObject) -> tuple[object, ...]:
    return graphic.type, *map(_rounded, graphic.points)


def _rounded(point: Point) -> Point:
    return round(point[0], _DECIMALS), round(point[1], _DECIMALS)
