"""Images to measure on, built by pydicom, and the ground that the program finds on them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.sequence import Sequence as Items

from viewer.imaging.frame_state import FrameState, frame_states
from viewer.imaging.stored_frame import PixelDescription, StoredFrame
from viewer.measurement.annotation import Annotation, ImageAnchor
from viewer.measurement.ground import Ground
from viewer.measurement.kinds.table import kind_of
from viewer.measurement.measuring_ground import ground_of_frame
from viewer.measurement.reading import Reading

Point = tuple[float, float]
SIDE = 512
ANCHOR = ImageAnchor("1.2.3", "1.2.3.4", "1.2.840.10008.5.1.4.1.1.7", "1.2.3.4.5")


def image(modality: str = "CT", **elements: Any) -> Dataset:
    """Return an image without pixels."""
    out = Dataset()
    out.SOPInstanceUID, out.SOPClassUID, out.Modality = ANCHOR.sop_instance_uid, ANCHOR.sop_class_uid, modality
    for keyword, value in elements.items():
        setattr(out, keyword, value)
    return out


def item(**elements: Any) -> Items:
    """Return a sequence of one item."""
    out = Dataset()
    for keyword, value in elements.items():
        setattr(out, keyword, value)
    return Items([out])


def us_region(bounds: tuple[int, int, int, int], delta: Point, units: tuple[int, int] = (3, 3), **more: int) -> Dataset:
    """Return an item of the Sequence of Ultrasound Regions: 2D tissue of high priority, unless more says otherwise."""
    out = Dataset()
    out.RegionSpatialFormat, out.RegionDataType, out.RegionFlags = 1, 1, 0
    out.RegionLocationMinX0, out.RegionLocationMinY0, out.RegionLocationMaxX1, out.RegionLocationMaxY1 = bounds
    out.PhysicalDeltaX, out.PhysicalDeltaY = delta
    out.PhysicalUnitsXDirection, out.PhysicalUnitsYDirection = units
    for keyword, value in more.items():
        setattr(out, keyword, value)
    return out


def state_of(data_set: Dataset, frame: int = 1, frame_count: int = 1, side: int = SIDE) -> FrameState:
    """Return the rendering truth of a frame counted from 1."""
    return frame_states(data_set, PixelDescription(side, side, frame_count)).state(frame - 1)


def ground_on(data_set: Dataset, frame: int = 1, frame_count: int = 1) -> Ground:
    """Return what a frame lets be measured, its pixels not at hand."""
    return ground_of_frame(state_of(data_set, frame, frame_count), None)


def ground_with(values: NDArray[Any], data_set: Dataset | None = None, **stored: Any) -> Ground:
    """Return the ground of stored values."""
    data_set = image("CT", PixelSpacing=[0.5, 0.5]) if data_set is None else data_set
    rows, columns = values.shape[:2]
    description = PixelDescription(rows, columns, samples_per_pixel=1 if values.ndim == 2 else 3)
    state = frame_states(data_set, description).state(0)
    name = "MONOCHROME2" if values.ndim == 2 else "RGB"
    return ground_of_frame(state, StoredFrame(np.asarray(values), name, **stored))


def readings(kind_id: str, points: Sequence[Point], ground: Ground) -> tuple[Reading, ...]:
    """Return the numbers of a kind placed on these points."""
    kind = kind_of(kind_id)
    return kind.readings(Annotation("u", kind_id, ANCHOR, kind.settled(tuple(points), ground)), ground)


def main(kind_id: str, points: Sequence[Point], ground: Ground) -> Reading:
    """Return the first of them."""
    return readings(kind_id, points, ground)[0]
