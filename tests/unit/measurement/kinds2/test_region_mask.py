"""Regions of single pixels: run lengths there and back, sums and differences, outlines that enclose just them."""

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray

from viewer.base.errors import RefusedError
from viewer.measurement.annotation import Annotation, ImageAnchor
from viewer.measurement.region_mask import (
    MASK,
    NO_PIXELS,
    is_coarse,
    mask_from_text,
    mask_of,
    outlines,
    trimmed,
    with_mask,
)

ANCHOR = ImageAnchor("1.2", "1.2.3", "1.2.840.10008.5.1.4.1.1.2", "1.2.3.4")


def random_pixels(seed: int, rows: int = 23, columns: int = 31, share: float = 0.5) -> NDArray[np.bool_]:
    return np.random.default_rng(seed).random((rows, columns)) < share


def enclosed(lines: tuple[tuple[tuple[float, float], ...], ...], rows: int, columns: int) -> NDArray[np.bool_]:
    """Even-odd by PIL-free counting of vertical edges to the left of every pixel's centre."""
    crossings = np.zeros((rows, columns + 1), np.int64)
    for line in lines:
        for (x, y), (u, v) in itertools.pairwise(line):
            if x == u:
                crossings[int(min(y, v)) : int(max(y, v)), int(x)] += 1
    odd: NDArray[np.bool_] = np.cumsum(crossings, axis=1)[:, :-1] % 2 == 1
    return odd


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("share", [0.05, 0.5, 0.95])
def test_run_lengths_come_back_as_the_same_pixels(seed: int, share: float) -> None:
    pixels = random_pixels(seed, share=share)
    mask = trimmed(pixels)
    again = mask_from_text(mask.text, mask.column, mask.row)
    assert np.array_equal(again.over(*pixels.shape), pixels)
    assert again.count == pixels.sum()


def test_run_lengths_count_row_by_row_outside_first() -> None:
    assert trimmed(np.array([[1, 1, 0], [0, 1, 1]], np.bool_)).text == "3 2 0 2 2 2"
    assert trimmed(np.array([[0, 1], [1, 1]], np.bool_), 7, 9).text == "2 2 1 3"
    assert NO_PIXELS.text == "0 0"


@pytest.mark.parametrize(
    "text", ["", "x", "2", "2 2", "2 2 5", "2 2 -1 5", "-2 -2 4", "2 2 1 2", "100000 100000 10000000000"]
)
def test_damaged_run_lengths_are_refused(text: str) -> None:
    with pytest.raises(RefusedError):
        mask_from_text(text)


@pytest.mark.parametrize("seed", range(8))
def test_union_and_difference_are_those_of_sets(seed: int) -> None:
    first, second = random_pixels(seed, share=0.2), random_pixels(seed + 100, share=0.2)
    one, other = trimmed(first), trimmed(second)
    assert np.array_equal(one.united(other).over(23, 31), first | second)
    assert np.array_equal(one.without(other).over(23, 31), first & ~second)
    assert one.without(one).count == 0
    assert one.united(NO_PIXELS) is one
    assert NO_PIXELS.united(one) is one


def test_a_mask_that_hangs_over_the_edge_is_cut_there() -> None:
    mask = trimmed(np.ones((4, 4), np.bool_), -2, 8)
    assert mask.over(10, 10).sum() == 2 * 2
    assert mask.over(3, 3).sum() == 0


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_outlines_enclose_just_the_pixels(seed: int, share: float) -> None:
    pixels = random_pixels(seed, share=share)
    lines = outlines(trimmed(pixels))
    assert all(line[0] == line[-1] for line in lines)
    assert np.array_equal(enclosed(lines, *pixels.shape), pixels)
    turns = [(b[0] - a[0], b[1] - a[1]) for line in lines for a, b in itertools.pairwise(line)]
    assert all((dx == 0) != (dy == 0) for dx, dy in turns)


def test_outlines_turn_at_every_point_and_go_round_single_pixels() -> None:
    assert outlines(trimmed(np.ones((2, 3), np.bool_), 4, 5)) == (((4, 5), (7, 5), (7, 7), (4, 7), (4, 5)),)
    touching = outlines(trimmed(np.eye(2, dtype=np.bool_)))
    assert sorted(len(line) for line in touching) == [5, 5]
    ring = np.ones((3, 3), np.bool_)
    ring[1, 1] = False
    assert len(outlines(trimmed(ring))) == 2
    assert outlines(NO_PIXELS) == ()


def test_an_annotation_carries_its_pixels_wherever_its_point_goes() -> None:
    pixels = random_pixels(5)
    marked = with_mask(Annotation("1", "brush", ANCHOR, (), parameters=(("a", 1.0), ("z", "x"))), trimmed(pixels))
    assert np.array_equal(mask_of(marked).over(23, 31), pixels)
    assert [name for name, _ in marked.parameters] == ["a", MASK, "z"]
    moved = Annotation(
        "1", "brush", ANCHOR, ((marked.points[0][0] + 2.4, marked.points[0][1] - 0.4),), "", marked.parameters
    )
    assert (mask_of(moved).column, mask_of(moved).row) == (2, 0)
    assert mask_of(with_mask(marked, NO_PIXELS)) is NO_PIXELS


def test_very_ragged_regions_are_gone_round_by_squares_that_hold_them() -> None:
    pixels = random_pixels(3, 401, 403)
    mask = trimmed(pixels, 5, 7)
    assert is_coarse(mask)
    assert not is_coarse(trimmed(np.ones((401, 403), np.bool_)))
    lines = outlines(mask)
    around = enclosed(lines, 420, 420)
    assert not (mask.over(420, 420) & ~around).any()
    assert all(0 <= x - 5 <= 403 and 0 <= y - 7 <= 401 for line in lines for x, y in line)
    assert mask_from_text(mask.text, 5, 7).count == pixels.sum()
