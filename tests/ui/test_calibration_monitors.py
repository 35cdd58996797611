"""The calibration wizard with two monitors; the steps are in wizard_on_two_monitors, in a process of their own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COMMON = {"y": 0, "logicalDpi": 96, "logicalBaseDpi": 96, "dpr": 1}
SCREENS = [
    {"name": "Left", "x": 0, "width": 1280, "height": 1024, **COMMON},
    {"name": "Right", "x": 1280, "width": 1600, "height": 1200, **COMMON},
]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("factors", ["Left=1;Right=2", "Left=1.25;Right=1.5"])
def test_the_wizard_on_two_monitors(tmp_path: Path, factors: str) -> None:
    plan = tmp_path / "screens.json"
    plan.write_text(json.dumps({"screens": SCREENS}), "utf-8")
    steps = str(Path(__file__).with_name("wizard_on_two_monitors.py"))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", steps, "-q", "-p", "no:cacheprovider"],
        cwd=ROOT,
        env={
            **os.environ,
            "QT_QPA_PLATFORM": f"offscreen:configfile={plan}",
            "QT_SCREEN_SCALE_FACTORS": factors,
            "QT_SCALE_FACTOR_ROUNDING_POLICY": "PassThrough",
        },
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
