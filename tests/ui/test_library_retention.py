"""For how long studies are kept: what rules come to is shown before anything goes, and it can be undone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from tests.ui.flow_steps import wait_for
from tests.ui.library_window import choose, fill, library_program, open_list, write_study
from viewer.application.programme import Programme
from viewer.library.library import Library
from viewer.library.search import Search
from viewer.ui.browser.library_retention import RetentionWindow
from viewer.workspace.library_retention import RetentionSettings
from viewer.workspace.library_rows import PROTECTED


@pytest.fixture
def programme(qapp: QApplication, tmp_path: Path) -> Iterator[Programme]:
    write_study(tmp_path / "a", "Kim^Gildong", "P1", "20240101", count=2)
    write_study(tmp_path / "b", "Kim^Gildong", "P1", "20250202", count=2)
    for name in "ab":
        fill(tmp_path / "library", tmp_path / name)
    with Library(tmp_path / "library") as library, library.database.writing() as connection:
        connection.execute("UPDATE studies SET last_received_at = 0, first_received_at = 0")  # they rested since 1970
    with library_program(qapp, tmp_path) as made:
        yield made


def _window() -> RetentionWindow:
    (found,) = [
        each for each in QApplication.topLevelWidgets() if isinstance(each, RetentionWindow) and each.isVisible()
    ]
    return found


def _trashed(folder: Path) -> list[str]:
    with Library(folder) as library:
        return [study.study_date for study in library.catalogue.studies(Search(in_trash=True))]


def test_rules_say_what_would_go_and_what_is_protected_stays(programme: Programme, tmp_path: Path) -> None:
    window, page = open_list(programme)
    choose(page, "Study of 20240101")
    window.actions_table.run("library.protect")
    with Library(tmp_path / "library") as library:
        wait_for(lambda: any(PROTECTED in study.flags for study in library.catalogue.studies(Search(""))))
    window.actions_table.run("library.retention")
    shown = _window()
    assert "No rule" in shown.text.text()
    assert not shown.button.isEnabled()
    shown.days.setValue(365)
    wait_for(lambda: "0 studies" in shown.text.text())  # nobody has looked at them yet
    shown.spares.setChecked(False)
    wait_for(lambda: shown.studies.count() == 1)
    assert "Study of 20250202" in shown.studies.item(0).text()
    assert not _trashed(tmp_path / "library")  # looking does nothing
    shown.button.click()
    wait_for(lambda: _trashed(tmp_path / "library") == ["20250202"])
    wait_for(lambda: page.strip.button.text() == "Undo")
    kept = programme.settings.section("retention", RetentionSettings)
    assert kept == RetentionSettings(365, 0, spares_undisplayed=False)
    shown.close()
    page.strip.button.click()
    wait_for(lambda: not _trashed(tmp_path / "library"))
