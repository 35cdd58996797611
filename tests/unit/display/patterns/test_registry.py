"""Which patterns there are, how they are asked for, and what all of them have in common."""

import numpy as np
import pytest

from viewer.base.errors import DisplayError
from viewer.display.patterns import PATTERNS, draw_pattern, find_pattern
from viewer.display.patterns.registry import FAMILIES

ONE_OF_EACH = (
    "TG18-QC", "TG18-OIQ", "TG18-CT", "TG18-AD", "TG18-LN8-07", "TG18-LN12-11", "TG18-UN10", "TG18-UNL80", "TG270-sQC",
    "TG270-pQC", "TG270-ULN8-135", "SMPTE-RP133", "DIN-6868-157", "DIN-6868-157-BRIGHT", "DIN-6868-157-DARK",
    "GEOMETRY", "UNIFORMITY-5", "UNIFORMITY-9",
)  # fmt: skip
SIZES = ((640, 480), (1366, 768), (2560, 2048), (4096, 2160), (1081, 1921))


def test_every_pattern_of_the_list_can_be_drawn_under_its_own_name() -> None:
    assert len(PATTERNS) == 2 + 2 + 36 + 4 + 2 + 18 + 1 + 3 + 3
    for name, pattern in PATTERNS.items():
        assert name == pattern.name
        assert find_pattern(name.lower()) is pattern
        assert pattern.text
        assert pattern.purpose_text.endswith(".")
    assert set(ONE_OF_EACH) <= set(PATTERNS)


def test_fields_that_are_searched_for_faulty_pixels_are_of_true_greys() -> None:
    for name in ("TG18-UN10", "TG18-UN80", "DIN-6868-157-BRIGHT", "DIN-6868-157-DARK", "GEOMETRY", "UNIFORMITY-9"):
        assert PATTERNS[name].needs_true_greys, name
    assert not PATTERNS["TG18-LN8-07"].needs_true_greys  # a response is measured of what images show


@pytest.mark.parametrize("name", ONE_OF_EACH)
@pytest.mark.parametrize("size", SIZES)
def test_a_pattern_has_the_size_and_type_asked_for(name: str, size: tuple[int, int]) -> None:
    picture = draw_pattern(name, size)
    assert picture.shape == (size[1], size[0])
    assert picture.dtype == np.uint8


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_sixteen_bits_are_the_same_levels_times_257_or_finer(name: str) -> None:
    flat, deep = draw_pattern(name).astype(int), draw_pattern(name, bits=16)
    assert deep.shape == (1024, 1024)
    assert deep.dtype == np.uint16
    assert np.abs(deep.astype(int) - flat * 257).max() <= 129
    if name in {"TG18-LN8-07", "TG18-UN10", "TG18-UNL80", "TG18-CT", "TG18-AD", "GEOMETRY", "TG270-ULN8-135"}:
        assert (deep == flat * 257).all()


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_a_pattern_is_drawn_the_same_every_time(name: str) -> None:
    assert (draw_pattern(name, (1366, 768)) == draw_pattern(name, (1366, 768))).all()


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_a_picture_too_small_or_too_large_is_refused_in_words(name: str) -> None:
    least = PATTERNS[name].smallest_side
    assert draw_pattern(name, (least, least + 1)).shape == (least + 1, least)
    with pytest.raises(DisplayError, match=r"at least|at most"):
        draw_pattern(name, (2000, least - 1))
    with pytest.raises(DisplayError, match="at most"):
        draw_pattern(name, (16385, 1000))


@pytest.mark.parametrize(
    ("wrong", "near"), [("TG18-QD", "TG18-QC"), ("tg18ln8-07", "TG18-LN8-07"), ("smpte-133", "SMPTE-RP133")]
)
def test_an_unknown_name_is_answered_with_near_ones(wrong: str, near: str) -> None:
    with pytest.raises(DisplayError) as caught:
        draw_pattern(wrong)
    assert caught.value.subject == wrong
    assert near in caught.value.advice


def test_a_name_like_no_other_is_answered_without_advice() -> None:
    with pytest.raises(DisplayError) as caught:
        find_pattern("?")
    assert caught.value.advice == ""


def test_other_depths_are_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="8 or 16"):
        draw_pattern("TG18-QC", bits=12)


@pytest.mark.parametrize(
    ("family", "member"),
    [("smpte", "SMPTE-RP133"), ("TG18-UN", "TG18-UN80"), ("TG18-UNL", "TG18-UNL80"), ("DIN 6868-157", "DIN-6868-157")],
)
def test_a_familys_name_stands_for_one_of_its_members(family: str, member: str) -> None:
    assert find_pattern(family).name == member


def test_every_family_has_the_member_it_stands_for() -> None:
    assert set(FAMILIES.values()) <= set(PATTERNS)
    assert not set(FAMILIES) & set(PATTERNS)
