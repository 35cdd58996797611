"""Flows: several windows, other languages and themes, broken settings, closing in the middle of everything."""

import multiprocessing
import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import shiboken6
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel

from tests.builders.ct_series import write_ct_series
from tests.ui.flow_steps import leaves, shown_uid, tree_of, wait_for
from tests.ui.program_window import open_window, pass_time, running
from viewer.application.programme import Programme
from viewer.imaging.voi_lut import Window
from viewer.ui.main_window import MainWindow
from viewer.workspace.workspace import Workspace


@pytest.fixture
def programme(qapp: QApplication, tmp_path: Path) -> Iterator[Programme]:
    with running(qapp, tmp_path) as made:
        yield made


@pytest.fixture
def two_studies(tmp_path: Path) -> Path:
    for name in ("A", "B"):
        elements = {"PatientName": f"{name}^PATIENT", "PatientID": name}
        write_ct_series(tmp_path / "ct" / name, 6, 64, label=name, elements=elements)
    return tmp_path / "ct"


def set_window(workspace: Workspace, window: Window) -> None:
    state = workspace.viewport(0)
    workspace.change(replace(state, view=replace(state.view, voi=window)), "W/L", cell=0)


def test_two_windows_share_the_studies_and_nothing_else(programme: Programme, two_studies: Path) -> None:
    first = open_window(programme, two_studies, size=(800, 600))
    programme.new_window()
    second = programme.windows[-1]
    wait_for(lambda: shown_uid(second) and leaves(tree_of(second)) == 2)
    assert second.workspace is not first.workspace
    first.workspace.set_index(3)
    first.actions_table.run("view.invert")
    first.workspace.set_layout(1, 2)
    second.workspace.set_index(5)
    wait_for(lambda: not first.is_loading() and not second.is_loading())
    assert (first.workspace.viewport(0).index, second.workspace.viewport(0).index) == (3, 5)
    assert not second.workspace.viewport(0).view.inverted
    assert second.workspace.layout.cell_count == 1
    first.close()
    assert programme.windows == [second]
    second.workspace.set_index(1)
    wait_for(lambda: shown_uid(second).endswith("100001"), "the other window took the images along")


def test_closing_a_study_empties_its_viewports_in_every_window(programme: Programme, two_studies: Path) -> None:
    first = open_window(programme, two_studies, size=(800, 600))
    programme.new_window()
    second = programme.windows[-1]
    wait_for(lambda: shown_uid(second))
    closed = first.workspace.series_at(0)
    assert closed is not None
    first.activateWindow()
    first.setFocus()
    QTest.keyClick(first, Qt.Key.Key_W, Qt.KeyboardModifier.ControlModifier)
    for window in (first, second):
        wait_for(partial(lists, window, 1))
        assert window.workspace.image_at(0) is None
        assert closed.study.patient.name not in window.windowTitle()
    assert programme.tree.counts.studies == 1
    first.actions_table.run("file.close_all")
    for window in (first, second):
        wait_for(partial(lists, window, 0))
    assert programme.tree.counts.files == 0
    programme.opener.open([two_studies])  # and all of it can be opened again
    wait_for(lambda: shown_uid(first) and shown_uid(second))


def shows_both(window: MainWindow) -> bool:
    return not window.is_loading() and bool(shown_uid(window, 0) and shown_uid(window, 1))


def lists(window: MainWindow, count: int) -> bool:
    return leaves(tree_of(window)) == count


def test_language_and_theme_change_without_losing_the_view(programme: Programme, two_studies: Path) -> None:
    window = open_window(programme, two_studies, size=(800, 600))
    workspace = window.workspace
    workspace.set_layout(1, 2)
    other = [each for each in programme.tree.all_series() if each is not workspace.series_at(0)]
    workspace.show_series(other[0].key, 1)
    wait_for(lambda: shown_uid(window, 1))
    workspace.set_index(4, 0)
    set_window(workspace, Window(33, 222))
    before = (workspace.layout, workspace.viewport(0), workspace.viewport(1))
    size = window.size()
    for language, theme, word in (("ko", "dark", "파일"), ("ko", "light", "파일"), ("en", "dark", "File")):
        old = programme.windows[0]
        programme.set_language(language)
        programme.set_theme(theme)
        wait_for(lambda: len(programme.windows) == 1)
        now = programme.windows[0]
        assert now is not old
        assert now.workspace is workspace
        assert (workspace.layout, workspace.viewport(0), workspace.viewport(1)) == before
        assert now.size() == size
        assert word in now.menuBar().actions()[0].text()
        wait_for(partial(shows_both, now))
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        assert not shiboken6.isValid(old), "the old window is kept"
    assert programme.windows[0].workspace.viewport(0).view.voi == Window(33, 222)


@pytest.mark.parametrize("kind", ["damaged", "a file", "from another time"])
def test_settings_that_are_no_good_do_not_stop_the_program(
    kind: str, qapp: QApplication, tmp_path: Path, two_studies: Path
) -> None:
    folder = tmp_path / "config"
    if kind == "a file":
        folder.write_text("where the folder should be")
    else:
        folder.mkdir()
        text = (
            b"\xff\xfe[[["
            if kind == "damaged"
            else b"version = 99\n[general]\ntheme = 7\nmemory_mb = -4\n[keys]\nkeys = 1\n"
        )
        (folder / "settings.toml").write_bytes(text)
    with running(qapp, tmp_path) as programme:
        window = open_window(programme, size=(800, 600))
        programme.open_paths([two_studies])
        wait_for(lambda: shown_uid(window))
        said = [label.text() for label in window.job_line.findChildren(QLabel)]
        assert any("settings" in text for text in said) or kind == "from another time"
        programme.set_theme("light")
        pass_time(0.05)
        assert len(programme.windows) == 1
        programme.windows[0].close()
    if kind == "damaged":
        assert (folder / "settings.toml.bad").read_bytes() == b"\xff\xfe[[["
    if kind == "a file":
        assert folder.read_text() == "where the folder should be"


def children() -> set[int]:
    """Return the processes this one started that are still in the system's table, dead ones too."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = stat.read_text("ascii", "replace").rpartition(")")[2].split()[1]
            command = stat.with_name("cmdline").read_bytes()
        except OSError:
            continue
        if int(parent) == os.getpid() and b"resource_tracker" not in command:
            found.add(int(stat.parent.name))
    return found


def left_behind(threads: set[threading.Thread], processes: set[int]) -> list[str]:
    """Return the threads and processes that were not there before."""
    names = [thread.name for thread in threading.enumerate() if thread not in threads]
    return names + [f"process {pid}" for pid in children() - processes]


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="counts processes in /proc")
@pytest.mark.parametrize("moment", ["finding", "decoding", "looking"])
def test_closing_in_the_middle_leaves_no_thread_and_no_process(moment: str, qapp: QApplication, tmp_path: Path) -> None:
    syntax = "1.2.840.10008.1.2.4.70" if moment == "decoding" else "1.2.840.10008.1.2.1"
    count, size = (60, 512) if moment == "decoding" else (1500, 8)
    write_ct_series(tmp_path / "ct", count, size, transfer_syntax_uid=syntax)
    threads = set(threading.enumerate())
    processes = children()
    with running(qapp, tmp_path) as programme:
        window = programme.open_window((800, 600))
        programme.opener.open([tmp_path / "ct"])
        if moment == "finding":
            wait_for(lambda: programme.tree.counts.files)
        else:
            wait_for(lambda: shown_uid(window))
        if moment == "looking":
            window.actions_table.run("layout.2x2")
            window.workspace.scroll(3)
        window.close()
    wait_for(lambda: not left_behind(threads, processes), f"left behind: {left_behind(threads, processes)}")
    assert multiprocessing.active_children() == []
