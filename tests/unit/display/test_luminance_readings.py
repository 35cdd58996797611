"""Tables of luminance readings: every spelling that is meant is understood, every wrong one refused with its line."""

import contextlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.display.curves import csv, gamma_curve, oled_curve
from viewer.base.errors import DisplayError
from viewer.display.calibration_record import Reading
from viewer.display.luminance_readings import Readings, checked_readings, parse_readings, reversed_steps

CURVE = gamma_curve(2.2)
LEVELS = tuple(range(0, 256, 15))
EXPECTED = tuple((level, float(f"{CURVE[level]:.9g}")) for level in LEVELS)


def plain(found: Readings) -> tuple[tuple[int, float], ...]:
    return tuple((reading.driving_level, reading.luminance_cd_m2) for reading in found.readings)


def table(separator: str = ",", heading: str = "ddl,luminance", decimal: str = ".") -> str:
    rows = [f"{level}{separator}{value:.9g}".replace(".", decimal) for level, value in EXPECTED]
    return "\n".join([heading, *rows, ""])


@pytest.mark.parametrize(
    "text",
    [
        table(),
        table(heading=""),
        table(heading="\ufeffDDL,Luminance (cd/m²)"),
        "\ufeff" + table(heading=""),
        table(";", "ddl;cd/m2", ","),
        table(";", "ddl;cd/m2"),
        table("\t", "level\tL", ","),
        table(" ", "level luminance"),
        table(" , ", '"DDL", "Luminance"'),
        "# measured at night\n\n" + table() + "# the end\n",
        table().replace("\n", "  # read twice\n", 3),
        table().replace("\n", "\r\n"),
        table().replace("\n", ",\n"),
        "\n".join([*reversed(table(heading="").splitlines())]),
        table() + "15,0.5\n".replace("0.5", f"{EXPECTED[1][1]:.9g}"),
    ],
)
def test_every_way_to_write_the_same_table(text: str) -> None:
    found = parse_readings(text)
    assert plain(found) == EXPECTED
    assert found.notes == ()
    assert found.levels == 256


def test_the_surface_is_told_by_the_highest_level() -> None:
    assert parse_readings(csv(CURVE, 52)).levels == 256
    assert parse_readings(csv(gamma_curve(2.2, count=1024), 52)).levels == 1024
    assert len(parse_readings(csv(CURVE, 256)).readings) == 256


def test_chromaticity_is_kept() -> None:
    text = "\n".join(f"{level},{value:.9g},0.3127,0.329" for level, value in EXPECTED)
    assert {reading.chromaticity for reading in parse_readings(text).readings} == {(0.3127, 0.329)}


def with_line(number: int, line: str) -> str:
    lines = table().splitlines()
    lines[number - 1] = line
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (with_line(5, "45,abc"), "Line 5: 'abc'"),
        (with_line(5, "abc,45"), "Line 5: 'abc'"),
        (with_line(5, "forty five"), "Line 5"),
        (with_line(5, "45,-0.5"), "Line 5"),
        (with_line(5, "-45,0.5"), "Line 5"),
        (with_line(5, "45,nan"), "Line 5"),
        (with_line(5, "45,inf"), "Line 5"),
        (with_line(5, "45,100001"), "Line 5"),
        (with_line(5, "45,1_0"), "Line 5"),
        (with_line(5, "45.5,3"), "Line 5"),
        (with_line(5, "1024,3"), "Line 5"),
        (with_line(5, "45"), "Line 5: it has 1 field"),
        (with_line(5, "45,1,2"), "Line 5: it has 3 fields"),
        (with_line(5, "45,1,2,3"), "Line 5"),
        (with_line(5, "30,99"), "Line 5: driving level 30 stands in line 4"),
        (with_line(18, "240,200"), "Line 18: the luminance falls"),
        ("luminance,ddl\n" + "\n".join(f"{value:.9g},{level}" for level, value in EXPECTED), "Line 1"),
        ("\n".join(f"{value:.9g},{level}" for level, value in EXPECTED), "Line 1"),
        ("\n".join(f"{255 - level},{value:.9g}" for level, value in EXPECTED), "Line 17: the luminance falls"),
        ("\n".join(f"{level},7" for level in LEVELS), "same"),
        ("", "no reading"),
        ("0,0.5\n128,80\n255,350", "Line 3: here ends the table after 3 readings; at least 18"),
        ("\n".join(f"{level},{level + 1}" for level in range(0, 255, 14)), "white"),
        ("\n".join(f"{level},{level + 1}" for level in range(0, 256 * 2, 15)), "white"),
        ("\n".join(f"{level},{level + 1}" for level in range(15, 256, 5)), "Line 1: the lowest"),
        ("The quick brown fox\njumps, over, the, lazy dog\n", "Line 2"),
        ("\0\1\2", "Line 1: "),
    ],
)
def test_a_wrong_table_is_refused_with_its_line(text: str, words: str) -> None:
    with pytest.raises(DisplayError) as told:
        parse_readings(text, "readings.csv")
    assert words in str(told.value)
    assert told.value.subject == "readings.csv"


def test_rows_typed_in_are_held_to_the_same() -> None:
    rows = [Reading(level, value) for level, value in EXPECTED]
    assert plain(checked_readings(list(reversed(rows)))) == EXPECTED
    for wrong in (Reading(15, -1.0), Reading(15, float("nan")), Reading(2000, 1.0), Reading(15, 17.0)):
        with pytest.raises(DisplayError, match="Line 19"):
            checked_readings([*rows, wrong])


def test_small_reversed_steps_are_told() -> None:
    noisy = CURVE.copy()
    noisy[[40, 41, 200]] -= (1.0, 0.5, 6.5)
    found = parse_readings(csv(noisy, 256))
    (note,) = found.notes
    count, worst = reversed_steps(found.readings)
    falls = np.maximum.accumulate(noisy) - noisy
    assert count == int((falls > 0).sum())
    assert worst == pytest.approx(falls.max(), rel=1e-6)
    assert str(count) in note
    assert [reading.luminance_cd_m2 for reading in found.readings] == pytest.approx(noisy)


def test_a_step_back_of_more_than_five_percent_is_no_noise() -> None:
    for part, is_noise in ((0.049, True), (0.051, False)):
        dented = gamma_curve(1.0)
        dented[200] = dented[199] - part * (dented[-1] - dented[0])
        if is_noise:
            assert parse_readings(csv(dented, 256)).notes
        else:
            with pytest.raises(DisplayError, match="Line 202: the luminance falls"):
                parse_readings(csv(dented, 256))


def test_black_may_give_no_light() -> None:
    assert parse_readings(csv(oled_curve(), 52)).readings[0].luminance_cd_m2 == 0.0


@given(st.text(alphabet=st.sampled_from("0123456789.,;\t\n #-+eE\"'ddl\ufeff\x00\u0663nai"), max_size=400))
def test_any_text_is_readings_or_refused(text: str) -> None:
    with contextlib.suppress(DisplayError):
        found = parse_readings(text)
        assert len(found.readings) >= 18
