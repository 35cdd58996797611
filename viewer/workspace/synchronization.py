"""Linked viewports follow each other, in all windows: by place, window, zoom and pan.

The workspace that was changed asks here (SharedState.follow); who followed in the same window is undone with it, who
followed in another window is one step there. Scrolling is not undone. Nobody follows across frames of reference unless
a registration joins them or the reader linked them by hand, and both are said on the viewport (link_words).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from viewer.workspace.image_places import frame_at
from viewer.workspace.linked_scroll import (
    LinkOf,
    LinkSide,
    Place,
    at_center,
    at_distance,
    followed,
    link_between,
    manual_link,
    normal_at,
    side_of,
)
from viewer.workspace.linked_views import are_alike, with_place_of, with_window_of
from viewer.workspace.linking import CursorPoint
from viewer.workspace.undo import ViewChange
from viewer.workspace.viewport_lines import cursor_point_in
from viewer.workspace.viewport_state import ViewportState
from viewer.workspace.workspace import SharedState, Workspace


class Synchronizer:
    """Lets viewports follow; one for all windows."""

    def __init__(self, shared: SharedState) -> None:
        self._shared = shared
        self._is_following = False
        shared.follow = self.follow

    def follow(self, workspace: Workspace, changes: Sequence[ViewChange]) -> tuple[ViewChange, ...]:
        """Let others follow changes; return what changed in the same workspace beside them, to be undone together."""
        linking = self._shared.linking
        if self._is_following or not (linking.settings.is_linking or linking.manual):
            return ()
        self._is_following = True
        try:
            return self._follow(workspace, changes)
        finally:
            self._is_following = False

    def _follow(self, workspace: Workspace, changes: Sequence[ViewChange]) -> tuple[ViewChange, ...]:
        settled = {(workspace.number, change.cell) for change in changes}
        own: list[ViewChange] = []
        elsewhere: dict[int, tuple[Workspace, list[ViewChange]]] = {}
        for change in changes:
            lead = (workspace, change.cell)
            for other in _others(lead, self._shared):
                if (other[0].number, other[1]) in settled:
                    continue
                for made in _made(lead, other, change):
                    settled.add((other[0].number, made.cell))
                    other[0].follow_to(made.cell, made.after)
                    if made.is_scroll:
                        continue
                    if other[0] is workspace:
                        own.append(made)
                    else:
                        elsewhere.setdefault(other[0].number, (other[0], []))[1].append(made)
        for each, made_there in elsewhere.values():
            each.push_followed(made_there)
        return tuple(own)


def _made(lead: Place, other: Place, change: ViewChange) -> Iterator[ViewChange]:
    """Yield what a change brings about in another viewport, and in those of its group."""
    workspace, cell = other
    settings = workspace.shared.linking.settings
    before, after = change.before, change.after
    if before.display_set_key != after.display_set_key or after.is_empty or workspace.viewport(cell).is_empty:
        return
    link = link_between(side_of(lead), side_of(other))
    state = workspace.viewport(cell)
    seen = state
    if settings.links_window and before.view.voi != after.view.voi:
        seen = with_window_of(lead, other)
    if settings.links_zoom and link is not None and _placing(before) != _placing(after):
        moved = with_place_of(lead, other, link)
        seen = _with_placing(seen, moved)
    if seen != state:
        yield ViewChange(cell, state, seen, change.title, change.drag)
    if link is not None and (settings.links_scroll or link.manual is not None) and _stands(before) != _stands(after):
        for each, scrolled in followed(lead, other, link).items():
            yield ViewChange(each, workspace.viewport(each), scrolled, "", is_scroll=True)


def link_sides(shared: SharedState) -> tuple[LinkSide, ...]:
    """Return the sides of all viewports that may be linked; none while nothing is linked."""
    settings = shared.linking.settings
    if not (settings.links_scroll or settings.links_zoom or shared.linking.manual):
        return ()
    left_out = shared.linking.left_out
    return tuple(
        side_of((workspace, cell))
        for workspace in shared.workspaces
        for cell in workspace.slots
        if (workspace.number, cell) not in left_out
    )


def linked_with(place: Place, sides: Sequence[LinkSide] | None = None) -> tuple[tuple[Place, LinkOf], ...]:
    """Return the viewports whose scrolling, zoom and pan are linked with one, and what links each.

    Args:
        place: The one.
        sides: From link_sides, where several viewports are asked about.
    """
    shared = place[0].shared
    sides = link_sides(shared) if sides is None else sides
    own = next((side for side in sides if side.place == place), None)
    if own is None:
        return ()
    by_frames = shared.linking.settings.links_scroll or shared.linking.settings.links_zoom
    links = ((side.place, link_between(own, side, by_frames=by_frames)) for side in sides if side is not own)
    return tuple((other, link) for other, link in links if link is not None)


def has_linked_window(place: Place) -> bool:
    """Return whether another viewport's window is linked with that of one."""
    shared = place[0].shared
    return shared.linking.settings.links_window and any(are_alike(place, other) for other in _others(place, shared))


def catch_up(workspace: Workspace) -> None:
    """Bring all that is linked with the active viewport to its place: linking began, or something came beside it."""
    lead = (workspace, workspace.active)
    settings = workspace.shared.linking.settings
    for other, link in linked_with(lead):
        if settings.links_scroll or link.manual is not None:
            _put(other[0], followed(lead, other, link))


def go_to_point(shared: SharedState, cursor: CursorPoint) -> None:
    """Scroll every viewport that has to do with a point to it, but the one in which it was put."""
    for workspace in shared.workspaces:
        for cell in workspace.slots:
            if (workspace.number, cell) != cursor.place:
                _put(workspace, _at_point((workspace, cell), cursor))


def link_as_they_stand(workspace: Workspace) -> tuple[int, int]:
    """Link the active viewport by hand with all that nothing joins it to; return with how many, and who refused."""
    lead = (workspace, workspace.active)
    made, refused = 0, 0
    for other in _others(lead, workspace.shared):
        keys = [each.viewport(cell).display_set_key for each, cell in (lead, other)]
        if not all(keys) or keys[0] == keys[1] or _are_joined(lead, other):
            continue
        link = manual_link(lead, other)
        if link is None:
            refused += 1
        else:
            workspace.shared.linking.link_by_hand(link)
            made += 1
    return made, refused


def _are_joined(one: Place, other: Place) -> bool:
    """Return whether frames join two viewports, side by side or crossing."""
    return one[0].shared.linking.frames.way(frame_at(*one), frame_at(*other)) is not None


def _at_point(place: Place, cursor: CursorPoint) -> Mapping[int, ViewportState]:
    workspace, cell = place
    point, normal = cursor_point_in(workspace, cell, cursor), normal_at(workspace, cell)
    if point is None or normal is None:
        return {}
    if workspace.viewport(cell).volume is not None:
        return at_center(place, point)
    return at_distance(place, normal, sum(a * b for a, b in zip(point, normal, strict=True)))


def _put(workspace: Workspace, states: Mapping[int, ViewportState]) -> None:
    for cell, state in states.items():
        workspace.follow_to(cell, state)


def _others(place: Place, shared: SharedState) -> Iterator[Place]:
    """Yield all viewports that may follow one; nobody follows one that stands alone."""
    left_out = shared.linking.left_out
    if (place[0].number, place[1]) in left_out:
        return
    for workspace in shared.workspaces:
        for cell in workspace.slots:
            if (workspace.number, cell) not in left_out and (workspace, cell) != place:
                yield workspace, cell


def _placing(state: ViewportState) -> object:
    transform = state.transform
    return transform.fit, transform.zoom, transform.pan


def _with_placing(state: ViewportState, moved: ViewportState) -> ViewportState:
    return replace(state, transform=moved.transform, is_true_size=moved.is_true_size)


def _stands(state: ViewportState) -> object:
    return state.index, state.volume.center_mm if state.volume is not None else None
