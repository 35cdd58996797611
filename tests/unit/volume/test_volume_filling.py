"""Slices moved within their planes and mixed: padding never bleeds, whole pixels stay as they are."""

import numpy as np
import pytest

from viewer.imaging.lookup_table import LookupTable
from viewer.imaging.modality_lut import ModalityLut, Rescale
from viewer.imaging.padding import Padding
from viewer.imaging.stored_frame import PixelDescription
from viewer.volume.source_slices import SliceKind
from viewer.volume.stored_type import NOTHING_FLOAT, stored_type_of, unused_value
from viewer.volume.value_range import ValueRange
from viewer.volume.volume_filling import blended, moved

PADDING = Padding(-100, -100)


def kind(
    *, slope: float = 1.0, bits: int = 12, allocated: int = 16, is_signed: bool = False, padding: Padding | None = None
) -> SliceKind:
    pixels = PixelDescription(4, 4, bits_allocated=allocated, bits_stored=bits, high_bit=bits - 1, is_signed=is_signed)
    return SliceKind(pixels, Rescale(slope, -1024.0, "HU"), padding, is_color=False)


def test_whole_pixels_are_moved_as_they_are() -> None:
    values = np.arange(6, dtype=np.int16).reshape(2, 3)
    out = moved(values, (2.0, 1.0), (4, 6), PADDING)
    assert out[1:3, 2:5].tolist() == values.tolist()
    assert (out == -100).sum() == 24 - 6


@pytest.mark.parametrize("share", [0.25, 0.5, 0.75])
def test_broken_pixels_are_interpolated(share: float) -> None:
    values = (np.arange(8, dtype=np.int16) * 40)[None, :].repeat(3, 0)
    out = moved(values, (share, 0.0), (3, 9), PADDING)
    wanted = (np.arange(9) - share) * 40
    assert out[:, 1:8].tolist() == [wanted[1:8].tolist()] * 3
    # Within half a pixel of the edge the edge is repeated, beyond there is nothing.
    assert out[0, 0] == (0 if share <= 0.5 else -100)
    assert out[0, 8] == (280 if share >= 0.5 else -100)


def test_both_ways_at_once_are_bilinear() -> None:
    rows, columns = np.mgrid[:10, :12]
    values = (100 * rows + 40 * columns).astype(np.float32)
    out = moved(values, (3.25, 1.5), (13, 16), PADDING)
    wanted = 100 * (np.mgrid[:13, :16][0] - 1.5) + 40 * (np.mgrid[:13, :16][1] - 3.25)
    assert np.abs(out - wanted)[3:11, 4:15].max() < 1e-3


def test_between_slices_there_is_nothing_where_either_has_nothing() -> None:
    lower = np.array([[10, -100, 10, -100]], np.int16)
    upper = np.array([[20, 20, -100, -100]], np.int16)
    assert blended(lower, upper, 0.25, PADDING).tolist() == [[12, -100, -100, -100]]


def test_within_a_slice_the_nearer_pixel_says_whether_there_is_something() -> None:
    values = np.array([[10, 20, -100, -100, 40, 50]], np.int16)
    assert moved(values, (0.25, 0.0), (1, 7), PADDING).tolist() == [[10, 18, -100, -100, 40, 48, -100]]
    assert moved(values, (0.75, 0.0), (1, 7), PADDING).tolist() == [[-100, 12, 20, -100, -100, 42, 50]]


def test_slices_alike_are_kept_as_they_are_stored() -> None:
    stored = stored_type_of([kind(), kind()], needs_padding=False)
    assert (stored.dtype, stored.rescale.slope, stored.padding, stored.is_modality) == (
        np.dtype("u2"),
        1.0,
        None,
        False,
    )


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (kind(bits=12), (np.uint16, 65535.0)),
        (kind(bits=12, is_signed=True), (np.int16, -32768.0)),
        (kind(bits=16, is_signed=True), (np.int16, -32768.0)),
        (kind(bits=16), (np.float32, NOTHING_FLOAT)),
        (kind(bits=8, allocated=8), (np.float32, NOTHING_FLOAT)),
        (kind(bits=16, padding=Padding(7, 9)), (np.uint16, 7.0)),
        (kind(bits=32, allocated=32), (np.float32, NOTHING_FLOAT)),
    ],
)
def test_nothing_is_a_value_that_no_pixel_has(given: SliceKind, wanted: tuple[type, float]) -> None:
    stored = stored_type_of([given], needs_padding=True)
    assert stored.padding is not None
    assert (stored.dtype, stored.padding.low) == (np.dtype(wanted[0]), wanted[1])


def test_slices_that_differ_are_kept_in_modality_units() -> None:
    stored = stored_type_of([kind(slope=1.0), kind(slope=2.0)], needs_padding=False)
    assert (stored.dtype, stored.rescale.is_identity, stored.rescale.unit) == (np.dtype("f4"), True, "HU")
    table = ModalityLut(LookupTable(0, np.arange(4, dtype=np.uint16), 16, ""), "OD")
    by_table = SliceKind(kind().pixels, table, None, is_color=False)
    assert stored_type_of([by_table], needs_padding=False).rescale.unit == "OD"
    assert stored_type_of([by_table, kind()], needs_padding=False).rescale.unit == ""


def test_ranges_leave_padding_out() -> None:
    for padding, values, wanted in (
        (Padding(-5, -2), [-5, -3, 0, 7], (0, 7)),
        (Padding(7, 7), [-5, -3, 0, 7], (-5, 0)),
        (Padding(0, 0), [-5, -3, 0, 7], (-5, 7)),
        (None, [-5, -3, 0, 7], (-5, 7)),
        (Padding(-32768, -32768), [-32768, 32767], (32767, 32767)),
    ):
        found = ValueRange(padding)
        array = np.array(values, np.int16)
        found.note(float(array.min()), float(array.max()), array)
        assert found.ends() == wanted
    nothing = ValueRange(Padding(1, 1))
    nothing.note(1.0, 1.0, np.ones(4, np.uint8))
    assert nothing.ends() == (0.0, 0.0)


def test_an_unused_value_is_found_where_there_is_one() -> None:
    assert unused_value([np.array([[[1, 2]]], np.int16)]) == -32768
    assert unused_value([np.array([[[-32768, 2]]], np.int16)]) == 32767
    assert unused_value([np.arange(256, dtype=np.uint8).reshape(1, 16, 16)]) is None
    assert unused_value([np.zeros((1, 1, 1), np.float32)]) == NOTHING_FLOAT
