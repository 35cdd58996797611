"""What stands on a viewport of its links: chips of a few words, and what they rest on in full.

A registration is said on every viewport whose patient space it joins to that of another one on screen, whether lines,
the cursor, a link or nothing yet makes use of it.
"""

from collections.abc import Iterator, Sequence

from viewer.base.translation import _
from viewer.workspace.frame_links import FrameWay
from viewer.workspace.image_places import frame_at
from viewer.workspace.linked_scroll import LinkOf, LinkSide, Place, link_between, miss_mm, side_of
from viewer.workspace.synchronization import has_linked_window, link_sides, linked_with
from viewer.workspace.workspace import Workspace


def link_words(
    workspace: Workspace, cell: int, sides: Sequence[LinkSide] | None = None
) -> tuple[tuple[str, bool], ...]:
    """Return the chips of a viewport's links, each with whether it calls for care; none for a viewport without.

    Args:
        workspace: The viewport's.
        cell: Of the viewport.
        sides: From synchronization.link_sides, where several viewports are asked about.
    """
    sides = link_sides(workspace.shared) if sides is None else sides
    return tuple(_words(workspace, cell, sides))


def link_notes(workspace: Workspace, cell: int) -> tuple[str, ...]:
    """Return by which registrations a viewport's patient space is joined to others on screen, translated."""
    return tuple(dict.fromkeys(way.text for way in _ways(workspace, cell)))


def _ways(workspace: Workspace, cell: int) -> tuple[FrameWay, ...]:
    """Return how a viewport's patient space is joined to the others on screen by registrations."""
    own, linking = frame_at(workspace, cell), workspace.shared.linking
    if not own or not linking.frames.joints:
        return ()
    frames = {frame_at(other, each) for other in workspace.shared.workspaces for each in other.layout.visible_cells}
    ways = (linking.frames.way(own, frame) for frame in sorted(frames - {own, ""}))
    return tuple(way for way in ways if way is not None and way.joints)


def _words(workspace: Workspace, cell: int, sides: Sequence[LinkSide]) -> Iterator[tuple[str, bool]]:
    links = linked_with((workspace, cell), sides)
    by_hand = [link for _place, link in links if link.manual is not None]
    if by_hand:
        yield _by_hand(by_hand), True
    if ways := _ways(workspace, cell):
        yield _("DOUBTFUL REGISTRATION") if any(way.is_doubtful for way in ways) else _("REGISTERED"), True
    if len(links) > len(by_hand):
        yield _("LINKED"), False
    elif has_linked_window((workspace, cell)):
        yield _("WINDOW LINKED"), False
    miss = _miss(workspace, cell, links)
    if miss:
        yield _("{0} mm AWAY").format(f"{miss:.1f}"), True


def _by_hand(links: list[LinkOf]) -> str:
    texts = {link.text for link in links}
    return texts.pop().upper() if len(texts) == 1 else _("{0} MANUAL LINKS").format(len(links))


def _miss(workspace: Workspace, cell: int, links: Sequence[tuple[Place, LinkOf]]) -> float:
    """Return how far a viewport is from where the active one is though it follows."""
    linking = workspace.shared.linking
    lead = next((place for place, _link in links if (place[0].number, place[1]) == linking.active), None)
    if lead is None or not linking.settings.links_scroll:
        return 0.0
    link = link_between(side_of(lead), side_of((workspace, cell)))
    return miss_mm(lead, (workspace, cell), link) if link is not None else 0.0
