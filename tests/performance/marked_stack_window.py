"""Scrolls through a stack with a mark on every image and a segmentation over it, off screen, and prints what it took.

Run as `python -m tests.performance.marked_stack_window SERIES SEGMENTATION STEPS`. The same stack is scrolled before,
bare, in the same process. Every step waits until the pixels that answer it are painted, with marks and segments over
them.
"""

import json
import random
import sys
import tempfile
import time
from pathlib import Path

from PySide6.QtWidgets import QApplication

from tests.performance.annotations_window import KINDS, Bench
from tests.performance.planes_window import fixed_work_s
from viewer.application.screenshot import wait_until_settled
from viewer.measurement.annotation import Annotation
from viewer.measurement.kinds.table import kind_of
from viewer.workspace.measuring.here import Here, here_at, new_uid
from viewer.workspace.measuring.measuring import anchor_of_image

MARKS = 1000


class StackBench(Bench):
    """One window over one stack, scrolled so many steps."""

    steps = 300

    def run(self) -> dict[str, object]:
        """Return the figures."""
        figures: dict[str, object] = {"fixed_work_ms": round(fixed_work_s() * 1000, 1)}
        self.beat.start()
        self.scroll()  # every picture is in the cache from here on
        figures["bare"] = self.scroll() | {"rss_mb": rss_mb()}
        self.beat.longest_s = 0.0
        began = time.perf_counter()
        self.programme.opener.open([Path(sys.argv[2])])
        wait_until_settled(self.application, self.programme, self.window)
        self.show_segments()
        figures["segmentation"] = {
            "shown_s": round(time.perf_counter() - began, 2),
            "longest_block_ms": round(self.beat.longest_s * 1000, 1),
        }
        made = self.marks_of_stack(MARKS)
        self.application.processEvents()
        self.beat.longest_s = 0.0
        self.workspace.shared.annotations.apply(made)
        self.until(lambda: self.beat.longest_s > 0.0)
        figures["marks_come_block_ms"] = round(self.beat.longest_s * 1000, 1)
        self.scroll()
        figures["with"] = self.scroll() | {"rss_mb": rss_mb()}
        self.beat.stop()
        figures["marks"] = len(self.workspace.shared.annotations.everything())
        return figures

    def show_segments(self) -> None:
        """Wait until the segments are over the picture."""
        book = self.workspace.shared.segmentations
        assert book is not None
        self.until(lambda: bool(book.all_held))
        for held in book.all_held:
            book.show(held.uid, is_shown=True)
        self.until(lambda: all(each.shapes is not None for each in book.all_held))
        self.until(lambda: not self.window.is_loading())

    def marks_of_stack(self, count: int) -> dict[str, Annotation | None]:
        """Return marks of many kinds on the images, as many on each."""
        here, display_set = here_at(self.workspace, 0), self.workspace.display_set_at(0)
        assert isinstance(here, Here)
        assert display_set is not None
        chance = random.Random(2)
        made: dict[str, Annotation | None] = {}
        for number in range(count):
            kind = kind_of(KINDS[number % len(KINDS)])
            x, y = chance.uniform(20, here.ground.columns - 60), chance.uniform(20, here.ground.rows - 60)
            given = {1: 1, 2: 2, 3: 3}.get(kind.least, 2) if kind.most is not None else 5
            points = tuple((x + chance.uniform(0, 40), y + chance.uniform(0, 40)) for _point in range(given))
            anchor = anchor_of_image(display_set.images[number % len(display_set.images)])
            mark = here.finished(Annotation(new_uid(), kind.id, here.anchor, kind.settled(points, here.ground)))
            made[mark.uid] = Annotation(
                mark.uid, mark.kind, anchor, mark.points, text="Note" if kind.is_label else "", readings=mark.readings
            )
        return made

    def scroll(self) -> dict[str, float]:
        """Scroll forth and back, and return how long frames took, the longest block, the window's own work."""
        display_set = self.workspace.display_set_at(0)
        assert display_set is not None
        count, way, times = len(display_set.images), 1, []
        index = count // 5  # where the segments begin
        self.workspace.set_index(index, 0)
        self.until(lambda: not self.window.is_loading())
        self.beat.longest_s, own_work = 0.0, time.thread_time()
        for _step in range(self.steps):
            way = way if 0 <= index + way < count else -way
            index += way
            began = time.perf_counter()
            self.workspace.set_index(index, 0)
            self.until(lambda: self.workspace.displayed(0) is not None)
            self.application.processEvents()
            times.append(time.perf_counter() - began)
        own_work = time.thread_time() - own_work
        ordered = sorted(times)
        return {
            "window_work_ms": round(own_work / self.steps * 1000, 1),
            "longest_block_ms": round(self.beat.longest_s * 1000, 1),
            **{f"p{part}_ms": round(ordered[int(self.steps * part / 100)] * 1000, 1) for part in (50, 95, 99)},
        }


def rss_mb() -> float:
    """Return what this process holds of memory now; 0 where the system does not tell."""
    try:
        lines = Path("/proc/self/status").read_text("ascii", "replace").splitlines()
    except OSError:
        return 0.0
    return round(next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:")), 0.0), 1)


def main() -> None:
    """Measure the series that is named."""
    with tempfile.TemporaryDirectory() as config:
        bench = StackBench(Path(sys.argv[1]), Path(config))
        bench.steps = int(sys.argv[3])
        try:
            print(json.dumps(bench.run()))
        finally:
            bench.close()


if __name__ == "__main__":
    assert QApplication.instance() is None
    main()
