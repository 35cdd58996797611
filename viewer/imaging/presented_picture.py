"""A frame under a presentation state as a picture for files: turned, with graphics. Beside whole_frame."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.imaging.display_calibration import UNCALIBRATED, DisplayCalibration
from viewer.imaging.graphic_raster import Ink, InkPixel, draw_graphics
from viewer.imaging.grayscale_pipeline import Stage, View
from viewer.imaging.presentation_lut import P_MAX
from viewer.imaging.presented_frame import Presented
from viewer.imaging.spatial_transform import SpatialTransform
from viewer.imaging.stored_frame import StoredFrame
from viewer.imaging.whole_frame import fitted_stage, whole_stage

_GRAPHIC_STAGES = frozenset({Stage.P_VALUE, Stage.DISPLAY})


def whole_picture(
    stored: StoredFrame,
    shown: Presented,
    view: View,
    stage: Stage,
    calibration: DisplayCalibration = UNCALIBRATED,
    *,
    has_graphics: bool = True,
) -> NDArray[Any]:
    """Return a frame at its own size, turned and flipped as its state says; stored and modality values are not turned.

    Args:
        stored: Its pixels (presented_frame.presented_pixels).
        shown: Its truth under the state.
        view: The reader's choices.
        stage: Where to stop.
        calibration: Of the display.
        has_graphics: Whether graphics and texts are drawn, in P-values and display values.
    """
    pixels = whole_stage(stored, shown.state, view, stage, calibration)
    if stage in {Stage.STORED, Stage.MODALITY}:
        return pixels
    turned = np.rot90(pixels, -round(shown.transform.rotation_deg / 90.0))
    turned = np.ascontiguousarray(np.fliplr(turned) if shown.transform.is_flipped else turned)
    if has_graphics and stage in _GRAPHIC_STAGES:
        rows, columns = pixels.shape[:2]
        size = turned.shape[1], turned.shape[0]
        whole = SpatialTransform(shown.transform.rotation_deg, shown.transform.is_flipped).at_scale(1.0)
        placement = whole.place(columns, rows, 1.0, size)
        # Fractions of the displayed area stay those of the area, though all of the image is in the picture.
        placement = replace(placement, transform=replace(whole, area=shown.transform.area))
        draw_graphics(turned, shown.state.graphics, placement, _ink_pixels(turned, stage, calibration))
    return turned


def fitted_picture(
    stored: StoredFrame,
    shown: Presented,
    view: View,
    stage: Stage,
    size: tuple[int, int],
    calibration: DisplayCalibration = UNCALIBRATED,
    *,
    has_graphics: bool = True,
) -> NDArray[Any]:
    """Return the displayed area of a frame in a picture of a size; what is magnified stays so, true size is fitted.

    Args:
        stored: Its pixels.
        shown: Its truth under the state.
        view: The reader's choices.
        stage: VOI, P-values or display values.
        size: Width and height.
        calibration: Of the display.
        has_graphics: Whether graphics and texts are drawn, in P-values and display values.
    """
    pixels = fitted_stage(stored, shown.state, view, stage, size, calibration, shown.transform)
    if has_graphics and stage in _GRAPHIC_STAGES and shown.state.graphics:
        pixels = np.array(pixels)
        rows, columns = stored.shape
        placement = shown.transform.place(columns, rows, shown.state.aspect, size)
        draw_graphics(pixels, shown.state.graphics, placement, _ink_pixels(pixels, stage, calibration))
    return pixels


def _ink_pixels(pixels: NDArray[Any], stage: Stage, calibration: DisplayCalibration) -> InkPixel:
    levels = calibration.display_lut()

    def pixel_of(ink: Ink) -> int | tuple[int, int, int]:
        p_value = P_MAX if ink[0] is None else ink[0]
        if stage is Stage.P_VALUE:
            return p_value
        level = int(levels[p_value])
        if pixels.ndim == 2:
            return level
        return ink[1] or (level, level, level)

    return pixel_of
