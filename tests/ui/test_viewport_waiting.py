"""While pixels are on their way the reader knows whose they will be, and nothing outlives what showed it."""

import gc
import itertools
import threading
import time
import weakref
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication, QEvent, QObject
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.builders.ct_series import write_ct_series
from tests.ui.viewport_scene import NoDecoder, Scene
from viewer.application.screenshot import wait_until_settled
from viewer.base.jobs import JobRunner, Progress
from viewer.dicom.instance_header import InstanceHeader
from viewer.imaging.frame_source import FrameSource
from viewer.imaging.stored_frame import StoredFrame
from viewer.ui.browser.thumbnails import Thumbnails
from viewer.ui.job_bridge import JobBridge
from viewer.workspace.browser_rows import browser_rows
from viewer.workspace.commands.table import BY_ID
from viewer.workspace.thumbnail import MakeThumbnail


@dataclass
class _SlowMedium:
    """Files of these names come only when they are let through."""

    held: set[str] = field(default_factory=set)
    is_let_through: threading.Event = field(default_factory=threading.Event)

    def frames(self, header: InstanceHeader) -> "_SlowFrames":
        return _SlowFrames(self, header)


class _SlowFrames:
    def __init__(self, medium: _SlowMedium, header: InstanceHeader) -> None:
        self._medium, self._name = medium, header.source.name
        self._source = FrameSource(header, NoDecoder())

    def stored_frame(self, index: int, *, priority: int = 0, progress: Progress | None = None) -> StoredFrame:
        if self._name in self._medium.held:
            assert self._medium.is_let_through.wait(30)
        return self._source.stored_frame(index, priority=priority, progress=progress)


class _Busy:
    """Busy for so many looks, then done."""

    def __init__(self, looks: int) -> None:
        self.looks = looks

    @property
    def is_busy(self) -> bool:
        self.looks -= 1
        return self.looks >= 0


@pytest.fixture
def medium() -> Iterator[_SlowMedium]:
    made = _SlowMedium()
    yield made
    made.is_let_through.set()


def _chips(scene: Scene) -> list[str]:
    return [chip.text for chip in scene.viewport().shown.texts.chips]


def _number(scene: Scene) -> str:
    return scene.viewport().shown.texts.bottom_left[0].text


def test_the_banner_is_there_before_the_first_pixels(tmp_path: Path, qtbot: QtBot, medium: _SlowMedium) -> None:
    first = write_ct_series(tmp_path / "1", 1, 32, elements={"PatientName": "FIRST^ONE"}, label="one")
    second = write_ct_series(tmp_path / "2", 1, 32, elements={"PatientName": "SECOND^TWO"}, label="two")
    medium.held = {str(second[0])}
    with Scene([*first, *second], open_frames=medium.frames) as scene:
        places = {each.images[0].header.source.name: place for place, each in enumerate(scene.sets)}
        scene.show(places[str(first[0])])
        assert "FIRST" in scene.viewport().shown.texts.identity[0]
        scene.workspace.show(scene.sets[places[str(second[0])]].key)
        qtbot.waitUntil(lambda: _chips(scene) == ["LOADING"])
        shown = scene.viewport().shown
        assert shown.image is None  # no pixels of the first patient under the second one's name
        assert "SECOND" in shown.texts.identity[0]
        assert len(shown.texts.identity) > 1
        medium.is_let_through.set()
        scene.settle()
        assert scene.viewport().shown.image is not None
        assert "LOADING" not in _chips(scene)


def test_an_older_picture_says_that_another_one_is_wanted(tmp_path: Path, qtbot: QtBot, medium: _SlowMedium) -> None:
    paths = write_ct_series(tmp_path, 4, 32)
    medium.held = {str(paths[-1])}
    with Scene(paths, open_frames=medium.frames) as scene:
        scene.show(0)
        scene.workspace.set_index(3)
        qtbot.waitUntil(lambda: "LOADING" in _chips(scene))
        assert scene.viewport().shown.image is not None
        assert _number(scene) == "Image 1 of 4"  # the older picture stands with its own texts
        medium.is_let_through.set()
        scene.settle()
        assert "LOADING" not in _chips(scene)
        assert _number(scene) == "Image 4 of 4"


def test_viewports_of_larger_layouts_leave_nothing_behind(tmp_path: Path) -> None:
    paths = write_ct_series(tmp_path, 2, 32)
    with Scene(paths) as scene:
        scene.show(0)
        scene.workspace.set_layout(3, 3)
        scene.show(0, cell=8)
        gone = weakref.ref(scene.viewport(8))
        scene.workspace.set_layout(1, 1)
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        scene.settle()
        gc.collect()
        assert gone() is None


def test_thumbnails_on_their_way_come_to_nobody_when_the_window_is_gone(
    tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_let_through = threading.Event()

    def slow(_job: MakeThumbnail, _progress: Progress) -> NDArray[np.uint8]:
        assert is_let_through.wait(30)
        return np.zeros((8, 8), np.uint8)

    monkeypatch.setattr(MakeThumbnail, "run", slow)
    with Scene(write_ct_series(tmp_path, 2, 32)) as scene:
        bridge = JobBridge()
        runner = JobRunner(bridge.deliver)
        thumbnails = Thumbnails(parent := QObject(), runner, NoDecoder(), lambda: 1.0)
        row = browser_rows(scene.tree, lambda series: scene.catalogue.of_series(series.key))[0].children[0].children[0]
        assert thumbnails.image(row) is None
        was_busy = thumbnails.is_busy
        thumbnails.close()
        assert (was_busy, thumbnails.is_busy) == (True, False)
        parent.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        is_let_through.set()
        runner.close()
        with qtbot.captureExceptions() as raised:
            qtbot.wait(20)
        bridge.close()
        assert raised == []


def test_a_screenshot_waits_also_where_the_computer_lets_it_sleep(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks = itertools.count()
    monkeypatch.setattr(time, "monotonic", lambda: float(next(ticks)))  # a second between any two looks
    opener = _Busy(5)
    reads_no_states = SimpleNamespace(book=SimpleNamespace(is_reading=False))
    programme: Any = SimpleNamespace(opener=opener, presenting=reads_no_states)
    window: Any = SimpleNamespace(is_busy=lambda: False)
    wait_until_settled(qapp, programme, window)
    assert opener.looks == -2  # seen quiet twice


def test_true_size_is_said_only_where_it_is_true(tmp_path: Path) -> None:
    window: Any = SimpleNamespace(
        pixels_per_mm=4.0,
        screen_pixels_per_mm=lambda _cell=None: window.pixels_per_mm,
        is_screen_measured=lambda _cell=None: False,
        show_message=lambda _text: None,
    )
    with Scene(write_ct_series(tmp_path, 1, 64)) as scene:
        scene.workspace.window = window
        scene.show(0)
        BY_ID["view.true_size"].run(scene.workspace)
        scene.settle()
        zoom = scene.viewport().shown.texts.bottom_left[-1].text
        assert zoom == "Zoom 300 %  true size, as the monitor states"  # pixels of 0.75 mm
        assert _is_checked(scene)
        window.pixels_per_mm = 8.0  # moved to another monitor
        scene.grid.refresh()
        scene.settle()
        assert scene.viewport().shown.texts.bottom_left[-1].text == "Zoom 300 %"
        assert not _is_checked(scene)


def _is_checked(scene: Scene) -> bool:
    checked = BY_ID["view.true_size"].checked
    assert checked is not None
    return checked(scene.workspace)
