"""TG18-QC against AAPM On-Line Report 03, written down here in pixels of the 1k and the 2k form."""

import numpy as np
import pytest
from numpy.typing import NDArray

from viewer.display.patterns import draw_pattern

# Upper left corner of each patch at 1k, from 8 to 248.
PATCHES = (
    (206, 716), (206, 614), (206, 512), (206, 410), (206, 308), (206, 206),
    (308, 206), (410, 206), (512, 206), (614, 206), (716, 206),
    (716, 308), (716, 410), (716, 512), (716, 614), (716, 716),
)  # fmt: skip
SIDE, MARK = 102, 10
ODD_SIZES = ((640, 480), (1366, 768), (1920, 1080), (2560, 2048), (4096, 2160), (1200, 1600))
LINE_PAIRS = {
    "upper left": (slice(15, 107), slice(15, 199)),
    "upper right": (slice(15, 107), slice(825, 1009)),
    "lower left": (slice(917, 1009), slice(15, 199)),
    "lower right": (slice(917, 1009), slice(825, 1009)),
    "middle": (slice(466, 558), slice(420, 604)),
}


@pytest.fixture(scope="module")
def qc() -> NDArray[np.uint8]:
    return np.asarray(draw_pattern("TG18-QC"), np.uint8)


def test_sixteen_patches_climb_by_sixteen_from_eight(qc: NDArray[np.uint8]) -> None:
    for step, (left, top) in enumerate(PATCHES):
        patch = qc[top : top + SIDE, left : left + SIDE].astype(int) - (8 + 16 * step)
        expected = np.zeros((SIDE, SIDE), int)
        expected[:MARK, :MARK] = expected[-MARK:, -MARK:] = 4
        expected[-MARK:, :MARK] = expected[:MARK, -MARK:] = -4
        assert (patch == expected).all(), step


def test_the_2k_form_is_twice_as_large() -> None:
    large = draw_pattern("TG18-QC", (2048, 2048))
    for step, (left, top) in enumerate(PATCHES):
        patch = large[2 * top : 2 * (top + SIDE), 2 * left : 2 * (left + SIDE)].astype(int) - (8 + 16 * step)
        assert np.count_nonzero(patch == 4) == np.count_nonzero(patch == -4) == 2 * (2 * MARK) ** 2
        assert np.count_nonzero(patch == 0) == (2 * SIDE) ** 2 - 4 * (2 * MARK) ** 2


@pytest.mark.parametrize(("left", "outer", "inner"), [(308, 0, 13), (614, 255, 242)])
def test_five_per_cent_in_black_and_ninety_five_in_white(
    qc: NDArray[np.uint8], left: int, outer: int, inner: int
) -> None:
    cell = qc[716 : 716 + SIDE, left : left + SIDE]
    assert sorted(np.unique(cell)) == sorted({outer, inner})
    rows, columns = np.nonzero(cell == inner)
    assert (rows.min(), rows.max() + 1, columns.min(), columns.max() + 1) == (26, 77, 26, 77)
    assert np.count_nonzero(cell == inner) == 51 * 51


@pytest.mark.parametrize("place", LINE_PAIRS)
def test_line_pairs_of_one_and_two_pixels(qc: NDArray[np.uint8], place: str) -> None:
    field = qc[LINE_PAIRS[place]]
    if "right" in place:
        field = field[:, ::-1]
    if "lower" in place:
        field = field[::-1]
    for column, (bright, dark) in ((0, (255, 0)), (92, (130, 128))):
        single = np.resize([bright, dark], 46)
        double = np.resize([bright, bright, dark, dark], 46)
        for start, bars in ((column, single), (column + 46, double)):
            upright, level = field[:46, start : start + 46], field[46:, start : start + 46]
            if "right" in place:
                upright = upright[:, ::-1]
            if "lower" in place:
                level = level[::-1]
            assert (upright == bars[None, :]).all()
            assert (level == bars[:, None]).all()


def test_ramps_have_256_levels_of_two_lines(qc: NDArray[np.uint8]) -> None:
    levels = np.repeat(np.arange(256), 2)
    assert (qc[256:768, 53] == levels[::-1]).all()
    assert (qc[256:768, 971] == levels).all()
    assert (qc[256:768, 15:91] == qc[256:768, 53:54]).all()


def test_sixteen_bit_ramps_have_a_level_for_every_line() -> None:
    deep = draw_pattern("TG18-QC", bits=16)
    ramp = deep[256:768, 971].astype(int)
    assert (ramp[0], ramp[-1]) == (0, 65535)
    assert set(np.diff(ramp)) == {128, 129}


@pytest.mark.parametrize(("left", "background", "sign"), [(206, 0, 1), (410, 128, 1), (614, 255, -1)])
def test_each_letter_is_one_level_fainter(qc: NDArray[np.uint8], left: int, background: int, sign: int) -> None:
    panel = qc[818:920, left : left + 204].astype(int)
    assert sorted(np.unique((panel - background) * sign)) == list(range(15))
    middles = {}
    for contrast in range(1, 15):
        rows, columns = np.nonzero(panel == background + sign * contrast)
        middles[contrast] = (rows.mean(), columns.mean())
    first, second = [middles[c] for c in range(14, 7, -1)], [middles[c] for c in range(7, 0, -1)]
    for word in (first, second):
        assert [column for _row, column in word] == sorted(column for _row, column in word)
    assert max(row for row, _column in first) < min(row for row, _column in second)


def test_grid_lines_are_one_pixel_every_102(qc: NDArray[np.uint8]) -> None:
    across = qc[640, 206 + 102 : 716]
    assert [place + 308 for place in np.flatnonzero(across == 191)] == [308, 410, 512, 614]
    assert set(np.unique(across)) == {128, 191}


def test_the_border_is_whole_and_three_pixels_thick(qc: NDArray[np.uint8]) -> None:
    for band in (qc[10:13, 10:1014], qc[1011:1014, 10:1014], qc[10:1014, 10:13].T, qc[10:1014, 1011:1014].T):
        assert (band == 191).all()


def test_cross_talk_lines_halve_from_256(qc: NDArray[np.uint8]) -> None:
    white, black = qc[2:53, 232:792], qc[53:104, 232:792]
    found = [int(np.count_nonzero(line[:268] == 0)) for line in white if (line[:268] == 0).any()]
    assert found == [length for length in (256, 128, 64, 32, 16, 8, 4, 2, 1) for _ in range(3)]
    found = [int(np.count_nonzero(line[:268] == 255)) for line in black if (line[:268] == 255).any()]
    assert found == [length for length in (1, 2, 4, 8, 16, 32, 64, 128, 256) for _ in range(3)]
    assert set(white[30, 277:283]) == {249}
    assert set(black[30, 277:283]) == {6}


def test_cx_letters_stand_at_four_contrasts_in_five_places_and_twelve_are_scored(qc: NDArray[np.uint8]) -> None:
    without = draw_pattern("TG18-OIQ")
    for left, top in ((13, 109), (919, 109), (13, 873), (919, 873), (466, 560)):
        field = qc[top : top + 42, left : left + 92]
        assert sorted(np.unique(field)) == [0, 64, 128, 191, 255]
        assert not (without[top : top + 42, left : left + 92] == 0).any()
    boxes = [
        qc[334 + 51 * row : 385 + 51 * row, 359 + 51 * column : 410 + 51 * column]
        for row in range(2)
        for column in range(6)
    ]
    peaks = [int(box[:30].max()) for box in boxes]
    assert peaks[0] == 255
    assert peaks == sorted(peaks, reverse=True)
    assert peaks[11] < 200


@pytest.mark.parametrize("size", ODD_SIZES)
def test_levels_stay_exact_at_any_size(size: tuple[int, int]) -> None:
    width, height = size
    picture = draw_pattern("TG18-QC", size)
    scale = min(size) / 1024
    for step, (left, top) in enumerate(PATCHES):
        x = round((width - min(size)) / 2 + (left + 51) * scale)
        y = round((height - min(size)) / 2 + (top + 51) * scale)
        assert picture[y, x] == 8 + 16 * step
        near = round(3 * scale) or 1
        x0 = round((width - min(size)) / 2 + left * scale) + near
        y0 = round((height - min(size)) / 2 + top * scale) + near
        assert picture[y0, x0] == 12 + 16 * step


@pytest.mark.parametrize("size", ODD_SIZES)
def test_the_finest_lines_stay_single_pixels_in_all_corners(size: tuple[int, int]) -> None:
    width, height = size
    picture = draw_pattern("TG18-QC", size).astype(int)
    inset = round(30 * min(size) / 1024)
    for row in (inset, height - 1 - inset):
        for columns in (slice(inset, inset + 10), slice(width - inset - 10, width - inset)):
            steps = np.diff(picture[row, columns])
            assert (np.abs(steps) == 255).all()
            assert (steps[1:] == -steps[:-1]).all()


def test_it_says_that_it_is_synthetic_and_when_it_is_scaled(qc: NDArray[np.uint8]) -> None:
    label = (slice(717, 818), slice(411, 614))
    native = np.flatnonzero((qc[label] == 98).any(axis=1))
    scaled = np.flatnonzero((draw_pattern("TG18-QC", (1025, 1025))[label] == 98).any(axis=1))
    assert len(native) == 3 * 7
    assert len(scaled) == 4 * 7
