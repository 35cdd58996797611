"""What is shown by itself: the first images that are found go into viewports that have never held any.

A localizer that was found first gives way within a moment to the series it belongs to, if nobody touched it. Nothing
moves afterwards that the reader did not move.
"""

import time
from dataclasses import replace

from viewer.workspace.display_set import DisplaySet, DisplaySetKind
from viewer.workspace.viewport_state import ViewportState
from viewer.workspace.workspace import Workspace

_LATER = frozenset({DisplaySetKind.LOCALIZER, DisplaySetKind.REPEATED})
MOMENT_S = 2.0


class FirstLook:
    """Fills the empty viewports of a window while its first study is being found."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._used: set[int] = set()
        self._stand_ins: dict[int, tuple[ViewportState, float]] = {}
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
        stand_ins = self._untouched_stand_ins()
        free = [cell for cell in workspace.layout.visible_cells if cell not in self._used]
        free = sorted((*stand_ins, *free))
        if not free:
            return
        shown = {workspace.viewport(cell).display_set_key for cell in self._used.difference(stand_ins)}
        waiting = [each for each in self._candidates() if each.key not in shown]
        for cell, display_set in zip(free, waiting, strict=False):
            self._used.add(cell)
            if workspace.viewport(cell).display_set_key != display_set.key:
                workspace.show(display_set.key, cell)
                self._stand_ins.pop(cell, None)
            if display_set.kind in _LATER and cell not in self._stand_ins:
                self._stand_ins[cell] = (workspace.viewport(cell), time.monotonic())

    def _untouched_stand_ins(self) -> list[int]:
        """Return the cells that show a localizer for a moment only, just as it was put there."""
        now = time.monotonic()
        self._stand_ins = {
            cell: (state, since)
            for cell, (state, since) in self._stand_ins.items()
            if now - since < MOMENT_S and replace(self._workspace.viewport(cell), index=state.index) == state
        }
        visible = self._workspace.layout.visible_cells
        return [cell for cell in self._stand_ins if cell in visible]

    def _candidates(self) -> list[DisplaySet]:
        """Return the image sets of the study that was found first, localizers last."""
        tree, catalogue = self._workspace.tree, self._workspace.catalogue
        first = next(tree.headers(), None)
        if first is None:
            return []
        sets = [
            display_set
            for series in tree.all_series()
            if series.study.study_instance_uid == first.study_instance_uid
            for display_set in catalogue.of_series(series.key)
            if display_set.is_image
        ]
        return sorted(sets, key=lambda display_set: display_set.kind in _LATER)

    def _forget_when_empty(self) -> None:
        if not self._workspace.tree.counts.files:
            self._used.clear()
