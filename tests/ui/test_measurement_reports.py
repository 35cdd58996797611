"""Measurements in the real window: saved as a report, saved again as its next version, taken over, exported."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pydicom
import pytest
from PySide6.QtWidgets import QApplication, QFileDialog

from tests.builders.ct_series import write_ct_series
from tests.ui.flow_steps import wait_for
from tests.ui.program_window import open_window
from tests.ui.test_key_images import end, make_programme
from viewer.application.programme import Programme
from viewer.application.qt_texts import set_qt_language
from viewer.base.byte_source import FileBytes
from viewer.base.jobs import Progress
from viewer.dicom.image_plane import ImagePlane
from viewer.library.library import Library
from viewer.measurement.annotation import Annotation, ImageAnchor, PlaneAnchor
from viewer.ui.main_window import MainWindow
from viewer.ui.measuring.save_measurements_dialog import SaveMeasurementsDialog, summary
from viewer.workspace.commands.table import BY_ID
from viewer.workspace.measuring.annotation_deeds import change
from viewer.workspace.measuring.here import here_at
from viewer.workspace.object_saving import IntoLibrary
from viewer.workspace.reporting.measurement_saving import MakeMeasurementReport, ReportWording
from viewer.workspace.reporting.measurement_taking import TakeMeasurements, places, put_marks

POINTS = ((4.0, 5.0), (20.0, 21.0))


@pytest.fixture
def programme(qapp: QApplication, tmp_path: Path) -> Iterator[Programme]:
    made = make_programme(qapp, tmp_path)
    yield made
    end(made)
    set_qt_language(qapp, "en")


@pytest.fixture
def window(programme: Programme, tmp_path: Path) -> MainWindow:
    images = write_ct_series(tmp_path / "disc", 3, 32, elements={"PatientName": "KIM^GILDONG"})
    return open_window(programme, images[0].parent)


def draw(window: MainWindow, kind: str = "length") -> Annotation:
    workspace = window.workspace
    here = here_at(workspace, workspace.active)
    assert not isinstance(here, str)
    made = here.finished(Annotation("2.25.77", kind, here.anchor, POINTS))
    change(workspace, {made.uid: made}, "Draw")
    found = workspace.shared.annotations.get(made.uid)
    assert found is not None
    return found


def the_dialog(window: MainWindow) -> SaveMeasurementsDialog:
    dialogs = window.findChildren(SaveMeasurementsDialog)
    return dialogs[-1]


def reports_in(folder: Path) -> list[pydicom.Dataset]:
    with Library(folder) as library:
        paths = [library.store.path_of(kept) for kept in library.catalogue.every_kept()]
    found = [pydicom.dcmread(path) for path in paths]
    return sorted((each for each in found if each.Modality == "SR"), key=lambda each: str(each.ContentTime))


def run(window: MainWindow, command: str) -> None:
    BY_ID[command].run(window.workspace)


def test_nothing_can_be_saved_before_something_is_marked(window: MainWindow) -> None:
    workspace = window.workspace
    assert not BY_ID["marks.save"].enabled(workspace)
    assert not BY_ID["marks.export"].enabled(workspace)
    draw(window)
    assert BY_ID["marks.save"].enabled(workspace)
    assert BY_ID["marks.export"].enabled(workspace)


def test_marks_that_come_from_elsewhere_can_be_saved_at_once(window: MainWindow) -> None:
    made = draw(window)
    book = window.workspace.shared.annotations
    action = window.actions_table["marks.save"]
    wait_for(action.isEnabled)
    book.take({made.uid: None})
    wait_for(lambda: not action.isEnabled())
    book.take({made.uid: made})
    wait_for(action.isEnabled)


def test_an_aim_document_is_taken_over_from_a_file(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = window.workspace
    made = draw(window)
    make = MakeMeasurementReport((made,), tuple(workspace.tree.headers()), ReportWording("LEE^NA"))
    path = tmp_path / "marks.xml"
    path.write_bytes(make.aim(Progress()))
    change(workspace, {made.uid: None}, "Remove")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_given: (str(path), ""))
    offered: list[Callable[[str], None]] = []
    monkeypatch.setattr(
        "viewer.ui.dialogs.choice_popup.ChoicePopup.offer",
        lambda _popup, _prompt, choices, chosen: offered.append(lambda _key: chosen(choices[-1].key)),
    )
    run(window, "marks.take_over")
    offered[0]("")
    wait_for(workspace.shared.annotations.everything)
    (found,) = workspace.shared.annotations.everything()
    assert (found.kind, found.points, found.tracking_uid) == ("length", made.points, made.uid)
    assert workspace.shared.annotations.selected == {found.uid}


def save(window: MainWindow, reader: str = "KIM^GILDONG") -> None:
    run(window, "marks.save")
    dialog = the_dialog(window)
    dialog.names_reader.setChecked(True)
    dialog.reader.setText(reader)
    assert dialog.place.destinations == (IntoLibrary(),)
    dialog.accept()


def test_what_is_saved_twice_is_two_versions_of_one_report(window: MainWindow, tmp_path: Path) -> None:
    made = draw(window)
    save(window)
    wait_for(lambda: len(reports_in(tmp_path / "library")) == 1)
    save(window)
    wait_for(lambda: len(reports_in(tmp_path / "library")) == 2)
    first, second = reports_in(tmp_path / "library")
    held = second.PredecessorDocumentsSequence[0].ReferencedSeriesSequence[0].ReferencedSOPSequence[0]
    assert held.ReferencedSOPInstanceUID == first.SOPInstanceUID
    for each in (first, second):
        assert made.uid in {str(item.value) for item in each.iterall() if item.keyword == "UID"}
        assert str(each.AuthorObserverSequence[0].PersonName) == "KIM^GILDONG"


def test_a_report_is_taken_over_once_and_undone(window: MainWindow, tmp_path: Path) -> None:
    made = draw(window)
    workspace = window.workspace
    make = MakeMeasurementReport((made,), tuple(workspace.tree.headers()), ReportWording("LEE^NA"))
    (path,) = make(tmp_path, Progress())
    taken = TakeMeasurements(FileBytes(path), places(workspace)).run(Progress())
    assert put_marks(workspace, taken) == "0 marks taken over; 1 was there already"
    change(workspace, {made.uid: None}, "Remove")
    assert put_marks(workspace, taken) == "1 mark taken over"
    (found,) = workspace.shared.annotations.everything()
    assert (found.points, found.tracking_uid, found.is_locked) == (made.points, made.uid, True)
    assert found.group == f"Report of {made.provenance.created_by}"
    assert [each.value for each in found.readings] == [each.value for each in made.readings]
    workspace.undo()
    assert workspace.shared.annotations.everything() == ()


@pytest.mark.parametrize(("form", "ending"), [("TABLE", ".csv"), ("REPORT", ".dcm")])
def test_marks_are_exported_into_a_file(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str, ending: str
) -> None:
    draw(window)
    path = tmp_path / f"out{ending}"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_given: (str(path.with_suffix("")), ""))
    measurements = window.workspace.window.measurements  # type: ignore[union-attr]  # it is open
    assert measurements is not None
    choose: list[Callable[[str], None]] = []
    monkeypatch.setattr(
        "viewer.ui.dialogs.choice_popup.ChoicePopup.offer",
        lambda _popup, _prompt, _choices, chosen: choose.append(chosen),
    )
    measurements.export()
    choose[0](form)
    wait_for(path.exists)
    assert path.stat().st_size > 100


def test_the_dialog_says_what_is_saved_and_what_is_lost(window: MainWindow) -> None:
    made = draw(window)
    assert summary((made,)) == "1 mark  ·  1 number"
    run(window, "marks.save")
    dialog = the_dialog(window)
    dialog.kind.setCurrentIndex(2)
    assert not dialog.loss.isVisible()
    assert dialog.wording.is_flat_wanted
    assert isinstance(made.anchor, ImageAnchor)
    anchor = PlaneAnchor(made.anchor.study_instance_uid, "1", "2", _plane(), 9, 9)

    on_plane = SaveMeasurementsDialog(
        window, dialog.place._host, (replace(made, anchor=anchor),), "", lambda *_chosen: None
    )
    on_plane.show()
    on_plane.kind.setCurrentIndex(2)
    assert "1 mark on a plane is written without its place" in on_plane.loss.text()
    assert on_plane.loss.isVisible()
    on_plane.close()
    dialog.close()


def _plane() -> ImagePlane:

    return ImagePlane((0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), 1.0, 1.0)
