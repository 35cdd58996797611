"""What is filed, what is found again, and what is never merged, replaced or lost."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.builders.ct_series import write_ct_series
from tests.builders.library_records import DISC, FIRST_MOMENT, MODALITY_STATION, record
from viewer.base.byte_source import FileBytes
from viewer.base.errors import LibraryError
from viewer.dicom.header_scan import scan_header
from viewer.library.catalogue import Catalogue
from viewer.library.database import DATABASE_NAME, Database
from viewer.library.instance_record import Filed, KeptFile
from viewer.library.query_keys import QUERY_KEYS, attributes_of
from viewer.library.search import Search
from viewer.library.study_row import Conflict, InstanceRow, WarningKind


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    with Database(tmp_path) as database:
        yield Catalogue(database)


def _kinds(catalogue: Catalogue) -> list[WarningKind]:
    return sorted((warning.kind for warning in catalogue.warnings()), key=lambda kind: kind.value)


def test_what_was_filed_is_found_with_all_its_values(catalogue: Catalogue) -> None:
    given = record(1, path="/media/disc/IM1", SeriesNumber="3", PatientAge="054Y", Rows="512", StationName="CT_ONE")
    assert catalogue.file([given]) == [Filed.NEW]
    (study,) = catalogue.studies()
    assert (study.patient_id, study.patient_name) == ("P-1", "Hong^Gildong=洪^吉洞=홍^길동")
    assert (study.study_date, study.accession_number, study.modalities) == ("20240307", "ACC-77", ("CT",))
    assert (study.series_count, study.instance_count, study.total_size, study.displayed_count) == (1, 1, 1001, 0)
    assert study.first_received_at == study.last_received_at == FIRST_MOMENT
    assert study.attributes == {"PatientAge": "054Y"}
    (series,) = catalogue.series_of(study)
    assert (series.modality, series.series_number, series.attributes) == ("CT", "3", {"StationName": "CT_ONE"})
    (instance,) = catalogue.instances_of(series)
    assert instance == catalogue.instance("1.2.3.9.1")
    assert (instance.kept, instance.source, instance.received_at) == (given.kept, DISC, FIRST_MOMENT)
    assert instance.attributes == {"Rows": "512"}
    assert catalogue.instances_of(series.series_instance_uid) == catalogue.instances_of_study(study) == [instance]


def test_the_keys_of_a_real_header_are_kept(tmp_path: Path, catalogue: Catalogue) -> None:
    from pydicom import dcmread

    write_ct_series(tmp_path / "ct", 1, size=16)
    (path,) = sorted((tmp_path / "ct").iterdir())
    attributes = attributes_of(scan_header(FileBytes(path)))
    data_set = dcmread(path)
    expected = {}
    for keyword in QUERY_KEYS:
        if data_set.get(keyword) not in (None, ""):
            value = data_set[keyword].value
            expected[keyword] = "\\".join(map(str, value)) if data_set[keyword].VM > 1 else str(value)
    assert attributes == expected
    assert catalogue.file([replace(record(1), attributes=attributes)]) == [Filed.NEW]


def test_query_keys_are_tags_of_the_dictionary() -> None:
    from pydicom.datadict import keyword_for_tag

    assert {keyword: keyword_for_tag(tag) for keyword, tag in QUERY_KEYS.items()} == {key: key for key in QUERY_KEYS}


def test_headers_have_every_query_key() -> None:
    from viewer.dicom.wanted_tags import PLAIN_TAGS

    assert set(QUERY_KEYS.values()) <= PLAIN_TAGS


def test_the_same_bytes_again_change_nothing(catalogue: Catalogue) -> None:
    catalogue.file([record(1)])
    before = catalogue.studies()
    assert catalogue.file([record(1, source=MODALITY_STATION, after=timedelta(days=9))]) == [Filed.ALREADY]
    assert catalogue.studies() == before
    assert catalogue.warnings() == []


def test_bytes_that_come_into_the_store_are_no_longer_in_place(catalogue: Catalogue) -> None:
    catalogue.file([record(1, path="/media/disc/IM1")])
    assert catalogue.stats().in_place == 1
    assert catalogue.file([record(1)]) == [Filed.ALREADY]
    assert catalogue.stats().in_place == 0
    catalogue.relocate("1.2.3.9.1", KeptFile(record(1).kept.sha256, 1001, "/elsewhere"))
    catalogue.relocate("1.2.3.9.1", KeptFile("00" * 32, 1001, "/forged"))
    held = catalogue.instance("1.2.3.9.1")
    assert held is not None
    assert held.kept.path == "/elsewhere"


def test_other_bytes_of_the_same_uid_are_kept_aside(catalogue: Catalogue) -> None:
    forged = record(1, content="forged", source=MODALITY_STATION, PatientName="Other")
    assert catalogue.file([record(1), forged, forged]) == [Filed.NEW, Filed.CONFLICT, Filed.CONFLICT]
    held = catalogue.instance("1.2.3.9.1")
    assert held is not None
    assert held.kept == record(1).kept
    (conflict,) = catalogue.conflicts()
    assert conflict.kept == forged.kept
    assert conflict.source == MODALITY_STATION
    assert conflict.attributes["PatientName"] == "Other"
    assert catalogue.conflicts("1.2.3.1") == [conflict]
    assert catalogue.conflicts("1.2.3.2") == []
    assert catalogue.studies()[0].warning_count == 1
    (in_force,) = catalogue.of_hash(record(1).kept.sha256)
    (aside,) = catalogue.of_hash(forged.kept.sha256)
    assert isinstance(in_force, InstanceRow)
    assert isinstance(aside, Conflict)
    assert catalogue.of_hash("00" * 32) == []
    assert set(catalogue.every_kept()) == {record(1).kept, forged.kept}
    catalogue.drop_conflicts([conflict.key])
    assert catalogue.conflicts() == []


def test_ten_thousand_forgeries_replace_nothing_and_all_are_told(catalogue: Catalogue) -> None:
    catalogue.file([record(number) for number in range(10)])
    before = {number: catalogue.instance(f"1.2.3.9.{number}") for number in range(10)}
    for start in range(0, 9_000, 500):
        forged = [record(number % 10, content=f"forged {number}") for number in range(start, start + 500)]
        assert set(catalogue.file(forged)) == {Filed.CONFLICT}
    other_patient = [record(number, PatientID="X-1") for number in range(100, 600)]
    late = [record(number, after=timedelta(days=2)) for number in range(600, 1100)]
    assert set(catalogue.file(other_patient + late)) == {Filed.NEW}
    assert {number: catalogue.instance(f"1.2.3.9.{number}") for number in range(10)} == before
    assert catalogue.stats().conflicts == 9_000
    counts = {warning.kind: warning.instance_count for warning in catalogue.warnings()}
    assert counts[WarningKind.LATE] == 500
    mine, others = sorted(catalogue.studies(), key=lambda row: row.patient_id)
    assert (mine.patient_id, mine.instance_count) == ("P-1", 510)
    assert (others.patient_id, others.instance_count) == ("X-1", 500)
    assert WarningKind.OTHER_PATIENT in counts


def test_a_study_uid_under_another_patient_is_another_study_and_told(catalogue: Catalogue) -> None:
    catalogue.file([record(1), record(2, PatientID="P-2", PatientName="Kim^A")])
    rows = catalogue.studies_of_uid("1.2.3.1")
    assert {(row.patient_id, row.patient_name, row.instance_count) for row in rows} == {
        ("P-1", "Hong^Gildong=洪^吉洞=홍^길동", 1),
        ("P-2", "Kim^A", 1),
    }
    assert all(row.warning_count == 1 for row in rows)
    (warning,) = catalogue.warnings("1.2.3.1")
    assert (warning.kind, warning.held, warning.arrived) == (WarningKind.OTHER_PATIENT, "P-1", "P-2")
    for row in rows:
        assert [one.instance_count for one in catalogue.series_of(row)] == [1]


def test_the_same_id_of_another_issuer_is_another_patient(catalogue: Catalogue) -> None:
    catalogue.file(
        [
            record(1, IssuerOfPatientID="A"),
            record(2, study="1.2.3.2", IssuerOfPatientID="B", PatientName="Kim^A"),
            record(3, IssuerOfPatientID="B"),
        ]
    )
    assert catalogue.stats().patients == 2
    assert _kinds(catalogue) == [WarningKind.OTHER_NAME, WarningKind.OTHER_PATIENT]


def test_an_absent_issuer_is_no_other_patient_but_told(catalogue: Catalogue) -> None:
    catalogue.file([record(1, IssuerOfPatientID="A"), record(2), record(3, study="1.2.3.2")])
    catalogue.file([record(4, study="1.2.3.2", IssuerOfPatientID="A")])
    assert [(row.study_instance_uid, row.issuer, row.instance_count) for row in catalogue.studies()] == [
        ("1.2.3.2", "", 2),
        ("1.2.3.1", "A", 2),
    ]
    assert _kinds(catalogue) == [WarningKind.OTHER_ISSUER, WarningKind.OTHER_ISSUER]


@pytest.mark.parametrize(
    ("changed", "kinds"),
    [
        ({"PatientName": "HONG^GILDONG"}, []),
        ({"PatientName": "Hong^Gildong"}, []),
        ({"PatientName": ""}, []),
        ({"PatientBirthDate": ""}, []),
        ({"PatientName": "Hong^Gilsoon"}, [WarningKind.OTHER_NAME]),
        ({"PatientName": "Hong^Gildong=洪^吉順"}, [WarningKind.OTHER_NAME]),
        ({"PatientBirthDate": "19700103"}, [WarningKind.OTHER_BIRTH_DATE]),
        (
            {"PatientName": "A^B", "PatientBirthDate": "19990101"},
            [WarningKind.OTHER_BIRTH_DATE, WarningKind.OTHER_NAME],
        ),
    ],
)
@pytest.mark.parametrize("study", ["1.2.3.1", "1.2.3.2"])
def test_a_patient_with_another_name_or_birth_date_is_told(
    catalogue: Catalogue, study: str, changed: dict[str, str], kinds: list[WarningKind]
) -> None:
    catalogue.file([record(1)])
    catalogue.file([record(2, study=study, attributes=changed)])
    assert _kinds(catalogue) == kinds
    if study == "1.2.3.2" and changed.get("PatientName"):
        # Each study keeps the name its own files have.
        assert catalogue.studies_of_uid(study)[0].patient_name == changed["PatientName"]


def test_patients_without_an_id_are_never_one(catalogue: Catalogue) -> None:
    catalogue.file([record(number, study=f"1.2.3.{number}", PatientID="") for number in range(5)])
    catalogue.file([record(9, study="1.2.3.0", PatientID="")])
    assert catalogue.stats().patients == 5
    assert catalogue.stats().studies == 5
    assert catalogue.warnings() == []


def test_a_series_uid_in_two_studies_is_two_series_and_told(catalogue: Catalogue) -> None:
    catalogue.file([record(1, series="1.5"), record(2, study="1.2.3.2", series="1.5")])
    assert len(catalogue.instances_of("1.5")) == 2
    assert [len(catalogue.instances_of_study(uid)) for uid in ("1.2.3.1", "1.2.3.2")] == [1, 1]
    assert _kinds(catalogue) == [WarningKind.OTHER_STUDY]


def test_what_joins_a_series_late_or_from_elsewhere_is_told(catalogue: Catalogue) -> None:
    catalogue.file([record(1), record(2, after=timedelta(hours=20)), record(3, after=timedelta(hours=40))])
    assert catalogue.warnings() == []
    catalogue.file([record(4, after=timedelta(hours=70))])
    catalogue.file([record(5, after=timedelta(hours=70)), record(6, source=MODALITY_STATION)])
    catalogue.file([record(7, series="1.2.3.1.77", source=MODALITY_STATION, after=timedelta(days=5))])
    late = {(warning.source, warning.instance_count) for warning in catalogue.warnings()}
    assert late == {(DISC, 2), (MODALITY_STATION, 1)}


def test_a_settled_warning_comes_back_when_it_happens_again(catalogue: Catalogue) -> None:
    catalogue.file([record(1), record(2, PatientBirthDate="19990101")])
    catalogue.settle(catalogue.warnings()[0].key)
    assert catalogue.warnings() == []
    assert catalogue.studies()[0].warning_count == 0
    assert len(catalogue.warnings(with_settled=True)) == 1
    catalogue.file([record(3, PatientBirthDate="19990101")])
    assert catalogue.warnings()[0].instance_count == 2


def test_a_study_gets_the_values_it_lacked_and_keeps_those_it_has(catalogue: Catalogue) -> None:
    catalogue.file([record(1, StudyDate="", StudyTime="", StudyDescription="", InstitutionName="Here")])
    catalogue.file([record(2, study="1.2.3.2", StudyDate="20260101", StudyDescription="Knee", InstitutionName="There")])
    assert [row.study_instance_uid for row in catalogue.studies()] == ["1.2.3.1", "1.2.3.2"]
    assert catalogue.studies(Search("brain")) == []
    catalogue.file([record(3), record(4, StudyDescription="Chest", InstitutionName="There", PatientAge="050Y")])
    newest, older = catalogue.studies()
    assert (newest.study_instance_uid, older.study_instance_uid) == ("1.2.3.2", "1.2.3.1")
    assert (older.study_date, older.study_description, older.instance_count) == ("20240307", "Brain", 3)
    assert older.attributes == {"InstitutionName": "Here", "PatientAge": "050Y"}
    assert len(catalogue.instances_of_study(older)) == 3
    assert catalogue.studies(Search("brain")) == [older]


def _assert_counts_are_true(catalogue: Catalogue) -> None:
    """Compare what studies carry with what their instances say."""
    for row in catalogue.studies(Search(limit=1000)):
        series = catalogue.series_of(row)
        instances = [instance for one in series for instance in catalogue.instances_of(one)]
        assert row.series_count == len(series)
        assert row.instance_count == len(instances) == sum(one.instance_count for one in series)
        assert row.total_size == sum(instance.kept.size for instance in instances)
        assert row.displayed_count == sum(instance.displayed_at is not None for instance in instances)
        assert set(row.modalities) == {one.modality for one in series} - {""}
        assert set(row.sop_class_uids) == {instance.sop_class_uid for instance in instances}


def test_forgetting_takes_out_what_is_empty_and_nothing_else(catalogue: Catalogue) -> None:
    catalogue.file(
        [
            record(1),
            record(2),
            replace(record(3, series="1.2.3.1.2", Modality="SR", SeriesDescription="Report"), sop_class_uid="1.2.3"),
            record(4, study="1.2.3.2", PatientID="P-2", PatientName="Kim^A"),
        ]
    )
    catalogue.mark_displayed(["1.2.3.9.1", "1.2.3.9.3"])
    _assert_counts_are_true(catalogue)
    assert catalogue.forget(["1.2.3.9.3", "1.2.3.9.1", "no such instance"]) == 2
    _assert_counts_are_true(catalogue)
    assert catalogue.studies(Search("report")) == []
    assert [row.modalities for row in catalogue.studies(Search("hong"))] == [("CT",)]
    assert catalogue.forget(["1.2.3.9.2"]) == 1
    assert [row.patient_id for row in catalogue.studies()] == ["P-2"]
    assert catalogue.stats().patients == 1
    assert catalogue.file([record(1)]) == [Filed.NEW]
    assert len(catalogue.studies(Search("hong"))) == 1


def test_no_trace_of_the_forgotten_stays_in_the_files(tmp_path: Path) -> None:
    with Database(tmp_path) as database:
        catalogue = Catalogue(database)
        catalogue.file([record(1, PatientName="Canaryname^Test", StudyDescription="canarytext")])
        catalogue.file([record(2, study="1.2.3.2", PatientID="P-2", PatientName="Stays^Here")])
        catalogue.set_notes("1.2.3.1", "canarynote")
        catalogue.forget(["1.2.3.9.1"])
        catalogue.scrub()
        content = b"".join(path.read_bytes() for path in tmp_path.iterdir()).lower()
        assert b"canary" not in content
        assert b"stays" in content
        assert len(catalogue.studies(Search("stays"))) == 1


def test_what_was_displayed_is_known(catalogue: Catalogue) -> None:
    catalogue.file([record(1), record(2)])
    assert catalogue.stats().never_displayed == 2
    catalogue.mark_displayed(["1.2.3.9.1", "unknown"], FIRST_MOMENT)
    catalogue.mark_displayed(["1.2.3.9.1"], FIRST_MOMENT + timedelta(hours=1))
    (study,) = catalogue.studies()
    assert study.displayed_count == 1
    assert study.last_displayed_at == FIRST_MOMENT + timedelta(hours=1)
    held = catalogue.instance("1.2.3.9.1")
    assert held is not None
    assert held.displayed_at == FIRST_MOMENT
    assert len(catalogue.studies(Search(only_undisplayed=True))) == 1
    catalogue.mark_displayed(["1.2.3.9.2"])
    assert catalogue.studies(Search(only_undisplayed=True)) == []


def test_ratings_notes_and_flags_stay_and_are_found(catalogue: Catalogue) -> None:
    catalogue.file([record(1), record(2, study="1.2.3.2")])
    catalogue.set_rating("1.2.3.1", 9)
    catalogue.set_notes("1.2.3.1", "비교 with 2023\nline two")
    catalogue.set_flags("1.2.3.1", ["protected", " teaching  file ", "★", ""])
    catalogue.file([record(3)])
    (study,) = catalogue.studies(Search("비교 line"))
    assert (study.rating, study.notes) == (5, "비교 with 2023\nline two")
    assert study.flags == {"protected", "teaching file", "★"}
    for flag in study.flags:
        assert catalogue.studies(Search(flags=frozenset({flag}))) == [study]
    assert catalogue.studies(Search(flags=frozenset({"protected", "other"}))) == []
    assert catalogue.studies(Search(flags=frozenset({"☆"}))) == []
    catalogue.set_flags(study, [])
    assert catalogue.studies(Search(flags=frozenset({"★"}))) == []


def test_the_trash_is_apart_and_gives_back(catalogue: Catalogue) -> None:
    catalogue.file([record(1), record(2, study="1.2.3.2")])
    catalogue.trash("1.2.3.1", FIRST_MOMENT)
    assert [row.study_instance_uid for row in catalogue.studies(Search("hong"))] == ["1.2.3.2"]
    (trashed,) = catalogue.studies(Search("hong", in_trash=True))
    assert trashed.trashed_at == FIRST_MOMENT
    assert catalogue.instance("1.2.3.9.1") is not None
    assert catalogue.stats().trashed_studies == 1
    catalogue.restore(trashed)
    assert len(catalogue.studies()) == 2


def test_one_of_two_rows_of_a_uid_can_be_meant(catalogue: Catalogue) -> None:
    catalogue.file([record(1), record(2, PatientID="P-2")])
    row = next(row for row in catalogue.studies() if row.patient_id == "P-2")
    catalogue.set_rating(row, 3)
    assert {one.patient_id: one.rating for one in catalogue.studies()} == {"P-1": 0, "P-2": 3}
    catalogue.set_rating("1.2.3.1", 1)
    assert {one.rating for one in catalogue.studies()} == {1}


def test_a_study_that_has_got_its_date_is_still_meant_by_its_row(catalogue: Catalogue) -> None:
    catalogue.file([record(1, StudyDate="", StudyTime="")])
    (row,) = catalogue.studies()
    catalogue.file([record(2)])  # moves it: its key says when it was made
    (moved,) = catalogue.studies()
    assert moved.key != row.key
    catalogue.set_notes(row, "seen")
    catalogue.trash(row)
    (trashed,) = catalogue.studies(Search(in_trash=True))
    assert (trashed.notes, trashed.instance_count) == ("seen", 2)
    assert len(catalogue.series_of(row)) == 1
    assert len(catalogue.instances_of_study(row)) == 2


def test_a_series_that_is_gone_never_gives_another_ones_instances(catalogue: Catalogue) -> None:
    catalogue.file([record(1)])
    (gone,) = catalogue.series_of("1.2.3.1")
    catalogue.forget([row.sop_instance_uid for row in catalogue.instances_of(gone)])
    catalogue.file([replace(record(2, PatientID="P-2"), study_instance_uid="9.9", series_instance_uid="9.9.1")])
    (other,) = catalogue.series_of("9.9")
    assert other.key == gone.key
    assert catalogue.instances_of(gone) == []


def test_what_was_aside_becomes_the_librarys_own_and_comes_into_force(catalogue: Catalogue) -> None:
    held = record(1)
    aside = replace(held, kept=KeptFile("ab" * 32, 5, "/media/disc/1"))
    assert catalogue.file([held, aside]) == [Filed.NEW, Filed.CONFLICT]
    own = replace(aside, kept=KeptFile("ab" * 32, 5))
    assert catalogue.file([own, aside]) == [Filed.CONFLICT, Filed.CONFLICT]
    assert [each.kept for each in catalogue.conflicts()] == [own.kept]
    catalogue.forget([held.sop_instance_uid])
    assert catalogue.file([own]) == [Filed.NEW]
    assert catalogue.conflicts() == []


def test_searches_are_saved_and_dropped(catalogue: Catalogue) -> None:
    search = Search(
        "길동", modality="CT", date_from=date(2024, 1, 1), date_to=date(2024, 12, 31), flags=frozenset({"a", "b"}),
        patient_id="P-1", only_undisplayed=True,
    )  # fmt: skip
    catalogue.save_search("둘", Search("x"))
    catalogue.save_search("둘", search)
    catalogue.save_search("one", Search())
    assert catalogue.saved_searches() == {"one": Search(), "둘": search}
    catalogue.drop_search("one")
    assert list(catalogue.saved_searches()) == ["둘"]


def test_a_batch_is_filed_whole_or_not_at_all(catalogue: Catalogue) -> None:
    with pytest.raises(LibraryError, match="SOP Instance UID"):
        catalogue.file([record(1), replace(record(2), sop_instance_uid="")])
    assert catalogue.stats().instances == 0
    assert catalogue.file([]) == []


def test_listeners_hear_of_changed_studies(catalogue: Catalogue) -> None:
    told: list[frozenset[str]] = []
    catalogue.changed.connect(told.append)
    catalogue.file([record(1), record(2, study="1.2.3.2")])
    catalogue.file([record(1)])
    catalogue.file([record(1, content="forged")])
    catalogue.set_rating("1.2.3.2", 1)
    catalogue.forget(["1.2.3.9.2"])
    assert told == [frozenset({"1.2.3.1", "1.2.3.2"}), {"1.2.3.1"}, {"1.2.3.2"}, {"1.2.3.2"}]


HOSTILE = (
    "'; DROP TABLE studies; --",
    '" OR 1=1 --',
    "\0\0\0",
    "a\0b",
    "\ud800\udfff",
    "x" * 10_000_000,
    "가" * 1_000_000,
    "\u202e\u2066evil",
    "\\" * 5000,
    "^" * 5000 + "=" * 5000,
    '{"json": "\\u0000"}',
    "study_search MATCH 'x'",
    "(" * 1000,
    "\n\r\t" * 100,
    "\U0010ffff",
)


@pytest.mark.parametrize("hostile", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_text(tmp_path: Path, hostile: str) -> None:
    with Database(tmp_path) as database:
        catalogue = Catalogue(database)
        catalogue.file([record(1)])
        attributes = dict.fromkeys(QUERY_KEYS, hostile)
        given = replace(
            record(2), attributes=attributes, study_instance_uid=hostile, series_instance_uid=hostile,
            sop_class_uid=hostile, transfer_syntax_uid=hostile, sop_instance_uid=f"1.2{hostile}",
            source=replace(DISC, name=hostile, address=hostile),
        )  # fmt: skip
        forged = replace(given, kept=replace(given.kept, sha256="ab" * 32))
        assert catalogue.file([given, given, forged]) == [Filed.NEW, Filed.ALREADY, Filed.CONFLICT]
        held = catalogue.instance(given.sop_instance_uid)
        assert held is not None
        assert held.kept == given.kept
        catalogue.set_notes(hostile, hostile)
        catalogue.set_flags(hostile, [hostile])
        catalogue.save_search(hostile, Search(hostile, modality=hostile, flags=frozenset({hostile})))
        catalogue.studies(Search(hostile, modality=hostile, flags=frozenset({hostile}), patient_id=hostile))
        catalogue.conflicts(hostile)
        catalogue.warnings(hostile)
        assert catalogue.stats().studies == 2
        assert catalogue.forget([given.sop_instance_uid]) == 1
        database.check()
    assert (tmp_path / DATABASE_NAME).stat().st_size < 2_000_000


def test_uids_that_begin_alike_for_a_megabyte_are_told_apart(catalogue: Catalogue) -> None:
    uids = ["9" * 1_000_000 + end for end in ("1", "2")]
    records = [replace(record(number), sop_instance_uid=uid) for number, uid in enumerate(uids)]
    assert catalogue.file(records) == [Filed.NEW, Filed.NEW]
    assert [catalogue.instance(uid).kept for uid in uids] == [one.kept for one in records]  # type: ignore[union-attr]  # they are there


def test_words_of_the_index_agree_with_its_table(tmp_path: Path) -> None:
    with Database(tmp_path) as database:
        catalogue = Catalogue(database)
        for number in range(40):
            catalogue.file([record(number, study=f"1.2.3.{number % 7}", SeriesDescription=f"n {number}", StudyDate="")])
        catalogue.file([record(100, study="1.2.3.1")])
        catalogue.forget([f"1.2.3.9.{number}" for number in range(0, 40, 3)])
    with closing(sqlite3.connect(tmp_path / DATABASE_NAME)) as connection:
        connection.execute("INSERT INTO study_search (study_search, rank) VALUES ('integrity-check', 1)")
        keys = "SELECT study_key FROM studies EXCEPT SELECT study_key FROM study_words"
        assert connection.execute(keys).fetchall() == []
