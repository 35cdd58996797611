"""Setting the scale of one image by a known length, and taking it away: on a workspace, undoably."""

from dataclasses import replace
from datetime import datetime

from viewer.base.translation import N_, _
from viewer.dicom.sop_classes import SopKind, sop_kind
from viewer.imaging.spatial_transform import Point
from viewer.measurement.annotation import ImageAnchor
from viewer.measurement.measuring_ground import ground_of_frame
from viewer.measurement.user_calibration import UserCalibration, calibrated
from viewer.workspace.measuring.annotation_book import study_of
from viewer.workspace.measuring.calibration_book import uid_of
from viewer.workspace.measuring.measuring import anchor_at
from viewer.workspace.undo import Deed
from viewer.workspace.workspace import Workspace

_STORAGE = "1.2.840.10008.5.1.4.1.1."
_ONE_SCALE = frozenset(_STORAGE + suffix for suffix in ("3", "3.1", "7.1", "7.2", "7.3", "7.4"))
"""Multi-frame objects without functional groups: ultrasound and secondary capture."""
SET, TAKE_AWAY = N_("Calibrate the image"), N_("Take the calibration away")


def calibration_at(workspace: Workspace, cell: int) -> UserCalibration | None:
    """Return the scale a reader set for what a cell shows; None for none."""
    anchor = anchor_at(workspace, cell)
    return workspace.shared.annotations.calibrations.of(anchor) if anchor is not None else None


def calibrate(workspace: Workspace, cell: int, points: tuple[Point, Point], known_mm: float) -> str:
    """Set the scale of the image a cell shows; what is marked on it is measured anew.

    Args:
        workspace: Of the window.
        cell: Which.
        points: The ends of the known length, in the image.
        known_mm: How long it is.

    Returns:
        Why that cannot be, translated; empty when it was done.
    """
    displayed, anchor = workspace.displayed(cell), anchor_at(workspace, cell)
    if displayed is None or not isinstance(anchor, ImageAnchor):
        return _("Only an image can be calibrated, not a plane of a volume")
    ground = ground_of_frame(displayed.rendered.state, displayed.stored)
    now = datetime.now().astimezone().isoformat(timespec="seconds")
    found = calibrated(ground, anchor, points, known_mm, by=workspace.shared.annotations.reader, at=now)
    if isinstance(found, str):
        return found
    if has_scales_by_frame(anchor.sop_class_uid):
        found = replace(found, frame_number=anchor.frame_number)
    before = workspace.shared.annotations.calibrations.get(uid_of(found))
    workspace.do(_deed(workspace, study_of(anchor), before, found), SET)
    return ""


def has_scales_by_frame(sop_class_uid: str) -> bool:
    """Return whether frames of such an object may differ in their scale, so that a known length holds for one alone."""
    return sop_kind(sop_class_uid) is SopKind.MULTI_FRAME_IMAGE and sop_class_uid not in _ONE_SCALE


def take_calibration_away(workspace: Workspace, cell: int) -> None:
    """Measure the image a cell shows by its own scale again."""
    anchor, before = anchor_at(workspace, cell), calibration_at(workspace, cell)
    if anchor is not None and before is not None:
        workspace.do(_deed(workspace, study_of(anchor), before, None), TAKE_AWAY)


def _deed(workspace: Workspace, study: str, before: UserCalibration | None, after: UserCalibration | None) -> Deed:
    return Deed(
        undo=lambda: _put(workspace, study, before, after),
        redo=lambda: _put(workspace, study, after, before),
    )


def _put(workspace: Workspace, study: str, wanted: UserCalibration | None, left: UserCalibration | None) -> None:
    """Put a calibration where the other one still is in force."""
    book = workspace.shared.annotations
    named = wanted or left
    if named is None:
        return
    uid = uid_of(named)
    if book.is_closed(study):
        _say(workspace, _("The study of this calibration is not open any more"))
    elif book.calibrations.get(uid) != left:
        _say(workspace, _("The calibration was changed elsewhere since: it stays as it is"))
    else:
        with book.together():
            book.calibrations.apply(study, {uid: wanted})


def _say(workspace: Workspace, text: str) -> None:
    if workspace.window is not None:
        workspace.window.show_message(text)
