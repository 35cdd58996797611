"""The words of constancy tests: what a value is of, how it is written, and what it may be."""

from collections.abc import Iterator

from viewer.base.translation import N_, _
from viewer.display.calibration_record import DisplayClass
from viewer.display.conformance import TITLES, Limit, Limits, limits_of
from viewer.display.constancy_test import Question
from viewer.display.constancy_tests import TESTS
from viewer.display.monitor_record import Answer, TestResult
from viewer.imaging.display_calibration import CalibrationMode

_OWN_TITLES = {
    "ambient": N_("Ambient luminance (cd/m²)"),
    "white.x": N_("White, x"),
    "white.y": N_("White, y"),
}
_CLASSES = {
    DisplayClass.DIAGNOSTIC: N_("Diagnosis"),
    DisplayClass.MAMMOGRAPHY: N_("Mammography"),
    DisplayClass.OTHER: N_("Other reading"),
}
_MODES = {
    CalibrationMode.NATIVE_GSDF: N_("Response by the monitor itself (GSDF)"),
    CalibrationMode.MEASURED: N_("Response measured"),
    CalibrationMode.VISUAL_ESTIMATE: N_("Response matched by eye"),
    CalibrationMode.SRGB_ESTIMATE: N_("Response not measured: sRGB assumed"),
}
_FRACTIONS = frozenset({"kappa", "uniformity"})
_DIGITS = {"luminance_ratio": 0, "ambient_ratio": 2, "white_point": 4, "pixel_pitch": 3, "white.x": 4, "white.y": 4}
_QUESTIONS = {question.id: question for test in TESTS.values() for question in test.questions}
PASSED, FAILED = N_("passed"), N_("failed")


def class_text(display_class: DisplayClass) -> str:
    """Return what a class of monitors is used for, translated."""
    return _(_CLASSES[display_class])


def mode_text(mode: CalibrationMode) -> str:
    """Return how a monitor's response is known, translated."""
    return _(_MODES[mode])


def title_of_test(test_id: str) -> str:
    """Return a test's title, translated; its id for a test that this program does not know."""
    test = TESTS.get(test_id)
    return _(test.title) if test is not None else test_id


def subject_title(subject: str) -> str:
    """Return what an answer is about, translated."""
    question = _QUESTIONS.get(subject)
    if question is not None:
        return _(question.text)
    if subject in _OWN_TITLES:
        return _(_OWN_TITLES[subject])
    name, level = _split(subject)
    title = _(TITLES[name]) if name in TITLES else subject
    return f"{title}, {level} %" if level else title


def value_text(answer: Answer) -> str:
    """Return what was answered or found, translated."""
    question = _QUESTIONS.get(answer.subject)
    if answer.value is None:
        return _("yes") if answer.passes else _("no")
    if question is not None:
        return _("{0} of {1}").format(f"{answer.value:g}", question.highest)
    return number_text(answer.subject, answer.value)


def limit_text(subject: str, display_class: DisplayClass) -> str:
    """Return what a value may be and who says so, translated; empty where it has no limit."""
    question = _QUESTIONS.get(subject)
    if question is not None:
        return _question_limit(question)
    limit = limit_of(subject, limits_of(display_class))
    if limit is None:
        return ""
    text = _limit(subject, limit)
    return f"{text} ({limit.source})" if limit.source and text else text


def limit_of(subject: str, limits: Limits) -> Limit | None:
    """Return the limit of a quantity; None where it has none."""
    name, _level = _split(subject)
    return getattr(limits, name) if name in TITLES else None


def verdict_text(passes: bool | None) -> str:
    """Return whether something passed, in a word, translated; empty where that is no question."""
    return "" if passes is None else _(PASSED) if passes else _(FAILED)


def verdict_of(result: TestResult) -> bool | None:
    """Return whether a test passed; None where nothing in it could pass or fail (the first white of several)."""
    return result.passes if any(answer.passes is not None for answer in result.answers) else None


def main_values(result: TestResult) -> Iterator[str]:
    """Yield what a row of a table tells of a result: the quantities found, else how many questions passed."""
    quantities = [each for each in result.answers if each.value is not None and each.subject not in _QUESTIONS]
    for answer in quantities:
        yield f"{_short(answer.subject)} {number_text(answer.subject, answer.value or 0.0)}"
    if not quantities and result.answers:
        passed = sum(answer.passes is not False for answer in result.answers)
        yield _("{0} of {1} passed").format(passed, len(result.answers))


_SHORT = {
    "kappa": "κ",
    "luminance_ratio": "L'max/L'min",
    "ambient_ratio": N_("ambient/black"),
    "ambient": N_("ambient"),
    "l_max": "L'max",
    "l_min": "L'min",
    "white_point": "Δ(u',v')",
    "white.x": "x",
    "white.y": "y",
}


def _short(subject: str) -> str:
    name, level = _split(subject)
    short = _SHORT.get(subject) or _SHORT.get(name)
    return _(short) if short is not None else f"{level} %:"


def _split(subject: str) -> tuple[str, str]:
    name, _dot, level = subject.partition(".")
    return name, level if level.isdecimal() else ""


def number_text(subject: str, value: float) -> str:
    """Return the number of a quantity as it is written: fractions in per cent, luminances in four digits."""
    name, _level = _split(subject)
    if name in _FRACTIONS:
        return f"{100 * value:.1f} %"
    digits = _DIGITS.get(subject, _DIGITS.get(name))
    return f"{value:.{digits}f}" if digits is not None else f"{value:.4g}"


def _limit(subject: str, limit: Limit) -> str:
    least = number_text(subject, limit.least) if limit.least is not None else ""
    most = number_text(subject, limit.most) if limit.most is not None else ""
    if least and most:
        return f"{least}–{most}"
    return f"≥ {least}" if least else f"≤ {most}" if most else ""


def _question_limit(question: Question) -> str:
    return f"≥ {question.lowest}" if question.lowest is not None else ""
