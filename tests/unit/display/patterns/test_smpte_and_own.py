"""SMPTE RP 133, the images for DIN 6868-157, geometry and uniformity, against what is known of them in shares."""

import numpy as np
import pytest
from numpy.typing import NDArray

from viewer.display.patterns import draw_pattern

SIZES = ((1024, 1024), (640, 480), (1366, 768), (1920, 1080), (2560, 2048), (4096, 2160), (1200, 1600), (1025, 1031))
# Per cent, and the middle of the patch in tenths of the height from the middle of the picture.
SMPTE_PATCHES = (
    (0, -0.5, 1.5), (10, -1.5, 1.5), (20, -1.5, 0.5), (30, -1.5, -0.5), (40, -1.5, -1.5), (50, -0.5, -1.5),
    (50, 0.5, -1.5), (60, 1.5, -1.5), (70, 1.5, -0.5), (80, 1.5, 0.5), (90, 1.5, 1.5), (100, 0.5, 1.5),
    (5, -2.5, 1.5), (95, 2.5, 1.5),
)  # fmt: skip


def at(picture: NDArray[np.generic], x_tenths: float, y_tenths: float) -> int:
    height, width = picture.shape
    tenth = min(width, height) / 10
    return int(picture[int(height / 2 + y_tenths * tenth), int(width / 2 + x_tenths * tenth)])


@pytest.mark.parametrize("size", SIZES)
def test_smpte_patches_are_steps_of_ten_per_cent(size: tuple[int, int]) -> None:
    picture, deep = draw_pattern("SMPTE-RP133", size), draw_pattern("SMPTE-RP133", size, 16)
    for percent, x, y in SMPTE_PATCHES:
        assert at(picture, x, y) == int(255 * percent / 100 + 0.5)
        assert at(deep, x, y) == pytest.approx(65535 * percent / 100, abs=0.51)


def test_smpte_insets_and_grid() -> None:
    picture = draw_pattern("SMPTE-RP133")
    for inner, outer, columns in ((13, 0, slice(205, 307)), (242, 255, slice(717, 819))):
        cell = picture[615:716, columns]
        assert set(np.unique(cell)) == {inner, outer}
        assert np.count_nonzero(cell == inner) == pytest.approx(51.2**2, rel=0.03)
    line = picture[350, :205]
    assert [int(place) for place in np.flatnonzero(line[16:] == 191) + 16] == [101, 102, 204]
    assert (picture[10:15, 10:1014] == 191).all()
    assert at(picture, -3.5, 2.2) == 128


@pytest.mark.parametrize("size", SIZES)
def test_smpte_line_pairs_of_one_two_and_three_pixels_have_the_finest_outermost(size: tuple[int, int]) -> None:
    width, height = size
    picture = draw_pattern("SMPTE-RP133", size).astype(int)
    scale = min(size) / 1024
    near, box = int(20 * scale + 0.5), int(64 * scale + 0.5)
    for row in (near + box // 3, height - near - box // 3):
        for is_right in (False, True):
            for place in range(3):
                left = width - near - box * (place + 1) if is_right else near + box * place
                bars = picture[row, left : left + 6 * (place + 1)]
                if box // 2 >= len(bars):
                    expected = np.resize(np.repeat([255, 0], place + 1), len(bars))
                    assert (bars == expected).all(), (row, is_right, place)
    low = near + box + box // 2
    for place, (bright, dark) in enumerate(((135, 122), (130, 122), (130, 128))):
        assert picture[low, near + box * place :][:4].tolist() == [bright, bright, dark, dark]


def test_din_images_are_those_of_iec_62563() -> None:
    differing = np.argwhere(draw_pattern("DIN-6868-157") != draw_pattern("TG18-OIQ"))
    assert differing.min(axis=0).tolist() >= [716, 410]
    assert differing.max(axis=0).tolist() <= [818, 614]
    assert (draw_pattern("DIN-6868-157-BRIGHT") == 204).all()
    assert (draw_pattern("DIN-6868-157-DARK") == 26).all()


@pytest.mark.parametrize("size", SIZES)
def test_geometry_reaches_the_last_pixel_of_every_side(size: tuple[int, int]) -> None:
    picture = draw_pattern("GEOMETRY", size)
    for edge in (picture[0], picture[-1], picture[:, 0], picture[:, -1]):
        assert (edge == 255).all()


@pytest.mark.parametrize("size", SIZES)
def test_geometry_has_round_circles_and_square_cells(size: tuple[int, int]) -> None:
    width, height = size
    bright = draw_pattern("GEOMETRY", size) == 255
    assert (bright == bright[::-1]).all()
    assert (bright == bright[:, ::-1]).all()
    radius = min(size) / 2 - 2
    rows, columns = np.nonzero(bright[2:-2, 2:-2])
    distance = np.hypot(columns + 2.5 - width / 2, rows + 2.5 - height / 2)
    on_circle = np.abs(distance - radius) < 1.5
    angles = np.arctan2(rows + 2.5 - height / 2, columns + 2.5 - width / 2)[on_circle]
    assert len(np.unique(np.round(angles * 20))) >= 120  # it is closed all round
    lines = draw_pattern("GEOMETRY", size) == 128
    pitch_x = np.diff(np.flatnonzero(lines.mean(axis=0) > 0.5))
    pitch_y = np.diff(np.flatnonzero(lines.mean(axis=1) > 0.5))
    for pitch in (pitch_x, pitch_y):
        assert pitch == pytest.approx(min(size) / 10, abs=1)


def test_the_cross_is_one_pixel_where_the_middle_is_one_and_else_two() -> None:
    odd, even = draw_pattern("GEOMETRY", (1025, 1025)), draw_pattern("GEOMETRY", (1024, 1024))
    assert np.flatnonzero(odd[470, 440:590] == 255).tolist() == [512 - 440]
    assert np.flatnonzero(even[470, 440:590] == 255).tolist() == [511 - 440, 512 - 440]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("count", [5, 9])
def test_uniformity_rings_its_points_a_tenth_inside(size: tuple[int, int], count: int) -> None:
    width, height = size
    picture = draw_pattern(f"UNIFORMITY-{count}", size)
    assert set(np.unique(picture)) == {191, 204}
    shares = {9: [(x, y) for x in (0.1, 0.5, 0.9) for y in (0.1, 0.5, 0.9)]}.get(
        count, [(0.5, 0.5), (0.1, 0.1), (0.9, 0.1), (0.1, 0.9), (0.9, 0.9)]
    )
    free = int(20 * min(size) / 1024)
    for x, y in shares:
        column, row = int(width * x), int(height * y)
        assert (picture[row - free : row + free, column - free : column + free] == 204).all()
        across = np.flatnonzero(picture[row, max(column - 8 * free, 0) : column] == 191)
        assert len(across) > 0
