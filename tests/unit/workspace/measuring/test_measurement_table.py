"""Marks as a list and as text: grouped by study, of one patient where they are compared, found where they lie."""

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from viewer.dicom.codes import Code
from viewer.dicom.image_plane import ImagePlane
from viewer.measurement.annotation import Annotation, ImageAnchor, PlaneAnchor
from viewer.measurement.kinds.length import LENGTH
from viewer.measurement.reading import HOUNSFIELD, MILLIMETER, PIXEL, Reading
from viewer.volume.reslice_plane import Projection
from viewer.workspace.display_set_catalogue import DisplaySetCatalogue
from viewer.workspace.measuring.copying import (
    comparison_as_csv,
    comparison_as_text,
    marks_as_csv,
    marks_as_text,
)
from viewer.workspace.measuring.lesion_deeds import edit_lesions, pair, pair_by_names, part, rename
from viewer.workspace.measuring.lesions import ROLE, Role, lesion_of, with_parameter
from viewer.workspace.measuring.mark_places import MarkPlaces, go_to
from viewer.workspace.measuring.measurement_table import (
    StudyMarks,
    compared,
    grouped,
    marks_of_patient,
    name_of,
    numbers_of,
)
from viewer.workspace.study_tree import StudyTree
from viewer.workspace.workspace import SharedState, Workspace

MakeStack = Callable[..., list[Any]]
OLD, NEW, OTHER = "1.2.1", "1.2.2", "1.2.3"


@pytest.fixture
def workspace(make_stack: MakeStack) -> Workspace:
    tree = StudyTree()
    catalogue = DisplaySetCatalogue(tree)
    found = Workspace(SharedState(tree, catalogue, lambda _paths: None))
    for study, date, patient in ((OLD, "20250101", "1"), (NEW, "20260101", "1"), (OTHER, "20260101", "2")):
        tree.add(make_stack(3, study=study, series=f"{study}.4", study_date=date, patient_id=patient))
    show(found, NEW)
    return found


def show(workspace: Workspace, study: str, cell: int = 0, index: int = 0) -> None:
    series = next(each for each in workspace.tree.all_series() if each.study.study_instance_uid == study)
    workspace.show(workspace.catalogue.of_series(series.key)[0].key, cell, index)


def images(workspace: Workspace, study: str) -> list[str]:
    series = next(each for each in workspace.tree.all_series() if each.study.study_instance_uid == study)
    return [image.header.sop_instance_uid for image in workspace.catalogue.of_series(series.key)[0].images]


def put(
    workspace: Workspace, uid: str, study: str, index: int = 0, *, value: float | None = 10.0, name: str = ""
) -> Annotation:
    anchor = ImageAnchor(study, f"{study}.4", "1.2.840.10008.5.1.4.1.1.2", images(workspace, study)[index])
    reading = Reading(LENGTH, "Length", value, MILLIMETER, "mm", refusal="" if value is not None else "truncated")
    mark = Annotation(uid, "length", anchor, ((1.0, 1.0), (2.0, 2.0)), tracking_id=name, readings=(reading,))
    workspace.shared.annotations.apply({uid: mark})
    return mark


def study_in(group: StudyMarks) -> str:
    return group.marks[0].anchor.study_instance_uid


def places(workspace: Workspace) -> MarkPlaces:
    return MarkPlaces(workspace.tree, workspace.catalogue)


def test_the_study_on_screen_comes_first_its_priors_then_other_patients(workspace: Workspace) -> None:
    for study in (OTHER, OLD, NEW):
        put(workspace, f"m{study}", study)
    found = grouped(workspace, places(workspace))
    assert [(study_in(each), each.is_prior) for each in found] == [(NEW, False), (OLD, True), (OTHER, False)]
    show(workspace, OLD)
    found = grouped(workspace, places(workspace))
    assert [(study_in(each), each.is_prior) for each in found] == [(OLD, False), (NEW, False), (OTHER, False)]


def test_a_study_uid_that_two_patients_share_mixes_nothing(workspace: Workspace, make_stack: MakeStack) -> None:
    made = make_stack(1, study=NEW, series=f"{NEW}.5", patient_id="2", name="LEE^SHIN")
    workspace.tree.add(made)
    mine = put(workspace, "mine", NEW)
    anchor = replace(mine.anchor, series_instance_uid=f"{NEW}.5")
    workspace.shared.annotations.apply({"theirs": replace(mine, uid="theirs", anchor=anchor)})
    found = grouped(workspace, places(workspace))
    assert [[mark.uid for mark in each.marks] for each in found] == [["mine"], ["theirs"]]
    assert "SHIN" in found[1].title
    assert "GILDONG" in found[0].title
    assert [each.uid for each in marks_of_patient(workspace)] == ["mine"]


def test_marks_of_a_series_are_in_the_order_of_its_images(workspace: Workspace) -> None:
    for uid, index in (("c", 2), ("a", 0), ("b", 2)):
        put(workspace, uid, NEW, index)
    (study,) = grouped(workspace, places(workspace))
    (series,) = study.series
    assert [mark.uid for mark in series.marks] == ["a", "c", "b"]
    assert series.numbers == (1, 3, 3)


def test_marks_of_a_study_that_is_not_known_are_listed_all_the_same(workspace: Workspace) -> None:
    mark = put(workspace, "a", NEW)
    lost = replace(mark, uid="lost", anchor=ImageAnchor("9.9", "9.9.1", "1.2", "9.9.1.1"))
    workspace.shared.annotations.apply({"lost": lost})
    found = grouped(workspace, places(workspace))
    assert [study_in(each) for each in found] == [NEW, "9.9"]
    assert found[1].series[0].numbers == (None,)


def test_only_the_patient_on_screen_is_compared(workspace: Workspace) -> None:
    for study in (OLD, NEW, OTHER):
        put(workspace, f"m{study}", study, name="Lesion 1")
    assert [each.study_instance_uid for each in compared(workspace).timepoints] == [OLD, NEW]
    assert [each.date for each in compared(workspace).timepoints] == ["2025-01-01", "2026-01-01"]
    assert {each.anchor.study_instance_uid for each in marks_of_patient(workspace)} == {OLD, NEW}
    assert pair_by_names(workspace) == 1
    marks = {each.anchor.study_instance_uid: each for each in workspace.shared.annotations.everything()}
    assert lesion_of(marks[OLD]) == lesion_of(marks[NEW]) != lesion_of(marks[OTHER])


def test_pairs_are_made_and_parted_and_undone(workspace: Workspace) -> None:
    put(workspace, "old", OLD, name="Node")
    put(workspace, "new", NEW)
    book = workspace.shared.annotations
    pair(workspace, "new", "old")
    new, old = book.get("new"), book.get("old")
    assert new is not None
    assert old is not None
    assert lesion_of(new) == lesion_of(old)
    assert new.tracking_id == "Node"
    rename(workspace, "new", "Node 7")
    assert [each.tracking_id for each in book.everything()] == ["Node 7", "Node 7"]
    edit_lesions(workspace, ["new"], "Role", lambda each: with_parameter(each, ROLE, Role.TARGET.value))
    assert all(each.parameter(ROLE) == "target" for each in book.everything())
    part(workspace, ["old"])
    assert len({lesion_of(each) for each in book.everything()}) == 2
    for _step in range(4):
        workspace.undo()
    assert [(each.tracking_id, each.tracking_uid, each.parameters) for each in book.everything()] == [
        ("Node", "", ()),
        ("", "", ()),
    ]


def test_a_mark_is_gone_to_where_its_series_is_shown(workspace: Workspace) -> None:
    mark = put(workspace, "old", OLD, 2)
    workspace.set_layout(1, 2)
    show(workspace, OLD, 1)
    assert go_to(workspace, mark, places(workspace)) == ""
    assert (workspace.active, workspace.viewport(1).index) == (1, 2)
    assert workspace.shared.annotations.selected == {"old"}
    other = put(workspace, "other", OTHER, 1)
    assert go_to(workspace, other, places(workspace)) == ""
    assert workspace.viewport(1).index == 1
    gone = replace(mark, anchor=ImageAnchor("9.9", "9.9.1", "1.2", "9.9.1.1"))
    assert "not open" in go_to(workspace, gone, places(workspace))


def test_a_mark_on_a_plane_is_gone_to_by_a_plane_that_lies_as_it_did(workspace: Workspace) -> None:
    from viewer.workspace.volume_planes import view_axes

    slanted = ImagePlane((-50.0, -20.0, -90.0), (0.6, 0.8, 0.0), (0.0, 0.0, -1.0), 0.5, 0.5)
    anchor = PlaneAnchor(NEW, f"{NEW}.4", "", slanted, 100, 100, 5.0, Projection.MAXIMUM.value)
    mark = Annotation("plane", "length", anchor, ((10.5, 20.5), (30.5, 20.5)))
    workspace.shared.annotations.apply({"plane": mark})
    assert go_to(workspace, mark, places(workspace)) == ""
    view = workspace.viewport(0).volume
    assert view is not None
    right, down, normal = view_axes(view)
    assert right == pytest.approx(slanted.row_direction)
    assert down == pytest.approx(slanted.column_direction)
    assert normal == pytest.approx(slanted.normal)
    assert view.center_mm == pytest.approx(slanted.point_patient(20.0, 20.0))
    assert view.thickness_mm == 5.0
    deep = replace(mark, anchor=replace(anchor, is_deep=True))
    assert "projection" in go_to(workspace, deep, places(workspace))


def test_rows_tell_the_main_numbers_or_why_there_are_none(workspace: Workspace) -> None:
    mark = put(workspace, "a", NEW, value=12.34)
    assert numbers_of(mark) == "12.3 mm"
    assert name_of(mark) == "Length"
    assert numbers_of(put(workspace, "b", NEW, value=None)) == "Not measured: truncated"
    density = Code("112031", "DCM", "Attenuation Coefficient")
    region = replace(
        mark,
        readings=(
            Reading(density, "Mean", -5.0, HOUNSFIELD),
            Reading(density, "SD", 2.0, HOUNSFIELD),
            Reading(density, "Median", 3.0, HOUNSFIELD),
            Reading(density, "Area", 4.0, PIXEL),
        ),
    )
    assert numbers_of(region) == "Mean −5.0 ± 2.0 HU · Area 4.0 px"


def test_copies_tell_number_scale_and_image(workspace: Workspace) -> None:
    mark = put(workspace, "a", NEW, 1, value=12.345678901234, name="Lesion\n1")
    (line,) = marks_as_text(workspace, [mark], places(workspace)).splitlines()
    assert line == "Lesion 1: Length 12.3 mm [2026-01-01, series 2, image 2]"
    refused = marks_as_text(workspace, [put(workspace, "b", NEW, value=None)], places(workspace))
    assert "Not measured: truncated" in refused
    (row,) = csv.DictReader(io.StringIO(marks_as_csv([mark])))
    assert row["value"] == "12.345678901234"


def test_comparisons_are_copied_with_all_that_must_be_said(workspace: Workspace) -> None:
    for study, value in ((OLD, 20.0), (NEW, 30.0)):
        mark = put(workspace, f"m{study}", study, value=value, name="=A")
        made = with_parameter(replace(mark, tracking_uid="2.25.1"), ROLE, Role.TARGET.value)
        workspace.shared.annotations.apply({made.uid: made})
    found = compared(workspace)
    text = comparison_as_text(found)
    assert "+10.0 mm (+50.0 %)" in text
    assert "PD by sum: at least 20 % and 5 mm" in text
    rows = list(csv.DictReader(io.StringIO(comparison_as_csv(found))))
    assert [each["lesion"] for each in rows] == ["'=A", "'=A", "sum", "sum"]
    assert [each["value"] for each in rows] == ["20.0", "30.0", "20.0", "30.0"]
    assert [each["since_baseline_percent"] for each in rows] == ["", "50.0", "", "50.0"]
    assert [each["by_sum"] for each in rows] == ["", "", "", "PD"]
