"""The picture that lies over an image: segments as outlines and as transparent colour, in device pixels."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from viewer.dicom.graphic_objects import Rgb
from viewer.imaging.segmentation.cutting import Cut

_OCTET_MAX = 255


@dataclass(frozen=True, slots=True)
class LayerStyle:
    """How segments are drawn.

    Attributes:
        fill: Opacity of the inside, from 0 to 1; 0 leaves it clear.
        has_outline: Whether they have an outline.
        outline_px: Its width, in device pixels.
    """

    fill: float = 0.3
    has_outline: bool = True
    outline_px: int = 2


def argb_layer(
    width: int, height: int, cuts: Sequence[tuple[Cut, Rgb]], style: LayerStyle
) -> NDArray[np.uint32] | None:
    """Return premultiplied ARGB words of the layer; None when nothing is in it.

    Outlines lie over all insides, so that where segments overlap each is still seen; of their insides the last is.
    """
    if not cuts:
        return None
    layer = np.zeros((height, width), np.uint32)
    if style.fill > 0:
        for cut, rgb in cuts:
            np.copyto(_part(layer, cut), _word(rgb, style.fill), where=cut.mask.view(np.bool_))
    if style.has_outline:
        for cut, rgb in cuts:
            np.copyto(_part(layer, cut), _word(rgb, 1.0), where=outline_of(cut.mask, style.outline_px))
    return layer


def outline_of(mask: NDArray[np.uint8], width: int) -> NDArray[np.bool_]:
    """Return the pixels inside a mask that lie at its edge; the edge of the array is none."""
    import cv2

    kernel = np.ones((3, 3), np.uint8)
    core = cv2.erode(mask, kernel, iterations=max(1, width))
    edge: NDArray[np.bool_] = np.asarray(mask != core)
    return edge


def _part(layer: NDArray[np.uint32], cut: Cut) -> NDArray[np.uint32]:
    rows, columns = cut.mask.shape
    return layer[cut.top : cut.top + rows, cut.left : cut.left + columns]


def _word(rgb: Rgb, opacity: float) -> np.uint32:
    alpha = round(min(max(opacity, 0.0), 1.0) * _OCTET_MAX)
    red, green, blue = (round(part * alpha / _OCTET_MAX) for part in rgb)
    return np.uint32(alpha << 24 | red << 16 | green << 8 | blue)
