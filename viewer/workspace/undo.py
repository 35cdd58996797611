"""Undo of view changes: what a viewport looked like before each of them. Scrolling is not undone.

There is no limit: a change holds what it was before and after, and a drag of any length is one change.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from viewer.workspace.layout import Layout
from viewer.workspace.viewport_state import ViewportState


@dataclass(frozen=True, slots=True, eq=False)
class Deed:
    """Something beyond views that can be undone.

    Attributes:
        undo: Takes it back.
        redo: Does it again.
        of: What it is made of, for join.
        join: Makes one deed of two that were done in one drag, the earlier first; None where each stands alone.
    """

    undo: Callable[[], None]
    redo: Callable[[], None]
    of: object = None
    join: Callable[["Deed", "Deed"], "Deed"] | None = None


@dataclass(frozen=True, slots=True)
class ViewChange:
    """One change of one viewport.

    Attributes:
        title: What was done, English, marked for translation.
        drag: Names the drag it belongs to: changes of one drag are undone together; 0 for a single change.
        also: Changes of other cells that are undone with it.
        is_scroll: Whether it only scrolled; that is told to linked viewports, and not undone.
        layouts: The layout before and after, where it changed with it.
        deed: What was done beyond views; then no view changed. None for a change of views.
    """

    cell: int
    before: ViewportState
    after: ViewportState
    title: str
    drag: int = 0
    also: tuple["ViewChange", ...] = ()
    is_scroll: bool = False
    layouts: tuple[Layout, Layout] | None = None
    deed: Deed | None = None

    @property
    def cells(self) -> tuple[int, ...]:
        """All cells it changed."""
        return (self.cell, *(each.cell for each in self.also))

    def can_join(self, later: "ViewChange") -> bool:
        """Whether what was done later is a step of the same drag, and can be undone in one with this."""
        if not later.drag or (self.drag, self.cell) != (later.drag, later.cell):
            return False
        if self.deed is None or later.deed is None:
            return self.deed is later.deed
        return self.deed.join is not None and self.deed.join is later.deed.join

    def then(self, later: "ViewChange") -> "ViewChange":
        """Return this and what was done later in the same drag as one change."""
        if self.deed is not None and later.deed is not None and self.deed.join is not None:
            return replace(self, deed=self.deed.join(self.deed, later.deed))
        mine = {each.cell: each for each in (self, *self.also)}
        for each in (later, *later.also):
            mine[each.cell] = replace(mine.get(each.cell, each), after=each.after, also=())
        first = mine.pop(self.cell)
        return replace(first, also=tuple(mine.values()))


class UndoStack:
    """Changes that can be undone and redone: all since the studies were opened."""

    def __init__(self) -> None:
        self._done: list[ViewChange] = []
        self._undone: list[ViewChange] = []

    @property
    def undo_title(self) -> str:
        """What undo would take back; empty when there is nothing."""
        return self._done[-1].title if self._done else ""

    @property
    def redo_title(self) -> str:
        """What redo would do again; empty when there is nothing."""
        return self._undone[-1].title if self._undone else ""

    def push(self, change: ViewChange) -> None:
        """Remember a change; it joins the last one when both belong to the same drag."""
        self._undone.clear()
        last = self._done[-1] if self._done else None
        if last is not None and last.can_join(change):
            self._done[-1] = last.then(change)
            return
        self._done.append(change)

    def undo(self) -> ViewChange | None:
        """Return the change to take back; None when there is nothing."""
        if not self._done:
            return None
        self._undone.append(self._done.pop())
        return self._undone[-1]

    def redo(self) -> ViewChange | None:
        """Return the change to do again; None when there is nothing."""
        if not self._undone:
            return None
        self._done.append(self._undone.pop())
        return self._done[-1]

    def clear(self) -> None:
        """Forget everything: the studies were closed."""
        self._done.clear()
        self._undone.clear()
