"""Writing reports in the real window: drafts that are kept, marks and images put in, saving, amending, paper."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog

from tests.builders.ct_series import write_ct_series
from tests.ui.flow_steps import wait_for
from tests.ui.program_window import open_window
from viewer.application.programme import Programme
from viewer.application.qt_texts import set_qt_language
from viewer.base.translation import set_language
from viewer.dicom.codes import Code
from viewer.dicom.encapsulated_document import pdf_of
from viewer.dicom.sop_classes import ENCAPSULATED_PDF
from viewer.library.library import Library
from viewer.measurement.annotation import Annotation, ImageAnchor
from viewer.measurement.reading import MILLIMETER, Reading
from viewer.ui.main_window import MainWindow
from viewer.ui.reporting.document_view import DocumentView
from viewer.ui.reporting.editor import ReportEditor
from viewer.ui.reporting.editor_pictures import PictureMaker, write_pdf
from viewer.ui.reporting.editor_pictures import pdf_of as set_pdf
from viewer.ui.reporting.editor_save_dialog import ReportSaveDialog
from viewer.workspace.reporting.report_draft_store import DraftStore
from viewer.workspace.reporting.report_rendering import PrintedReport, printed_draft

COUNT, FINDINGS = 3, 3
LENGTH = Code("410668003", "SCT", "Length")


def make_programme(application: QApplication, folder: Path) -> Programme:
    set_language("en")
    return Programme(application, folder / "config", library=folder / "library", is_attended=False)


def end(programme: Programme) -> None:
    for window in tuple(programme.windows):
        window.close()
    programme.close()
    QApplication.processEvents()


@pytest.fixture
def programme(qapp: QApplication, tmp_path: Path) -> Iterator[Programme]:
    made = make_programme(qapp, tmp_path)
    yield made
    end(made)
    set_qt_language(qapp, "en")


@pytest.fixture
def disc(tmp_path: Path) -> Path:
    elements = {"PatientName": "KIM^GILDONG", "StudyDescription": "CT chest", "AccessionNumber": "A77"}
    write_ct_series(tmp_path / "disc", COUNT, 64, elements=elements)
    return tmp_path / "disc"


@pytest.fixture
def window(programme: Programme, disc: Path) -> MainWindow:
    return open_window(programme, disc)


@pytest.fixture
def editor(programme: Programme, window: MainWindow) -> ReportEditor:
    window.actions_table.run("report.write")
    return the_editor(programme)


def the_editor(programme: Programme) -> ReportEditor:
    (found,) = programme.report_writing.editors
    return found


def type_into(editor: ReportEditor, place: int, words: str) -> None:
    QTest.keyClicks(editor.sections.edits[place].text, words)


def texts(editor: ReportEditor) -> list[str]:
    return [each.text.toPlainText() for each in editor.sections.edits]


def pictures(editor: ReportEditor) -> int:
    return len(editor.draft.images)


def mark(window: MainWindow) -> Annotation:
    image = window.workspace.image_at(0)
    assert image is not None
    header = image.header
    anchor = ImageAnchor(
        header.study_instance_uid, header.series_instance_uid, header.sop_class_uid, header.sop_instance_uid
    )
    readings = (Reading(LENGTH, "Length", 12.3456, MILLIMETER),)
    made = Annotation("1.9", "length", anchor, ((10.0, 10.0), (40.0, 30.0)), readings=readings, tracking_id="Lesion 1")
    window.workspace.shared.annotations.take({made.uid: made})
    return made


def save(editor: ReportEditor, *, reason: str = "", has_pdf: bool = False, is_final: bool = True) -> ReportSaveDialog:
    editor.deeds.ask_save()
    (dialog,) = editor.findChildren(ReportSaveDialog)
    dialog.author.setText("LEE^SUN")
    dialog.organization.setText("병원")
    dialog.reason.setText(reason)
    dialog.has_pdf.setChecked(has_pdf)
    dialog.is_complete.setChecked(is_final)
    dialog.is_verified.setChecked(is_final)
    dialog.accept()
    return dialog


def reports_of(programme: Programme) -> list[str]:
    return [each.sop_instance_uid for each in programme.tree.headers() if each.modality == "SR"]


def test_it_says_whose_report_it_is_and_takes_the_template_of_the_study(editor: ReportEditor) -> None:
    assert "KIM GILDONG" in editor.identity.text()
    assert "A77" in editor.identity.text()
    assert editor.template.currentData() == "ct"
    assert editor.title.currentText() == "CT Report"
    assert texts(editor)[2] == "CT chest"
    assert not editor.warning.isVisible()


def test_what_is_typed_is_kept_and_there_again_after_a_restart(
    programme: Programme, editor: ReportEditor, qapp: QApplication, tmp_path: Path, disc: Path
) -> None:
    type_into(editor, FINDINGS, "No lesion")
    wait_for(lambda: "kept" in editor.kept.text())
    (path,) = (tmp_path / "library" / "marks").glob("*.json")
    data = path.read_bytes()
    # Nothing is asked of the program that is there: a crash leaves the file as it is now.
    again = make_programme(qapp, tmp_path / "again")
    (tmp_path / "again" / "library" / "marks").mkdir(parents=True)
    (tmp_path / "again" / "library" / "marks" / path.name).write_bytes(data)
    try:
        window = open_window(again, disc)
        wait_for(lambda: "draft is kept" in window.job_line.text)
        window.actions_table.run("report.write")
        assert texts(the_editor(again))[FINDINGS] == "No lesion"
    finally:
        end(again)
    assert programme.report_writing.editors == [editor]


def test_closing_keeps_the_draft_and_an_untouched_one_is_forgotten(
    programme: Programme, window: MainWindow, editor: ReportEditor, tmp_path: Path
) -> None:
    editor.close()
    assert list((tmp_path / "library" / "marks").glob("*.json")) == []
    window.actions_table.run("report.write")
    type_into(the_editor(programme), 0, "Cough")
    the_editor(programme).close()
    assert programme.report_writing.editors == []
    window.actions_table.run("report.write")
    assert texts(the_editor(programme))[0] == "Cough"
    the_editor(programme).close()
    assert len(list((tmp_path / "library" / "marks").glob("*.json"))) == 1


def test_what_is_typed_into_an_editor_that_is_opened_again_is_kept(
    programme: Programme, window: MainWindow, editor: ReportEditor, tmp_path: Path
) -> None:
    for letter in "many":
        type_into(editor, FINDINGS, letter)
        assert editor.keeping.flush()
    editor.close()
    window.actions_table.run("report.write")
    type_into(the_editor(programme), FINDINGS, "more")
    the_editor(programme).close()
    uid = editor.draft.study_instance_uid
    (draft,) = DraftStore(tmp_path / "library" / "marks").kept(uid).drafts
    assert {draft.sections[FINDINGS].text} <= {"manymore", "moremany"}


def test_one_editor_for_a_draft(programme: Programme, window: MainWindow, editor: ReportEditor) -> None:
    window.actions_table.run("report.write")
    assert programme.report_writing.editors == [editor]


def test_undo_takes_back_words_marks_and_images_in_turn(window: MainWindow, editor: ReportEditor) -> None:
    made = mark(window)
    type_into(editor, FINDINGS, "Seen:")
    editor.deeds.show_marks()
    editor.material.marks.selectAll()
    editor.material.put_in_chosen()
    editor.deeds.add_image()
    assert texts(editor)[FINDINGS] == "Seen:\nLesion 1: 12.3 mm (series 2, image 1)"
    (number,) = editor.draft.sections[FINDINGS].numbers
    assert (number.value, number.regions[0].points) == (12.3456, made.points)
    assert pictures(editor) == 1
    text = editor.sections.edits[FINDINGS].text
    QTest.keyClick(text, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert pictures(editor) == 0
    QTest.keyClick(text, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert (texts(editor)[FINDINGS], editor.draft.sections[FINDINGS].numbers) == ("Seen:", ())
    QTest.keyClick(text, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert texts(editor)[FINDINGS] == ""
    for _step in range(3):
        QTest.keyClick(text, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert pictures(editor) == 1
    assert editor.draft.sections[FINDINGS].numbers == (number,)


def test_another_template_keeps_what_was_written(editor: ReportEditor) -> None:
    type_into(editor, FINDINGS, "No lesion")
    editor.template.setCurrentIndex(editor.template.findData("chest_xray"))
    assert "No lesion" in texts(editor)
    assert editor.title.currentText() == "X-Ray Report"
    assert texts(editor)[2] == "CT chest"
    assert editor.draft.template == "chest_xray"


def test_another_patient_on_screen_is_told_and_their_image_refused(
    programme: Programme, window: MainWindow, editor: ReportEditor, tmp_path: Path
) -> None:
    write_ct_series(tmp_path / "other", 1, 32, label="other", elements={"PatientID": "9", "PatientName": "LEE^SUN"})
    programme.opener.open((tmp_path / "other",))
    wait_for(lambda: len(programme.tree.all_series()) == 2 and not programme.opener.is_busy)
    other = next(each for each in programme.tree.all_series() if each.study.patient.patient_id == "9")
    wait_for(lambda: programme.shared.catalogue.of_series(other.key))
    window.workspace.show_series(other.key)
    assert "ANOTHER PATIENT" in editor.warning.text()
    assert "LEE SUN" in editor.warning.text()
    editor.deeds.add_image()
    assert editor.draft.images == ()


def test_a_report_is_saved_amended_and_the_former_says_so(
    programme: Programme, window: MainWindow, editor: ReportEditor, tmp_path: Path
) -> None:
    type_into(editor, FINDINGS, "Left lung clear")
    save(editor)
    wait_for(lambda: not programme.report_writing.editors)
    wait_for(lambda: len(reports_of(programme)) == 1)
    (first,) = reports_of(programme)
    assert list((tmp_path / "library" / "marks").glob("*.json")) == []
    series = next(each for each in programme.tree.all_series() if each.modality == "SR")
    wait_for(lambda: programme.shared.catalogue.of_series(series.key))
    window.workspace.show_series(series.key)
    book = programme.reporting.book
    wait_for(lambda: (held := book.held(first)) is not None and held.read is not None)
    window.actions_table.run("report.amend")
    again = the_editor(programme)
    assert again.draft.version == 2
    place = next(n for n, text in enumerate(texts(again)) if text == "Left lung clear")
    again.sections.edits[place].text.setPlainText("Right lung clear")
    dialog = save(again)
    assert dialog.hindrance  # without a reason
    dialog.reason.setText("The side was wrong")
    dialog.accept()
    wait_for(lambda: not programme.report_writing.editors)
    wait_for(lambda: book.amended_by(first))
    (document,) = window.findChildren(DocumentView)
    assert document.held is not None
    assert document.held.uid == first
    wait_for(lambda: "takes the place of this one" in document.page.toPlainText())
    window.actions_table.run("report.amend")  # the former is not amended twice
    assert programme.report_writing.editors == []
    with Library(tmp_path / "library") as library:
        assert all(library.catalogue.instance(uid) is not None for uid in reports_of(programme))


def test_the_document_in_the_study_is_the_pdf(
    programme: Programme, window: MainWindow, editor: ReportEditor, tmp_path: Path
) -> None:
    type_into(editor, FINDINGS, "No lesion")
    editor.deeds.add_image()
    save(editor, has_pdf=True)
    wait_for(lambda: not programme.report_writing.editors)
    wait_for(lambda: any(each.sop_class_uid == ENCAPSULATED_PDF for each in programme.tree.headers()))
    (header,) = [each for each in programme.tree.headers() if each.sop_class_uid == ENCAPSULATED_PDF]
    pdf = pdf_of(header.source)
    assert pdf.startswith(b"%PDF-")
    assert pdf.rstrip().endswith(b"%%EOF")
    series = next(each for each in programme.tree.all_series() if header in each.headers)
    wait_for(lambda: programme.shared.catalogue.of_series(series.key))
    window.workspace.show_series(series.key)
    window.actions_table.run("report.pdf")
    wait_for(lambda: window.findChildren(QFileDialog))
    (dialog,) = window.findChildren(QFileDialog)
    dialog.fileSelected.emit(str(tmp_path / "taken.pdf"))
    assert (tmp_path / "taken.pdf").read_bytes() == pdf
    dialog.reject()


def test_what_must_be_said_before_it_is_verified(editor: ReportEditor) -> None:
    type_into(editor, FINDINGS, "x")
    editor.deeds.ask_save()
    (dialog,) = editor.findChildren(ReportSaveDialog)
    assert dialog.start.isEnabled()
    dialog.is_verified.setChecked(True)
    assert not dialog.start.isEnabled()
    dialog.author.setText("LEE^SUN")
    dialog.organization.setText("Hospital")
    assert not dialog.start.isEnabled()
    dialog.is_complete.setChecked(True)
    assert dialog.start.isEnabled()
    dialog.reject()


def test_a_draft_that_cannot_be_kept_is_not_closed_unasked(
    programme: Programme, window: MainWindow, editor: ReportEditor, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"")
    programme.report_writing.drafts.folder = tmp_path / "file" / "marks"
    type_into(editor, 0, "x")
    editor.close()
    assert programme.report_writing.editors == [editor]
    assert "not kept" in editor.kept.text()
    programme.is_attended = True
    window.close()
    assert window.isVisible()
    assert programme.report_writing.editors == [editor]
    editor.lose()
    assert programme.report_writing.editors == []


def test_paper_has_identity_on_every_page_and_the_key_image_as_it_was_seen(
    programme: Programme, editor: ReportEditor, tmp_path: Path
) -> None:
    editor.deeds.add_image()
    type_into(editor, FINDINGS, "line ")
    editor.change(editor.draft.with_text(FINDINGS, "\n".join(f"line {n}" for n in range(120))))
    made: list[PrintedReport] = []
    maker = PictureMaker(editor.workspace, programme.runner, programme.rendering.store)
    maker.fill(editor, printed_draft(editor.draft, "DRAFT"), editor.draft.images, made.append, editor.say)
    wait_for(lambda: made)
    (picture,) = made[0].pictures
    assert picture.failure == ""
    assert "KIM GILDONG" in picture.title
    assert "series 2, image 1" in picture.title
    assert " W " in f" {picture.title} "
    assert picture.pixels is not None
    assert picture.pixels.max() > picture.pixels.min()
    write_pdf(tmp_path / "out.pdf", made[0], "letter", editor.say)
    assert (tmp_path / "out.pdf").read_bytes().startswith(b"%PDF-")
    assert set_pdf(made[0], "a4").count(b"/Type /Page\n") >= 3


def test_erasing_the_patient_takes_the_draft_along(programme: Programme, editor: ReportEditor, tmp_path: Path) -> None:
    type_into(editor, 0, "x")
    uid = editor.draft.study_instance_uid
    programme.report_writing.erased([uid])
    assert programme.report_writing.editors == []
    assert DraftStore(tmp_path / "library" / "marks").kept(uid).drafts == ()
