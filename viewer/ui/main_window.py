"""The main window: browser at the left, viewports in the middle, panels at the right, jobs at the foot."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QMenu,
    QSplitter,
    QStackedWidget,
    QTabWidget,
    QToolBar,
    QWidget,
)

from viewer.base.jobs import JobRunner, ProgressReport
from viewer.base.settings import Settings
from viewer.base.translation import _, ngettext
from viewer.media.mounts import Mount
from viewer.ui.actions import Actions, fill_menu_bar, fill_toolbar
from viewer.ui.browser.archive_page import ArchivePage
from viewer.ui.browser.discs_page import DiscsPage
from viewer.ui.browser.library_page import LibraryPage
from viewer.ui.browser.study_browser import StudyBrowser
from viewer.ui.display_status import DisplayStatus
from viewer.ui.drags import ARCHIVE_MIME, dropped_keys
from viewer.ui.empty_state import EmptyState
from viewer.ui.job_line import JobLine
from viewer.ui.measuring.measure_button import add_measure_button
from viewer.ui.panels.tag_browser import TagBrowser
from viewer.ui.side_keys import SideKeys
from viewer.ui.side_pages import SidePages
from viewer.ui.viewports.grid import ViewportGrid
from viewer.ui.volumes.volume_panel import VolumePanel
from viewer.ui.window_memory import WindowMemory
from viewer.workspace.commands.command import Command
from viewer.workspace.commands.table import MENU_TITLES
from viewer.workspace.keys import KeyTable
from viewer.workspace.opening import OpeningEnd
from viewer.workspace.viewport_state import DisplayOptions
from viewer.workspace.workspace import Workspace

DEFAULT_SIZE = (1280, 800)
BROWSER_PX, PANELS_PX = 270, 300
ICON_PX = 18
VIEWPORT_MENU = ("tools", "image")
"""Menus whose entries the context menu of a viewport holds."""
VIEWPORT_SUBMENUS = ("measure", "segments", "volume", "link")
"""Menus that it opens: marks, what the series is as a volume, and what goes along with it."""


@dataclass(frozen=True, slots=True)
class WindowParts:
    """What application builds for a window.

    Attributes:
        viewports: The viewport grid.
        library: The studies that are kept on this computer.
        archives: Those that are elsewhere.
        discs: Inserted media and the study browser.
        panels: Title and widget of each page at the right, by id.
        commands: The command table.
        keys: Keys of each command in the profile in force.
    """

    viewports: ViewportGrid
    library: LibraryPage
    archives: ArchivePage
    discs: DiscsPage
    panels: dict[str, tuple[str, QWidget]]
    commands: Sequence[Command]
    keys: dict[str, tuple[str, ...]]


class MainWindow(QMainWindow):
    """One window over one workspace."""

    closing = Signal(QMainWindow)
    tag_comparison_wanted = Signal()
    study_dropped = Signal(list)
    """Keys of rows of the list of archives were dragged onto a viewport, which is the active one now."""

    def __init__(self, workspace: Workspace, parts: WindowParts, settings: Settings, runner: JobRunner) -> None:
        super().__init__()
        self.workspace = workspace
        self.runner = runner
        self._parts = parts
        self._browser = parts.discs.browser
        self.actions_table = Actions(self, workspace, parts.commands)
        self.actions_table.set_keys(parts.keys)
        self.addActions(self.actions_table.all_actions())
        self.menus = fill_menu_bar(self.menuBar(), self.actions_table, MENU_TITLES)
        self.job_line = JobLine()
        self._make_toolbar()
        self._make_body()
        self._make_foot()
        self.setAcceptDrops(True)
        self.setWindowTitle("Negatoscope")
        self._connections = self._connect()
        pages = {name: page for name, (_title, page) in parts.panels.items()}
        self._memory = WindowMemory(self, settings, self._splitter, self._browser, self._pages, pages)
        self._memory.restore(DEFAULT_SIZE)
        self._apply_options(workspace.options)
        self._tree_changed()
        self.actions_table.refresh()

    # What others ask of the window

    def show_panel(self, panel_id: str) -> None:
        """Bring a page of the right side to the front, unfolding the side if it is folded."""
        self.workspace.set_options(replace(self.workspace.options, shows_panels=True, is_full_screen=False))
        page = self._parts.panels[panel_id][1]
        self._pages.show_page(page)
        if isinstance(page, TagBrowser):
            self._widen_panels(page.preferred_width)
            page.focus_search()

    def set_keys(self, keys: KeyTable) -> None:
        """Put other keys and gestures into force."""
        self.actions_table.set_keys(keys.keys)
        self._parts.viewports.set_keys(keys)

    def is_loading(self) -> bool:
        """Whether a visible viewport still waits for its pixels."""
        return self._parts.viewports.is_loading()

    def is_busy(self) -> bool:
        """Whether anything on screen is still on its way: pixels, rows, thumbnails, the sections of a page."""
        parts = self._parts
        pages = [page.is_busy for _title, page in parts.panels.values() if isinstance(page, VolumePanel)]
        segments = self.workspace.shared.segmentations
        is_reading = segments is not None and segments.is_loading
        return (
            self.is_loading()
            or is_reading
            or any((self._browser.is_busy(), parts.library.is_busy, parts.archives.is_busy, *pages))
        )

    def active_widget(self) -> QWidget:
        """Return the active viewport, or where viewports would be."""
        return self.widget_at(self.workspace.active)

    def widget_at(self, cell: int) -> QWidget:
        """Return the viewport of a cell, or where viewports would be."""
        return self._parts.viewports.viewport_of(cell) or self._parts.viewports

    def active_area(self) -> QRect:
        """Return where the active viewport is on the screen."""
        viewport = self.active_widget()
        return QRect(viewport.mapToGlobal(viewport.rect().topLeft()), viewport.size())

    def show_media(self, mounts: Sequence[Mount]) -> None:
        """List the inserted discs and drives."""
        self._parts.discs.show_media(mounts)

    def show_browser(self) -> StudyBrowser:
        """Unfold the study browser if it is folded, bring it to the front, and return it."""
        self.workspace.set_options(replace(self.workspace.options, shows_browser=True, is_full_screen=False))
        self.show_discs()
        return self._browser

    def show_library(self) -> LibraryPage:
        """Unfold the left side if it is folded, and bring the studies on this computer to the front."""
        self.workspace.set_options(replace(self.workspace.options, shows_browser=True, is_full_screen=False))
        self._places.setCurrentWidget(self._parts.library)
        return self._parts.library

    def show_archives(self) -> ArchivePage:
        """Unfold the left side if it is folded, and bring the studies in archives to the front."""
        self.workspace.set_options(replace(self.workspace.options, shows_browser=True, is_full_screen=False))
        self._places.setCurrentWidget(self._parts.archives)
        return self._parts.archives

    def show_has_archives(self, *, has_archives: bool) -> None:
        """Offer to connect an archive, or to search those there are, while nothing is open."""
        self._empty.show_has_archives(has_archives=has_archives)
        self.actions_table.refresh_soon()

    def show_discs(self) -> None:
        """Bring what is open to the front of the left side."""
        self._places.setCurrentWidget(self._parts.discs)

    def offer_import(self, *, is_offered: bool) -> None:
        """Offer to keep what was opened from a disc or folder, or not any more."""
        self._parts.discs.offer_import(is_offered=is_offered)

    def fill_menu(self, menu: QMenu, command_ids: Sequence[str]) -> None:
        """Put commands into a menu."""
        self.actions_table.refresh()
        for command_id in command_ids:
            menu.addAction(self.actions_table[command_id])

    @property
    def shows_archives(self) -> bool:
        """Whether the studies in archives are at the front of the left side."""
        return self._places.currentWidget() is self._parts.archives

    @property
    def shows_library(self) -> bool:
        """Whether the studies on this computer are at the front of the left side."""
        return self._places.currentWidget() is self._parts.library

    def show_tag_comparison(self) -> None:
        """Bring the tag browser to the front, comparing two viewports."""
        self.tag_comparison_wanted.emit()
        self.show_panel("tags")

    def set_panel_title(self, panel_id: str, title: str) -> None:
        """Change a page's title: a count in it."""
        self._pages.set_page_name(self._pages.index_of(self._parts.panels[panel_id][1]), title)

    def opening_started(self, cancel: Callable[[], None]) -> None:
        """Files began to be opened."""
        self.job_line.start(cancel)

    def opening_progressed(self, report: ProgressReport) -> None:
        """Show how far the opening is."""
        self.job_line.show_progress(report)

    def opening_ended(self, end: OpeningEnd) -> None:
        """Say what was found, and what could not be read."""
        self.job_line.finish()
        damage = sum(problem.is_damage for problem in self.workspace.tree.problems)
        if end.summary is not None and not end.summary.headers and not self.workspace.tree.counts.files:
            self.job_line.show_message(
                _("Nothing to show was found"), _("Show why"), lambda: self.show_panel("problems")
            )
        elif damage:
            text = ngettext("{0} thing to look at", "{0} things to look at", damage).format(damage)
            self.job_line.show_message(text, _("Show"), lambda: self.show_panel("problems"))

    def remember(self) -> None:
        """Keep where the window is and what it shows, for the next one."""
        self._memory.keep(self.workspace.options)

    # Qt's events

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accept files and folders, and studies in archives."""
        if event.mimeData().hasUrls() or event.mimeData().hasFormat(ARCHIVE_MIME):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped."""
        if event.mimeData().hasFormat(ARCHIVE_MIME):
            event.acceptProposedAction()
            self.study_dropped.emit(dropped_keys(event.mimeData()))
            return
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            event.acceptProposedAction()
            self.workspace.open_paths(paths)

    def showEvent(self, event: QShowEvent) -> None:
        """Follow the window from monitor to monitor: what is true of one need not be of another."""
        super().showEvent(event)
        handle = self.windowHandle()
        if handle is not None and not self._follows_screen:
            self._follows_screen = True
            handle.screenChanged.connect(lambda _screen: self._screen_changed())
        self._display_status.show_state()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Keep where the window was, and let go of the workspace."""
        self.remember()
        for disconnect in self._connections:
            disconnect()
        self._parts.viewports.release()
        self._browser.release()
        self._parts.library.release()
        self._parts.archives.release()
        self.closing.emit(self)
        super().closeEvent(event)

    # Building

    def _make_toolbar(self) -> None:
        bar = QToolBar(_("Tools"))
        bar.setObjectName("toolbar")
        bar.setMovable(False)
        bar.setIconSize(bar.iconSize().scaled(ICON_PX, ICON_PX, Qt.AspectRatioMode.IgnoreAspectRatio))
        bar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        fill_toolbar(bar, self.actions_table)
        add_measure_button(bar, self.workspace, self.actions_table)
        self.addToolBar(bar)
        self._toolbar = bar

    def _make_body(self) -> None:
        self._places = QTabWidget()
        self._places.setDocumentMode(True)
        self._places.tabBar().setAcceptDrops(True)
        self._places.tabBar().setChangeCurrentOnDrag(True)  # what is held over a tab can be dropped into it
        self._places.addTab(self._parts.library, _("This computer"))
        self._places.addTab(self._parts.discs, _("Discs"))
        self._places.addTab(self._parts.archives, _("Archives"))
        if self._parts.library.is_absent or self.workspace.tree.counts.files:
            self._places.setCurrentWidget(self._parts.discs)
        self._middle = QStackedWidget()
        self._empty = EmptyState(self.actions_table)
        self._middle.addWidget(self._empty)
        self._middle.addWidget(self._parts.viewports)
        self._pages = SidePages()
        for title, page in self._parts.panels.values():
            self._pages.add_page(page, title)
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.setHandleWidth(1)
        self._splitter.setChildrenCollapsible(False)
        for side in (self._places, self._middle, self._pages):
            self._splitter.addWidget(side)
        for position, stretch in enumerate((0, 1, 0)):
            self._splitter.setStretchFactor(position, stretch)
        self._splitter.setSizes([BROWSER_PX, DEFAULT_SIZE[0] - BROWSER_PX - PANELS_PX, PANELS_PX])
        self._splitter.splitterMoved.connect(lambda _at, _index: self._parts_moved())
        self.setCentralWidget(self._splitter)

    def _make_foot(self) -> None:
        self._display_status = DisplayStatus(self._parts.viewports, self._middle)
        self._display_status.clicked.connect(lambda: self.show_panel("display"))
        foot = QWidget()
        line = QHBoxLayout(foot)
        line.setContentsMargins(0, 0, 4, 0)
        line.addWidget(self.job_line, 1)
        line.addWidget(QLabel())
        line.addWidget(self._display_status)
        self.statusBar().addPermanentWidget(foot, 1)
        self.statusBar().setSizeGripEnabled(False)

    def _connect(self) -> list[Callable[[], None]]:
        workspace = self.workspace
        keys = SideKeys(self, self._parts.viewports.setFocus)
        for panel in (self._places, self._pages):
            keys.guard(panel)
        tags = self._parts.panels.get("tags", ("", None))[1]
        if isinstance(tags, TagBrowser):
            self.tag_comparison_wanted.connect(tags.compare)
        self._browser.display_set_chosen.connect(workspace.show)
        self._parts.discs.medium_chosen.connect(lambda path: workspace.open_paths([Path(path)]))
        self._parts.discs.import_wanted.connect(lambda: self.actions_table.run("library.import_opened"))
        for changed in (self._parts.library.selection_changed, self._parts.archives.selection_changed):
            changed.connect(self.actions_table.refresh_soon)
        self._parts.archives.state_changed.connect(self.actions_table.refresh_soon)
        self._parts.viewports.study_dropped.connect(self.study_dropped)
        self._browser.close_study_wanted.connect(workspace.tree.remove_study)
        self._browser.problems_wanted.connect(lambda: self.show_panel("problems"))
        self._parts.viewports.command_wanted.connect(self.actions_table.run)
        self._parts.viewports.panel_wanted.connect(self.show_panel)
        self._parts.viewports.menu_wanted.connect(self._show_viewport_menu)
        return [
            workspace.tree.changed.connect(lambda _change: self._tree_changed()),
            workspace.options_changed.connect(self._apply_options),
            workspace.active_changed.connect(lambda _cell: self._active_changed()),
            workspace.viewports_changed.connect(self._viewports_changed),
            workspace.tool_changed.connect(lambda _tool: self.actions_table.refresh()),
            workspace.layout_changed.connect(lambda _layout: self.actions_table.refresh()),
            workspace.undo_changed.connect(lambda _none: self.actions_table.refresh_soon()),
        ]

    def _widen_panels(self, width: int) -> None:
        """Give the right side room, as far as the images keep the greater part of the window."""
        browser, images, panels = self._splitter.sizes()
        wanted = min(max(panels, width), (images + panels) * 3 // 5)
        self._splitter.setSizes([browser, images + panels - wanted, wanted])

    # Following the workspace

    def _tree_changed(self) -> None:
        wanted = self._parts.viewports if self.workspace.tree.counts.files else self._empty
        if self._middle.currentWidget() is not wanted:
            self._middle.setCurrentWidget(wanted)
            self.actions_table.refresh()
        self._show_title()

    def _show_viewport_menu(self, cell: int, place: QPoint) -> None:
        """Offer what is mostly done to an image, beside the pointer."""
        self.workspace.activate(cell)
        self.actions_table.refresh()
        menu = QMenu(self)
        for path in VIEWPORT_MENU:
            menu.addSeparator()
            for action in self.menus[path].actions():
                menu.addAction(action)
        menu.addSeparator()
        for path in VIEWPORT_SUBMENUS:
            menu.addMenu(self.menus[path])
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(place)

    def _viewports_changed(self, cells: frozenset[int]) -> None:
        if self.workspace.active in cells:
            self._active_changed()

    def _active_changed(self) -> None:
        display_set = self.workspace.display_set_at(self.workspace.active)
        if display_set is not self._shown_set:
            self._shown_set = display_set
            if display_set is not None:
                self._browser.select(display_set.key)
            self._show_title()
            self.actions_table.refresh()
        else:
            self.actions_table.refresh_soon()

    def _screen_changed(self) -> None:
        self._parts.viewports.refresh()
        self.actions_table.refresh()

    _shown_set: object = None
    _follows_screen = False

    def _show_title(self) -> None:
        series = self.workspace.series_at(self.workspace.active)
        if series is None:
            self.setWindowTitle("Negatoscope")
            return
        day = series.study.study_date
        parts = [series.study.patient.display_name, day.isoformat() if day else series.study.date]
        self.setWindowTitle(" · ".join(part for part in (*parts, series.study.description) if part) + " — Negatoscope")

    def _parts_moved(self) -> None:
        """See which monitor each part of the window is on, once it has its new place."""
        QTimer.singleShot(0, self._parts.viewports, self._parts.viewports.follow_monitors)

    def _apply_options(self, options: DisplayOptions) -> None:
        full = options.is_full_screen
        self._places.setVisible(options.shows_browser and not full)
        self._pages.setVisible(options.shows_panels and not full)
        self._toolbar.setVisible(not full)
        self.menuBar().setVisible(not full)
        self.statusBar().setVisible(not full)
        if full != self.isFullScreen():
            self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)
        self.actions_table.refresh()
        self._parts_moved()
