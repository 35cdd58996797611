"""What the receiver told lately that somebody should look at: refused callers, instances kept aside, problems."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from viewer.base.translation import N_, _
from viewer.reception.events import PROBLEM, QUARANTINED, REFUSED, ReceiverEvent
from viewer.ui.buttons import push_button
from viewer.ui.pieces import SPACING, Table, plain_tooltip
from viewer.ui.reception.aside_texts import moment_text
from viewer.ui.reception.office import Office
from viewer.ui.theme import colours

COLUMN_AT, COLUMN_WHAT, COLUMN_WHO, COLUMN_WHY = range(4)
TABLE_PX, MOST = 150, 50
TITLES = {REFUSED: N_("refused"), QUARANTINED: N_("kept aside"), PROBLEM: N_("problem")}


class EventsTable(QWidget):
    """Follows the receiver; the newest stands first.

    Signals:
        allowed: A rule that lets the chosen caller in, AET@ADDRESS.
    """

    allowed = Signal(str)

    def __init__(self, office: Office) -> None:
        super().__init__()
        self._office = office
        self._events: tuple[ReceiverEvent, ...] = ()
        titles = [_("When"), _("What"), _("Who"), _("Why")]
        self._table = Table(titles, wide=COLUMN_WHY, name=_("What happened lately"))
        self._table.setFixedHeight(TABLE_PX)
        self._allow = push_button(_("Add this sender to the list"), self._allow_chosen)
        self._table.currentCellChanged.connect(lambda *_cells: self._enable())
        buttons = QHBoxLayout()
        buttons.addWidget(self._allow)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACING)
        column.addWidget(self._table)
        column.addLayout(buttons)
        office.condition_changed.connect(self.show_events)
        self.show_events()

    def show_events(self) -> None:
        """Show what was told; the chosen row stays the same event's."""
        state = self._office.condition.state
        events = tuple(reversed(state.events))[:MOST] if state is not None else ()
        if events == self._events:
            self._enable()
            return
        chosen = self._chosen()
        self._events = events
        self._table.setRowCount(len(events))
        for row, event in enumerate(events):
            colour = colours().danger if event.event == PROBLEM else ""
            why = str(event.details.get("reason", ""))
            texts = (moment_text(event.at), _(TITLES.get(event.event, event.event)), _who(event), why)
            for column, text in enumerate(texts):
                self._table.put(row, column, text, colour=colour).setToolTip(plain_tooltip(text))
        if chosen in events:
            self._table.setCurrentCell(events.index(chosen), COLUMN_AT)
        self._enable()

    def _chosen(self) -> ReceiverEvent | None:
        row = self._table.currentRow()
        return self._events[row] if 0 <= row < len(self._events) else None

    def _enable(self) -> None:
        self._allow.setEnabled(bool(_rule(self._chosen())))

    def _allow_chosen(self) -> None:
        if rule := _rule(self._chosen()):
            self.allowed.emit(rule)


def _who(event: ReceiverEvent) -> str:
    title, address = (str(event.details.get(name, "")) for name in ("aet", "address"))
    return _("{0} at {1}").format(title, address) if title and address else title or address


def _rule(event: ReceiverEvent | None) -> str:
    """Return the rule that would let a caller in; empty where nothing says who it was."""
    if event is None or event.event == PROBLEM:
        return ""
    title, address = (str(event.details.get(name, "")) for name in ("aet", "address"))
    return f"{title}@{address}" if title and address and "@" not in title else ""
