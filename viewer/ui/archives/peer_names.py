"""The archives at the left of their window: what each is called, where it is, and what it said last."""

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QStyledItemDelegate, QStyleOptionViewItem

from viewer.base.translation import _
from viewer.network.peers import Peer
from viewer.ui.browser.row_painting import MARGIN_PX, MARK_PX, paint_ground, paint_text, two_lines
from viewer.ui.icons import icon
from viewer.ui.pieces import plain_tooltip
from viewer.ui.theme import colours
from viewer.workspace.peer_states import Answer, PeerState

_ROW_ROLE = Qt.ItemDataRole.UserRole + 1
_WORDS_ROLE = Qt.ItemDataRole.AccessibleTextRole


@dataclass(frozen=True, slots=True)
class NameRow:
    """A row.

    Attributes:
        key: The archive's name as it is kept; empty for a new one.
        name: As it is shown.
        place: Where it is.
        is_changed: Whether something was changed and not kept.
    """

    key: str
    name: str
    place: str
    state: PeerState
    is_changed: bool = False


class PeerNames(QListWidget):
    """Rows of archives.

    Signals:
        chosen: The name of an archive; empty for the new one.
    """

    chosen = Signal(str)
    delete_pressed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(_("Archives"))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._delegate = _NameDelegate()
        self.setItemDelegate(self._delegate)
        self._rows: list[NameRow] = []
        self.currentRowChanged.connect(self._tell)

    @property
    def name(self) -> str:
        """The name of the archive that is chosen; empty for the new one, and for none."""
        return self._rows[self.currentRow()].key if self.is_any_chosen else ""

    @property
    def is_any_chosen(self) -> bool:
        """Whether one is chosen."""
        return 0 <= self.currentRow() < len(self._rows)

    @property
    def shown(self) -> tuple[NameRow, ...]:
        """The rows as they are shown."""
        return tuple(self._rows)

    def show_peers(
        self,
        peers: Sequence[Peer],
        state_of: Callable[[str], PeerState],
        changed: AbstractSet[str],
        *,
        is_adding: bool,
    ) -> None:
        """Show archives; what is chosen stays chosen."""
        rows = [
            NameRow(peer.name, peer.name, place_of(peer), state_of(peer.name), peer.name in changed) for peer in peers
        ]
        if is_adding:
            name = next((row.name for row in self._rows if not row.key), _("New archive"))
            rows.append(NameRow("", name, _("not kept yet"), PeerState(), is_changed=True))
        key = self._rows[self.currentRow()].key if self.is_any_chosen else None
        self.blockSignals(True)
        while self.count() > len(rows):
            self.takeItem(self.count() - 1)
        while self.count() < len(rows):
            QListWidgetItem(self)
        self._rows = rows
        for number in range(len(rows)):
            self._put(number)
        place = next((number for number, row in enumerate(rows) if row.key == key), -1) if key is not None else -1
        self.setCurrentRow(place)
        self.blockSignals(False)

    def mark(self, changed: AbstractSet[str], name: str) -> None:
        """Mark what was changed; the new archive is called as it is being called."""
        for number, row in enumerate(self._rows):
            shown = (name or _("New archive")) if not row.key and number == self.currentRow() else row.name
            self._rows[number] = NameRow(row.key, shown, row.place, row.state, row.key in changed or not row.key)
            self._put(number)

    def choose(self, name: str, *, is_shown: bool = False) -> None:
        """Choose an archive.

        Args:
            name: Its name; empty for the new one.
            is_shown: Whether its page is shown already.
        """
        place = next((number for number, row in enumerate(self._rows) if row.key == name), -1)
        self.blockSignals(is_shown)
        before = self.currentRow()
        self.setCurrentRow(place)
        self.blockSignals(False)
        if place == before and place >= 0 and not is_shown:
            self._tell(place)

    def choose_next(self, name: str) -> None:
        """Let the row that is chosen be that of an archive of another name from now on."""
        if self.is_any_chosen:
            row = self._rows[self.currentRow()]
            self._rows[self.currentRow()] = NameRow(name, name, row.place, row.state)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Remove with Delete."""
        if event.key() in {Qt.Key.Key_Delete, Qt.Key.Key_Backspace}:
            self.delete_pressed.emit()
        else:
            super().keyPressEvent(event)

    def _put(self, number: int) -> None:
        row, item = self._rows[number], self.item(number)
        item.setText(row.name)
        item.setData(_ROW_ROLE, row)
        words = row.state.words or _("not asked yet")
        item.setData(_WORDS_ROLE, ", ".join(filter(None, (row.name, row.place, words))))
        item.setToolTip(plain_tooltip(row.name, row.place, *words.splitlines(), row.state.fix))

    def _tell(self, number: int) -> None:
        if 0 <= number < len(self._rows):
            self.chosen.emit(self._rows[number].key)


class _NameDelegate(QStyledItemDelegate):
    """Draws a row: name and state, and where it is."""

    def sizeHint(self, option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(120, 2 * option.fontMetrics.height() + 4 * MARGIN_PX)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        row = index.data(_ROW_ROLE)
        if not isinstance(row, NameRow):
            return
        painter.save()
        painter.setFont(option.font)
        ink, metrics = colours(), option.fontMetrics
        area = paint_ground(painter, option).adjusted(2 * MARGIN_PX, 0, -MARGIN_PX, 0)
        first, second = two_lines(area, metrics)
        name, colour = _mark_of(row)
        if name:
            place = QRect(first.right() - MARK_PX, first.center().y() - MARK_PX // 2, MARK_PX, MARK_PX)
            icon(name, colour).paint(painter, place)
            first.setRight(place.left() - MARGIN_PX)
        paint_text(painter, first, row.name, ink.text, metrics)
        paint_text(painter, second, row.place, ink.secondary, metrics)
        painter.restore()


def _mark_of(row: NameRow) -> tuple[str, str]:
    ink = colours()
    if row.is_changed:
        return "notes", ink.caution
    return {
        Answer.ASKING: ("refresh", ink.secondary),
        Answer.GOOD: ("circle-check", ink.good),
        Answer.PARTLY: ("warning", ink.caution),
        Answer.BAD: ("circle-x", ink.danger),
    }.get(row.state.answer, ("", ""))


def place_of(peer: Peer) -> str:
    """Return where an archive is, in short."""
    parts = [str(peer.station)] if peer.station is not None else []
    if peer.web is not None:
        parts.append(peer.web.root.partition("://")[2] if parts else peer.web.root)
    return "  ·  ".join(parts)
