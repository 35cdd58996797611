"""The steps of one viewport's rendering: resampled values, their greys or colours, overlays and shutter."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.base.errors import DicomError
from viewer.base.translation import _
from viewer.dicom.cielab import cielab_to_srgb
from viewer.imaging.color_pipeline import frame_rgb, image_rgb
from viewer.imaging.display_calibration import CalibrationMode, DisplayCalibration
from viewer.imaging.display_greys import GrayOutput, gray_output, looked_up_pixels
from viewer.imaging.frame_annotations import OPAQUE, Ink, at_viewport, overlay_inks, overlay_mask, shutter_mask
from viewer.imaging.frame_state import FrameState
from viewer.imaging.geometry_cache import GeometryCache, ResampledFrame
from viewer.imaging.grayscale_pipeline import (
    GrayChain,
    ResolvedVoi,
    chain_table,
    frame_background,
    gray_chain,
    resolve_voi,
)
from viewer.imaging.icc_profile import color_note, display_problem, to_display
from viewer.imaging.presentation_lut import Presentation
from viewer.imaging.pseudo_color import palette
from viewer.imaging.resampling import NEAREST, image_coverage, resample, resample_scalar
from viewer.imaging.spatial_transform import ImagePlacement
from viewer.imaging.stored_frame import SampledFrame, StoredFrame
from viewer.imaging.viewport_request import RenderRequest
from viewer.imaging.voi_lut import Window

STRAIGHT = DisplayCalibration(CalibrationMode.NATIVE_GSDF)
"""For indices of colour tables, which no grey calibration may bend."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One rendering: what its steps share."""

    stored: StoredFrame
    state: FrameState
    request: RenderRequest
    placement: ImagePlacement
    cache: GeometryCache
    calibration: DisplayCalibration

    @property
    def is_color(self) -> bool:
        """Whether the frame has colours of its own."""
        return self.stored.is_color or self.state.palette is not None

    @property
    def is_pseudo_color(self) -> bool:
        """Whether a grey frame is shown through a colour table."""
        return not self.is_color and (self.request.view.pseudo_color is not None or bool(self.state.voi_colors))

    @property
    def is_reduced(self) -> bool:
        """Whether the image is shown smaller than it is."""
        return min(self.placement.scale_x, self.placement.scale_y) < 1.0

    @property
    def has_gray_part(self) -> bool:
        """Whether any of it goes through a window."""
        return not self.is_color or self._is_supplemental

    @property
    def _is_supplemental(self) -> bool:
        palette_of_image = self.state.palette
        return palette_of_image is not None and palette_of_image.is_supplemental

    @property
    def background(self) -> int:
        """The pixel of what is not image."""
        return 0 if self.is_color or self.is_pseudo_color else self.output.black

    @property
    def output(self) -> GrayOutput:
        """The greys of the display."""
        return gray_output(self.calibration)

    def resolved_voi(self) -> ResolvedVoi | None:
        """Return the window or table in force; None where nothing is grey."""
        if not self.has_gray_part:
            return None
        if isinstance(self.request.view.voi, Window):
            return ResolvedVoi(self.request.view.voi)
        key = ("voi", self.request.frame_key, self.request.view.voi, self.request.automatic)
        found = self.cache.fact(key)
        if isinstance(found, ResolvedVoi):
            return found
        values = self.stored.typical_values if isinstance(self.stored, SampledFrame) else self.stored.values
        resolved = resolve_voi(values, self.state, self.request.view, self.request.automatic)
        self.cache.remember(key, resolved)
        return resolved

    def resampled(self, resolved: ResolvedVoi | None) -> ResampledFrame:
        """Return the frame at device pixels: the finest there is while resting, the quickest while moving."""
        request = self.request
        key = (request.frame_key, request.size, request.transform, request.interpolation, self._finish())
        quick = request.is_interacting and (self.is_reduced or isinstance(self.stored, SampledFrame))
        found = self.cache.get((key, "final")) or (self.cache.get((key, "quick")) if quick else None)
        if found is not None:
            return found
        made = self._make(resolved, is_quick=quick)
        if not (quick and isinstance(self.stored, SampledFrame)):  # the hand moves on: nobody asks for it again
            self.cache.put((key, "quick" if quick else "final"), made)
        return made

    def _finish(self) -> Hashable:
        """Return what colour is finished with before it is kept: it is part of its name there."""
        if not self.is_color:
            return None
        if not self._is_supplemental:
            return self.calibration.color
        view = self.request.view
        return view.voi, self.request.automatic, view.inverted, self.calibration.plain()

    def _make(self, resolved: ResolvedVoi | None, *, is_quick: bool) -> ResampledFrame:
        is_area_true = self.is_reduced and not is_quick and not self.state.is_scrambled
        kernel = NEAREST if self.state.is_scrambled and not self.is_color else self.request.interpolation.value
        mixes = kernel != NEAREST and not self.placement.is_one_to_one
        left, top, right, bottom = self.placement.shown_rectangle
        part = self.placement.cropped(left, top, right, bottom)
        if left == right or top == bottom:  # moved out of sight
            nothing = np.zeros((bottom - top, right - left, 3)[: 3 if self.is_color else 2], np.uint8)
            return ResampledFrame(part, left, top, nothing, 0, None, is_interpolated=False)
        if self.is_color:
            values = self._colors(part, kernel, resolved, is_area_true=is_area_true)
            return ResampledFrame(part, left, top, values, 0, None, mixes)
        if isinstance(self.stored, SampledFrame):
            sampled, keep = self.stored.sample(part, kernel, is_quick=is_quick)
            out, offset = _unsigned(sampled)
            return ResampledFrame(part, left, top, out, offset, keep, is_interpolated=True)
        background = frame_background(self.stored, self.state)
        unsigned, offset = _unsigned(self.stored.values)
        out, keep = resample_scalar(unsigned, background, part, kernel, is_area_true=is_area_true)
        return ResampledFrame(part, left, top, out, offset, keep, mixes)

    def _colors(
        self, part: ImagePlacement, kernel: str, resolved: ResolvedVoi | None, *, is_area_true: bool
    ) -> NDArray[np.uint8]:
        """Return finished RGB of what is seen, black where the image is not."""
        is_whole_first = self._is_supplemental or self.stored.missing_rows > 0
        if is_whole_first:  # greys and black rows among the colours are no business of colour management
            rgb = frame_rgb(self.stored, self.state, self.request.view, self.calibration, resolved)
        else:
            rgb = image_rgb(self.stored, self.state)
        values: NDArray[np.uint8] = resample(rgb, part, kernel, is_area_true=is_area_true)
        if not is_whole_first:
            managed = to_display(values, self.state.icc_profile, self.calibration.color)
            values = managed if managed.flags.writeable else managed.copy()
        keep = image_coverage(part)
        if keep is not None:
            values[keep == 0] = 0
        return values

    def gray(self, resampled: ResampledFrame, resolved: ResolvedVoi) -> NDArray[Any]:
        """Return the greys of the resampled values as pixels of the display."""
        values, output = resampled.values, self.output
        if not values.size:
            return np.full(values.shape, output.black, output.greys.dtype)
        chain = gray_chain(self.state, self.request.view, resolved)
        looked_up = self._looked_up(resampled, chain, self.calibration)
        pixels = output.finish(looked_up, resampled.left, resampled.top)
        if resampled.keep is not None:
            np.copyto(pixels, pixels.dtype.type(output.black), where=resampled.keep == 0)
        return pixels

    def pseudo_color(self, resampled: ResampledFrame, resolved: ResolvedVoi) -> NDArray[np.uint8]:
        """Return RGB of the resampled values under the reader's colour table."""
        import cv2

        if not resampled.values.size:
            return np.zeros((*resampled.values.shape, 3), np.uint8)
        # The whole VOI range goes onto the palette; the image's polarity does not count.
        chain = replace(gray_chain(self.state, self.request.view, resolved), presentation=Presentation())
        indices = self._looked_up(resampled, chain, STRAIGHT)
        colors = self._palette_colors()
        pixels: NDArray[np.uint8] = np.asarray(cv2.applyColorMap(indices, np.ascontiguousarray(colors)), np.uint8)
        if resampled.keep is not None:
            pixels[resampled.keep == 0] = 0
        return pixels

    def _palette_colors(self) -> NDArray[np.uint8]:
        """Return the display's colours of 256 places in the VOI range: the reader's choice, else the state's."""
        named = self.request.view.pseudo_color
        if named is not None or not self.state.voi_colors:
            return to_display(palette(named or "")[:, None, :], b"", self.calibration.color)
        colors = np.frombuffer(self.state.voi_colors, np.uint8).reshape(-1, 1, 3)
        return to_display(colors, self.state.icc_profile, self.calibration.color)

    def _looked_up(self, resampled: ResampledFrame, chain: GrayChain, calibration: DisplayCalibration) -> NDArray[Any]:
        values = resampled.values
        if values.dtype in (np.uint8, np.uint16):
            octets = values.dtype == np.uint8
            table = chain_table(chain, calibration, is_signed=resampled.offset != 0, octets=octets)
            return looked_up_pixels(values, table)
        return looked_up_pixels(chain.p_values(values), gray_output(calibration).table)

    def annotate(self, pixels: NDArray[Any], resampled: ResampledFrame) -> tuple[str, ...]:
        """Draw overlays and shutter into the display's pixels and return what could not be drawn or is off."""
        fill = self._shutter_fill(pixels.ndim) if self.state.shutter is not None else 0
        return self.draw(pixels, resampled, lambda ink: self._pixel_of(ink, pixels.ndim), fill)

    def draw(
        self,
        pixels: NDArray[Any],
        resampled: ResampledFrame,
        pixel_of: Callable[[Ink], int | tuple[int, int, int]],
        fill: int | tuple[int, int, int],
    ) -> tuple[str, ...]:
        """Draw overlays and the shutter in its fill, and return what could not be drawn or is off."""
        view = self.request.view
        notes: tuple[str, ...] = ()
        for ink in overlay_inks(self.state) if view.show_overlays else ():
            mask, problems = self._mask(resampled, ink)
            notes = (*notes, *problems)
            if mask is not None:
                pixels[mask != 0] = pixel_of(ink)
        if self.state.shutter is None:
            return notes
        if not view.show_shutter:
            return (*notes, _("shutter off"))
        mask, problems = self._mask(resampled, None)
        if mask is not None:
            pixels[mask != 0] = fill
        return (*notes, *problems)

    def on_background(self, pixels: NDArray[Any], resampled: ResampledFrame, background: int) -> NDArray[Any]:
        """Return pixels of the part that the image reaches as the whole viewport."""
        width, height = self.request.size
        if pixels.shape[:2] == (height, width):
            return np.ascontiguousarray(pixels)
        out = np.full((height, width, *pixels.shape[2:]), background, pixels.dtype)
        left, top = resampled.left, resampled.top
        out[top : top + pixels.shape[0], left : left + pixels.shape[1]] = pixels
        return out

    def _shutter_fill(self, dimensions: int) -> int | tuple[int, int, int]:
        shutter = self.state.shutter
        assert shutter is not None  # noqa: S101 - only asked where there is one
        if self.is_color:
            return shutter_color(shutter.cielab, self.calibration)
        if dimensions == 2:
            return self.output.pixel(shutter.p_value)
        level = int(self.calibration.display_lut()[shutter.p_value])
        return level, level, level

    def _pixel_of(self, ink: Ink, dimensions: int) -> int | tuple[int, int, int]:
        """Return what an overlay is drawn with: white where no layer says more."""
        p_value, rgb = ink
        if dimensions == 2:
            return self.output.white if p_value is None else self.output.pixel(p_value)
        if rgb is not None:
            red, green, blue = (
                int(part) for part in to_display(np.array([[rgb]], np.uint8), b"", self.calibration.color)[0, 0]
            )
            return red, green, blue
        level = OPAQUE if p_value is None else int(self.calibration.display_lut()[p_value])
        return level, level, level

    def _mask(self, resampled: ResampledFrame, ink: Ink | None) -> tuple[NDArray[np.uint8] | None, tuple[str, ...]]:
        """Return the overlays of an ink, or (None) the shutter."""
        if ink not in resampled.masks:
            mask, problems = (
                shutter_mask(self.stored, self.state) if ink is None else overlay_mask(self.stored, self.state, ink)
            )
            resampled.masks[ink] = (at_viewport(mask, resampled.placement), problems)
        return resampled.masks[ink]

    def color_words(self) -> tuple[str, tuple[str, ...]]:
        """Return how colours came to the display, empty for grey; and what is wrong with that."""
        if not self.is_color and not self.is_pseudo_color and self.request.overlay is None:
            return "", ()
        problem = display_problem(self.calibration.color)
        profile = self.state.icc_profile if self.is_color else None
        return color_note(profile, self.calibration.color), (problem,) if problem else ()


def scene_of(
    stored: StoredFrame,
    state: FrameState,
    request: RenderRequest,
    geometry_cache: GeometryCache,
    calibration: DisplayCalibration,
) -> Scene:
    """Return the scene of a request.

    Raises:
        DicomError: If the frame and its state do not belong together.
    """
    shape = stored.shape
    if shape != (state.pixels.rows, state.pixels.columns):
        raise DicomError(_("The frame does not have the size its header states"))
    placement = request.transform.place(shape[1], shape[0], state.aspect, request.size)
    return Scene(stored, state, request, placement, geometry_cache, calibration)


def shutter_color(cielab: tuple[int, int, int] | None, calibration: DisplayCalibration) -> tuple[int, int, int]:
    """Return the fill of a shutter over a colour image in the display's RGB; black where it states none."""
    if cielab is None:
        return 0, 0, 0
    in_srgb = np.array([[cielab_to_srgb(cielab)]], np.uint8)
    red, green, blue = (int(part) for part in to_display(in_srgb, b"", calibration.color)[0, 0])
    return red, green, blue


def _unsigned(values: NDArray[Any]) -> tuple[NDArray[Any], int]:
    """Return values in a form that tables and resampling take, and what was added to them."""
    if values.dtype == np.int8:
        return values.view(np.uint8) ^ np.uint8(0x80), 0x80
    if values.dtype == np.int16:
        return values.view(np.uint16) ^ np.uint16(0x8000), 0x8000
    if values.dtype in (np.uint8, np.uint16):
        return values, 0
    return values.astype(np.float64, copy=False), 0
