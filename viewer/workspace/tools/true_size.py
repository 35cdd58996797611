"""True size: device pixels per image column so that a millimetre of the image is a millimetre of the screen."""

from viewer.imaging.frame_state import FrameState
from viewer.imaging.viewport_image import RenderedViewport

AS_GOOD_AS = 0.005
"""A scale that is off by less than this share is the true one: systems state a monitor's size in whole millimetres."""


def true_size_scale(state: FrameState, screen_pixels_per_mm: float | None) -> float | None:
    """Return device pixels per image column; None when the spacing or the screen is not known in millimetres."""
    column_mm = state.spacing.column_mm if state.spacing is not None else None
    if screen_pixels_per_mm is None or screen_pixels_per_mm <= 0 or column_mm is None or column_mm <= 0:
        return None
    return column_mm * screen_pixels_per_mm


def is_at_true_size(rendered: RenderedViewport, screen_pixels_per_mm: float | None) -> bool:
    """Whether a picture's scale is the true one on this screen: another screen or another spacing makes it untrue."""
    wanted = true_size_scale(rendered.state, screen_pixels_per_mm)
    return wanted is not None and abs(rendered.placement.scale_x / wanted - 1.0) < AS_GOOD_AS
