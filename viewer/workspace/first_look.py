"""What is shown by itself: the first images that are found go into viewports that have never held any.

Files come in any order. Within a moment, if nobody touched it, a localizer that was found first gives way to the series
it belongs to, and a series whose middle was found first goes to its first image. Nothing moves afterwards that the
reader did not move.
"""

import time
from collections.abc import Hashable
from dataclasses import dataclass, replace

from viewer.workspace.display_set import DisplaySet, DisplaySetKind
from viewer.workspace.viewport_state import ViewportState
from viewer.workspace.workspace import Workspace

_LATER = frozenset({DisplaySetKind.LOCALIZER, DisplaySetKind.REPEATED, DisplaySetKind.REPORT})
MOMENT_S = 4.0


@dataclass(frozen=True, slots=True)
class _Placed:
    """What was put into a cell by itself, and when.

    Attributes:
        image: Its identity: the index of an image grows with its set.
    """

    state: ViewportState
    image: Hashable
    since: float
    is_stand_in: bool


class FirstLook:
    """Fills the empty viewports of a window while its first study is being found."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._used: set[int] = set()
        self._placed: dict[int, _Placed] = {}
        self._is_complete = False
        self._disconnect = [
            workspace.catalogue.changed.connect(lambda _keys: self.fill()),
            workspace.layout_changed.connect(lambda _layout: self.fill()),
            workspace.tree.changed.connect(lambda _change: self._forget_when_empty()),
        ]

    def close(self) -> None:
        """Stop filling."""
        for disconnect in self._disconnect:
            disconnect()

    def fill(self) -> None:
        """Show in every viewport that has never held anything a set of the first study that is not shown yet."""
        workspace = self._workspace
        if workspace.layout.is_tiled:
            return
        self._used.update(cell for cell in workspace.layout.visible_cells if not workspace.viewport(cell).is_empty)
        self._forget_touched()
        stand_ins = [cell for cell, placed in self._placed.items() if placed.is_stand_in]
        free = [cell for cell in workspace.layout.visible_cells if cell in stand_ins or cell not in self._used]
        if free:
            self._fill(free, stand_ins)
        if self._is_complete:
            self._go_first()

    def settle(self) -> None:
        """Everything was found: go to the first image of what was shown while it was being found."""
        self._is_complete = True
        self._forget_touched()
        self._go_first()

    def _fill(self, free: list[int], stand_ins: list[int]) -> None:
        workspace = self._workspace
        shown = {workspace.viewport(cell).display_set_key for cell in self._used.difference(stand_ins)}
        waiting = [each for each in self._candidates() if each.key not in shown]
        for cell, display_set in zip(free, waiting, strict=False):
            self._used.add(cell)
            if workspace.viewport(cell).display_set_key != display_set.key:
                workspace.show(display_set.key, cell)
                self._note(cell, time.monotonic(), is_stand_in=display_set.kind in _LATER)

    def _go_first(self) -> None:
        for cell, placed in tuple(self._placed.items()):
            if self._workspace.viewport(cell).index:
                self._workspace.set_index(0, cell)
                self._note(cell, placed.since, is_stand_in=placed.is_stand_in)

    def _note(self, cell: int, since: float, *, is_stand_in: bool) -> None:
        state, image = self._workspace.viewport(cell), self._workspace.image_at(cell)
        self._placed[cell] = _Placed(state, image.identity if image is not None else None, since, is_stand_in)

    def _forget_touched(self) -> None:
        """Leave the cells alone that the reader has changed or scrolled, or has had before the eyes for a moment."""
        now = time.monotonic()
        self._placed = {
            cell: placed
            for cell, placed in self._placed.items()
            if now - placed.since < MOMENT_S and self._is_untouched(cell, placed)
        }

    def _is_untouched(self, cell: int, placed: _Placed) -> bool:
        workspace = self._workspace
        if cell not in workspace.layout.visible_cells or workspace.layout.is_tiled:
            return False
        state, image = workspace.viewport(cell), workspace.image_at(cell)
        is_same = image is not None and image.identity == placed.image
        known = replace(state, index=placed.state.index, display_set_key=placed.state.display_set_key)
        return is_same and known == placed.state  # a set that grew may go by another key

    def _candidates(self) -> list[DisplaySet]:
        """Return the image sets of the study that was found first, localizers last; its reports where it has none."""
        tree, catalogue = self._workspace.tree, self._workspace.catalogue
        first = next(tree.headers(), None)
        if first is None:
            return []
        sets = [
            display_set
            for series in tree.all_series()
            if series.study.study_instance_uid == first.study_instance_uid
            for display_set in catalogue.of_series(series.key)
        ]
        images = [display_set for display_set in sets if display_set.is_image]
        if not images:
            return [display_set for display_set in sets if display_set.kind is DisplaySetKind.REPORT]
        return sorted(images, key=lambda display_set: display_set.kind in _LATER)

    def _forget_when_empty(self) -> None:
        if not self._workspace.tree.counts.files:
            self._used.clear()
            self._placed.clear()
            self._is_complete = False
