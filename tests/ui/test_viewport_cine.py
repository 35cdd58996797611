"""Cine in the real window's grid: what is played, how long each image stays, and what is said of it."""

import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.uid import XRayAngiographicImageStorage
from PySide6.QtWidgets import QApplication

from tests.builders.ct_series import write_ct_series
from tests.ui.viewport_scene import Scene
from viewer.workspace.commands.table import BY_ID
from viewer.workspace.viewport_state import CineState

pytestmark = pytest.mark.usefixtures("qtbot")

FRAMES, SIZE = 6, 16
VECTOR_MS = [0, 60, 240, 60, 240, 60]


def _angiogram(path: Path, **elements: object) -> Path:
    """Write an XA of small frames whose values tell their number."""
    (made,) = write_ct_series(path.parent / "made", 1, SIZE)
    data_set = pydicom.dcmread(made)
    data_set.SOPClassUID = data_set.file_meta.MediaStorageSOPClassUID = XRayAngiographicImageStorage
    data_set.Modality = "XA"
    data_set.NumberOfFrames = FRAMES
    pixels = np.stack([np.full((SIZE, SIZE), number, np.uint16) for number in range(FRAMES)])
    data_set.PixelData = pixels.tobytes()
    for keyword, value in elements.items():
        setattr(data_set, keyword, value)
    data_set.save_as(path)
    return path


class Record:
    """What a cell showed, and when."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.seen: list[tuple[float, int]] = []
        scene.viewport().picture_shown.connect(self._note)

    def _note(self) -> None:
        picture = self.scene.viewport().picture
        assert picture is not None
        if not self.seen or self.seen[-1][1] != picture.ask.index:
            self.seen.append((time.perf_counter(), picture.ask.index))

    @property
    def indices(self) -> list[int]:
        return [index for _when, index in self.seen]


def _play(seconds: float) -> None:
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        QApplication.processEvents()
        time.sleep(0.001)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    path = _angiogram(tmp_path / "xa.dcm", FrameTimeVector=VECTOR_MS, FrameIncrementPointer=0x00181065)
    with Scene([path], (320, 320)) as made:
        made.show(0)
        yield made


def test_a_multi_frame_image_waits_to_be_started(scene: Scene) -> None:
    record = Record(scene)
    _play(0.4)
    assert record.indices in ([], [0])
    assert not scene.workspace.viewport(0).cine.is_playing
    assert scene.grid.cine.player(0) is None


def test_a_frame_time_vector_is_kept(scene: Scene) -> None:
    record = Record(scene)
    BY_ID["cine.play"].run(scene.workspace)
    _play(2.2)
    stays: dict[int, list[float]] = {}
    for (begin, index), (end, _next) in pairwise(record.seen[1:]):
        stays.setdefault(index, []).append((end - begin) * 1000)
    # Frame n stays until frame n + 1 is due: as long as the vector's next entry says (C.7.6.5.1.2).
    long = [np.median(stays[index]) for index in (1, 3)]
    short = [np.median(stays[index]) for index in (2, 4)]
    assert min(long) > 1.5 * max(short)
    assert np.median(long) == pytest.approx(240, rel=0.3)


def test_range_and_sweep_are_played_as_commanded(scene: Scene) -> None:
    workspace = scene.workspace
    workspace.set_index(2)
    BY_ID["cine.range_start"].run(workspace)
    workspace.set_index(4)
    BY_ID["cine.range_end"].run(workspace)
    BY_ID["cine.sweep"].run(workspace)
    workspace.adjust("Speed", lambda state: replace(state, cine=replace(state.cine, frames_per_second=8.0)))
    scene.settle()
    record = Record(scene)
    BY_ID["cine.play"].run(workspace)
    _play(1.6)
    BY_ID["cine.play"].run(workspace)
    seen = record.indices[1:]
    assert set(seen) == {2, 3, 4}
    assert len(seen) > 8
    assert all(abs(after - before) == 1 for before, after in pairwise(seen))  # forth and back, no jump
    assert 3 in seen[1:]


def test_playing_begins_inside_its_range(scene: Scene) -> None:
    workspace = scene.workspace
    cine = CineState(is_playing=True, frames_per_second=5.0, first=3, last=5)
    record = Record(scene)
    workspace.adjust("Play", lambda state: replace(state, cine=cine))
    _play(0.5)
    assert record.indices[:2] == [3, 4]


def test_the_corner_says_the_rate_reached_and_what_was_dropped(scene: Scene) -> None:
    workspace = scene.workspace
    workspace.adjust("Play", lambda state: replace(state, cine=CineState(is_playing=True, frames_per_second=20.0)))
    _play(1.2)

    def lines() -> str:
        return "\n".join(line.text for line in scene.viewport().shown.texts.bottom_left)

    rate = float(lines().split("/s")[0].split()[-1])
    assert rate == pytest.approx(20.0, rel=0.3)
    time.sleep(0.4)  # the window cannot answer for eight frames
    _play(0.2)
    player = scene.grid.cine.player(0)
    assert player is not None
    assert player.dropped >= 5
    assert "dropped)" in lines()
    BY_ID["cine.play"].run(workspace)
    scene.settle()
    assert "/s" not in lines()
