"""`negatoscope scan --json` is a contract: the fields and types of issue 2, every file somewhere, names in UTF-8."""

import shutil
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom.data import get_testdata_file

from tests.builders.ct_series import write_ct_series
from tests.builders.discs import make_directory, make_zip, write_disc
from tests.flows.command_line import Ended, run

STRINGS = [str]
DISPLAY_SET = {"kind": str, "images": int, "complete": bool, "warnings": STRINGS}
SERIES = {
    "series_instance_uid": str,
    "series_number": (int, type(None)),
    "modality": str,
    "series_description": str,
    "sop_class_uids": STRINGS,
    "transfer_syntax_uids": STRINGS,
    "instances": int,
    "frames": int,
    "display_sets": [DISPLAY_SET],
}
STUDY = {
    "study_instance_uid": str,
    "study_date": str,
    "study_description": str,
    "accession_number": str,
    "modalities": STRINGS,
    "series": [SERIES],
}
PATIENT = {"patient_id": str, "patient_name": str, "birth_date": str, "sex": str, "studies": [STUDY]}
ANSWER = {"files": int, "patients": [PATIENT], "problems": [{"path": str, "error": str}]}


def check(value: Any, wanted: Any, place: str = "answer") -> None:
    """Compare a JSON value with a description of its fields, in their order, and their types."""
    if isinstance(wanted, dict):
        assert isinstance(value, dict), place
        assert list(value) == list(wanted), place
        for name, kind in wanted.items():
            check(value[name], kind, f"{place}.{name}")
    elif isinstance(wanted, list):
        assert isinstance(value, list), place
        for number, each in enumerate(value):
            check(each, wanted[0], f"{place}[{number}]")
    else:
        kinds = wanted if isinstance(wanted, tuple) else (wanted,)
        assert type(value) in kinds, f"{place}: {value!r}"  # a bool is no int here


def scanned(folder: Path, *places: Path) -> dict[str, Any]:
    ended = run(folder, "scan", *places, "--json")
    assert (ended.code, ended.errors) == (0, "")
    answer: dict[str, Any] = ended.json()
    check(answer, ANSWER)
    return answer


def all_series(answer: dict[str, Any]) -> list[dict[str, Any]]:
    studies = [study for patient in answer["patients"] for study in patient["studies"]]
    return [series for study in studies for series in study["series"]]


@pytest.fixture(scope="module")
def mixture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of two patients, an archive, a DICOMDIR, and files that are none of DICOM's."""
    folder = tmp_path_factory.mktemp("mixture")
    korean = {"SpecificCharacterSet": ["", "ISO 2022 IR 149"], "PatientName": "Hong^Gildong=洪^吉洞=홍^길동"}
    write_ct_series(folder / "korean", 4, 16, label="korean", elements={**korean, "PatientID": "K1"})
    japanese = {"SpecificCharacterSet": "ISO_IR 192", "PatientName": "Yamada^Tarou=山田^太郎=やまだ^たろう"}
    write_ct_series(
        folder / "japanese",
        3,
        16,
        label="japanese",
        elements={**japanese, "PatientID": "J1", "SeriesNumber": "", "AccessionNumber": ""},
    )
    shutil.copy(str(get_testdata_file("emri_small.dcm", download=False) or _multi_frame()), folder / "multi.dcm")
    write_disc(folder / "disc", 2, label="disc")
    make_directory(folder / "disc")
    write_disc(folder / "packed", 2, label="packed")
    make_zip(folder / "packed.zip", folder / "packed")
    shutil.rmtree(folder / "packed")
    return folder


def _multi_frame() -> str:
    return str(get_testdata_file("rtdose.dcm", download=False))


@pytest.fixture(scope="module")
def answer(mixture: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return scanned(tmp_path_factory.mktemp("run"), mixture)


def test_names_come_in_utf_8_with_all_their_groups(answer: dict[str, Any]) -> None:
    names = {patient["patient_id"]: patient["patient_name"] for patient in answer["patients"]}
    assert names["K1"] == "Hong^Gildong=洪^吉洞=홍^길동"
    assert names["J1"] == "Yamada^Tarou=山田^太郎=やまだ^たろう"


def test_every_file_is_in_a_series_or_in_problems(mixture: Path, answer: dict[str, Any]) -> None:
    members = 2 + 4  # of the archive, which itself is not counted
    on_disc = sum(path.is_file() and path.suffix != ".zip" for path in mixture.rglob("*"))
    assert answer["files"] == on_disc + members
    instances = sum(series["instances"] for series in all_series(answer))
    assert instances + len(answer["problems"]) == answer["files"]
    assert all(problem["error"] for problem in answer["problems"])
    inside = [problem["path"] for problem in answer["problems"] if ".zip" in problem["path"]]
    assert len(inside) == 4
    assert {path.rpartition("/")[2] for path in inside} == {"AUTORUN.INF", "INDEX.HTM", "README.TXT", "VIEWER.EXE"}


def test_counts_are_those_of_the_files(mixture: Path, answer: dict[str, Any]) -> None:
    by_uid = {series["series_instance_uid"]: series for series in all_series(answer)}
    found = by_uid[pydicom.dcmread(mixture / "korean" / "IM000000").SeriesInstanceUID]
    assert (found["instances"], found["frames"], found["series_number"]) == (4, 4, 2)
    assert found["display_sets"] == [{"kind": "stack", "images": 4, "complete": True, "warnings": []}]
    without = by_uid[pydicom.dcmread(mixture / "japanese" / "IM000000").SeriesInstanceUID]
    assert without["series_number"] is None
    many = pydicom.dcmread(mixture / "multi.dcm")
    assert by_uid[many.SeriesInstanceUID]["instances"] == 1
    assert by_uid[many.SeriesInstanceUID]["frames"] == many.NumberOfFrames


def test_a_gap_makes_a_display_set_incomplete(tmp_path: Path) -> None:
    write_ct_series(tmp_path / "ct", 8, 16)[3].unlink()
    (series,) = all_series(scanned(tmp_path, tmp_path / "ct"))
    (display_set,) = series["display_sets"]
    assert (display_set["images"], display_set["complete"]) == (7, False)
    assert len(display_set["warnings"]) >= 1


def test_a_folder_without_dicom_is_an_answer_not_a_failure(tmp_path: Path) -> None:
    place = tmp_path / "nothing"
    place.mkdir()
    assert scanned(tmp_path, place) == {"files": 0, "patients": [], "problems": []}
    (place / "notes.txt").write_text("x")
    answer = scanned(tmp_path, place)
    assert answer["files"] == len(answer["problems"]) == 1


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs a file whose reading fails")
def test_a_file_that_cannot_be_read_is_a_problem(tmp_path: Path) -> None:
    answer = scanned(tmp_path, Path("/proc/self/mem"))
    assert [problem["path"] for problem in answer["problems"]] == ["/proc/self/mem"]
    assert answer["problems"][0]["error"]


def _assert_one_line(ended: Ended, *parts: str) -> None:
    assert (ended.code, ended.output) == (1, "")
    assert all(part in ended.line for part in parts)


def test_a_path_that_is_not_there_ends_with_1(tmp_path: Path) -> None:
    _assert_one_line(run(tmp_path, "scan", tmp_path / "absent", "--json"), "absent")
    write_ct_series(tmp_path / "ct", 1, 16)
    _assert_one_line(run(tmp_path, "scan", tmp_path / "ct", tmp_path / "absent", "--json"), "absent")


def test_output_is_utf_8_in_any_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_ct_series(tmp_path / "ct", 1, 16, elements={"SpecificCharacterSet": "ISO_IR 192", "PatientName": "홍^길동"})
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    assert scanned(tmp_path, tmp_path / "ct")["patients"][0]["patient_name"] == "홍^길동"
    for command in (("scan", tmp_path / "ct"), ("dump", tmp_path / "ct" / "IM000000")):
        ended = run(tmp_path, *command)
        assert (ended.code, ended.errors) == (0, "")
        assert "홍" in ended.output
    assert run(tmp_path, "commands", "--language", "ko").code == 0


@pytest.mark.real_data
def test_nothing_but_json_is_printed_about_hostile_files(tmp_path: Path, shared_data: Path) -> None:
    on_disc = sum(path.is_file() for path in (shared_data / "hostile").rglob("*"))
    answer = scanned(tmp_path, shared_data / "hostile")
    assert answer["files"] == on_disc
    assert sum(series["instances"] for series in all_series(answer)) + len(answer["problems"]) >= on_disc
