"""Voxels that a rendering leaves out: what was cut away, and what is no pixel.

The ray caster knows no masks. What shall not show gets a value that is transparent, in the rendering's own copy.
"""

import math
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.imaging.padding import Padding
from viewer.volume.rendering_request import Cut
from viewer.volume.series_volume import SeriesVolume
from viewer.volume.transfer_functions import Blend, TransferFunctions
from viewer.volume.volume_geometry import VolumeGeometry

_OUTLINE_SIDE = 4096
_SUBPIXEL_BITS = 4
_BEYOND_ALL = 1e30
"""What floating point voxels are not measured to be: padding, infinite, undefined."""
_UNDEFINED = Padding(math.inf, math.inf)
_KEPT = 16
_undefined: "OrderedDict[Hashable, bool]" = OrderedDict()


@dataclass(frozen=True, slots=True)
class HiddenVoxels:
    """What is left out, and with which value.

    Attributes:
        value: Stored value that does not show.
        cuts: What is cut away.
        padding: Values that are no pixels; None where they do not show anyway.
    """

    value: float
    cuts: tuple[Cut, ...] = ()
    padding: Padding | None = None

    @property
    def changes_voxels(self) -> bool:
        """Whether anything has to be written."""
        return bool(self.cuts) or self.padding is not None

    def hide(self, voxels: NDArray[Any], geometry: VolumeGeometry) -> None:
        """Write the value over what is left out."""
        if voxels.dtype.kind == "f":
            voxels[~(np.abs(voxels) <= _BEYOND_ALL)] = self.value  # also what was averaged with nothing
        if self.padding is not None:
            for values in voxels:
                mask = self.padding.mask(values)
                if mask is not None:
                    values[mask] = self.value
        for cut in self.cuts:
            cut_away(voxels, geometry, cut, self.value)


def hidden_voxels(
    volume: SeriesVolume, functions: TransferFunctions, cuts: Sequence[Cut], phase: int = 0
) -> HiddenVoxels:
    """Return what is left out of a rendering.

    Args:
        volume: To be rendered.
        functions: In modality units.
        cuts: Made by the reader.
        phase: That is rendered.
    """
    value = transparent_value(volume, functions)
    padding = volume.padding if _padding_shows(volume, functions) else None
    if _holds_undefined(volume, phase):
        padding = volume.padding or _UNDEFINED
    return HiddenVoxels(value, tuple(cuts), padding)


def transparent_value(volume: SeriesVolume, functions: TransferFunctions) -> float:
    """Return a stored value that does not show: the lowest or highest of the volume, else one beside them."""
    low, high = volume.value_range
    if functions.blend is Blend.MINIMUM:
        chosen = high
    elif functions.blend is Blend.MAXIMUM or functions.opacity_at(low) == 0:
        chosen = low
    elif functions.opacity_at(high) == 0:
        chosen = high
    else:
        clear = [point.value for point in functions.opacity if point.opacity == 0]
        chosen = min(clear, key=lambda value: abs(value - low), default=low)
    stored = (chosen - volume.rescale.intercept) / volume.rescale.slope
    dtype = volume.array().dtype
    if dtype.kind == "f":
        return float(stored)
    limits = np.iinfo(dtype)
    return float(min(max(round(stored), limits.min), limits.max))


def cut_away(voxels: NDArray[Any], geometry: VolumeGeometry, cut: Cut, value: float) -> None:
    """Write a value over the voxels whose centres lie under a cut."""
    import cv2

    mask = np.zeros((_OUTLINE_SIDE, _OUTLINE_SIDE), np.uint8)
    scale = _OUTLINE_SIDE * (1 << _SUBPIXEL_BITS)
    # Pixel centres of the mask lie at half pixels of the unit square.
    corners = np.rint(np.array(cut.outline) * scale - (1 << (_SUBPIXEL_BITS - 1))).astype(np.int32)
    cv2.fillPoly(mask, [corners], (1,), shift=_SUBPIXEL_BITS)
    if cut.keeps_inside:
        mask ^= 1
    matrix = np.array(cut.matrix, np.float64).reshape(4, 4) @ geometry.affine
    to_mask = matrix[[0, 1, 3]]
    to_mask[:2] = to_mask[:2] * _OUTLINE_SIDE - 0.5 * to_mask[2]
    slices, rows, columns = voxels.shape
    for k in range(slices):
        homography = np.column_stack([to_mask[:, 0], to_mask[:, 1], to_mask[:, 2] * k + to_mask[:, 3]])
        on_slice = cv2.warpPerspective(
            mask,
            homography,
            (columns, rows),
            flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=(int(cut.keeps_inside),),
        )
        voxels[k][on_slice != 0] = value


def _holds_undefined(volume: SeriesVolume, phase: int) -> bool:
    """Return whether voxels in floating point are padding, infinite or undefined anywhere.

    Even where they are transparent they must go: the ray caster scales all values by the lowest and the highest.
    """
    array = volume.array(phase)
    if array.dtype.kind != "f":
        return False
    key = (volume.key, volume.generation, phase, id(array))
    found = _undefined.get(key)
    if found is None:
        ends = float(array.min()), float(array.max())
        found = _undefined[key] = not all(abs(end) <= _BEYOND_ALL for end in ends)
        while len(_undefined) > _KEPT:
            _undefined.popitem(last=False)
    return found


def _padding_shows(volume: SeriesVolume, functions: TransferFunctions) -> bool:
    if volume.padding is None:
        return False
    rescale = volume.rescale
    ends = sorted(rescale.slope * end + rescale.intercept for end in (volume.padding.low, volume.padding.high))
    if functions.blend is Blend.MAXIMUM:
        return ends[1] > volume.value_range[0]
    if functions.blend is Blend.MINIMUM:
        return ends[0] < volume.value_range[1]
    inside = [point for point in functions.opacity if ends[0] <= point.value <= ends[1]]
    return any(point.opacity > 0 for point in inside) or any(functions.opacity_at(end) > 0 for end in ends)
