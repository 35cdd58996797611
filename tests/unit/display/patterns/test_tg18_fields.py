"""TG18-LN, -UN, -UNL, -CT and -AD against AAPM On-Line Report 03, written down here in pixels."""

import numpy as np
import pytest

from viewer.display.patterns import draw_pattern

LEVELS = (0, 15, 30, 45, 60, 75, 90, 105, 120, 135, 150, 165, 180, 195, 210, 225, 240, 255)
SIZES = ((1024, 1024), (2048, 2048), (640, 480), (1366, 768), (2560, 2048), (4096, 2160), (1200, 1600))


@pytest.mark.parametrize("bits", [8, 12])
@pytest.mark.parametrize("step", range(1, 19))
def test_a_response_field_is_324_square_at_its_level_on_153(bits: int, step: int) -> None:
    picture = draw_pattern(f"TG18-LN{bits}-{step:02}")
    expected = np.full((1024, 1024), 153)
    expected[350:674, 350:674] = LEVELS[step - 1]
    assert (picture == expected).all()


@pytest.mark.parametrize("size", SIZES)
def test_the_response_field_has_a_tenth_of_any_screen(size: tuple[int, int]) -> None:
    width, height = size
    picture = draw_pattern("TG18-LN8-18", size, 16)
    assert picture.dtype == np.uint16
    rows, columns = np.nonzero(picture == 65535)
    assert len(rows) / (width * height) == pytest.approx(0.1, rel=0.005)
    assert np.ptp(rows) == np.ptp(columns)
    assert abs((rows.min() + rows.max() + 1) - height) <= 1
    assert abs((columns.min() + columns.max() + 1) - width) <= 1
    assert (picture[picture != 65535] == 153 * 257).all()


@pytest.mark.parametrize(("name", "level"), [("TG18-UN10", 26), ("TG18-UN80", 204)])
@pytest.mark.parametrize("size", [(1, 1), (1023, 767), (4096, 2160)])
def test_a_uniform_field_has_one_level(name: str, level: int, size: tuple[int, int]) -> None:
    assert (draw_pattern(name, size) == level).all()
    assert (draw_pattern(name, size, 16) == level * 257).all()


@pytest.mark.parametrize(("name", "level"), [("TG18-UNL10", 26), ("TG18-UNL80", 204)])
def test_lines_enclose_five_fields_of_a_tenth(name: str, level: int) -> None:
    picture = draw_pattern(name)
    lines = picture != level
    expected = np.zeros((1024, 1024), bool)
    for left in (0, 700):
        for top in (0, 700):
            expected[top : top + 324, left : left + 324] = True
            expected[top + 1 : top + 323, left + 1 : left + 323] = False
    expected[350:674, 350:674] = True
    expected[351:673, 351:673] = False
    assert (lines == expected).all()
    assert set(picture[lines]) == {level + 13 if level < 128 else level - 13}


def test_half_moons_and_marks_stand_on_sixteen_greys() -> None:
    picture = draw_pattern("TG18-CT").astype(int)
    for step in range(16):
        top, left = 308 + 102 * (step // 4), 308 + 102 * (step % 4)
        field = picture[top : top + 102, left : left + 102] - (8 + 16 * step)
        for corner, contrast in (
            (field[:10, :10], 4),
            (field[-10:, -10:], 4),
            (field[-10:, :10], -4),
            (field[:10, -10:], -4),
        ):
            assert (corner == contrast).all()
        inner = field[10:-10, 10:-10]
        assert set(np.unique(inner)) == {-2, 0, 2}
        darker, brighter = np.argwhere(inner == -2), np.argwhere(inner == 2)
        assert darker[:, 1].max() < brighter[:, 1].min()
        assert len(darker) == len(brighter)
        assert len(darker) + len(brighter) == pytest.approx(np.pi * 17**2, rel=0.02)
    outside = np.ones((1024, 1024), bool)
    outside[308:716, 308:716] = False
    outside[950:] = False
    assert (picture[outside] == 128).all()


def test_stripes_of_49_contrasts_stand_on_black() -> None:
    picture = draw_pattern("TG18-AD")
    for row in range(7):
        for column in range(7):
            field = picture[302 + 60 * row : 362 + 60 * row, 302 + 60 * column : 362 + 60 * column]
            stripes = np.resize(np.array([1, 1, 0, 0]) * (7 * row + column + 1), 60)
            assert (field[1:, 1:] == stripes[1:, None]).all()
    assert picture[280:730, 280:730].max() == 60
    assert (picture[:280] == 0).all()


@pytest.mark.parametrize("name", ["TG18-CT", "TG18-AD"])
@pytest.mark.parametrize("size", SIZES)
def test_low_contrast_keeps_its_levels_at_any_size(name: str, size: tuple[int, int]) -> None:
    picture = draw_pattern(name, size)
    assert picture.shape == (size[1], size[0])
    if name == "TG18-CT":
        wanted = {level + contrast for level in range(8, 256, 16) for contrast in (-4, -2, 0, 2, 4)} | {128}
    else:
        wanted = set(range(50))
    assert wanted <= set(np.unique(picture))
