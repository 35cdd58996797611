"""Colour tables are read-only and complete."""

import pytest

from viewer.imaging.pseudo_color import PALETTE_IDS, palette


@pytest.mark.parametrize("palette_id", PALETTE_IDS)
def test_a_palette_has_256_colours_that_cannot_be_changed(palette_id: str) -> None:
    table = palette(palette_id)
    assert table.shape == (256, 3)
    with pytest.raises(ValueError, match="read-only"):
        table[0, 0] = 1
    assert palette(palette_id) is table


def test_hot_iron_by_its_rule() -> None:
    red, green, blue = palette("hot-iron").T.astype(int)
    assert [red[i] for i in (0, 1, 127, 128, 255)] == [0, 2, 254, 255, 255]
    assert [green[i] for i in (0, 128, 129, 254, 255)] == [0, 0, 2, 252, 255]
    assert [blue[i] for i in (0, 191, 192, 254, 255)] == [0, 0, 4, 252, 255]
