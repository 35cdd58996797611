"""The page "Segments": the segmentations of the active viewport's patient, what of them is seen, and how.

What stands in it is made when it is first looked at: a window opens without it.
"""

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from viewer.base.translation import _
from viewer.workspace.workspace import Workspace

MARGIN_PX = 12
GAP_PX = 16
FOLLOW_MS = 60


class SegmentsPanel(QScrollArea):
    """The page of one window."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self._workspace = workspace
        self._sections: list[QWidget] = []
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(_("Segments"))
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(FOLLOW_MS)
        self._timer.timeout.connect(self.refresh)
        self._disconnect = [
            workspace.active_changed.connect(lambda _cell: self._follow()),
            workspace.displayed_changed.connect(lambda _cell: self._follow()),
            workspace.tool_changed.connect(lambda _tool: self._follow()),
        ]
        if workspace.shared.segmentations is not None:
            self._disconnect.append(workspace.shared.segmentations.changed.connect(lambda _uid: self._follow()))
        self.destroyed.connect(lambda: [disconnect() for disconnect in self._disconnect])

    @property
    def sections(self) -> tuple[QWidget, ...]:
        """What the page holds; nothing before it was looked at."""
        return tuple(self._sections)

    def showEvent(self, event: QShowEvent) -> None:
        """Make what stands in it the first time, and show what is now."""
        super().showEvent(event)
        if not self._sections:
            self._make()
        self.refresh()

    def refresh(self) -> None:
        """Show what is now."""
        for section in self._sections:
            section.refresh()  # type: ignore[attr-defined]  # each section has it

    def _follow(self) -> None:
        if self.isVisible():
            self._timer.start()

    def _make(self) -> None:
        from viewer.ui.segmenting.drawing_section import DrawingSection
        from viewer.ui.segmenting.edit_section import EditSection
        from viewer.ui.segmenting.list_section import ListSection

        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(MARGIN_PX, MARGIN_PX, MARGIN_PX, MARGIN_PX)
        column.setSpacing(GAP_PX)
        self._sections = [ListSection(self._workspace), DrawingSection(self._workspace), EditSection(self._workspace)]
        for section in self._sections:
            column.addWidget(section)
        column.addStretch(1)
        self.setWidget(page)
