"""What routing rules have yet to do, and what they have given up: tried again, or given up, by hand."""

from datetime import UTC, datetime

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from viewer.base.errors import ViewerError
from viewer.base.translation import _
from viewer.library.deliveries import Deliveries, Delivery
from viewer.library.library import Library
from viewer.reception.rule_drafts import action_text_of
from viewer.ui.buttons import push_button
from viewer.ui.pieces import SPACING, Table, danger, plain_tooltip, while_alive
from viewer.ui.reception import aside_texts
from viewer.ui.reception.office import Office
from viewer.ui.theme import colours

COLUMN_RULE, COLUMN_ACTION, COLUMN_STUDY, COLUMN_NEXT, COLUMN_ERROR = range(5)
TABLE_PX = 130
Listed = tuple[tuple[Delivery, str], ...]


def listed(library: Library) -> Listed:
    """Return what is to be done and what was given up, each with words for its study.

    Raises:
        LibraryError: If the index cannot be read.
    """
    deliveries = Deliveries(library.database)
    return tuple((each, _study(library, each)) for each in (*deliveries.waiting(), *deliveries.given_up()))


class DeliveriesTable(QWidget):
    """Follows the library while it is shown."""

    def __init__(self, office: Office) -> None:
        super().__init__()
        self._office = office
        self._rows: Listed = ()
        titles = [_("Rule"), _("What is to be done"), _("Study"), _("Next attempt"), _("Why not yet")]
        self._table = Table(titles, wide=COLUMN_ERROR, name=_("Waiting deliveries"))
        self._table.setFixedHeight(TABLE_PX)
        self._trouble = danger()
        self._trouble.hide()
        self._again = push_button(_("Try again now"), self._try_again)
        self._give_up = push_button(_("Give up"), self._give_it_up)
        self._table.currentCellChanged.connect(lambda *_cells: self._enable())
        buttons = QHBoxLayout()
        buttons.addWidget(self._again)
        buttons.addWidget(self._give_up)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACING)
        column.addWidget(self._table)
        column.addWidget(self._trouble)
        column.addLayout(buttons)
        self._enable()

    def reload(self) -> None:
        """Ask the library what waits."""
        self._office.desk.ask(listed, while_alive(self, self._show), while_alive(self, self._failed), key="deliveries")

    def _show(self, rows: Listed) -> None:
        chosen = self._chosen()
        self._rows = rows
        self._trouble.hide()
        self._table.setRowCount(len(rows))
        for row, (delivery, study) in enumerate(rows):
            is_over = delivery.ended_at is not None
            texts = (
                delivery.rule,
                action_text_of(delivery.action),
                study,
                _("given up") if is_over else aside_texts.moment_text(delivery.due_at),
                delivery.error,
            )
            for column, text in enumerate(texts):
                colour = colours().danger if column == COLUMN_ERROR else ""
                self._table.put(row, column, text, colour=colour).setToolTip(plain_tooltip(text))
        keys = [delivery.key for delivery, _study_text in rows]
        if chosen is not None and chosen.key in keys:
            self._table.setCurrentCell(keys.index(chosen.key), COLUMN_RULE)
        self._enable()

    def _chosen(self) -> Delivery | None:
        row = self._table.currentRow()
        return self._rows[row][0] if 0 <= row < len(self._rows) else None

    def _enable(self) -> None:
        chosen = self._chosen()
        self._again.setEnabled(chosen is not None)
        self._give_up.setEnabled(chosen is not None and chosen.ended_at is None)

    def _try_again(self) -> None:
        if (chosen := self._chosen()) is not None:

            def note(library: Library) -> None:
                action = [(chosen.rule, chosen.action)]
                Deliveries(library.database).note(chosen.study_instance_uid, action, datetime.now(UTC))

            self._office.desk.ask(note, while_alive(self, lambda _none: self.reload()), while_alive(self, self._failed))

    def _give_it_up(self) -> None:
        if (chosen := self._chosen()) is not None:

            def end(library: Library) -> None:
                reason = chosen.error or _("given up by hand")
                Deliveries(library.database).end(chosen.key, datetime.now(UTC), reason)

            self._office.desk.ask(end, while_alive(self, lambda _none: self.reload()), while_alive(self, self._failed))

    def _failed(self, error: ViewerError) -> None:
        self._trouble.setText(error.one_line())
        self._trouble.show()


def _study(library: Library, delivery: Delivery) -> str:
    rows = library.catalogue.studies_of_uid(delivery.study_instance_uid)
    return aside_texts.patient_text(aside_texts.row_attributes(rows[0])) if rows else delivery.study_instance_uid
