"""Changes of annotations that can be undone, in the window that made them."""

from viewer.workspace.measuring.annotation_book import Changes
from viewer.workspace.undo import Deed
from viewer.workspace.workspace import Workspace


def change(workspace: Workspace, changes: Changes, title: str) -> None:
    """Put annotations as they are now, in one step that undo takes back.

    Args:
        workspace: Of the window.
        changes: By uid; None for one that goes.
        title: What was done, English, marked with N_().
    """
    book = workspace.shared.annotations
    before: Changes = {uid: book.get(uid) for uid in changes}
    if before == changes:
        return
    after = dict(changes)
    workspace.do(Deed(undo=lambda: book.apply(before), redo=lambda: book.apply(after)), title)
