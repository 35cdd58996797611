"""Columns of what the commands print."""

import pytest

from viewer.cli.output import padded


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("Mode", "Mode    "),
        ("방식", "방식    "),
        ("κ", "κ       "),
        ("JND 지수", "JND 지수"),
        ("longer than it", "longer than it"),
    ],
)
def test_hangul_takes_two_cells(text: str, filled: str) -> None:
    assert padded(text, 8) == filled
