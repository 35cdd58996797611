import json
import os
import shutil
from pathlib import Path
from typing import Any

import pydicom
import pytest

from tests.builders.ct_series import write_ct_series
from tests.builders.discs import OTHER_FILES, make_directory, make_zip, write_disc
from viewer.base.errors import MediaError
from viewer.cli import dump, main, scan


class _NoWindow:
    def __getattr__(self, name: str) -> Any:
        raise AssertionError(name)


def _command(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = main.main([str(argument) for argument in arguments], _NoWindow())
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def _scan(capsys: pytest.CaptureFixture[str], *paths: Path) -> dict[str, Any]:
    code, output, error = _command(capsys, "scan", *paths, "--json")
    assert (code, error) == (0, "")
    answer: dict[str, Any] = json.loads(output)
    return answer


def _series(answer: dict[str, Any]) -> list[dict[str, Any]]:
    studies = [study for patient in answer["patients"] for study in patient["studies"]]
    return [series for study in studies for series in study["series"]]


def _instances(answer: dict[str, Any]) -> int:
    return sum(series["instances"] for series in _series(answer))


def test_json_has_the_fields_of_the_contract(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    elements = {"PatientName": "Hong^Gildong=洪^吉洞=홍^길동", "SpecificCharacterSet": "ISO_IR 192", "PatientID": "P1"}
    paths = write_ct_series(tmp_path / "ct", 4, size=16, elements=elements)
    first = pydicom.dcmread(paths[0])
    answer = _scan(capsys, tmp_path)
    assert list(answer) == ["files", "patients", "problems"]
    assert answer["files"] == 4
    (patient,) = answer["patients"]
    assert list(patient) == ["patient_id", "patient_name", "birth_date", "sex", "studies"]
    assert patient["patient_name"] == "Hong^Gildong=洪^吉洞=홍^길동"
    assert patient["patient_id"] == "P1"
    (study,) = patient["studies"]
    fields = ["study_instance_uid", "study_date", "study_description", "accession_number", "modalities", "series"]
    assert list(study) == fields
    assert study["study_instance_uid"] == first.StudyInstanceUID
    assert study["modalities"] == ["CT"]
    (series,) = study["series"]
    assert series["series_instance_uid"] == first.SeriesInstanceUID
    assert series["sop_class_uids"] == [first.SOPClassUID]
    assert series["transfer_syntax_uids"] == [first.file_meta.TransferSyntaxUID]
    assert (series["instances"], series["frames"], series["modality"]) == (4, 4, "CT")
    (display_set,) = series["display_sets"]
    assert list(display_set) == ["kind", "images", "complete", "warnings"]
    assert (display_set["images"], display_set["complete"]) == (4, True)


def test_every_file_is_in_a_series_or_in_problems(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_disc(tmp_path / "disc", 5)
    make_directory(tmp_path / "disc")
    on_disc = sum(path.is_file() for path in (tmp_path / "disc").rglob("*"))
    answer = _scan(capsys, tmp_path / "disc")
    assert answer["files"] == on_disc == 5 + OTHER_FILES + 1
    assert _instances(answer) + len(answer["problems"]) == on_disc
    assert all(list(problem) == ["path", "error"] for problem in answer["problems"])


@pytest.mark.real_data
def test_every_real_file_is_in_a_series_or_in_problems(shared_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    on_disc = sum(path.is_file() for path in shared_data.rglob("*"))
    answer = _scan(capsys, shared_data)
    assert answer["files"] == on_disc
    assert _instances(answer) + len(answer["problems"]) == on_disc
    assert len({problem["path"] for problem in answer["problems"]}) == len(answer["problems"])


@pytest.mark.real_data
def test_series_agree_with_pydicom(shared_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = shared_data / "pet-ct-mr-rt"
    wanted: dict[str, int] = {}
    for path in folder.rglob("*"):
        if path.is_file():
            try:
                uid = pydicom.dcmread(path, stop_before_pixels=True).SeriesInstanceUID
            except pydicom.errors.InvalidDicomError:
                continue
            wanted[uid] = wanted.get(uid, 0) + 1
    answer = _scan(capsys, folder)
    assert {series["series_instance_uid"]: series["instances"] for series in _series(answer)} == wanted


def test_archives_and_folders_are_scanned_together(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_disc(tmp_path / "disc", 3)
    archive = make_zip(tmp_path / "a.zip", tmp_path / "disc")
    other = write_ct_series(tmp_path / "other", 2, size=8, label="other")[0].parent
    answer = _scan(capsys, archive, other)
    assert answer["files"] == 3 + OTHER_FILES + 2
    assert _instances(answer) == 5


def test_the_tree_is_readable_and_cannot_steer_a_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_ct_series(tmp_path / "ct", 3, size=8, elements={"SeriesDescription": "Head \x1b[2J"})
    (tmp_path / "evil\x1b[31m").write_bytes(b"DICM" + bytes(40))
    code, output, _error = _command(capsys, "scan", tmp_path)
    assert code == 0
    assert "\x1b" not in output
    assert "CT" in output


def test_failures_are_one_clear_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, output, error = _command(capsys, "scan", tmp_path / "absent", "--json")
    assert (code, output) == (1, "")
    assert len(error.splitlines()) == 1
    assert "absent" in error
    with pytest.raises(SystemExit) as ended:
        _command(capsys, "scan")
    assert ended.value.code == 2


def test_file_names_that_are_no_text_stay_legible(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (path,) = write_ct_series(tmp_path / "d", 1, size=8)
    shutil.copy(path, os.fsdecode(bytes(tmp_path) + b"/\xff\xfe.txt"))
    Path(tmp_path / "d" / "notes").write_text("x")
    answer = _scan(capsys, tmp_path)
    assert answer["files"] == 3


def test_dump_shows_nested_private_and_decoded_values(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data_set = pydicom.Dataset()
    data_set.PatientName = "Hong^Gildong=洪^吉洞=홍^길동"
    data_set.SpecificCharacterSet = "ISO_IR 192"
    data_set.SeriesDescription = "x" * 64
    data_set.ImageComments = "long " * 100
    inner = pydicom.Dataset()
    inner.CodeValue = "T-D1100"
    data_set.AnatomicRegionSequence = [inner]
    block = data_set.private_block(0x0019, "SIEMENS MR HEADER", create=True)
    block.add_new(0x0C, "IS", "1000")
    elements = {element.keyword or "": element.value for element in data_set if element.keyword}
    (path,) = write_ct_series(tmp_path, 1, size=8, elements=elements)
    whole = pydicom.dcmread(path)
    for element in data_set:
        whole[element.tag] = element
    whole.save_as(path)
    code, output, error = _command(capsys, "dump", path)
    assert (code, error) == (0, "")
    lines = output.splitlines()
    assert any("(0010,0010) PN" in line and "홍^길동" in line for line in lines)
    assert any("B_value" in line and "SIEMENS MR HEADER" in line and "1000" in line for line in lines)
    assert any(line.startswith("    (0008,0100)") and "T-D1100" in line for line in lines)
    assert max(map(len, lines)) < 250
    assert any("(7FE0,0010)" in line for line in lines)


@pytest.mark.real_data
def test_dump_names_every_element_that_dcmtk_names(shared_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = shared_data / "ct-philips-28" / "I10"
    _code, output, _error = _command(capsys, "dump", path)
    whole = pydicom.dcmread(path)
    tags = [f"({element.tag.group:04X},{element.tag.element:04X})" for element in whole]
    assert all(any(line.startswith(tag) for line in output.splitlines()) for tag in tags)


def test_dump_of_what_is_not_there_fails() -> None:
    class Arguments:
        file = Path("/nowhere/at/all")
        full = False

    with pytest.raises(MediaError):
        dump.run(Arguments())  # type: ignore[arg-type]  # stands for a namespace


def test_the_modules_declare_their_commands() -> None:
    assert callable(scan.add_parser)
    assert callable(dump.add_parser)
