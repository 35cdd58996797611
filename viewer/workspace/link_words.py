"""What stands on a viewport of its links: chips of a few words, and what they rest on in full.

A registration is said on every viewport whose patient space it joins to that of another one on screen, whether lines,
the cursor, a link or nothing yet makes use of it.
"""

from collections.abc import Iterator

from viewer.base.translation import _
from viewer.workspace.image_places import frame_at
from viewer.workspace.linked_scroll import LinkOf, miss_mm
from viewer.workspace.synchronization import linked_with
from viewer.workspace.workspace import Workspace


def link_words(workspace: Workspace, cell: int) -> tuple[tuple[str, bool], ...]:
    """Return the chips of a viewport's links, each with whether it calls for care; none for a viewport without."""
    return tuple(_words(workspace, cell))


def link_notes(workspace: Workspace, cell: int) -> tuple[str, ...]:
    """Return by which registrations a viewport's patient space is joined to others on screen, translated."""
    own, linking = frame_at(workspace, cell), workspace.shared.linking
    if not own or not linking.frames.joints:
        return ()
    frames = {frame_at(other, each) for other in workspace.shared.workspaces for each in other.layout.visible_cells}
    ways = (linking.frames.way(own, frame) for frame in sorted(frames - {own, ""}))
    return tuple(dict.fromkeys(way.text for way in ways if way is not None and way.text))


def _words(workspace: Workspace, cell: int) -> Iterator[tuple[str, bool]]:
    links = linked_with((workspace, cell))
    by_hand = [link for _place, link in links if link.manual is not None]
    if by_hand:
        yield _by_hand(by_hand), True
    if link_notes(workspace, cell):
        yield _("REGISTERED"), True
    if len(links) > len(by_hand):
        yield _("LINKED"), False
    miss = _miss(workspace, cell)
    if miss:
        yield _("{0} mm AWAY").format(f"{miss:.1f}"), True


def _by_hand(links: list[LinkOf]) -> str:
    texts = {link.text for link in links}
    return texts.pop().upper() if len(texts) == 1 else _("{0} MANUAL LINKS").format(len(links))


def _miss(workspace: Workspace, cell: int) -> float:
    """Return how far a viewport is from where the active one is though it follows."""
    number, active = workspace.shared.linking.active
    lead = next((each for each in workspace.shared.workspaces if each.number == number), None)
    if lead is None or (lead is workspace and cell == active) or not workspace.shared.linking.settings.links_scroll:
        return 0.0
    link = next((link for place, link in linked_with((lead, active)) if place == (workspace, cell)), None)
    return miss_mm((lead, active), (workspace, cell), link) if link is not None else 0.0
