"""Finished pixels of one viewport at device resolution, and the facts about them.

Stored values are resampled once for a place in the viewport and kept, so that a window drag only looks values up.
"""

from dataclasses import dataclass, replace
from typing import Any

from numpy.typing import NDArray

from viewer.imaging.display_calibration import UNCALIBRATED, DisplayCalibration
from viewer.imaging.frame_annotations import frame_notes
from viewer.imaging.frame_state import FrameState
from viewer.imaging.fused_pixels import fused_pixels
from viewer.imaging.geometry_cache import GeometryCache, ResampledFrame
from viewer.imaging.grayscale_pipeline import ResolvedVoi
from viewer.imaging.spatial_transform import ImagePlacement
from viewer.imaging.stored_frame import StoredFrame
from viewer.imaging.viewport_request import Interpolation, RenderRequest
from viewer.imaging.viewport_scene import Scene, scene_of
from viewer.imaging.voi_lut import Voi

__all__ = ["GeometryCache", "Interpolation", "RenderRequest", "RenderedViewport", "render_viewport"]


@dataclass(frozen=True, slots=True, eq=False)
class RenderedViewport:
    """Pixels with everything that must be said beside them: drawn together, they cannot part.

    Attributes:
        pixels: Of the request's size, C-contiguous: grey as (height, width) of uint8 levels or uint32 words (as
            display_greys.GrayOutput has them for this calibration), or colour as (height, width, 3) uint8 RGB.
        request: What was asked for.
        state: Identity, geometry and warnings of the frame in pixels.
        placement: Where image points are in the viewport; placement.transform.display_matrix turns orientations.
        voi: The window or table in force; None for colour.
        is_interpolated: Whether any device pixel shows a value that is not in the image.
        is_reduced: Whether the image is shown smaller than it is (several pixels share a device pixel).
        notes: What the reader must be told of this rendering, translated.
        calibration: Of the display the pixels were made for.
        color_note: How colours came to the display, in few words, translated; empty for grey.
    """

    pixels: NDArray[Any]
    request: RenderRequest
    state: FrameState
    placement: ImagePlacement
    voi: Voi | None
    is_interpolated: bool
    is_reduced: bool
    notes: tuple[str, ...]
    calibration: DisplayCalibration = UNCALIBRATED
    color_note: str = ""


def render_viewport(
    stored: StoredFrame,
    state: FrameState,
    request: RenderRequest,
    geometry_cache: GeometryCache,
    calibration: DisplayCalibration = UNCALIBRATED,
) -> RenderedViewport:
    """Return the finished pixels of a viewport.

    Args:
        stored: The frame.
        state: Its rendering truth.
        request: What is wanted.
        geometry_cache: Holds frames resampled earlier; shared by all viewports.
        calibration: Of the display the viewport is on.

    Raises:
        DicomError: If the frame and its state do not belong together, or its colours cannot be understood.
    """
    scene = scene_of(stored, state, request, geometry_cache, calibration)
    if request.overlay is not None:  # colours have eight bits, and the greys among them too
        scene = replace(scene, calibration=calibration.plain())
    resolved = scene.resolved_voi()
    resampled = scene.resampled(resolved)
    pixels = _pixels(scene, resampled, resolved)
    laid_over: tuple[str, ...] = ()
    if request.overlay is not None:
        pixels, laid_over = fused_pixels(scene, resampled, request.overlay, pixels)
    note, problems = scene.color_words()
    notes = [*state.notes, *laid_over, *frame_notes(stored), *problems, *scene.annotate(pixels, resampled)]
    pixels = scene.on_background(pixels, resampled, scene.background)
    if resolved is not None and resolved.note:
        notes.append(resolved.note)
    return RenderedViewport(
        pixels,
        request,
        state,
        scene.placement,
        None if resolved is None else resolved.voi,
        resampled.is_interpolated,
        scene.is_reduced,
        tuple(dict.fromkeys(notes)),
        calibration,
        note,
    )


def _pixels(scene: Scene, resampled: ResampledFrame, resolved: ResolvedVoi | None) -> NDArray[Any]:
    if scene.is_color:
        return resampled.values.copy()
    assert resolved is not None  # noqa: S101 - grey always has one
    return scene.pseudo_color(resampled, resolved) if scene.is_pseudo_color else scene.gray(resampled, resolved)
