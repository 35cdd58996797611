"""Whether everything that is kept is there: said in the window, and looked at when it is asked for."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.ui.flow_steps import wait_for
from tests.ui.library_window import fill, library_program, open_list, write_study
from viewer.application.programme import Programme
from viewer.library.library import Library
from viewer.library.search import Search
from viewer.ui.browser.library_integrity import IntegrityWindow


@pytest.fixture
def programme(qapp: QApplication, tmp_path: Path) -> Iterator[Programme]:
    write_study(tmp_path / "a", "Kim^Gildong", "P1", "20240101", count=5)
    fill(tmp_path / "library", tmp_path / "a")
    with library_program(qapp, tmp_path) as made:
        yield made


def _window() -> IntegrityWindow:
    (found,) = [
        each for each in QApplication.topLevelWidgets() if isinstance(each, IntegrityWindow) and each.isVisible()
    ]
    return found


def test_what_is_missing_is_named_by_patient_and_study(programme: Programme, tmp_path: Path) -> None:
    window, _page = open_list(programme)
    window.actions_table.run("library.check")
    shown = _window()
    wait_for(lambda: "Not everything has been read again yet" in shown.text.text())
    with Library(tmp_path / "library") as library:
        (study,) = library.catalogue.studies(Search(""))
        library.store.path_of(library.catalogue.instances_of_study(study)[2].kept).unlink()
    shown.button.click()
    wait_for(lambda: shown.button.isEnabled() and "1 file" in shown.text.text())
    assert shown.files.count() == 1
    line = shown.files.item(0).text()
    assert line.startswith("missing")
    assert "Study of 20240101" in line
    assert "P1" in line
    assert "image 3" in line
    QTest.keyClick(shown, Qt.Key.Key_Escape)
    wait_for(lambda: not any(isinstance(each, IntegrityWindow) for each in QApplication.topLevelWidgets()))


def test_a_whole_library_is_said_to_be_whole_and_looking_can_be_left(programme: Programme) -> None:
    window, _page = open_list(programme)
    window.actions_table.run("library.check")
    shown = _window()
    shown.look()
    wait_for(lambda: "everything is as it was kept" in shown.text.text())
    assert shown.files.isHidden()
    shown.look()
    shown.close()
    wait_for(lambda: not any(isinstance(each, IntegrityWindow) for each in QApplication.topLevelWidgets()))
