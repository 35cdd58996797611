"""True size: device pixels per image column so that a millimetre of the image is a millimetre of the screen."""

import math
from collections.abc import Mapping

from viewer.base.translation import N_, _
from viewer.dicom.pixel_spacing import SpacingSource
from viewer.imaging.frame_state import FrameState
from viewer.imaging.spatial_transform import MAX_SCALE, MIN_SCALE
from viewer.imaging.viewport_image import RenderedViewport

AS_GOOD_AS = 0.005
"""A scale that is off by less than this share is the true one: systems state a monitor's size in whole millimetres."""

TRUE_SIZE_TEXT = N_("true size")
TRUE_SIZE_TEXTS: Mapping[SpacingSource, str] = {
    SpacingSource.DETECTOR: N_("true size at the detector"),
    SpacingSource.ESTIMATED: N_("true size, estimated"),
    SpacingSource.ISOCENTER: N_("true size at the isocenter, estimated"),
    SpacingSource.FILM: N_("true size of the film"),
    SpacingSource.UNCERTAIN: N_("true size of unknown calibration"),
}
"""What the size is true of, where it is not plainly the patient."""

SIZE_CAUTIONS: Mapping[SpacingSource, str] = {
    SpacingSource.DETECTOR: N_("True size at the detector: the patient's own is smaller"),
    SpacingSource.ESTIMATED: N_("True size, estimated: the device states about how much it magnifies"),
    SpacingSource.ISOCENTER: N_("True size, estimated: it holds at the isocenter only"),
    SpacingSource.FILM: N_("True size of the film that was scanned, not of the patient"),
    SpacingSource.UNCERTAIN: N_("True size as the file states; it does not say where in the patient that holds"),
}
"""What a reader is told when such an image is brought to its true size."""


def spacing_mm(state: FrameState) -> tuple[float, float] | None:
    """Return the millimetres between rows and between columns; None when they are not known soundly.

    A spacing that the pixels' shape on screen contradicts (Pixel Aspect Ratio, an ultrasound region) is not sound: only
    one of the two directions could be true.
    """
    spacing = state.spacing
    if spacing is None or not (_is_length(spacing.row_mm) and _is_length(spacing.column_mm)):
        return None
    assert spacing.row_mm is not None  # noqa: S101 - a length
    assert spacing.column_mm is not None  # noqa: S101 - a length
    if abs(spacing.row_mm / spacing.column_mm / state.aspect - 1.0) >= AS_GOOD_AS:
        return None
    return spacing.row_mm, spacing.column_mm


def true_size_scale(state: FrameState, screen_pixels_per_mm: float | None) -> float | None:
    """Return device pixels per image column; None when the spacing or the screen is not known in millimetres."""
    spacing = spacing_mm(state)
    if spacing is None or screen_pixels_per_mm is None or not _is_length(screen_pixels_per_mm):
        return None
    scale = spacing[1] * screen_pixels_per_mm
    return scale if MIN_SCALE <= scale <= MAX_SCALE else None


def is_at_true_size(rendered: RenderedViewport, screen_pixels_per_mm: float | None) -> bool:
    """Whether a picture's scale is the true one on this screen: another screen or another spacing makes it untrue."""
    wanted = true_size_scale(rendered.state, screen_pixels_per_mm)
    return wanted is not None and abs(rendered.placement.scale_x / wanted - 1.0) < AS_GOOD_AS


def why_no_scale(state: FrameState, screen_pixels_per_mm: float | None) -> str:
    """Return why true_size_scale() gives None, as the end of a sentence, translated."""
    spacing = state.spacing
    if spacing is None or not (_is_length(spacing.row_mm) and _is_length(spacing.column_mm)):
        reason = (spacing.problem or spacing.description) if spacing is not None else ""
        return reason or _("the file states no spacing of its pixels")
    if spacing_mm(state) is None:
        return _("the spacing and the shape of the pixels contradict each other")
    if screen_pixels_per_mm is None or not _is_length(screen_pixels_per_mm):
        return _("the monitor does not state its size. Measure it: menu Monitor, Size of the screen")
    return _("the image would be too small or too large to be shown")


def true_size_text(source: SpacingSource, *, is_screen_measured: bool) -> str:
    """Return what a corner says of a picture at its true size, translated."""
    text = _(TRUE_SIZE_TEXTS.get(source, TRUE_SIZE_TEXT))
    return text if is_screen_measured else _("{0}, as the monitor states").format(text)


def _is_length(value: float | None) -> bool:
    return value is not None and math.isfinite(value) and value > 0
