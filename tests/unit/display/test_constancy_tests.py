"""Constancy tests: their data, and results against numbers worked out by hand and by the Standard's formulas."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from viewer.base.errors import DisplayError
from viewer.display.ambient_light import with_ambient
from viewer.display.calibration_record import AmbientSource, CalibrationRecord, DisplayClass, Method
from viewer.display.constancy_judgement import Given, black_without_ambient, judge, white_of
from viewer.display.constancy_test import ConstancyTest
from viewer.display.constancy_tests import (
    AMBIENT,
    DAILY,
    DARK_ROOM,
    RATIO,
    RESPONSE,
    TESTS,
    UNIFORMITY,
    VISUAL,
    WHITE_POINT,
)
from viewer.display.monitor import MonitorIdentity
from viewer.display.monitor_record import MonitorRecord, TestResult
from viewer.display.patterns import PATTERNS, draw_pattern
from viewer.imaging.display_calibration import CalibrationMode, DisplayCalibration

DAY = date(2026, 3, 2)
# PS3.14: what `dcmdspfn +Il 0.5 349.5 +Ca 0.5 +Cd 18 +Og f` prints for black 1.0 and white 350 cd/m² with ambient.
TARGETS = (
    *(1.0000, 2.0624, 3.6645, 5.9437, 9.0693, 13.2515, 18.7518, 25.895, 35.084, 46.820, 61.726, 80.573, 104.322),
    *(134.165, 171.582, 218.415, 276.957, 350.06),
)
COLOUR_D65 = (0.3127, 0.3290)


def _record(display_class: DisplayClass = DisplayClass.DIAGNOSTIC, ambient: float = 0.5) -> MonitorRecord:
    curve = tuple(np.geomspace(0.5, 349.5, 256))
    calibration = DisplayCalibration(CalibrationMode.MEASURED, curve, ambient)
    return MonitorRecord(
        MonitorIdentity("EIZO", "GX560", "1"),
        CalibrationRecord(calibration, display_class, Method.CONTACT, date(2026, 1, 1)),
    )


def _read(test: ConstancyTest, *values: float, is_contact: bool = True) -> Given:
    ids = [measurement.id for measurement in test.measurements]
    return Given(readings=dict(zip(ids, values, strict=True)), is_contact=is_contact)


def _says(test: ConstancyTest, **changed: bool | int) -> Given:
    answers: dict[str, bool | int] = {
        question.id: question.highest if question.is_number else True for question in test.questions
    }
    return Given({**answers, **{name.replace("__", "."): value for name, value in changed.items()}})


def test_ids_are_told_apart() -> None:
    for name, test in TESTS.items():
        assert name == test.id
        ids = [step.id for step in test.steps]
        assert len(set(ids)) == len(ids) > 0
    assert len(RESPONSE.measurements) == 18
    assert len(UNIFORMITY.measurements) == 10


@pytest.mark.parametrize("name", sorted({name for test in TESTS.values() for name in test.patterns}))
def test_every_pattern_is_there_and_fills_a_screen(name: str) -> None:
    assert name in PATTERNS
    assert draw_pattern(name, (1280, 800), 16).shape == (800, 1280)


def test_targets_of_the_standard_have_almost_no_kappa() -> None:
    result = judge(RESPONSE, _read(RESPONSE, *(value - 0.5 for value in TARGETS)), _record(), DAY)
    kappa = result.value("kappa")
    assert kappa is not None
    assert kappa < 0.002
    assert result.luminances_cd_m2 == pytest.approx(TARGETS)
    assert result.value("l_max") == pytest.approx(350.06)
    assert result.passes


def test_kappa_is_that_of_the_formula_for_a_wrong_level() -> None:
    wrong = np.array(TARGETS)
    wrong[9] *= 1.03
    # TG18: contrast for a JND of each step against the GSDF's, worked out beside the program.
    found = np.diff(wrong) / (wrong[1:] + wrong[:-1])
    wanted = np.diff(TARGETS) / (np.array(TARGETS)[1:] + np.array(TARGETS)[:-1])
    truth = np.max(np.abs(found / wanted - 1))
    result = judge(RESPONSE, _read(RESPONSE, *wrong, is_contact=False), _record(), DAY)
    assert result.value("kappa") == pytest.approx(truth, abs=0.002)
    assert truth > 0.10
    assert not result.passes


def test_ten_per_cent_for_diagnosis_and_twenty_elsewhere() -> None:
    slightly = np.array(TARGETS)
    slightly[9] *= 1.04  # about 14 %
    given = _read(RESPONSE, *slightly, is_contact=False)
    verdicts = {
        kind: next(answer.passes for answer in judge(RESPONSE, given, _record(kind), DAY).answers)
        for kind in DisplayClass
    }
    assert verdicts == {DisplayClass.DIAGNOSTIC: False, DisplayClass.MAMMOGRAPHY: False, DisplayClass.OTHER: True}


def test_a_contact_meter_does_not_see_the_room() -> None:
    contact = judge(RATIO, _read(RATIO, 0.5, 349.5), _record(), DAY)
    telescopic = judge(RATIO, _read(RATIO, 1.0, 350.0, is_contact=False), _record(), DAY)
    assert contact.value("luminance_ratio") == pytest.approx(350.0)
    assert contact.answers == telescopic.answers
    assert contact.luminances_cd_m2 == (1.0, 350.0)


def test_a_dim_lamp_fails() -> None:
    result = judge(RATIO, _read(RATIO, 0.6, 250.0), _record(), DAY)
    failed = {answer.subject for answer in result.answers if answer.passes is False}
    assert failed == {"l_max", "luminance_ratio"}  # 250.5 < 350; 250.5 / 1.1 < 250


def test_ambient_light_is_held_against_black() -> None:
    good = judge(AMBIENT, _read(AMBIENT, 0.12), _record(), DAY)
    bad = judge(AMBIENT, _read(AMBIENT, 0.13), _record(), DAY)
    assert good.value("ambient_ratio") == pytest.approx(0.24)
    assert (good.passes, bad.passes) == (True, False)
    measured = replace(_record(), tests=(TestResult("ratio", DAY, (), (1.5, 350.0)),))
    assert black_without_ambient(measured) == pytest.approx(1.0)
    assert judge(AMBIENT, _read(AMBIENT, 0.13), measured, DAY).passes


def test_black_is_known_without_the_light_that_was_there_when_it_was_measured() -> None:
    """Black of 1.0 read under 0.5; then the room gets 2.0 brighter, and that light is measured twice."""
    dim = _record()
    tested = replace(dim, tests=(judge(RATIO, _read(RATIO, 1.0, 350.0), dim, DAY),))
    lit = with_ambient(tested, 2.0, AmbientSource.LUMINANCE)
    assert black_without_ambient(lit) == pytest.approx(1.0)
    assert judge(AMBIENT, _read(AMBIENT, 2.0), lit, DAY).value("ambient_ratio") == pytest.approx(2.0)


def test_uniformity_is_between_greatest_and_least() -> None:
    result = judge(UNIFORMITY, _read(UNIFORMITY, *(10, 10, 10, 10, 10), *(200, 190, 180, 170, 145)), _record(), DAY)
    assert result.value("uniformity.10") == 0.0
    assert result.value("uniformity.80") == pytest.approx(2 * 55 / 345)
    assert not result.passes
    assert result.luminances_cd_m2[0] == 10.5


def test_white_is_compared_with_the_other_monitors() -> None:
    first = judge(WHITE_POINT, _read(WHITE_POINT, *COLOUR_D65), _record(), DAY)
    assert first.value("white_point") is None
    assert first.passes
    other = replace(_record(), tests=(first,))
    assert white_of(other) == COLOUR_D65
    # CIE 15: D65 has u' 0.1978, v' 0.4683; D50 (0.3457, 0.3585) has u' 0.2092, v' 0.4881.
    second = judge(WHITE_POINT, _read(WHITE_POINT, 0.3457, 0.3585), _record(), DAY, others=(other, _record()))
    assert second.value("white_point") == pytest.approx(np.hypot(0.2092 - 0.1978, 0.4881 - 0.4683), abs=1e-4)
    assert not second.passes
    assert judge(WHITE_POINT, _read(WHITE_POINT, 0.3150, 0.3300), _record(), DAY, others=(other,)).passes


def test_letters_and_greys_are_counted() -> None:
    assert judge(VISUAL, _says(VISUAL, qc__letters_dark=11), _record(), DAY).passes
    assert not judge(VISUAL, _says(VISUAL, qc__letters_dark=10), _record(), DAY).passes
    assert not judge(VISUAL, _says(VISUAL, qc__steps=15), _record(), DAY).passes
    assert not judge(DAILY, _says(DAILY, sqc__artefacts=False), _record(), DAY).passes
    assert not judge(DARK_ROOM, _says(DARK_ROOM, ct__half_moons=17), _record(), DAY).passes


def test_half_a_test_has_no_result() -> None:
    with pytest.raises(DisplayError, match="2 answers"):
        judge(DAILY, Given({"sqc.steps": True}), _record(), DAY)


@pytest.mark.parametrize("values", [(-1.0, 350.0), (float("nan"), 350.0), (350.0, 1.0), (5.0, 5.0)])
def test_impossible_readings_are_refused(values: tuple[float, float]) -> None:
    with pytest.raises(DisplayError):
        judge(RATIO, _read(RATIO, *values), _record(), DAY)


def test_a_colour_that_cannot_be_is_refused() -> None:
    with pytest.raises(DisplayError):
        judge(WHITE_POINT, _read(WHITE_POINT, 0.3, 0.0), _record(), DAY)
