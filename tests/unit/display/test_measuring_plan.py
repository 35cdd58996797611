"""Plans of a measurement: which levels, and what was read."""

import pytest

from viewer.base.errors import DisplayError
from viewer.display.calibration_record import Reading
from viewer.display.measuring_plan import Measurement, luminance_of, measured_levels, verified_p_values


def test_plans_are_evenly_spaced_as_tg18_has_them() -> None:
    assert measured_levels(18) == tuple(range(0, 256, 15))
    assert measured_levels(52) == tuple(range(0, 256, 5))
    assert measured_levels(256) == tuple(range(256))
    with pytest.raises(DisplayError):
        measured_levels(3)
    assert [round(255 * p) for p in verified_p_values()] == list(range(0, 256, 15))


def test_readings_are_kept_in_order_and_replaced() -> None:
    measurement = Measurement().with_reading(15, 0.5).with_reading(0, 0.3).with_reading(15, 0.6, (0.31, 0.33))
    assert measurement.taken == (Reading(0, 0.3), Reading(15, 0.6, (0.31, 0.33)))
    assert measurement.first_missing == 2
    assert not measurement.is_complete
    assert measurement.without(0).first_missing == 0


def test_a_finer_plan_keeps_what_was_read() -> None:
    coarse = Measurement()
    for level in coarse.levels:
        coarse = coarse.with_reading(level, float(level))
    assert coarse.is_complete
    assert coarse.first_missing == 0
    fine = coarse.at_levels(52)
    assert len(fine.taken) == 18
    assert fine.at_levels(18) == coarse


@pytest.mark.parametrize(("text", "value"), [("0,25", 0.25), (" 350.5 ", 350.5), ("1e2", 100.0), ("0", 0.0)])
def test_luminances_are_typed_with_dot_or_comma(text: str, value: float) -> None:
    assert luminance_of(text) == value


@pytest.mark.parametrize("text", ["", "bright", "-1", "nan", "inf", "1.2.3", "1e9"])
def test_what_is_no_luminance_is_refused(text: str) -> None:
    with pytest.raises(DisplayError):
        luminance_of(text)


def test_a_column_of_luminances_alone_fills_the_plan() -> None:
    column = "\n".join(f"{0.3 + level:.2f}" for level in range(18))
    filled = Measurement().with_column(f"\n{column}\n\n")
    assert filled is not None
    assert [reading.driving_level for reading in filled.taken] == list(range(0, 256, 15))
    assert filled.readings[255].luminance_cd_m2 == 17.3


@pytest.mark.parametrize("text", ["1\n2\n3", "\n".join(f"{level},{level}" for level in range(18)), "level\n" * 18])
def test_anything_else_is_no_column(text: str) -> None:
    assert Measurement().with_column(text) is None
