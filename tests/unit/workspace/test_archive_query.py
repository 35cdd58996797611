"""What a reader types becomes the queries that were meant, and what is kept of it comes back."""

import datetime as dt

import pytest

from viewer.base.errors import UsageError
from viewer.workspace.archive_query import MOST_QUERIES, ArchiveQuestion, Period, day_of, fits, queries_of
from viewer.workspace.archive_settings import MOST_SAVED, ArchiveSettings

TODAY = dt.date(2026, 3, 1)


def _asked(question: ArchiveQuestion) -> list[dict[str, str]]:
    return list(queries_of(question, TODAY))


@pytest.mark.parametrize(
    ("typed", "queries"),
    [
        ("", [{}]),
        ("   ", [{}]),
        ("KIM", [{"PatientName": "KIM*"}]),
        ("kim", [{"PatientName": "kim*"}, {"PatientName": "KIM*"}]),
        ("Kim^Gil", [{"PatientName": each} for each in ("Kim*Gil*", "KIM*GIL*", "Gil*Kim*", "GIL*KIM*")]),
        ("KIM, GIL", [{"PatientName": "KIM*GIL*"}, {"PatientName": "GIL*KIM*"}]),
        ("K?M*", [{"PatientName": "K?M*"}]),
        ("홍길동", [{"PatientName": "*홍*길*동*"}]),
        ("홍 길동", [{"PatientName": "*홍*길*동*"}]),
        ("山田", [{"PatientName": "*山*田*"}]),
        ("4711", [{"PatientID": "4711"}, {"AccessionNumber": "4711"}]),
        ("A-1", [{"PatientID": "A-1"}, {"AccessionNumber": "A-1"}, {"PatientName": "A-1*"}]),
        ("2024-03-07", [{"StudyDate": "20240307"}]),
        ("2024.03.07", [{"StudyDate": "20240307"}]),
        ("2024-02", [{"StudyDate": "20240201-20240229"}]),
        ("20240307", [{"PatientID": "20240307"}, {"AccessionNumber": "20240307"}, {"StudyDate": "20240307"}]),
        ("99999999", [{"PatientID": "99999999"}, {"AccessionNumber": "99999999"}]),
        ("1.2.840.113619.2", [{"StudyInstanceUID": "1.2.840.113619.2"}]),
        ("KIM 2024-03-07", [{"StudyDate": "20240307", "PatientName": "KIM*"}]),
    ],
)
def test_what_is_typed_may_be_meant_in_several_ways(typed: str, queries: list[dict[str, str]]) -> None:
    assert _asked(ArchiveQuestion(typed)) == queries


def test_no_backslash_and_no_equals_sign_reaches_a_query() -> None:
    (query,) = _asked(ArchiveQuestion("KIM\\LEE=X"))[:1]
    assert query == {"PatientName": "KIM*LEE*X*"}
    assert _asked(ArchiveQuestion(description="a\\b")) == [{"StudyDescription": "*a b*"}]


@pytest.mark.parametrize(
    ("period", "first", "last", "key"),
    [
        (Period.TODAY, "", "", "20260301"),
        (Period.YESTERDAY, "", "", "20260228"),
        (Period.WEEK, "", "", "20260223-20260301"),
        (Period.RANGE, "2024", "2024", "20240101-20241231"),
        (Period.RANGE, "2024-02-03", "20240203", "20240203"),
        (Period.RANGE, "2024년 2월", "", "20240201-"),
        (Period.RANGE, "", "2024-02", "-20240229"),
    ],
)
def test_days_are_ranges_of_days(period: Period, first: str, last: str, key: str) -> None:
    assert _asked(ArchiveQuestion(period=period, date_from=first, date_to=last)) == [{"StudyDate": key}]


@pytest.mark.parametrize(
    ("first", "last"), [("2024-13-01", ""), ("yesterday", ""), ("", "2023-02-30"), ("2025", "2024")]
)
def test_what_is_no_day_is_said(first: str, last: str) -> None:
    with pytest.raises(UsageError):
        _asked(ArchiveQuestion(period=Period.RANGE, date_from=first, date_to=last))


def test_every_modality_is_asked_apart_and_never_too_much() -> None:
    asked = _asked(ArchiveQuestion("4711", modalities=("CT", "MR")))
    assert [(each["ModalitiesInStudy"], "PatientID" in each) for each in asked] == [
        ("CT", True),
        ("CT", False),
        ("MR", True),
        ("MR", False),
    ]
    assert len(_asked(ArchiveQuestion("a1 b2 c3 d4 e5 f6"))) <= MOST_QUERIES


def test_all_of_a_patient_is_asked_by_the_exact_id() -> None:
    question = ArchiveQuestion("kim", patient_id="47*11")
    assert _asked(question) == [{"PatientID": "47*11"}]


def test_hangul_is_narrowed_to_what_was_typed() -> None:
    assert fits(ArchiveQuestion("홍길동"), "Hong^Gildong=洪^吉洞=홍^길동")
    assert fits(ArchiveQuestion("홍길동"), "홍길동")
    assert not fits(ArchiveQuestion("홍길동"), "홍성길^동수")
    assert fits(ArchiveQuestion("kim"), "Park^So")  # what an archive finds by sound is its own business


def test_a_question_comes_back_from_the_settings_and_damage_is_left_out() -> None:
    question = ArchiveQuestion("kim", Period.RANGE, "2024", "2025", ("CT",), "brain", ("PACS1",), "47")
    assert ArchiveQuestion.of_table(question.as_table()) == question
    assert ArchiveQuestion.of_table("no table") == ArchiveQuestion()
    assert ArchiveQuestion.of_table({"text": 5, "period": "ever", "modalities": "CT"}) == ArchiveQuestion()


def test_saved_searches_are_bounded_and_my_day_is_today() -> None:
    settings = ArchiveSettings(my_day_modalities=("CT",))
    for number in range(MOST_SAVED + 5):
        settings = settings.with_saved(f"search {number}", ArchiveQuestion(str(number)))
    assert len(settings.saved_questions) == MOST_SAVED
    assert "search 4" not in settings.saved
    assert settings.without_saved("search 9").saved_questions.get("search 9") is None
    assert (settings.my_day.period, settings.my_day.modalities) == (Period.TODAY, ("CT",))
    assert day_of("") == ""
