"""Rows of the list of measurements: of studies, of series, of marks; and what screen readers read of them."""

from collections.abc import Callable

from PySide6.QtCore import QObject, QSize, Qt, QTimer
from PySide6.QtWidgets import QTreeWidgetItem

from viewer.base.translation import _
from viewer.measurement.annotation import Annotation
from viewer.ui.measuring.measurement_delegate import ROW_ROLE, MarkRow
from viewer.workspace.measuring.finding_codes import folded, words_of
from viewer.workspace.measuring.measurement_table import StudyMarks

UID_ROLE = Qt.ItemDataRole.UserRole
_AT_ONCE = 100


class RowFilling(QObject):
    """What rows of marks say, kept until a mark is another one.

    Args:
        parent: The list.
        item_of: Returns the row of a mark; None for none.
    """

    def __init__(self, parent: QObject, item_of: Callable[[str], QTreeWidgetItem | None]) -> None:
        super().__init__(parent)
        self._item_of = item_of
        self._rows: dict[str, MarkRow] = {}
        self._unsaid: dict[str, None] = {}
        self._saying = QTimer(self)
        self._saying.setSingleShot(True)
        self._saying.timeout.connect(self._say_some)

    def row(self, uid: str) -> MarkRow:
        """Return what the row of a mark shows."""
        return self._rows[uid]

    def fill(self, item: QTreeWidgetItem, mark: Annotation, number: int | None) -> None:
        """Let a row show a mark."""
        row = self._rows.get(mark.uid)
        if row is None or row.mark is not mark or row.number != number:
            row = self._rows[mark.uid] = MarkRow(mark, number)
        if item.data(0, ROW_ROLE) is not row:
            item.setData(0, ROW_ROLE, row)
            self._unsaid[mark.uid] = None
            self._saying.start()

    def keep(self, uids: frozenset[str]) -> None:
        """Drop what was kept of all other marks."""
        self._rows = {uid: row for uid, row in self._rows.items() if uid in uids}

    def _say_some(self) -> None:
        """Write what screen readers read of rows, some at a time."""
        for uid in tuple(self._unsaid)[:_AT_ONCE]:
            del self._unsaid[uid]
            row, item = self._rows.get(uid), self._item_of(uid)
            if row is not None and item is not None:
                item.setText(0, f"{row.name}  {row.numbers}".rstrip())
        if self._unsaid:
            self._saying.start()


def children(item: QTreeWidgetItem | None) -> list[QTreeWidgetItem]:
    """Return the rows below a row; none below none."""
    if item is None:
        return []
    return [child for place in range(item.childCount()) if (child := item.child(place)) is not None]


def study_title_of(study: StudyMarks) -> str:
    """Return what the row of a study says."""
    return _("Prior: {0}").format(study.title) if study.is_prior else study.title


def series_titles(study: StudyMarks) -> list[str]:
    """Return what the rows of a study's series say."""
    return [each.title for each in study.series]


def group_row(title: str, size: QSize) -> QTreeWidgetItem:
    """Return a row that marks stand under; it cannot be chosen."""
    item = QTreeWidgetItem([title])
    item.setFlags(Qt.ItemFlag.ItemIsEnabled)
    item.setData(0, Qt.ItemDataRole.SizeHintRole, size)
    return item


def holds(row: MarkRow, words: list[str]) -> bool:
    """Return whether every word occurs in what is said of a mark."""
    mark = row.mark
    text = folded(" ".join((row.name, row.numbers, words_of(mark.finding), words_of(mark.site), mark.group, mark.text)))
    return all(word in text for word in words)
