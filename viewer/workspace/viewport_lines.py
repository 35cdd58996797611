"""What is drawn over a viewport for the others' sake: where their images cut it, and where the 3D cursor is.

Everything rests on what is on screen (image_places.shown_place), never on what is still on its way.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from viewer.base.translation import N_, _
from viewer.dicom.image_plane import Vector
from viewer.imaging.spatial_transform import Point
from viewer.workspace.cross_reference import PlacedImage, Segment, placed_point, reference_line
from viewer.workspace.frame_links import FrameWay
from viewer.workspace.image_places import frame_at, projected_place, shown_place, stack_ends
from viewer.workspace.linking import CursorPoint, LinesOf
from viewer.workspace.shared_state import SharedState
from viewer.workspace.volume_view import Orientation, VolumeKind
from viewer.workspace.workspace import Workspace

_SAME_LINE_PX = 0.75
"""Lines whose ends are nearer than this, in image pixels, are drawn once."""
_THICKNESS = 0x00180050
_ON_PLANE_MM = 0.5
"""A point is on a plane of unknown thickness when it is no farther from it."""
_ORIENTATIONS = {
    Orientation.AXIAL: N_("axial"),
    Orientation.CORONAL: N_("coronal"),
    Orientation.SAGITTAL: N_("sagittal"),
}


@dataclass(frozen=True, slots=True)
class ViewportLine:
    """A reference line.

    Attributes:
        segment: From end to end in image points of the viewport it is drawn on.
        label: Series and image it stands for, and whether it came over a registration.
        is_active: Whether it is that of the active viewport.
        is_end: Whether it is that of the first or last image of a stack.
    """

    segment: Segment
    label: str
    is_active: bool = False
    is_end: bool = False


@dataclass(frozen=True, slots=True)
class ViewportCursor:
    """The 3D cursor on a viewport.

    Attributes:
        point_image: Its foot on the image.
        label: How far it is from the plane, where it is off it. Registrations are told by link_words.
        is_on_plane: Whether the image shows the point itself.
    """

    point_image: Point
    label: str
    is_on_plane: bool


@dataclass(frozen=True, slots=True, eq=False)
class LineSource:
    """A viewport whose image cuts others.

    Attributes:
        image: Where its picture lies.
        ends: The first and last image of its stack, where they are to be drawn.
        group: Of its view of a volume; empty for none.
    """

    workspace: Workspace
    cell: int
    image: PlacedImage
    ends: tuple[PlacedImage, ...]
    group: str
    is_active: bool


def line_sources(shared: SharedState) -> tuple[LineSource, ...]:
    """Return whose lines are drawn, the active viewport first; none while they are switched off."""
    linking = shared.linking
    if not linking.settings.shows_lines:
        return ()
    found = []
    for workspace in shared.workspaces:
        for cell in workspace.layout.visible_cells:
            is_active = linking.active == (workspace.number, cell)
            image = shown_place(workspace, cell)
            if image is None or (linking.settings.lines_of == LinesOf.ACTIVE and not is_active):
                continue
            ends = stack_ends(workspace, cell) if linking.settings.shows_ends and is_active else ()
            view = workspace.viewport(cell).volume
            group = view.group if view is not None and view.shows_crosshair else ""
            found.append(LineSource(workspace, cell, image, ends, group, is_active))
    return tuple(sorted(found, key=lambda source: not source.is_active))


def lines_on(workspace: Workspace, cell: int, sources: Sequence[LineSource] | None = None) -> tuple[ViewportLine, ...]:
    """Return the reference lines of a cell, those of the active viewport last.

    Args:
        workspace: Of the cell.
        cell: Where they are drawn.
        sources: From line_sources, where several viewports are asked about.
    """
    sources = line_sources(workspace.shared) if sources is None else sources
    on = shown_place(workspace, cell) if sources else None
    if on is None:
        return ()
    lines: list[ViewportLine] = []
    for source in _others(workspace, cell, sources):
        for line in _lines_of(source, on):
            if not any(_is_same(line.segment, drawn.segment) for drawn in lines):
                lines.append(line)
    return tuple(reversed(lines))


def cursor_on(workspace: Workspace, cell: int) -> ViewportCursor | None:
    """Return where the 3D cursor lies on a cell; None where it does not, or where nothing joins the frames."""
    cursor = workspace.shared.linking.cursor
    if cursor is None:
        return None
    projected = projected_place(workspace, cell)
    on = projected or shown_place(workspace, cell)
    if on is None:
        return None
    if cursor.place == (workspace.number, cell) and not cursor.is_held:
        return None  # there the pointer itself is
    way = workspace.shared.linking.frames.way(cursor.frame_uid, on.frame_uid)
    if way is None:
        return None
    found = placed_point(cursor.point_patient, on, way.transform)
    if found is None or not found.is_inside:
        return None
    if projected is not None:
        return ViewportCursor(found.point_image, _("in depth"), is_on_plane=False)
    is_on_plane = abs(found.distance_mm) <= _half_thickness(workspace, cell)
    distance = "" if is_on_plane else _("{0} mm off this image").format(f"{abs(found.distance_mm):.1f}")
    return ViewportCursor(found.point_image, distance, is_on_plane)


def cursor_at(workspace: Workspace, cell: int, point_image: Point, *, is_held: bool = False) -> CursorPoint | None:
    """Return the 3D cursor for a point of the image in a cell; None where it is not known where that lies."""
    place = shown_place(workspace, cell)
    if place is None or not place.frame_uid:
        return None
    point = place.plane.point_patient(point_image[0] - 0.5, point_image[1] - 0.5)
    return CursorPoint(point, place.frame_uid, (workspace.number, cell), is_held)


def cursor_in_the_middle(workspace: Workspace, cell: int) -> CursorPoint | None:
    """Return a 3D cursor in the middle of what a cell shows, for the keyboard; None where there is no such place."""
    displayed = workspace.displayed(cell)
    if displayed is None:
        return None
    placement = displayed.rendered.placement
    column, row = placement.to_image((placement.size[0] / 2, placement.size[1] / 2))
    point = min(max(column, 0.0), float(placement.columns)), min(max(row, 0.0), float(placement.rows))
    return cursor_at(workspace, cell, point, is_held=True)


def name_of(workspace: Workspace, cell: int) -> str:
    """Return what a line of a cell is labelled with: the series' number, and which image or plane."""
    series, state = workspace.series_at(cell), workspace.viewport(cell)
    if series is None:
        return ""
    number = _("series {0}").format(series.number) if series.number is not None else ""
    volume = state.volume
    which = _(_ORIENTATIONS[volume.orientation]) if volume is not None else str(state.index + 1)
    return ": ".join(part for part in (number, which) if part)


def _lines_of(source: LineSource, on: PlacedImage) -> Iterator[ViewportLine]:
    way = source.workspace.shared.linking.frames.way(source.image.frame_uid, on.frame_uid)
    if way is None:
        return
    segment = reference_line(source.image, on, way.transform)
    if segment is not None:
        name = name_of(source.workspace, source.cell)
        label = _way_words(way).format(name) if name and way.joints else name
        yield ViewportLine(segment, label, is_active=source.is_active)
    for end in source.ends:
        segment = reference_line(end, on, way.transform)
        if segment is not None:
            yield ViewportLine(segment, "", is_active=source.is_active, is_end=True)


def _others(workspace: Workspace, cell: int, sources: Sequence[LineSource]) -> Iterator[LineSource]:
    """Yield all sources but the cell itself, tiles of its series, and planes that it shows by handles already."""
    view = workspace.viewport(cell).volume
    group = view.group if view is not None else ""
    for source in sources:
        is_beside = source.workspace is workspace and (source.cell == cell or workspace.layout.is_tiled)
        if not is_beside and not (group and source.group == group):
            yield source


def _is_same(one: Segment, other: Segment) -> bool:
    straight = max(math.dist(one[0], other[0]), math.dist(one[1], other[1]))
    turned = max(math.dist(one[0], other[1]), math.dist(one[1], other[0]))
    return min(straight, turned) < _SAME_LINE_PX


def _half_thickness(workspace: Workspace, cell: int) -> float:
    """Return how far from the plane a point may be to be in the image: half its slice or slab, and rounding."""
    volume, image = workspace.viewport(cell).volume, workspace.image_at(cell)
    if volume is not None and volume.kind is VolumeKind.PLANE:
        return max(volume.thickness_mm / 2, _ON_PLANE_MM)
    stated = image.header.number(_THICKNESS) if image is not None else None
    display_set = workspace.display_set_at(cell)
    spacing = display_set.geometry.spacing_mm if display_set is not None and display_set.geometry is not None else 0.0
    return max(stated or 0.0, spacing, 2 * _ON_PLANE_MM) / 2


def cursor_point_in(workspace: Workspace, cell: int, cursor: CursorPoint) -> Vector | None:
    """Return the cursor's point in the frame of a cell; None where nothing joins the frames."""
    way = workspace.shared.linking.frames.way(cursor.frame_uid, frame_at(workspace, cell))
    return way.transform.point(cursor.point_patient) if way is not None else None


def _way_words(way: FrameWay) -> str:
    return _("{0}, doubtful registration") if way.is_doubtful else _("{0}, registered")
