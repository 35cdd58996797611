"""True size: device pixels per image column so that a millimetre of the image is a millimetre of the screen."""

from viewer.imaging.frame_state import FrameState


def true_size_scale(state: FrameState, screen_pixels_per_mm: float | None) -> float | None:
    """Return device pixels per image column; None when the spacing or the screen is not known in millimetres."""
    column_mm = state.spacing.column_mm if state.spacing is not None else None
    if screen_pixels_per_mm is None or screen_pixels_per_mm <= 0 or column_mm is None or column_mm <= 0:
        return None
    return column_mm * screen_pixels_per_mm
