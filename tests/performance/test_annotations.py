"""How an image with a thousand annotations follows the hand in the real window, off screen, in a process of its own.

The figure aimed at, 16 ms for all but one frame of a hundred, holds for a quiet machine and is a campaign; in every run
the processor's time of the window's own thread is measured, beside that of a fixed piece of work in the same process.
"""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.builders.ct_series import write_ct_series
from tests.performance.test_window import FRAME_MS, REPOSITORY, SLACK

TRIES = 5
WINDOW_WORK = 0.25
"""Of a frame, in times the fixed work of some 50 ms."""
MARKS_WORK = 0.15
"""What of that marks and their words may add to an image without them."""

Figures = dict[str, Any]
Record = Callable[[str, object], None]


def measured(folder: Path) -> Figures:
    """Return the figures of one run."""
    command = [sys.executable, "-m", "tests.performance.annotations_window", str(folder)]
    answer = subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True, text=True, timeout=200)
    figures: Figures = json.loads(answer.stdout)
    return figures


def keep(record_property: Record, name: str, figures: Figures) -> None:
    record_property(name, figures)
    print(f"\n{name}: {json.dumps(figures)}")


@pytest.mark.timeout(300)
def test_a_thousand_annotations_leave_the_processor_time(tmp_path: Path, record_property: Record) -> None:
    write_ct_series(tmp_path, 3, label="marks")
    figures = measured(tmp_path)
    keep(record_property, "1,000 annotations", figures)
    allowed = SLACK * WINDOW_WORK * figures["fixed_work_ms"]
    assert figures["pan_with"]["window_work_ms"] <= allowed
    assert figures["zoom_with"]["window_work_ms"] <= allowed
    for way in ("pan", "zoom"):
        own = figures[f"{way}_with"]["window_work_ms"] - figures[f"{way}_without"]["window_work_ms"]
        assert own <= SLACK * MARKS_WORK * figures["fixed_work_ms"]


@pytest.mark.campaign
@pytest.mark.timeout(900)
def test_a_thousand_annotations_pan_and_zoom_within_a_frame(tmp_path: Path, record_property: Record) -> None:
    write_ct_series(tmp_path, 3, label="many marks")
    figures = min(
        (measured(tmp_path) for _try in range(TRIES)),
        key=lambda each: float(each["pan_with"]["p99_ms"] + each["zoom_with"]["p99_ms"]),
    )
    keep(record_property, "1,000 annotations, strict", figures)
    assert figures["pan_with"]["p99_ms"] <= FRAME_MS
    assert figures["zoom_with"]["p99_ms"] <= FRAME_MS
