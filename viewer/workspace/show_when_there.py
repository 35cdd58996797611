"""A study that was asked for goes into the viewport where the reader is, as soon as there is something of it."""

import time
from collections.abc import Callable

from viewer.workspace.first_look import MOMENT_S
from viewer.workspace.opening import Opener
from viewer.workspace.study_nodes import Study
from viewer.workspace.workspace import Workspace


class ShowWhenThere:
    """Shows a study in the active viewport as soon as there is something of it, unless it is on the screen already.

    Args:
        is_wanted: Whether a study is the one that was asked for: two patients may share a Study Instance UID.
        series_uid: Shows this series whatever is on the screen; empty for the first images of the study.
        opener: When it has ended, a series whose middle was found first goes to its first image.
    """

    def __init__(
        self, workspace: Workspace, is_wanted: Callable[[Study], bool], series_uid: str, opener: Opener
    ) -> None:
        self._workspace = workspace
        self._opener = opener
        self._is_wanted = is_wanted
        self._series_uid = series_uid
        self._cell = workspace.active
        self._disconnect: Callable[[], None] | None = None
        if not self._show():
            self._disconnect = workspace.catalogue.changed.connect(lambda _keys: self._try())

    def _try(self) -> None:
        is_over = self._workspace.window is None
        if (is_over or self._show()) and self._disconnect is not None:
            self._disconnect()
            self._disconnect = None

    def _show(self) -> bool:
        workspace = self._workspace
        if not self._series_uid and self._is_on_screen():
            return True
        for series in workspace.tree.all_series():
            if not self._is_wanted(series.study):
                continue
            if self._series_uid and series.series_instance_uid != self._series_uid:
                continue
            sets = workspace.catalogue.of_series(series.key)
            chosen = next((each for each in sets if each.is_image), None)
            if chosen is not None:
                if workspace.viewport(self._cell).display_set_key != chosen.key:
                    workspace.show(chosen.key, self._cell)
                    self._go_first_when_whole()
                return True
        return False

    def _go_first_when_whole(self) -> None:
        shown, since = self._workspace.image_at(self._cell), time.monotonic()

        def ended(_end: object) -> None:
            if self._opener.is_busy:
                return
            disconnect()
            now = self._workspace.image_at(self._cell)
            is_untouched = shown is not None and now is not None and now.identity == shown.identity
            if is_untouched and time.monotonic() - since < MOMENT_S:
                self._workspace.set_index(0, self._cell)

        disconnect = self._opener.ended.connect(ended)

    def _is_on_screen(self) -> bool:
        cells = self._workspace.layout.visible_cells
        shown = [series for cell in cells if (series := self._workspace.series_at(cell)) is not None]
        return any(self._is_wanted(series.study) for series in shown)
