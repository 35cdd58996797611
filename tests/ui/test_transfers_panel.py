"""The panel of transfers: what it says of each, what can be done with it, and by which keys."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.ui.flow_steps import wait_for
from tests.ui.library_window import library_program
from viewer.archives.peer_list import PeerList
from viewer.archives.transfer_values import (
    INTERRUPTED,
    LogLine,
    TransferKind,
    TransferRequest,
    TransferState,
    TransferStatus,
)
from viewer.base.events import Event
from viewer.base.jobs import JobRunner
from viewer.network.peers import Peer
from viewer.network.stations import Station
from viewer.ui.archives.transfers_panel import TransfersPanel, panel_title
from viewer.ui.theme import apply_theme
from viewer.workspace.display_set_catalogue import DisplaySetCatalogue
from viewer.workspace.presets import PresetTable
from viewer.workspace.study_tree import StudyTree
from viewer.workspace.transfers import TransferList, TransferRow
from viewer.workspace.workspace import SharedState, Workspace

RETRIEVE, SEND = TransferKind.RETRIEVE, TransferKind.SEND


class Host:
    """Notes what the panel asks for."""

    def __init__(self) -> None:
        self.list = TransferList()
        self.changed: Event[None] = Event()
        self.wishes: list[tuple[str, object]] = []

    def rows(self) -> tuple[TransferRow, ...]:
        return self.list.rows()

    def pause(self, key: int) -> None:
        self.wishes.append(("pause", key))

    def resume(self, key: int) -> None:
        self.wishes.append(("resume", key))

    def cancel(self, key: int) -> None:
        self.wishes.append(("cancel", key))

    def forget(self, key: int) -> None:
        self.wishes.append(("forget", key))

    def forget_ended(self) -> None:
        self.wishes.append(("forget_ended", None))

    def open_study(self, study_instance_uid: str, _workspace: Workspace) -> None:
        self.wishes.append(("open", study_instance_uid))


def status(key: int, state: TransferState, kind: TransferKind = RETRIEVE, **more: object) -> TransferStatus:
    request = TransferRequest(kind, "PACS", f"1.2.{key}")
    return TransferStatus(key, request, state, **more)  # type: ignore[arg-type] # fields by name


@pytest.fixture
def scene(qapp: QApplication) -> Iterator[tuple[Host, TransfersPanel]]:
    apply_theme(qapp, "dark")
    tree, runner = StudyTree(), JobRunner(lambda call: call())
    shared = SharedState(tree, DisplaySetCatalogue(tree, runner), lambda _paths: None, PresetTable.builtin())
    host, workspace = Host(), Workspace(shared)
    panel = TransfersPanel(host, workspace)
    panel.resize(300, 700)
    panel.show()
    yield host, panel
    panel.release()
    panel.close()
    panel.deleteLater()
    workspace.close()
    runner.close()


def show(host: Host, panel: TransfersPanel, *statuses: TransferStatus) -> None:
    host.list.show(statuses)
    host.changed.emit(None)
    panel.refresh()


def choose(panel: TransfersPanel, key: int) -> TransferRow:
    for number in range(panel.model.rowCount()):
        row = panel.model.row_of(panel.model.index(number))
        if row is not None and row.status.key == key:
            panel.view.setCurrentIndex(panel.model.index(number))
            return row
    raise AssertionError(key)


def test_without_transfers_it_says_what_would_be_here(scene: tuple[Host, TransfersPanel]) -> None:
    _host, panel = scene
    assert panel.model.rowCount() == 0
    assert "archives" in panel._nothing.text()
    assert panel._nothing.isVisible()
    assert panel_title(0, 0) == "Transfers"


def test_each_says_what_how_far_how_fast_and_how_long_still(scene: tuple[Host, TransfersPanel]) -> None:
    host, panel = scene
    running = status(
        1, TransferState.RUNNING, done=412, expected=500, instances_per_s=12.4, bytes_per_s=6.2e6, left_s=7
    )
    host.list.name("1.2.1", "KIM Gildong, CT")
    counts: list[tuple[int, int]] = []
    panel.count_changed.connect(lambda *both: counts.append(both))
    show(host, panel, running, status(2, TransferState.FAILED, SEND, reason="Nobody listens there"))
    said = panel.model.data(panel.model.index(0), Qt.ItemDataRole.AccessibleTextRole)
    assert said == "KIM Gildong, CT, from PACS, running, 412 of 500, 7 s left"
    assert counts == [(1, 1)]
    assert panel_title(1, 1) == "Transfers (2)"
    assert panel._sum.text() == "1 on its way  ·  1 to look at"


def test_what_is_missing_is_said_and_asked_for_again(scene: tuple[Host, TransfersPanel]) -> None:
    host, panel = scene
    lines = tuple(LogLine(1_700_000_000 + n, f"Line {n}") for n in range(3))
    show(host, panel, status(4, TransferState.INCOMPLETE, done=412, expected=500, reason="Lost", log=lines))
    choose(panel, 4)
    assert "412 of 500: 88 missing" in panel.details._reason.text()
    assert panel.details.again.text() == "Ask again"
    assert [line.split("  ")[1] for line in panel.details.log.toPlainText().splitlines()] == [
        "Line 0",
        "Line 1",
        "Line 2",
    ]
    panel.details.again.click()
    assert host.wishes == [("resume", 4)]
    panel.details._copy.click()
    assert "Line 2" in QGuiApplication.clipboard().text()


def test_keys_alone_are_enough(scene: tuple[Host, TransfersPanel]) -> None:
    host, panel = scene
    show(
        host, panel, status(1, TransferState.RUNNING, expected=5, done=1),
        status(2, TransferState.PAUSED, reason=INTERRUPTED),
        status(3, TransferState.DONE, done=5, expected=5, ended_at=1.0),
    )  # fmt: skip
    panel.focus_list()
    choose(panel, 1)
    QTest.keyClick(panel.view, Qt.Key.Key_Space)
    QTest.keyClick(panel.view, Qt.Key.Key_Delete)
    choose(panel, 2)
    QTest.keyClick(panel.view, Qt.Key.Key_Space)
    choose(panel, 3)
    QTest.keyClick(panel.view, Qt.Key.Key_Return)
    QTest.keyClick(panel.view, Qt.Key.Key_Delete)
    assert host.wishes == [("pause", 1), ("cancel", 1), ("resume", 2), ("open", "1.2.3"), ("forget", 3)]


def test_buttons_do_only_what_can_be_done(scene: tuple[Host, TransfersPanel]) -> None:
    host, panel = scene
    show(host, panel, status(1, TransferState.RUNNING), status(3, TransferState.DONE, done=5, expected=5, ended_at=1.0))
    able = {
        1: {"pause", "stop", "clear"},
        3: {"open", "remove", "clear"},
    }
    for key, names in able.items():
        choose(panel, key)
        assert {name for name, button in panel._buttons.items() if button.isEnabled()} == names
    for button in panel._buttons.values():
        assert button.accessibleName()
        assert button.toolTip()


def test_what_is_chosen_stays_chosen_while_others_come_and_go(scene: tuple[Host, TransfersPanel]) -> None:
    host, panel = scene
    show(host, panel, *(status(key, TransferState.QUEUED) for key in range(1, 6)))
    choose(panel, 3)
    ended = status(1, TransferState.DONE, done=2, expected=2, ended_at=9.0)
    show(host, panel, status(9, TransferState.RUNNING, done=1, expected=2), status(3, TransferState.QUEUED), ended)
    assert [row.status.key for row in panel.chosen()] == [3]
    assert [panel.model.row_of(panel.model.index(n)).status.key for n in range(3)] == [9, 3, 1]  # type: ignore[union-attr] # there


def test_progress_is_shown_soon_without_being_asked(scene: tuple[Host, TransfersPanel]) -> None:
    host, panel = scene
    show(host, panel, status(1, TransferState.RUNNING, done=1, expected=10))
    host.list.hear({"event": "transfer", **status(1, TransferState.RUNNING, done=7, expected=10).as_json()})
    host.changed.emit(None)
    wait_for(lambda: "7 of 10" in str(panel.model.data(panel.model.index(0), Qt.ItemDataRole.AccessibleTextRole)))


def test_searches_that_go_on_are_shown_and_stopped(qapp: QApplication, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes the connection, and says nothing
        station = Station("SILENT", "127.0.0.1", silent.getsockname()[1])
        PeerList(tmp_path / "config").add(Peer("Silent", station))
        with library_program(qapp, tmp_path) as programme:
            window = programme.open_window((1280, 800))
            window.actions_table.run("archive.transfers")
            (panel,) = window.findChildren(TransfersPanel)
            wait_for(lambda: programme.archives.desk.peers)
            assert not panel.queries.isVisible()
            window.actions_table.run("archive.search")
            wait_for(panel.queries.isVisible, "the search is not shown")
            wait_for(lambda: "Silent" in panel.queries.text.text())
            panel.queries.button.click()
            wait_for(lambda: not panel.queries.isVisible())
