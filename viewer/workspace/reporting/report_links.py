"""Links of reports: from an item to the image and frame that it names, or to the slice that its region lies on."""

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from viewer.base.translation import _
from viewer.dicom.sop_classes import SopKind, sop_kind
from viewer.imaging.image_ref import ImageRef
from viewer.workspace.display_set import DisplaySet
from viewer.workspace.image_places import place_of_header
from viewer.workspace.reporting.report_book import HeldReport, Highlight, ReadReport
from viewer.workspace.reporting.report_marks import MarkGround, graphics_on, lies_in_frame
from viewer.workspace.workspace import Workspace

if TYPE_CHECKING:
    from viewer.dicom.structured_report.regions import ReportRegion, Target
    from viewer.dicom.structured_report.values import Position, ReferenceValue, SpaceRegionValue


@dataclass(frozen=True, slots=True)
class Found:
    """Where an image is: the display set, and which of its images."""

    display_set: DisplaySet
    index: int


def go_to_item(workspace: Workspace, held: HeldReport, position: "Position", report_cell: int) -> str:
    """Show what an item names beside its report, and mark its regions; return why not, or nothing.

    Args:
        workspace: Of the window.
        held: The report.
        position: Of the item.
        report_cell: Where the report is read.
    """
    from viewer.dicom.structured_report.regions import target_of

    book = workspace.shared.reports
    if book is None or held.read is None or position not in held.read.positions:
        return _("The report has no such item")
    item = held.read.positions[position]
    target = target_of(item, held.read.positions)
    if not target:
        return _("This item names no image")
    beneath = _source_of_segments(workspace, held.read, position) if show_segments(workspace, target) else None
    found = beneath or find_target(workspace, target)
    if found is None:
        return _("What the report names is not open: {0}").format(_named(target))
    book.set_highlight(Highlight(held.uid, _title(held.read, position), target.regions))
    show_beside(workspace, found, report_cell)
    return ""


def _title(read: ReadReport, position: "Position") -> str:
    """Return what a region is called: what is tracked by it, what it was found to be, else its own name."""
    from viewer.dicom.structured_report.concepts import SINGLE_IMAGE_FINDING, TRACKING_IDENTIFIER
    from viewer.dicom.structured_report.tree import child_named, is_concept, text_value

    for length in range(len(position), 1, -1):
        item = read.positions[position[:length]]
        tracked = text_value(child_named(item, TRACKING_IDENTIFIER))
        if tracked or is_concept(item.name, SINGLE_IMAGE_FINDING):
            return tracked or text_value(item)
    return read.positions[position].title


def show_segments(workspace: Workspace, target: "Target") -> bool:
    """Show the segmentations that an item names; return whether it names any that are open."""
    book = workspace.shared.segmentations
    named = {image.instance.sop_instance_uid for image in target.images}
    uids = [uid for uid in named if book is not None and book.get(uid) is not None]
    for uid in uids:
        if book is not None:
            book.show(uid)
    return bool(uids)


def _source_of_segments(workspace: Workspace, read: ReadReport, position: "Position") -> Found | None:
    """Return the images that segments were drawn on: those that the group around the item names, else their series."""
    from viewer.dicom.structured_report.regions import target_of
    from viewer.dicom.structured_report.tree import text_value

    group = read.positions[position[:-1] or position]
    target = target_of(group, read.positions)
    images = (each for each in target.images if sop_kind(each.instance.sop_class_uid) is not SopKind.SEGMENTATION)
    found = find_target(workspace, replace(target, images=tuple(images)))
    if found is not None and found.display_set.is_image:
        return found
    uids = {text_value(child) for child in group.children if child.value_type == "UIDREF"}
    for series in workspace.tree.all_series():
        if series.series_instance_uid in uids:
            sets = [each for each in workspace.catalogue.of_series(series.key) if each.is_image]
            if sets:
                return Found(sets[0], len(sets[0].images) // 2)
    return None


def _named(target: "Target") -> str:
    uids = [image.instance.sop_instance_uid for image in target.images]
    uids += [image.instance.sop_instance_uid for region in target.regions for image in region.images]
    if uids:
        return uids[0]
    frames = [getattr(region.value, "frame_of_reference_uid", "") for region in target.regions]
    return _("images of the frame of reference {0}").format(frames[0]) if frames else ""


def find_target(workspace: Workspace, target: "Target") -> Found | None:
    """Return the first image that is open of what an item names; where there is none, the first other object."""
    references: list[tuple[ReferenceValue, ReportRegion | None]] = [
        (image, region) for region in target.regions for image in region.images
    ]
    references += [(image, None) for image in target.images]
    found_images = (find_image(workspace, *each) or find_image(workspace, each[0]) for each in references)
    named = [found for found in found_images if found is not None]
    images = (found for found in named if found.display_set.is_image)
    slices = (found for region in target.regions if (found := find_slice(workspace, region)) is not None)
    return next(images, None) or next(slices, None) or next(iter(named), None)


def find_image(workspace: Workspace, reference: "ReferenceValue", region: "ReportRegion | None" = None) -> Found | None:
    """Return where an image that a report names is, of a mosaic the tile of a region; None when it is not open."""
    uid = reference.instance.sop_instance_uid
    frame = reference.frames[0] - 1 if reference.frames else None
    for series in workspace.tree.all_series():
        if not any(header.sop_instance_uid == uid for header in series.headers):
            continue
        for display_set in workspace.catalogue.of_series(series.key):
            for index, image in enumerate(display_set.images):
                is_frame = frame is None or image.is_tile or image.frame_index == frame
                if image.header.sop_instance_uid == uid and is_frame and _is_tile_of(region, image):
                    return Found(display_set, index)
    return None


def _is_tile_of(region: "ReportRegion | None", image: ImageRef) -> bool:
    return region is None or not image.is_tile or bool(graphics_on(region, MarkGround(image, None)))


def find_slice(workspace: Workspace, region: "ReportRegion") -> Found | None:
    """Return the slice that lies nearest to a region in space; None where no series shares its frame of reference."""
    from viewer.dicom.structured_report.values import SpaceRegionValue

    value = region.value
    if not isinstance(value, SpaceRegionValue) or not value.points:
        return None
    best, distance = None, math.inf
    for series in workspace.tree.all_series():
        for display_set in workspace.catalogue.of_series(series.key):
            if not display_set.is_image or not lies_in_frame(region, display_set.images[0]):
                continue
            for index, image in enumerate(display_set.images):
                away = _distance(value, image)
                if away < distance:
                    best, distance = Found(display_set, index), away
    return best


def _distance(value: "SpaceRegionValue", image: ImageRef) -> float:
    """Return how far the middle of a region lies from a slice, in mm; infinity where that is not known."""
    from viewer.workspace.cross_reference import placed_point

    place = place_of_header(image)
    if place is None:
        return math.inf
    count = len(value.points)
    middle = tuple(sum(point[axis] for point in value.points) / count for axis in range(3))
    found = placed_point((middle[0], middle[1], middle[2]), place)
    return math.inf if found is None else abs(found.distance_mm)


def show_beside(workspace: Workspace, found: Found, report_cell: int) -> None:
    """Show an image in a cell beside the report: where its series is, else where images are, else in a new column."""
    cell = _cell_for(workspace, found.display_set, report_cell)
    if cell is None:
        rows, columns = workspace.layout.rows, workspace.layout.columns
        if workspace.layout.maximized is not None:
            workspace.toggle_maximized(report_cell)
        if rows * columns == 1:
            workspace.set_layout(1, 2)
        cell = next(each for each in workspace.layout.visible_cells if each != report_cell)
    if workspace.viewport(cell).display_set_key == found.display_set.key and workspace.viewport(cell).volume is None:
        workspace.set_index(found.index, cell)
    else:
        workspace.show(found.display_set.key, cell, found.index)


def _cell_for(workspace: Workspace, display_set: DisplaySet, report_cell: int) -> int | None:
    others = [cell for cell in workspace.slots if cell != report_cell]
    shown = {cell: workspace.display_set_at(cell) for cell in others}
    same = [cell for cell in others if (each := shown[cell]) is not None and each.key == display_set.key]
    images = [cell for cell in others if (each := shown[cell]) is not None and each.is_image]
    empty = [cell for cell in others if shown[cell] is None]
    return next(iter((*same, *empty, *images, *others)), None)
