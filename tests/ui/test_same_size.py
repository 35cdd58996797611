"""Sizes on two monitors; the steps are in two_sizes, in a process of their own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DPI = {"logicalDpi": 96, "logicalBaseDpi": 96, "dpr": 1}
SCREENS = [
    {"name": "Left", "x": 0, "y": 0, "width": 1400, "height": 1050, **DPI},
    {"name": "Right", "x": 1400, "y": 0, "width": 1600, "height": 1200, **DPI},
]


@pytest.mark.timeout(300)
def test_millimetres_on_two_monitors(tmp_path: Path) -> None:
    plan = tmp_path / "screens.json"
    plan.write_text(json.dumps({"screens": SCREENS}), "utf-8")
    steps = str(Path(__file__).with_name("two_sizes.py"))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", steps, "-q", "-p", "no:cacheprovider"],
        cwd=ROOT,
        env={**os.environ, "QT_QPA_PLATFORM": f"offscreen:configfile={plan}"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
