"""Another volume laid over an image in colour: sampled at the image's device pixels, coloured by a window of its own.

The image's greys go through the display's calibration and the overlay's colours through its colour management, each as
they would alone; then they are mixed. imaging knows no volumes: whoever has one hands in an OverlaySampler.
"""

import math
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from viewer.base.errors import ViewerError
from viewer.base.translation import _
from viewer.dicom.image_plane import ImagePlane, Vector, added, scaled
from viewer.imaging.display_calibration import DisplayColor
from viewer.imaging.fusion_palettes import fusion_palette
from viewer.imaging.icc_profile import to_display
from viewer.imaging.spatial_transform import ImagePlacement

OPACITY_STEPS = 256
"""Opacities are multiples of 1/256, so that a mixture of octets is exact before it is rounded."""
FADE_SHARE = 0.2
"""Of the window: over it an overlay that is clear below it fades in."""
_INDEX_MAX = 255


@dataclass(frozen=True, slots=True)
class PatientGrid:
    """Places in the patient, in LPS millimetres of the image's frame of reference.

    Attributes:
        origin: Of the first one.
        right: From one to the next in a row.
        down: From one row to the next.
        normal: Unit vector along which a slab is deep.
    """

    origin: Vector
    right: Vector
    down: Vector
    normal: Vector
    width: int
    height: int


class OverlaySampler(Protocol):
    """Values of a volume wherever they are asked for, in its modality units."""

    def sample(self, grid: PatientGrid, thickness_mm: float, projection: str, *, is_quick: bool) -> NDArray[np.float32]:
        """Return (height, width) values, NaN where there are none.

        Args:
            grid: Where.
            thickness_mm: Of a slab around the grid; 0 for the plane alone.
            projection: What a slab shows: "mean", "max", "min" or "sum".
            is_quick: Whether a hand moves it: coarse now, exact when it rests.
        """


@dataclass(frozen=True, slots=True)
class Overlay:
    """What is laid over an image.

    Attributes:
        key: Names the sampler: the same key always means the same values.
        sampler: Of the volume.
        low: Value, in unit, of the first colour.
        high: Value, in unit, of the last colour.
        palette: Id of a colour table (fusion_palettes).
        opacity: 0 shows the image alone, 1 the overlay alone where it has values.
        is_clear_below: Whether the image is untouched where values are below low, and the overlay fades in above it.
        factor: From modality values to unit: value × factor + offset.
        unit: Of the values shown: "g/ml", "Bq/ml", "HU"; empty when there is none.
        title: What the values are, in few words: "SUVbw", "PT".
        thickness_mm: Of the slab, as the image's own.
        projection: What the slab shows.
        notes: What the reader must be told of it, translated.
        registration: What joins its frame of reference to the image's, translated; empty within one frame.
    """

    key: Hashable
    sampler: OverlaySampler = field(compare=False, repr=False)
    low: float
    high: float
    palette: str
    opacity: float = 0.5
    is_clear_below: bool = True
    factor: float = 1.0
    offset: float = 0.0
    unit: str = ""
    title: str = ""
    thickness_mm: float = 0.0
    projection: str = "mean"
    notes: tuple[str, ...] = ()
    registration: str = ""

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise ViewerError(_("The window of the overlay has no width"))
        if not 0.0 <= self.opacity <= 1.0:
            raise ViewerError(_("An opacity lies between 0 and 1"))

    @property
    def samples_key(self) -> Hashable:
        """What names the values at a grid: a drag of window or opacity leaves them."""
        return self.key, self.thickness_mm, self.projection

    def shown_value(self, modality_value: float) -> float:
        """Return a modality value in the unit that is shown."""
        return modality_value * self.factor + self.offset

    def value_at(self, point_patient: Vector, normal: Vector) -> float | None:
        """Return the value shown at a place, in the unit that is shown; None where there is none.

        Args:
            point_patient: On the image.
            normal: Along which a slab is deep.
        """
        grid = PatientGrid(point_patient, (0.0, 0.0, 0.0), (0.0, 0.0, 0.0), normal, 1, 1)
        value = float(self.sampler.sample(grid, self.thickness_mm, self.projection, is_quick=False)[0, 0])
        return self.shown_value(value) if math.isfinite(value) else None


def device_grid(plane: ImagePlane, placement: ImagePlacement) -> PatientGrid:
    """Return where the device pixels of a placement lie in the patient."""
    ia, ib, itx, ic, id_, ity = placement.inverse

    def step(columns: float, rows: float) -> Vector:
        right = scaled(plane.row_direction, columns * plane.column_spacing_mm)
        return added(right, scaled(plane.column_direction, rows * plane.row_spacing_mm))

    # Image points count from the corner of the first pixel, the plane from its centre; device pixels from theirs.
    first = step(ia * 0.5 + ib * 0.5 + itx - 0.5, ic * 0.5 + id_ * 0.5 + ity - 0.5)
    width, height = placement.size
    return PatientGrid(added(plane.position, first), step(ia, ic), step(ib, id_), plane.normal, width, height)


def color_indices(overlay: Overlay, values: NDArray[np.float32]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return the place of each value in the colour table, and 255 where the overlay has any.

    Args:
        overlay: With its window.
        values: Modality values, NaN where there are none.
    """
    scale = _INDEX_MAX / (overlay.high - overlay.low)
    place = values.astype(np.float32)
    place *= np.float32(overlay.factor * scale)
    place += np.float32((overlay.offset - overlay.low) * scale)
    has_any = np.where(np.isnan(place), 0, 255).astype(np.uint8)
    np.nan_to_num(place, copy=False, nan=0.0, posinf=_INDEX_MAX, neginf=0.0)
    np.clip(place, 0.0, _INDEX_MAX, out=place)
    return np.rint(place).astype(np.uint8), has_any


def weights(overlay: Overlay) -> NDArray[np.uint16]:
    """Return how much of each entry of the colour table is mixed in, in parts of 256.

    An overlay that is clear below its window fades in over the first fifth of it: a hard border would look like one of
    the patient's.
    """
    full = round(overlay.opacity * OPACITY_STEPS)
    if not overlay.is_clear_below:
        return np.full(_INDEX_MAX + 1, full, np.uint16)
    rise = np.clip(np.arange(_INDEX_MAX + 1) / (_INDEX_MAX * FADE_SHARE), 0.0, 1.0)
    return np.rint(rise * full).astype(np.uint16)


def blended(
    base: NDArray[np.uint8], overlay: Overlay, values: NDArray[np.float32], color: DisplayColor
) -> NDArray[np.uint8]:
    """Return an image's pixels with the overlay mixed in: (1 − weight) · image + weight · colour, rounded.

    Args:
        base: (height, width) levels or (height, width, 3) RGB, as the display is driven.
        overlay: What is laid over it.
        values: Modality values of the overlay at those pixels, NaN where there are none.
        color: Of the display.
    """
    import cv2

    out: NDArray[np.uint8] = np.repeat(base[..., None], 3, axis=2) if base.ndim == 2 else base.copy()
    if not out.size:
        return out
    indices, has_any = color_indices(overlay, values)
    weight = weights(overlay)[:, None]
    colors = to_display(fusion_palette(overlay.palette)[:, None, :], b"", color)[:, 0, :]
    # Parts of 256 of octets fit into 16 bits: nothing is lost before the last step.
    tables = ((colors * weight).astype(np.uint16), np.repeat(OPACITY_STEPS - weight, 3, axis=1))
    spread = cv2.merge([indices] * 3)
    painted, kept = (cv2.LUT(spread, np.ascontiguousarray(table[None]).astype(np.uint16)) for table in tables)
    mixed: NDArray[Any] = np.multiply(out, kept, dtype=np.uint16)
    mixed += painted
    mixed += OPACITY_STEPS // 2
    mixed >>= 8
    pixels: NDArray[np.uint8] = np.asarray(cv2.copyTo(mixed.astype(np.uint8), has_any, out), np.uint8)
    return pixels
