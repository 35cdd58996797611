"""Slices cut from a mosaic: their pixels, the rows that never came, and what is kept."""

import numpy as np
import pytest

from tests.builders.gray_images import gray_state
from viewer.base.errors import DicomError
from viewer.base.jobs import Progress
from viewer.dicom.image_plane import plane_from
from viewer.dicom.private_dialects import Mosaic
from viewer.imaging.mosaic_frames import MosaicFrames, mosaic_states
from viewer.imaging.stored_frame import PixelDescription, StoredFrame

ROWS, COLUMNS = 4, 3
WHOLE = np.arange(2 * ROWS * 2 * COLUMNS, dtype=np.int16).reshape(2 * ROWS, 2 * COLUMNS)


def _mosaic(*, is_assumed: bool = False) -> Mosaic:
    plane = plane_from((1.0, 2.0, 3.0), (1, 0, 0, 0, 1, 0), (0.5, 0.5))
    return Mosaic(3, 2, ROWS, COLUMNS, plane, (0.0, 0.0, -2.0), is_assumed)


class Whole:
    """Counts how often the mosaic was decoded."""

    def __init__(self, missing_rows: int = 0) -> None:
        self.decoded = 0
        self._missing_rows = missing_rows

    def stored_frame(self, index: int, *, priority: int = 0, progress: Progress | None = None) -> StoredFrame:
        del priority, progress
        assert index == 0
        self.decoded += 1
        return StoredFrame(WHOLE, "MONOCHROME2", missing_rows=self._missing_rows)


def test_slices_stand_row_by_row_and_the_mosaic_is_decoded_once() -> None:
    whole = Whole()
    frames = MosaicFrames(whole, _mosaic())
    cut = [frames.stored_frame(index).values for index in (2, 0, 1)]
    assert np.array_equal(cut[1], WHOLE[:ROWS, :COLUMNS])
    assert np.array_equal(cut[2], WHOLE[:ROWS, COLUMNS:])
    assert np.array_equal(cut[0], WHOLE[ROWS:, :COLUMNS])
    assert all(each.base is None for each in cut)  # nothing holds on to the whole
    assert whole.decoded == 1
    frames.stored_frame(0)
    assert whole.decoded == 2  # it was let go with the last slice


@pytest.mark.parametrize(("missing", "of_first", "of_last"), [(0, 0, 0), (3, 0, 3), (4, 0, 4), (5, 1, 4), (8, 4, 4)])
def test_rows_that_never_came_are_missing_in_the_slices_they_belong_to(
    missing: int, of_first: int, of_last: int
) -> None:
    frames = MosaicFrames(Whole(missing), _mosaic())
    assert frames.stored_frame(0).missing_rows == of_first
    assert frames.stored_frame(2).missing_rows == of_last


def test_a_slice_has_its_own_size_and_place() -> None:
    states = mosaic_states(gray_state(PixelDescription(2 * ROWS, 2 * COLUMNS)), _mosaic())
    assert states.frame_count == 3
    planes = [states.state(index).plane for index in range(3)]
    assert [plane.position for plane in planes if plane is not None] == [(1, 2, 3), (1, 2, 1), (1, 2, -1)]
    assert (states.state(1).pixels.rows, states.state(1).pixels.columns) == (ROWS, COLUMNS)
    assert states.state(0).warnings == ()
    assert mosaic_states(gray_state(PixelDescription(8, 6)), _mosaic(is_assumed=True)).state(0).warnings
    for index in (-1, 3):
        with pytest.raises(DicomError):
            states.state(index)
        with pytest.raises(DicomError):
            MosaicFrames(Whole(), _mosaic()).stored_frame(index)
