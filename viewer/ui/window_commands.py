"""What commands ask of the window (workspace.window_actions), done with Qt."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFileDialog

from viewer.base.paths import resources_path
from viewer.base.translation import N_, _, current_language
from viewer.imaging.pseudo_color import PALETTE_IDS, palette_title
from viewer.ui.browser.archive_commands import ArchiveCommands
from viewer.ui.browser.library_commands import LibraryCommands
from viewer.ui.dialogs.choice_popup import Choice, ChoicePopup, command_choices
from viewer.ui.dialogs.layout_picker import LayoutPicker
from viewer.ui.dialogs.notes_popup import NotesPopup
from viewer.ui.display_commands import DisplayCommands
from viewer.ui.main_window import MainWindow
from viewer.ui.viewports.render_service import RenderService
from viewer.workspace.commands.window_level import apply_preset, presets_at
from viewer.workspace.exchange_actions import ExchangeActions
from viewer.workspace.measuring.mark_page_actions import MarkPageActions
from viewer.workspace.object_saving import ObjectSaving
from viewer.workspace.presenting.key_actions import KeyActions
from viewer.workspace.presenting.state_actions import StateActions
from viewer.workspace.reception_actions import ReceptionActions
from viewer.workspace.registering_actions import RegisteringActions
from viewer.workspace.reporting.measurement_actions import MeasurementActions
from viewer.workspace.reporting.report_actions import ReportActions
from viewer.workspace.saving_actions import SavingActions
from viewer.workspace.viewport_notes import notes_at

if TYPE_CHECKING:
    from viewer.ui.volumes.curve_window import CurveWindow


class Programme(Protocol):
    """What application does for all windows."""

    rendering: RenderService

    def recent_paths(self) -> Sequence[Path]:
        """Return the places opened lately, the latest first."""

    def forget_recent_paths(self) -> None:
        """Empty the list of places opened lately."""

    def mounted_media(self) -> Sequence[tuple[Path, str]]:
        """Return the inserted discs and drives: path and label."""

    def new_window(self) -> None:
        """Open another window on the same studies."""

    def set_language(self, language: str) -> None:
        """Keep another language, and build the windows anew in it."""

    def set_theme(self, theme: str) -> None:
        """Keep another theme and show it at once."""

    def theme(self) -> str:
        """Return the theme in force."""

    def show_preferences(self, window: MainWindow, page: str) -> None:
        """Show the preferences."""

    def edit_presets(self, window: MainWindow) -> None:
        """Show the editor of window presets."""

    def show_help(self, window: MainWindow, topic: str) -> None:
        """Show the help."""


class WindowCommands:
    """The window's side of commands."""

    def __init__(
        self,
        window: MainWindow,
        programme: Programme,
        display: DisplayCommands,
        library: LibraryCommands,
        archives: ArchiveCommands,
    ) -> None:
        self._window = window
        self._display = display
        self._library = library
        self._archives = archives
        self.reception: ReceptionActions | None = None
        self.exchange: ExchangeActions | None = None
        self.registering: RegisteringActions | None = None
        self.saving: SavingActions | None = None
        self.objects: ObjectSaving | None = None
        self.keys: KeyActions | None = None
        self.states: StateActions | None = None
        self.mark_page: MarkPageActions | None = None
        self.measurements: MeasurementActions | None = None
        self.reports: ReportActions | None = None
        self._workspace = window.workspace
        self._programme = programme
        self._popup = ChoicePopup(window)
        self._picker = LayoutPicker(window)
        self._notes = NotesPopup(window)
        self._curves: CurveWindow | None = None

    @property
    def library(self) -> LibraryCommands:
        """The window's list of the studies on this computer."""
        return self._library

    @property
    def archives(self) -> ArchiveCommands:
        """The window's list of the studies in archives."""
        return self._archives

    def choose_files(self) -> None:
        """Ask for files and open them."""
        dialog = QFileDialog(self._window, _("Open files"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        self._ask(dialog)

    def choose_folder(self) -> None:
        """Ask for a folder and open it."""
        dialog = QFileDialog(self._window, _("Open a folder"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        self._ask(dialog)

    def choose_disc(self) -> None:
        """Offer what is inserted; without any, say so and how to open a disc image."""
        media = self._programme.mounted_media()
        if not media:
            message = _("No disc or drive is inserted. A disc image (ISO) is opened like a file.")
            self._window.job_line.show_message(message, _("Open files"), self.choose_files)
            return
        self._offer(_("Open a disc"), [Choice(str(path), label, str(path)) for path, label in media], self._open)

    def open_sample(self) -> None:
        """Open the bundled sample disc."""
        self._workspace.open_paths([resources_path("sample_disc")])

    def choose_recent(self) -> None:
        """Offer the places opened lately."""
        paths = self._programme.recent_paths()
        if not paths:
            self._window.job_line.show_message(_("Nothing was opened yet"))
            return
        choices = [Choice(str(path), path.name, str(path.parent)) for path in paths]
        choices.append(Choice("", _("Forget these places"), _("the list may hold patients' names")))
        self._offer(
            _("Open recent"), choices, lambda key: self._open(key) if key else self._programme.forget_recent_paths()
        )

    def choose_layout(self) -> None:
        """Offer the grid of layouts."""
        layout = self._workspace.layout
        self._picker.offer(layout.rows, layout.columns, self._workspace.set_layout)

    def choose_tiling(self) -> None:
        """Offer the grid of tilings of the active series."""
        layout = self._workspace.layout
        self._picker.offer(
            layout.rows,
            layout.columns,
            lambda rows, columns: self._workspace.set_layout(rows, columns, is_tiled=rows * columns > 1),
        )

    def choose_pseudo_color(self) -> None:
        """Offer the pseudo-colour tables."""
        current = self._workspace.viewport(self._workspace.active).view.pseudo_color or ""
        choices = [Choice("", _("Grey")), *(Choice(each, palette_title(each)) for each in PALETTE_IDS)]

        def choose(key: str) -> None:
            self._workspace.adjust(
                N_("Pseudo-colour"), lambda state: replace(state, view=replace(state.view, pseudo_color=key or None))
            )

        self._offer(_("Pseudo-colour"), choices, choose, current=current)

    def choose_character_set(self) -> None:
        """Offer the character sets for the active study's text."""
        from viewer.dicom.character_sets import CHARACTER_SETS

        series = self._workspace.series_at(self._workspace.active)
        if series is None:
            return
        choices = [Choice("", _("As the files say"))]
        choices += [Choice(value, _(title), value) for value, title in CHARACTER_SETS]
        study_key = series.study.key
        tree = self._workspace.tree
        self._offer(
            _("Read the names of this study as"),
            choices,
            lambda key: tree.set_character_set(study_key, key),
            current=series.study.character_set,
        )

    def choose_language(self) -> None:
        """Offer the languages."""
        choices = [Choice("en", "English"), Choice("ko", "한국어")]
        self._offer(_("Language"), choices, self._programme.set_language, current=current_language())

    def toggle_theme(self) -> None:
        """Change between the dark and the light theme."""
        self._programme.set_theme("light" if self._programme.theme() == "dark" else "dark")

    def choose_preset(self) -> None:
        """Offer the window presets of the active viewport's modality."""
        presets = presets_at(self._workspace, self._workspace.active)
        choices = [
            Choice(str(number), _(preset.name), f"W {preset.window.width:g}  L {preset.window.center:g}")
            for number, preset in enumerate(presets, 1)
        ]
        self._offer(_("Window preset"), choices, lambda key: apply_preset(self._workspace, int(key)))

    def edit_presets(self) -> None:
        """Show the editor of window presets."""
        self._programme.edit_presets(self._window)

    def show_palette(self) -> None:
        """Show every command that can be run now."""
        self._window.actions_table.refresh()
        choices = command_choices(self._window.actions_table.all_actions())
        self._offer(_("Type a command"), choices, self._window.actions_table.run)

    def show_help(self, topic: str = "") -> None:
        """Show the help, at a topic."""
        self._programme.show_help(self._window, topic)

    def show_about(self) -> None:
        """Show version, licences and credits."""
        self._programme.show_help(self._window, "about")

    def show_preferences(self, page: str = "") -> None:
        """Show the preferences, at a page."""
        self._programme.show_preferences(self._window, page)

    def show_notes(self) -> None:
        """Show what must be said of the active viewport's image, beside it."""
        workspace = self._workspace
        self._notes.show_notes(notes_at(workspace, workspace.active), self._window.active_area())

    def show_tags(self) -> None:
        """Show the tag browser on the active image."""
        self._window.show_panel("tags")

    def compare_tags(self) -> None:
        """Show the tag browser comparing the active image with another viewport's."""
        self._window.show_tag_comparison()

    def show_problems(self) -> None:
        """Show the problems panel."""
        self._window.show_panel("problems")

    def focus_browser(self) -> None:
        """Put the keyboard into the study browser, or into the list that is at the front of the left side."""
        if self._window.shows_library:
            self._window.show_library().tree.go_to_first()
        elif self._window.shows_archives:
            self._window.show_archives().tree.go_to_first()
        else:
            self._window.show_browser().focus_tree()

    def focus_search(self) -> None:
        """Put the keyboard into the search field of what is at the front of the left side."""
        if self._window.shows_library:
            self._window.show_library().focus_search()
        elif self._window.shows_archives:
            self._window.show_archives().focus_search()
        else:
            self._window.show_browser().focus_search()

    def new_window(self) -> None:
        """Open another window on the same studies."""
        self._programme.new_window()

    def close_window(self) -> None:
        """Close this window."""
        self._window.close()

    def quit(self) -> None:
        """Close every window and end the program, also where it would go on without one."""
        QApplication.closeAllWindows()
        QApplication.quit()

    def show_curves(self) -> None:
        """Show the curves over phases of the regions of what the active viewport shows."""
        from viewer.ui.volumes.curve_window import CurveWindow

        if self._curves is None:
            self._curves = CurveWindow(self._window, self._workspace)
        self._curves.show_active()

    def show_volume(self) -> None:
        """Show what steers the active viewport's look at a volume."""
        self._window.show_panel("volume")

    def show_segments(self) -> None:
        """Show what there is of segmentations, and how it is seen."""
        self._window.show_panel("segments")

    def save_segmentation(self) -> None:
        """Ask how and where the chosen segmentation is saved, and save it."""
        from viewer.ui.segmenting.saving import save_segmentation

        save_segmentation(self._window, self._workspace)

    def make_segment_surface(self) -> None:
        """Make the surface of the chosen segment, and ask where it is written."""
        from viewer.ui.segmenting.saving import make_surface

        make_surface(self._window, self._workspace)

    def save_turn(self) -> None:
        """Ask how the active viewport's volume is saved as it turns round the patient, and save it."""
        from viewer.ui.volumes.turn_commands import save_turn

        save_turn(self._window, self._programme.rendering)

    def show_display(self) -> None:
        """Show the state of the active viewport's monitor, and put the keyboard there."""
        self._window.show_panel("display")
        self._display.focus_panel()

    def calibrate_display(self) -> None:
        """Calibrate the active viewport's monitor."""
        self._display.calibrate()

    def test_display(self) -> None:
        """Offer the constancy tests of the active viewport's monitor."""
        self._display.test()

    def check_display(self) -> None:
        """Draw a ramp on the active viewport's monitor and read it back."""
        self._display.check()

    def show_display_history(self) -> None:
        """Show the earlier tests of the active viewport's monitor."""
        self._display.show_history()

    def report_display(self) -> None:
        """Ask for a file, and write the quality report of the active viewport's monitor."""
        self._display.report()

    def measure_screen(self) -> None:
        """Measure how large a pixel of the active viewport's monitor is."""
        self._display.measure_screen()

    def screen_pixels_per_mm(self, cell: int | None = None) -> float | None:
        """Return the device pixels per millimetre of a viewport's screen; None when nobody knows."""
        return self._display.pixels_per_mm(cell)

    def is_screen_measured(self, cell: int | None = None) -> bool:
        """Return whether somebody measured the size of a viewport's screen."""
        return self._display.is_measured(cell)

    def shares_screen(self, cell: int, other: int) -> bool:
        """Return whether two viewports are on one screen."""
        return self._display.screen(cell) is self._display.screen(other)

    def show_message(self, text: str) -> None:
        """Say a sentence for a while at the foot of the window."""
        self._window.job_line.show_message(text)

    def _ask(self, dialog: QFileDialog) -> None:
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.filesSelected.connect(lambda names: self._workspace.open_paths([Path(name) for name in names]))
        dialog.open()

    def _open(self, path: str) -> None:
        self._workspace.open_paths([Path(path)])

    def _offer(
        self, prompt: str, choices: Sequence[Choice], chosen: Callable[[str], None], *, current: str = ""
    ) -> None:
        self._popup.offer(prompt, choices, chosen, current=current)
