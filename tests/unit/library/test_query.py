"""Queries answer what PS3.4 C.2.2.2 says, compared with Python's own reading of the same values."""

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.builders.library_records import HONG, record
from viewer.library.catalogue import Catalogue
from viewer.library.database import Database
from viewer.library.instance_record import AsideReason, InstanceRecord
from viewer.library.matching import name_matches
from viewer.library.query import find, instances
from viewer.library.query_matching import QueryError, QueryFault

UID = "1.2.3"
NAMES = (
    "Hong^Gildong=洪^吉洞=홍^길동",
    "Müller^Jörg^^Dr",
    "MULLER^JORG",
    "O'Brien^Ann",
    "Smith-Jones^Ann Mary",
    "Иванов^Пётр",
    "Kim^Min=金^=김^민",
    "A*B?C^X",
    "",
)
DESCRIPTIONS = ("Brain", "Brain MRI", "brain", "100% [sic]", "Chest'; DROP TABLE studies; --", "")
DATES = ("20240101", "20240229", "20241231", "2024.03.07", "", "20230101", "not a date")
TIMES = ("000000", "101500", "1015", "235959.999", "", "10")


def _number(chance: random.Random, number: int) -> InstanceRecord:
    study = number // 4
    of_study = random.Random(study)
    attributes = {
        "PatientName": of_study.choice(NAMES),
        "PatientID": f"P{study // 2}",
        "StudyDate": of_study.choice(DATES),
        "StudyTime": of_study.choice(TIMES),
        "StudyDescription": of_study.choice(DESCRIPTIONS),
        "AccessionNumber": f"ACC-{study:03d}",
        "InstitutionName": of_study.choice(("St. Mary", "세브란스", "")),
        "Modality": ("CT", "MR", "SR")[(study + number % 2) % 3],
        "SeriesNumber": str(number % 2),
        "InstanceNumber": str(number),
        "Rows": str(chance.choice((256, 512))),
        "ImageType": chance.choice(("ORIGINAL\\PRIMARY", "DERIVED\\SECONDARY\\MPR")),
    }
    uid = f"{UID}.{study}"
    return record(number, study=uid, series=f"{uid}.{number % 2}", attributes=attributes, after=timedelta(0))


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Database, list[InstanceRecord]]]:
    chance = random.Random(11)
    records = [_number(chance, number) for number in range(400)]
    with Database(tmp_path_factory.mktemp("library")) as database:
        Catalogue(database).file(records)
        yield database, records


def _asked(database: Database, level: str, *, patient_root: str = "", **keys: str) -> list[dict[str, str]]:
    return list(find(database, level, keys, is_patient_root=bool(patient_root)))


def _uids(found: list[dict[str, str]]) -> set[str]:
    return {one["StudyInstanceUID"] for one in found}


def _expected(records: list[InstanceRecord], is_meant: Callable[[Mapping[str, str]], bool]) -> set[str]:
    return {one.study_instance_uid for one in records if is_meant(one.attributes)}


@pytest.mark.parametrize(
    ("keyword", "value", "is_meant"),
    [
        ("PatientID", "P7", lambda value: value == "P7"),
        ("PatientID", "P1?", lambda value: len(value) == 3 and value.startswith("P1")),
        ("PatientID", "*9", lambda value: value.endswith("9")),
        ("PatientID", "P7\\P9", lambda value: value in {"P7", "P9"}),
        ("PatientID", "p7", lambda _value: False),
        ("PatientName", "hong*", lambda value: value.startswith("Hong")),
        ("PatientName", "홍*", lambda value: "홍" in value),
        ("PatientName", "*길동*", lambda value: "길동" in value),
        ("PatientName", "=洪^吉洞", lambda value: "吉洞" in value),
        ("PatientName", "muller^*", lambda value: value[:1] == "M"),
        ("PatientName", "MÜLLER^JÖRG^^DR", lambda value: value.startswith("Mü")),
        ("PatientName", "*^ann*", lambda value: "^Ann" in value),
        ("PatientName", "*brien^a?n", lambda value: "Brien" in value),
        ("PatientName", "*jones^ann m*", lambda value: "Jones" in value),
        ("PatientName", "иванов*", lambda value: value.startswith("Иванов")),
        ("PatientName", "Smith^*", lambda _value: False),
        ("PatientName", "*", lambda _value: True),
        ("AccessionNumber", "ACC-007", lambda value: value == "ACC-007"),
        ("AccessionNumber", "ACC-00?", lambda value: value.startswith("ACC-00")),
        ("AccessionNumber", "*-01*", lambda value: value.startswith("ACC-01")),
        ("StudyDescription", "Brain*", lambda value: value.startswith("Brain")),
        ("StudyDescription", "*[sic]", lambda value: value.endswith("[sic]")),
        ("StudyDescription", "100%*", lambda value: value.startswith("100%")),
        ("StudyDescription", "Chest'; DROP TABLE studies; --", lambda value: value.startswith("Chest")),
        ("StudyDescription", "' OR '1'='1", lambda _value: False),
        ("StudyDescription", '" OR ""="', lambda _value: False),
        ("InstitutionName", "세브*", lambda value: value.startswith("세브")),
        ("StudyDate", "20240101", lambda value: value == "20240101"),
        ("StudyDate", "20240101-20240331", lambda value: value in {"20240101", "20240229", "2024.03.07"}),
        ("StudyDate", "-20231231", lambda value: value == "20230101"),
        ("StudyDate", "20240301-", lambda value: value in {"2024.03.07", "20241231"}),
        ("StudyDate", "20240230", lambda _value: False),
        ("StudyDate", "2024*", lambda _value: False),
        ("StudyTime", "1015", lambda value: value in {"101500", "1015"}),
        ("StudyTime", "10-11", lambda value: value in {"101500", "1015", "10"}),
        ("StudyTime", "-0959", lambda value: value == "000000"),
    ],
)
def test_keys_of_studies(
    held: tuple[Database, list[InstanceRecord]], keyword: str, value: str, is_meant: Callable[[str], bool]
) -> None:
    database, records = held
    found = _asked(database, "STUDY", **{keyword: value})
    assert _uids(found) == _expected(records, lambda attributes: is_meant(attributes.get(keyword, "")))
    assert len(found) == len(_uids(found))


def test_random_names_are_found_as_without_an_index(held: tuple[Database, list[InstanceRecord]]) -> None:
    database, records = held
    chance = random.Random(3)
    for _try in range(300):
        name = chance.choice(NAMES)
        start = chance.randrange(len(name) + 1)
        pattern = "".join(chance.choice((char, char, char, "?", "*", char.upper())) for char in name[start : start + 6])
        pattern = chance.choice(("", "*")) + pattern + chance.choice(("", "*"))
        found = _uids(_asked(database, "STUDY", PatientName=pattern))
        expected = {one.study_instance_uid for one in records if name_matches(pattern, one.attributes["PatientName"])}
        assert found == expected, pattern


def test_modalities_in_study_match_and_are_all_answered(held: tuple[Database, list[InstanceRecord]]) -> None:
    database, records = held
    for value, wanted in (("SR", {"SR"}), ("CT\\SR", {"CT", "SR"}), ("?R", {"MR", "SR"}), ("XX", set())):
        found = _asked(database, "STUDY", ModalitiesInStudy=value)
        assert _uids(found) == {one.study_instance_uid for one in records if one.attributes["Modality"] in wanted}
        for one in found:
            of_study = [each for each in records if each.study_instance_uid == one["StudyInstanceUID"]]
            assert set(one["ModalitiesInStudy"].split("\\")) == {each.attributes["Modality"] for each in of_study}


def test_several_keys_must_all_hold(held: tuple[Database, list[InstanceRecord]]) -> None:
    database, records = held
    found = _asked(database, "STUDY", PatientName="hong*", StudyDate="20240101-20241231", StudyDescription="")
    assert _uids(found) == _expected(
        records, lambda values: values["PatientName"].startswith("Hong") and values["StudyDate"].startswith("2024")
    )
    assert all(one.keys() == {"StudyInstanceUID", "PatientName", "StudyDate", "StudyDescription"} for one in found)


def test_levels_below(held: tuple[Database, list[InstanceRecord]]) -> None:
    database, _records = held
    study = f"{UID}.7"
    series = _asked(
        database, "SERIES", StudyInstanceUID=study, SeriesInstanceUID="", NumberOfSeriesRelatedInstances="", Modality=""
    )
    assert [one["SeriesInstanceUID"] for one in series] == [f"{study}.0", f"{study}.1"]
    assert {one["NumberOfSeriesRelatedInstances"] for one in series} == {"2"}
    of_series = {"StudyInstanceUID": study, "SeriesInstanceUID": f"{study}.1"}
    images = _asked(database, "IMAGE", **of_series, SOPInstanceUID="", Rows="", InstanceNumber="", PatientName="")
    assert [one["InstanceNumber"] for one in images] == ["29", "31"]
    assert {one["Rows"] for one in images} <= {"256", "512"}
    assert [one["SOPInstanceUID"] for one in _asked(database, "IMAGE", **of_series, InstanceNumber="031")] == [
        "1.2.3.9.31"
    ]
    derived = _asked(database, "IMAGE", **of_series, ImageType="MPR")
    assert all("MPR" in one["ImageType"].split("\\") for one in derived)


def test_patients_have_their_counts(held: tuple[Database, list[InstanceRecord]]) -> None:
    database, _records = held
    (found,) = _asked(
        database,
        "PATIENT",
        patient_root="yes",
        PatientID="P7",
        PatientName="",
        NumberOfPatientRelatedStudies="",
        NumberOfPatientRelatedSeries="",
        NumberOfPatientRelatedInstances="",
    )
    counts = [found[f"NumberOfPatientRelated{what}"] for what in ("Studies", "Series", "Instances")]
    assert counts == ["2", "4", "8"]
    studies = _asked(
        database, "STUDY", patient_root="yes", PatientID="P7", StudyInstanceUID="", NumberOfStudyRelatedSeries=""
    )
    assert [one["NumberOfStudyRelatedSeries"] for one in studies] == ["2", "2"]


@pytest.mark.parametrize(
    ("level", "is_patient_root", "keys"),
    [
        ("PATIENT", False, {"PatientID": ""}),
        ("STUDY", True, {"StudyInstanceUID": ""}),
        ("STUDY", True, {"PatientID": "P*"}),
        ("SERIES", False, {"SeriesInstanceUID": ""}),
        ("SERIES", False, {"StudyInstanceUID": "1.2\\1.3"}),
        ("IMAGE", False, {"StudyInstanceUID": "1.2", "SOPInstanceUID": ""}),
        ("STUDY", False, {"SOPInstanceUID": "1.2.3"}),
        ("IMAGES", False, {}),
    ],
)
def test_rules_of_hierarchy(
    held: tuple[Database, list[InstanceRecord]], level: str, is_patient_root: bool, keys: dict[str, str]
) -> None:
    with pytest.raises(QueryError) as refused:
        _asked(held[0], level, patient_root="yes" if is_patient_root else "", **keys)
    assert refused.value.fault is QueryFault.UNFIT


def test_lists_of_uids_are_looked_for_whole_or_refused(held: tuple[Database, list[InstanceRecord]]) -> None:
    database, _records = held
    uids = "\\".join(f"{UID}.{number}" for number in range(30_000))
    assert len(_asked(database, "STUDY", StudyInstanceUID=uids)) == 100
    assert len(instances(database, "STUDY", {"StudyInstanceUID": uids}, is_patient_root=False)) == 400
    for ask in (find, instances):
        with pytest.raises(QueryError) as refused:
            ask(database, "STUDY", {"StudyInstanceUID": f"{uids}\\9.9"}, is_patient_root=False)
        assert refused.value.fault is QueryFault.TOO_MANY


def test_hostile_keys_find_nothing_and_break_nothing(held: tuple[Database, list[InstanceRecord]]) -> None:
    database, _records = held
    hostile = ("\x00\x1b\x07", "'" * 5000, "*?" * 5000, "[" * 1000 + "*", "\\" * 1000, "𝕏" * 1000, '") OR 1 --', "=^*")
    for value in hostile:
        for keyword in ("PatientName", "PatientID", "StudyDate", "StudyTime", "StudyInstanceUID", "ModalitiesInStudy"):
            found = _asked(database, "STUDY", **{keyword: value, "StudyDescription": ""})
            assert len(found) <= 100
    assert len(_asked(database, "STUDY", NoSuchKeyword="x")) == 100
    many = "\\".join(f"{number}*" for number in range(101))
    with pytest.raises(QueryError) as refused:
        _asked(database, "STUDY", StudyDescription=many)
    assert refused.value.fault is QueryFault.TOO_MANY


def test_more_answers_than_are_given_are_told_in_the_end(held: tuple[Database, list[InstanceRecord]]) -> None:
    answers = find(held[0], "STUDY", {}, is_patient_root=False, most=30)
    found: list[dict[str, str]] = []
    with pytest.raises(QueryError) as refused:
        found.extend(answers)
    assert refused.value.fault is QueryFault.TOO_MANY
    assert len(list(find(held[0], "STUDY", {}, is_patient_root=False, most=100))) == 100


def test_retrieves_name_instances_in_order(held: tuple[Database, list[InstanceRecord]]) -> None:
    database, _records = held
    named = instances(database, "STUDY", {"StudyInstanceUID": f"{UID}.3\\{UID}.4"}, is_patient_root=False)
    assert len(named) == 8
    assert [one.sop_instance_uid for one in named[:2]] in (["1.2.3.9.12", "1.2.3.9.14"], ["1.2.3.9.16", "1.2.3.9.18"])
    assert len(instances(database, "PATIENT", {"PatientID": "P7"}, is_patient_root=True)) == 8
    for keys in ({}, {"StudyInstanceUID": ""}):
        with pytest.raises(QueryError):
            instances(database, "STUDY", keys, is_patient_root=False)
    # A wild card retrieves nothing but what is named so.
    assert instances(database, "STUDY", {"StudyInstanceUID": "*"}, is_patient_root=False) == []
    assert instances(database, "PATIENT", {"PatientID": "*"}, is_patient_root=True) == []


def test_trash_and_what_is_kept_aside_answer_nothing(tmp_path: Path) -> None:
    with Database(tmp_path) as database:
        catalogue = Catalogue(database)
        catalogue.file(
            [record(1, study="1.2.3.1"), record(2, study="1.2.3.2"), record(3, study="1.2.3.3", PatientID="Q")]
        )
        aside = record(4, study="1.2.3.4", PatientID="R")
        catalogue.file([record(1, study="1.2.3.1", content="altered", StudyDescription="Altered")])
        catalogue.file([_aside(aside)])
        catalogue.trash("1.2.3.2")
        catalogue.trash("1.2.3.3")
        assert {one["StudyDescription"] for one in _asked(database, "STUDY", StudyDescription="")} == {
            HONG["StudyDescription"]
        }
        assert _uids(_asked(database, "STUDY", StudyInstanceUID="")) == {"1.2.3.1"}
        patients = _asked(database, "PATIENT", patient_root="yes", PatientID="", NumberOfPatientRelatedStudies="")
        assert [(one["PatientID"], one["NumberOfPatientRelatedStudies"]) for one in patients] == [("P-1", "1")]
        assert _asked(database, "SERIES", StudyInstanceUID="1.2.3.2", SeriesInstanceUID="") == []
        for uid in ("1.2.3.2", "1.2.3.4"):
            assert instances(database, "STUDY", {"StudyInstanceUID": uid}, is_patient_root=False) == []
        (one,) = instances(database, "STUDY", {"StudyInstanceUID": "1.2.3.1"}, is_patient_root=False)
        assert one.kept == record(1).kept


def _aside(one: InstanceRecord) -> InstanceRecord:
    return replace(one, aside=AsideReason.UNKNOWN_SENDER)
