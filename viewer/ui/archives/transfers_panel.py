"""The panel "Transfers": what is fetched and sent, how far it is, what failed, and what can be done about it."""

from collections.abc import Callable

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QMenu,
    QSplitter,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from viewer.archives.transfer_values import TransferKind, TransferState
from viewer.base.translation import _, ngettext
from viewer.ui.archives.query_line import QueryLine
from viewer.ui.archives.transfer_details import TransferDetails
from viewer.ui.archives.transfer_host import TransferHost
from viewer.ui.archives.transfer_model import TransferModel
from viewer.ui.archives.transfer_view import TransferView
from viewer.ui.hairline import hairline
from viewer.ui.icons import icon
from viewer.ui.labels import plain_label
from viewer.workspace.transfers import TransferRow
from viewer.workspace.workspace import Workspace

SOON_MS = 120
"""Progress is told many times a second; nobody reads numbers that fast."""
DETAILS_PX = 220
_ENDED = frozenset({TransferState.DONE, TransferState.CANCELLED})


class TransfersPanel(QWidget):
    """Follows the transfers while it is shown.

    Args:
        host: The program's side.
        workspace: Where studies are opened.

    Attributes:
        has_ended: Whether something is done.
    """

    count_changed = Signal(int, int)
    """How many are on their way, and how many wait for somebody."""

    def __init__(self, host: TransferHost, workspace: Workspace) -> None:
        super().__init__()
        self._host, self._workspace = host, workspace
        self.model = TransferModel()
        self.view = TransferView(self.model)
        self.queries = QueryLine()
        self.details = TransferDetails(self.resume)
        self._buttons: dict[str, QToolButton] = {}
        self._clear = self._button("clear", "x", _("Clear finished"), self.clear_ended)
        self._clear.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self._clear.setText(_("Clear finished"))
        self._nothing = plain_label(
            _("Nothing is on its way. What is fetched from archives and sent to them is listed here.")
        )
        self._nothing.setContentsMargins(12, 12, 12, 12)
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._sum = QLabel()
        self._stack = QStackedWidget()
        self._counts = (-1, -1)
        self.has_ended = False
        self._lay_out()
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(SOON_MS)
        self._soon.timeout.connect(self.refresh)
        self.view.key_action.connect(self._act)
        self.view.doubleClicked.connect(lambda _index: self.open())
        self.view.customContextMenuRequested.connect(self._show_menu)
        self.view.selectionModel().selectionChanged.connect(lambda _on, _off: self._show_chosen())
        self.view.selectionModel().currentChanged.connect(lambda _on, _off: self._show_chosen())
        self._disconnect = host.changed.connect(lambda _none: self._start())
        self.refresh()

    def release(self) -> None:
        """The window closes."""
        self._soon.stop()
        self._disconnect()

    def refresh(self) -> None:
        """Show how it stands now."""
        rows = self._host.rows()
        self.has_ended = any(row.status.state in _ENDED for row in rows)
        self.model.show(rows)
        current = sum(row.can_pause for row in rows)
        waiting = sum(row.status.state in {TransferState.FAILED, TransferState.INCOMPLETE} for row in rows)
        self._stack.setCurrentIndex(1 if rows else 0)
        if rows and not self.view.currentIndex().isValid():
            self.view.setCurrentIndex(self.model.index(0))
        self._sum.setText(_sum_text(current, waiting))
        self._show_chosen()
        if (current, waiting) != self._counts:
            self._counts = (current, waiting)
            self.count_changed.emit(current, waiting)

    def focus_list(self) -> None:
        """Put the keyboard into the list."""
        self.refresh()
        self.view.setFocus()
        if not self.view.currentIndex().isValid():
            self.view.setCurrentIndex(self.model.index(0))

    def chosen(self) -> list[TransferRow]:
        """Return what is chosen."""
        rows = [self.model.row_of(index) for index in self.view.selectionModel().selectedIndexes()]
        if not rows:
            rows = [self.model.row_of(self.view.currentIndex())]
        return [row for row in rows if row is not None]

    # What is done with what is chosen

    def pause(self) -> None:
        """Stop for a while what can be."""
        self._each(lambda row: row.can_pause, self._host.pause)

    def resume(self) -> None:
        """Go on with what is paused, and try again what has failed."""
        self._each(lambda row: row.can_resume, self._host.resume)

    def stop(self) -> None:
        """Stop for good what has not ended; what came stays, and it can be tried again."""
        self._each(lambda row: row.can_cancel, self._host.cancel)

    def remove(self) -> None:
        """Take from the list what has ended."""
        self._each(lambda row: row.can_forget and row.status.state.has_ended, self._host.forget)

    def open(self) -> None:
        """Open the study, as far as it is here."""
        for row in self.chosen()[:1]:
            if _can_open(row):
                self._host.open_study(row.status.request.study_instance_uid, self._workspace)

    def clear_ended(self) -> None:
        """Take from the list all that is done."""
        self._host.forget_ended()

    def showEvent(self, event: QShowEvent) -> None:
        """See how it stands now."""
        super().showEvent(event)
        self.refresh()

    # Showing

    def _start(self) -> None:
        if not self._soon.isActive():
            self._soon.start()

    def _show_chosen(self) -> None:
        rows = self.chosen()
        for name, is_on in (
            ("pause", any(row.can_pause for row in rows)),
            ("resume", any(row.can_resume for row in rows)),
            ("stop", any(row.can_cancel for row in rows)),
            ("open", len(rows) == 1 and _can_open(rows[0])),
            ("remove", any(row.status.state.has_ended for row in rows)),
        ):
            self._buttons[name].setEnabled(is_on)
        self._clear.setEnabled(self.has_ended)
        row = self.model.row_of(self.view.currentIndex())
        self.details.setVisible(row is not None)
        if row is not None:
            self.details.show_row(row)

    def _act(self, action: str) -> None:
        rows = self.chosen()
        if action == "toggle":
            if any(row.can_pause for row in rows):
                self.pause()
            else:
                self.resume()
        elif action == "open":
            self.open()
        elif any(row.can_cancel for row in rows):
            self.stop()
        else:
            self.remove()

    def _each(self, fits: Callable[[TransferRow], bool], act: Callable[[int], None]) -> None:
        for row in self.chosen():
            if fits(row):
                act(row.status.key)

    def _show_menu(self, place: QPoint) -> None:
        menu = QMenu(self)
        for button in self._buttons.values():
            action = menu.addAction(button.icon(), button.accessibleName())
            action.setEnabled(button.isEnabled())
            action.triggered.connect(button.click)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.view.viewport().mapToGlobal(place))

    # Building

    def _lay_out(self) -> None:
        self._sum.setTextFormat(Qt.TextFormat.PlainText)
        self._sum.setContentsMargins(8, 4, 8, 4)
        buttons = QHBoxLayout()
        buttons.setContentsMargins(6, 2, 6, 2)
        buttons.setSpacing(2)
        for name, icon_name, title, act in (
            ("pause", "pause", _("Pause"), self.pause),
            ("resume", "play", _("Go on or try again"), self.resume),
            ("stop", "stop", _("Stop for good; what came stays"), self.stop),
            ("open", "folder-open", _("Open"), self.open),
            ("remove", "x", _("Remove from the list"), self.remove),
        ):
            buttons.addWidget(self._button(name, icon_name, title, act))
        self._buttons["clear"] = self._buttons.pop("clear")
        buttons.addStretch(1)
        buttons.addWidget(self._clear)
        keys = {"pause": _("Space"), "resume": _("Space"), "open": _("Enter"), "remove": _key(Qt.Key.Key_Delete)}
        for name, key in keys.items():
            button = self._buttons[name]
            button.setToolTip(f"{button.accessibleName()}  ({key})")
        upper = QWidget()
        column = QVBoxLayout(upper)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.view, 1)
        column.addWidget(hairline())
        column.addLayout(buttons)
        column.addWidget(hairline())
        splitter = QSplitter(Qt.Orientation.Vertical)
        splitter.setHandleWidth(1)
        splitter.setChildrenCollapsible(False)
        splitter.addWidget(upper)
        splitter.addWidget(self.details)
        splitter.setStretchFactor(0, 1)
        splitter.setSizes([3 * DETAILS_PX, DETAILS_PX])
        for widget in (self._nothing, splitter):
            self._stack.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.queries)
        layout.addWidget(self._sum)
        layout.addWidget(self._stack, 1)

    def _button(self, name: str, icon_name: str, title: str, act: Callable[[], None]) -> QToolButton:
        button = QToolButton()
        button.setIcon(icon(icon_name))
        button.setToolTip(title)
        button.setAccessibleName(title)
        button.clicked.connect(lambda _checked: act())
        self._buttons[name] = button
        return button


def panel_title(current: int, waiting: int) -> str:
    """Return the title of the panel, with how many are on their way or wait for somebody."""
    count = current + waiting
    return _("Transfers ({0})").format(count) if count else _("Transfers")


def _sum_text(current: int, waiting: int) -> str:
    parts = []
    if current:
        parts.append(ngettext("{0} on its way", "{0} on their way", current).format(current))
    if waiting:
        parts.append(ngettext("{0} to look at", "{0} to look at", waiting).format(waiting))
    return "  ·  ".join(parts)


def _can_open(row: TransferRow) -> bool:
    request = row.status.request
    is_here = request.kind is not TransferKind.RETRIEVE or (request.is_kept and row.status.done > 0)
    return bool(request.study_instance_uid) and is_here


def _key(key: Qt.Key) -> str:
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)
