"""What stands on a viewport of its links: at most three words each, and whether they call for care."""

from collections.abc import Iterator

from viewer.base.translation import _
from viewer.workspace.linked_scroll import LinkOf, miss_mm
from viewer.workspace.synchronization import linked_with
from viewer.workspace.workspace import Workspace


def link_words(workspace: Workspace, cell: int) -> tuple[tuple[str, bool], ...]:
    """Return the chips of a viewport's links, each with whether it calls for care; none for a viewport without."""
    return tuple(_words(workspace, cell))


def _words(workspace: Workspace, cell: int) -> Iterator[tuple[str, bool]]:
    links = linked_with((workspace, cell))
    if not links:
        return
    by_hand = [link for _place, link in links if link.manual is not None]
    registered = {link.text for _place, link in links if link.manual is None and link.text}
    if by_hand:
        yield _by_hand(by_hand), True
    for text in sorted(registered):
        yield text.upper(), True
    if not by_hand and not registered:
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
