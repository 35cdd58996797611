"""Volumes in the whole program: the line at the foot tells and stops loading, memory is shared, windows are rebuilt."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QProgressBar, QTreeWidget

from tests.builders.ct_series import write_ct_series
from tests.ui.program_window import open_window, pass_time, running
from viewer.application.programme import Programme
from viewer.application.screenshot import wait_until_settled
from viewer.application.volume_place import FRAME_BYTES_BESIDE
from viewer.base.jobs import Progress
from viewer.ui.main_window import MainWindow
from viewer.ui.panels.information import InformationPanel
from viewer.ui.viewports.grid import ViewportGrid
from viewer.volume.reslice import warm_up
from viewer.volume.series_volume import SeriesVolume
from viewer.workspace.display_set import DisplaySet
from viewer.workspace.multiplanar import enter, leave
from viewer.workspace.volume_building import VolumeBuilding

pytestmark = pytest.mark.usefixtures("qtbot")

COUNT, SIZE = 12, 64


@pytest.fixture(scope="module", autouse=True)
def _kernels() -> None:
    warm_up()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_ct_series(tmp_path / "ct", COUNT, SIZE)
    return tmp_path / "ct"


class Held:
    """Loading that goes on when it is let."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.gate = threading.Event()
        self.cancelled = threading.Event()
        real = VolumeBuilding.load
        held = self

        def load(
            self: VolumeBuilding,
            phases: Sequence[DisplaySet],
            progress: Progress,
            tell: Callable[[SeriesVolume], None],
            budget_bytes: int,
        ) -> SeriesVolume:
            whole = real(self, phases, Progress(), tell, budget_bytes)
            tell(replace(whole, loaded=0.5))
            step = 0
            while not held.gate.wait(0.05):
                step += 1
                if progress.is_cancelled:
                    held.cancelled.set()
                progress.report(min(step, 11), COUNT)
            return whole

        monkeypatch.setattr(VolumeBuilding, "load", load)


def is_shown(window: MainWindow) -> bool:
    shown = window.workspace.displayed(0)
    return shown is not None and shown.look is not None


def until(condition: Callable[[], bool], seconds: float = 15.0) -> None:
    for _turn in range(round(seconds / 0.02)):
        if condition():
            return
        pass_time(0.02)
    raise AssertionError("it did not come")


def settle(programme: Programme, window: MainWindow) -> None:
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    wait_until_settled(application, programme, window)


def test_the_foot_tells_how_far_loading_is_and_stops_it(
    qapp: QApplication, tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = Held(monkeypatch)
    with running(qapp, tmp_path) as programme:
        window = open_window(programme, folder)
        enter(window.workspace)
        until(lambda: "Loading the volume" in window.job_line.text)
        until(lambda: is_shown(window))
        bar = window.job_line.findChild(QProgressBar)
        assert bar is not None
        assert bar.isVisible()
        assert bar.maximum() == COUNT
        window.job_line._stop.click()  # as the reader does
        assert held.cancelled.wait(5)
        settle(programme, window)
        assert is_shown(window)  # what was read stays
        grid = window.findChild(ViewportGrid)
        assert grid is not None
        assert "INCOMPLETE" in [chip.text for chip in grid.viewports[0].shown.texts.chips]
        held.gate.set()


def test_decoded_frames_make_room_for_voxels_while_somebody_looks_at_them(
    qapp: QApplication, tmp_path: Path, folder: Path
) -> None:
    with running(qapp, tmp_path) as programme:
        window = open_window(programme, folder)
        before = programme.frames.budget_bytes
        enter(window.workspace)
        settle(programme, window)
        assert is_shown(window)
        assert programme.frames.budget_bytes == min(before, FRAME_BYTES_BESIDE)
        leave(window.workspace)
        settle(programme, window)
        assert programme.frames.budget_bytes == before


def test_another_theme_and_language_keep_the_volume(qapp: QApplication, tmp_path: Path, folder: Path) -> None:
    with running(qapp, tmp_path) as programme:
        window = open_window(programme, folder)
        enter(window.workspace)
        settle(programme, window)
        panel = window.findChild(InformationPanel)
        assert panel is not None
        pass_time(0.3)
        panel.refresh()
        tree = panel.findChild(QTreeWidget)
        assert tree is not None
        group = tree.topLevelItem(0)
        assert group is not None
        first = group.child(0)
        assert first is not None
        assert (group.text(0), first.text(1)) == ("Volume", f"{SIZE} × {SIZE} × {COUNT}")
        key = window.workspace.viewport(0).display_set_key
        volume = programme.volumes.store.volume(key)
        programme.set_theme("light" if programme.theme() != "light" else "dark")
        programme.set_language("ko")
        rebuilt = programme.windows[-1]
        settle(programme, rebuilt)
        assert programme.volumes.store.volume(key) is volume
        assert is_shown(rebuilt)
        rebuilt.close()
        assert not programme.volumes.store.is_wanted  # the last window is gone


def test_volumes_end_with_their_study(qapp: QApplication, tmp_path: Path, folder: Path) -> None:
    with running(qapp, tmp_path) as programme:
        window = open_window(programme, folder)
        enter(window.workspace)
        settle(programme, window)
        programme.tree.clear()
        settle(programme, window)
        assert programme.volumes.store.used_bytes == 0
