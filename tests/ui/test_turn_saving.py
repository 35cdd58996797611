"""A projection is saved as it turns: read back by other readers, whole or not at all."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel

from tests.builders.ct_series import write_ct_series
from tests.ui.program_window import open_window, pass_time, running
from viewer.application.programme import Programme
from viewer.ui.main_window import MainWindow
from viewer.ui.viewports.viewport import Viewport
from viewer.ui.volumes.turn_commands import start_saving
from viewer.ui.volumes.turn_dialog import TurnDialog
from viewer.ui.volumes.turn_saving import TurnSaving, TurnSettings
from viewer.ui.volumes.turned_pictures import TurnForm
from viewer.workspace.commands.table import BY_ID
from viewer.workspace.tools.tool import Tool
from viewer.workspace.volume_group import look_from


class Turning:
    """A window whose only viewport shows a projection."""

    def __init__(self, programme: Programme, window: MainWindow, folder: Path) -> None:
        self.programme, self.window, self.folder = programme, window, folder
        viewport = window.widget_at(0)
        assert isinstance(viewport, Viewport)
        self.viewport = viewport

    def save(self, name: str, form: TurnForm, count: int = 4, side: int = 257) -> TurnSaving:
        settings = TurnSettings(form, count, 8.0, side)
        saving = start_saving(self.window, self.viewport, self.programme.rendering, settings, self.folder / name)
        assert saving is not None
        return saving

    def wait_for(self, name: str) -> Path:
        for _each in range(500):
            pass_time(0.02)
            if (self.folder / name).exists():
                break
        return self.folder / name


@pytest.fixture
def turning(qapp: QApplication, tmp_path: Path) -> Iterator[Turning]:
    write_ct_series(tmp_path / "series", 16, 48)
    (tmp_path / "out").mkdir()
    with running(qapp, tmp_path) as programme:
        window = open_window(programme, tmp_path / "series")
        BY_ID["volume.whole"].run(window.workspace)
        for _each in range(400):
            pass_time(0.02)
            if window.workspace.displayed(0) is not None and window.workspace.geometry_at(0) is not None:
                break
        yield Turning(programme, window, tmp_path / "out")


def different(frames: list[NDArray[np.uint8]]) -> bool:
    """Return whether every picture differs from the one before it."""
    return all(np.abs(a.astype(int) - b.astype(int)).max() > 20 for a, b in itertools.pairwise(frames))


def test_a_folder_holds_one_picture_for_every_step_with_the_patients_name(turning: Turning) -> None:
    before = turning.window.workspace.viewport(0)
    turning.save("turn", TurnForm.PICTURES)
    folder = turning.wait_for("turn")
    names = sorted(path.name for path in folder.iterdir())
    assert names == [f"turn-{number:03}.png" for number in range(1, 5)]
    frames = [np.asarray(Image.open(folder / name)) for name in names]
    assert {frame.shape for frame in frames} == {(257, 257, 3)}
    assert different(frames)
    banners = [frame[:30, :120] for frame in frames]
    assert banners[0].max() > 150
    assert all(np.array_equal(banners[0], banner) for banner in banners)
    assert turning.window.workspace.viewport(0) == before
    pass_time(0.1)
    assert "patient's name" in " ".join(label.text() for label in turning.window.job_line.findChildren(QLabel))


def test_a_video_is_read_back_with_as_many_pictures_at_its_rate(turning: Turning) -> None:
    import cv2

    turning.save("turn.mp4", TurnForm.VIDEO, count=5, side=256)
    video = cv2.VideoCapture(str(turning.wait_for("turn.mp4")))
    frames = []
    while (read := video.read())[0]:
        frames.append(np.asarray(read[1], np.uint8))
    assert len(frames) == 5
    assert video.get(cv2.CAP_PROP_FPS) == pytest.approx(8.0)
    assert frames[0].shape == (256, 256, 3)
    assert different(frames)
    video.release()


def test_an_animated_picture_holds_the_very_pictures_that_a_folder_holds(turning: Turning) -> None:
    turning.save("turn.png", TurnForm.ANIMATION)
    path = turning.wait_for("turn.png")
    turning.save("turn", TurnForm.PICTURES)
    folder = turning.wait_for("turn")
    with Image.open(path) as animation:
        assert getattr(animation, "n_frames", 1) == 4
        assert animation.info["duration"] == pytest.approx(125.0)
        assert animation.info["loop"] == 0
        for number in range(4):
            animation.seek(number)
            single = np.asarray(Image.open(folder / f"turn-{number + 1:03}.png"))
            assert np.array_equal(np.asarray(animation.convert("RGB")), single)


def test_a_cancelled_turn_leaves_nothing(turning: Turning) -> None:
    turning.save("turn.mp4", TurnForm.VIDEO, count=200).cancel()
    for _each in range(100):
        pass_time(0.02)
        if not list(turning.folder.iterdir()):
            break
    assert list(turning.folder.iterdir()) == []


def test_a_place_that_cannot_be_written_is_told(turning: Turning) -> None:
    settings = TurnSettings(TurnForm.PICTURES, 2, 8.0, 64)
    path = turning.folder / "missing" / "turn"
    assert start_saving(turning.window, turning.viewport, turning.programme.rendering, settings, path) is None
    said = " ".join(label.text() for label in turning.window.job_line.findChildren(QLabel))
    assert "could not be written" in said


def test_the_dialog_says_that_the_name_is_drawn(turning: Turning) -> None:
    BY_ID["volume.save_turn"].run(turning.window.workspace)
    dialog = turning.window.findChild(TurnDialog)
    assert dialog is not None
    assert any("name and ID" in label.text() for label in dialog.findChildren(QLabel))
    assert dialog.settings() == TurnSettings()
    dialog.reject()


def test_a_projection_is_looked_at_from_the_sides(turning: Turning) -> None:
    look_from(turning.window.workspace, 90.0, 0.0)
    pass_time(0.5)
    displayed = turning.window.workspace.displayed(0)
    assert displayed is not None
    plane = displayed.rendered.state.plane
    assert plane is not None
    assert plane.row_direction == pytest.approx((0.0, 1.0, 0.0), abs=1e-9)


def test_cine_turns_the_projection_round_and_stops(turning: Turning) -> None:
    workspace = turning.window.workspace
    BY_ID["cine.play"].run(workspace)
    seen = set()
    for _each in range(60):
        pass_time(0.02)
        view = workspace.viewport(0).volume
        assert view is not None
        seen.add(view.rendering.azimuth_deg)
    assert len(seen) >= 4
    assert all(azimuth % 5.0 == 0.0 for azimuth in seen)
    BY_ID["cine.play"].run(workspace)
    pass_time(0.1)
    stopped = workspace.viewport(0).volume
    pass_time(0.2)
    assert workspace.viewport(0).volume == stopped


def test_the_rotate_tool_turns_the_near_side_with_the_hand(turning: Turning) -> None:
    workspace = turning.window.workspace
    workspace.set_tool(Tool.ROTATE)
    middle = turning.viewport.rect().center()
    QTest.mousePress(turning.viewport, Qt.MouseButton.LeftButton, pos=middle)
    QTest.mouseMove(turning.viewport, middle + QPoint(60, 40))
    QTest.mouseRelease(turning.viewport, Qt.MouseButton.LeftButton, pos=middle + QPoint(60, 40))
    view = workspace.viewport(0).volume
    assert view is not None
    assert 180.0 < view.rendering.azimuth_deg < 360.0
    assert view.rendering.elevation_deg > 0.0
    workspace.undo()
    view = workspace.viewport(0).volume
    assert view is not None
    assert view.rendering.azimuth_deg == 0.0
