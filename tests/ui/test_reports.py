"""Reports in the real window: documents in viewports, links to images, marks of CAD, nothing taken for markup."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydicom import dcmread
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QToolButton, QWidget

from tests.builders import report_documents as made
from tests.ui.flow_steps import wait_for
from tests.ui.program_window import HOSTILE, open_window, pass_time, running, write_series
from viewer.application.programme import Programme
from viewer.ui.main_window import MainWindow
from viewer.ui.reporting.document_view import DocumentView
from viewer.ui.viewports.grid import ViewportGrid

SQUARE = (20, 30, 40, 30, 40, 50, 20, 50, 20, 30)


@pytest.fixture
def programme(qapp: QApplication, tmp_path: Path) -> Iterator[Programme]:
    with running(qapp, tmp_path) as program:
        yield program


def cad_study(folder: Path) -> Path:
    """Write three slices and a CAD report on the last of them."""
    series = write_series(folder / "study")
    last = dcmread(max(series.iterdir()), stop_before_pixels=True)
    findings = [made.cad_finding(made.MASS, each, (30, 40), SQUARE, (1, 2, 1)) for each in (made.REQUIRED, made.HIDDEN)]
    report = made.mammography_cad(*findings, image_uid=str(last.SOPInstanceUID), image_class=made.CT_IMAGE)
    for keyword in ("StudyInstanceUID", "PatientID", "PatientName", "PatientBirthDate", "PatientSex"):
        setattr(report, keyword, last.get(keyword, ""))
    made.write(report, series / "report.dcm")
    return series


def grid(window: MainWindow) -> ViewportGrid:
    return next(iter(window.findChildren(ViewportGrid)))


def show_report(window: MainWindow, cell: int = 0) -> DocumentView:
    """Put the first report that is open into a cell, and wait until it can be read."""
    workspace = window.workspace
    sets = [each for series in workspace.tree.all_series() for each in workspace.catalogue.of_series(series.key)]
    workspace.show(next(each.key for each in sets if each.kind.value == "report"), cell)
    return document(window, cell)


def document(window: MainWindow, cell: int = 0) -> DocumentView:
    documents = grid(window).documents

    def read() -> DocumentView | None:
        found = documents.document_at(cell)
        return found if found is not None and found.held is not None and found.held.read is not None else None

    wait_for(read)
    found = read()
    assert found is not None
    return found


def focused() -> QWidget:
    widget = QApplication.focusWidget()
    assert widget is not None
    return widget


def test_a_report_is_shown_by_itself_where_there_are_no_images(programme: Programme, tmp_path: Path) -> None:
    made.write(made.obstetric_ultrasound(), tmp_path / "twins.dcm")
    window = open_window(programme, tmp_path / "twins.dcm")
    shown = document(window)
    assert "Biparietal Diameter" in shown.page.toPlainText()
    labels = " ".join(label.text() for label in shown.findChildren(QLabel))
    assert "HONG Gildong" in labels
    assert "COMPLETE · UNVERIFIED" in labels


def test_a_link_leads_to_the_image_and_marks_it(programme: Programme, tmp_path: Path) -> None:
    window = open_window(programme, cad_study(tmp_path))
    shown = show_report(window)
    outline = next(item for item in shown.held.read.positions.values() if item.title == "Outline")  # type: ignore[union-attr]  # it was read
    shown.page.anchorClicked.emit(QUrl("item:" + ".".join(map(str, outline.position))))
    wait_for(lambda: window.workspace.displayed(1) is not None)
    assert window.workspace.viewport(1).index == 2
    viewport = grid(window).viewport_of(1)
    assert viewport is not None
    wait_for(lambda: viewport.report_marks.layers)
    assert viewport.report_marks.layers[0].texts[0].text == "Mass"
    window.actions_table.run("report.clear")
    assert viewport.report_marks.layers == ()


def test_marks_of_cad_are_switched_by_a_key_and_off_at_first(programme: Programme, tmp_path: Path) -> None:
    window = open_window(programme, cad_study(tmp_path))
    window.workspace.set_index(2)
    wait_for(
        lambda: (shown := window.workspace.displayed(0)) is not None and shown.image.header.ascii(0x00200013) == "3"
    )
    viewport = grid(window).viewport_of(0)
    assert viewport is not None
    assert not viewport.report_marks.layers
    QTest.keyClick(window, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
    wait_for(lambda: viewport.report_marks.layers)
    (layer,) = viewport.report_marks.layers  # the one that is not for presentation stays hidden
    assert layer.texts[0].text == "CAD: Mass"
    window.actions_table.run("report.cad")
    assert viewport.report_marks.layers == ()


def test_what_is_not_for_presentation_is_shown_when_it_is_asked_for(programme: Programme, tmp_path: Path) -> None:
    window = open_window(programme, cad_study(tmp_path))
    shown = show_report(window)
    assert "Not for presentation (1)" not in shown.page.toPlainText()
    button = next(each for each in shown.findChildren(QToolButton) if each.accessibleName().startswith("Also what"))
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert "Not for presentation (1)" in shown.page.toPlainText()


def test_nothing_in_a_report_is_markup_and_nothing_is_fetched(programme: Programme, tmp_path: Path) -> None:
    root = made.container(made.dcm("126000", HOSTILE), made.text(made.dcm("121071", HOSTILE), HOSTILE), relationship="")
    report = made.document(root, "88.33", "1500")
    report.PatientName = HOSTILE
    made.write(report, tmp_path / "hostile.dcm")
    window = open_window(programme, tmp_path / "hostile.dcm")
    shown = document(window)
    assert shown.page.toPlainText().count(HOSTILE) >= 3
    assert "<img" not in shown.page.document().toHtml()
    assert shown.page.loadResource(2, QUrl("file:///etc/passwd")) == ""


def test_search_zoom_outline_and_copy(programme: Programme, tmp_path: Path) -> None:
    made.write(made.obstetric_ultrasound(), tmp_path / "twins.dcm")
    window = open_window(programme, tmp_path / "twins.dcm", size=(1600, 1000))
    shown = document(window)
    shown.page.setFocus()
    QTest.keyClick(shown.page, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(focused(), "femur")
    assert shown.page.textCursor().selectedText() == "Femur"
    first = shown.page.textCursor().position()
    QTest.keyClick(focused(), Qt.Key.Key_F3)
    assert shown.page.textCursor().position() > first
    before = shown.page.document().size().height()
    shown.page.larger(3)
    assert shown.page.document().size().height() > before
    shown.copy_text()
    assert "Femur Length" in QGuiApplication.clipboard().text()


def test_a_report_in_a_cell_that_leaves_the_grid_is_let_go(programme: Programme, tmp_path: Path) -> None:
    window = open_window(programme, cad_study(tmp_path))
    window.workspace.set_layout(2, 2)
    show_report(window, 3)
    window.workspace.set_layout(1, 1)
    pass_time(0.05)
    wait_for(lambda: not window.is_loading())
    window.workspace.set_layout(2, 2)
    assert "Mammography CAD Report" in document(window, 3).page.toPlainText()
    window.workspace.clear(3)
    assert grid(window).documents.document_at(3) is None


def test_the_key_of_cad_works_while_the_report_is_read(programme: Programme, tmp_path: Path) -> None:
    window = open_window(programme, cad_study(tmp_path))
    shown = show_report(window)
    shown.page.setFocus()
    book = programme.shared.reports
    assert book is not None
    study = next(iter(window.workspace.tree.all_series())).study
    assert not book.shows_cad(study)
    QTest.keyClick(shown.page, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
    assert book.shows_cad(study)
