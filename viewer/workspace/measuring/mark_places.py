"""Where marks lie among what is open: their display set and image number, and the way to them."""

from collections.abc import Iterable
from dataclasses import replace

from viewer.base.translation import N_, _
from viewer.dicom.image_plane import Vector, cross, dot
from viewer.measurement.annotation import Anchor, Annotation, ImageAnchor, PlaneAnchor
from viewer.workspace.display_set import DisplaySet
from viewer.workspace.display_set_catalogue import DisplaySetCatalogue
from viewer.workspace.quaternion import from_axes
from viewer.workspace.study_tree import StudyTree
from viewer.workspace.viewport_state import ViewportState
from viewer.workspace.volume_group import move_center
from viewer.workspace.volume_planes import UNPLACED, view_axes
from viewer.workspace.volume_view import VolumeKind, VolumeView
from viewer.workspace.workspace import Workspace

GO = N_("Go to a mark")
_PARALLEL = 0.9998
_Frame = tuple[str, int, int]
_Place = tuple[str, int]


class MarkPlaces:
    """Finds images by what marks say of them; looks through a series once, until it changes."""

    def __init__(self, tree: StudyTree, catalogue: DisplaySetCatalogue) -> None:
        self._tree, self._catalogue = tree, catalogue
        self._known: dict[str, tuple[tuple[DisplaySet, ...], dict[_Frame, list[_Place]]]] = {}

    def places(self, anchor: ImageAnchor) -> list[_Place]:
        """Return the key of each display set that holds an image, and its index there; none where it is not open."""
        return self._frames(anchor.series_instance_uid).get(_frame(anchor), [])

    def image_number(self, anchor: Anchor) -> int | None:
        """Return the number of a mark's image as its viewport counts it, from 1; None for planes and what is gone."""
        return self.image_numbers(anchor.series_instance_uid, (anchor,))[0]

    def image_numbers(self, series_instance_uid: str, anchors: Iterable[Anchor]) -> list[int | None]:
        """Return the numbers of many images of one series."""
        frames = self._frames(series_instance_uid)
        found = (frames.get(_frame(each)) if isinstance(each, ImageAnchor) else None for each in anchors)
        return [places[0][1] + 1 if places else None for places in found]

    def _frames(self, series_instance_uid: str) -> dict[_Frame, list[_Place]]:
        sets = self._sets(series_instance_uid)
        known = self._known.get(series_instance_uid)
        if known is None or len(known[0]) != len(sets) or any(a is not b for a, b in zip(known[0], sets, strict=True)):
            known = self._known[series_instance_uid] = sets, _indexed(sets)
        return known[1]

    def volumes(self, anchor: PlaneAnchor) -> list[str]:
        """Return the keys of the display sets that a plane's volume may be of."""
        return [each.key for each in self._sets(anchor.series_instance_uid)]

    def _sets(self, series_instance_uid: str) -> tuple[DisplaySet, ...]:
        return tuple(
            each
            for series in self._tree.all_series()
            if series.series_instance_uid == series_instance_uid
            for each in self._catalogue.of_series(series.key)
            if each.is_image
        )


def _frame(anchor: ImageAnchor) -> _Frame:
    return anchor.sop_instance_uid, anchor.frame_number, anchor.tile


def _indexed(sets: tuple[DisplaySet, ...]) -> dict[_Frame, list[_Place]]:
    found: dict[_Frame, list[_Place]] = {}
    for display_set in sets:
        for index, image in enumerate(display_set.images):
            frame, tile = (1, image.frame_index + 1) if image.is_tile else (image.frame_index + 1, 0)
            found.setdefault((image.header.sop_instance_uid, frame, tile), []).append((display_set.key, index))
    return found


def go_to(workspace: Workspace, mark: Annotation, places: MarkPlaces) -> str:
    """Show where a mark lies, in a viewport that shows its series or in the active one, and select it.

    Args:
        workspace: Of the window.
        mark: Any; a hidden one is not shown by this.
        places: Of the same studies.

    Returns:
        Why that cannot be, translated; empty when it was done.
    """
    workspace.shared.annotations.select({mark.uid})
    anchor = mark.anchor
    if isinstance(anchor, ImageAnchor):
        return _go_to_image(workspace, places.places(anchor))
    return _go_to_plane(workspace, anchor, mark, places.volumes(anchor))


def cell_showing(workspace: Workspace, anchor: Anchor) -> int | None:
    """Return a cell whose picture is what a mark lies on, the active one if it is; None for none."""
    from viewer.workspace.measuring.measuring import anchor_at

    cells = sorted(workspace.layout.visible_cells, key=lambda cell: cell != workspace.active)
    return next((cell for cell in cells if anchor_at(workspace, cell) == anchor), None)


def _go_to_image(workspace: Workspace, places: list[_Place]) -> str:
    if not places:
        return _("The image of this mark is not open")
    by_key = dict(reversed(places))
    for cell in sorted(workspace.slots, key=lambda each: each != workspace.active):
        state = workspace.viewport(cell)
        if state.volume is None and state.display_set_key in by_key:
            workspace.activate(cell)
            workspace.set_index(by_key[state.display_set_key], cell)
            return ""
    key, index = places[0]
    workspace.show(key, workspace.active, index)
    workspace.set_index(index)  # where only key images are shown, this one is shown all the same
    return ""


def _go_to_plane(workspace: Workspace, anchor: PlaneAnchor, mark: Annotation, keys: list[str]) -> str:
    if not keys:
        return _("The series of this mark is not open")
    if anchor.is_deep:
        return _("The mark lies on a projection: turn the volume as it was")
    x = sum(point[0] for point in mark.points) / max(len(mark.points), 1)
    y = sum(point[1] for point in mark.points) / max(len(mark.points), 1)
    center = anchor.plane.point_patient(x - 0.5, y - 0.5)
    for cell in sorted(workspace.volume_states(), key=lambda each: each != workspace.active):
        state = workspace.viewport(cell)
        if state.display_set_key in keys and _shows(state, anchor):
            workspace.activate(cell)
            move_center(workspace, center, cell, title=GO)
            return ""
    state = _plane_state(workspace, anchor, center, keys)
    workspace.change_together({workspace.active: state}, GO)
    return ""


def _shows(state: ViewportState, anchor: PlaneAnchor) -> bool:
    view = state.volume
    return (
        view is not None
        and view.kind is VolumeKind.PLANE
        and view.phase == anchor.phase
        and view.center_mm != UNPLACED
        and abs(dot(view_axes(view)[2], anchor.plane.normal)) > _PARALLEL
    )


def _plane_state(workspace: Workspace, anchor: PlaneAnchor, center: Vector, keys: list[str]) -> ViewportState:
    """Return the active viewport with a plane of its own, as the mark's plane lies."""
    from viewer.volume.reslice_plane import Projection

    before = workspace.viewport(workspace.active)
    right, down = anchor.plane.row_direction, anchor.plane.column_direction
    view = VolumeView(
        center_mm=center,
        turn=from_axes(right, down, cross(right, down)),
        thickness_mm=anchor.thickness_mm,
        projection=next((each for each in Projection if each.value == anchor.projection), Projection.MEAN),
        phase=anchor.phase,
    )
    if before.display_set_key in keys:
        return replace(before, volume=view)
    return ViewportState(keys[0], volume=view)
