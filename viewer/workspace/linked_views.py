"""How a linked viewport takes over window, zoom and pan: in the units of the patient, never of the screen.

A window is taken over between images of one modality and unit. Zoom is taken over in millimetres, and pan as the point
of the patient in the middle, between images side by side in one frame; over a manual link as millimetres from the
middles of the images.
"""

from dataclasses import replace

from viewer.imaging.frame_state import FrameState
from viewer.imaging.spatial_transform import MAX_SCALE, MIN_SCALE, FitMode, Point, SpatialTransform
from viewer.imaging.viewport_image import RenderedViewport
from viewer.imaging.voi_lut import VoiOption, Window
from viewer.workspace.image_places import shown_place
from viewer.workspace.linked_scroll import LinkOf, Place
from viewer.workspace.tools.true_size import spacing_mm
from viewer.workspace.viewport_state import ViewportState


def with_window_of(lead: Place, other: Place) -> ViewportState:
    """Return the other viewport's state through the leading one's window, where both count in the same units."""
    state = other[0].viewport(other[1])
    leading = lead[0].viewport(lead[1])
    if not are_alike(lead, other):
        return state
    voi = leading.view.voi
    if isinstance(voi, VoiOption):  # one of the leading image's own choices: its numbers hold here, its name does not
        if not isinstance(voi.voi, Window):
            return state
        voi = voi.voi
    return replace(state, view=replace(state.view, voi=voi), preset=leading.preset)


def with_place_of(lead: Place, other: Place, link: LinkOf) -> ViewportState:
    """Return the other viewport's state with the leading one's zoom and pan."""
    state = other[0].viewport(other[1])
    leading = lead[0].viewport(lead[1])
    transform = leading.transform
    if transform.fit is not FitMode.FIXED and transform.zoom == 1.0 and transform.pan == (0.0, 0.0):
        plain = replace(state.transform, fit=transform.fit, zoom=1.0, pan=(0.0, 0.0))
        return replace(state, transform=plain, is_true_size=False)
    pictures = lead[0].displayed(lead[1]), other[0].displayed(other[1])
    if pictures[0] is None or pictures[1] is None:
        return state
    here, there = pictures[0].rendered, pictures[1].rendered
    scale, pan = _scale(here, there, transform), _pan(lead, other, link, transform)
    if scale is None or pan is None or not MIN_SCALE <= scale <= MAX_SCALE:
        return state
    return replace(state, transform=_relative(state.transform, there, scale, pan), is_true_size=False)


def are_alike(lead: Place, other: Place) -> bool:
    """Return whether values of two viewports' images mean the same: then one window can hold for both."""
    series = lead[0].series_at(lead[1]), other[0].series_at(other[1])
    if series[0] is None or series[1] is None or series[0].modality != series[1].modality:
        return False
    pictures = lead[0].displayed(lead[1]), other[0].displayed(other[1])
    if pictures[0] is None or pictures[1] is None:
        return series[0].key == series[1].key
    one, two = pictures[0].rendered.state, pictures[1].rendered.state
    return one.unit == two.unit and one.is_color == two.is_color


def _scale(here: RenderedViewport, there: RenderedViewport, transform: SpatialTransform) -> float | None:
    """Return device pixels per column at which a millimetre is as long on the glass as in the leading viewport."""
    own, wanted = _placed(here.state, transform, here.placement.size), _spacings(here.state, there.state)
    return own * wanted[1] / wanted[0] if wanted is not None else None


def _spacings(here: FrameState, there: FrameState) -> tuple[float, float] | None:
    one, two = spacing_mm(here), spacing_mm(there)
    if one is not None and two is not None:
        return one[1], two[1]
    sizes = [(state.pixels.columns, state.pixels.rows) for state in (here, there)]
    return (1.0, 1.0) if one is None and two is None and sizes[0] == sizes[1] else None


def _placed(state: FrameState, transform: SpatialTransform, size: tuple[int, int]) -> float:
    return transform.place(state.pixels.columns, state.pixels.rows, state.aspect, size).scale_x


def _pan(lead: Place, other: Place, link: LinkOf, transform: SpatialTransform) -> Point | None:
    """Return the pan of the other image that brings what is in the leading viewport's middle into its own."""
    one, two = shown_place(*lead), shown_place(*other)
    if one is None or two is None:
        return None
    if link.way is None:
        return (
            transform.pan[0] * one.plane.column_spacing_mm / two.plane.column_spacing_mm,
            transform.pan[1] * one.plane.row_spacing_mm / two.plane.row_spacing_mm,
        )
    here = _middle(transform, one.columns, one.rows)
    there = _middle(other[0].viewport(other[1]).transform, two.columns, two.rows)
    column, row = here[0] + transform.pan[0], here[1] + transform.pan[1]
    point = link.way.transform.point(one.plane.point_patient(column, row))
    column, row, _distance = two.plane.point_image(point)
    return column - there[0], row - there[1]


def _middle(transform: SpatialTransform, columns: int, rows: int) -> Point:
    """Return the pixel, as planes count, that pan counts from: that of the displayed area where there is one."""
    left, top, right, bottom = transform.area or (0.0, 0.0, columns, rows)
    return (left + right - 1) / 2, (top + bottom - 1) / 2


def _relative(own: SpatialTransform, there: RenderedViewport, scale: float, pan: Point) -> SpatialTransform:
    """Return a zoom as a multiple of the fitting one, so that it stays right when the viewport is resized."""
    fitting = _placed(there.state, replace(own.fitted(), area=own.area), there.placement.size)
    return replace(own, fit=FitMode.FIT, zoom=scale / fitting, pan=pan)
