"""Numbers that follow one another are joined."""

import pytest

from viewer.base.number_ranges import ranges_text


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        ([], ""),
        ([5], "5"),
        ([1, 2], "1-2"),
        ([3, 7, 8, 9], "3, 7-9"),
        ([-2, -1, 0, 4], "-2-0, 4"),
        ([1, 3, 5], "1, 3, 5"),
        ([1, 3, 5, 7, 8], "1, 3, 5, …"),
    ],
)
def test_ranges(numbers: list[int], text: str) -> None:
    assert ranges_text(numbers, 3, "-") == text
