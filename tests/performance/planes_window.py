"""Drags planes through a series in the real window, off screen, and prints what that took: a process of its own.

Run as `python -m tests.performance.planes_window FOLDER`. Every step of the drag turns and moves all three planes and
waits until each has been painted.
"""

import json
import math
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QEventLoop
from PySide6.QtWidgets import QApplication

from viewer.application import interpreter
from viewer.application.bench import HeartBeat, _peak_rss_bytes
from viewer.application.programme import Programme
from viewer.application.screenshot import wait_until_settled
from viewer.application.window_run import make_application
from viewer.volume.reslice_plane import Projection
from viewer.workspace.multiplanar import enter
from viewer.workspace.quaternion import about
from viewer.workspace.volume_view import VolumeKind, VolumeView
from viewer.workspace.workspace import Workspace

SIZE = (1600, 1000)
STEPS = 60
READ_AHEAD_S = 3.0
LIMIT_S = 120.0
PLANES = (0, 1, 2)
SLAB_MM = 20.0


class Bench:
    """One window over one series."""

    def __init__(self, folder: Path, config: Path) -> None:
        self.application = make_application("offscreen")
        self.programme = Programme(self.application, config, is_attended=False, keeps_settings=False)
        self.programme.opener.open([folder])
        self.window = self.programme.open_window(SIZE)
        interpreter.answer_quickly()
        self.workspace: Workspace = self.window.workspace
        wait_until_settled(self.application, self.programme, self.window)
        ready = time.monotonic() + READ_AHEAD_S
        while time.monotonic() < ready:  # frames are read ahead, as for who looks at the images first
            self.application.processEvents()
            time.sleep(0.01)
        self.beat = HeartBeat()

    def run(self) -> dict[str, object]:
        """Return the figures."""
        self.beat.start()
        started = time.perf_counter()
        enter(self.workspace, VolumeKind.PROJECTION)
        self.until(lambda: all(self.workspace.displayed(cell) is not None for cell in PLANES))
        first_s = time.perf_counter() - started
        self.until(self._is_whole)
        whole_s = time.perf_counter() - started
        self.until(lambda: not self.window.is_loading())
        settled_s = time.perf_counter() - started
        loading_block, self.beat.longest_s = self.beat.longest_s, 0.0
        moved = self.drag(self.moved)
        turned = self.drag(self.turned)
        slab = self.drag(self.slab)
        self.beat.stop()
        volume = self.programme.volumes.store.volume(self.workspace.viewport(0).display_set_key)
        assert volume is not None
        return {
            "fixed_work_ms": round(fixed_work_s() * 1000, 1),
            "first_planes_s": round(first_s, 2),
            "volume_s": round(whole_s, 2),
            "settled_s": round(settled_s, 2),
            "move": moved,
            "turn": turned,
            "slab": slab,
            "longest_block_loading_ms": round(loading_block * 1000, 1),
            "longest_block_dragging_ms": round(self.beat.longest_s * 1000, 1),
            "peak_rss_bytes": _peak_rss_bytes(self.programme.decoder.process_ids),
            "volume_bytes": sum(int(phase.nbytes) for phase in volume.phases),
        }

    def drag(self, view_at: Callable[[VolumeView, float], VolumeView]) -> dict[str, float]:
        """Drag all planes along, and return frames a second, how long the slow ones took, and the processor's time.

        That of all threads, and of the window's own, for one step; neither depends on what else the machine does.
        """
        start = {cell: self.workspace.viewport(cell) for cell in PLANES}
        times = []
        work, own_work = time.process_time(), time.thread_time()
        for step in range(STEPS):
            began = time.perf_counter()
            share = math.sin(2 * math.pi * (step + 1) / STEPS)
            states = {}
            for cell, state in start.items():
                assert state.volume is not None
                states[cell] = replace(state, volume=view_at(state.volume, share))
            self.workspace.change_together(states, "Drag", drag=1)
            wanted = {cell: state.volume for cell, state in states.items()}
            self.until(lambda wanted=wanted: self._shows(wanted))  # type: ignore[misc]  # mypy: a default of a lambda
            self.application.processEvents()  # the paint events that the pixels asked for
            times.append(time.perf_counter() - began)
        work, own_work = time.process_time() - work, time.thread_time() - own_work
        self.until(lambda: not self.window.is_loading())
        ordered = sorted(times)
        return {
            "work_ms": round(work / STEPS * 1000, 1),
            "window_work_ms": round(own_work / STEPS * 1000, 1),
            "fps": round(len(times) / sum(times), 1),
            "p50_ms": round(ordered[len(ordered) // 2] * 1000, 1),
            "p95_ms": round(ordered[int(len(ordered) * 0.95)] * 1000, 1),
        }

    @staticmethod
    def moved(view: VolumeView, share: float) -> VolumeView:
        """Return a view whose centre is dragged through the patient."""
        x, y, z = view.center_mm
        return replace(view, center_mm=(x + 60.3 * share, y + 50.7 * share, z + 70.1 * share))

    @staticmethod
    def turned(view: VolumeView, share: float) -> VolumeView:
        """Return a view that is turned about an oblique axis."""
        return replace(view, turn=about((0.3, 0.5, 0.81), 40.0 * share))

    @staticmethod
    def slab(view: VolumeView, share: float) -> VolumeView:
        """Return a view of a thick slab that is dragged."""
        moved = Bench.moved(view, share)
        return replace(moved, thickness_mm=SLAB_MM, projection=Projection.MAXIMUM)

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

    def _is_whole(self) -> bool:
        shown = self.workspace.displayed(0)
        return shown is not None and shown.look is not None and shown.look.volume.is_complete

    def _shows(self, wanted: dict[int, VolumeView | None]) -> bool:
        for cell, view in wanted.items():
            shown = self.workspace.displayed(cell)
            if shown is None or shown.look is None or shown.look.view != view:
                return False
        return True


def fixed_work_s() -> float:
    """Return the processor's time for a fixed piece of work."""
    begun = time.thread_time()
    sum(range(3_000_000))
    return time.thread_time() - begun


def main() -> None:
    """Measure the folder that is named."""
    with tempfile.TemporaryDirectory() as config:
        bench = Bench(Path(sys.argv[1]), Path(config))
        try:
            print(json.dumps(bench.run()))
        finally:
            bench.close()


if __name__ == "__main__":
    assert QApplication.instance() is None
    main()
