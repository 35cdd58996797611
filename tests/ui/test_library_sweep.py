"""The integrity sweep in the window: begun by itself, stopped with the library, and its findings told."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.builders.library_rows import flip
from tests.unit.library.test_aside import in_force, keep, series
from viewer.application.library_sweep import LibrarySweep
from viewer.base.jobs import JobRunner
from viewer.library.library import Library
from viewer.ui.job_bridge import JobBridge
from viewer.workspace.library_browsing import LibraryDesk


@pytest.fixture
def runner(qapp: QApplication) -> Iterator[tuple[JobRunner, Callable[[Callable[[], None]], None]]]:
    assert qapp is not None
    bridge = JobBridge()
    jobs = JobRunner(bridge.deliver)
    yield jobs, bridge.deliver
    jobs.close()


def test_what_is_wrong_is_told(
    runner: tuple[JobRunner, Callable[[Callable[[], None]], None]], qtbot: QtBot, tmp_path: Path
) -> None:
    with Library(tmp_path / "library", reserve_bytes=0) as library:
        keep(library, series(tmp_path / "ct", 2))
        flip(library.store, in_force(library)[0].kept.sha256)
    jobs, deliver = runner
    desk = LibraryDesk(tmp_path / "library", jobs, deliver)
    told: list[str] = []
    parent = QObject()
    sweep = LibrarySweep(parent, desk, jobs, told.append)
    desk.open()
    qtbot.waitUntil(lambda: desk.is_open, timeout=60_000)
    sweep.begin()
    qtbot.waitUntil(lambda: bool(told), timeout=60_000)
    assert told == ["1 file of the library is missing or altered: import it again"]
    state = sweep.state
    assert state is not None
    assert (state.checked, len(state.altered), state.is_index_sound) == (2, 1, True)
    sweep.begin()  # it is not due
    desk.stop()
    jobs.close()
    desk.close()
