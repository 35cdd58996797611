"""A monitor comes and goes while a window is on it; run by test_flow_monitors on an X server of its own."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from tests.builders.gray_images import data_set, write
from tests.ui.flow_steps import wait_for
from tests.ui.two_monitors import DIM, calibrate, chips, greys_on_screen, measured, show_one_to_one, wanted_on_screen
from tests.ui.viewport_scene import Scene

pytestmark = pytest.mark.usefixtures("qtbot")

# IEC 61966-2-1 between 0.25 and 250 cd/m², with 0.5 cd/m² of ambient light: what an unknown monitor is taken for.
_LEVEL = np.arange(256) / 255
SRGB = 0.25 + 249.75 * np.where(_LEVEL <= 0.04045, _LEVEL / 12.92, ((_LEVEL + 0.055) / 1.055) ** 2.4)


def xrandr(*arguments: str) -> None:
    subprocess.run(["xrandr", *arguments], check=True, capture_output=True)


def plug_in() -> None:
    xrandr("--setmonitor", "Right", "640/169x800/211+640+0", "none")


def names() -> list[str]:
    return [screen.name() for screen in QGuiApplication.screens()]


def settled(scene: Scene, condition: Callable[[], object]) -> None:
    wait_for(condition)
    QApplication.processEvents()
    scene.settle()


def test_a_window_is_right_while_its_monitor_comes_and_goes(tmp_path: Path) -> None:
    values = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    path = write(tmp_path / "greys.dcm", data_set(values, WindowCenter=32768, WindowWidth=65536))
    with Scene([path], size=(400, 400)) as scene:
        on = scene.viewport(0)
        scene.grid.move(800, 100)
        show_one_to_one(scene, 0)
        assert "NOT CALIBRATED" in chips(on)
        first = on.place.title
        assert (greys_on_screen(on) == wanted_on_screen(SRGB, 0.5)).all()
        for _round in range(2):
            plug_in()
            settled(scene, lambda: on.place.title == "Right")
            right = next(screen for screen in QGuiApplication.screens() if screen.name() == "Right")
            calibrate(scene.monitors, right, measured(DIM, 2.0))
            settled(scene, lambda: any(chip.startswith("GSDF") for chip in chips(on)))
            assert (greys_on_screen(on) == wanted_on_screen(DIM, 2.0)).all()
            xrandr("--delmonitor", "Right")
            settled(scene, lambda: "Right" not in names() and on.place.title == first)
            assert "NOT CALIBRATED" in chips(on)
            assert (greys_on_screen(on) == wanted_on_screen(SRGB, 0.5)).all()
