"""Placing points and regions whose curves are followed, and going to a phase of a curve: on a workspace."""

from dataclasses import replace

from viewer.base.translation import N_, _
from viewer.imaging.spatial_transform import Point
from viewer.measurement.suv_result import SuvFactor
from viewer.workspace.curve_book import CurveBook, FollowedCurve
from viewer.workspace.curve_courses import Course, course_of_images, course_of_plane
from viewer.workspace.display_set import DisplaySet
from viewer.workspace.phase_curves import Region, RegionShape
from viewer.workspace.suv_display import suv_factor_of
from viewer.workspace.volume_group import set_phase
from viewer.workspace.volume_phases import phase_at
from viewer.workspace.volume_sources import phases_of
from viewer.workspace.volume_view import VolumeKind
from viewer.workspace.workspace import Workspace

PLACE, REMOVE = N_("Curve of a region"), N_("Take regions away")
_LEAST_PX = 0.05
"""An image point is no region: nothing was drawn."""


def drawn_region(book: CurveBook, start: Point, end: Point, aspect: float = 1.0) -> Region:
    """Return what the tool draws from one image point to another; a point where it did not move.

    Args:
        book: Knows the shape.
        start: Where the button went down.
        end: Where it is now.
        aspect: Height of an image pixel divided by its width: a circle is round in the patient.
    """
    if max(abs(end[0] - start[0]), abs(end[1] - start[1])) < _LEAST_PX:
        return Region(RegionShape.POINT, start, start)
    if book.shape is RegionShape.ELLIPSE and book.is_circle:
        side = max(abs(end[0] - start[0]), abs(end[1] - start[1]) * aspect)
        right, down = 1 if end[0] >= start[0] else -1, 1 if end[1] >= start[1] else -1
        end = (start[0] + right * side, start[1] + down * side / aspect)
    return Region(book.shape, start, end)


def course_at(workspace: Workspace, cell: int) -> Course | str:
    """Return what a region in a cell is followed through; or why there is nothing, translated."""
    display_set, state = workspace.display_set_at(cell), workspace.viewport(cell)
    if display_set is None or not display_set.is_image:
        return _("No images are shown here")
    if state.volume is None:
        return course_of_images(display_set, state.index, _phases(workspace, display_set))
    if state.volume.kind is not VolumeKind.PLANE:
        return _("Points and regions are placed on planes and images")
    return course_of_plane(display_set, workspace.displayed(cell))


def place_region(workspace: Workspace, cell: int, region: Region) -> str:
    """Follow a region of what a cell shows; return why it cannot be followed, translated."""
    book, course = workspace.shared.curves, course_at(workspace, cell)
    if isinstance(course, str):
        return course
    displayed = workspace.displayed(cell)
    if book is None or displayed is None:
        return ""
    workspace.do(book.placing(region, course, displayed.rendered.state.plane), PLACE)
    return ""


def place_at_center(workspace: Workspace) -> str:
    """Follow the point where the planes cross, or the middle of the image; for the keyboard."""
    cell = workspace.active
    displayed, view = workspace.displayed(cell), workspace.viewport(cell).volume
    if displayed is None:
        return ""
    state = displayed.rendered.state
    at = (state.pixels.columns / 2, state.pixels.rows / 2)
    if view is not None and state.plane is not None:
        column, row, _away = state.plane.point_image(view.center_mm)
        at = (column + 0.5, row + 0.5)
    return place_region(workspace, cell, Region(RegionShape.POINT, at, at))


def curves_at(workspace: Workspace, cell: int | None = None) -> tuple[FollowedCurve, ...]:
    """Return the curves of what a cell (the active one by default) shows."""
    book = workspace.shared.curves
    if book is None or not book.has_regions:
        return ()
    return book.curves(course_key_at(workspace, workspace.active if cell is None else cell))


def course_key_at(workspace: Workspace, cell: int) -> str:
    """Return the key of the course of what a cell shows, whether or not a region can be placed there; else empty."""
    display_set = workspace.display_set_at(cell)
    return _phases(workspace, display_set)[0].key if display_set is not None else ""


def _phases(workspace: Workspace, display_set: DisplaySet) -> tuple[DisplaySet, ...]:
    book = workspace.shared.curves
    return phases_of(display_set, workspace.catalogue) if book is None else book.phases_of(display_set)


def remove_last(workspace: Workspace) -> None:
    """Take the region away that was placed last of those of the active viewport."""
    found = curves_at(workspace)
    if found and workspace.shared.curves is not None:
        workspace.do(workspace.shared.curves.removing((found[-1].region,)), REMOVE)


def remove_all(workspace: Workspace) -> None:
    """Take all regions of the active viewport away."""
    found = curves_at(workspace)
    if found and workspace.shared.curves is not None:
        workspace.do(workspace.shared.curves.removing(tuple(each.region for each in found)), REMOVE)


def factor_at(workspace: Workspace, key: str) -> SuvFactor | None:
    """Return the SUV that a course is shown in, in the active viewport before others; None for its own unit."""
    cells = (workspace.active, *workspace.slots)
    cell = next((cell for cell in cells if course_key_at(workspace, cell) == key), None)
    display_set = workspace.display_set_at(cell) if cell is not None else None
    return (
        None if cell is None or display_set is None else suv_factor_of(workspace, workspace.viewport(cell), display_set)
    )


# Going to a phase


def go_to_phase(workspace: Workspace, key: str, phase: int) -> None:
    """Show a phase of a course wherever the window shows it."""
    is_group_done = False
    for cell in workspace.slots:
        state = workspace.viewport(cell)
        if course_key_at(workspace, cell) != key:
            continue
        if state.volume is not None:
            if not is_group_done:
                set_phase(workspace, phase, cell)
                is_group_done = True
            continue
        course = course_at(workspace, cell)
        found = _image_of(course, phase) if isinstance(course, Course) else None
        if found is None:
            continue
        if found[0] == state.display_set_key:
            workspace.set_index(found[1], cell)
        else:
            workspace.change(replace(state, display_set_key=found[0], index=found[1]), N_("Phase"), cell=cell)


def phase_shown(workspace: Workspace, key: str) -> int | None:
    """Return which phase of a course the window shows, in the active viewport before others; None for none."""
    for cell in (workspace.active, *workspace.slots):
        if course_key_at(workspace, cell) != key:
            continue
        state = workspace.viewport(cell)
        if state.volume is not None:
            return phase_at(workspace, cell)
        course = course_at(workspace, cell)
        if isinstance(course, Course):
            shown = (state.display_set_key, state.index)
            return next((each.phase for each in course.images if (each.display_set_key, each.index) == shown), None)
    return None


def _image_of(course: Course, phase: int) -> tuple[str, int] | None:
    return next(((each.display_set_key, each.index) for each in course.images if each.phase == phase), None)
