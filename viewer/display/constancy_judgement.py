"""What the answers and readings of a constancy test amount to: numbers held against the limits of the class."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from viewer.base.errors import DisplayError
from viewer.base.translation import _
from viewer.display.ambient_light import can_follow
from viewer.display.calibration_record import AmbientSource, CalibrationRecord, DisplayClass, Method
from viewer.display.conformance import (
    Check,
    Limits,
    ambient_ratio,
    check,
    conformance,
    limits_of,
    luminance_ratio,
    uniformity,
    white_point_match,
)
from viewer.display.constancy_test import ConstancyTest, Question
from viewer.display.constancy_tests import (
    AMBIENT,
    RATIO,
    RESPONSE,
    UNIFORMITY,
    UNIFORMITY_LEVELS,
    WHITE_POINT,
)
from viewer.display.monitor_record import Answer, MonitorRecord, TestResult
from viewer.imaging.display_calibration import CalibrationMode, DisplayCalibration


@dataclass(frozen=True, slots=True)
class Given:
    """What the tester answered and read.

    Attributes:
        answers: By id of the question: True or False, or the number that was counted.
        readings: By id of the measurement, as the meter showed them.
        is_contact: Whether the meter lay on the glass, so that ambient light must be added.
    """

    answers: Mapping[str, bool | int] = field(default_factory=dict)
    readings: Mapping[str, float] = field(default_factory=dict)
    is_contact: bool = True

    def missing(self, test: ConstancyTest) -> tuple[str, ...]:
        """Return the ids of what is still to be answered."""
        given = {*self.answers, *self.readings}
        return tuple(step.id for step in test.steps if step.id not in given)


def is_contact_by_habit(record: MonitorRecord) -> bool:
    """Whether this monitor's meter lies on the glass, as far as its calibration tells."""
    return record.calibrated.method is not Method.TELESCOPIC


def judge(
    test: ConstancyTest,
    given: Given,
    record: MonitorRecord,
    done_on: date,
    remark: str = "",
    others: Iterable[MonitorRecord] = (),
) -> TestResult:
    """Return the result of a test that is wholly answered.

    Args:
        test: Which one.
        given: All its answers and readings.
        record: Of the monitor, for its class and its ambient light.
        done_on: The day.
        remark: Of the tester.
        others: The other monitors of the place, whose white is compared.

    Raises:
        DisplayError: If something is missing, or a reading is impossible.
    """
    if given.missing(test):
        raise DisplayError(_("The test is not finished: {0} answers are missing").format(len(given.missing(test))))
    answers = tuple(_answered(question, given.answers[question.id]) for question in test.questions)
    readings = tuple(given.readings[measurement.id] for measurement in test.measurements)
    if any(not 0 <= reading < float("inf") for reading in readings):
        raise DisplayError(_("A luminance below zero is impossible"))
    ambient = record.calibrated.calibration.ambient_cd_m2
    if test in (RESPONSE, RATIO, UNIFORMITY) and given.is_contact:
        readings = tuple(reading + ambient for reading in readings)
    work_out = _MEASURED.get(test.id)
    if work_out is not None:
        answers += work_out(_Found(readings, record, tuple(others)))
    luminances = () if test is WHITE_POINT else readings
    return TestResult(test.id, done_on, answers, luminances, remark)


def knows_ambient(calibrated: CalibrationRecord) -> bool:
    """Whether somebody measured the light of the room."""
    return calibrated.ambient_source is not AmbientSource.ASSUMED


def black_without_ambient(record: MonitorRecord) -> float:
    """Return the least luminance last measured, without ambient light; else that of the calibration, in cd/m²."""
    calibration = record.calibrated.calibration
    since = record.calibrated.measured_on
    for result in reversed(record.tests):
        is_newer = since is None or result.done_on >= since
        if result.test in {RESPONSE.id, RATIO.id} and result.luminances_cd_m2 and is_newer:
            then = result.value(AMBIENT.id)  # the light may have changed since
            return max(0.0, result.luminances_cd_m2[0] - (calibration.ambient_cd_m2 if then is None else then))
    return float(calibration.curve()[0])


def was_measured(calibration: DisplayCalibration) -> bool:
    """Whether the luminances of black and white were measured; else they are assumed, also where eyes matched greys."""
    if calibration.mode is CalibrationMode.NATIVE_GSDF:
        return bool(calibration.luminances_cd_m2)
    return calibration.mode is CalibrationMode.MEASURED


def checks_of_calibration(calibration: DisplayCalibration, display_class: DisplayClass) -> tuple[Check, ...]:
    """Return what the calibration itself promises, held against the limits; κ is told apart, for it is predicted."""
    limits, curve = limits_of(display_class), calibration.curve()
    ambient = calibration.ambient_cd_m2
    black, white = float(curve[0]) + ambient, float(curve[-1]) + ambient
    return (
        check("l_min", black, limits),
        check("l_max", white, limits),
        luminance_ratio(black, white, limits),
        ambient_ratio(ambient, float(curve[0]), limits),
    )


@dataclass(frozen=True, slots=True)
class _Found:
    """What a measured test is judged from; readings with ambient light where they are luminances of the picture."""

    readings: tuple[float, ...]
    record: MonitorRecord
    others: tuple[MonitorRecord, ...]

    @property
    def limits(self) -> Limits:
        """Of the monitor's class."""
        return limits_of(self.record.calibrated.display_class)


def _answered(question: Question, said: bool | int) -> Answer:
    if question.lowest is None:
        return Answer(question.id, None, bool(said))
    return Answer(question.id, float(said), question.lowest <= said <= question.highest)


def _answer(checked: Check, suffix: str = "") -> Answer:
    return Answer(checked.subject + suffix, checked.value, checked.passes)


def _ratio(found: _Found) -> tuple[Answer, ...]:
    """Judge black and white, and keep the ambient light that is in them."""
    black, white, limits = found.readings[0], found.readings[-1], found.limits
    if white <= black:
        raise DisplayError(_("White must be brighter than black"))
    checks = check("l_min", black, limits), check("l_max", white, limits), luminance_ratio(black, white, limits)
    return (*map(_answer, checks), Answer(AMBIENT.id, found.record.calibrated.calibration.ambient_cd_m2, None))


def _response(found: _Found) -> tuple[Answer, ...]:
    kappa = check("kappa", conformance(found.readings).kappa, found.limits)
    return (_answer(kappa), *_ratio(found))


def _ambient(found: _Found) -> tuple[Answer, ...]:
    ambient = found.readings[0]
    # The reading itself has no limit of its own: it is held against black.
    own = Answer(AMBIENT.id, ambient, None)
    if not can_follow(found.record.calibrated):
        return (own,)  # black without the light of the room is not known
    return (own, _answer(ambient_ratio(ambient, black_without_ambient(found.record), found.limits)))


def _uniformity(found: _Found) -> tuple[Answer, ...]:
    """The picture's own light is compared: ambient light would even it out."""
    ambient = found.record.calibrated.calibration.ambient_cd_m2
    own = [max(0.0, reading - ambient) for reading in found.readings]
    each = len(own) // len(UNIFORMITY_LEVELS)
    return tuple(
        _answer(uniformity(own[at * each : (at + 1) * each], found.limits), f".{level}")
        for at, level in enumerate(UNIFORMITY_LEVELS)
    )


def white_of(record: MonitorRecord) -> tuple[float, float] | None:
    """Return the chromaticity, CIE 1931 x and y, last measured of a monitor's white; None where it never was."""
    result = record.newest(WHITE_POINT.id)
    if result is None:
        return None
    x, y = result.value("white.x"), result.value("white.y")
    return (x, y) if x is not None and y is not None else None


def _white_point(found: _Found) -> tuple[Answer, ...]:
    x, y = found.readings
    own = Answer("white.x", x), Answer("white.y", y)
    whites = [white for other in found.others if (white := white_of(other)) is not None]
    matches = [white_point_match((x, y), white, found.limits) for white in whites]
    if not matches:
        # A colour that cannot be is refused, also while there is nothing to compare it with.
        white_point_match((x, y), (x, y), found.limits)
        return own
    worst = max(matches, key=lambda matched: matched.value)
    return (*own, _answer(worst))


_MEASURED: dict[str, Callable[[_Found], tuple[Answer, ...]]] = {
    RESPONSE.id: _response,
    RATIO.id: _ratio,
    AMBIENT.id: _ambient,
    UNIFORMITY.id: _uniformity,
    WHITE_POINT.id: _white_point,
}
