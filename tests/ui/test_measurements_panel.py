"""The page of measurements: the list in step with the viewports, keys, details, lesions over studies, calibration."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pydicom
import pytest
from pydicom.uid import UID
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QDoubleSpinBox, QLineEdit

from tests.builders.ct_series import write_ct_series
from tests.ui.flow_steps import wait_for
from tests.ui.program_window import open_window, pass_time, running
from viewer.application.programme import Programme
from viewer.application.screenshot import wait_until_settled
from viewer.measurement.annotation import Annotation
from viewer.measurement.kinds.table import kind_of
from viewer.ui.main_window import MainWindow
from viewer.ui.measuring.calibrate_dialog import CalibrateDialog
from viewer.ui.measuring.comparison_dialog import ComparisonDialog
from viewer.ui.measuring.measurement_menu import measurement_menu
from viewer.ui.measuring.measurements_panel import MeasurementsPanel
from viewer.workspace.measuring.annotation_deeds import change
from viewer.workspace.measuring.here import Here, here_at, new_uid
from viewer.workspace.measuring.lesions import lesion_of, role_of

NONE, CONTROL = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier
NAME = "홍길동의 아주 긴 이름을 가진 병변 " * 4


def study(folder: Path, uid: str, date: str) -> Path:
    """Write a study of one patient, with UIDs of its own."""
    for path in write_ct_series(folder, 4, 64, elements={"StudyDate": date, "PatientName": "KIM^GILDONG"}):
        dataset = pydicom.dcmread(path)
        dataset.StudyInstanceUID, dataset.SeriesInstanceUID = uid, f"{uid}.1"
        dataset.SOPInstanceUID = UID(f"{uid}.1.{dataset.InstanceNumber}")
        dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
        dataset.save_as(path)
    return folder


class Page:
    """A window with two studies of a patient, and its page."""

    def __init__(self, programme: Programme, window: MainWindow) -> None:
        self.programme, self.window, self.workspace = programme, window, window.workspace
        self.book = self.workspace.shared.annotations
        self.keys = {
            series.study.date: programme.shared.catalogue.of_series(series.key)[0].key
            for series in programme.tree.all_series()
        }

    def show(self, date: str, index: int) -> None:
        self.workspace.show(self.keys[date], 0, index)
        self.settle()

    def settle(self) -> None:
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        wait_until_settled(application, self.programme, self.window)

    def mark(self, kind: str, *points: tuple[float, float], name: str = "") -> Annotation:
        here = here_at(self.workspace, 0)
        assert isinstance(here, Here)
        made = Annotation(new_uid(), kind, here.anchor, points, tracking_id=name)
        made = here.finished(replace(made, points=kind_of(kind).settled(points, here.ground)))
        change(self.workspace, {made.uid: made}, "Mark")
        return self.now(made)

    def now(self, mark: Annotation) -> Annotation:
        found = self.book.get(mark.uid)
        assert found is not None
        return found

    @property
    def panel(self) -> MeasurementsPanel:
        found = self.window.findChild(MeasurementsPanel)
        assert isinstance(found, MeasurementsPanel)
        return found

    def open(self) -> MeasurementsPanel:
        self.window.actions_table.run("marks.page")
        self.settle()
        self.panel.refresh()
        return self.panel

    def press(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = NONE) -> None:
        """Press a key in the list, as a window hands it on: first as what might be a command's."""
        listed = self.panel.list
        asked = QKeyEvent(QEvent.Type.ShortcutOverride, key, modifiers)
        asked.ignore()
        QApplication.sendEvent(listed, asked)
        assert asked.isAccepted(), "the window would take this key"
        QTest.keyClick(listed, key, modifiers)
        self.panel.refresh()


def choose(panel: MeasurementsPanel, mark: Annotation) -> None:
    item = panel.list.item_of(mark.uid)
    assert item is not None
    panel.list.setCurrentItem(item)


def enter(field: QComboBox, words: str) -> None:
    line = field.lineEdit()
    assert line is not None
    field.setEditText(words)
    QTest.keyClick(line, Qt.Key.Key_Return)


@pytest.fixture
def page(qtbot: object, tmp_path: Path) -> Iterator[Page]:
    del qtbot
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    old = study(tmp_path / "old", "1.2.3.1", "20260105")
    new = study(tmp_path / "new", "1.2.3.2", "20260305")
    with running(application, tmp_path) as programme:
        window = open_window(programme, old, new)
        yield Page(programme, window)


def test_the_empty_page_says_how_to_begin(page: Page) -> None:
    panel = page.open()
    assert "measuring tool" in panel._nothing.text()
    assert panel._nothing.isVisible()
    assert not panel.list.isVisible()


def test_marks_stand_under_their_study_and_series_priors_below(page: Page) -> None:
    page.show("20260105", 1)
    page.mark("length", (5, 5), (25, 5), name=NAME)
    page.show("20260305", 3)
    page.mark("length", (5, 5), (25, 5))
    page.show("20260305", 0)
    page.mark("ellipse", (10, 10), (30, 30))
    listed = page.open().list
    tops = [listed.topLevelItem(place) for place in range(listed.topLevelItemCount())]
    titles = [item.text(0) for item in tops if item is not None]
    assert titles[0].startswith("2026-03-05")
    assert titles[1].startswith("Prior: 2026-01-05")
    rows = [listed.row(uid) for uid in listed.all_uids()]
    assert [(row.mark.kind, row.number) for row in rows if row] == [("ellipse", 1), ("length", 4), ("length", 2)]
    page.show("20260105", 1)
    page.panel.refresh()
    first = listed.topLevelItem(0)
    assert first is not None
    assert first.text(0).startswith("2026-01-05")


def test_return_and_a_click_go_to_the_mark(page: Page) -> None:
    page.show("20260105", 1)
    old = page.mark("length", (5, 5), (25, 5))
    page.show("20260305", 3)
    new = page.mark("length", (5, 5), (25, 5))
    page.show("20260305", 0)
    listed = page.open().list
    item = listed.item_of(new.uid)
    assert item is not None
    listed.setCurrentItem(item)
    QTest.keyClick(listed, Qt.Key.Key_Return)
    page.settle()
    assert page.workspace.viewport(0).index == 3
    assert page.book.selected == {new.uid}
    other = listed.item_of(old.uid)
    assert other is not None
    QTest.mouseClick(listed.viewport(), Qt.MouseButton.LeftButton, NONE, listed.visualItemRect(other).center())
    page.settle()
    assert page.workspace.viewport(0).display_set_key == page.keys["20260105"]
    assert page.workspace.viewport(0).index == 1


def test_a_viewport_that_shows_the_series_is_scrolled_there(page: Page) -> None:
    page.show("20260305", 3)
    mark = page.mark("length", (5, 5), (25, 5))
    page.workspace.set_layout(1, 2)
    page.workspace.show(page.keys["20260305"], 1, 0)
    page.workspace.show(page.keys["20260105"], 0, 0)
    page.workspace.activate(0)
    page.settle()
    page.open().go(mark.uid)
    assert page.workspace.active == 1
    assert page.workspace.viewport(1).index == 3
    assert page.workspace.viewport(0).display_set_key == page.keys["20260105"]


def test_what_is_selected_in_a_viewport_is_chosen_in_the_list_and_vice_versa(page: Page) -> None:
    page.show("20260305", 0)
    first, second = page.mark("length", (5, 5), (25, 5)), page.mark("length", (5, 9), (25, 9))
    panel = page.open()
    page.book.select({second.uid})
    panel.refresh()
    assert panel.list.chosen() == (second.uid,)
    item = panel.list.item_of(first.uid)
    assert item is not None
    item.setSelected(True)
    assert page.book.selected == {first.uid, second.uid}


def test_f2_renames_in_place_and_undo_takes_it_back(page: Page) -> None:
    page.show("20260305", 0)
    mark = page.mark("length", (5, 5), (25, 5))
    panel = page.open()
    choose(panel, mark)
    page.press(Qt.Key.Key_F2)
    field = panel.list.findChild(QLineEdit)
    assert isinstance(field, QLineEdit)
    field.setText("병변 1")
    QTest.keyClick(field, Qt.Key.Key_Return)
    pass_time(0.05)
    assert page.now(mark).tracking_id == "병변 1"
    page.workspace.undo()
    assert page.now(mark).tracking_id == ""


def test_keys_of_the_list_are_its_own(page: Page) -> None:
    page.show("20260305", 0)
    mark = page.mark("length", (5, 5), (25, 5), name="A")
    panel = page.open()
    choose(panel, mark)
    page.press(Qt.Key.Key_L, CONTROL)
    assert page.now(mark).is_locked
    page.press(Qt.Key.Key_Delete)
    assert page.now(mark).is_locked, "locked marks stay"
    page.press(Qt.Key.Key_L, CONTROL)
    page.press(Qt.Key.Key_H, CONTROL)
    assert page.now(mark).is_hidden
    assert page.book.selected == {mark.uid}, "it stays chosen, to be shown again"
    page.press(Qt.Key.Key_H, CONTROL)
    page.press(Qt.Key.Key_C, CONTROL)
    told = QApplication.clipboard().text()
    assert told.startswith("A: Length ")
    assert "[2026-03-05" in told
    page.press(Qt.Key.Key_Delete)
    assert page.book.get(mark.uid) is None
    assert panel.list.count == 0


def test_all_of_the_study_are_chosen_and_nothing_of_others(page: Page) -> None:
    page.show("20260105", 0)
    page.mark("length", (5, 5), (25, 5))
    page.show("20260305", 0)
    here = {page.mark("length", (5, y), (25, y)).uid for y in (5.0, 9.0)}
    page.open()
    page.press(Qt.Key.Key_A, CONTROL)
    assert page.book.selected == here


def test_the_list_is_narrowed_by_words(page: Page) -> None:
    page.show("20260305", 0)
    first = page.mark("length", (5, 5), (25, 5), name="간 병변")
    page.mark("ellipse", (5, 5), (25, 25))
    panel = page.open()
    panel._search.setText("간")
    assert panel.list.all_uids() == (first.uid,)
    panel._search.setText("")
    assert len(panel.list.all_uids()) == 2


def test_details_tell_every_number_and_a_histogram_that_counts_all_pixels(page: Page) -> None:
    page.show("20260305", 0)
    mark = page.mark("ellipse", (10, 10), (40, 40))
    panel = page.open()
    page.book.select({mark.uid})
    panel.refresh()
    pass_time(0.3)
    texts = dict(panel.details.readings.texts())
    assert set(texts) >= {"Area", "Mean", "SD", "Min", "Max", "Median", "Pixels"}
    by_title = {each.title: each for each in mark.readings}
    mean = by_title["Mean"].value
    assert mean is not None
    assert texts["Mean"].replace("−", "-").startswith(f"{mean:.10g}")
    assert panel.details.plot is not None
    shown = panel.details.plot.shown
    assert shown is not None
    assert shown.histogram is not None
    assert sum(shown.histogram.counts) == by_title["Pixels"].value


def test_findings_and_sites_are_coded_for_all_that_are_chosen(page: Page) -> None:
    page.show("20260305", 0)
    marks = [page.mark("length", (5, y), (25, y)) for y in (5.0, 9.0)]
    panel = page.open()
    page.book.select(each.uid for each in marks)
    panel.refresh()
    properties = panel.details.properties
    enter(properties.finding, "nodule")
    enter(properties.site, "간 제8분절")
    for each in map(page.now, marks):
        assert each.finding is not None
        assert (each.finding.value, each.finding.scheme) == ("27925004", "SCT")
        assert each.site is not None
        assert each.site.meaning == "간 제8분절"
    page.workspace.undo()
    assert all(page.now(each).site is None for each in marks)


def test_what_a_kind_asks_for_is_told_in_the_details(page: Page) -> None:
    page.show("20260305", 0)
    mark = page.mark("threshold_region", (20, 20))
    page.book.select({mark.uid})
    panel = page.open()
    low = panel.details.parameters.fields["low"]
    assert isinstance(low, QLineEdit)
    low.setText("−5,5")
    low.editingFinished.emit()
    assert page.now(mark).parameter("low") == -5.5
    low.setText("none of this")
    low.editingFinished.emit()
    assert page.now(mark).parameter("low") == -5.5


def test_looking_at_marks_changes_none_of_them(page: Page) -> None:
    page.show("20260305", 0)
    kinds = ("us_heart_rate", "brush", "threshold_region", "cardiothoracic_ratio", "ellipse", "line_profile", "text")
    marks = [page.mark(kind, *((5.0 + 8 * n, 9.0 * n + 5) for n in range(kind_of(kind).least))) for kind in kinds]
    panel = page.open()
    applied: list[object] = []
    disconnect = page.book.applied.connect(applied.append)
    for mark in marks:
        page.book.select({mark.uid})
        panel.refresh()
        pass_time(0.02)
    page.book.select(each.uid for each in marks)
    panel.refresh()
    QTest.keyClick(panel.list, Qt.Key.Key_Tab)
    panel.focus_list()
    disconnect()
    assert applied == []


def test_beats_are_told_in_the_details(page: Page) -> None:
    page.show("20260305", 0)
    mark = page.mark("us_heart_rate", (5, 5), (25, 5))
    page.book.select({mark.uid})
    panel = page.open()
    beats = panel.details.parameters.fields["beats"]
    assert isinstance(beats, QDoubleSpinBox)
    beats.setValue(3.0)
    assert page.now(mark).parameter("beats") == 3.0
    beats.setValue(1.0)
    assert page.now(mark).parameters == (), "what goes without saying is not kept"


def test_the_menu_of_the_list_stands_for_one_and_for_none(page: Page) -> None:
    page.show("20260305", 0)
    mark = page.mark("length", (5, 5), (25, 5))
    panel = page.open()
    page.book.select({mark.uid})
    titles = [action.text() for action in measurement_menu(panel).actions()]
    assert {"Rename", "Lock", "Hide", "Copy as CSV", "Remove"} <= set(titles)
    page.book.select(())
    titles = [action.text() for action in measurement_menu(panel).actions()]
    assert "Remove" not in titles
    assert "Copy all as CSV" in titles


def test_lesions_are_paired_and_compared(page: Page) -> None:
    page.show("20260105", 0)
    old = page.mark("bidirectional", (5, 5), (45, 5), name="Lesion 1")
    page.show("20260305", 0)
    new = page.mark("bidirectional", (5, 5), (33, 5), name="lesion 1")
    page.window.actions_table.run("marks.pair_names")
    assert lesion_of(page.now(new)) == lesion_of(page.now(old))
    panel = page.open()
    page.book.select({new.uid})
    panel.refresh()
    role = panel.details.properties.role
    role.setCurrentIndex(role.findData("target"))
    role.activated.emit(role.currentIndex())
    assert {role_of(page.now(each)).value for each in (old, new)} == {"target"}, "a lesion is the same in all studies"
    page.window.actions_table.run("marks.compare")
    dialog = page.window.findChild(ComparisonDialog)
    assert isinstance(dialog, ComparisonDialog)
    texts = [dialog.table.text(row, 3) for row in range(dialog.table.rowCount())]
    assert "(−30.0 %)" in texts[0]
    assert texts[4].startswith("PR by sum")
    dialog.table.cellActivated.emit(0, 2)
    page.settle()
    assert page.workspace.viewport(0).display_set_key == page.keys["20260105"]
    page.window.actions_table.run("marks.own_lesion")
    pass_time(0.2)
    assert dialog.found is not None
    assert len(dialog.found.lesions) == 2, "both are targets still"
    dialog.close()


def test_an_image_is_calibrated_by_a_line_and_not_any_more(page: Page) -> None:
    page.show("20260305", 1)
    line, other = page.mark("length", (5, 5), (25, 5)), page.mark("length", (5, 9), (15, 9))
    page.show("20260305", 2)
    elsewhere = page.mark("length", (5, 5), (25, 5))
    before = elsewhere.readings[0].value
    page.book.select({line.uid})
    page.window.actions_table.run("marks.calibrate")  # goes there first
    page.settle()
    dialog = page.window.findChild(CalibrateDialog)
    assert isinstance(dialog, CalibrateDialog)
    assert page.workspace.viewport(0).index == 1
    dialog.length.setValue(50.0)
    dialog.start.click()
    found = [page.now(each).readings[0] for each in (line, other, elsewhere)]
    assert [each.value for each in found] == pytest.approx([50.0, 25.0, before])
    assert [each.source for each in found] == ["mm (cal. fiducial)", "mm (cal. fiducial)", "mm"]
    page.settle()
    viewport = page.window.widget_at(0)
    chips = " ".join(chip.text for chip, _area in viewport._surface.pixels.chips)  # type: ignore[attr-defined]  # a viewport
    assert "CAL. FIDUCIAL (YOURS)" in chips
    page.book.select({line.uid})
    page.window.actions_table.run("marks.calibrate_not")
    assert page.now(line).readings[0].source == "mm"
    page.workspace.undo()
    assert page.now(line).readings[0].value == pytest.approx(50.0)


def test_a_line_that_is_too_short_calibrates_nothing(page: Page) -> None:
    page.show("20260305", 1)
    line = page.mark("length", (5, 5), (6, 5))
    page.book.select({line.uid})
    page.window.actions_table.run("marks.calibrate")
    dialog = page.window.findChild(CalibrateDialog)
    assert isinstance(dialog, CalibrateDialog)
    assert not dialog.start.isEnabled()
    assert "too short" in dialog.refusal.text()
    dialog.reject()


def test_marks_are_copied_as_the_command_line_writes_them(page: Page) -> None:
    page.show("20260305", 0)
    mark = page.mark("length", (5, 5), (25, 5), name="=A")
    page.book.select(())
    page.window.actions_table.run("marks.copy_csv")
    head, row = QApplication.clipboard().text().splitlines()
    cells = dict(zip(head.split(","), row.split(","), strict=True))
    assert cells["value"] == repr(mark.readings[0].value)
    assert cells["tracking_id"] == "'=A"


def test_a_line_beside_the_image_has_no_empty_diagram(page: Page) -> None:
    page.show("20260305", 0)
    mark = page.mark("length", (500.0, 500.0), (540.0, 520.0))
    panel = page.open()
    page.book.select({mark.uid})
    panel.refresh()
    wait_for(lambda: panel.details.plot is not None and panel.details.plot.shown, "the diagram")
    plot = panel.details.plot
    assert plot is not None
    assert plot.shown is not None
    assert plot.shown.profile is None
    assert not plot.plot.isVisible()
    assert plot.words.text() == "There are no values here"
