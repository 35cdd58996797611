"""Laying a prior over a current series: what can be laid over what, and putting a found movement into force.

Nothing is put into force by itself: the reader sees what was found and says yes; it can be undone, and every line, link
and fusion that rests on it says so (frame_links.FrameJoint.text).
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from viewer.base.translation import N_, _
from viewer.dicom.frame_transform import FrameTransform, TransformKind
from viewer.workspace.display_set import DisplaySet
from viewer.workspace.frame_links import FrameJoint
from viewer.workspace.image_places import frame_of
from viewer.workspace.registration_objects import OWN_ORIGIN
from viewer.workspace.synchronization import catch_up
from viewer.workspace.undo import Deed
from viewer.workspace.volume_sources import volume_refusal
from viewer.workspace.workspace import Workspace

_numbers = itertools.count(1)
_SERIES_DATE, _STUDY_DATE = 0x00080021, 0x00080020


@dataclass(frozen=True, slots=True)
class Partner:
    """A display set that can be laid over the active one.

    Attributes:
        title: As the reader tells it from others.
        is_shown: Whether it stands in a viewport.
    """

    display_set: DisplaySet
    title: str
    is_shown: bool


def title_of(workspace: Workspace, display_set: DisplaySet) -> str:
    """Return what a series is called where several studies are about: date, number, description."""
    series = workspace.tree.series(display_set.series_key)
    header = display_set.images[0].header
    date = header.ascii(_STUDY_DATE) or header.ascii(_SERIES_DATE)
    day = f"{date[:4]}-{date[4:6]}-{date[6:]}" if len(date) == 8 else ""
    if series is None:
        return day
    number = str(series.number) if series.number is not None else ""
    parts = (day, series.modality, number, series.description, display_set.label)
    return "  ".join(part for part in parts if part)


def partners(workspace: Workspace) -> tuple[Partner, ...]:
    """Return the volumes of the same patient in other frames that can be laid over the active one, shown ones first."""
    fixed, series = workspace.display_set_at(workspace.active), workspace.series_at(workspace.active)
    if fixed is None or series is None or not fixed.is_image or volume_refusal(fixed):
        return ()
    patient, frame = series.study.patient, frame_of(fixed.images[0])
    if not frame:
        return ()
    shown = {
        each.viewport(cell).display_set_key
        for each in workspace.shared.workspaces
        for cell in each.layout.visible_cells
    }
    found = [
        Partner(other, title_of(workspace, other), other.key in shown)
        for study in patient.studies.values()
        for one in study.sorted_series
        for other in workspace.catalogue.of_series(one.key)
        if other.is_image and frame_of(other.images[0]) not in {"", frame} and not volume_refusal(other)
    ]
    return tuple(sorted(found, key=lambda each: not each.is_shown))


def companions(workspace: Workspace) -> tuple[str, ...]:
    """Return the titles of the patient's volumes that lie in the active one's patient space already."""
    fixed, series = workspace.display_set_at(workspace.active), workspace.series_at(workspace.active)
    frame = frame_of(fixed.images[0]) if fixed is not None and fixed.images else ""
    if fixed is None or series is None or not frame:
        return ()
    return tuple(
        title_of(workspace, other)
        for study in series.study.patient.studies.values()
        for one in study.sorted_series
        for other in workspace.catalogue.of_series(one.key)
        if other.key != fixed.key
        and other.is_image
        and frame_of(other.images[0]) == frame
        and not volume_refusal(other)
    )


def apply(
    workspace: Workspace, fixed: DisplaySet, moving: DisplaySet, transform: FrameTransform, doubt: str = ""
) -> FrameJoint:
    """Put a movement from one display set's frame to the other's into force, as one step that can be undone.

    Args:
        workspace: Whose undo it goes into.
        fixed: What stays.
        moving: What is laid over it.
        transform: From the moving frame to the fixed one.
        doubt: Why it is not to be trusted, translated; every view that rests on it says so.

    Returns:
        What joins the frames now; its label says which series.
    """
    label = short_title(workspace, moving)
    origin = f"{OWN_ORIGIN} {next(_numbers)}"
    frames = frame_of(moving.images[0]), frame_of(fixed.images[0])
    joint = FrameJoint(*frames, transform, TransformKind.RIGID, label, origin, doubt)
    linking = workspace.shared.linking
    workspace.do(
        Deed(lambda: linking.set_frames(linking.frames.without(origin)), lambda: linking.join(joint)),
        N_("Registration"),
    )
    catch_up(workspace)
    return joint


def take_back(workspace: Workspace) -> int:
    """Take back the registrations made here that concern the active viewport; return how many."""
    linking = workspace.shared.linking
    taken = tuple(own_joints(workspace))
    if not taken:
        return 0

    def undo() -> None:
        for joint in taken:
            linking.join(joint)

    def redo() -> None:
        for joint in taken:
            linking.set_frames(linking.frames.without(joint.origin))

    workspace.do(Deed(undo, redo), N_("Take the registration back"))
    return len(taken)


def own_joints(workspace: Workspace) -> Iterator[FrameJoint]:
    """Yield the registrations made here that concern the frame of the active viewport."""
    display_set = workspace.display_set_at(workspace.active)
    frame = frame_of(display_set.images[0]) if display_set is not None and display_set.images else ""
    for joint in workspace.shared.linking.frames.joints:
        if joint.origin.startswith(OWN_ORIGIN) and frame and frame in {joint.source_uid, joint.target_uid}:
            yield joint


def short_title(workspace: Workspace, display_set: DisplaySet) -> str:
    """Return what stands in the label of a registration: the series' date and number."""
    series = workspace.tree.series(display_set.series_key)
    date = display_set.images[0].header.ascii(_STUDY_DATE)
    day = f"{date[:4]}-{date[4:6]}-{date[6:]}" if len(date) == 8 else ""
    number = _("series {0}").format(series.number) if series is not None and series.number is not None else ""
    return " ".join(part for part in (day, number) if part)
