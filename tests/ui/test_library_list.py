"""The list of the studies on this computer: searched, unfolded, paged, kept up to date, on real libraries."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QApplication, QTreeView

from tests.builders.big_library import fill_library
from tests.ui.flow_steps import wait_for
from tests.ui.library_window import ask, choose, fill, library_program, listed, open_list, write_study
from tests.ui.program_window import HOSTILE, open_window, running
from viewer.application.programme import Programme
from viewer.base.errors import LibraryError, ViewerError
from viewer.library.database import Database
from viewer.library.library import Library
from viewer.ui.browser.library_lister import PAGE
from viewer.ui.browser.library_page import LibraryPage
from viewer.ui.browser.row_painting import fitting
from viewer.workspace.library_rows import SmartFolder


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """A library of three studies of two patients."""
    write_study(tmp_path / "a", "Kim^Gildong=金^吉洞=김^길동", "P1", "20240101")
    write_study(tmp_path / "b", "Kim^Gildong=金^吉洞=김^길동", "P1", "20250202")
    write_study(tmp_path / "c", "Müller^Anna", "P2", "20241231")
    for name in "abc":
        fill(tmp_path / "library", tmp_path / name)
    return tmp_path


@pytest.fixture
def programme(qapp: QApplication, filled: Path) -> Iterator[Programme]:
    with library_program(qapp, filled) as made:
        yield made


def test_studies_stand_under_their_patients_the_newest_first(programme: Programme) -> None:
    window, page = open_list(programme)
    assert window.shows_library
    assert [page.model.index(place, 0).data() for place in range(page.model.rowCount())] == [
        "KIM Gildong",
        "MÜLLER Anna",
    ]
    assert listed(page) == ["Study of 20250202", "Study of 20240101", "Study of 20241231"]
    assert "2025-02-02 Sun" in page.model.studies()[0].subtitle
    QAbstractItemModelTester(page.model, QAbstractItemModelTester.FailureReportingMode.Fatal)


@pytest.mark.parametrize("typed", ["길동", "kim gild", "P1", "2025-02-02", "20250202", "金", "ct study of 2025"])
def test_what_is_typed_finds_names_ids_dates_and_descriptions(programme: Programme, typed: str) -> None:
    _window, page = open_list(programme)
    ask(page, typed)
    assert "Study of 20250202" in listed(page)
    assert "Study of 20241231" not in listed(page)


def test_what_the_program_was_started_with_is_in_front(programme: Programme, tmp_path: Path) -> None:
    write_study(tmp_path / "disc", "Lee^Sunsin", "P9", "20260101")
    programme.opener.open([tmp_path / "disc"])  # before there is a window
    window = programme.open_window((1280, 800))
    assert not window.shows_library
    wait_for(lambda: not programme.opener.is_busy and not window.is_busy())
    assert not window.shows_library


def test_the_last_word_typed_is_the_one_that_is_answered(programme: Programme) -> None:
    _window, page = open_list(programme)
    for end in range(1, len("müller") + 1):
        page.search.setText("müller"[:end])
        QApplication.processEvents()
    page.search.setText("nobody is called so")
    wait_for(lambda: not page.is_busy)
    assert listed(page) == []
    assert page.notice.isVisible()
    ask(page, "")
    assert len(listed(page)) == 3


def test_enter_goes_to_what_was_typed_and_never_to_the_list_before(programme: Programme) -> None:
    window, page = open_list(programme)
    page.search.setText("muller")  # nothing is answered yet: the list still shows everybody
    QTest.keyClick(page.search, Qt.Key.Key_Return)
    assert listed(page)[0] == "Study of 20250202"
    QTest.keyClick(page.tree, Qt.Key.Key_Return)
    assert not programme.library.opened
    wait_for(lambda: len(listed(page)) == 1)
    assert page.tree.hasFocus() or not window.isActiveWindow()
    assert [study.patient_id for study in page.tree.chosen_studies()] == ["P2"]


def test_a_question_that_fails_is_told_and_asked_again(programme: Programme, monkeypatch: pytest.MonkeyPatch) -> None:
    _window, page = open_list(programme)
    told: list[ViewerError] = []
    programme.library.desk.told.connect(told.append)

    def fail(*_arguments: object) -> None:
        raise LibraryError("the disk does not answer")

    with monkeypatch.context() as broken:
        broken.setattr("viewer.library.browsing.studies_page", fail)
        ask(page, "muller")
    assert len(told) == 1
    page.lister.more()
    page.lister.refresh()
    wait_for(lambda: listed(page) == ["Study of 20241231"])


def test_a_series_is_of_the_study_it_stands_under_wherever_the_keyboard_is(programme: Programme) -> None:
    _window, page = open_list(programme)
    studies = [page.model.index_of(row.key) for row in page.model.studies()]
    for study in studies:
        page.tree.expand(study)
    wait_for(lambda: all(page.model.rowCount(study) for study in studies) and not page.is_busy)
    first, last = page.model.index(0, 0, studies[0]), page.model.index(0, 0, studies[2])
    whole_row = QItemSelectionModel.SelectionFlag.Rows | QItemSelectionModel.SelectionFlag.Select
    page.tree.selectionModel().select(first, whole_row)
    page.tree.selectionModel().setCurrentIndex(last, QItemSelectionModel.SelectionFlag.NoUpdate)
    alone = page.tree.chosen_series()
    assert alone is not None
    assert [alone[0].study_date, *(study.study_date for study in page.tree.chosen_studies())] == ["20250202"] * 2
    page.tree.selectionModel().select(last, whole_row)
    assert page.tree.chosen_series() is None
    assert [study.study_date for study in page.tree.chosen_studies()] == ["20250202", "20241231"]


def test_a_narrow_row_drops_words_before_numbers(programme: Programme) -> None:
    _window, page = open_list(programme)
    row = page.model.studies()[0]
    metrics = page.tree.fontMetrics()
    assert fitting((row.subtitle, *row.shorter), 10_000, metrics) == row.subtitle
    for text in row.shorter:
        assert fitting((row.subtitle, *row.shorter), metrics.horizontalAdvance(text), metrics) == text
        assert text.startswith("2025-02-02")
        assert "3" in text.removeprefix("2025-02-02")


def test_smart_folders_narrow_the_list(programme: Programme) -> None:
    _window, page = open_list(programme)
    for folder, count in ((SmartFolder.TODAY, 0), (SmartFolder.NEVER_DISPLAYED, 3), (SmartFolder.TRASH, 0)):
        page.folders.choose(folder)
        wait_for(lambda: not page.is_busy)
        assert len(listed(page)) == count, folder
    page.folders.choose(SmartFolder.ALL)
    wait_for(lambda: not page.is_busy)
    assert len(listed(page)) == 3


def test_other_orders_and_columns_are_kept_for_the_next_window(qapp: QApplication, filled: Path) -> None:
    with library_program(qapp, filled) as first:
        _window, page = open_list(first)
        menu = page.menu_button.menu()
        menu.aboutToShow.emit()
        next(action for action in menu.actions() if action.text() == "Name").trigger()
        next(action for action in menu.actions() if action.text() == "Column: Arrived").trigger()
        wait_for(lambda: not page.is_busy)
        assert listed(page)[-1] == "Study of 20241231"
        look = page.look
        assert page.tree.header().isVisible()
    with library_program(qapp, filled) as second:
        _window, again = open_list(second)
        assert again.look == look


def test_unfolding_a_study_brings_its_series_and_their_pictures(programme: Programme) -> None:
    _window, page = open_list(programme)
    study = page.model.index(0, 0, page.model.index(0, 0))
    page.tree.expand(study)
    wait_for(lambda: page.model.rowCount(study) and not page.is_busy)
    series = page.model.index(0, 0, study)
    row = page.model.row_at(series)
    assert row is not None
    wait_for(lambda: page.pictures.image(row) is not None)
    picture = page.pictures.image(row)
    assert picture is not None
    assert not picture.isNull()
    assert list((programme.library.folder or Path()).glob("pictures/*/*.pic"))


def test_the_keyboard_searches_walks_and_opens(programme: Programme) -> None:
    window, page = open_list(programme)
    window.activateWindow()
    window.actions_table.run("library.show")
    assert page.search.hasFocus()
    QTest.keyClicks(page.search, "muller")
    wait_for(lambda: not page.is_busy and len(listed(page)) == 1)
    QTest.keyClick(page.search, Qt.Key.Key_Return)
    assert page.tree.hasFocus()
    QTest.keyClick(page.tree, Qt.Key.Key_Slash)
    assert page.search.hasFocus()
    QTest.keyClick(page.search, Qt.Key.Key_Return)
    QTest.keyClick(page.tree, Qt.Key.Key_Return)
    wait_for(lambda: window.workspace.displayed(0) is not None)
    QTest.keyClick(page.tree, Qt.Key.Key_3)
    wait_for(lambda: page.model.studies()[0].rating == 3)
    QTest.keyClick(page.tree, Qt.Key.Key_F)
    wait_for(lambda: page.model.studies()[0].is_flagged)
    QTest.keyClick(page.tree, Qt.Key.Key_Delete)
    wait_for(lambda: not listed(page))
    page.strip.button.click()
    wait_for(lambda: len(listed(page)) == 1)
    QTest.keyClick(page.tree, Qt.Key.Key_Escape)
    assert not page.tree.hasFocus()


def test_the_windows_thread_never_touches_the_index(
    qapp: QApplication, filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: set[str] = set()
    for name in ("reading", "writing", "_connected"):
        method = getattr(Database, name)

        def noted(*arguments: object, called: Callable[..., object] = method) -> object:
            threads.add(threading.current_thread().name)
            return called(*arguments)

        monkeypatch.setattr(Database, name, noted)
    with library_program(qapp, filled) as programme:
        window, page = open_list(programme)
        ask(page, "kim")
        page.tree.expand(page.model.index(0, 0, page.model.index(0, 0)))
        choose(page, "Study of 20240101")
        for command in ("library.open", "library.rate_4", "library.flag", "library.trash", "library.save_search"):
            window.actions_table.run(command)
        wait_for(lambda: window.workspace.displayed(0) is not None and not window.is_busy())
        window.workspace.tree.clear()
        wait_for(lambda: not page.is_busy)
    assert threads
    assert threading.current_thread().name not in threads


def test_others_changes_come_without_losing_choice_and_unfolding(programme: Programme, filled: Path) -> None:
    _window, page = open_list(programme)
    choose(page, "Study of 20240101")
    study = page.tree.currentIndex()
    page.tree.expand(study)
    wait_for(lambda: page.model.rowCount(study) and not page.is_busy)
    write_study(filled / "d", "Abe^Shin", "P3", "20260303")
    fill(filled / "library", filled / "d")
    wait_for(lambda: len(listed(page)) == 4)
    row = page.tree.current_row()
    assert row is not None
    assert row.title == "Study of 20240101"
    assert page.tree.isExpanded(page.tree.currentIndex())
    assert listed(page)[0] == "Study of 20260303"


def test_no_name_in_the_list_is_taken_for_markup(qapp: QApplication, tmp_path: Path) -> None:
    write_study(tmp_path / "x", HOSTILE, HOSTILE[:60], "20240101", StudyDescription=HOSTILE[:60])
    fill(tmp_path / "library", tmp_path / "x")
    with library_program(qapp, tmp_path) as programme:
        _window, page = open_list(programme)
        index = page.model.index(0, 0)
        for each in (index, page.model.index(0, 0, index)):
            assert "<img" not in str(each.data(Qt.ItemDataRole.ToolTipRole))


def test_a_window_without_a_library_says_so_quietly(qapp: QApplication, tmp_path: Path) -> None:
    with running(qapp, tmp_path) as programme:
        window = open_window(programme)
        page = window.show_library()
        assert "without a library" in page.notice.text.text()
        assert not page.notice.button.isVisible()
        assert not window.actions_table["library.import_files"].isEnabled()


def test_a_damaged_index_is_made_again_from_the_window(qapp: QApplication, filled: Path) -> None:
    index = filled / "library" / "library.sqlite"
    index.write_bytes(b"this is no index" * 1000)
    with library_program(qapp, filled) as programme:
        window = programme.open_window((1280, 800))
        page = window.show_library()
        wait_for(page.notice.button.isVisible)
        assert "damaged" in page.notice.text.text()
        page.notice.button.click()
        wait_for(lambda: len(listed(page)) == 3)


def test_a_folder_that_cannot_be_opened_is_told_in_words(qapp: QApplication, tmp_path: Path) -> None:
    (tmp_path / "library").write_text("a file, no folder")
    with library_program(qapp, tmp_path) as programme:
        window = programme.open_window((1280, 800))
        page = window.show_library()
        wait_for(page.notice.button.isVisible)
        assert "cannot be opened" in page.notice.text.text()
        (tmp_path / "library").unlink()
        page.notice.button.click()
        wait_for(lambda: programme.library.desk.is_open)


def _scroll_to_end(page: LibraryPage, studies: int) -> None:
    while len(page.model.studies()) < studies:
        bar = page.tree.verticalScrollBar()
        bar.setValue(bar.maximum())
        wait_for(lambda: not page.is_busy)


def test_rows_come_as_one_scrolls(qapp: QApplication, tmp_path: Path) -> None:
    fill_library(tmp_path / "library", 5 * PAGE // 2, 4)
    with library_program(qapp, tmp_path) as programme:
        _window, page = open_list(programme)
        assert len(page.model.studies()) == PAGE
        wait_for(lambda: "250" in page.counts_text)
        _scroll_to_end(page, 250)
        studies = [row.key for row in page.model.studies()]
        assert len(set(studies)) == 250
        assert not page.model.has_more
        with Library(tmp_path / "library") as library:
            study = library.catalogue.studies()[100]
            library.catalogue.set_rating(study, 4)
        wait_for(lambda: any(row.rating == 4 for row in page.model.studies()))
        assert len(page.model.studies()) == 250


@pytest.mark.campaign
@pytest.mark.timeout(900)
def test_a_hundred_thousand_studies_feel_instant(qapp: QApplication, tmp_path: Path) -> None:
    fill_library(tmp_path / "library", 100_000, 4)
    with library_program(qapp, tmp_path) as programme:
        started = time.perf_counter()
        _window, page = open_list(programme)
        times = [time.perf_counter() - started]
        for typed in ("k", "ki", "kim", "kim g", "kim gil", "홍길동", "2019-03", "pid00012", ""):
            started = time.perf_counter()
            page.search.setText(typed)
            wait_for(lambda: not page.lister.is_busy)
            times.append(time.perf_counter() - started)
        print("open and answers, s:", [round(each, 3) for each in times])
        assert max(times[1:]) < 0.3
        assert isinstance(page.tree, QTreeView)
