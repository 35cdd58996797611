"""VOI LUT: modality values to values of interest (PS3.3 C.11.2).

Runs after modality_lut and before presentation_lut.
"""

import enum
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.base.errors import DicomError
from viewer.base.translation import _
from viewer.imaging.lookup_table import LookupTable


class VoiFunction(enum.Enum):
    """VOI LUT Function (0028,1056)."""

    LINEAR = "LINEAR"
    LINEAR_EXACT = "LINEAR_EXACT"
    SIGMOID = "SIGMOID"


@dataclass(frozen=True, slots=True)
class Window:
    """A window in modality units (HU for CT)."""

    center: float
    width: float
    function: VoiFunction = VoiFunction.LINEAR

    def __post_init__(self) -> None:
        if not (math.isfinite(self.center) and math.isfinite(self.width)):
            raise DicomError(_("A window is not a finite number"))
        if self.width <= 0 or (self.function is VoiFunction.LINEAR and self.width < 1):
            raise DicomError(
                _("Window Width {width:g} is too small for the function {function}").format(
                    width=self.width, function=self.function.value
                )
            )

    @property
    def low(self) -> float:
        """The value at and below which the result is black (for SIGMOID: where the tangent at the centre is)."""
        if self.function is VoiFunction.LINEAR:
            return self.center - 0.5 - (self.width - 1) / 2
        return self.center - self.width / 2

    @property
    def high(self) -> float:
        """The value above which the result is white (for SIGMOID: where the tangent at the centre is)."""
        if self.function is VoiFunction.LINEAR:
            return self.center - 0.5 + (self.width - 1) / 2
        return self.center + self.width / 2


def window_between(low: float, high: float) -> Window:
    """Return the LINEAR window whose black is low and whose white is high (C.11.2.1.2.1)."""
    return Window((low + high + 1) / 2, max(high - low, 0.0) + 1)


def exact_window_between(low: float, high: float) -> Window:
    """Return the LINEAR_EXACT window from low to high: for values that are not whole numbers."""
    width = high - low
    return Window((low + high) / 2, width if width > 0 else 1.0, VoiFunction.LINEAR_EXACT)


@dataclass(frozen=True, slots=True)
class VoiLut:
    """An item of the VOI LUT Sequence (0028,3010)."""

    table: LookupTable


Voi = Window | VoiLut


class VoiOrigin(enum.Enum):
    """Where a choice of VOI comes from."""

    IMAGE = "image"
    FULL_RANGE = "full range"
    AUTO = "auto"
    USER = "user"
    STATE = "presentation state"


@dataclass(frozen=True, slots=True)
class VoiOption:
    """One of the alternatives a reader can choose from (C.11.2.1.2); they are never averaged.

    Attributes:
        voi: The window or table; None for AUTO, which is fitted to the pixels of the frame shown.
        explanation: As the image words it (0028,1055), (0028,3003), or our own words.
    """

    voi: Voi | None
    explanation: str = ""
    origin: VoiOrigin = VoiOrigin.IMAGE


def apply_voi(values: NDArray[Any], voi: Voi) -> NDArray[np.float64]:
    """Map modality values onto 0..1; NaN becomes 0.

    Args:
        values: Output of the modality LUT, any shape.
        voi: A window, or a table whose output range is scaled to 0..1.

    Returns:
        A new array; the input is left alone.
    """
    if isinstance(voi, VoiLut):
        scaled = voi.table.apply(values) / voi.table.maximum
        return np.clip(scaled, 0.0, 1.0)
    return apply_window(values, voi)


def apply_window(values: NDArray[Any], window: Window) -> NDArray[np.float64]:
    """Map modality values onto 0..1 by the window's function (C.11.2.1.2.1, C.11.2.1.3)."""
    x = values.astype(np.float64)
    center, width = window.center, window.width
    if window.function is VoiFunction.SIGMOID:
        # tanh does not overflow where exp would: 1/(1+exp(-t)) == (1+tanh(t/2))/2
        scaled = (np.tanh((2.0 / width) * (x - center)) + 1.0) * 0.5
    elif window.function is VoiFunction.LINEAR_EXACT:
        scaled = (x - window.low) / width  # from the edge: it comes out as 0 to the last bit
    elif window.width == 1:
        scaled = (x > center - 0.5).astype(np.float64)
    else:
        scaled = (x - window.low) / (width - 1.0)
    np.clip(scaled, 0.0, 1.0, out=scaled)
    return np.nan_to_num(scaled, copy=False, nan=0.0)
