"""Where the images of viewports lie in the patient: what is on screen, what is wanted, and the ends of a stack.

Classic slices tell it by their headers. Frames of other objects tell it when they are on screen, and their neighbours
by how far along the normal they stand from them.
"""

from dataclasses import replace

from viewer.dicom.image_plane import Vector, added, dot, plane_of, scaled
from viewer.imaging.image_ref import ImageRef
from viewer.workspace.cross_reference import PlacedImage
from viewer.workspace.display_set import DisplaySet
from viewer.workspace.viewport_state import ViewportState
from viewer.workspace.volume_planes import UNPLACED, view_axes
from viewer.workspace.volume_view import VolumeKind
from viewer.workspace.workspace import Workspace

_FRAME, _ROWS, _COLUMNS = 0x00200052, 0x00280010, 0x00280011


def frame_of(image: ImageRef) -> str:
    """Return the Frame of Reference UID of an image; empty when not stated."""
    return image.header.ascii(_FRAME)


def frame_at(workspace: Workspace, cell: int) -> str:
    """Return the Frame of Reference UID of what a cell shows; empty when not stated, or for an empty cell."""
    display_set = workspace.display_set_at(cell)
    return frame_of(display_set.images[0]) if display_set is not None and display_set.images else ""


def place_of_header(image: ImageRef) -> PlacedImage | None:
    """Return where a classic slice lies; None for frames of other objects and for images without a place."""
    header = image.header
    if header.frame_count > 1 or image.is_tile:
        return None
    plane = plane_of(header)
    rows, columns = header.unsigned_short(_ROWS), header.unsigned_short(_COLUMNS)
    if plane is None or not rows or not columns:
        return None
    return PlacedImage(plane, columns, rows, frame_of(image))


def is_plane(state: ViewportState) -> bool:
    """Return whether a viewport shows one plane of the patient: an image, or a plane through a volume."""
    return state.volume is None or state.volume.kind is VolumeKind.PLANE


def shown_place(workspace: Workspace, cell: int) -> PlacedImage | None:
    """Return where the picture on screen lies; None for none, and for pictures that are no plane of the patient."""
    return _place_on_screen(workspace, cell) if is_plane(workspace.viewport(cell)) else None


def projected_place(workspace: Workspace, cell: int) -> PlacedImage | None:
    """Return the plane that a projection of a whole volume is seen on; None for all other pictures.

    A point of the patient is seen at its foot, however deep it lies.
    """
    view = workspace.viewport(cell).volume
    is_projection = view is not None and view.kind is VolumeKind.PROJECTION
    return _place_on_screen(workspace, cell) if is_projection else None


def _place_on_screen(workspace: Workspace, cell: int) -> PlacedImage | None:
    displayed = workspace.displayed(cell)
    state = displayed.rendered.state if displayed is not None else None
    if displayed is None or state is None or state.plane is None:
        return None
    return PlacedImage(state.plane, state.pixels.columns, state.pixels.rows, frame_of(displayed.image))


def place_at(workspace: Workspace, cell: int, index: int) -> PlacedImage | None:
    """Return where an image of a cell's display set lies; None when it is not known."""
    display_set = workspace.display_set_at(cell)
    if display_set is None or not 0 <= index < len(display_set.images):
        return None
    stated = place_of_header(display_set.images[index])
    if stated is not None:
        return stated
    shown, displayed = shown_place(workspace, cell), workspace.displayed(cell)
    if shown is None or displayed is None or workspace.viewport(cell).volume is not None:
        return None
    return _beside(shown, display_set, display_set.index_of(displayed.image), index)


def stack_ends(workspace: Workspace, cell: int) -> tuple[PlacedImage, ...]:
    """Return the first and the last image of the stack that a cell shows; none for what is no stack."""
    display_set = workspace.display_set_at(cell)
    if display_set is None or display_set.geometry is None or workspace.viewport(cell).volume is not None:
        return ()
    places = (place_at(workspace, cell, index) for index in (0, len(display_set.images) - 1))
    return tuple(place for place in places if place is not None)


def scroll_place(workspace: Workspace, cell: int) -> tuple[Vector, Vector] | None:
    """Return a point of the plane that a cell is to show, and its normal; None when it is not known."""
    state, display_set = workspace.viewport(cell), workspace.display_set_at(cell)
    if display_set is None or not is_plane(state):
        return None
    if state.volume is not None:
        return None if state.volume.center_mm == UNPLACED else (state.volume.center_mm, view_axes(state.volume)[2])
    place = place_at(workspace, cell, state.index)
    if place is not None:
        return place.center, place.plane.normal
    geometry = display_set.geometry
    if geometry is None or state.index >= len(geometry.positions_mm):
        return None
    return scaled(geometry.normal, geometry.positions_mm[state.index]), geometry.normal


def distance_along(point: Vector, normal: Vector) -> float:
    """Return how far a point lies from the origin along a direction."""
    return dot(point, normal)


def _beside(shown: PlacedImage, display_set: DisplaySet, shown_index: int | None, index: int) -> PlacedImage | None:
    """Return another image of the stack of one whose place is known."""
    if shown_index == index:
        return shown
    geometry = display_set.geometry
    if geometry is None or shown_index is None:
        return None
    way = geometry.positions_mm[index] - geometry.positions_mm[shown_index]
    position = added(shown.plane.position, scaled(geometry.normal, way))
    return replace(shown, plane=shown.plane.moved_to(position))
