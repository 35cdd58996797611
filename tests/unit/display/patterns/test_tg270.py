"""TG270-sQC, -pQC and -ULN against the scripts of AAPM Report 270, written down here in pixels at 1024."""

import numpy as np
import pytest
from numpy.typing import NDArray

from viewer.base.errors import DisplayError
from viewer.display.patterns import draw_pattern, find_pattern

# By row and column: the second row runs back.
SQUARES = (
    (0, 15, 30, 45, 60, 75),
    (165, 150, 135, 120, 105, 90),
    (180, 195, 210, 225, 240, 255),
)
# Column of pQC: its bars' period in pixels, half their contrast, whether they stand upright.
COLUMNS = {
    0: (18, 4, False), 1: (12, 4, False), 2: (6, 4, False), 3: (4, 4, False),
    4: (18, 1, False), 5: (12, 1, False), 6: (6, 1, False), 7: (4, 1, False),
    9: (4, 1, True), 10: (6, 1, True), 11: (12, 1, True), 12: (18, 1, True),
    13: (4, 4, True), 14: (6, 4, True), 15: (12, 4, True), 16: (18, 4, True),
}  # fmt: skip
LINE_PAIRS = ((187, 6, False), (287, 4, False), (387, 2, False), (587, 2, True), (687, 4, True), (787, 6, True))
SIZES = ((640, 480), (1366, 768), (1920, 1080), (2560, 2048), (4096, 2160))


@pytest.fixture(scope="module")
def simple() -> NDArray[np.uint8]:
    return np.asarray(draw_pattern("TG270-sQC"), np.uint8)


@pytest.fixture(scope="module")
def full() -> NDArray[np.uint8]:
    return np.asarray(draw_pattern("TG270-pQC"), np.uint8)


def bars(first: int, second: int, period: int, length: int, at: int = 0) -> NDArray[np.int64]:
    """Return bars; at is the place of their beginning behind the first one's."""
    return np.resize(np.repeat([first, second], period // 2), at % period + length)[at % period :]


def test_eighteen_squares_with_bars_of_five_levels(simple: NDArray[np.uint8]) -> None:
    for row, levels in enumerate(SQUARES):
        for column, level in enumerate(levels):
            top, left = 96 + 160 * row, 48 + 160 * column
            square = simple[top : top + 128, left : left + 128]
            upper, lower = {0: (3, 5), 255: (250, 252)}.get(level, (level - 5, level + 5))
            # Six bars of three pixels, the last one whole.
            assert (square[16:48, 16:49] == bars(upper, level, 6, 33)[None, :]).all()
            assert (square[80:112, 80:113] == bars(lower, level, 6, 33)[None, :]).all()
            assert (square[16:48, 49:] == level).all()
            assert (square[48:80] == level).all()
            assert (square[80:, :80] == level).all()


def test_three_large_squares_and_a_ramp(simple: NDArray[np.uint8]) -> None:
    for left, level in ((128, 0), (384, 128), (640, 255)):
        assert (simple[640:896, left : left + 256] == level).all()
    ramp = simple[960:, :896].astype(int)
    assert (ramp == ramp[0]).all()
    assert (ramp[0, 0], ramp[0, -1]) == (0, 255)
    assert set(np.unique(ramp)) == set(range(256))
    assert set(np.diff(ramp[0])) == {0, 1}
    assert (simple[960:, 896:960] == bars(0, 255, 2, 64)[None, :]).all()
    assert (simple[960:, 960:] == bars(0, 255, 2, 64)[:, None]).all()


def test_eighteen_bars_with_modulation_at_four_widths(full: NDArray[np.uint8]) -> None:
    for step in range(18):
        level, top = 15 * step, 62 + 50 * step
        for column in range(17):
            left = 87 + 50 * column
            cell = full[top : top + 50, left : left + 50]
            if column == 8:
                assert (cell == level).all()
                continue
            period, half, is_upright = COLUMNS[column]
            dark = {0: 0, 17: 255 - 2 * half}.get(step, level - half)
            bright = {0: 2 * half, 17: 255}.get(step, level + half)
            # Level bars count from the row 62; upright ones of 8 levels from those of 2 levels, 200 columns before.
            at = (200 if half == 4 else 0) if is_upright else 50 * step
            expected = bars(dark, bright, period, 50, at)
            assert (cell == (expected[None, :] if is_upright else expected[:, None])).all(), (step, column)


def test_line_pairs_of_half_and_full_contrast(full: NDArray[np.uint8]) -> None:
    for left, period, is_upright in LINE_PAIRS:
        for top, other in ((7, 0), (969, 255)):
            expected = bars(128, other, period, 50, 0 if is_upright else top - 6)
            cell = full[top : top + 50, left : left + 50]
            assert (cell == (expected[None, :] if is_upright else expected[:, None])).all()
    assert (full[:62, 90:187] == 64).all()
    assert (full[962:, 90:187] == 191).all()


def test_side_ramps_carry_a_wave_of_three_levels(full: NDArray[np.uint8]) -> None:
    rows = np.arange(1024)
    left = np.clip(rows / 1023 * 1031 / 1024 * 255, 0, 255)
    right = np.clip((1023 - rows) / 1023 * 1031 / 1024 * 255, 0, 255)
    assert np.abs(full[:, 5] - left).max() <= 0.51
    assert np.abs(full[:, 1019] - right).max() <= 0.51
    for place in (22, 65, 937 + 22, 937 + 65):
        assert (full[:, place] != full[:, 5 if place < 87 else 1019]).any()
    for place in (21, 66, 937 + 21, 937 + 66):
        assert (full[:, place] == full[:, 5 if place < 87 else 1019]).all()
    assert np.abs(full[:, 43] - np.clip(left + 3 * np.sin(rows / 2), 0, 255)).max() <= 0.51
    assert np.abs(full[:, 980] - np.clip(right + 3 * np.sin(rows / 1.5), 0, 255)).max() <= 0.51


@pytest.mark.parametrize(("level", "line"), [(0, 45), (120, 165), (135, 45), (255, 165), (137, 51), (5, 47)])
def test_uniform_fields_have_lines_at_the_thirds(level: int, line: int) -> None:
    picture = draw_pattern(f"TG270-ULN8-{level:03}")
    for places in (slice(340, 342), slice(682, 684)):
        assert (picture[places] == line).all()
        assert (picture[:, places] == line).all()
    assert (picture[342:682, 342:682] == level).all()
    assert (picture[684:, :340] == level).all()


@pytest.mark.parametrize(("name", "share"), [("TG270-ULN10-0513", 513 / 1023), ("tg270-uln12-4095", 1.0)])
def test_levels_of_more_bits_are_as_near_as_the_picture_can_have_them(name: str, share: float) -> None:
    assert draw_pattern(name, bits=16)[512, 512] == round(share * 65535)
    assert draw_pattern(name, bits=8)[512, 512] == round(share * 255)


@pytest.mark.parametrize(
    "name", ["TG270-ULN8-256", "TG270-ULN10-1024", "TG270-ULN9-001", "TG270-ULN8-", "TG270-ULN8-1x"]
)
def test_a_level_that_does_not_exist_is_refused(name: str) -> None:
    with pytest.raises(DisplayError):
        find_pattern(name)


@pytest.mark.parametrize("size", SIZES)
def test_bars_keep_their_pixels_at_any_size(size: tuple[int, int]) -> None:
    width, height = size
    side = min(size)
    simple = draw_pattern("TG270-sQC", size)
    scale, left, top = side / 1024, (width - side) / 2, (height - side) / 2
    x, y = int(left + (48 + 160 + 16) * scale + 0.5), round(top + (96 + 32) * scale)
    assert simple[y, x : x + 9].tolist() == [10, 10, 10, 15, 15, 15, 10, 10, 10]
    block = int(64 * scale + 0.5)
    assert (simple[-1, width - 2 * block : width - block] == bars(0, 255, 2, block)).all()
    full = draw_pattern("TG270-pQC", size)
    x, y = int(left + (87 + 50 * 9) * scale + 0.5), round(top + (62 + 75) * scale)
    assert full[y, x : x + 8].tolist() == [14, 14, 16, 16, 14, 14, 16, 16]
