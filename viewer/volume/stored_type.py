"""How the voxels of a volume are kept: as they are stored where all slices agree, else as modality values."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.imaging.modality_lut import STORED_VALUES, Rescale
from viewer.imaging.padding import Padding
from viewer.imaging.stored_frame import PixelDescription
from viewer.volume.source_slices import SliceKind

NOTHING_FLOAT = float(np.finfo(np.float32).min)
"""What float voxels hold where there is nothing: no slice has it, and it sorts below all."""


@dataclass(frozen=True, slots=True)
class StoredType:
    """How voxels are kept.

    Attributes:
        rescale: From voxels to modality units.
        padding: Voxels that stand for nothing; None when there are none.
        is_modality: Whether voxels are modality values, each slice having been turned by its own transform.
    """

    dtype: np.dtype[Any]
    rescale: Rescale
    padding: Padding | None
    is_modality: bool


def stored_type_of(kinds: Sequence[SliceKind], *, needs_padding: bool) -> StoredType:
    """Return how the voxels of slices are kept.

    Args:
        kinds: Of all slices, each once.
        needs_padding: Whether there are voxels that no slice reaches.
    """
    first = kinds[0]
    dtype = _integer_type(first.pixels)
    is_alike = all(
        each.transform == first.transform
        and each.padding == first.padding
        and _integer_type(each.pixels) == dtype
        and each.pixels.photometric_interpretation == first.pixels.photometric_interpretation
        for each in kinds
    )
    if not is_alike or dtype is None or not isinstance(first.transform, Rescale):
        return _modality_type(kinds)
    padding = first.padding
    if padding is not None or not needs_padding:
        return StoredType(dtype, first.transform, padding, is_modality=False)
    value = _free_value(kinds, dtype)
    if value is None:
        return _modality_type(kinds)
    return StoredType(dtype, first.transform, Padding(value, value), is_modality=False)


def _modality_type(kinds: Sequence[SliceKind]) -> StoredType:
    units = {kind.transform.unit for kind in kinds}
    unit = units.pop() if len(units) == 1 else ""
    if unit == STORED_VALUES and any(not kind.transform.is_identity for kind in kinds):
        unit = ""
    padding = Padding(NOTHING_FLOAT, NOTHING_FLOAT)
    return StoredType(np.dtype(np.float32), Rescale(unit=unit), padding, is_modality=True)


def _integer_type(pixels: PixelDescription) -> np.dtype[Any] | None:
    """Return the type of stored values that are kept as they are; None where they become float32."""
    if pixels.is_float or pixels.bits_allocated > 16:
        return None
    size = 1 if pixels.bits_allocated <= 8 else 2
    return np.dtype(f"{'i' if pixels.is_signed else 'u'}{size}")


def _free_value(kinds: Sequence[SliceKind], dtype: np.dtype[Any]) -> int | None:
    """Return a value of the type that no pixel can have; for full signed words the lowest, which nothing measures."""
    limits = np.iinfo(dtype)
    lowest = min(kind.pixels.stored_range[0] for kind in kinds)
    highest = max(kind.pixels.stored_range[1] for kind in kinds)
    if lowest > limits.min or (limits.min < 0 and dtype.itemsize > 1):
        return int(limits.min)
    return int(limits.max) if highest < limits.max else None


def with_padding(stored: StoredType, value: float) -> StoredType:
    """Return a type in which a value stands for nothing."""
    return replace(stored, padding=Padding(value, value))


def unused_value(arrays: Sequence[NDArray[Any]]) -> float | None:
    """Return a value that no voxel has, the extremes of the type first; None where all are used."""
    dtype = arrays[0].dtype
    if dtype.kind == "f":
        return NOTHING_FLOAT
    limits = np.iinfo(dtype)
    seen = np.zeros(limits.max - limits.min + 1, np.bool_)
    for array in arrays:
        for part in array:
            seen[part.astype(np.int64) - limits.min] = True
    if not seen[0]:
        return float(limits.min)
    free = np.flatnonzero(~seen)
    return float(free[-1] + limits.min) if free.size else None
