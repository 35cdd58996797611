"""Overlays: packed across frames, moved by their origin, or embedded in the pixels' words."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from viewer.base.errors import DicomError
from viewer.imaging.overlay_plane import OverlayPlane


def packed(bits: np.ndarray) -> bytes:
    return np.packbits(bits.ravel().astype(np.uint8), bitorder="little").tobytes()


@given(st.integers(1, 7), st.integers(1, 7), st.integers(1, 4))
def test_frames_follow_each_other_without_alignment(rows: int, columns: int, frames: int) -> None:
    rng = np.random.default_rng(rows * 100 + columns * 10 + frames)
    bits = rng.integers(0, 2, (frames, rows, columns)).astype(bool)
    plane = OverlayPlane(0x6000, rows, columns, frame_count=frames, first_frame=3, bits=packed(bits))
    for frame in range(frames):
        assert (plane.bitmap(frame + 2, None) == bits[frame]).all()


def test_which_frames_a_plane_belongs_to() -> None:
    plane = OverlayPlane(0x6000, 1, 8, frame_count=2, first_frame=3, bits=b"\1\1")
    assert [plane.applies_to(index, 6) for index in range(6)] == [False, False, True, True, False, False]
    single = OverlayPlane(0x6000, 1, 8, bits=b"\1")
    assert all(single.applies_to(index, 6) for index in range(6))


@pytest.mark.parametrize(("row", "column"), [(1, 1), (2, 3), (0, -1), (-5, 1), (4, 4), (9, 9)])
def test_the_origin_counts_from_one_and_may_lie_outside(row: int, column: int) -> None:
    bits = np.array([[1, 0, 1], [0, 1, 1]], bool)
    plane = OverlayPlane(0x6000, 2, 3, origin_row=row, origin_column=column, bits=packed(bits))
    expected = np.zeros((4, 4), bool)
    for r in range(2):
        for c in range(3):
            at = (r + row - 1, c + column - 1)
            if 0 <= at[0] < 4 and 0 <= at[1] < 4:
                expected[at] = bits[r, c]
    assert (plane.on_image(0, (4, 4), None) == expected).all()


@pytest.mark.parametrize("dtype", [np.uint16, np.int16, np.uint32, np.uint8])
def test_embedded_bits_come_from_the_unmasked_words(dtype: type) -> None:
    position = np.dtype(dtype).itemsize * 8 - 1
    words: NDArray[Any] = np.array([[0, 1 << position], [5 | 1 << position, 7]], np.uint64).astype(dtype)
    plane = OverlayPlane(0x6002, 2, 2, bit_position=position)
    assert plane.is_embedded
    assert plane.bitmap(0, words).tolist() == [[False, True], [True, False]]


def test_what_is_not_there_is_refused() -> None:
    with pytest.raises(DicomError):
        OverlayPlane(0x6000, 4, 4, bits=b"\1").bitmap(0, None)
    with pytest.raises(DicomError):
        OverlayPlane(0x6000, 2, 2, bit_position=12).bitmap(0, None)
    with pytest.raises(DicomError):
        OverlayPlane(0x6000, 2, 2, bit_position=12).bitmap(0, np.zeros((3, 3), np.uint16))
