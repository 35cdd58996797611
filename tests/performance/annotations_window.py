"""Pans and zooms an image with a thousand annotations in the real window, off screen, and prints what that took.

Run as `python -m tests.performance.annotations_window FOLDER`. Every step waits until the pixels that answer it have
been painted, with the marks over them. The same image without annotations is moved before, in the same process.
"""

import json
import random
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from tests.performance.planes_window import fixed_work_s
from viewer.application import interpreter
from viewer.application.bench import HeartBeat
from viewer.application.programme import Programme
from viewer.application.screenshot import wait_until_settled
from viewer.application.window_run import make_application
from viewer.imaging.spatial_transform import SpatialTransform
from viewer.measurement.annotation import Annotation
from viewer.ui.viewports.viewport import Viewport
from viewer.workspace.measuring.here import Here, here_at, new_uid
from viewer.workspace.workspace import Workspace

SIZE = (1600, 1000)
COUNT, STEPS = 1000, 300
LIMIT_S = 120.0
KINDS = ("length", "angle", "ellipse", "rectangle", "polygon", "bidirectional", "arrow", "circle", "spline", "marker")


class Bench:
    """One window over one image."""

    def __init__(self, folder: Path, config: Path) -> None:
        self.application = make_application("offscreen")
        self.programme = Programme(self.application, config, is_attended=False, keeps_settings=False)
        self.programme.opener.open([folder])
        self.window = self.programme.open_window(SIZE)
        interpreter.answer_quickly()
        self.workspace: Workspace = self.window.workspace
        wait_until_settled(self.application, self.programme, self.window)
        self.beat = HeartBeat()

    def run(self) -> dict[str, object]:
        """Return the figures."""
        figures: dict[str, object] = {"fixed_work_ms": round(fixed_work_s() * 1000, 1)}
        for name, count in (("without", 0), ("with", COUNT)):
            if count:
                self.annotate(count)
            for way, transform_at in (("pan", panned), ("zoom", zoomed)):
                self.rest(with_words=bool(count))
                self.beat.longest_s = 0.0
                self.beat.start()
                figures[f"{way}_{name}"] = self.drag(transform_at) | {
                    "longest_block_ms": round(self.beat.longest_s * 1000, 1)
                }
                self.beat.stop()
            self.rest(with_words=bool(count))
        return figures

    def rest(self, *, with_words: bool) -> None:
        """Wait until all is drawn as the resting hand leaves it, the words of marks among it."""
        self.until(lambda: not self.window.is_loading())
        view = self.window.findChildren(Viewport)[0].marks.item
        wake = QTimer()  # what is waited for is a timer's, and may be over
        wake.start(20)
        self.until(lambda: not with_words or (view.view.is_at_rest and bool(view.view.labels)))
        self.application.processEvents()
        wake.stop()

    def annotate(self, count: int) -> None:
        """Put marks of many kinds all over the image."""
        here = here_at(self.workspace, 0)
        assert isinstance(here, Here)
        made = (here.finished(mark) for mark in marks(count, here))
        self.workspace.shared.annotations.apply({mark.uid: mark for mark in made})

    def drag(self, transform_at: Callable[[SpatialTransform, int], SpatialTransform]) -> dict[str, float]:
        """Move the image step by step, and return how long frames took and the processor's time for one."""
        start = self.workspace.viewport(0)
        times = []
        work, own_work = time.process_time(), time.thread_time()
        for step in range(STEPS):
            began = time.perf_counter()
            transform = transform_at(start.transform, step)
            self.workspace.change(replace(self.workspace.viewport(0), transform=transform), "Drag", cell=0, drag=1)
            self.until(lambda transform=transform: self._shows(transform))  # type: ignore[misc]  # mypy: a default of a lambda
            self.application.processEvents()  # the paint event that the pixels asked for
            times.append(time.perf_counter() - began)
        work, own_work = time.process_time() - work, time.thread_time() - own_work
        self.workspace.change(start, "Drag", cell=0)
        ordered = sorted(times)
        return {
            "work_ms": round(work / STEPS * 1000, 1),
            "window_work_ms": round(own_work / STEPS * 1000, 1),
            **{f"p{part}_ms": round(ordered[int(len(ordered) * part / 100)] * 1000, 1) for part in (50, 95, 99)},
        }

    def until(self, condition: Callable[[], bool]) -> None:
        """Work events off until something holds."""
        end = time.monotonic() + LIMIT_S
        while not condition():
            if time.monotonic() > end:
                raise SystemExit("the window did not answer in time")
            self.application.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)

    def close(self) -> None:
        """Close the window and the program."""
        self.window.close()
        self.programme.close()

    def _shows(self, transform: SpatialTransform) -> bool:
        displayed = self.workspace.displayed(0)
        return displayed is not None and displayed.rendered.request.transform == transform


def panned(start: SpatialTransform, step: int) -> SpatialTransform:
    """Return the image moved forth and back."""
    way = abs(step % 120 - 60) - 30
    return replace(start, pan=(start.pan[0] + way * 1.3, start.pan[1] + way * 0.7))


def zoomed(start: SpatialTransform, step: int) -> SpatialTransform:
    """Return the image magnified and made smaller: 1 to 3 times."""
    return replace(start, zoom=start.zoom * (1.0 + 2.0 * abs(step % 120 - 60) / 60))


def marks(count: int, here: Here) -> list[Annotation]:
    """Return marks of many kinds at places that are the same in every run."""
    from viewer.measurement.kinds.table import kind_of

    chance = random.Random(1)
    found = []
    for number in range(count):
        kind = kind_of(KINDS[number % len(KINDS)])
        x, y = chance.uniform(20, here.ground.columns - 40), chance.uniform(20, here.ground.rows - 40)
        given = {1: 1, 2: 2, 3: 3}.get(kind.least, 2) if kind.most is not None else 5
        points = tuple((x + chance.uniform(0, 30), y + chance.uniform(0, 30)) for _point in range(given))
        settled = kind.settled(points, here.ground)
        found.append(Annotation(new_uid(), kind.id, here.anchor, settled, text="Note" if kind.is_label else ""))
    return found


def main() -> None:
    """Measure the folder that is named."""
    with tempfile.TemporaryDirectory() as config:
        bench = Bench(Path(sys.argv[1]), Path(config))
        try:
            print(json.dumps(bench.run()))
            if len(sys.argv) > 2:
                bench.window.grab().save(sys.argv[2])
        finally:
            bench.close()


if __name__ == "__main__":
    assert QApplication.instance() is None
    main()
