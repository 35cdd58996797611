"""Finished pixels of one viewport at device resolution, and the facts about them.

Stored values are resampled once for a place in the viewport and kept, so that a window drag only looks values up.
"""

import enum
from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.base.errors import DicomError
from viewer.base.translation import _
from viewer.imaging.color_pipeline import frame_rgb
from viewer.imaging.display_calibration import UNCALIBRATED, CalibrationMode, DisplayCalibration
from viewer.imaging.display_shutter import cielab_to_srgb
from viewer.imaging.frame_annotations import OPAQUE, at_viewport, frame_notes, overlay_mask, shutter_mask
from viewer.imaging.frame_state import FrameState
from viewer.imaging.geometry_cache import GeometryCache, ResampledFrame
from viewer.imaging.grayscale_pipeline import (
    ResolvedVoi,
    View,
    chain_table,
    frame_background,
    gray_chain,
    resolve_voi,
)
from viewer.imaging.presentation_lut import Presentation
from viewer.imaging.pseudo_color import palette
from viewer.imaging.resampling import NEAREST, image_coverage, resample, resample_scalar
from viewer.imaging.spatial_transform import ImagePlacement, SpatialTransform
from viewer.imaging.stored_frame import StoredFrame
from viewer.imaging.voi_lut import Voi, Window

__all__ = ["GeometryCache", "Interpolation", "RenderRequest", "RenderedViewport", "render_viewport"]

STRAIGHT = DisplayCalibration(CalibrationMode.NATIVE_GSDF)
"""For indices of colour tables, which no grey calibration may bend."""


class Interpolation(enum.Enum):
    """How device pixels between image pixels get their value."""

    NEAREST = "nearest"
    LINEAR = "linear"
    CUBIC = "cubic"
    LANCZOS = "lanczos"


@dataclass(frozen=True, slots=True)
class RenderRequest:
    """What one viewport wants to see.

    Attributes:
        frame_key: Names the frame: the same key must always mean the same pixels.
        size: Width and height of the viewport in device pixels.
        is_interacting: Whether a hand moves the image: linear while it does, area-true when it rests and the image is
            shown smaller than it is.
        automatic: The automatic window of the images that are read together; None fits one to the frame.
    """

    frame_key: Hashable
    size: tuple[int, int]
    transform: SpatialTransform = field(default_factory=SpatialTransform)
    view: View = field(default_factory=View)
    interpolation: Interpolation = Interpolation.LINEAR
    is_interacting: bool = False
    automatic: Window | None = None

    def __post_init__(self) -> None:
        if self.size[0] < 1 or self.size[1] < 1:
            raise ValueError(f"a viewport of {self.size[0]} x {self.size[1]} pixels")


@dataclass(frozen=True, slots=True, eq=False)
class RenderedViewport:
    """Pixels with everything that must be said beside them: drawn together, they cannot part.

    Attributes:
        pixels: (height, width) uint8 grey levels or (height, width, 3) uint8 RGB, C-contiguous, of the request's size.
        request: What was asked for.
        state: Identity, geometry and warnings of the frame in pixels.
        placement: Where image points are in the viewport; placement.transform.display_matrix turns orientations.
        voi: The window or table in force; None for colour.
        is_interpolated: Whether any device pixel shows a value that is not in the image.
        is_reduced: Whether the image is shown smaller than it is (several pixels share a device pixel).
        notes: What the reader must be told of this rendering, translated.
        calibration: Of the display the pixels were made for.
    """

    pixels: NDArray[np.uint8]
    request: RenderRequest
    state: FrameState
    placement: ImagePlacement
    voi: Voi | None
    is_interpolated: bool
    is_reduced: bool
    notes: tuple[str, ...]
    calibration: DisplayCalibration = UNCALIBRATED


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
    shape = stored.values.shape[:2]
    if shape != (state.pixels.rows, state.pixels.columns):
        raise DicomError(_("The frame does not have the size its header states"))
    placement = request.transform.place(shape[1], shape[0], state.aspect, request.size)
    scene = _Scene(stored, state, request, placement, geometry_cache, calibration)
    resolved = scene.resolved_voi()
    resampled = scene.resampled(resolved)
    if scene.is_color:
        pixels = resampled.values.copy()
    else:
        assert resolved is not None  # noqa: S101 - grey always has one
        pixels = scene.gray(resampled, resolved)
    notes = [*state.notes, *frame_notes(stored), *scene.annotate(pixels, resampled)]
    pixels = _on_background(pixels, resampled, request.size)
    if resolved is not None and resolved.note:
        notes.append(resolved.note)
    return RenderedViewport(
        pixels,
        request,
        state,
        placement,
        None if resolved is None else resolved.voi,
        resampled.is_interpolated,
        scene.is_reduced,
        tuple(dict.fromkeys(notes)),
        calibration,
    )


@dataclass(frozen=True, slots=True)
class _Scene:
    """One call of render_viewport: what its steps share."""

    stored: StoredFrame
    state: FrameState
    request: RenderRequest
    placement: ImagePlacement
    cache: GeometryCache
    calibration: DisplayCalibration

    @property
    def is_color(self) -> bool:
        return self.stored.is_color or self.state.palette is not None

    @property
    def is_reduced(self) -> bool:
        return min(self.placement.scale_x, self.placement.scale_y) < 1.0

    @property
    def has_gray_part(self) -> bool:
        return not self.is_color or (self.state.palette is not None and self.state.palette.is_supplemental)

    def resolved_voi(self) -> ResolvedVoi | None:
        if not self.has_gray_part:
            return None
        if isinstance(self.request.view.voi, Window):
            return ResolvedVoi(self.request.view.voi)
        key = ("voi", self.request.frame_key, self.request.view.voi, self.request.automatic)
        found = self.cache.fact(key)
        if isinstance(found, ResolvedVoi):
            return found
        resolved = resolve_voi(self.stored.values, self.state, self.request.view, self.request.automatic)
        self.cache.remember(key, resolved)
        return resolved

    def resampled(self, resolved: ResolvedVoi | None) -> ResampledFrame:
        """Return the frame at device pixels: the finest there is while resting, the quickest while moving."""
        request = self.request
        view = request.view
        # Colour is finished before it is resampled: what it was finished with is part of its name.
        finish = (
            (view.voi, request.automatic, view.inverted, self.calibration)
            if self.is_color and self.has_gray_part
            else None
        )
        key = (request.frame_key, request.size, request.transform, request.interpolation, finish)
        quick = request.is_interacting and self.is_reduced
        found = self.cache.get((key, "final")) or (self.cache.get((key, "quick")) if quick else None)
        if found is not None:
            return found
        made = self._make(resolved, is_area_true=self.is_reduced and not quick)
        self.cache.put((key, "quick" if quick else "final"), made)
        return made

    def _make(self, resolved: ResolvedVoi | None, *, is_area_true: bool) -> ResampledFrame:
        kernel = self.request.interpolation.value
        mixes = kernel != NEAREST and not self.placement.is_one_to_one
        left, top, right, bottom = self.placement.shown_rectangle
        part = self.placement.cropped(left, top, right, bottom)
        if left == right or top == bottom:  # moved out of sight
            nothing = np.zeros((bottom - top, right - left, 3)[: 3 if self.is_color else 2], np.uint8)
            return ResampledFrame(part, left, top, nothing, 0, None, is_interpolated=False)
        if self.is_color:
            rgb = frame_rgb(self.stored, self.state, self.request.view, self.calibration, resolved)
            values = resample(rgb, part, kernel, is_area_true=is_area_true)
            keep = image_coverage(part)
            if keep is not None:
                values[keep == 0] = 0
            return ResampledFrame(part, left, top, values, 0, None, mixes)
        background = frame_background(self.stored, self.state)
        values, offset = _unsigned(self.stored.values)
        out, keep = resample_scalar(values, background, part, kernel, is_area_true=is_area_true)
        return ResampledFrame(part, left, top, out, offset, keep, mixes)

    def gray(self, resampled: ResampledFrame, resolved: ResolvedVoi) -> NDArray[np.uint8]:
        """Return grey levels, or RGB under a pseudo-colour table, of the resampled values."""
        import cv2

        view = self.request.view
        if not resampled.values.size:
            return np.zeros((*resampled.values.shape, 3)[: 2 if view.pseudo_color is None else 3], np.uint8)
        chain = gray_chain(self.state, view, resolved)
        if view.pseudo_color is not None:
            # The whole VOI range goes onto the palette; the image's polarity does not count.
            chain = replace(chain, presentation=Presentation())
        calibration = self.calibration if view.pseudo_color is None else STRAIGHT
        values = resampled.values
        if values.dtype in (np.uint8, np.uint16):
            octets = values.dtype == np.uint8
            table = chain_table(chain, calibration, is_signed=resampled.offset != 0, octets=octets)
            pixels: NDArray[np.uint8] = cv2.LUT(values, table)
        else:
            pixels = calibration.display_lut()[chain.p_values(values)]
        if view.pseudo_color is not None:
            pixels = cv2.applyColorMap(pixels, np.ascontiguousarray(palette(view.pseudo_color)[:, None, :]))
            if resampled.keep is not None:
                pixels[resampled.keep == 0] = 0
        elif resampled.keep is not None:
            pixels = cv2.bitwise_and(pixels, resampled.keep)
        return pixels

    def annotate(self, pixels: NDArray[np.uint8], resampled: ResampledFrame) -> tuple[str, ...]:
        """Draw overlays and shutter into pixels and return what could not be drawn or is off."""
        view, shutter = self.request.view, self.state.shutter
        notes: tuple[str, ...] = ()
        if view.show_overlays and self.state.overlays:
            mask, notes = self._mask(resampled, "overlays")
            if mask is not None:
                pixels[mask != 0] = OPAQUE
        if shutter is None:
            return notes
        if not view.show_shutter:
            return (*notes, _("shutter off"))
        mask, problems = self._mask(resampled, "shutter")
        if mask is not None:
            pixels[mask != 0] = self._shutter_fill(pixels.ndim)
        return (*notes, *problems)

    def _shutter_fill(self, dimensions: int) -> int | tuple[int, int, int]:
        shutter = self.state.shutter
        assert shutter is not None  # noqa: S101 - only asked where there is one
        if self.is_color:
            return (0, 0, 0) if shutter.cielab is None else cielab_to_srgb(shutter.cielab)
        level = int(self.calibration.display_lut()[shutter.p_value])
        return level if dimensions == 2 else (level, level, level)

    def _mask(self, resampled: ResampledFrame, name: str) -> tuple[NDArray[np.uint8] | None, tuple[str, ...]]:
        if name not in resampled.masks:
            make = overlay_mask if name == "overlays" else shutter_mask
            mask, problems = make(self.stored, self.state)
            resampled.masks[name] = (at_viewport(mask, resampled.placement), problems)
        return resampled.masks[name]


def _on_background(pixels: NDArray[np.uint8], resampled: ResampledFrame, size: tuple[int, int]) -> NDArray[np.uint8]:
    if pixels.shape[1::-1] == size:
        return np.ascontiguousarray(pixels)
    out = np.zeros((size[1], size[0], *pixels.shape[2:]), np.uint8)
    left, top = resampled.left, resampled.top
    out[top : top + pixels.shape[0], left : left + pixels.shape[1]] = pixels
    return out


def _unsigned(values: NDArray[Any]) -> tuple[NDArray[Any], int]:
    """Return values in a form that tables and resampling take, and what was added to them."""
    if values.dtype == np.int8:
        return values.view(np.uint8) ^ np.uint8(0x80), 0x80
    if values.dtype == np.int16:
        return values.view(np.uint16) ^ np.uint16(0x8000), 0x8000
    if values.dtype in (np.uint8, np.uint16):
        return values, 0
    return values.astype(np.float64, copy=False), 0
