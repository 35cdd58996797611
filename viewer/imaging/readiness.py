"""What the first picture needs beyond its data, fetched ahead on a worker while the window is being built."""

from viewer.imaging.display_calibration import DisplayCalibration
from viewer.imaging.display_greys import gray_output
from viewer.imaging.icc_profile import is_usable_display


def prepare_rendering(calibration: DisplayCalibration) -> None:
    """Load the resampling library, tell it to keep to the thread that calls it, and work out the display's tables."""
    import cv2

    # Viewports are rendered side by side already; its own threads made a window drag stall for tens of milliseconds.
    cv2.setNumThreads(1)
    gray_output(calibration)
    if calibration.color.profile:
        is_usable_display(calibration.color.profile)
