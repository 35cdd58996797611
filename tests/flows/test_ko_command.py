"""`negatoscope ko` in this process, as programs and people read it."""

from pathlib import Path

import pytest

from tests.builders.archive_cycle import run_here
from tests.builders.ct_series import write_ct_series
from tests.builders.key_objects import header_of, selected, write_key_objects
from viewer.dicom.key_object.titles import QUALITY_REASONS, QUALITY_REJECTED


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, list[Path]]:
    images = write_ct_series(tmp_path / "images", 2, 16)
    (document,) = write_key_objects(
        tmp_path / "ko",
        selected(*images),
        QUALITY_REJECTED,
        modifiers=QUALITY_REASONS[3:4],
        comment="moved",
        creator="KIM^GILDONG",
    )
    return document, images


def test_programs_get_one_json_value(tmp_path: Path, files: tuple[Path, list[Path]]) -> None:
    document, images = files
    ended = run_here(tmp_path, "ko", document, "--json")
    found = ended.json()
    assert (ended.code, ended.errors) == (0, "")
    assert found["title"] == {"value": "113001", "scheme": "DCM", "meaning": "Rejected for Quality Reasons"}
    assert [each["value"] for each in found["modifiers"]] == ["111210"]
    assert (found["is_rejection"], found["comment"], found["creators"]) == (True, "moved", ["KIM^GILDONG"])
    assert [each["sop_instance_uid"] for each in found["references"]] == [
        header_of(each).sop_instance_uid for each in images
    ]
    assert found["references"][0]["frames"] == []
    assert found["identical_documents"] == found["problems"] == []


def test_people_get_lines(tmp_path: Path, files: tuple[Path, list[Path]]) -> None:
    ended = run_here(tmp_path, "ko", files[0])
    lines = ended.output.splitlines()
    assert lines[:2] == ["Rejected: quality  ·  Motion blur", "moved"]
    assert "KIM^GILDONG" in lines[2]
    assert sum(line.startswith("IMAGE") for line in lines) == 2


def test_what_is_no_selection_is_refused_in_one_line(tmp_path: Path, files: tuple[Path, list[Path]]) -> None:
    ended = run_here(tmp_path, "ko", files[1][0])
    assert (ended.code, len(ended.errors.splitlines())) == (1, 1)
    assert run_here(tmp_path, "ko", tmp_path / "nothing.dcm").code == 1
    assert run_here(tmp_path, "ko").code == 2
