"""The list of the library: patients, studies and series, what of them is chosen, and its own keys."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, Qt

from viewer.base.translation import _
from viewer.ui.browser.library_delegate import LibraryDelegate
from viewer.ui.browser.library_model import (
    COLUMN_DATE,
    COLUMN_ID,
    COLUMN_IMAGES,
    COLUMN_MODALITY,
    COLUMN_RATING,
    COLUMN_RECEIVED,
    LibraryModel,
)
from viewer.ui.browser.row_tree import RowTree
from viewer.workspace.library_rows import LibraryRow, LibraryRowKind

if TYPE_CHECKING:
    from viewer.library.study_row import SeriesRow, StudyRow

OTHER_COLUMNS = {
    COLUMN_MODALITY: 68,
    COLUMN_IMAGES: 60,
    COLUMN_DATE: 112,
    COLUMN_ID: 110,
    COLUMN_RECEIVED: 122,
    COLUMN_RATING: 68,
}
"""The columns beside the first, and how wide they are at first."""
_RATINGS = {Qt.Key(Qt.Key.Key_0.value + rating): f"rate_{rating}" for rating in range(6)}
_KEYS = {
    Qt.Key.Key_Delete: "trash",
    Qt.Key.Key_F2: "notes",
    Qt.Key.Key_Slash: "search",
    Qt.Key.Key_F: "flag",
    **_RATINGS,
}


class LibraryTree(RowTree):
    """Patients, studies and series of a LibraryModel."""

    def __init__(self, model: LibraryModel, delegate: LibraryDelegate) -> None:
        super().__init__(model, delegate, OTHER_COLUMNS, _KEYS)
        self._model = model
        self.setAccessibleName(_("Studies on this computer"))
        model.rowsInserted.connect(self._unfold_patients)

    def current_row(self) -> LibraryRow | None:
        """Return the row the keyboard is on."""
        return self._model.row_at(self.currentIndex())

    def chosen_studies(self) -> "list[StudyRow]":
        """Return the studies that are chosen: those of a patient, or of a series, too."""
        found: dict[str, StudyRow] = {}
        for index in self.chosen():
            row, above = self._model.row_at(index), self._model.row_at(index.parent())
            is_series = row is not None and row.entry is not None
            chosen = above if is_series else row
            for each in (chosen, *chosen.children) if chosen is not None else ():
                if each.study is not None:
                    found[each.key] = each.study
        return list(found.values())

    def chosen_series(self) -> "tuple[StudyRow, SeriesRow] | None":
        """Return the series that is chosen alone, with its study; None when it is something else."""
        chosen = self.chosen()
        if len(chosen) != 1:
            return None
        row, above = self._model.row_at(chosen[0]), self._model.row_at(chosen[0].parent())
        if row is None or row.entry is None or above is None or above.study is None:
            return None
        return above.study, row.entry.series

    def unfold_all_patients(self) -> None:
        """Show the studies of all patients, after a new answer."""
        self.expandToDepth(0)

    def _unfold_patients(self, parent: QModelIndex, first: int, last: int) -> None:
        if not parent.isValid():
            for place in range(first, last + 1):
                index = self._model.index(place, 0)
                row = self._model.row_at(index)
                if row is not None and row.kind is LibraryRowKind.PATIENT:
                    self.expand(index)
