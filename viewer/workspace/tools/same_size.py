"""Same size: a millimetre of every image is equally long on the glass, whatever its spacing and its monitor."""

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from viewer.imaging.frame_state import FrameState
from viewer.imaging.spatial_transform import MAX_SCALE, MIN_SCALE
from viewer.workspace.tools.true_size import spacing_mm

Key = TypeVar("Key", bound=Hashable)
"""Names a viewport: its cell, or its window and cell."""


@dataclass(frozen=True, slots=True)
class SizedView:
    """What one viewport has on screen.

    Attributes:
        scale_x: Device pixels per image column.
        pixels_per_mm: Device pixels per millimetre of the glass it is on; None when not known.
    """

    state: FrameState
    scale_x: float
    pixels_per_mm: float | None


@dataclass(frozen=True, slots=True)
class SameSize(Generic[Key]):
    """How viewports come to the size of one of them.

    Attributes:
        scales: Device pixels per image column of every viewport that can, the leading one among them.
        left_out: The others: no spacing, no size of their monitor, or a scale that cannot be shown.
    """

    scales: Mapping[Key, float]
    left_out: tuple[Key, ...] = ()


def same_size(leading: Key, views: Mapping[Key, SizedView]) -> SameSize[Key] | None:
    """Return the scales at which all viewports show a millimetre as long as the leading one does.

    Args:
        leading: The viewport that keeps its size.
        views: Of all viewports with a picture, the leading one among them.

    Returns:
        None when the leading viewport's own millimetre is not known.
    """
    length = _glass_mm_per_mm(views[leading])
    if length is None:
        return None
    scales: dict[Key, float] = {}
    for key, view in views.items():
        own = 1.0 if key == leading else _glass_mm_per_mm(view)
        if own is None:
            continue
        scale = view.scale_x if key == leading else view.scale_x * (length / own)
        if MIN_SCALE <= scale <= MAX_SCALE:
            scales[key] = scale
    return SameSize(scales, tuple(key for key in views if key not in scales))


def _glass_mm_per_mm(view: SizedView) -> float | None:
    """Return how many millimetres of glass a millimetre of the image takes."""
    spacing, pitch = spacing_mm(view.state), view.pixels_per_mm
    if spacing is None or pitch is None or not (math.isfinite(pitch) and pitch > 0):
        return None
    return view.scale_x / (spacing[1] * pitch)
