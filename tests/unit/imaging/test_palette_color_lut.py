"""Palettes, plain, legacy and segmented; the well-known ones against pydicom's copies of PS3.6 Annex B."""

from pathlib import Path

import numpy as np
import pydicom
import pytest

from viewer.base.errors import DicomError, ViewerError
from viewer.imaging.lookup_table import LookupTable
from viewer.imaging.palette_color_lut import PaletteColorLut, expand_segments
from viewer.imaging.pseudo_color import PALETTE_IDS, palette, palette_title, palette_uid

PALETTES = Path(pydicom.__file__).parent / "data" / "palettes"


def make(entries: list[int], bits: int, first: int = 0) -> PaletteColorLut:
    table = LookupTable(first, np.array(entries), bits)
    return PaletteColorLut(table, table, table)


def test_entries_of_16_bits_lose_their_lower_half() -> None:
    assert make([0, 0x80FF, 0xFFFF], 16).apply(np.array([[0, 1, 2]])).tolist() == [[[0] * 3, [128] * 3, [255] * 3]]


def test_legacy_tables_of_16_bits_that_hold_octets() -> None:
    assert make([0, 128, 255], 16).apply(np.array([0, 1, 2])).tolist() == [[0] * 3, [128] * 3, [255] * 3]


def test_indices_outside_meet_the_ends() -> None:
    found = make([1, 2], 8, first=-5).apply(np.array([-9, -5, -4, 9], np.int16))
    assert found[:, 0].tolist() == [1, 1, 2, 2]


def test_segments_discrete_linear_and_indirect() -> None:
    words = np.array([0, 2, 10, 20, 1, 5, 70, 2, 1, 0, 0])  # indirect: one segment at byte 0
    assert expand_segments(words, 9).tolist() == [10, 20, 30, 40, 50, 60, 70, 10, 20]


@pytest.mark.parametrize(
    "words",
    [
        [0, 5, 1],
        [1, 3, 9],
        [7, 1, 1],
        [0],
        [2, 1, 0, 0, 0, 0],
        [0, 1, 5, 2, 9, 6, 0, 0],
        [0, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    ],
)
def test_damaged_segments_are_refused(words: list[int]) -> None:
    with pytest.raises(DicomError):
        expand_segments(np.array(words), 4)


def test_an_endless_indirect_segment_is_refused() -> None:
    with pytest.raises(DicomError):
        expand_segments(np.array([2, 65535, 0, 0]), 65536)


@pytest.mark.parametrize("palette_id", PALETTE_IDS)
def test_well_known_palettes_equal_the_standards(palette_id: str) -> None:
    data_set = pydicom.dcmread(PALETTES / f"{palette_id.replace('-', '')}.dcm", force=True)
    assert palette_uid(palette_id) == data_set.PaletteColorLookupTableUID
    assert palette_title(palette_id)
    for channel, name in enumerate(("Red", "Green", "Blue")):
        plain = data_set.get(f"{name}PaletteColorLookupTableData")
        if plain is not None:
            assert palette(palette_id)[:, channel].tobytes() == plain
            continue
        # Linear segments by hand: from the last value to the end in equal steps.
        words = list(data_set[f"Segmented{name}PaletteColorLookupTableData"].value)
        expected: list[float] = [words[2]]
        for count, end in zip(words[4::3], words[5::3], strict=True):
            start = expected[-1]
            expected += [start + (end - start) * step / count for step in range(1, count + 1)]
        assert np.abs(palette(palette_id)[:, channel] - np.array(expected)).max() <= 0.5


def test_an_unknown_palette_is_named() -> None:
    with pytest.raises(ViewerError, match="purple"):
        palette("purple")


def test_a_dark_channel_of_16_bits_stays_dark() -> None:
    bright, dark = (LookupTable(0, np.array([0, top]), 16) for top in (0xFFFF, 200))
    assert PaletteColorLut(bright, bright, dark).apply(np.array([1])).tolist() == [[255, 255, 0]]


def test_offsets_of_segments_of_octets_take_four_of_them() -> None:
    octets = np.array([0, 2, 10, 20, 1, 1, 30, 0, 1, 40, 2, 1, 7, 0, 0, 0])  # indirect: one segment at byte 7
    assert expand_segments(octets, 5, 8).tolist() == [10, 20, 30, 40, 40]


def test_empty_segments_repeated_without_end_are_refused() -> None:
    words = np.array([0, 0, *[2, 65535, 0, 0] * 20000])
    with pytest.raises(DicomError):
        expand_segments(words, 4)
