"""Finished pixels of one viewport at device resolution, and the facts about them.

Stored values are resampled once for a place in the viewport and kept, so that a window drag only looks values up.
"""

import enum
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from viewer.imaging.grayscale_pipeline import View
from viewer.imaging.spatial_transform import ImagePlacement, SpatialTransform
from viewer.imaging.voi_lut import Voi

if TYPE_CHECKING:
    from viewer.imaging.frame_state import FrameState


class Interpolation(enum.Enum):
    """How device pixels between image pixels get their value."""

    NEAREST = "nearest"
    LINEAR = "linear"
    CUBIC = "cubic"
    LANCZOS = "lanczos"


@dataclass(frozen=True, slots=True)
class RenderRequest:
    """What one viewport wants to see.

    Attributes:
        frame_key: Names the frame: the same key must always mean the same pixels.
        size: Width and height of the viewport in device pixels.
        is_interacting: Whether a hand moves the image: linear while it does, area-true when it rests and the image is
            shown smaller than it is.
    """

    frame_key: Hashable
    size: tuple[int, int]
    transform: SpatialTransform = field(default_factory=SpatialTransform)
    view: View = field(default_factory=View)
    interpolation: Interpolation = Interpolation.LINEAR
    is_interacting: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class RenderedViewport:
    """Pixels with everything that must be said beside them: drawn together, they cannot part.

    Attributes:
        pixels: (height, width) uint8 grey levels or (height, width, 3) uint8 RGB, C-contiguous, of the request's size.
        request: What was asked for.
        state: Identity, geometry and warnings of the frame in pixels.
        placement: Where image points are in the viewport; placement.transform.display_matrix turns orientations.
        voi: The window or table in force; None for colour.
        is_interpolated: Whether any device pixel shows a value that is not in the image.
        is_reduced: Whether the image is shown smaller than it is (several pixels share a device pixel).
        notes: What the reader must be told of this rendering, translated.
    """

    pixels: NDArray[np.uint8]
    request: RenderRequest
    state: "FrameState"
    placement: ImagePlacement
    voi: Voi | None
    is_interpolated: bool
    is_reduced: bool
    notes: tuple[str, ...]
