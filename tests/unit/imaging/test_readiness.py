"""What the first picture needs is there before it."""

import cv2

from viewer.imaging.display_calibration import DisplayCalibration
from viewer.imaging.readiness import prepare_rendering


def test_resampling_keeps_to_one_thread() -> None:
    before = cv2.getNumThreads()
    try:
        prepare_rendering(DisplayCalibration())
        assert cv2.getNumThreads() == 1
    finally:
        cv2.setNumThreads(before)
