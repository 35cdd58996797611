"""Qt's model of the list of transfers, brought up to date in place: what is chosen stays chosen."""

from collections.abc import Sequence

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt

from viewer.archives.transfer_values import TransferState
from viewer.base.translation import _
from viewer.ui.theme import Colours
from viewer.workspace.transfers import TransferRow

ROW_ROLE = Qt.ItemDataRole.UserRole + 1
_Index = QModelIndex | QPersistentModelIndex
_ICONS = {
    TransferState.QUEUED: "circle-dashed",
    TransferState.RUNNING: "play",
    TransferState.PAUSED: "pause",
    TransferState.RETRYING: "refresh",
    TransferState.DONE: "circle-check",
    TransferState.INCOMPLETE: "warning",
    TransferState.FAILED: "circle-x",
    TransferState.CANCELLED: "stop",
}


class TransferModel(QAbstractListModel):
    """One row a transfer."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[TransferRow] = []

    def show(self, rows: Sequence[TransferRow]) -> None:
        """Show other rows; those that stay keep their place in the selection."""
        wanted = [row.status.key for row in rows]
        known = set(wanted)
        for place in reversed(range(len(self._rows))):
            if self._rows[place].status.key not in known:
                self.beginRemoveRows(QModelIndex(), place, place)
                del self._rows[place]
                self.endRemoveRows()
        for place, row in enumerate(rows):
            self._put(place, row)

    def row_of(self, index: _Index) -> TransferRow | None:
        """Return the row behind an index."""
        return self._rows[index.row()] if index.isValid() and index.row() < len(self._rows) else None

    def rowCount(self, parent: _Index | None = None) -> int:
        """Return how many there are."""
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return what a row shows or says."""
        row = self.row_of(index)
        if row is None:
            return None
        if role == ROW_ROLE:
            return row
        if role == Qt.ItemDataRole.DisplayRole:
            return row.title
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(filter(None, (row.title, row.place, row.state, row.counted, row.left, row.reason)))
        if role == Qt.ItemDataRole.ToolTipRole:
            from viewer.ui.pieces import plain_tooltip

            return plain_tooltip(*lines_of(row))
        return None

    def _put(self, place: int, row: TransferRow) -> None:
        at = next((n for n in range(place, len(self._rows)) if self._rows[n].status.key == row.status.key), None)
        if at is None:
            self.beginInsertRows(QModelIndex(), place, place)
            self._rows.insert(place, row)
            self.endInsertRows()
            return
        if at != place:
            self.beginMoveRows(QModelIndex(), at, at, QModelIndex(), place)
            self._rows.insert(place, self._rows.pop(at))
            self.endMoveRows()
        if self._rows[place] != row:
            self._rows[place] = row
            self.dataChanged.emit(self.index(place), self.index(place))


def lines_of(row: TransferRow) -> tuple[str, ...]:
    """Return what is to be said of a transfer, line by line."""
    numbers = "  ·  ".join(filter(None, (row.counted, row.rate, row.left)))
    return row.title, f"{row.place}: {row.state}", numbers, missing_text(row), row.reason


def missing_text(row: TransferRow) -> str:
    """Return what of a transfer that has ended is not there; empty for nothing."""
    status = row.status
    missing = status.expected - status.done
    if not status.state.has_ended or missing <= 0 or status.state is TransferState.CANCELLED:
        return ""
    return _("{done} of {expected}: {missing} missing").format(
        done=status.done, expected=status.expected, missing=missing
    )


def icon_of(state: TransferState) -> str:
    """Return the name of a state's icon."""
    return _ICONS[state]


def colour_of(row: TransferRow, ink: Colours) -> str:
    """Return the colour of a transfer's state, which its word says too."""
    return {
        TransferState.RUNNING: ink.accent,
        TransferState.RETRYING: ink.caution,
        TransferState.DONE: ink.good,
        TransferState.INCOMPLETE: ink.caution,
        TransferState.FAILED: ink.danger,
        TransferState.PAUSED: ink.caution if row.reason else ink.secondary,
    }.get(row.status.state, ink.secondary)
