"""Where a linked viewport scrolls to: the same place of the patient, or what the reader linked by hand.

Stacks of one frame (or of frames that a registration joins) meet at the place along the normal, whatever their slices'
distances. Others meet only over a manual link, which is said on them.
"""

import math
from dataclasses import dataclass, replace

from viewer.base.translation import _
from viewer.dicom.image_plane import Vector, added, dot, scaled, subtract
from viewer.workspace.cross_reference import PARALLEL_COSINE, nearest_slice
from viewer.workspace.frame_links import FrameWay
from viewer.workspace.image_places import frame_at, is_plane, scroll_place
from viewer.workspace.linking import ManualLink
from viewer.workspace.viewport_state import ViewportState
from viewer.workspace.volume_planes import UNPLACED, scroll_range, view_axes
from viewer.workspace.workspace import Workspace

Place = tuple[Workspace, int]
"""A viewport: the workspace of its window, and its cell."""
_BEYOND_SHARE = 0.5
"""Of the distance of slices: who is farther from the place of the others shows another part of the patient."""


@dataclass(frozen=True, slots=True)
class LinkOf:
    """What links two viewports.

    Attributes:
        way: From the frame of one to that of the other; None for a manual link.
        manual: The manual link; None where frames join them.
    """

    way: FrameWay | None = None
    manual: ManualLink | None = None

    @property
    def text(self) -> str:
        """What is said of it, translated; empty within one frame."""
        if self.manual is not None:
            return manual_text(self.manual)
        return self.way.text if self.way is not None else ""


@dataclass(frozen=True, slots=True, eq=False)
class LinkSide:
    """What decides whether a viewport can be linked with another.

    Attributes:
        key: Of its display set; empty for an empty viewport.
        normal: The direction it scrolls in; None for images that are no stack.
    """

    place: Place
    key: str
    frame_uid: str
    normal: Vector | None


def side_of(place: Place) -> LinkSide:
    """Return a viewport's side of links."""
    workspace, cell = place
    return LinkSide(place, workspace.viewport(cell).display_set_key, frame_at(workspace, cell), normal_at(*place))


def link_between(one: LinkSide, other: LinkSide, *, by_frames: bool = True) -> LinkOf | None:
    """Return what links two viewports' scrolling; None for nothing.

    Args:
        one: A viewport.
        other: Another.
        by_frames: Whether a common frame is enough.
    """
    linking = one.place[0].shared.linking
    manual = linking.manual_between(one.key, other.key) if linking.manual else None
    if manual is not None and _still_holds(manual, one, other):
        return LinkOf(manual=manual)
    if not by_frames or one.normal is None or other.normal is None:
        return None
    way = linking.frames.way(one.frame_uid, other.frame_uid)
    if way is None or abs(_cosine(way.transform.direction(one.normal), other.normal)) < PARALLEL_COSINE:
        return None
    return LinkOf(way)


def _still_holds(link: ManualLink, one: LinkSide, other: LinkSide) -> bool:
    """Return whether two viewports scroll as they did when they were linked by hand.

    A display set may be shown by other planes since: their millimetres are others.
    """
    if not link.is_in_mm:
        return True
    second = other if other.key == link.second else one
    if one.normal is None or other.normal is None or second.normal is None or link.normal is None:
        return False
    if _cosine(second.normal, link.normal) < PARALLEL_COSINE:
        return False
    return link.sign * _cosine(one.normal, other.normal) >= PARALLEL_COSINE


def normal_at(workspace: Workspace, cell: int) -> Vector | None:
    """Return the direction in which a viewport scrolls; None for images that are no stack."""
    state, display_set = workspace.viewport(cell), workspace.display_set_at(cell)
    if display_set is None or not is_plane(state):
        return None
    if state.volume is not None:
        return view_axes(state.volume)[2]
    return display_set.geometry.normal if display_set.geometry is not None else None


def followed(lead: Place, other: Place, link: LinkOf) -> dict[int, ViewportState]:
    """Return the states that the other viewport's window has when it follows; empty where it stays as it is."""
    if link.manual is not None:
        return _by_hand(lead, other, link.manual)
    place, normal = scroll_place(*lead), normal_at(*other)
    if place is None or normal is None or link.way is None:
        return {}
    return at_distance(other, normal, dot(link.way.transform.point(place[0]), normal))


def at_distance(other: Place, normal: Vector, distance_mm: float) -> dict[int, ViewportState]:
    """Return the states of a window in which a viewport shows the plane at a distance along its normal."""
    workspace, cell = other
    state, display_set = workspace.viewport(cell), workspace.display_set_at(cell)
    if state.volume is not None:
        center, geometry = state.volume.center_mm, workspace.geometry_at(cell)
        if geometry is None or center == UNPLACED:
            return {}
        places = scroll_range(state.volume, geometry)
        last = places.first_mm + (places.count - 1) * places.step_mm
        distance_mm = min(max(distance_mm, places.first_mm), last)
        return at_center(other, added(center, scaled(normal, distance_mm - dot(center, normal))))
    if display_set is None or display_set.geometry is None:
        return {}
    index = nearest_slice(distance_mm, display_set.geometry.positions_mm)
    return {cell: replace(state, index=index)} if index != state.index else {}


def at_center(other: Place, center: Vector) -> dict[int, ViewportState]:
    """Return the states of a window in which a view of a volume, and all of its group, cross at a point."""
    workspace, cell = other
    view = workspace.viewport(cell).volume
    if view is None:
        return {}
    states = {each: workspace.viewport(each) for each in range(workspace.layout.cell_count)}
    return {
        each: replace(state, volume=replace(state.volume, center_mm=center))
        for each, state in states.items()
        if state.volume is not None
        and state.volume.center_mm != center
        and (each == cell or (view.group and state.volume.group == view.group))
    }


def miss_mm(lead: Place, other: Place, link: LinkOf) -> float:
    """Return by how much the other viewport misses the place of the leading one though it follows; 0 for not at all.

    It does where its stack ends before that place. Of a manual link nothing is known.
    """
    places, normal = (scroll_place(*lead), scroll_place(*other)), normal_at(*other)
    display_set = other[0].display_set_at(other[1])
    if places[0] is None or places[1] is None or normal is None or link.way is None or display_set is None:
        return 0.0
    state = other[0].viewport(other[1])
    if state.volume is None and 0 < state.index < len(display_set.images) - 1:
        return 0.0  # in the midst of its stack: the reader went there
    miss = abs(dot(subtract(link.way.transform.point(places[0][0]), places[1][0]), normal))
    step = display_set.geometry.spacing_mm if display_set.geometry is not None else 0.0
    return miss if miss > step * _BEYOND_SHARE + 1e-3 else 0.0


def manual_link(one: Place, other: Place) -> ManualLink | None:
    """Return the link that ties two viewports as they stand now; None where their images do not scroll alike."""
    (first, cell), (second, other_cell) = one, other
    keys = first.viewport(cell).display_set_key, second.viewport(other_cell).display_set_key
    normals = normal_at(*one), normal_at(*other)
    if normals[0] is not None and normals[1] is not None:
        cosine = dot(normals[0], normals[1])
        if abs(cosine) < PARALLEL_COSINE:
            return None
        here, there = _distance(one, normals[0]), _distance(other, normals[1])
        if here is None or there is None:
            return None
        sign = 1 if cosine > 0 else -1
        return ManualLink(*keys, there - sign * here, is_in_mm=True, sign=sign, normal=normals[1])
    if first.viewport(cell).volume is not None or second.viewport(other_cell).volume is not None:
        return None
    return ManualLink(*keys, second.viewport(other_cell).index - first.viewport(cell).index, is_in_mm=False)


def manual_text(link: ManualLink) -> str:
    """Return the label of a manual link, translated: "manual link +12.5 mm"."""
    if link.is_in_mm:
        return _("manual link {0} mm").format(f"{link.offset:+.1f}".replace("-", "−"))
    return _("manual link {0} images").format(f"{link.offset:+.0f}".replace("-", "−"))


def _by_hand(lead: Place, other: Place, link: ManualLink) -> dict[int, ViewportState]:
    key = lead[0].viewport(lead[1]).display_set_key
    if link.is_in_mm:
        own, normal = normal_at(*lead), normal_at(*other)
        here = _distance(lead, own) if own is not None else None
        if here is None or normal is None:
            return {}
        return at_distance(other, normal, link.to_other(key, here))
    workspace, cell = other
    state, display_set = workspace.viewport(cell), workspace.display_set_at(cell)
    if display_set is None:
        return {}
    wanted = round(link.to_other(key, lead[0].viewport(lead[1]).index))
    index = min(max(wanted, 0), len(display_set.images) - 1)
    return {cell: replace(state, index=index)} if index != state.index else {}


def _distance(place: Place, normal: Vector) -> float | None:
    found = scroll_place(*place)
    return dot(found[0], normal) if found is not None else None


def _cosine(one: Vector, other: Vector) -> float:
    return dot(one, other) / (math.hypot(*one) * math.hypot(*other))
