"""Display values of more than eight bits: what a surface of 1024 or 65536 driving levels is given.

For files: the screen gets its greys from gray_output.
"""

import numpy as np
from numpy.typing import NDArray

from viewer.imaging.display_calibration import DisplayCalibration
from viewer.imaging.display_greys import driving_levels
from viewer.imaging.frame_state import FrameState
from viewer.imaging.grayscale_pipeline import Stage, View
from viewer.imaging.stored_frame import StoredFrame
from viewer.imaging.whole_frame import fitted_stage, whole_stage


def deep_display(
    stored: StoredFrame,
    state: FrameState,
    view: View,
    calibration: DisplayCalibration,
    bits: int,
    size: tuple[int, int] | None = None,
) -> NDArray[np.uint16]:
    """Return a grey frame's driving levels, with overlays and shutter.

    Args:
        stored: The frame.
        state: What the data set says of it.
        view: What the reader chose.
        calibration: Of the display.
        bits: Of a driving level: 10 or 16.
        size: To fit the frame into, black around it; its own without one.

    Raises:
        DicomError: If the image is in colour: colours are no driving levels of grey.
    """
    if size is None:
        p_values = whole_stage(stored, state, view, Stage.P_VALUE)
    else:
        p_values = fitted_stage(stored, state, view, Stage.P_VALUE, size)
    deep: NDArray[np.uint16] = driving_levels(calibration, 1 << bits)[p_values]
    return deep
