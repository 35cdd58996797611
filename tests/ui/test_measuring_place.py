"""Marks in the whole program: they come back, are measured anew, erased, and kept or said not to be."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QLabel

from tests.ui.program_window import open_window, pass_time, running, write_series
from viewer.application.programme import Programme
from viewer.library.study_marks import MARKS
from viewer.measurement.annotation import Annotation
from viewer.ui.browser.library_dialogs import SureDialog
from viewer.ui.measuring.keeping_warning import KeepingWarning
from viewer.workspace.measuring.annotation_deeds import change
from viewer.workspace.measuring.calibrating import calibrate, calibration_at, take_calibration_away
from viewer.workspace.measuring.measuring import anchor_at, ground_at, measured
from viewer.workspace.workspace import Workspace


@pytest.fixture
def series(tmp_path: Path) -> Path:
    return write_series(tmp_path / "ct")


@pytest.fixture
def programme(qapp: QApplication, tmp_path: Path) -> Iterator[Programme]:
    with running(qapp, tmp_path) as made:
        yield made


def draw(workspace: Workspace, uid: str = "2.25.1", end: float = 30.0) -> Annotation:
    """Measure a length on the active picture, as a hand does."""
    anchor, ground = anchor_at(workspace, 0), ground_at(workspace, 0)
    assert anchor is not None
    assert ground is not None
    made = measured(Annotation(uid, "length", anchor, ((10.0, 10.0), (end, 10.0))), ground)
    change(workspace, {uid: made}, "Length")
    return made


def value(workspace: Workspace, uid: str = "2.25.1") -> float | None:
    mark = workspace.shared.annotations.get(uid)
    assert mark is not None
    return mark.readings[0].value if mark.readings else None


def test_marks_come_back_with_their_study_and_say_whose_they_are(
    qapp: QApplication, tmp_path: Path, series: Path
) -> None:
    with running(qapp, tmp_path) as first:
        first.measuring.set_reader("  Kim  Gildong ")
        workspace = open_window(first, series).workspace
        made = draw(workspace)
        assert made.readings[0].value is not None
        kept = workspace.shared.annotations.get("2.25.1")
        assert kept is not None
        assert kept.provenance.created_by == "Kim Gildong"
        assert kept.provenance.program.startswith("Negatoscope ")
    with running(qapp, tmp_path) as again:
        told: list[str] = []
        again.measuring.journal.told.connect(told.append)
        open_window(again, series)
        assert again.shared.annotations.everything() == (kept,)
        assert told == [f"1 measurement of {kept.provenance.created_at[:10]} by Kim Gildong restored"]
        (study,) = again.tree.studies()
        again.tree.remove_study(study.key)
        assert again.shared.annotations.everything() == ()
        again.opener.open([series])
        pass_time(1.0)
        assert again.shared.annotations.everything() == (kept,)


def test_a_known_length_measures_marks_of_its_image_anew_and_undo_takes_it_back(
    programme: Programme, series: Path
) -> None:
    workspace = open_window(programme, series).workspace
    draw(workspace)
    before = value(workspace)
    assert before is not None
    assert calibrate(workspace, 0, ((0.0, 0.0), (10.0, 0.0)), 50.0) == ""
    assert value(workspace) == pytest.approx(100.0)  # 20 columns of 5 mm
    mark = workspace.shared.annotations.get("2.25.1")
    assert mark is not None
    assert mark.provenance.calibration == "mm (cal. fiducial): known length 50 mm"
    draw(workspace, end=50.0)
    assert value(workspace) == pytest.approx(200.0)
    take_calibration_away(workspace, 0)
    assert calibration_at(workspace, 0) is None
    assert value(workspace) == pytest.approx(2 * before)
    workspace.undo()
    workspace.undo()
    assert value(workspace) == pytest.approx(100.0)
    workspace.undo()
    assert value(workspace) == pytest.approx(before)
    workspace.redo()
    assert value(workspace) == pytest.approx(100.0)
    assert "no length" in calibrate(workspace, 0, ((0.0, 0.0), (10.0, 0.0)), -1.0)


def test_a_mark_that_comes_back_from_under_another_scale_has_no_wrong_number(
    programme: Programme, series: Path
) -> None:
    workspace = open_window(programme, series).workspace
    other = programme.open_window((1280, 800)).workspace
    draw(workspace)
    before = value(workspace)
    draw(workspace, end=50.0)
    other.show(workspace.viewport(0).display_set_key, 0)
    pass_time(0.5)
    assert calibrate(other, 0, ((0.0, 0.0), (10.0, 0.0)), 50.0) == ""
    assert value(workspace) == pytest.approx(200.0)
    workspace.undo()  # the length, in the window that drew it: the scale of the other one stays
    assert value(workspace) == pytest.approx(100.0)
    assert before != pytest.approx(100.0)


def test_what_is_not_kept_is_said_until_it_is(programme: Programme, series: Path, tmp_path: Path) -> None:
    window = open_window(programme, series)
    folder = tmp_path / "config" / MARKS
    folder.parent.mkdir(exist_ok=True)
    folder.write_bytes(b"in its place")
    (warning,) = window.findChildren(KeepingWarning)
    assert warning.isHidden()
    draw(window.workspace)
    assert not warning.isHidden()
    assert "What you mark is not kept on the disk" in warning.toolTip()
    (second,) = programme.open_window((1280, 800)).findChildren(KeepingWarning)
    assert not second.isHidden()
    os.unlink(folder)  # noqa: PTH108 - it is no folder
    warning.click()
    assert warning.isHidden()
    assert second.isHidden()
    assert list(folder.glob("*.jsonl"))


def test_an_erased_patient_leaves_no_marks(programme: Programme, series: Path, tmp_path: Path) -> None:
    workspace = open_window(programme, series).workspace
    draw(workspace)
    folder = tmp_path / "config" / MARKS
    assert list(folder.glob("*.jsonl"))
    (study,) = programme.tree.studies()
    programme.tree.remove_study(study.key)
    programme.measuring.erased([study.study_instance_uid])
    pass_time(0.1)
    assert not list(folder.glob("*.jsonl"))
    workspace.undo()
    assert programme.shared.annotations.everything() == ()


def test_the_last_window_asks_before_marks_are_lost(programme: Programme, series: Path, tmp_path: Path) -> None:
    window = open_window(programme, series)
    programme.is_attended = True
    for name in (MARKS, "unkept-marks"):
        (tmp_path / "config" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "config" / name).write_bytes(b"in its place")
    draw(window.workspace)
    assert not window.close()
    assert window.isVisible()
    (dialog,) = window.findChildren(SureDialog)
    assert "1 mark would be lost" in " ".join(each.text() for each in dialog.findChildren(QLabel))
    dialog.reject()
    (tmp_path / "config" / "unkept-marks").unlink()
    assert window.close()  # there is a place for it now
    assert list((tmp_path / "config" / "unkept-marks").glob("*.jsonl"))
