"""Flow: two monitors at once; the steps are in two_monitors, in a process of their own."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QColor, QImage

from tests.builders.gray_images import data_set, write
from tests.ui.two_monitors import gamma_curve, true_levels
from viewer.display.calibration_record import CalibrationRecord
from viewer.display.monitor_store import MonitorStore
from viewer.imaging.display_calibration import CalibrationMode, DisplayCalibration
from viewer.ui.monitors import Monitors

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


def test_the_screenshot_command_draws_as_the_window_would(qapp: object, tmp_path: Path) -> None:
    assert qapp is not None
    monitors = Monitors(MonitorStore(tmp_path / "config"))
    (screen,) = monitors.screens
    calibration = DisplayCalibration(CalibrationMode.MEASURED, tuple(gamma_curve(0.2, 90.0, 3.0).tolist()), 2.0)
    calibrated = CalibrationRecord(calibration, measured_on=datetime.now().astimezone().date())
    monitors.store.keep(replace(monitors.record(screen), calibrated=calibrated))
    monitors.close()
    values = np.full((64, 64), 32768, np.uint16)
    image = write(tmp_path / "grey.dcm", data_set(values, WindowCenter=32768, WindowWidth=65536))
    output = tmp_path / "window.png"
    command = [sys.executable, "-m", "viewer", "screenshot", str(image), "-o", str(output), "--size", "1000x700"]
    settings = {**os.environ, "NEGATOSCOPE_CONFIG": str(tmp_path / "config")}
    done = subprocess.run(command, cwd=ROOT, env=settings, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    picture = QImage(str(output))
    wanted = int(true_levels(gamma_curve(0.2, 90.0, 3.0), 2.0)[32768])
    assert picture.pixelColor(500, 350) == QColor(wanted, wanted, wanted)
    assert not list((tmp_path / "config" / "monitors").glob("*.bad"))


@pytest.mark.timeout(300)
@pytest.mark.skipif(not all(map(shutil.which, ("xvfb-run", "xrandr"))), reason="needs an X server without a screen")
def test_a_monitor_is_plugged_in_and_pulled_out() -> None:
    steps = str(Path(__file__).with_name("pulled_monitor.py"))
    tests = [sys.executable, "-m", "pytest", steps, "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(
        ["xvfb-run", "-a", "-s", "-screen 0 1280x800x24", *tests],
        cwd=ROOT,
        env={**os.environ, "QT_QPA_PLATFORM": "xcb"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
