"""`negatoscope bench`: how fast the real window is, off screen, on the reader's own files.

Times are what a reader waits: from the process's start to the window, from the window to the first pixels, from each
scroll step or window change to the pixels that answer it.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QEventLoop, Qt, QTimer
from PySide6.QtWidgets import QApplication

from viewer.application import interpreter
from viewer.application.programme import Programme
from viewer.application.screenshot import wait_until_settled
from viewer.application.window_run import make_application
from viewer.base.errors import ViewerError
from viewer.cli.main import BenchRequest
from viewer.cli.output import write_lines
from viewer.imaging.frame_source import pixel_description
from viewer.imaging.stored_values import value_length
from viewer.imaging.voi_lut import Window
from viewer.ui.main_window import MainWindow
from viewer.workspace.display_set import DisplaySet
from viewer.workspace.workspace import Workspace

WINDOW_SIZE = (1600, 1000)
SCROLL_STEPS = 1000
DRAG_STEPS = 300
FRAME_S = 1 / 60
LIMIT_S = 600.0
BEAT_MS = 1


@dataclass(slots=True, weakref_slot=True)  # Qt refers weakly to whose method it calls
class HeartBeat:
    """Beats in the GUI thread; the longest gap is how long the thread could not answer.

    It may be started and stopped many times.
    """

    longest_s: float = 0.0
    _last: float = 0.0
    _timer: QTimer = field(default_factory=QTimer)

    def __post_init__(self) -> None:
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)

    def start(self) -> None:
        """Begin to beat."""
        self._last = time.perf_counter()
        self._timer.start(BEAT_MS)

    def stop(self) -> None:
        """Stop beating."""
        self._timer.stop()

    def _beat(self) -> None:
        now = time.perf_counter()
        self.longest_s = max(self.longest_s, now - self._last)
        self._last = now


def run_bench(request: BenchRequest) -> int:
    """Measure, print, and return the exit code.

    Raises:
        ViewerError: If the paths hold no image.
    """
    application = make_application("offscreen")
    programme = Programme(
        application,
        request.window.folder,
        library=request.window.library,
        is_attended=False,
        keeps_settings=False,
    )
    try:
        opened = time.perf_counter()
        programme.opener.open(request.window.paths)  # before the window is built, as for a reader (window_run)
        window = programme.open_window(WINDOW_SIZE)
        application.processEvents()
        interpreter.answer_quickly()
        figures = _Bench(application, programme, window).run(request.window.paths, opened)
        window.close()
    finally:
        programme.close()
    if request.is_json:
        write_lines([json.dumps(figures)])
    else:
        write_lines(f"{name}: {value}" for name, value in figures.items())
    return 0


class _Bench:
    def __init__(self, application: QApplication, programme: Programme, window: MainWindow) -> None:
        self._application = application
        self._programme = programme
        self._workspace: Workspace = window.workspace
        self._window = window

    def run(self, paths: tuple[Path, ...], opened: float) -> dict[str, object]:
        """Return the figures; opened is when opening began, on the clock of time.perf_counter."""
        window_s = _seconds_since_process_start()
        beat = HeartBeat()
        beat.start()
        started = time.perf_counter()
        self._until(lambda: self._is_shown(0) or not self._programme.opener.is_busy)
        self._until(lambda: self._is_shown(0) or not self._has_image())
        if not self._is_shown(0):  # the files were indexed before the first set was made of them
            wait_until_settled(self._application, self._programme, self._window)
        self._application.processEvents()  # the paint event that the pixels asked for
        first_image_s = time.perf_counter() - started
        self._until(lambda: not self._programme.opener.is_busy)
        index_s = time.perf_counter() - opened
        if not self._is_shown(0):
            raise ViewerError("There is no image to measure with", subject=", ".join(map(str, paths)))
        self._until(lambda: not self._window.is_loading())
        scroll = self._scroll()
        drag = self._drag()
        beat.stop()
        files = self._programme.tree.counts.files + len(self._programme.tree.problems)
        return {
            "window_s": round(window_s, 3),
            "first_image_s": round(first_image_s, 3),
            "index_s": round(index_s, 3),
            "files": files,
            "files_per_s": round(files / index_s) if index_s else 0,
            "scroll_ms": _summary(scroll),
            "window_drag_ms": _summary(drag),
            "longest_block_ms": round(beat.longest_s * 1000, 1),
            "peak_rss_bytes": _peak_rss_bytes(self._programme.decoder.process_ids),
            "pixel_bytes": self._pixel_bytes(),
        }

    def _scroll(self) -> list[float]:
        """Scroll the largest display set in the first cell of a 2×2 layout, forth and back."""
        sets = [
            each for series in self._workspace.tree.all_series() for each in self._sets(series.key) if each.is_image
        ]
        largest = max(sets, key=lambda each: len(each.images))
        self._workspace.set_layout(2, 2)
        for cell in range(4):
            if self._workspace.viewport(cell).is_empty or cell == 0:
                self._workspace.show(largest.key, cell)
        self._until(lambda: not self._window.is_loading())
        times, count, index, step = [], len(largest.images), 0, 1
        for _number in range(SCROLL_STEPS if count > 1 else 0):
            if not 0 <= index + step < count:
                step = -step
            index += step
            times.append(self._timed(partial(self._workspace.set_index, index, 0), lambda: self._is_shown(0)))
        return times

    def _drag(self) -> list[float]:
        """Change the window of the largest image in a 1×1 layout, as a drag does."""
        self._workspace.set_layout(1, 1)
        self._until(lambda: not self._window.is_loading())
        times = []
        for number in range(DRAG_STEPS):
            window = Window(100.0 + number, 400.0 + 2 * number)
            state = self._workspace.viewport(0)
            changed = replace(state, view=replace(state.view, voi=window))
            act = partial(self._workspace.change, changed, "W/L", cell=0, drag=1)
            times.append(self._timed(act, partial(self._shows_window, window)))
        return times

    def _timed(self, act: Callable[[], None], is_answered: Callable[[], bool]) -> float:
        """Return the seconds from an act to the painted pixels that answer it."""
        started = time.perf_counter()
        act()
        self._until(is_answered)
        self._application.processEvents()  # the paint event that the pixels asked for
        return time.perf_counter() - started

    def _sets(self, series_key: str) -> tuple[DisplaySet, ...]:
        return self._workspace.catalogue.of_series(series_key)

    def _has_image(self) -> bool:
        return self._workspace.image_at(0) is not None

    def _shows_window(self, window: Window) -> bool:
        displayed = self._workspace.displayed(0)
        return displayed is not None and displayed.rendered.request.view.voi == window

    def _is_shown(self, cell: int) -> bool:
        return self._workspace.displayed(cell) is not None

    def _until(self, condition: Callable[[], bool]) -> None:
        end = time.monotonic() + LIMIT_S
        while not condition():
            if time.monotonic() > end:
                raise ViewerError("The window did not answer in time")
            # Sleeps till something happens, at the latest till the next beat: the workers need the processor.
            self._application.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)

    def _pixel_bytes(self) -> int:
        total = 0
        for header in self._workspace.tree.headers():
            if header.pixel_data is not None:
                description = pixel_description(header)
                total += value_length(description)
        return total


def _summary(times_s: list[float]) -> dict[str, float]:
    """Return milliseconds below which half, 95 % and 99 % of the frames stayed, and how many came late."""
    if not times_s:
        return {"p50": 0.0, "p95": 0.0, "p99": 0.0, "dropped": 0}
    ordered = sorted(times_s)

    def below(share: float) -> float:
        return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000, 2)

    dropped = sum(seconds > FRAME_S for seconds in times_s)
    return {"p50": below(0.5), "p95": below(0.95), "p99": below(0.99), "dropped": dropped}


def _seconds_since_process_start() -> float:
    """Return how long the process lives, where the system tells; otherwise since the interpreter's first line here."""
    try:
        fields = Path("/proc/self/stat").read_text("ascii").rpartition(")")[2].split()
        uptime = float(Path("/proc/uptime").read_text("ascii").split()[0])
        return uptime - int(fields[19]) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, AttributeError):
        return time.perf_counter() - _IMPORTED


_IMPORTED = time.perf_counter()


def _peak_rss_bytes(decoders: Iterable[int]) -> int:
    """Return the most memory this process and its decoders, which live as long as it, ever held.

    The system's sum over ended children will not do: each counts what this process held when it was started.
    """
    if sys.platform == "win32":
        return 0
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    return own + sum(_peak_of(process_id) for process_id in decoders)


def _peak_of(process_id: int) -> int:
    """Return the most memory another process ever held; 0 where the system does not tell, or it has ended."""
    try:
        lines = Path(f"/proc/{process_id}/status").read_text("ascii", "replace").splitlines()
        return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), 0)
    except (OSError, ValueError):
        return 0
