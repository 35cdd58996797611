"""P-values: 16 bits, inverted exactly once."""

import numpy as np
import pytest

from viewer.imaging.lookup_table import LookupTable
from viewer.imaging.presentation_lut import Presentation, apply_presentation, image_presentation


def test_a_straight_line_spans_all_16_bits() -> None:
    found = apply_presentation(np.array([0.0, 0.5, 1.0]), Presentation())
    assert found.dtype == np.uint16
    assert found.tolist() == [0, 32768, 65535]


@pytest.mark.parametrize(
    ("photometric", "shape", "is_inverse", "warns"),
    [
        ("MONOCHROME2", "IDENTITY", False, False),
        ("MONOCHROME1", "INVERSE", True, False),
        ("MONOCHROME1", "", True, False),
        ("MONOCHROME1", "IDENTITY", True, True),
        ("MONOCHROME2", "INVERSE", False, True),
    ],
)
def test_polarity_is_said_twice_and_done_once(photometric: str, shape: str, is_inverse: bool, warns: bool) -> None:
    presentation, warning = image_presentation(photometric, shape)
    assert presentation.is_inverse is is_inverse
    assert bool(warning) is warns


def test_the_readers_inversion_is_one_more() -> None:
    values = np.array([0.0, 0.25, 1.0])
    twice = apply_presentation(values, Presentation(is_inverse=True), is_inverted=True)
    assert twice.tolist() == apply_presentation(values, Presentation()).tolist()
    once = apply_presentation(values, Presentation(is_inverse=True))
    assert once.tolist() == [65535, 65535 - 16384, 0]


def test_a_table_spreads_its_entries_over_the_input() -> None:
    table = LookupTable(0, np.array([0, 10, 255]), 8)
    assert apply_presentation(np.array([0.0, 0.5, 1.0]), Presentation(table=table)).tolist() == [0, 2570, 65535]
