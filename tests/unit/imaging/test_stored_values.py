"""Pixel cells of every kind, against the formula of PS3.5 8.1.1 and values packed by hand."""

import itertools
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from viewer.base.errors import DecodingError
from viewer.imaging.stored_frame import FrameWarning, PixelDescription
from viewer.imaging.stored_values import frame_span, stored_frame_from_cells, value_length


def by_formula(word: int, description: PixelDescription) -> int:
    """The formula of the Standard, one word at a time."""
    shift = description.high_bit + 1 - description.bits_stored
    value = (word >> shift) & ((1 << description.bits_stored) - 1)
    if description.is_signed and value & (1 << (description.bits_stored - 1)):
        value -= 1 << description.bits_stored
    return value


@pytest.mark.parametrize("is_signed", [False, True])
@pytest.mark.parametrize("is_big_endian", [False, True])
@pytest.mark.parametrize(
    ("allocated", "stored", "high"),
    [
        (8, 8, 7),
        (8, 5, 4),
        (8, 6, 7),
        (16, 12, 11),
        (16, 12, 15),
        (16, 10, 12),
        (16, 1, 0),
        (16, 16, 15),
        (32, 24, 23),
        (32, 32, 31),
        (32, 20, 30),
        (64, 64, 63),
        (64, 40, 45),
    ],
)
def test_every_field_of_every_word(
    allocated: int, stored: int, high: int, is_big_endian: bool, is_signed: bool
) -> None:
    description = PixelDescription(
        4, 5, bits_allocated=allocated, bits_stored=stored, high_bit=high, is_signed=is_signed
    )
    words = (
        np.random.default_rng(1).integers(0, 1 << allocated, 20, dtype=np.uint64, endpoint=False)
        if (allocated < 64)
        else np.random.default_rng(1).integers(0, 2**63, 20, dtype=np.uint64) * np.uint64(2)
    )
    order = ">" if is_big_endian and allocated > 8 else "<"
    data = words.astype(f"{order}u{allocated // 8}").tobytes()
    frame = stored_frame_from_cells(data, description, is_big_endian=is_big_endian)
    assert frame.values.ravel().tolist() == [by_formula(int(word), description) for word in words]
    assert frame.values.dtype == f"{'i' if is_signed else 'u'}{allocated // 8}"
    if frame.raw_words is not None:
        assert frame.raw_words.ravel().tolist() == words.tolist()


def test_words_that_hold_nothing_but_their_value_are_not_copied() -> None:
    data = np.arange(20, dtype="<u2").tobytes()
    for is_signed in (False, True):
        description = PixelDescription(4, 5, bits_stored=12, high_bit=11, is_signed=is_signed)
        frame = stored_frame_from_cells(data, description)
        assert frame.raw_words is None
        assert np.shares_memory(frame.values, np.frombuffer(data, np.uint8))


def test_sign_extended_words_keep_their_value_and_no_second_copy() -> None:
    values = np.arange(-10, 10, dtype="<i2")
    description = PixelDescription(4, 5, bits_stored=12, high_bit=11, is_signed=True)
    frame = stored_frame_from_cells(values.tobytes(), description)
    assert frame.values.ravel().tolist() == values.tolist()
    assert frame.raw_words is None


def test_bits_of_frames_that_share_a_byte() -> None:
    bits = np.random.default_rng(2).integers(0, 2, (3, 5, 5), dtype=np.uint8)
    data = np.packbits(bits.ravel(), bitorder="little").tobytes()
    description = PixelDescription(5, 5, 3, bits_allocated=1, bits_stored=1, high_bit=0)
    assert value_length(description) == 10
    for index in range(3):
        span = frame_span(description, index)
        cells = data[span.first_byte : span.first_byte + span.byte_count]
        frame = stored_frame_from_cells(cells, description, leading_cells=span.leading_cells)
        assert np.array_equal(frame.values, bits[index])


def packed_12(values: NDArray[Any]) -> bytes:
    number = 0
    for position, value in enumerate(values.ravel().tolist()):
        number |= value << (12 * position)
    return number.to_bytes(-(-12 * values.size // 8), "little")


def test_packed_12_bit_cells_of_odd_frames() -> None:
    values = np.random.default_rng(3).integers(0, 4096, (3, 5, 3), dtype=np.uint16)
    data = packed_12(values)
    description = PixelDescription(5, 3, 3, bits_allocated=12, bits_stored=12, high_bit=11)
    for index in range(3):
        span = frame_span(description, index)
        cells = data[span.first_byte : span.first_byte + span.byte_count]
        frame = stored_frame_from_cells(cells, description, leading_cells=span.leading_cells)
        assert np.array_equal(frame.values, values[index])


@pytest.mark.parametrize(("bits", "dtype"), [(32, "<f4"), (64, "<f8")])
def test_float_cells_are_as_they_are(bits: int, dtype: str) -> None:
    values = np.array([[1.5, -2.25, np.nan], [np.inf, 0, 1e30]], dtype)
    description = PixelDescription(2, 3, bits_allocated=bits, bits_stored=bits, high_bit=bits - 1, is_float=True)
    frame = stored_frame_from_cells(values.tobytes(), description)
    assert frame.values.tobytes() == values.tobytes()
    cut = stored_frame_from_cells(values.tobytes()[: 2 * bits // 8], description)
    assert cut.missing_rows == 2
    assert cut.values[1].tolist() == [-2.25] * 3


@pytest.mark.parametrize("planar", [0, 1])
def test_colour_comes_interleaved(planar: int) -> None:
    colour = np.random.default_rng(4).integers(0, 256, (4, 6, 3), dtype=np.uint8)
    data = (np.moveaxis(colour, 2, 0) if planar else colour).tobytes()
    description = PixelDescription(4, 6, 1, 3, "RGB", 8, 8, 7, planar_configuration=planar)
    frame = stored_frame_from_cells(data, description)
    assert np.array_equal(frame.values, colour)
    assert frame.photometric_interpretation == "RGB"


def test_cut_colour_planes_miss_the_rows_whose_last_plane_is_missing() -> None:
    description = PixelDescription(4, 6, 1, 3, "RGB", 8, 8, 7, planar_configuration=1)
    frame = stored_frame_from_cells(bytes(range(24)) * 2 + bytes(13), description)
    assert frame.missing_rows == 2
    assert FrameWarning.TRUNCATED in frame.warnings


@pytest.mark.parametrize("columns", [4, 5])
def test_shared_chroma_is_given_to_both_pixels(columns: int) -> None:
    rows, pairs = 2, -(-columns // 2)
    raw = np.random.default_rng(5).integers(0, 256, (rows, pairs, 4), dtype=np.uint8)
    description = PixelDescription(rows, columns, 1, 3, "YBR_FULL_422", 8, 8, 7)
    frame = stored_frame_from_cells(raw.tobytes(), description)
    assert frame.photometric_interpretation == "YBR_FULL"
    for row, column in itertools.product(range(rows), range(columns)):
        first, second, blue, red = raw[row, column // 2].tolist()
        assert frame.values[row, column].tolist() == [second if column % 2 else first, blue, red]


def test_alpha_of_retired_argb_is_dropped_and_unknown_colour_refused() -> None:
    argb = np.random.default_rng(6).integers(0, 256, (2, 2, 4), dtype=np.uint8)
    frame = stored_frame_from_cells(argb.tobytes(), PixelDescription(2, 2, 1, 4, "ARGB", 8, 8, 7))
    assert np.array_equal(frame.values, argb[:, :, 1:])
    with pytest.raises(DecodingError, match="CMYK"):
        stored_frame_from_cells(argb.tobytes(), PixelDescription(2, 2, 1, 4, "CMYK", 8, 8, 7))


def test_missing_cells_are_marked_and_filled_with_the_lowest_value() -> None:
    description = PixelDescription(4, 5, bits_stored=12, high_bit=11, is_signed=True)
    frame = stored_frame_from_cells(np.full(12, 7, "<i2").tobytes() + b"\1", description)
    assert frame.missing_rows == 2
    assert frame.warnings == {FrameWarning.TRUNCATED}
    assert frame.values.ravel().tolist() == [7] * 12 + [-2048] * 8
    with pytest.raises(DecodingError, match="missing"):
        stored_frame_from_cells(b"\1", description)


def test_a_high_bit_outside_the_word_says_nothing() -> None:
    words = np.arange(20, dtype="<u2")
    for high in (3, 40):
        frame = stored_frame_from_cells(words.tobytes(), PixelDescription(4, 5, bits_stored=12, high_bit=high))
        assert frame.values.ravel().tolist() == words.tolist()
