"""The list of archives: patients, studies, series and instances; what of them is chosen, and its own keys."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemView

from viewer.base.translation import _
from viewer.ui.browser.archive_delegate import ArchiveDelegate
from viewer.ui.browser.archive_model import (
    COLUMN_ACCESSION,
    COLUMN_DATE,
    COLUMN_HERE,
    COLUMN_ID,
    COLUMN_IMAGES,
    COLUMN_MODALITY,
    COLUMN_SERIES,
    COLUMN_SOURCES,
    ArchiveModel,
)
from viewer.ui.browser.row_tree import RowTree
from viewer.workspace.archive_rows import ArchiveRow, ArchiveRowKind

OTHER_COLUMNS = {
    COLUMN_MODALITY: 68,
    COLUMN_SERIES: 56,
    COLUMN_IMAGES: 60,
    COLUMN_DATE: 112,
    COLUMN_ID: 110,
    COLUMN_ACCESSION: 110,
    COLUMN_SOURCES: 130,
    COLUMN_HERE: 120,
}
"""The columns beside the first, and how wide they are at first."""
_ENTER = frozenset({Qt.Key.Key_Return, Qt.Key.Key_Enter})
_KEYS = {Qt.Key.Key_Slash: "focus"}
_WITH_ENTER = {
    Qt.KeyboardModifier.NoModifier: "open",
    Qt.KeyboardModifier.ShiftModifier: "view",
    Qt.KeyboardModifier.ControlModifier: "fetch",
}
"""What Enter asks for, by what is held with it."""


class ArchiveTree(RowTree):
    """Rows of an ArchiveModel, all of one height."""

    below_wanted = Signal(str)
    """The key of a study or series that was unfolded: what is below it is to be asked for."""

    def __init__(self, model: ArchiveModel) -> None:
        super().__init__(model, ArchiveDelegate(), OTHER_COLUMNS, _KEYS)
        self._model = model
        self._open: set[str] = set()
        self.setUniformRowHeights(True)
        self.setAccessibleName(_("Studies in archives"))
        self.setDragEnabled(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.expanded.connect(self._unfolded)
        self.collapsed.connect(self._folded)
        model.rowsInserted.connect(self._unfold_patients)
        model.moved.connect(self._unfold_again)

    def chosen_rows(self) -> list[ArchiveRow]:
        """Return the studies, series and instances that are chosen: those of a patient too, nothing twice."""
        found: dict[str, ArchiveRow] = {}
        for index in self.chosen():
            row = self._model.row_at(index)
            if row is None or row.kind is ArchiveRowKind.NOTE:
                continue
            if row.kind is ArchiveRowKind.PATIENT:
                below = (self._model.row_at(self._model.index(n, 0, index)) for n in range(self._model.rowCount(index)))
                found.update({each.key: each for each in below if each is not None})
            else:
                found[row.key] = row
        # What is chosen whole is not asked for in parts as well.
        return [row for key, row in found.items() if not any(key.startswith(f"{other}\x1e") for other in found)]

    def current_row(self) -> ArchiveRow | None:
        """Return the row the keyboard is on."""
        return self._model.row_at(self.currentIndex())

    def action_of(self, event: QKeyEvent) -> str:
        """Return what a key asks for; empty when it is not the list's own."""
        if Qt.Key(event.key()) in _ENTER:
            held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
            return _WITH_ENTER.get(held, "")
        if event.matches(QKeySequence.StandardKey.Copy):
            return "copy_uid"
        return super().action_of(event)

    def forget(self) -> None:
        """Another question: nothing is unfolded."""
        self._open.clear()

    def _unfolded(self, index: QModelIndex) -> None:
        row = self._model.row_at(index)
        if row is not None and row.can_unfold:
            self._open.add(row.key)
            if not self._model.is_asked_below(row.key):
                self.below_wanted.emit(row.key)

    def _folded(self, index: QModelIndex) -> None:
        row = self._model.row_at(index)
        if row is not None:
            self._open.discard(row.key)

    def _unfold_patients(self, parent: QModelIndex | QPersistentModelIndex, first: int, last: int) -> None:
        if not parent.isValid():
            for place in range(first, last + 1):
                self.expand(self._model.index(place, 0))

    def _unfold_again(self, key: str) -> None:
        """Unfold what was unfolded below a row that moved."""
        for each in tuple(self._open):
            if each.startswith(key):
                self.expand(self._model.index_of(each))
