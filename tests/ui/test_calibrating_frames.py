"""A known length holds for all frames of one scale, and for one frame alone where every frame may have its own."""

from pathlib import Path

import numpy as np
import pytest

from tests.builders.gray_images import data_set, write
from tests.ui.viewport_scene import Scene
from viewer.workspace.measuring.calibrating import calibrate, calibration_at, take_calibration_away

pytestmark = pytest.mark.usefixtures("qapp")

STORAGE = "1.2.840.10008.5.1.4.1.1."
FRAMES = np.arange(3 * 30 * 40, dtype=np.uint16).reshape(3, 30, 40)


@pytest.mark.parametrize(
    ("kind", "holds_for"), [("12.1.1", {1}), ("13.1.3", {1}), ("12.1", {0, 1, 2}), ("3.1", {0, 1, 2})]
)
def test_a_known_length_holds_where_the_scale_is_the_same(tmp_path: Path, kind: str, holds_for: set[int]) -> None:
    made = data_set(FRAMES, SOPClassUID=STORAGE + kind, Modality="XA", NumberOfFrames=3)
    with Scene([write(tmp_path / "run.dcm", made)]) as scene:
        scene.show(0, index=1)
        assert calibrate(scene.workspace, 0, ((0.0, 0.0), (10.0, 0.0)), 50.0) == ""
        found = set()
        for index in range(3):
            scene.show(0, index=index)
            if calibration_at(scene.workspace, 0) is not None:
                found.add(index)
        assert found == holds_for
        scene.show(0, index=1)
        take_calibration_away(scene.workspace, 0)
        assert calibration_at(scene.workspace, 0) is None
