from pathlib import Path
from typing import Any

import pytest

from viewer.media.problems import Problem
from viewer.workspace.display_set import WarningCode
from viewer.workspace.study_tree import PatientOrder, StudyTree, TreeChange

KOREAN = "Hong^Gildong=洪^吉洞=홍^길동".encode()


def test_instances_fall_into_patients_studies_and_series_and_none_is_dropped(make_header: Any) -> None:
    tree = StudyTree()
    changes: list[TreeChange] = []
    tree.changed.connect(changes.append)
    headers = [make_header(series=f"1.{index % 3}", study=f"9.{index % 2}") for index in range(30)]
    report = make_header(has_pixels=False, modality="SR", sop_class="1.2.840.10008.5.1.4.1.1.88.11", series="1.9")
    change = tree.add([*headers, report], [Problem("/x/readme.txt", "not DICOM")])
    assert changes == [change]
    assert len(change.series_keys) == 7
    counts = tree.counts
    assert (counts.patients, counts.studies, counts.series) == (1, 3, 7)
    assert (counts.files, counts.frames, counts.problems) == (31, 30, 1)


def test_a_file_that_is_already_open_is_not_added_again(make_header: Any) -> None:
    tree = StudyTree()
    header = make_header(path="/disc/a")
    tree.add([header])
    assert tree.add([header, make_header(path="/disc/a")]).series_keys == frozenset()
    assert tree.counts.files == 1


def test_one_id_under_two_names_stays_two_patients_and_both_are_warned_of(make_header: Any) -> None:
    tree = StudyTree()
    tree.add([make_header(), make_header(name="KIM^CHEOLSU", study="1.9", series="1.9.1")])
    patients = tree.patients()
    assert [patient.name for patient in patients] == ["HONG^GILDONG", "KIM^CHEOLSU"]
    assert all([warning.code for warning in patient.warnings] == [WarningCode.IDENTITY] for patient in patients)


def test_one_id_under_two_dates_of_birth_is_warned_of(make_header: Any) -> None:
    tree = StudyTree()
    tree.add([make_header(), make_header(birth_date="19610204", study="1.9")])
    assert len(tree.patients()) == 2
    assert all(len(patient.warnings) == 1 for patient in tree.patients())


def test_a_study_shared_by_two_patients_is_warned_of(make_header: Any) -> None:
    tree = StudyTree()
    tree.add([make_header(), make_header(patient_id="9", name="KIM")])
    assert all(patient.warnings for patient in tree.patients())


def test_trailing_carets_and_blanks_make_no_other_patient(make_header: Any) -> None:
    tree = StudyTree()
    tree.add([make_header(), make_header(name="HONG^GILDONG^^^ "), make_header(patient_id="4711 ")])
    assert len(tree.patients()) == 1
    assert tree.patients()[0].warnings == ()


def test_the_filter_finds_every_group_of_a_name_and_descriptions(make_header: Any) -> None:
    tree = StudyTree()
    tree.add(
        [
            make_header(name=KOREAN, character_set="ISO_IR 192", series_description="Thorax arterial"),
            make_header(name="OTHER", patient_id="1", study="7", series="7.1", study_description="Knee"),
        ]
    )
    for typed in ("길동", "gildong", "洪", "4711", "thorax hong", "ARTERIAL"):
        assert [series.description for series in tree.filtered(typed)] == ["Thorax arterial"], typed
    assert tree.filtered("gildong knee") == ()
    assert len(tree.filtered("")) == 2


def test_a_wrong_character_set_is_overridden_for_its_study_alone(make_header: Any) -> None:
    tree = StudyTree()
    korean = "홍^길동".encode("euc_kr")
    tree.add([make_header(name=korean, character_set="ISO_IR 100"), make_header(name=korean, study="8", series="8.1")])
    study = next(study for study in tree.studies() if study.study_instance_uid == "1.2.3")
    tree.set_character_set(study.key, "\\ISO 2022 IR 149")
    wrong = next(patient for patient in tree.patients() if patient.name != "홍^길동")
    right = next(patient for patient in tree.patients() if patient is not wrong)
    assert right.name == "홍^길동"
    assert tree.counts.files == 2
    tree.set_character_set(next(iter(right.studies)), "")
    assert "홍^길동" not in [patient.name for patient in tree.patients()]


def test_closing_a_study_leaves_the_others_and_lets_its_files_be_opened_again(make_header: Any) -> None:
    tree = StudyTree()
    first = make_header()
    tree.add([first, make_header(study="8", series="8.1")])
    tree.remove_study(next(study.key for study in tree.studies() if study.study_instance_uid == "1.2.3"))
    assert tree.counts.files == 1
    tree.add([first])
    assert tree.counts.files == 2
    tree.clear()
    assert tree.counts.files == 0


def test_series_stand_by_number_studies_newest_first_and_patients_as_asked(make_header: Any) -> None:
    tree = StudyTree()
    tree.add(
        [
            make_header(series="1.3", series_number="10"),
            make_header(series="1.1", series_number="9"),
            make_header(series="1.2", series_number=None),
            make_header(study="8", series="8.1", study_date="20270101"),
            make_header(name="ADAM", patient_id="1", study="6", series="6.1", birth_date="20010101"),
        ]
    )
    assert [patient.name for patient in tree.patients()] == ["ADAM", "HONG^GILDONG"]
    assert [patient.name for patient in tree.patients(PatientOrder.BIRTH_DATE)] == ["HONG^GILDONG", "ADAM"]
    studies = tree.patients()[1].sorted_studies
    assert [study.date for study in studies] == ["20270101", "20260301"]
    assert [series.number for series in studies[1].sorted_series] == [9, 10, None]


def test_keys_hold_nothing_of_the_patient(make_header: Any) -> None:
    tree = StudyTree()
    tree.add([make_header()])
    key = tree.all_series()[0].key
    assert "HONG" not in key
    assert "4711" not in key
    assert "1961" not in key


@pytest.mark.real_data
def test_every_readable_real_file_is_in_a_series(shared_data: Path) -> None:
    from viewer.base.byte_source import FileBytes
    from viewer.dicom.header_scan import scan_header

    tree = StudyTree()
    files = sorted((shared_data / "pet-ct-mr-rt").rglob("*.dcm"))
    tree.add([scan_header(FileBytes(path)) for path in files])
    assert tree.counts.files == len(files)
    assert sum(len(series.headers) for series in tree.all_series()) == len(files)
