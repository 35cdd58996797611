"""The tab of archives against real ones: found, merged, unfolded, fetched, opened, told when one does not answer."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QToolButton, QWidget

from tests.builders.named_studies import PATIENTS, study_uid, write_instance, write_named_studies
from tests.builders.peer_servers import Orthanc
from tests.ui.archive_scene import (
    NEVER_THERE,
    archive_program,
    choose,
    commands_of,
    dimse_peer,
    open_archives,
    orthanc,
    search,
    silent_peer,
    titles,
    web_peer,
)
from tests.ui.flow_steps import shown_uid, wait_for
from tests.ui.library_window import fill
from tests.ui.program_window import HOSTILE, running, write_series
from viewer.application.programme import Programme
from viewer.archives.found import FoundStudy
from viewer.archives.peer_list import PeerList
from viewer.ui.browser.archive_page import ArchivePage
from viewer.ui.check_menu import CheckMenu
from viewer.ui.drags import dropped_keys
from viewer.workspace.archive_query import ArchiveQuestion, Period
from viewer.workspace.archive_rows import ArchiveRow, ArchiveRowKind

HONG = study_uid(PATIENTS[0])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orthanc]:
    folder = tmp_path_factory.mktemp("archive")
    files = write_named_studies(folder / "files")
    (folder / "orthanc").mkdir()
    with orthanc(folder / "orthanc", files) as made:
        yield made


@pytest.fixture
def programme(qapp: QApplication, tmp_path: Path, server: Orthanc) -> Iterator[Programme]:
    peers = [dimse_peer(server), web_peer(server), silent_peer()]
    with archive_program(qapp, tmp_path / "program", peers) as made:
        yield made


def _row(page: ArchivePage, uid: str) -> ArchiveRow:
    row = page.model.row_at(page.model.index_of(page.results.study_key(uid)))
    assert row is not None
    return row


def test_archives_are_asked_together_and_the_same_study_stands_once_with_all_that_have_it(programme: Programme) -> None:
    _window, page = open_archives(programme)
    search(page)
    assert page.counts_text == "6 studies"
    assert titles(page)[0] == "WEISS Jörg"  # the newest first
    row = _row(page, HONG)
    assert set(row.sources) == {"PACS1", "Cloud archive"}
    assert (row.series, row.images, row.warnings) == ("2", "4", ())
    assert "PACS1: 6 found" in page.states.summary.text()
    (problem,) = page.states.problems
    assert problem.startswith(f"{NEVER_THERE}: ")


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("홍길동", ["HONG Gildong"]),
        ("김철수", ["김철수"]),
        ("hong gil", ["HONG Gildong"]),
        ("gildong hong", ["HONG Gildong"]),
        ("müller", ["MÜLLER Jürgen"]),
        ("山田", ["YAMADA Tarou"]),  # Orthanc loses the escapes of the other Yamada
        ("KR1", ["HONG Gildong"]),
        ("2024-02-03", ["김철수"]),
        (HONG, ["HONG Gildong"]),
        ("nobody", []),
    ],
)
def test_what_is_typed_is_asked_as_it_is_meant(programme: Programme, typed: str, found: list[str]) -> None:
    _window, page = open_archives(programme)
    search(page, typed)
    assert titles(page) == found


def test_a_study_unfolds_into_series_and_a_series_into_images(programme: Programme) -> None:
    _window, page = open_archives(programme)
    search(page, "KR1")
    study = page.model.index_of(page.results.study_key(HONG))
    assert page.model.rowCount(study) == 1  # it can be unfolded before anybody asked
    page.tree.expand(study)

    def below(index: object, kind: ArchiveRowKind) -> bool:
        row = page.model.row_at(page.model.index(0, 0, index))  # type: ignore[arg-type]  # an index
        return row is not None and row.kind is kind

    wait_for(lambda: below(page.model.index_of(page.results.study_key(HONG)), ArchiveRowKind.SERIES))
    study = page.model.index_of(page.results.study_key(HONG))
    assert [page.model.index(place, 0, study).data() for place in range(2)] == ["1  Series 1", "2  Series 2"]
    first = page.model.index(0, 0, study)
    page.tree.expand(first)
    wait_for(lambda: below(page.model.index(0, 0, study), ArchiveRowKind.INSTANCE))
    assert page.model.rowCount(page.model.index(0, 0, study)) == 2


def test_enter_fetches_keeps_and_opens_and_the_list_says_what_is_here(programme: Programme) -> None:
    window, page = open_archives(programme)
    search(page, "KR1")
    choose(page, HONG)
    QTest.keyClick(page.tree, Qt.Key.Key_Return)
    wait_for(lambda: shown_uid(window).startswith(HONG), "nothing was shown")
    wait_for(lambda: _row(page, HONG).is_whole, "it was not said to be here")
    assert _row(page, HONG).here == "here"
    assert _row(page, HONG).is_open
    held: list[dict[str, int]] = []
    programme.archives.held_of_studies([HONG], held.append)
    wait_for(lambda: held)
    assert held == [{HONG: 4}]


def test_what_is_opened_without_keeping_is_not_in_the_library(programme: Programme) -> None:
    window, page = open_archives(programme)
    search(page, "KR1")
    choose(page, HONG)
    QTest.keyClick(page.tree, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    wait_for(lambda: shown_uid(window).startswith(HONG), "nothing was shown")
    wait_for(lambda: not programme.archives.fetching)
    held: list[dict[str, int]] = []
    programme.archives.held_of_studies([HONG], held.append)
    wait_for(lambda: held)
    assert held == [{}]


def test_what_is_fetched_for_later_is_kept_and_not_opened(programme: Programme) -> None:
    window, page = open_archives(programme)
    search(page, "KR1")
    choose(page, HONG)
    QTest.keyClick(page.tree, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    wait_for(lambda: _row(page, HONG).is_whole)
    assert not programme.tree.counts.files
    assert shown_uid(window) == ""


def test_as_many_images_that_are_others_do_not_keep_a_study_from_being_fetched(
    programme: Programme, tmp_path: Path
) -> None:
    (tmp_path / "others").mkdir()
    for number in range(4):
        write_instance(tmp_path / "others" / f"{number}.dcm", f"{HONG}.9.{number + 1}", PATIENTS[0])
    fill(tmp_path / "program" / "library", tmp_path / "others")
    window, page = open_archives(programme)
    search(page, "KR1")
    wait_for(lambda: _row(page, HONG).here == "here")
    choose(page, HONG)
    commands_of(window).fetch_chosen()
    assert "already" in window.job_line.text
    next(each for each in window.job_line.findChildren(QToolButton) if each.text() == "Fetch all the same").click()
    held: list[dict[str, int]] = []
    wait_for(lambda: programme.transfers.rows() and programme.transfers.rows()[0].status.state == "done")
    programme.archives.held_of_studies([HONG], held.append)
    wait_for(lambda: held)
    assert held == [{HONG: 8}]


def test_what_is_dragged_to_a_viewport_is_fetched_and_opened_there(programme: Programme, tmp_path: Path) -> None:
    window, page = open_archives(programme)
    programme.open_paths([write_series(tmp_path / "open")])
    wait_for(lambda: shown_uid(window))
    search(page, "KR1")
    window.workspace.set_layout(1, 2)
    window.workspace.activate(1)
    choose(page, HONG)
    data = page.model.mimeData(page.tree.selectionModel().selectedIndexes())
    window.study_dropped.emit(dropped_keys(data))
    wait_for(lambda: shown_uid(window, 1).startswith(HONG), "nothing was shown")
    assert not shown_uid(window, 0).startswith(HONG)


def test_my_day_and_saved_searches_are_kept_and_asked_at_once(
    qapp: QApplication, tmp_path: Path, server: Orthanc
) -> None:
    with archive_program(qapp, tmp_path, [dimse_peer(server)]) as first:
        window, page = open_archives(first)
        page.show_question(ArchiveQuestion(modalities=("MR",)))
        commands_of(window).define_my_day()
        page.show_question(ArchiveQuestion("kim", Period.RANGE, "2024-02", "2024-02", ("MR",)))
        first.archives.keep_settings(first.archives.settings.with_saved("February", page.question))
    with archive_program(qapp, tmp_path, ()) as second:
        window, page = open_archives(second)
        window.actions_table.run("archive.my_day")
        wait_for(lambda: not page.is_busy)
        assert (page.question.period, page.question.modalities, titles(page)) == (Period.TODAY, ("MR",), [])
        page.queries.chosen.emit("February")
        wait_for(lambda: not page.is_busy)
        assert page.search.text() == "kim"
        page.ask(ArchiveQuestion(period=Period.RANGE, date_from="2024-02", date_to="2024-02", modalities=("MR",)))
        wait_for(lambda: not page.is_busy)
        assert titles(page) == ["김철수"]


def test_there_is_more_than_was_asked_for(programme: Programme) -> None:
    _window, page = open_archives(programme)
    page.asking.ask(ArchiveQuestion(), 2)
    wait_for(lambda: not page.is_busy)
    assert "more than 2" in page.states.summary.text()
    for _more in range(2):
        page.asking.ask_for_more()
        wait_for(lambda: not page.is_busy)
    assert page.counts_text == "6 studies"
    assert "more than" not in page.states.summary.text()


def test_a_program_that_knows_no_archive_says_how_to_get_one(qapp: QApplication, tmp_path: Path) -> None:
    with running(qapp, tmp_path) as programme:
        window = programme.open_window((1280, 800))
        page = window.show_archives()
        wait_for(lambda: programme.archives.desk.peers is not None)
        assert "No archive is known" in page.notice.text.text()
        assert not page.filters.isVisible()
        PeerList(tmp_path / "config").add(silent_peer())
        programme.archives.desk.look()
        wait_for(page.filters.isVisible)
        assert "Type a name" in page.notice.text.text()
        search(page, "kim")
        assert "No archive answered" in page.notice.text.text()


def test_the_same_id_of_another_person_is_told_when_it_is_fetched(programme: Programme) -> None:
    window, page = open_archives(programme)
    search(page, "KR1")
    other = FoundStudy("1.2.3", "LEE^SUNSIN", "KR1", study_date="20200101", sources=("Elsewhere",))
    page.asking.found([other])
    wait_for(lambda: not page.is_busy)
    hong, lee = (page.model.row_at(page.model.index(place, 0)) for place in range(2))
    assert hong is not None
    assert lee is not None
    assert hong.title == "HONG Gildong"
    assert "Elsewhere" in hong.warnings[0]
    assert "HONG Gildong" in lee.warnings[0]
    choose(page, HONG)
    commands_of(window).fetch_chosen()
    assert "LEE SUNSIN" in page.strip.text
    wait_for(lambda: _row(page, HONG).is_whole)


def test_asking_can_be_stopped_and_what_was_found_stays(programme: Programme) -> None:
    window, page = open_archives(programme)
    search(page, "KR1")
    window.actions_table.run("archive.search")
    wait_for(lambda: page.is_asking)
    assert window.actions_table["archive.stop"].shortcut().toString() in page.button.toolTip()
    window.actions_table.run("archive.stop")
    wait_for(lambda: not page.is_asking)
    window.actions_table.run("archive.search")
    wait_for(lambda: not page.is_busy)
    assert titles(page) == ["HONG Gildong"]


def test_names_of_archives_and_patients_are_text_and_never_markup(qapp: QApplication, tmp_path: Path) -> None:
    with archive_program(qapp, tmp_path, [silent_peer("R&D"), silent_peer("other")]) as programme:
        window, page = open_archives(programme)
        search(page, "kim")
        page.asking.found([FoundStudy("1.2.3", HOSTILE, "1", study_description=HOSTILE, sources=("<b>R&D</b>",))])
        wait_for(lambda: not page.is_busy)
        index = page.model.index(0, 0, page.model.index(0, 0))
        assert "<img" not in str(page.model.data(index, Qt.ItemDataRole.ToolTipRole))
        for label in window.findChildren(QLabel):
            assert label.textFormat() == Qt.TextFormat.PlainText or "<" not in label.text()
        for widget in page.findChildren(QWidget):
            assert "<b>" not in widget.toolTip()
        archives = page.filters.findChildren(CheckMenu)[1]
        assert "R&&D" in [action.text() for action in archives.actions()]


def test_uids_of_what_is_chosen_are_copied(programme: Programme) -> None:
    window, page = open_archives(programme)
    search(page, "KR1")
    choose(page, HONG)
    QTest.keyClick(page.tree, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QApplication.clipboard().text() == HONG
    window.actions_table.run("archive.patient")
    wait_for(lambda: not page.is_busy)
    assert (titles(page), page.question.patient_id) == (["HONG Gildong"], "KR1")


def test_a_day_that_is_none_is_said_and_nothing_is_asked(programme: Programme) -> None:
    _window, page = open_archives(programme)
    page.ask(ArchiveQuestion(period=Period.RANGE, date_from="yesterday"))
    wait_for(lambda: not page.is_busy)
    assert "yesterday is no day" in page.notice.text.text()
