"""How planes of a volume follow the hand in the real window, off screen: three of them, in a process of its own.

The issue's figures hold for 512×512×1000 on a quiet machine and are a campaign; of a smaller series the
processor's time is measured in every run, beside that of a fixed piece of work in the same process.
"""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.builders.ct_series import write_ct_series
from tests.performance.test_window import BLOCK_MS, REPOSITORY, SLACK

FRAMES_PER_S = 25.0
MEGABYTE = 1 << 20
VOLUME_SHARE, OWN_BYTES = 1.2, 500 * MEGABYTE
TRIES = 3
WINDOW_WORK, WORK = 0.5, 1.5
"""Of a step, in times the fixed work of some 50 ms: that of the window's own thread, and of all."""

Figures = dict[str, Any]
Record = Callable[[str, object], None]


def measured(folder: Path) -> Figures:
    """Return the figures of one run; kernels may be compiled in it."""
    command = [sys.executable, "-m", "tests.performance.planes_window", str(folder)]
    answer = subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True, text=True, timeout=200)
    figures: Figures = json.loads(answer.stdout)
    return figures


def best(folder: Path, key: Callable[[Figures], float], tries: int = TRIES) -> Figures:
    """Return the figures of the calmest of several runs."""
    return min((measured(folder) for _try in range(tries)), key=key)


def keep(record_property: Record, name: str, figures: Figures) -> None:
    record_property(name, figures)
    print(f"\n{name}: {json.dumps(figures)}")


@pytest.mark.timeout(400)
def test_three_planes_leave_the_processor_time(tmp_path: Path, record_property: Record) -> None:
    write_ct_series(tmp_path, 60, label="planes", slice_step_mm=2.0)
    figures = best(tmp_path, lambda each: each["turn"]["work_ms"], tries=1)
    keep(record_property, "three planes of 512 x 512 x 60", figures)
    allowed = SLACK * figures["fixed_work_ms"]
    for way in ("move", "turn", "slab"):
        assert figures[way]["window_work_ms"] <= WINDOW_WORK * allowed
        assert figures[way]["work_ms"] <= WORK * allowed


@pytest.mark.campaign
@pytest.mark.timeout(900)
def test_a_thousand_slices_stay_within_every_limit(tmp_path: Path, record_property: Record) -> None:
    write_ct_series(tmp_path, 1000, label="thousand planes", slice_step_mm=0.7)
    measured(tmp_path)  # compiles what is kept from then on
    figures = best(tmp_path, lambda each: each["longest_block_loading_ms"])
    keep(record_property, "three planes of 512 x 512 x 1000", figures)
    assert figures["move"]["fps"] >= FRAMES_PER_S
    assert figures["turn"]["fps"] >= FRAMES_PER_S
    assert figures["peak_rss_bytes"] <= VOLUME_SHARE * figures["volume_bytes"] + OWN_BYTES
    assert figures["longest_block_loading_ms"] <= BLOCK_MS
    assert figures["longest_block_dragging_ms"] <= BLOCK_MS
