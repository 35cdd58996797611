"""The overlay's part of a viewport's rendering: its values at the device pixels, kept for drags of its window."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.base.translation import _
from viewer.imaging.fusion import Overlay, blended, device_grid
from viewer.imaging.geometry_cache import ResampledFrame
from viewer.imaging.resampling import image_coverage
from viewer.imaging.viewport_scene import Scene


def fused_pixels(
    scene: Scene, resampled: ResampledFrame, overlay: Overlay, pixels: NDArray[Any]
) -> tuple[NDArray[Any], tuple[str, ...]]:
    """Return a scene's pixels with what is laid over them, and what the reader must be told of it.

    Args:
        scene: Of a display with 256 greys (DisplayCalibration.plain).
        resampled: The part of the viewport that the image reaches.
        overlay: What is laid over it.
        pixels: Of that part: levels or RGB.
    """
    if scene.state.plane is None:
        return pixels, (_("nothing can be laid over this image: its place in the patient is not known"),)
    if not pixels.size:
        return np.zeros((*pixels.shape[:2], 3), np.uint8), overlay.notes
    values = _values(scene, resampled, overlay)
    return blended(pixels, overlay, values, scene.calibration.color), overlay.notes


def _values(scene: Scene, resampled: ResampledFrame, overlay: Overlay) -> NDArray[np.float32]:
    request = scene.request
    key = ("overlay", overlay.samples_key, request.frame_key, request.size, request.transform)
    # A plane of the overlay is soon there; only slabs are worth showing coarsely while a hand moves them.
    is_quick = request.is_interacting and overlay.thickness_mm > 0
    found = scene.cache.get((key, "final")) or (scene.cache.get((key, "quick")) if is_quick else None)
    if found is not None:
        return found.values
    plane = scene.state.plane
    assert plane is not None  # noqa: S101 - asked before
    part = resampled.placement
    values = overlay.sampler.sample(
        device_grid(plane, part), overlay.thickness_mm, overlay.projection, is_quick=is_quick
    )
    coverage = image_coverage(part)
    if coverage is not None:
        values[coverage == 0] = np.nan
    made = ResampledFrame(part, resampled.left, resampled.top, values, 0, None, is_interpolated=True)
    scene.cache.put((key, "quick" if is_quick else "final"), made)
    return values
