"""What a viewport goes back to when a change is undone or done again: as it was, but scrolled as it is."""

from dataclasses import replace

from viewer.workspace.undo import ViewChange
from viewer.workspace.viewport_state import ViewportState
from viewer.workspace.volume_stepping import restored_view


def restored_state(change: ViewChange, current: ViewportState, *, is_undo: bool) -> ViewportState:
    """Return the state of a cell after undo or redo; scrolling since then is kept.

    Args:
        change: Of the cell.
        current: Its state now.
        is_undo: Whether the change is taken back; else it is done again.
    """
    state, left = (change.before, change.after) if is_undo else (change.after, change.before)
    if state.is_empty or current.display_set_key != state.display_set_key:
        return state
    if (current.volume is None) != (state.volume is None):
        return state
    view = state.volume
    if view is not None and current.volume is not None:
        is_other_view = change.before.volume != change.after.volume
        view = restored_view(view, left.volume, current.volume) if is_other_view else current.volume
    return replace(state, index=current.index, volume=view)
