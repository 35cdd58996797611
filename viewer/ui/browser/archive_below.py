"""What is below a study or a series of the list of archives: asked for when it is unfolded."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from viewer.base.errors import ViewerError
from viewer.base.translation import _
from viewer.ui.browser.archive_host import ArchiveHost
from viewer.ui.browser.archive_model import ArchiveModel
from viewer.ui.browser.archive_tree import ArchiveTree
from viewer.workspace.archive_rows import (
    NOTHING,
    ArchiveRow,
    ArchiveRowKind,
    Standing,
    instance_row,
    note_row,
    series_row,
)

if TYPE_CHECKING:
    from viewer.archives.search import FoundInstance, FoundSeries


class ArchiveBelow(QObject):
    """Fills the model below the rows of studies."""

    def __init__(self, parent: QObject, host: ArchiveHost, model: ArchiveModel, tree: ArchiveTree) -> None:
        super().__init__(parent)
        self._host, self._model, self._tree = host, model, tree
        self._series: dict[str, tuple[ArchiveRow, Sequence[FoundSeries]]] = {}
        self._is_closed = False
        tree.below_wanted.connect(self.ask)

    def close(self) -> None:
        """The window closes."""
        self._is_closed = True

    def clear(self) -> None:
        """Another question: nothing is unfolded."""
        self._series.clear()

    def ask(self, key: str) -> None:
        """Ask what is below a study or a series."""
        row = self._row(key)
        if row is None or row.study is None:
            return
        self._put(key, [note_row(key, _("Asking {0}").format(", ".join(row.sources)))])
        if row.kind is ArchiveRowKind.STUDY:
            self._host.desk.series_of(row.study, lambda found: self._show_series(key, found), self._failed(key))
        elif row.one_series is not None:
            self._host.desk.instances_of(
                row.study, row.one_series, lambda found: self._show_instances(key, found), self._failed(key)
            )

    def refresh(self) -> None:
        """See how much of the unfolded series is here now."""
        for key, (_study, series) in self._series.items():
            self._look(key, series)

    def _show_series(self, key: str, found: "Sequence[FoundSeries]") -> None:
        row = self._row(key)
        if row is None or self._is_closed:
            return
        self._series[key] = row, found
        if not found:
            self._put(key, [note_row(key, _("The archive lists no series of it"))])
            return
        self._fill(key, {})
        self._look(key, found)

    def _look(self, key: str, series: "Sequence[FoundSeries]") -> None:
        def looked(held: dict[str, int]) -> None:
            if held and not self._is_closed:
                self._fill(key, held)

        self._host.held_of_series([each.series_instance_uid for each in series], looked)

    def _fill(self, key: str, held: dict[str, int]) -> None:
        row, series = self._series.get(key, (None, ()))
        if row is None or row.study is None:
            return
        study = row.study
        standings = {uid: Standing(count) for uid, count in held.items()}
        self._put(
            key, [series_row(key, study, each, standings.get(each.series_instance_uid, NOTHING)) for each in series]
        )

    def _show_instances(self, key: str, found: "Sequence[FoundInstance]") -> None:
        row = self._row(key)
        if row is None or self._is_closed:
            return
        rows = [instance_row(row, each) for each in found]
        self._put(key, rows or [note_row(key, _("The archive lists no images of it"))])

    def _failed(self, key: str) -> Callable[[ViewerError], None]:
        def failed(error: ViewerError) -> None:
            if not self._is_closed:
                self._put(key, [note_row(key, _("No answer"), error.one_line())])

        return failed

    def _put(self, key: str, rows: Sequence[ArchiveRow]) -> None:
        with self._tree.in_place():
            self._model.put_below(key, rows)

    def _row(self, key: str) -> ArchiveRow | None:
        return self._model.row_at(self._model.index_of(key))
