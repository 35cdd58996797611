"""A whole frame at one stage of the pipeline, with overlays and shutter: what is written to a file.

Beside viewport_image, which serves the screen; both go through the same chain.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.base.errors import DicomError
from viewer.base.translation import _
from viewer.imaging.color_pipeline import frame_rgb
from viewer.imaging.display_calibration import UNCALIBRATED, DisplayCalibration
from viewer.imaging.frame_annotations import OPAQUE, Ink, overlay_inks, overlay_mask, shutter_mask
from viewer.imaging.frame_state import FrameState
from viewer.imaging.grayscale_pipeline import (
    ResolvedVoi,
    Stage,
    View,
    gray_chain,
    render_stage,
    resolve_voi,
)
from viewer.imaging.presentation_lut import P_MAX
from viewer.imaging.spatial_transform import SpatialTransform
from viewer.imaging.stored_frame import StoredFrame
from viewer.imaging.viewport_image import GeometryCache, RenderRequest, render_viewport
from viewer.imaging.viewport_scene import scene_of, shutter_color

WHOLE = SpatialTransform()


def whole_stage(
    stored: StoredFrame,
    state: FrameState,
    view: View,
    stage: Stage,
    calibration: DisplayCalibration = UNCALIBRATED,
) -> NDArray[Any]:
    """Return a frame at its own size: overlays and shutter are in P-values and display values.

    Greys are the 256 plain ones of the display, whatever more it can show: in a file exact RGB matters.

    Raises:
        DicomError: If a colour frame is asked for a stage that only grey has.
    """
    is_own_color = stored.is_color or state.palette is not None
    if stage is Stage.DISPLAY and (is_own_color or view.pseudo_color is not None or state.voi_colors):
        if not is_own_color:
            return _one_to_one(stored, state, view, calibration)
        resolved = _gray_part(stored, state, view)
        rgb = frame_rgb(stored, state, view, calibration, resolved).copy()
        cielab = state.shutter.cielab if state.shutter is not None else None
        _annotate(rgb, stored, state, view, _rgb_of, shutter_color(cielab, calibration))
        return rgb
    if is_own_color and stage is not Stage.STORED:
        raise DicomError(_("A colour image has no grayscale stages"))
    pixels = render_stage(stored, state, view, stage, calibration)
    fill = state.shutter.p_value if state.shutter is not None else 0
    if stage is Stage.P_VALUE:
        _annotate(pixels, stored, state, view, _p_value_of, fill)
    elif stage is Stage.DISPLAY:
        levels = calibration.display_lut()
        _annotate(pixels, stored, state, view, lambda ink: int(levels[_p_value_of(ink)]), int(levels[fill]))
    return pixels


def fitted_stage(
    stored: StoredFrame,
    state: FrameState,
    view: View,
    stage: Stage,
    size: tuple[int, int],
    calibration: DisplayCalibration = UNCALIBRATED,
    transform: SpatialTransform = WHOLE,
) -> NDArray[Any]:
    """Return a frame fitted into a size with its own aspect, black around it; VOI, P-values or display values.

    As on the screen stored values are resampled, and everything else follows.

    Raises:
        DicomError: If a colour frame is asked for a stage that only grey has.
    """
    request = RenderRequest("file", size, transform, view)
    if stage is Stage.DISPLAY:
        return render_viewport(stored, state, request, GeometryCache(), calibration.plain()).pixels
    if stored.is_color or state.palette is not None:
        raise DicomError(_("A colour image has no grayscale stages"))
    scene = scene_of(stored, state, request, GeometryCache(), calibration)
    resolved = scene.resolved_voi()
    assert resolved is not None  # noqa: S101 - grey always has one
    resampled = scene.resampled(resolved)
    chain = gray_chain(state, view, resolved)
    values = resampled.values
    if resampled.offset:
        values = values.astype(np.int64) - resampled.offset
    fitted: NDArray[Any] = chain.interest(values) if stage is Stage.VOI else chain.p_values(values)
    if resampled.keep is not None:
        fitted[resampled.keep == 0] = 0
    if stage is Stage.P_VALUE:
        scene.draw(fitted, resampled, _p_value_of, state.shutter.p_value if state.shutter is not None else 0)
    return scene.on_background(fitted, resampled, 0)


def _one_to_one(
    stored: StoredFrame, state: FrameState, view: View, calibration: DisplayCalibration
) -> NDArray[np.uint8]:
    from dataclasses import replace

    size = (state.pixels.columns, state.pixels.rows)
    request = RenderRequest("file", size, SpatialTransform().at_scale(1.0), view)
    return render_viewport(stored, replace(state, aspect=1.0), request, GeometryCache(), calibration.plain()).pixels


def _gray_part(stored: StoredFrame, state: FrameState, view: View) -> ResolvedVoi | None:
    if state.palette is None or not state.palette.is_supplemental:
        return None
    return resolve_voi(stored.values, state, view)


def _annotate(
    pixels: NDArray[Any],
    stored: StoredFrame,
    state: FrameState,
    view: View,
    pixel_of: Callable[[Ink], int | tuple[int, int, int]],
    fill: int | tuple[int, int, int],
) -> None:
    for ink in overlay_inks(state) if view.show_overlays else ():
        drawn, _problems = overlay_mask(stored, state, ink)
        if drawn is not None:
            pixels[drawn] = pixel_of(ink)
    covered, _problems = shutter_mask(stored, state) if view.show_shutter else (None, ())
    if covered is not None:
        pixels[covered] = fill


def _p_value_of(ink: Ink) -> int:
    return P_MAX if ink[0] is None else ink[0]


def _rgb_of(ink: Ink) -> tuple[int, int, int]:
    level = OPAQUE if ink[0] is None else ink[0] >> 8
    return ink[1] or (level, level, level)
