"""Deciding about what is kept aside: unknown senders, altered duplicates, identities that do not fit together."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QStackedWidget,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from viewer.base.errors import ViewerError
from viewer.base.translation import _, ngettext
from viewer.library.aside import AsideGroup, Decided, DecisionKind, pending, undo
from viewer.library.instance_record import AsideReason
from viewer.library.library import Library
from viewer.library.study_row import IdentityWarning
from viewer.reception.reachability import Trouble
from viewer.ui.buttons import push_button
from viewer.ui.hairline import hairline
from viewer.ui.pieces import coloured, paragraph
from viewer.ui.reception import aside_texts
from viewer.ui.reception.aside_panes import AlteredPane, Decision, InboxPane, Pane, WarningPane
from viewer.ui.reception.office import Office
from viewer.ui.reception.reconcile_window import ReconcileWindow
from viewer.ui.theme import colours

SIZE, LEAST_SIZE = (1100, 720), (860, 560)
LIST_PX = 320
_MARGIN, _GAP = 16, 12
_ROLE = Qt.ItemDataRole.UserRole
_MANY = 500
_LARGE = 256 << 20


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for a decision."""

    groups: tuple[AsideGroup, ...]
    warnings: tuple[IdentityWarning, ...]


def waiting_in(library: Library) -> Waiting:
    """Return what waits in a library.

    Raises:
        LibraryError: If the index cannot be read.
    """
    return Waiting(pending(library), tuple(library.catalogue.warnings()))


class AsideWindow(QDialog):
    """What waits at the left, one of it at the right; nothing is decided but by a button."""

    def __init__(self, office: Office, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(_("To decide"))
        self.setMinimumSize(*LEAST_SIZE)
        self.resize(*SIZE)
        self._office = office
        self._items: dict[str, AsideGroup | IdentityWarning] = {}
        self._decided: list[Decided] = []
        self._is_closed = self._is_busy = False
        self._list, self._stack = QTreeWidget(), QStackedWidget()
        self._nothing = QLabel(_("Nothing waits for a decision"))
        self._inbox, self._altered, self._warning = InboxPane(), AlteredPane(office), WarningPane()
        self._message = paragraph()
        self._undo = push_button(_("Undo"), self.take_back, "undo")
        self._undo.hide()
        self._lay_out()
        for pane in (self._inbox, self._altered, self._warning):
            pane.decided.connect(self.decide)
            pane.put_off.connect(self.go_on)
        self._warning.reconcile_wanted.connect(self.reconcile)
        office.aside_changed.connect(self.reload)
        self.reload()

    # What is shown

    def reload(self) -> None:
        """Ask the library what waits."""
        self._office.desk.ask(waiting_in, self._show, self._failed, key="aside list")

    @property
    def lines(self) -> int:
        """How many lines are shown."""
        return len(self._items)

    @property
    def pane(self) -> QWidget | None:
        """What is shown at the right."""
        return self._stack.currentWidget()

    def _show(self, waiting: Waiting) -> None:
        if self._is_gone():
            return
        chosen = self._chosen_key()
        row = self._row_of(chosen)
        self._items = dict(_keyed(waiting))
        self._list.blockSignals(True)
        self._list.clear()
        for title, reason in (
            (_("Other content under the same UID"), AsideReason.ALTERED),
            (_("Inbox: unknown senders"), AsideReason.UNKNOWN_SENDER),
        ):
            self._add_part(
                title, [(_key(each), _group_lines(each)) for each in waiting.groups if each.reason is reason]
            )
        self._add_part(
            _("Identities and late arrivals"), [(_key(each), _warning_lines(each)) for each in waiting.warnings]
        )
        self._list.expandAll()
        self._list.blockSignals(False)
        self._choose(chosen, row)

    def _add_part(self, title: str, lines: list[tuple[str, tuple[str, str]]]) -> None:
        if not lines:
            return
        part = QTreeWidgetItem(self._list, [f"{title} ({len(lines)})"])
        part.setFlags(Qt.ItemFlag.ItemIsEnabled)
        part.setForeground(0, self._list.palette().placeholderText())
        for key, (first, second) in lines:
            item = QTreeWidgetItem(part, [f"{first}\n{second}"])
            item.setData(0, _ROLE, key)
            item.setData(0, Qt.ItemDataRole.AccessibleTextRole, f"{first}, {second}")

    def _choose(self, key: str, row: int) -> None:
        items = self._line_items()
        found = next((item for item in items if item.data(0, _ROLE) == key), None)
        if found is None and items:
            found = items[min(max(row, 0), len(items) - 1)]
        if found is not None:
            self._list.setCurrentItem(found)
        self._show_chosen()

    def _show_chosen(self) -> None:
        chosen = self._items.get(self._chosen_key())
        if chosen is None:
            self._stack.setCurrentWidget(self._nothing)
        elif isinstance(chosen, IdentityWarning):
            self._warning.show_warning(chosen)
            self._stack.setCurrentWidget(self._warning)
        elif chosen.reason is AsideReason.UNKNOWN_SENDER:
            self._inbox.show_group(chosen)
            self._stack.setCurrentWidget(self._inbox)
        else:
            self._altered.show_group(chosen)
            self._stack.setCurrentWidget(self._altered)

    def _line_items(self) -> list[QTreeWidgetItem]:
        parts = [self._list.topLevelItem(number) for number in range(self._list.topLevelItemCount())]
        lines = [part.child(number) for part in parts if part is not None for number in range(part.childCount())]
        return [line for line in lines if line is not None]

    def _chosen_key(self) -> str:
        item = self._list.currentItem()
        return str(item.data(0, _ROLE) or "") if item is not None else ""

    def _row_of(self, key: str) -> int:
        keys = [item.data(0, _ROLE) for item in self._line_items()]
        return keys.index(key) if key in keys else 0

    # Deciding

    def decide(self, decision: Decision) -> None:
        """Do what the reader decided, in the background."""
        chosen = self._items.get(self._chosen_key())
        self._wait(is_busy=True)
        self._say(_("being done…"))

        def done(decided: Decided | None) -> None:
            self._after(aside_texts.decided_text(decided) if decided is not None else _("Settled"), decided)
            self._tell_renewed(decided)
            if decision.allows:  # also when the window was closed meanwhile
                self._allow(decision.allows)

        if isinstance(chosen, AsideGroup) and (len(chosen.arrived) > _MANY or chosen.size > _LARGE):
            self._office.desk.work(decision.act, done, self._failed)
        else:
            from viewer.base.jobs import Progress

            self._office.desk.ask(lambda library: decision.act(library, Progress()), done, self._failed)

    def go_on(self) -> None:
        """Show the next line; after the last one the first."""
        items = self._line_items()
        if items:
            self._list.setCurrentItem(items[(self._row_of(self._chosen_key()) + 1) % len(items)])

    def take_back(self) -> None:
        """Undo the last decision of this window."""
        if not self._decided:
            return
        last = self._decided.pop()
        self._wait(is_busy=True)

        def done(count: int) -> None:
            self._after(ngettext("{0} image is as it was", "{0} images are as they were", count).format(count), None)
            self._tell_renewed(last)

        self._office.desk.ask(lambda library: undo(library, last), done, self._failed)

    def reconcile(self, study_instance_uid: str) -> None:
        """Show the window that puts a study's identity right."""
        ReconcileWindow(self._office, study_instance_uid, self).show()

    def _tell_renewed(self, decided: Decided | None) -> None:
        if decided is not None and decided.kind is DecisionKind.PUT_IN_FORCE:
            self._office.renewed(decided.study_instance_uids)

    def _after(self, text: str, decided: Decided | None) -> None:
        if self._is_gone():
            return
        if decided is not None and decided.can_be_undone:
            self._decided.append(decided)
        self._say(text)
        self._wait(is_busy=False)
        self.reload()
        self._list.setFocus()

    def _allow(self, rule: str) -> None:
        settings = self._office.settings
        if rule in settings.allow:
            return

        def told(trouble: Trouble | None) -> None:
            if self._is_closed:
                return
            if trouble is not None:
                self._say(trouble.words, colours().danger)
            else:
                self._say(_("Accepted; {0} may send from now on").format(rule))

        self._office.put_into_force(replace(settings, allow=(*settings.allow, rule)), told)

    def _failed(self, error: ViewerError) -> None:
        if not self._is_gone():
            self._wait(is_busy=False)
            self._say(error.one_line(), colours().danger)

    def _say(self, text: str, colour: str = "") -> None:
        coloured(self._message, colour or colours().text)
        self._message.setText(text)

    def _wait(self, *, is_busy: bool) -> None:
        self._is_busy = is_busy
        self._stack.setEnabled(not is_busy)
        self._undo.setVisible(bool(self._decided))
        self._undo.setEnabled(not is_busy)

    def _is_gone(self) -> bool:
        return self._is_closed or not isValid(self)

    # Building

    def _lay_out(self) -> None:
        self._list.setHeaderHidden(True)
        self._list.setRootIsDecorated(False)
        self._list.setIndentation(12)
        self._list.setItemsExpandable(False)
        self._list.setAccessibleName(_("What waits for a decision"))
        self._list.setFixedWidth(LIST_PX)
        self._list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.currentItemChanged.connect(lambda _now, _before: self._show_chosen())
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        for widget in (self._nothing, self._inbox, self._altered, self._warning):
            if isinstance(widget, Pane):
                widget.layout().setContentsMargins(_MARGIN, _MARGIN, _MARGIN, _MARGIN)  # type: ignore[union-attr] # made by Pane
            self._stack.addWidget(widget)
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self._list)
        middle.addWidget(self._stack, 1)
        foot = QHBoxLayout()
        foot.setContentsMargins(_GAP, 8, _GAP, _GAP)
        foot.addWidget(self._message, 1)
        foot.addWidget(self._undo)
        close: QPushButton = push_button(_("Close"), self.close)
        foot.addWidget(close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(middle, 1)
        layout.addWidget(hairline())
        layout.addLayout(foot)
        self._list.setFocus()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Follow the library no more; what is being done is done. QDialog's own would ask reject(), which closes."""
        event.accept()
        if not self._is_closed:
            self._is_closed = True
            for child in self.findChildren(ReconcileWindow):
                child.leave()
            self._office.aside_changed.disconnect(self.reload)

    def reject(self) -> None:
        """Esc closes; everything that waits goes on waiting."""
        self.close()


def _key(each: AsideGroup | IdentityWarning) -> str:
    if isinstance(each, IdentityWarning):
        return f"warning {each.key}"
    return f"{each.reason.value} {each.source.name} {each.source.address} {each.study_instance_uid}"


def _keyed(waiting: Waiting) -> Iterable[tuple[str, AsideGroup | IdentityWarning]]:
    yield from ((_key(group), group) for group in waiting.groups)
    yield from ((_key(warning), warning) for warning in waiting.warnings)


def _group_lines(group: AsideGroup) -> tuple[str, str]:
    name = aside_texts.name_text(group.attributes.get("PatientName", ""))
    return name, aside_texts.SEPARATOR.join(
        (group.source.name or "?", aside_texts.images_text(len(group.arrived)), aside_texts.moment_text(group.last_at))
    )


def _warning_lines(warning: IdentityWarning) -> tuple[str, str]:
    who = warning.patient_id or aside_texts.sender_text(warning.source)
    return aside_texts.warning_title(warning), aside_texts.SEPARATOR.join(
        (who, aside_texts.moment_text(warning.last_at))
    )
