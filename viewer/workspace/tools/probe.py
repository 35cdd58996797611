"""The probe: stored value, modality value with its unit, and the place in the patient, of one pixel.

Always before the window: what the reader has done to the grey levels changes no number.
"""

import math
from dataclasses import dataclass

import numpy as np

from viewer.imaging.modality_lut import apply_modality
from viewer.imaging.spatial_transform import ImagePlacement, Point, SpatialTransform
from viewer.imaging.stored_frame import SampledFrame
from viewer.workspace.viewport_state import DisplayedImage


@dataclass(frozen=True, slots=True)
class ProbeReading:
    """What lies under the pointer.

    Attributes:
        column: From 0.
        row: From 0.
        stored: One value, or three for colour.
        value: In modality units; None for colour and padding.
        unit: "HU" and the like; empty when the data name none.
        is_padding: The pixel is none: it pads the image.
        is_missing: The pixel was not in the truncated data; its value is a filling.
        point_patient: Of the pixel's centre in mm; None when it is not known where the image lies.
        voxel: Index (columns, rows, slices, from 0) in the volume whose plane is shown, with fractions: the value is
            made of the voxels around it. None for an image.
    """

    column: int
    row: int
    stored: tuple[float, ...]
    value: float | None
    unit: str
    is_padding: bool = False
    is_missing: bool = False
    point_patient: tuple[float, float, float] | None = None
    voxel: tuple[float, float, float] | None = None


def probe_at(displayed: DisplayedImage, point_image: Point) -> ProbeReading | None:
    """Return the reading at a point of the image, (0, 0) being the corner of the first pixel; None outside it.

    On an image that is the pixel there; on a plane through a volume the value at the very place.
    """
    column, row = (math.floor(part) for part in point_image)
    if displayed.look is None:
        return probe(displayed, column, row)
    stored = displayed.stored
    if not isinstance(stored, SampledFrame):
        return None  # colours of a rendering are no values
    rows, columns = stored.shape
    if not (0 <= row < rows and 0 <= column < columns):
        return None
    forward = (1.0, 0.0, 0.5 - point_image[0], 0.0, 1.0, 0.5 - point_image[1])
    placement = ImagePlacement(columns, rows, (1, 1), forward, 1.0, 1.0, SpatialTransform())
    values, keep = stored.sample(placement, displayed.rendered.request.interpolation.value, is_quick=False)
    state = displayed.rendered.state
    place = stored.point_patient(point_image)
    if state.plane is not None:
        place = state.plane.point_patient(point_image[0] - 0.5, point_image[1] - 0.5)
    voxel = displayed.look.volume.geometry.index_of(place) if place is not None else None
    is_padding = keep is not None and not keep[0, 0]
    value = None if is_padding else float(apply_modality(values, state.modality_transform)[0, 0])
    of_cell = (float(values[0, 0]),)
    return ProbeReading(column, row, of_cell, value, state.unit, is_padding, point_patient=place, voxel=voxel)


def probe(displayed: DisplayedImage, column: int, row: int) -> ProbeReading | None:
    """Return the reading of a pixel, counted from 0; None outside the image, or while there are no values."""
    stored = displayed.stored
    if stored is None:
        return None
    rows, columns = stored.values.shape[:2]
    if not (0 <= row < rows and 0 <= column < columns):
        return None
    state = displayed.rendered.state
    cell = stored.values[row : row + 1, column : column + 1]
    values = tuple(float(part) for part in np.ravel(cell))
    place = state.plane.point_patient(column, row) if state.plane is not None else None
    is_missing = row >= rows - stored.missing_rows
    if stored.is_color or state.is_color:
        return ProbeReading(column, row, values, None, "", is_missing=is_missing, point_patient=place)
    mask = state.padding.mask(cell) if state.padding is not None else None
    is_padding = mask is not None and bool(mask.any())
    value = None if is_padding or is_missing else float(apply_modality(cell, state.modality_transform)[0, 0])
    return ProbeReading(column, row, values, value, state.unit, is_padding, is_missing, place)
