"""The information panel: what the file on screen says of its study, acquisition, equipment and itself."""

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QBrush, QColor
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLabel,
    QSizePolicy,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from viewer.base.translation import _
from viewer.ui.panels.wrapped_lines import breakable
from viewer.ui.theme import colours
from viewer.workspace.facts import facts_of
from viewer.workspace.viewport_notes import notes_at
from viewer.workspace.volume_facts import volume_facts
from viewer.workspace.workspace import Workspace

REFRESH_MS = 150
"""Scrolling is not slowed by a panel: it follows when the hand rests."""


class InformationPanel(QWidget):
    """Headings with names and values of the active image."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self._workspace = workspace
        self._tree = QTreeWidget()
        self._tree.setColumnCount(2)
        self._tree.setHeaderHidden(True)
        self._tree.setIndentation(8)
        self._tree.setRootIsDecorated(False)
        self._tree.setWordWrap(True)
        self._tree.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self._tree.setAccessibleName(_("Information"))
        self._tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        self._notes = QLabel()
        self._notes.setTextFormat(Qt.TextFormat.PlainText)
        self._notes.setWordWrap(True)
        # A name of a thousand letters must not decide how wide the window is.
        self._notes.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self._notes.setContentsMargins(8, 8, 8, 8)
        self._notes.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._notes.setAccessibleName(_("Notes on the image"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._notes)
        layout.addWidget(self._tree)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(REFRESH_MS)
        self._timer.timeout.connect(self.refresh)
        self._disconnect = [
            workspace.active_changed.connect(lambda _cell: self._timer.start()),
            workspace.viewports_changed.connect(lambda _cells: self._timer.start()),
            workspace.displayed_changed.connect(lambda _cell: self._timer.start()),
        ]
        self.destroyed.connect(lambda: [disconnect() for disconnect in self._disconnect])
        self._timer.start()

    def refresh(self) -> None:
        """Show the active image's facts; nothing while the panel is hidden."""
        image = self._workspace.image_at(self._workspace.active)
        self._tree.clear()
        cautions = [note.text for note in notes_at(self._workspace, self._workspace.active) if note.is_caution]
        self._notes.setText(breakable("\n".join(f"⚠ {text}" for text in cautions)))
        self._notes.setVisible(bool(cautions))
        if image is None:
            return
        place = self._workspace.shared.place_of(image.header)
        displayed = self._workspace.displayed(self._workspace.active)
        look = displayed.look if displayed is not None else None
        of_volume = () if look is None else (volume_facts(look),)
        for group in (*of_volume, *facts_of(image, self._workspace.tree.character_set_of(image.header), place)):
            heading = QTreeWidgetItem(self._tree, [group.title])
            heading.setFirstColumnSpanned(True)
            heading.setForeground(0, QBrush(QColor(colours().accent)))
            heading.setExpanded(True)
            for name, value in group.lines:
                line = QTreeWidgetItem(heading, [name, value])
                line.setForeground(0, QBrush(QColor(colours().secondary)))
                line.setTextAlignment(0, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
                line.setToolTip(1, value.replace("<", "‹"))
