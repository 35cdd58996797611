"""Lookup tables: descriptors, packings, and the defects of other readers that ours must not have (digest 15.1)."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer.base.errors import DicomError
from viewer.imaging.lookup_table import LookupTable, descriptor_words, lut_data, signed_word


def test_inputs_below_and_above_meet_the_ends() -> None:
    table = LookupTable(-3, np.array([10, 20, 30]), 8)
    assert table.apply(np.array([-100, -3, -2, -1, 50], np.int16)).tolist() == [10, 10, 20, 30, 30]


def test_a_negative_first_value_does_not_wrap() -> None:
    # Another library's int16 arithmetic made 0 of 32768 here.
    table = LookupTable(-1024, np.arange(65536), 16)
    values = np.array([-32768, -1024, 0, 31744, 32767], np.int16)
    assert table.apply(values).tolist() == [0, 0, 1024, 32768, 33791]


@given(st.integers(-40000, 40000), st.lists(st.integers(0, 65535), min_size=1, max_size=50), st.integers(-70000, 70000))
def test_lookup_equals_its_definition(first: int, entries: list[int], value: int) -> None:
    table = LookupTable(first, np.array(entries), 16)
    expected = entries[min(max(value - first, 0), len(entries) - 1)]
    assert table.apply(np.array([value], np.int32)).tolist() == [expected]
    assert table.apply(np.array([float(value)])).tolist() == [expected]


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint32, np.int32, np.uint64, np.int64, np.float32])
def test_every_stored_type_is_accepted(dtype: type) -> None:
    table = LookupTable(1, np.array([5, 6, 7]), 8)
    assert table.apply(np.array([0, 1, 2, 3, 9], dtype)).tolist() == [5, 5, 6, 7, 7]


def test_undefined_floats_do_not_break_a_table() -> None:
    table = LookupTable(0, np.array([5, 6]), 8)
    assert table.apply(np.array([np.nan, -np.inf, np.inf])).tolist() == [5, 5, 6]


def test_zero_entries_mean_65536() -> None:
    assert descriptor_words([0, 0, 16]) == (65536, 0, 16)


def test_a_descriptor_is_read_alike_with_either_sign_or_as_bytes() -> None:
    for value in ([256, -1024, 12], [256, 64512, 12], np.array([256, 64512, 12], "<u2").tobytes()):
        entries, first, bits = descriptor_words(value)
        assert (entries, signed_word(first), bits) == (256, -1024, 12)
    big = np.array([256, 64512, 12], ">u2").tobytes()
    assert descriptor_words(big, is_little_endian=False) == (256, 64512, 12)


@pytest.mark.parametrize("value", [None, [1, 2], b"\0\0", 7, []])
def test_a_descriptor_without_three_values_is_refused(value: object) -> None:
    with pytest.raises(DicomError):
        descriptor_words(value)


def test_octets_two_in_a_word_and_one_in_a_word() -> None:
    # Packed tables raised an error in another library.
    octets = bytes([1, 2, 3, 4, 5, 0])
    assert lut_data(octets, 5, 8).tolist() == [1, 2, 3, 4, 5]
    padded = np.array([1, 2, 3, 4, 5], "<u2").tobytes()
    assert lut_data(padded, 5, 8).tolist() == [1, 2, 3, 4, 5]
    assert lut_data([0x0201, 0x0403, 0x0005], 5, 8).tolist() == [1, 2, 3, 4, 5]
    assert lut_data([1, 2, 3, 4, 5], 5, 8).tolist() == [1, 2, 3, 4, 5]


def test_big_endian_words_and_octets() -> None:
    assert lut_data(np.array([258, 3], ">u2").tobytes(), 2, 16, is_little_endian=False).tolist() == [258, 3]
    packed = np.array([0x0201, 0x0403], ">u2").tobytes()
    assert lut_data(packed, 4, 8, is_little_endian=False).tolist() == [1, 2, 3, 4]


def test_words_read_as_signed_come_out_unsigned() -> None:
    assert lut_data([-1, 5], 2, 16).tolist() == [65535, 5]


def test_short_data_is_refused() -> None:
    with pytest.raises(DicomError):
        lut_data(b"\1\2", 4, 16)
    with pytest.raises(DicomError):
        lut_data("nonsense", 4, 16)
