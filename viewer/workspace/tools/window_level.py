"""Window/level by dragging: sideways the width, up and down the level, as fast as the data's range asks."""

from dataclasses import replace

from viewer.imaging.histogram import auto_window, fitted_window
from viewer.imaging.spatial_transform import Point
from viewer.imaging.voi_lut import VoiFunction, Window
from viewer.workspace.viewport_state import DisplayedImage, ViewportState

RANGE_PER_PX = 1 / 1500
"""Share of the data's range per device-independent pixel: half a screen crosses it."""

FINE = 0.1
_STEPS = 10_000
_WHOLE_FROM = 256.0
_LEAST_REGION_PX = 2


def start_window(displayed: DisplayedImage) -> Window | None:
    """Return the window a drag starts from: the one in force, or one that fits where a table is; None for colour."""
    voi = displayed.rendered.voi
    if isinstance(voi, Window) or voi is None:
        return voi
    return fitted_window(*(displayed.value_range or (0.0, 1.0)))


def dragged_window(
    start: Window, dx: float, dy: float, value_range: tuple[float, float], *, is_fine: bool = False
) -> Window:
    """Return the window of a drag that started from a window.

    Args:
        start: Where the drag started; the same for the whole drag, so that nothing adds up.
        dx: Pixels to the right: wider.
        dy: Pixels down: higher level, darker.
        value_range: Lowest and highest modality value of the data.
        is_fine: A tenth of the speed.
    """
    span = max(value_range[1] - value_range[0], start.width / _STEPS)
    rate = span * RANGE_PER_PX * (FINE if is_fine else 1.0)
    least = 1.0 if start.function is VoiFunction.LINEAR else span / _STEPS
    width, center = max(start.width + dx * rate, least), start.center + dy * rate
    if span >= _WHOLE_FROM and not is_fine:
        width, center = max(float(round(width)), least), float(round(center))
    return Window(center, width, start.function)


def with_window(state: ViewportState, window: Window) -> ViewportState:
    """Return the state with a window of the reader's."""
    return replace(state, view=replace(state.view, voi=window), preset="")


def window_between_values(low: float, high: float, current: Window | None) -> Window:
    """Return the window of two sliders, black at low and white at high, in the function that is in force."""
    low, high = min(low, high), max(low, high)
    is_whole = current is None or current.function is VoiFunction.LINEAR
    window = fitted_window(low, high, is_whole=is_whole)
    return replace(window, function=current.function) if current is not None and window.width >= 1 else window


def window_of_region(displayed: DisplayedImage, corner: Point, opposite: Point) -> Window | None:
    """Return the window fitted to the values in a rectangle of the image, without padding.

    Args:
        displayed: What is on screen.
        corner: Image point (column, row).
        opposite: The other corner.

    Returns:
        None for colour, for less than two pixels a side, or outside the image.
    """
    stored = displayed.stored
    if stored is None or stored.is_color:
        return None
    rows, columns = stored.values.shape[:2]
    left, right = sorted((corner[0], opposite[0]))
    top, bottom = sorted((corner[1], opposite[1]))
    values = stored.values[
        max(0, int(top)) : min(rows, int(bottom) + 1), max(0, int(left)) : min(columns, int(right) + 1)
    ]
    if min(values.shape) < _LEAST_REGION_PX:
        return None
    state = displayed.rendered.state
    return auto_window(values, state.modality_transform, state.padding)
