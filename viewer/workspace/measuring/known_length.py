"""The known length that a reader calibrates an image by: which mark tells it, and why it may not."""

from viewer.base.translation import _
from viewer.imaging.spatial_transform import Point
from viewer.measurement.annotation import Annotation, ImageAnchor
from viewer.workspace.measuring.calibrating import calibrate, take_calibration_away
from viewer.workspace.measuring.mark_deeds import selected_marks
from viewer.workspace.measuring.mark_places import cell_showing
from viewer.workspace.workspace import Workspace

_LINES = frozenset({"length", "line_profile"})
_ANY_LENGTH_MM = 10.0


def known_line(workspace: Workspace) -> Annotation | None:
    """Return the selected line that a known length can be said of; None where not exactly one line is selected."""
    marks = selected_marks(workspace)
    is_line = len(marks) == 1 and marks[0].kind in _LINES and len(marks[0].points) >= 2
    return marks[0] if is_line and isinstance(marks[0].anchor, ImageAnchor) else None


def ends_of(mark: Annotation) -> tuple[Point, Point]:
    """Return the ends of a line."""
    return mark.points[0], mark.points[1]


def refusal_of(workspace: Workspace, mark: Annotation) -> str:
    """Return why an image cannot be calibrated by a line, translated; empty where it can."""
    from viewer.measurement.measuring_ground import ground_of_frame
    from viewer.measurement.user_calibration import calibrated

    cell = cell_showing(workspace, mark.anchor)
    displayed = workspace.displayed(cell) if cell is not None else None
    if displayed is None or not isinstance(mark.anchor, ImageAnchor):
        return _("The image of the line is not on screen")
    ground = ground_of_frame(displayed.rendered.state, displayed.stored)
    found = calibrated(ground, mark.anchor, ends_of(mark), _ANY_LENGTH_MM)
    return found if isinstance(found, str) else ""


def calibrate_by(workspace: Workspace, mark: Annotation, known_mm: float) -> str:
    """Set the scale of the image of a line; return why that cannot be, translated."""
    cell = cell_showing(workspace, mark.anchor)
    if cell is None:
        return _("The image of the line is not on screen")
    return calibrate(workspace, cell, ends_of(mark), known_mm)


def take_away(workspace: Workspace, mark: Annotation) -> None:
    """Measure the image of a mark by its own scale again."""
    cell = cell_showing(workspace, mark.anchor)
    if cell is not None:
        take_calibration_away(workspace, cell)


def is_calibrated(workspace: Workspace, mark: Annotation) -> bool:
    """Return whether a reader set the scale that a mark is measured by."""
    return workspace.shared.annotations.calibrations.of(mark.anchor) is not None
