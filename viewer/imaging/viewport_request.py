"""What one viewport wants to see."""

import enum
from collections.abc import Hashable
from dataclasses import dataclass, field

from viewer.imaging.fusion import Overlay
from viewer.imaging.grayscale_pipeline import View
from viewer.imaging.spatial_transform import SpatialTransform
from viewer.imaging.voi_lut import Window


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
        automatic: The automatic window of the images that are read together; None fits one to the frame.
        overlay: What is laid over the image in colour; None for nothing.
    """

    frame_key: Hashable
    size: tuple[int, int]
    transform: SpatialTransform = field(default_factory=SpatialTransform)
    view: View = field(default_factory=View)
    interpolation: Interpolation = Interpolation.LINEAR
    is_interacting: bool = False
    automatic: Window | None = None
    overlay: Overlay | None = None

    def __post_init__(self) -> None:
        if self.size[0] < 1 or self.size[1] < 1:
            raise ValueError(f"a viewport of {self.size[0]} x {self.size[1]} pixels")
