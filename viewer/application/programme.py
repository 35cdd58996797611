"""The composition root of the window: what lives as long as the program is built here, once, and handed down."""

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication, QWidget

from viewer.application.archive_place import ArchivePlace
from viewer.application.displays import Displays
from viewer.application.exchange_place import PANEL, ExchangePlace
from viewer.application.kept_tables import corner_table, key_table, preset_table
from viewer.application.key_place import KeyPlace
from viewer.application.library_place import LibraryPlace
from viewer.application.link_place import LinkPlace
from viewer.application.measuring_place import MeasuringPlace
from viewer.application.media_place import MediaPlace
from viewer.application.object_saving import ObjectPlace
from viewer.application.password_question import PasswordQuestion
from viewer.application.presenting_place import PresentingPlace
from viewer.application.qt_texts import set_qt_language
from viewer.application.reception import Reception
from viewer.application.report_writing import ReportWriting
from viewer.application.reporting_place import ReportingPlace
from viewer.application.saving_place import SavingPlace
from viewer.application.segmenting_place import SegmentingPlace
from viewer.application.shared_windows import SharedWindows
from viewer.application.synchronization_place import SynchronizationPlace
from viewer.application.transfer_place import TransferPlace
from viewer.application.volume_place import VolumePlace
from viewer.application.window_places import put_beside
from viewer.base.errors import SettingsError
from viewer.base.jobs import JobRunner
from viewer.base.settings import Settings
from viewer.base.translation import _, current_language, set_language, system_language
from viewer.dicom.instance_header import InstanceHeader
from viewer.imaging.decoder_pool import DecoderPool
from viewer.imaging.frame_cache import FrameCache
from viewer.imaging.frame_source import FrameSource
from viewer.imaging.frame_state import read_frame_states
from viewer.imaging.frame_store import FrameStore
from viewer.media.mounts import removable_mounts
from viewer.ui.archives.transfers_panel import TransfersPanel
from viewer.ui.browser.archive_page import ArchivePage
from viewer.ui.browser.discs_page import DiscsPage
from viewer.ui.browser.library_page import LibraryPage
from viewer.ui.browser.study_browser import StudyBrowser
from viewer.ui.browser.thumbnails import Thumbnails
from viewer.ui.display_commands import DisplayCommands
from viewer.ui.job_bridge import JobBridge
from viewer.ui.main_window import MainWindow, WindowParts
from viewer.ui.measuring.measurements_panel import MeasurementsPanel
from viewer.ui.monitors import Monitors
from viewer.ui.panels.information import InformationPanel
from viewer.ui.panels.problems import ProblemsPanel
from viewer.ui.panels.tag_browser import TagBrowser
from viewer.ui.presenting.state_panel import StatesPanel
from viewer.ui.segmenting.segments_panel import SegmentsPanel
from viewer.ui.theme import apply_theme
from viewer.ui.viewports.grid import ViewportGrid
from viewer.ui.viewports.render_service import RenderService
from viewer.ui.volumes.volume_panel import VolumePanel
from viewer.ui.window_commands import WindowCommands
from viewer.workspace.commands.table import COMMANDS
from viewer.workspace.display_set_catalogue import DisplaySetCatalogue
from viewer.workspace.first_look import FirstLook
from viewer.workspace.keys import KeySettings, KeyTable
from viewer.workspace.opening import Opener
from viewer.workspace.preferences import GeneralSettings
from viewer.workspace.presets import PresetTable
from viewer.workspace.rendering_keep import RenderingKeep
from viewer.workspace.study_tree import StudyTree
from viewer.workspace.window_settings import WindowSettings
from viewer.workspace.workspace import SharedState, Workspace

RECENT_KEPT = 12
BUDGET_SHARE = 4
"""The frame cache may take this fraction of the computer's memory, unless the settings say otherwise."""
FALLBACK_BUDGET_BYTES = 1 << 30
BYTES_PER_MB = 1 << 20


class Programme(QObject):
    """Settings, background work, the open studies, and the windows over them.

    Args:
        folder: Of the settings.
        library: The folder of the library; None for a program without one.
        is_attended: Whether somebody is there to be asked for passwords and to insert discs.
        keeps_settings: Whether what is changed in the window is written into the settings.
    """

    def __init__(
        self,
        application: QApplication,
        folder: Path,
        *,
        library: Path | None = None,
        is_attended: bool = True,
        keeps_settings: bool = True,
    ) -> None:
        super().__init__(application)
        self._application = application
        self.is_attended = is_attended
        self.settings = Settings(folder, is_kept=keeps_settings)
        self.general = self.settings.section("general", GeneralSettings)
        apply_theme(application, self.general.theme)
        set_qt_language(application, current_language())
        self.problems_at_start: list[str] = [self.settings.problem.one_line()] if self.settings.problem else []
        self.bridge = JobBridge()
        self.runner = JobRunner(self.bridge.deliver)
        self.decoder = DecoderPool()
        self.tree = StudyTree()
        self.passwords = PasswordQuestion(self.bridge.deliver)
        ask = self.passwords.ask if is_attended else None
        self.opener = Opener(self.tree, self.runner, self.bridge.deliver, ask)
        self.keys = key_table(self.settings, self.problems_at_start.append)
        self.shared = SharedState(
            self.tree,
            DisplaySetCatalogue(self.tree, self.runner),
            self.open_paths,
            preset_table(self.settings, self.problems_at_start.append),
        )
        self.frames = FrameCache(_budget_bytes(self.general.memory_mb))
        self.shared.presets_changed.connect(self._keep_presets)
        self.shared.renderings = RenderingKeep(folder, is_kept=keeps_settings)
        self.problems_at_start += self.shared.renderings.problems
        self.shared.corners = corner_table(self.settings, self.problems_at_start.append)
        self.shared.corners_changed.connect(lambda corners: self._store("corners", corners.settings()))
        store = FrameStore(self.frames, self._open_frames, read_frame_states)
        self.rendering = RenderService(store, self.bridge.deliver, self.frames.budget_bytes)
        self.windows: list[MainWindow] = []
        self.volumes = VolumePlace(self, self.shared.catalogue, store)
        self.displays = Displays(self, folder, self.runner, is_kept=keeps_settings, tell=self._tell)
        self.displays.prepare(self.rendering)
        self.shared_windows = SharedWindows(self)
        self._looks: dict[Workspace, FirstLook] = {}
        self.segmenting = SegmentingPlace(self, store, library, folder, is_kept=keeps_settings)
        self.reporting = ReportingPlace(self)
        self.report_writing = ReportWriting(self, store, library, folder, is_kept=keeps_settings)
        self.presenting = PresentingPlace(self)
        self.measuring = MeasuringPlace(self, library, folder, store, is_kept=keeps_settings)
        self.library = LibraryPlace(self, library)
        self.media = MediaPlace(self, is_watching=is_attended and self.general.watches_media)
        self._connect_opener()
        self.reception = Reception(self, library, self.library.desk, is_attended=is_attended) if library else None
        if self.reception is not None:
            self.library.follow(self.reception)
        self.transfers = TransferPlace(self, library)
        self.archives = ArchivePlace(self)
        self.exchange = ExchangePlace(self)
        self.objects = ObjectPlace(self)
        self.key_images = KeyPlace(self)
        self.saving = SavingPlace(self)
        self.links = LinkPlace(self)
        self.synchronization = SynchronizationPlace(self, self._tell)

    @property
    def monitors(self) -> Monitors:
        """The monitors there are, with what is kept of them."""
        return self.displays.monitors

    def open_window(self, size: tuple[int, int] | None = None, workspace: Workspace | None = None) -> MainWindow:
        """Open a window over a workspace (a new one by default) and return it, shown."""
        is_beside = workspace is None and size is None and bool(self.windows)
        if workspace is None:
            workspace = Workspace(self.shared, self.settings.section("window", WindowSettings).options)
            self._looks[workspace] = FirstLook(workspace)
        problems = ProblemsPanel(workspace)
        viewports = ViewportGrid(workspace, self.rendering, self.monitors, self.keys)
        display = DisplayCommands(workspace, self.monitors, viewports)
        library, archives = self.library.make_page(viewports), self.archives.make_page()
        transfers = self.exchange.make_panel(workspace)
        parts = self._window_parts(workspace, viewports, problems, display, (library, archives), transfers)
        window = MainWindow(workspace, parts, self.settings, self.runner)
        problems.count_changed.connect(lambda count: window.set_panel_title("problems", _problems_title(count)))
        problems.refresh()
        asked = self.archives.make_commands(window, archives)
        workspace.window = WindowCommands(window, self, display, self.library.make_commands(window, library), asked)
        window.closing.connect(self._window_closed)
        window.show_media(self.media.mounts)
        self.windows.append(window)
        self._looks[workspace].fill()
        if size is not None:
            window.resize(*size)
        if is_beside:
            put_beside(window, self.windows[:-1])
        window.show()
        window.actions_table.refresh()
        for text in self.problems_at_start:
            window.job_line.show_message(text)
        self.problems_at_start.clear()
        self.displays.window_opened()
        self.volumes.window_opened()
        self.measuring.window_opened(window)
        self.presenting.window_opened(window, viewports)
        self.library.window_opened(window, library)
        self.transfers.window_opened(window)
        self.archives.window_opened(window, archives, asked)
        self.exchange.window_opened(window, transfers, archives)
        self.objects.window_opened(window)
        self.key_images.window_opened(window)
        self.reporting.window_opened(window)
        self.report_writing.window_opened(window)
        self.saving.window_opened(window, viewports)
        self.synchronization.window_opened(window)
        if self.reception is not None:
            self.reception.window_opened(window)
        self.links.start()
        return window

    def open_paths(self, paths: Sequence[Path]) -> None:
        """Open places, and remember them for the recent list."""
        self.opener.open(paths)
        recent = tuple(dict.fromkeys([*(str(path.absolute()) for path in paths), *self.general.recent_paths]))
        self._keep_general(replace(self.general, recent_paths=recent[:RECENT_KEPT]))

    def close(self) -> None:
        """End all background work; windows are closed already."""
        self.opener.cancel()
        self.links.close()
        self.measuring.close()
        self.presenting.close()
        self.segmenting.close()
        self.report_writing.close()
        self.reporting.close()
        self.synchronization.close()
        self.key_images.close()
        self.transfers.close()
        self.archives.close()
        if self.reception is not None:
            self.reception.close()
        self.library.stop()
        self.passwords.close()
        self.media.stop()
        self.displays.close()
        self.volumes.close()
        self.bridge.close()
        self.rendering.close()
        self.runner.close()
        self.library.close()
        self.decoder.close()

    # What windows ask of the program (ui.window_commands.Programme)

    def recent_paths(self) -> Sequence[Path]:
        """Return the places opened lately, the latest first; whether they are there a dead network drive tells late."""
        return [Path(path) for path in self.general.recent_paths]

    def forget_recent_paths(self) -> None:
        """Empty the list of places opened lately."""
        self._keep_general(replace(self.general, recent_paths=()))

    def mounted_media(self) -> Sequence[tuple[Path, str]]:
        """Return the inserted discs and drives: path and label."""
        return [(mount.path, mount.label) for mount in removable_mounts()]

    def new_window(self) -> None:
        """Open another window on the same studies."""
        self.open_window()

    def set_language(self, language: str) -> None:
        """Keep another language, and build the windows anew in it."""
        self.change_general(replace(self.general, language=language))

    def set_theme(self, theme: str) -> None:
        """Keep another theme and show it at once."""
        self.change_general(replace(self.general, theme=theme))

    def theme(self) -> str:
        """Return the theme in force."""
        return self.general.theme

    def show_preferences(self, window: MainWindow, page: str) -> None:
        """Show the preferences, at a page."""
        self.shared_windows.show_preferences(window, page)

    def edit_presets(self, window: MainWindow) -> None:
        """Show the editor of window presets."""
        self.shared_windows.edit_presets(window)

    def show_help(self, window: MainWindow, topic: str) -> None:
        """Show the help, at a topic."""
        self.shared_windows.show_help(window, topic)

    def change_general(self, general: GeneralSettings) -> bool:
        """Keep other general settings, and return whether the windows were built anew for them."""
        old = self.general
        # The places opened lately are kept by opening, not by whoever shows the settings.
        self._keep_general(replace(general, recent_paths=old.recent_paths))
        self.measuring.set_reader(general.reader_name)
        if general.language != old.language:
            set_language(general.language or system_language())
            set_qt_language(self._application, current_language())
        if general.theme != old.theme:
            apply_theme(self._application, general.theme)
        is_rebuilt = (general.language, general.theme) != (old.language, old.theme)
        if is_rebuilt:
            self._rebuild_windows()
        return is_rebuilt

    def change_keys(self, settings: KeySettings, keys: KeyTable) -> None:
        """Keep other keys and gestures, and put them into force in every window."""
        self._store("keys", settings)
        self.keys = keys
        for window in self.windows:
            window.set_keys(keys)

    # Building

    def _window_parts(
        self,
        workspace: Workspace,
        viewports: ViewportGrid,
        problems: ProblemsPanel,
        display: DisplayCommands,
        kept_and_asked: tuple[LibraryPage, ArchivePage],
        transfers: TransfersPanel,
    ) -> WindowParts:
        thumbnails = Thumbnails(viewports, self.runner, self.decoder, viewports.devicePixelRatioF)
        panels: dict[str, tuple[str, QWidget]] = {
            "information": (_("Information"), InformationPanel(workspace)),
            "measurements": (_("Measurements"), MeasurementsPanel(workspace)),
            "volume": (_("Volume"), VolumePanel(workspace)),
            "states": (_("States"), StatesPanel(workspace)),
            "segments": (_("Segments"), SegmentsPanel(workspace)),
            "tags": (_("Tags"), TagBrowser(workspace, self.runner)),
            "display": (_("Display"), display.make_panel()),
            "problems": (_problems_title(0), problems),
            PANEL: (_("Transfers"), transfers),
        }
        browser = StudyBrowser(workspace, thumbnails)
        thumbnails.follow(self.monitors, browser)
        return WindowParts(viewports, *kept_and_asked, DiscsPage(browser), panels, COMMANDS, dict(self.keys.keys))

    def _open_frames(self, header: InstanceHeader) -> FrameSource:
        return FrameSource(header, self.decoder)

    def _connect_opener(self) -> None:
        def each(call: Callable[[MainWindow], None]) -> None:
            for window in self.windows:
                call(window)

        self.opener.started.connect(lambda _paths: each(lambda window: window.opening_started(self.opener.cancel)))
        self.opener.progressed.connect(lambda report: each(lambda window: window.opening_progressed(report)))
        self.opener.ended.connect(lambda end: each(lambda window: window.opening_ended(end)))
        self.opener.ended.connect(lambda _end: self._settle_looks())

    # Following

    def _settle_looks(self) -> None:
        if not self.opener.is_busy:
            for look in self._looks.values():
                look.settle()

    def _keep_general(self, general: GeneralSettings) -> None:
        self.general = general
        self._store("general", general)

    def _keep_presets(self, presets: PresetTable) -> None:
        self._store("presets", presets.settings_against(PresetTable.builtin()))

    def _store(self, name: str, section: object) -> None:
        try:
            self.settings.store(name, section)
        except SettingsError as error:
            self._tell(error.one_line())

    def _tell(self, text: str, action: str = "", run: Callable[[], None] | None = None) -> None:
        """Say something at the foot of every window; before there is one, of the first."""
        if not self.windows:
            self.problems_at_start.append(text)
        for window in self.windows:
            window.job_line.show_message(text, action, run)

    def _rebuild_windows(self) -> None:
        """Build every window anew over its workspace: texts, icons and colours are made once a window."""
        self.exchange.close_windows()
        for old in tuple(self.windows):
            old.closing.disconnect(self._window_closed)
            self.windows.remove(old)
            old.remember()
            self.open_window((old.width(), old.height()), old.workspace)
            old.close()
            old.deleteLater()

    def _window_closed(self, window: MainWindow) -> None:
        self.windows.remove(window)
        if not self.windows:
            self.shared_windows.close()
            self.exchange.close_windows()
        self._looks.pop(window.workspace).close()
        window.workspace.close()
        window.deleteLater()


def _problems_title(count: int) -> str:
    return _("Problems ({0})").format(count) if count else _("Problems")


def _budget_bytes(memory_mb: int) -> int:
    """Return what decoded frames may take: as set, or a fraction of the computer's memory."""
    if memory_mb:
        return memory_mb * BYTES_PER_MB
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return FALLBACK_BUDGET_BYTES
    return memory // BUDGET_SHARE
