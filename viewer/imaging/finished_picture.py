"""Colours that came finished from elsewhere, a rendering of a volume, as the picture of a viewport.

They are sRGB, fill the viewport pixel by pixel, and go through nothing but the colours of the display.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.dicom.image_plane import ImagePlane, Vector, scaled, subtract
from viewer.dicom.pixel_spacing import NO_SPACING, PixelSpacing, SpacingSource
from viewer.imaging.display_calibration import DisplayCalibration
from viewer.imaging.frame_state import FrameState
from viewer.imaging.icc_profile import color_note, display_problem, to_display
from viewer.imaging.modality_lut import IDENTITY
from viewer.imaging.presentation_lut import Presentation
from viewer.imaging.spatial_transform import SpatialTransform
from viewer.imaging.stored_frame import PixelDescription
from viewer.imaging.viewport_image import RenderedViewport
from viewer.imaging.viewport_request import RenderRequest


@dataclass(frozen=True, slots=True)
class Seen:
    """How a picture lies in the patient.

    Attributes:
        right: The direction that points to the right on screen.
        down: The one that points downwards.
        center_mm: What lies in the middle of the screen.
        mm_per_pixel: Of a device pixel; None where there is no one scale (perspective).
    """

    right: Vector
    down: Vector
    center_mm: Vector
    mm_per_pixel: float | None


def finished_picture(
    pixels: NDArray[Any],
    state: FrameState,
    seen: Seen,
    notes: tuple[str, ...],
    request: RenderRequest,
    calibration: DisplayCalibration,
    *,
    is_coarse: bool,
) -> RenderedViewport:
    """Return a picture of a viewport.

    Args:
        pixels: (height, width, 3) uint8 in sRGB, of the request's size.
        state: Of the images it was made from.
        seen: Letters and scale come from it.
        notes: What the reader must be told of it, translated.
        request: What was asked for; its transform does not count.
        calibration: Of the display.
        is_coarse: Whether a finer one can be had.
    """
    managed = np.ascontiguousarray(to_display(pixels, b"", calibration.color))
    own = _state(state, seen, request.size, notes)
    placement = SpatialTransform().at_scale(1.0).place(*request.size, 1.0, request.size)
    problem = display_problem(calibration.color)
    said = tuple(dict.fromkeys((*notes, problem) if problem else notes))
    words = color_note(None, calibration.color)
    return RenderedViewport(managed, request, own, placement, None, is_coarse, is_coarse, said, calibration, words)


def _state(state: FrameState, seen: Seen, size: tuple[int, int], notes: tuple[str, ...]) -> FrameState:
    """Return the truth of the picture: whose it is, and how it lies; nothing of values, which it has none of."""
    width, height = size
    pixels = PixelDescription(height, width, 1, 3, "RGB", 8, 8, 7)
    spacing, plane = NO_SPACING, None
    if seen.mm_per_pixel is not None:
        spacing = PixelSpacing(seen.mm_per_pixel, seen.mm_per_pixel, SpacingSource.PATIENT)
        left, up = (width - 1) / 2 * seen.mm_per_pixel, (height - 1) / 2 * seen.mm_per_pixel
        position = subtract(subtract(seen.center_mm, scaled(seen.right, left)), scaled(seen.down, up))
        plane = ImagePlane(position, seen.right, seen.down, seen.mm_per_pixel, seen.mm_per_pixel)
    return replace(
        state,
        pixels=pixels,
        plane=plane,
        image_orientation=(*seen.right, *seen.down),
        patient_orientation=(),
        spacing=spacing,
        aspect=1.0,
        modality_transform=IDENTITY,
        voi_options=(),
        presentation=Presentation(),
        padding=None,
        shutter=None,
        overlays=(),
        palette=None,
        icc_profile=b"",
        cine=None,
        notes=notes,
    )
