"""The page "States": the presentation states of what the active viewport shows, who made them, and what does not fit.

What stands in it is made when it is first looked at: a window opens without it.
"""

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QAbstractItemView, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from viewer.base.translation import _
from viewer.ui.buttons import push_button
from viewer.workspace.commands.presenting import put, save
from viewer.workspace.presenting.applying import choices_at
from viewer.workspace.presenting.state_words import state_detail, state_title
from viewer.workspace.workspace import Workspace

MARGIN_PX = 12
FOLLOW_MS = 60
_UID = Qt.ItemDataRole.UserRole


class StatesPanel(QWidget):
    """The page of one window."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self._workspace = workspace
        self._list: QListWidget | None = None
        self.setAccessibleName(_("Presentation states"))
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(FOLLOW_MS)
        self._timer.timeout.connect(self.refresh)
        self._disconnect = [
            workspace.active_changed.connect(lambda _cell: self._follow()),
            workspace.viewports_changed.connect(lambda _cells: self._follow()),
        ]
        if workspace.shared.states is not None:
            self._disconnect.append(workspace.shared.states.changed.connect(lambda _none: self._follow()))
        self.destroyed.connect(lambda: [disconnect() for disconnect in self._disconnect])

    @property
    def lines(self) -> tuple[str, ...]:
        """What the list says, line by line."""
        return tuple(self._list.item(row).text() for row in range(self._list.count())) if self._list is not None else ()

    def showEvent(self, event: QShowEvent) -> None:
        """Make what stands in it the first time, and show what is now."""
        super().showEvent(event)
        if self._list is None:
            self._make()
        self.refresh()

    def refresh(self) -> None:
        """Show what is now."""
        if self._list is None:
            return
        workspace = self._workspace
        current = workspace.viewport(workspace.active).presentation
        self._list.clear()
        self._add("", _("As acquired"), current)
        for each in choices_at(workspace, workspace.active):
            words = [state_title(each.state), state_detail(each.state), each.reason]
            item = self._add(each.state.sop_instance_uid, "\n".join(filter(None, words)), current)
            if each.reason:
                item.setFlags(Qt.ItemFlag.NoItemFlags)
        series = workspace.series_at(workspace.active)
        book = workspace.shared.states
        if series is None or book is None:
            return
        for unread in book.unread(series.headers[0].study_instance_uid):
            item = self._add(unread.sop_instance_uid, f"{unread.label or 'PR'}\n{unread.reason}", current)
            item.setFlags(Qt.ItemFlag.NoItemFlags)

    def _add(self, uid: str, text: str, current: str) -> QListWidgetItem:
        assert self._list is not None  # noqa: S101 - made before
        item = QListWidgetItem(text)
        item.setData(_UID, uid)
        self._list.addItem(item)
        if uid == current:
            self._list.setCurrentItem(item)
        return item

    def _follow(self) -> None:
        if self.isVisible():
            self._timer.start()

    def _make(self) -> None:
        self._list = QListWidget()
        self._list.setWordWrap(True)
        self._list.setSpacing(2)
        self._list.setTextElideMode(Qt.TextElideMode.ElideNone)
        self._list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.setAccessibleName(_("Presentation states"))
        self._list.itemClicked.connect(self._choose)
        self._list.itemActivated.connect(self._choose)
        column = QVBoxLayout(self)
        column.setContentsMargins(MARGIN_PX, MARGIN_PX, MARGIN_PX, MARGIN_PX)
        column.addWidget(self._list)
        saving = push_button(_("Save what is shown…"), lambda: save(self._workspace))
        saving.setToolTip(_("Save presentation state…"))
        column.addWidget(saving)

    def _choose(self, item: QListWidgetItem) -> None:
        if item.flags() & Qt.ItemFlag.ItemIsEnabled:
            uid = str(item.data(_UID))
            if uid != self._workspace.viewport(self._workspace.active).presentation:
                put(self._workspace, uid)
