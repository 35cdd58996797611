"""`negatoscope export-measurements`: what a journal keeps comes out as report and table."""

import csv
from dataclasses import replace
from pathlib import Path

import pydicom
import pytest

from tests.builders.archive_cycle import run_here
from tests.builders.ct_series import write_ct_series
from tests.flows.command_line import run
from tests.unit.measurement.report.marked import (
    READER,
    anchor_of,
    complaints,
    every_kind,
    ground_of,
    header_of,
    mark,
    plane_anchor,
)
from viewer.dicom.instance_header import InstanceHeader
from viewer.measurement.annotation import Annotation
from viewer.measurement.ground import Ground
from viewer.measurement.scales import refused
from viewer.workspace.measuring.annotation_book import AnnotationBook
from viewer.workspace.measuring.journal import Journal


def keep(folder: Path, *annotations: Annotation) -> None:
    """Keep marks as the window does."""
    book = AnnotationBook()
    journal = Journal(book, folder / "library" / "marks")
    for study in {each.anchor.study_instance_uid for each in annotations}:
        journal.open_study(study)
    book.apply({each.uid: each for each in annotations})
    journal.close()


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def images(tmp_path: Path) -> list[Path]:
    return write_ct_series(tmp_path / "images", 3, 16)


@pytest.fixture
def header(images: list[Path]) -> InstanceHeader:
    return header_of(images[0])


@pytest.fixture
def length(header: InstanceHeader) -> Annotation:
    made = mark("length", anchor_of(header), ground_of(header))
    return replace(made, text="=SUM(A1)", tracking_id="Lesion 1")


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_the_real_command_writes_what_was_asked_for(tmp_path: Path, length: Annotation) -> None:
    keep(tmp_path, length)
    arguments = ("--library", tmp_path / "library", "export-measurements", "images", "--tid1500", "out.dcm")
    ended = run(tmp_path, *arguments, "--csv", "out.csv")
    assert (ended.code, ended.output, ended.errors) == (0, "", "")
    data_set = pydicom.dcmread(tmp_path / "out.dcm")
    assert data_set.StudyInstanceUID == length.anchor.study_instance_uid
    assert str(data_set.AuthorObserverSequence[0].PersonName) == READER
    assert complaints(tmp_path / "out.dcm") == []
    (row,) = rows(tmp_path / "out.csv")
    assert (row["tracking_id"], row["label"], row["quantity"], row["unit"]) == ("Lesion 1", "'=SUM(A1)", "Length", "mm")
    assert float(row["value"]) == length.readings[0].value
    assert row["points"] == "3.25/4.5 11.125/5.75"
    assert (row["created_by"], row["frame"], row["kind"]) == (READER, "1", "length")


def test_a_table_has_a_row_for_every_number_also_without_the_images(tmp_path: Path, header: InstanceHeader) -> None:
    plane = plane_anchor(header)
    marks = [*every_kind(header), mark("angle", plane, Ground(16, 16, plane=plane.plane))]
    marks[0] = replace(marks[0], readings=(refused(marks[0].readings[0].code, "Length", "The image is curved"),))
    marks = [replace(each, uid=f"1.2.{place}") for place, each in enumerate(marks)]
    keep(tmp_path, *marks)
    study = header.study_instance_uid
    ended = run_here(tmp_path, "--library", tmp_path / "library", "export-measurements", study, "--csv", "all.csv")
    assert (ended.code, ended.errors) == (0, "")
    found = rows(tmp_path / "all.csv")
    kept = [each for each in marks if each.points]
    assert len(found) == sum(max(1, len(each.readings)) for each in kept)
    values = [repr(float(value)) for each in kept for r in each.readings if (value := r.value) is not None]
    assert [row["value"] for row in found if row["value"]] == values
    assert (found[0]["value"], found[0]["refusal"]) == ("", "The image is curved")
    assert found[-1]["points"].count("/") == 6  # in the patient
    assert {row["study_instance_uid"] for row in found} == {study}


def test_what_cannot_be_done_is_said_in_one_line(tmp_path: Path, images: list[Path], length: Annotation) -> None:
    library = ("--library", tmp_path / "library")
    for arguments, said, code in (
        (("images", "--csv", "x.csv"), "Nothing was measured there", 1),
        (("1.2.3", "--csv", "x.csv"), "Nothing was measured there", 1),
        (("nowhere", "--csv", "x.csv"), "no Study Instance UID", 1),
        (("images",), "Say what is to be written", 2),
    ):
        ended = run_here(tmp_path, *library, "export-measurements", *arguments)
        assert (ended.code, said in ended.line) == (code, True), ended
    keep(tmp_path, length)
    study = length.anchor.study_instance_uid
    ended = run_here(tmp_path, *library, "export-measurements", study, "--tid1500", "x.dcm")
    assert (ended.code, "images of the study are not there" in ended.line) == (1, True)
    assert not (tmp_path / "x.dcm").exists()
    images[0].unlink()
    ended = run_here(tmp_path, *library, "export-measurements", "images", "--tid1500", "x.dcm")
    assert (ended.code, "images that were measured are not there" in ended.line) == (1, True)


def test_a_later_report_takes_the_place_of_the_one_before(tmp_path: Path, length: Annotation) -> None:
    keep(tmp_path, length)
    library = ("--library", tmp_path / "library")
    run_here(tmp_path, *library, "export-measurements", "images", "--tid1500", "images/first.dcm")
    run_here(tmp_path, *library, "export-measurements", "images", "--tid1500", "images/second.dcm")
    first, second = (pydicom.dcmread(tmp_path / "images" / f"{each}.dcm") for each in ("first", "second"))
    assert "PredecessorDocumentsSequence" not in first
    held = second.PredecessorDocumentsSequence[0].ReferencedSeriesSequence[0].ReferencedSOPSequence[0]
    assert held.ReferencedSOPInstanceUID == first.SOPInstanceUID
    assert complaints(tmp_path / "images" / "second.dcm") == []


def test_states_and_aim_are_written_beside_the_report(tmp_path: Path, header: InstanceHeader) -> None:
    ground, anchor, plane = ground_of(header), anchor_of(header), plane_anchor(header)
    on_plane = mark("angle", plane, Ground(16, 16, plane=plane.plane))
    keep(tmp_path, mark("length", anchor, ground), mark("ellipse", anchor, ground), on_plane)
    library = ("--library", tmp_path / "library")
    arguments = ("export-measurements", "images", "--gsps", "new/states", "--aim", "out.xml")
    ended = run_here(tmp_path, *library, *arguments)
    assert (ended.code, ended.output) == (0, "")
    assert ended.line == "negatoscope: 1 mark was left out: no presentation state can show it"
    (path,) = (tmp_path / "new" / "states").iterdir()
    state = pydicom.dcmread(path)
    assert state.SOPClassUID.name == "Grayscale Softcopy Presentation State Storage"
    types = [
        each.GraphicType for item in state.GraphicAnnotationSequence for each in item.get("GraphicObjectSequence", ())
    ]
    assert sorted(types) == ["ELLIPSE", "POLYLINE"]
    assert str(state.ContentCreatorName) == READER
    assert complaints(path) == []
    document = (tmp_path / "out.xml").read_bytes()
    assert document.count(b"<ImageAnnotation>") == 3


def test_marks_that_no_state_can_show_are_a_failure(tmp_path: Path, header: InstanceHeader) -> None:
    plane = plane_anchor(header)
    keep(tmp_path, mark("angle", plane, Ground(16, 16, plane=plane.plane)))
    ended = run_here(tmp_path, "--library", tmp_path / "library", "export-measurements", "images", "--gsps", "states")
    assert (ended.code, "None of the marks lies on an image" in ended.line) == (1, True)


def test_a_study_in_the_library_is_named_by_its_uid(tmp_path: Path, length: Annotation) -> None:
    library = ("--library", tmp_path / "library")
    assert run_here(tmp_path, *library, "import", "images").code == 0
    keep(tmp_path, length)
    study = length.anchor.study_instance_uid
    ended = run_here(tmp_path, *library, "export-measurements", study, "--tid1500", "out.dcm", "--reader", "LEE^NA")
    assert (ended.code, ended.errors) == (0, "")
    assert str(pydicom.dcmread(tmp_path / "out.dcm").AuthorObserverSequence[0].PersonName) == "LEE^NA"
    assert complaints(tmp_path / "out.dcm") == []


def test_marks_kept_beside_the_settings_count_as_well(tmp_path: Path, length: Annotation) -> None:
    keep(tmp_path, replace(length, text="old"))
    book = AnnotationBook()
    journal = Journal(book, tmp_path / "config" / "unkept-marks")
    journal.open_study(length.anchor.study_instance_uid)
    book.apply({length.uid: replace(length, text="newer"), "2.25.8": replace(length, uid="2.25.8", text="more")})
    journal.close()
    library = ("--library", tmp_path / "library")
    assert run_here(tmp_path, *library, "export-measurements", "images", "--csv", "out.csv").code == 0
    assert [row["label"] for row in rows(tmp_path / "out.csv")] == ["newer", "more"]
