"""The page "Volume": its sections one below the other, each seen where it has to do with the active viewport.

What stands in it is made when it is first looked at: a window opens without it. One section is made a turn of the event
loop, so that planes can follow the hand meanwhile.
"""

from collections.abc import Callable, Iterator

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from viewer.base.translation import _
from viewer.ui.buttons import focus_first_button
from viewer.ui.volumes.volume_section import ShownView, VolumeSection
from viewer.workspace.multiplanar import refusal_at
from viewer.workspace.workspace import Workspace

MARGIN_PX = 12
SECTION_GAP_PX = 16
FOLLOW_MS = 40
"""Scrolling is not slowed by a panel: it follows so long after what it shows has changed."""

SectionFactory = Callable[[Workspace], VolumeSection]


def _sections() -> Iterator[SectionFactory]:
    """Yield what makes the sections, in their order, each fetched when it is its turn; whoever has one adds it here."""
    from viewer.ui.volumes.entry_section import EntrySection

    yield EntrySection
    from viewer.ui.volumes.phase_section import PhaseSection

    yield PhaseSection
    from viewer.ui.volumes.region_section import RegionSection

    yield RegionSection
    from viewer.ui.volumes.plane_section import PlaneSection

    yield PlaneSection
    from viewer.ui.volumes.slab_section import SlabSection

    yield SlabSection
    from viewer.ui.volumes.curve_section import CurveSection

    yield CurveSection
    from viewer.ui.volumes.projection_section import ProjectionSection

    yield ProjectionSection
    from viewer.ui.volumes.rendering_section import RenderingSection

    yield RenderingSection
    from viewer.ui.volumes.fusion_section import FusionSection

    yield FusionSection
    from viewer.ui.volumes.suv_section import SuvSection

    yield SuvSection
    from viewer.ui.volumes.linking_section import LinkingSection

    yield LinkingSection


SECTIONS: Callable[[], Iterator[SectionFactory]] = _sections
"""Called when the page is first looked at."""


class VolumePanel(QScrollArea):
    """The page of one window."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self._workspace = workspace
        self._parts: list[VolumeSection] = []
        self._column: QVBoxLayout | None = None
        self._coming: Iterator[SectionFactory] = iter(())
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(_("Volume"))
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(FOLLOW_MS)
        self._timer.timeout.connect(self.refresh)
        self._making = QTimer(self)
        self._making.timeout.connect(self._make_next)
        self._disconnect = [
            workspace.active_changed.connect(lambda _cell: self._follow()),
            workspace.viewports_changed.connect(lambda _cells: self._follow()),
            workspace.layout_changed.connect(lambda _layout: self._follow()),
            workspace.tool_changed.connect(lambda _tool: self._follow()),
        ]
        self._disconnect.append(workspace.displayed_changed.connect(self._displayed_changed))
        if workspace.shared.suv is not None:
            self._disconnect.append(workspace.shared.suv.changed.connect(lambda _key: self._follow()))
        if workspace.shared.phases is not None:
            self._disconnect.append(workspace.shared.phases.changed.connect(lambda _key: self._follow()))
        if workspace.shared.curves is not None:
            self._disconnect.append(workspace.shared.curves.changed.connect(lambda _key: self._follow()))
        self._disconnect.append(workspace.shared.linking.changed.connect(lambda _none: self._follow()))
        if workspace.shared.volumes is not None:
            self._disconnect.append(workspace.shared.volumes.changed.connect(lambda _key: self._follow()))
        self.destroyed.connect(lambda: [disconnect() for disconnect in self._disconnect])

    @property
    def is_busy(self) -> bool:
        """Whether sections are still being made."""
        return self._making.isActive()

    def refresh(self) -> None:
        """Show what the active viewport shows now; nothing while nobody looks."""
        if not self.isVisible():
            return
        if self._column is None:
            self._make()
        shown = self._shown()
        for part in self._parts:
            _show(part, shown)

    def take_keyboard(self) -> None:
        """Put the keyboard on the first button."""
        self.refresh()
        focus_first_button(self)

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what changed meanwhile."""
        super().showEvent(event)
        self.refresh()

    def _make(self) -> None:
        body = QWidget()
        self._column = QVBoxLayout(body)
        self._column.setContentsMargins(MARGIN_PX, MARGIN_PX, MARGIN_PX, MARGIN_PX)
        self._column.setSpacing(SECTION_GAP_PX)
        self._column.addStretch(1)
        self.setWidget(body)
        self._coming = SECTIONS()
        self._make_next()
        self._making.start(0)

    def _make_next(self) -> None:
        make = next(self._coming, None)
        if make is None or self._column is None:
            self._making.stop()
            return
        part = make(self._workspace)
        self._parts.append(part)
        self._column.insertWidget(self._column.count() - 1, part)
        _show(part, self._shown())

    def _displayed_changed(self, cell: int) -> None:
        """Follow the picture where it tells more than the state: the window that an overlay came by."""
        if cell == self._workspace.active and self._workspace.viewport(cell).fusion is not None:
            self._follow()

    def _follow(self) -> None:
        if not self._timer.isActive():
            self._timer.start()

    def _shown(self) -> ShownView:
        workspace = self._workspace
        cell = workspace.active
        state, volumes = workspace.viewport(cell), workspace.shared.volumes
        volume = volumes.volume(state.display_set_key) if volumes is not None else None
        return ShownView(cell, state, workspace.display_set_at(cell), volume, refusal_at(workspace))


def _show(part: VolumeSection, shown: ShownView) -> None:
    is_seen = part.concerns(shown)
    if is_seen:
        part.fill(shown)
    part.setVisible(is_seen)
