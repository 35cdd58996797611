"""Putting an identity right in the window: compared, confirmed, written anew, brought back."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QLabel, QLineEdit, QListWidget, QTableWidget, QWidget

from tests.builders import aside_library
from tests.ui.reception_scene import button, receiving_program, wait
from viewer.application.programme import Programme
from viewer.library.library import Library
from viewer.ui.main_window import MainWindow
from viewer.ui.reception.reconcile_window import ReconcileWindow


@pytest.fixture
def program(qapp: QApplication, tmp_path: Path) -> Iterator[tuple[Programme, MainWindow]]:
    first = aside_library.series(tmp_path / "came", count=2)
    wrong = aside_library.of_new_study(first[0], tmp_path / "b", PatientID="0815", PatientName="HONG^KILDONG")
    with Library(tmp_path / "library") as library:
        aside_library.receive(library, [*first, wrong])
    with receiving_program(qapp, tmp_path, is_attended=False) as made:
        yield made


def _studies(programme: Programme) -> dict[str, tuple[str, str]]:
    """Return UID and name of the studies by Patient ID."""
    answers: list[dict[str, tuple[str, str]]] = []

    def ask(library: Library) -> dict[str, tuple[str, str]]:
        rows = library.catalogue.studies()
        return {f"{row.patient_id} {row.instance_count}": (row.study_instance_uid, row.patient_name) for row in rows}

    programme.library.desk.ask(ask, answers.append)
    wait(lambda: bool(answers))
    return answers[0]


def _open(programme: Programme) -> ReconcileWindow:
    assert programme.reception is not None
    programme.reception.reconcile(_studies(programme)["0815 1"][0])
    shown = [each for each in QApplication.topLevelWidgets() if isinstance(each, ReconcileWindow) and each.isVisible()]
    wait(lambda: shown[-1].study is not None)
    return shown[-1]


def _texts(place: QWidget) -> str:
    cells = [
        item.text()
        for table in place.findChildren(QTableWidget)
        for row in range(table.rowCount())
        for column in range(3)
        if (item := table.item(row, column)) is not None
    ]
    return "\n".join([*(label.text() for label in place.findChildren(QLabel) if not label.isHidden()), *cells])


def _sure(window: ReconcileWindow) -> QCheckBox:
    return next(box for box in window.findChildren(QCheckBox) if box.text().startswith("I have compared"))


def _field(window: ReconcileWindow, name: str) -> QLineEdit:
    field = window.findChild(QLineEdit, name)
    assert isinstance(field, QLineEdit)
    return field


def test_nothing_changes_before_it_was_compared_and_confirmed(program: tuple[Programme, MainWindow]) -> None:
    programme, _window = program
    window = _open(programme)
    apply = button(window, "Put it right")
    assert not apply.isEnabled()
    field = _field(window, "patient_id")
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "4711")
    assert "Patient ID" in _texts(window)
    assert not apply.isEnabled()
    _sure(window).click()
    assert apply.isEnabled()
    QTest.keyClicks(field, "2")  # what was compared is something else now
    assert not apply.isEnabled()
    QTest.keyClick(window, Qt.Key.Key_Escape)
    assert not window.isVisible()
    assert set(_studies(programme)) == {"4711 2", "0815 1"}


def test_a_suggestion_is_taken_written_and_brought_back(program: tuple[Programme, MainWindow]) -> None:
    programme, _window = program
    window = _open(programme)
    for name, text in (("patient_id", "4711"), ("patient_name", "HONG^GILDONG=洪^吉洞=홍^길동")):
        _field(window, name).setFocus()
        _field(window, name).selectAll()
        _field(window, name).insert(text)
        _field(window, name).textEdited.emit(text)
    words = _texts(window)
    assert "0815" in words
    assert "4711" in words
    _sure(window).click()
    button(window, "Put it right").click()
    wait(lambda: "1 image has the new identity" in _texts(window))
    after = _studies(programme)
    assert set(after) == {"4711 2", "4711 1"}
    assert after["4711 1"][1] == "HONG^GILDONG=洪^吉洞=홍^길동"
    back = button(window, "Bring the originals back")
    wait(back.isVisible)
    back.click()
    wait(lambda: "1 image is as it came" in _texts(window))
    assert _studies(programme)["0815 1"][1] == "HONG^KILDONG"
    window.close()


def test_alike_patients_are_suggested(program: tuple[Programme, MainWindow], tmp_path: Path) -> None:
    programme, _window = program
    first = aside_library.series(tmp_path / "more", label="two", count=1, PatientID="9999")
    with Library(tmp_path / "library") as library:
        aside_library.receive(library, first)
    wait(lambda: "9999 1" in _studies(programme))
    assert programme.reception is not None
    programme.reception.reconcile(_studies(programme)["9999 1"][0])
    window = next(each for each in QApplication.topLevelWidgets() if isinstance(each, ReconcileWindow))
    suggested = window.findChildren(QListWidget)[0]
    wait(lambda: suggested.count() > 0)
    item = suggested.item(0)
    assert "same name and birth date" in item.text()
    suggested.setCurrentRow(0)
    assert _field(window, "patient_id").text() == "4711"
    assert "4711" in _texts(window)
    window.close()


@pytest.mark.parametrize(("name", "text"), [("birth_date", "yesterday"), ("patient_id", "a\\b"), ("sex", "male")])
def test_what_cannot_stand_in_a_file_is_told(program: tuple[Programme, MainWindow], name: str, text: str) -> None:
    programme, _window = program
    window = _open(programme)
    field = _field(window, name)
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, text)
    assert not button(window, "Put it right").isEnabled()
    assert not _sure(window).isEnabled()
    assert any("e0614f" in label.styleSheet() and label.text() for label in window.findChildren(QLabel))
    window.close()


def test_a_study_that_is_gone_is_told(program: tuple[Programme, MainWindow]) -> None:
    programme, _window = program
    assert programme.reception is not None
    programme.reception.reconcile("1.2.3.4")
    window = next(each for each in QApplication.topLevelWidgets() if isinstance(each, ReconcileWindow))
    wait(lambda: "The library has no such study" in _texts(window))
    window.close()


def test_the_command_takes_the_study_that_is_chosen_in_the_list(program: tuple[Programme, MainWindow]) -> None:
    programme, window = program
    command = window.actions_table["receiver.reconcile"]
    page = window.show_library()
    wait(lambda: page.tree.model().rowCount() > 0)
    window.actions_table.refresh()
    assert not command.isEnabled()
    page.tree.setFocus()
    QTest.keyClick(page.tree, Qt.Key.Key_Home)
    for _row in range(4):
        window.actions_table.refresh()
        if command.isEnabled():
            break
        QTest.keyClick(page.tree, Qt.Key.Key_Down)
    command.trigger()
    shown = [each for each in QApplication.topLevelWidgets() if isinstance(each, ReconcileWindow)]
    wait(lambda: shown[0].study is not None)
    study = shown[0].study
    assert study is not None
    assert study.study_instance_uid in window.workspace.window.library.chosen_study_uids  # type: ignore[union-attr] # there is a window
    shown[0].close()
    assert programme.reception is not None
