"""A study is found as its reader types: in any script and order, by any of its words, the newest first."""

import random
import string
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders.library_records import record
from viewer.library.catalogue import Catalogue
from viewer.library.database import Database
from viewer.library.search import Search, match_expression, study_words, words_of

STUDIES = {
    "hong": {
        "PatientName": "Hong^Gildong=洪^吉洞=홍^길동",
        "PatientID": "1234-5678",
        "StudyDate": "20240307",
        "AccessionNumber": "A2024/000123",
        "StudyDescription": "Brain MRI with contrast",
        "Modality": "MR",
        "ReferringPhysicianName": "Lee^Doctor",
    },
    "muller": {
        "PatientName": "Müller-Lüdenscheidt^Jürgen^Karl",
        "PatientID": "ABC00042",
        "PatientBirthDate": "19551224",
        "StudyDate": "20230112",
        "StudyDescription": "Größe des Schädels",
        "Modality": "CT",
    },
    "yamada": {
        "PatientName": "Yamada^Tarou=山田^太郎=やまだ^たろう",
        "PatientID": "77",
        "StudyDate": "20220630",
        "StudyDescription": "胸部単純撮影",
        "Modality": "DX",
        "SeriesDescription": "ﾊﾟｲﾛｯﾄ",
    },
    "obrien": {
        "PatientName": "O'Brien^Seán",
        "PatientID": "X.9.1",
        "StudyDate": "20210101",
        "StudyDescription": "Knee: left/right (2 views)",
        "Modality": "CR",
        "BodyPartExamined": "KNEE",
    },
    "ivanov": {
        "PatientName": "Ivanov^Ivan=Иванов^Иван",
        "PatientID": "77777",
        "StudyDate": "20200229",
        "Modality": "PT",
        "StudyDescription": "ตรวจสมอง",
    },
}


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalogue]:
    with Database(tmp_path_factory.mktemp("library")) as database:
        catalogue = Catalogue(database)
        empty = {"AccessionNumber": "", "PatientBirthDate": "", "SeriesDescription": "", "StudyDescription": ""}
        catalogue.file(
            [
                record(number, study=label, attributes={**empty, **values})
                for number, (label, values) in enumerate(STUDIES.items())
            ]
        )
        yield catalogue


def _found(catalogue: Catalogue, text: str) -> list[str]:
    return [row.study_instance_uid for row in catalogue.studies(Search(text))]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ["hong", "muller", "yamada", "obrien", "ivanov"]),
        ("   ", ["hong", "muller", "yamada", "obrien", "ivanov"]),
        ("hong", ["hong"]),
        ("HONG gil", ["hong"]),
        ("gil hong", ["hong"]),
        ("gildong^hong", ["hong"]),
        ("honggildong", ["hong"]),
        ("홍", ["hong"]),
        ("홍길동", ["hong"]),
        ("홍길", ["hong"]),
        ("길동", ["hong"]),
        ("동", ["hong"]),
        ("길동 홍", ["hong"]),
        ("\u1112\u1169\u11bc\u1100\u1175\u11af", ["hong"]),  # 홍길 as decomposed letters
        ("ㅎㄱㄷ", ["hong"]),
        ("ㅎㄱ", ["hong"]),
        ("洪吉", ["hong"]),
        ("吉洞", ["hong"]),
        ("홍길순", []),
        ("muller", ["muller"]),
        ("MÜLLER", ["muller"]),
        ("mu\u0308ller", ["muller"]),
        ("lüdenscheidt", ["muller"]),
        ("jurgen mul", ["muller"]),
        ("müller-lüd", ["muller"]),
        ("karl", ["muller"]),
        ("grosse", ["muller"]),
        ("GRÖẞE", ["muller"]),
        ("schadel", ["muller"]),
        ("山田", ["yamada"]),
        ("田太", ["yamada"]),
        ("太郎", ["yamada"]),
        ("やまだ", ["yamada"]),
        ("たろう", ["yamada"]),
        ("単純", ["yamada"]),
        ("パイロット", ["yamada"]),
        ("ＹＡＭＡＤＡ", ["yamada"]),
        ("o'brien", ["obrien"]),
        ("obrien", ["obrien"]),
        ("brien", ["obrien"]),
        ("sean", ["obrien"]),
        ("иванов", ["ivanov"]),
        ("ИВАН", ["ivanov"]),
        ("สมอง", ["ivanov"]),
        ("lee", ["hong"]),
        ("1234-5678", ["hong"]),
        ("12345678", ["hong"]),
        ("1234-56", ["hong"]),
        ("5678", ["hong"]),
        ("abc", ["muller"]),
        ("abc00042", ["muller"]),
        ("ABC0004", ["muller"]),
        ("00042", []),
        ("x.9.1", ["obrien"]),
        ("77", ["yamada", "ivanov"]),
        ("777", ["ivanov"]),
        ("A2024/000123", ["hong"]),
        ("a2024000", ["hong"]),
        ("000123", ["hong"]),
        ("mr", ["hong"]),
        ("contrast brain", ["hong"]),
        ("brain ct", []),
        ("left/right", ["obrien"]),
        ("(2 views)", ["obrien"]),
        ("knee", ["obrien"]),
        ("dr hong nobody", []),
        ("-", ["hong", "muller", "yamada", "obrien", "ivanov"]),
    ],
)
def test_found_as_typed(catalogue: Catalogue, text: str, found: list[str]) -> None:
    assert _found(catalogue, text) == found


@pytest.mark.parametrize(
    "text",
    [
        "2024-03-07", "20240307", "2024.03.07", "2024/3/7", "2024-3-7", "07.03.2024", "7.3.2024", "03/07/2024",
        "2024-03", "202403", "2024.3", "2024년3월7일", "2024년 3월 7일", "2024년 3월", "2024. 3. 7.", "7 Mar 2024",
        "7-MAR-2024", "March 7, 2024", "Mar 2024", "7. March 2024", "hong 2024-03-07", "march 7 2024 hong",
    ],
)  # fmt: skip
def test_dates_in_many_spellings(catalogue: Catalogue, text: str) -> None:
    assert _found(catalogue, text) == ["hong"]


@pytest.mark.parametrize("text", ["24.12.1955", "1955-12-24", "1955"])
def test_birth_dates_are_found(catalogue: Catalogue, text: str) -> None:
    assert _found(catalogue, text) == ["muller"]


@pytest.mark.parametrize("text", ["2024-03-08", "2024-13-40", "2024년 4월", "30.02.2024", "March 8, 2024"])
def test_other_dates_are_not(catalogue: Catalogue, text: str) -> None:
    assert _found(catalogue, text) == []


def test_every_beginning_of_what_is_typed_finds_it_too(catalogue: Catalogue) -> None:
    for text, label in (
        ("hong gildong", "hong"), ("홍길동", "hong"), ("müller-lüdenscheidt jürgen", "muller"), ("山田太郎", "yamada"),
        ("1234-5678", "hong"), ("2024-03-07", "hong"), ("o'brien", "obrien"), ("brain mri with contrast", "hong"),
    ):  # fmt: skip
        for end in range(1, len(text) + 1):
            assert label in _found(catalogue, text[:end]), text[:end]


def test_the_filters_hold_together(catalogue: Catalogue) -> None:
    def found(**asked: object) -> list[str]:
        return [row.study_instance_uid for row in catalogue.studies(Search(**asked))]  # type: ignore[arg-type]  # by name

    assert found(modality="CT") == ["muller"]
    assert found(modality="ct") == ["muller"]
    assert found(modality="C") == []
    assert found(date_from=date(2022, 6, 30)) == ["hong", "muller", "yamada"]
    assert found(date_from=date(2022, 7, 1)) == ["hong", "muller"]
    assert found(date_to=date(2022, 6, 30)) == ["yamada", "obrien", "ivanov"]
    assert found(date_from=date(2021, 1, 1), date_to=date(2021, 1, 1)) == ["obrien"]
    assert found(text="77", date_to=date(2021, 1, 1)) == ["ivanov"]
    assert found(text="77", modality="DX") == ["yamada"]
    assert found(patient_id="77") == ["yamada"]
    assert found(patient_id="7") == []


def test_a_page_follows_the_other(catalogue: Catalogue) -> None:
    everything = _found(catalogue, "")
    pages = [catalogue.studies(Search(limit=2, offset=offset)) for offset in range(0, 6, 2)]
    assert [row.study_instance_uid for page in pages for row in page] == everything
    both = [catalogue.studies(Search("77", limit=1, offset=offset)) for offset in range(3)]
    assert [[row.study_instance_uid for row in page] for page in both] == [["yamada"], ["ivanov"], []]


def test_uids_find_their_study(tmp_path: Path) -> None:
    with Database(tmp_path) as database:
        catalogue = Catalogue(database)
        catalogue.file(
            [record(1, study="1.2.3.10", series="1.2.3.4.5"), record(2, study="1.2.3.11", series="1.2.3.4.6")]
        )
        assert _found(catalogue, "1.2.3.10") == ["1.2.3.10"]
        assert len(_found(catalogue, "1.2.3.1")) == 2
        assert _found(catalogue, "1.2.3.4.6") == ["1.2.3.11"]
        assert _found(catalogue, "1.2.3.9.1") == ["1.2.3.10"]
        assert _found(catalogue, "1.2.3.9.1 brain") == ["1.2.3.10"]
        assert _found(catalogue, "1.2.3.9.1 knee") == []


def test_newest_first_also_within_a_day_and_when_they_come_in_any_order(tmp_path: Path) -> None:
    chance = random.Random(3)
    moments = [(f"20{year:02d}0101", f"{hour:02d}3000") for year in range(10) for hour in range(24)]
    numbered = list(enumerate(moments))
    chance.shuffle(numbered)
    with Database(tmp_path) as database:
        catalogue = Catalogue(database)
        catalogue.file(
            [record(number, study=f"1.2.3.{number}", StudyDate=day, StudyTime=time) for number, (day, time) in numbered]
        )
        for text in ("", "hong"):
            rows = catalogue.studies(Search(text, limit=1000))
            assert [(row.study_date, row.study_time) for row in rows] == sorted(moments, reverse=True)


def test_studies_without_a_date_stand_where_they_arrived_and_are_in_no_range_of_dates(tmp_path: Path) -> None:
    with Database(tmp_path) as database:
        catalogue = Catalogue(database)
        catalogue.file([record(1, study="a", StudyDate="20261122"), record(2, study="b", StudyDate="not a date")])
        catalogue.file([record(3, study="c", StudyDate=""), record(4, study="d", StudyDate="20261124")])
        assert _found(catalogue, "") == ["d", "c", "b", "a"]
        rows = catalogue.studies(Search(date_from=date(2026, 1, 1)))
        assert [row.study_instance_uid for row in rows] == ["d", "a"]


def _naive(values: dict[str, str], text: str) -> bool:
    """Whether every typed word begins a word of the values: for plain words of small letters and digits."""
    words = " ".join(values.values()).replace("^", " ").split()
    return all(any(word.startswith(typed) for word in words) for typed in text.split())


def test_a_thousand_random_searches_find_what_reading_every_row_finds(tmp_path: Path) -> None:
    chance = random.Random(8)

    def word() -> str:
        return "".join(chance.choice("abc") for _letter in range(chance.randint(1, 4)))

    rows = {
        str(number): {"PatientName": f"{word()}^{word()}", "StudyDescription": f"{word()} {word()}"}
        for number in range(300)
    }
    # Names are found in every order and run together too.
    searched = {label: {**values, "joined": values["PatientName"].replace("^", "")} for label, values in rows.items()}
    with Database(tmp_path) as database:
        catalogue = Catalogue(database)
        plain = {"AccessionNumber": "", "Modality": "", "SeriesDescription": "", "PatientID": "9"}
        catalogue.file(
            [record(int(label), study=label, attributes={**plain, **values}) for label, values in rows.items()]
        )
        for _search in range(1000):
            text = " ".join(word() for _word in range(chance.randint(1, 3)))
            expected = {label for label, values in searched.items() if _naive(values, text)}
            found = {row.study_instance_uid for row in catalogue.studies(Search(text, limit=1000))}
            assert found == expected, text


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60))
def test_whatever_is_typed_is_no_query_language(text: str) -> None:
    expression = match_expression(Search(text))
    inside = "".join(part for number, part in enumerate(expression.split('"')) if number % 2)
    assert all(ord(char) >= 128 or char in string.ascii_letters + string.digits for char in inside)
    outside = "".join(part for number, part in enumerate(expression.split('"')) if not number % 2)
    assert set(outside.split()) <= {"AND", "OR", "*", "(", ")", "*)", "((", "(((", "))", "*))", ")))", "*)))"}


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40))
def test_whatever_is_typed_is_answered(catalogue: Catalogue, text: str) -> None:
    catalogue.studies(Search(text, modality=text, flags=frozenset({text})))
    catalogue.studies(Search(text))


@settings(max_examples=200, deadline=None)
@given(st.text(min_size=1, max_size=40))
def test_words_are_found_by_themselves(text: str) -> None:
    words = study_words({"StudyDescription": text}, [], "", "").split()
    assert set(words_of(text)) <= set(words)


@pytest.mark.parametrize(
    "text", ["a " * 100_000, "x" * 1_000_000, '"' * 10_000, "2024-" * 5000, "(AND OR NOT NEAR" * 99]
)
def test_long_texts_are_bounded(catalogue: Catalogue, text: str) -> None:
    assert len(match_expression(Search(text))) < 20_000
    catalogue.studies(Search(text))
