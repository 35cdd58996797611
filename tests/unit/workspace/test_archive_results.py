"""Answers of archives become rows: one person a patient, whatever archives say; a count that nobody says is none."""

import pytest

from viewer.archives.found import FoundSeries, FoundStudy
from viewer.base.errors import NetworkError
from viewer.workspace.archive_results import ArchiveResults
from viewer.workspace.archive_rows import UNKNOWN, ArchiveOrder, ArchiveRow, Standing, series_row
from viewer.workspace.archive_states import AskedArchive, advice_text, problem_text, summary
from viewer.workspace.archive_wanted import wanted_of


def _study(uid: str, patient_id: str = "4711", name: str = "KIM^A", **more: object) -> FoundStudy:
    values: dict[str, object] = {"study_date": "20240101", "sources": ("PACS1",), **more}
    return FoundStudy(uid, name, patient_id, **values)  # type: ignore[arg-type]  # as named


def _taken(*studies: FoundStudy) -> ArchiveResults:
    results = ArchiveResults()
    for study in studies:
        results.take(study)
    return results


def _patients(results: ArchiveResults) -> list[ArchiveRow]:
    keys = dict.fromkeys(results.patient_key(uid) for uid in results.study_uids)
    return [results.patient_row(key) for key in keys]


def test_studies_of_one_person_stand_under_one_patient() -> None:
    results = _taken(
        _study("1.1", name="KIM^A=김^가", patient_birth_date="19610203"),
        _study("1.2", name="Kim^A", sources=("PACS2",)),
    )
    (patient,) = _patients(results)
    assert patient.sources == ("PACS1", "PACS2")
    assert patient.warnings == ()
    assert len(results.study_rows(patient.key)) == 2


@pytest.mark.parametrize(
    "other",
    [
        {"name": "LEE^B"},
        {"patient_birth_date": "19700101"},
        {"name": "김^가", "patient_birth_date": "19700101"},
    ],
)
def test_the_same_id_of_another_person_is_told_on_both_and_never_merged(other: dict[str, object]) -> None:
    first = _study("1.1", patient_birth_date="19610203")
    second = _study("1.2", **{"sources": ("PACS2",), **other})  # type: ignore[arg-type]  # as named
    one, two = _patients(_taken(first, second))
    assert "PACS2" in one.warnings[0]
    assert "PACS1" in two.warnings[0]
    assert len({one.key, two.key}) == 2


def test_an_id_of_another_issuer_is_another_patients_and_no_contradiction() -> None:
    one, two = _patients(
        _taken(_study("1.1", issuer_of_patient_id="A"), _study("1.2", name="LEE^B", issuer_of_patient_id="B"))
    )
    assert one.warnings == two.warnings == ()


def test_a_third_archive_that_contradicts_one_of_two_is_told() -> None:
    results = _taken(_study("1.1"), _study("1.2", name="LEE^B"))
    changed = results.take(_study("1.3", name="PARK^C"))
    assert len(changed) == 3
    assert all(len(row.warnings) == 2 for row in _patients(results))


def test_studies_without_an_id_have_a_patient_each() -> None:
    assert len(_patients(_taken(_study("1.1", ""), _study("1.2", "")))) == 2


def test_what_another_archive_adds_to_a_study_changes_its_row_in_place() -> None:
    results = _taken(_study("1.1"))
    results.take(_study("1.1", sources=("PACS1", "PACS2"), instance_count=7, contradictions=("who?",)))
    assert len(results) == 1
    row = results.study_row("1.1")
    assert (row.sources, row.images, row.series, row.warnings) == (("PACS1", "PACS2"), "7", UNKNOWN, ("who?",))


@pytest.mark.parametrize(
    ("standing", "expected", "words", "is_whole"),
    [
        (Standing(), 500, "", False),
        (Standing(0), 500, "", False),
        (Standing(412), 500, "here: 412 of 500", False),
        (Standing(500), 500, "here", True),
        (Standing(501), 500, "here", True),
        (Standing(412), None, "here: 412", False),
        (Standing(412, (413, 500)), 500, "fetching 413/500", False),
        (Standing(None, (3, 0)), None, f"fetching 3/{UNKNOWN}", False),
    ],
)
def test_how_much_of_it_is_here_is_said(standing: Standing, expected: int | None, words: str, is_whole: bool) -> None:
    assert (standing.words(expected), standing.is_whole(expected)) == (words, is_whole)


@pytest.mark.parametrize(
    ("order", "uids"),
    [
        (ArchiveOrder.DATE, ["1.3", "1.2", "1.1", "1.4"]),
        (ArchiveOrder.NAME, ["1.2", "1.4", "1.3", "1.1"]),
        (ArchiveOrder.PATIENT_ID, ["1.4", "1.3", "1.2", "1.1"]),
        (ArchiveOrder.IMAGES, ["1.1", "1.3", "1.2", "1.4"]),
    ],
)
def test_rows_are_sorted_as_one_chooses(order: ArchiveOrder, uids: list[str]) -> None:
    results = ArchiveResults(order)
    for study in (
        _study("1.1", "D", "ZUO^A", study_date="20200101", instance_count=9),
        _study("1.2", "C", "ABE^A", study_date="20240101"),
        _study("1.3", "B", "KIM^A", study_date="20240102", instance_count=3),
        _study("1.4", "A", "BAE^A", study_date=""),
    ):
        results.take(study)
    assert sorted(results.study_uids, key=lambda uid: results.patient_row(results.patient_key(uid)).order) == uids
    assert sorted(results.study_uids, key=lambda uid: results.study_row(uid).order) == uids


def test_what_is_chosen_is_fetched_from_the_archive_that_answered_first_and_is_still_there() -> None:
    results = _taken(_study("1.1", sources=("GONE", "PACS2", "PACS1"), instance_count=5), _study("1.2"))
    rows = [results.study_row(uid) for uid in ("1.1", "1.2")]
    study = rows[0].study
    assert study is not None
    series = series_row(rows[0].key, study, FoundSeries("1.1.1", instance_count=3, sources=("PACS2",)), Standing())
    wanted = wanted_of([rows[1], rows[0], series], ["PACS1", "PACS2"])
    assert [each.study_instance_uid for each in wanted["PACS1"]] == ["1.2"]
    assert [(each.series_instance_uid, each.instances) for each in wanted["PACS2"]] == [("", 5), ("1.1.1", 3)]
    assert "KIM A" in wanted["PACS2"][0].title


def test_states_of_archives_are_said_in_plain_words() -> None:
    failed = AskedArchive("PACS3", 0, False, NetworkError("Nobody answers", advice="Check the port"))
    archives = [AskedArchive("PACS1", 120, False), AskedArchive("PACS2", 500, False, is_cut_off=True), failed]
    said = summary(archives)
    assert said.startswith("PACS1: 120 found")
    assert "PACS2: there are more than 500" in said
    assert "PACS3" not in said
    assert problem_text(failed) == "PACS3: Nobody answers"
    assert advice_text(failed) == "Nobody answers. Check the port"
    assert summary([AskedArchive("PACS1"), AskedArchive("PACS2", 3)]) == "PACS1: asking  ·  PACS2: asking, 3 so far"
