"""A row's thumbnail stays while its set grows, and never more than one picture of a row is being made."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QObject
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from tests.builders.ct_series import write_ct_series
from tests.ui.viewport_scene import NoDecoder, Scene
from viewer.base.errors import DicomError
from viewer.base.jobs import JobRunner, Progress
from viewer.imaging.image_ref import ImageRef
from viewer.ui.browser.thumbnails import Thumbnails
from viewer.ui.job_bridge import JobBridge
from viewer.workspace.browser_rows import BrowserRow, browser_rows
from viewer.workspace.thumbnail import MakeThumbnail


@dataclass
class Studio:
    """A row of nine images, of which only some have come; its pictures come when they are let through."""

    qtbot: QtBot
    row: BrowserRow
    thumbnails: Thumbnails
    started: list[str]
    broken: set[str]
    let_through: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    @property
    def images(self) -> tuple[ImageRef, ...]:
        """All nine."""
        assert self.row.display_set is not None
        return self.row.display_set.images

    def draw(self, count: int, first: int = 0) -> QImage | None:
        """Draw the row as it is with so many images."""
        assert self.row.display_set is not None
        images = self.images[first : first + count]
        return self.thumbnails.image(replace(self.row, display_set=replace(self.row.display_set, images=images)))

    def grey(self, image: QImage | None) -> int:
        """Return which image a picture is of: its place."""
        assert image is not None
        return image.pixelColor(0, 0).red()


@pytest.fixture
def studio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot) -> Iterator[Studio]:
    with Scene(write_ct_series(tmp_path, 9, 32)) as scene:
        bridge = JobBridge()
        runner = JobRunner(bridge.deliver)
        parent = QObject()
        thumbnails = Thumbnails(parent, runner, NoDecoder(), lambda: 1.0)
        row = browser_rows(scene.tree, lambda series: scene.catalogue.of_series(series.key))[0].children[0].children[0]
        made = Studio(qtbot, row, thumbnails, [], set())
        places = {image.header.sop_instance_uid: place for place, image in enumerate(made.images)}

        def run(job: MakeThumbnail, _progress: Progress) -> NDArray[np.uint8]:
            uid = job.image.header.sop_instance_uid
            made.started.append(uid)
            assert made.let_through.acquire(timeout=30)
            if uid in made.broken:
                raise DicomError("broken")
            return np.full((8, 8), places[uid], np.uint8)

        monkeypatch.setattr(MakeThumbnail, "run", run)
        yield made
        thumbnails.close()
        made.let_through.release(100)
        runner.close()


def test_a_row_keeps_its_picture_until_the_next_one_comes(studio: Studio) -> None:
    assert studio.draw(3) is None
    with studio.qtbot.waitSignal(studio.thumbnails.arrived) as arrived:
        studio.let_through.release()
    assert arrived.args == [studio.row.key]
    assert studio.grey(studio.draw(3)) == 1
    assert studio.grey(studio.draw(5)) == 1  # image 2 is being made
    with studio.qtbot.waitSignal(studio.thumbnails.arrived):
        studio.let_through.release()
    assert studio.grey(studio.draw(5)) == 2
    assert not studio.thumbnails.is_busy


def test_one_picture_a_row_is_made_at_a_time_and_the_newest_follows(studio: Studio) -> None:
    for count in (1, 3, 5, 7, 9):
        studio.draw(count)
    assert studio.thumbnails.is_busy
    studio.let_through.release(9)
    studio.qtbot.waitUntil(lambda: not studio.thumbnails.is_busy)
    uids = [image.header.sop_instance_uid for image in studio.images]
    assert studio.started == [uids[0], uids[4]]  # 1, 2 and 3 were the middle meanwhile, and are left out
    assert studio.grey(studio.draw(9)) == 4


def test_a_picture_that_fails_leaves_the_last_one_of_the_same_images(studio: Studio) -> None:
    studio.let_through.release(9)
    studio.draw(3)
    studio.qtbot.waitUntil(lambda: not studio.thumbnails.is_busy)
    studio.broken = {studio.images[2].header.sop_instance_uid, studio.images[7].header.sop_instance_uid}
    studio.draw(5)
    studio.qtbot.waitUntil(lambda: not studio.thumbnails.is_busy)
    assert studio.grey(studio.draw(5)) == 1
    studio.draw(3, first=6)  # none of the images of before: their picture must not stand for these
    studio.qtbot.waitUntil(lambda: not studio.thumbnails.is_busy)
    assert studio.draw(3, first=6) is None
    assert len(studio.started) == 3  # what failed is not tried again and again
