"""What was seen on test patterns, as DICOM's Visual Evaluation Result (PS3.3 C.32.3.2)."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from viewer.display.constancy_tests import TESTS
from viewer.display.monitor_record import Answer, TestResult

if TYPE_CHECKING:
    from pydicom import Dataset

_CODED_PATTERNS = {
    "TG18-QC": ("109801", "TG18-QC Pattern"),
    "TG18-CT": ("109804", "TG18-CT Pattern"),
    "TG18-AD": ("109845", "TG18-AD Pattern"),
    "TG18-UNL10": ("109843", "TG18-UNL10 Pattern"),
    "TG18-UNL80": ("109844", "TG18-UNL80 Pattern"),
    "SMPTE-RP133": ("109943", "SMPTE Pattern"),
}
"""CID 8301; patterns that are not in it, those of TG270 among them, get a code of this program."""
_OWN_SCHEME = "99NEGATOSCOPE"
_OVERALL = ("109701", "Overall image quality evaluation")
"""CID 8300."""
_LONG = 64


def visual_evaluation(tests: Sequence[TestResult]) -> "list[tuple[Dataset, date]]":
    """Return what was seen on the last day that something was looked at, and the day; nothing where nothing was."""
    from pydicom import Dataset

    seen = [(result.done_on, answers) for result in tests if (answers := _visual_answers(result))]
    if not seen:
        return []
    last_day = max(done_on for done_on, _answers in seen)
    by_pattern: dict[str, list[Answer]] = {}
    for done_on, answers in seen:
        if done_on == last_day:
            for pattern, answer in answers:
                by_pattern.setdefault(pattern, []).append(answer)
    item = Dataset()
    item.VisualEvaluationTestSequence = [_of_pattern(pattern, found) for pattern, found in by_pattern.items()]
    item.VisualEvaluationMethodCodeSequence = [_code(*_OVERALL, "DCM")]
    return [(item, last_day)]


def _visual_answers(result: TestResult) -> list[tuple[str, Answer]]:
    questions = {question.id: question for test in TESTS.values() for question in test.questions}
    return [(questions[answer.subject].pattern, answer) for answer in result.answers if answer.subject in questions]


def _of_pattern(pattern: str, answers: Sequence[Answer]) -> "Dataset":
    from pydicom import Dataset

    judged = [answer.passes for answer in answers if answer.passes is not None]
    item = Dataset()
    item.TestResult = ("PASS" if all(judged) else "FAIL") if judged else "SKIP"
    failed = ", ".join(answer.subject for answer in answers if answer.passes is False)
    item.TestResultComment = f"Failed: {failed}"[:_LONG] if failed else ""
    value, meaning = _CODED_PATTERNS.get(pattern, (pattern[:16], f"{pattern} pattern"))
    item.TestPatternCodeSequence = [_code(value, meaning, "DCM" if pattern in _CODED_PATTERNS else _OWN_SCHEME)]
    return item


def _code(value: str, meaning: str, scheme: str) -> "Dataset":
    from pydicom import Dataset

    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning[:_LONG]
    return item
