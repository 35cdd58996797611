"""Flow: two monitors at once; the steps are in two_monitors, in a process of their own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCREENS = [
    {"name": "Left", "x": 0, "y": 0, "width": 1280, "height": 1024, "logicalDpi": 96, "logicalBaseDpi": 96, "dpr": 1},
    {
        "name": "Right",
        "x": 1280,
        "y": 0,
        "width": 1600,
        "height": 1200,
        "logicalDpi": 96,
        "logicalBaseDpi": 96,
        "dpr": 1,
    },
]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("scales", ["", "Left=1;Right=2"])
def test_windows_on_two_monitors(tmp_path: Path, scales: str) -> None:
    plan = tmp_path / "screens.json"
    plan.write_text(json.dumps({"screens": SCREENS}), "utf-8")
    steps = str(Path(__file__).with_name("two_monitors.py"))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", steps, "-q", "-p", "no:cacheprovider"],
        cwd=ROOT,
        env={**os.environ, "QT_QPA_PLATFORM": f"offscreen:configfile={plan}", "QT_SCREEN_SCALE_FACTORS": scales},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
