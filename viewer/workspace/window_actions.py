"""What commands ask of the window; ui implements it, the workspace only knows this list."""

from typing import Protocol

from viewer.workspace.archive_actions import ArchiveActions
from viewer.workspace.exchange_actions import ExchangeActions
from viewer.workspace.library_actions import LibraryActions
from viewer.workspace.measuring.mark_page_actions import MarkPageActions
from viewer.workspace.object_saving import ObjectSaving
from viewer.workspace.presenting.key_actions import KeyActions
from viewer.workspace.presenting.state_actions import StateActions
from viewer.workspace.reception_actions import ReceptionActions
from viewer.workspace.registering_actions import RegisteringActions
from viewer.workspace.reporting.measurement_actions import MeasurementActions
from viewer.workspace.reporting.report_actions import ReportActions
from viewer.workspace.saving_actions import SavingActions


class WindowActions(Protocol):
    """The window's side of commands: dialogs, panels and windows. None of these blocks until a dialog is answered."""

    reception: ReceptionActions | None
    """The receiver's side of commands; None in a program without a library."""
    exchange: ExchangeActions | None
    """Archives, transfers and sending; None until the window is there."""
    registering: RegisteringActions | None
    """Laying priors over current series; None until the window is there."""
    saving: SavingActions | None
    """What is saved of volumes and pictures; None until the window is there."""
    objects: ObjectSaving | None
    """Saving of DICOM objects that were made here; None until the window is there."""
    keys: KeyActions | None
    """Key images; None until the window is there."""

    states: StateActions | None
    """Presentation states; None until the window is there."""
    mark_page: MarkPageActions | None
    """The list of measurements; None until the window is there."""
    measurements: MeasurementActions | None
    reports: ReportActions | None
    """Reports that are written; None until the window is there."""
    """Measurements that are saved, exported or taken over; None until the window is there."""

    @property
    def library(self) -> LibraryActions:
        """The window's list of the studies on this computer."""

    @property
    def archives(self) -> ArchiveActions:
        """The window's list of the studies in archives."""

    def choose_files(self) -> None:
        """Ask for files and open them."""

    def choose_folder(self) -> None:
        """Ask for a folder and open it."""

    def choose_disc(self) -> None:
        """Offer the mounted discs, drives and disc images, and open the chosen one."""

    def open_sample(self) -> None:
        """Open the bundled sample disc."""

    def choose_recent(self) -> None:
        """Offer the places opened lately."""

    def choose_layout(self) -> None:
        """Offer the grid of layouts, 1×1 to 5×5."""

    def choose_tiling(self) -> None:
        """Offer the grid of tilings of the active series."""

    def choose_pseudo_color(self) -> None:
        """Offer the pseudo-colour tables."""

    def choose_character_set(self) -> None:
        """Offer the character sets for the active study's text."""

    def choose_language(self) -> None:
        """Offer the languages."""

    def toggle_theme(self) -> None:
        """Change between the dark and the light theme."""

    def choose_preset(self) -> None:
        """Offer the window presets of the active viewport's modality."""

    def edit_presets(self) -> None:
        """Show the editor of window presets."""

    def show_palette(self) -> None:
        """Show the command palette."""

    def show_help(self, topic: str = "") -> None:
        """Show the help, at a topic."""

    def show_about(self) -> None:
        """Show version, licences and credits."""

    def show_preferences(self, page: str = "") -> None:
        """Show the preferences, at a page."""

    def show_notes(self) -> None:
        """Show what must be said of the active viewport's image, beside it."""

    def show_tags(self) -> None:
        """Show the tag browser on the active image."""

    def compare_tags(self) -> None:
        """Show the tag browser comparing the active image with another viewport's."""

    def show_problems(self) -> None:
        """Show the problems panel."""

    def show_segments(self) -> None:
        """Show what there is of segmentations, and how it is seen."""

    def save_segmentation(self) -> None:
        """Ask how and where the chosen segmentation is saved, and save it."""

    def make_segment_surface(self) -> None:
        """Make the surface of the chosen segment, and ask where it is written."""

    def show_volume(self) -> None:
        """Show what steers the active viewport's look at a volume."""

    def show_curves(self) -> None:
        """Show the curves over phases of the regions of what the active viewport shows."""

    def save_turn(self) -> None:
        """Ask how the active viewport's volume is saved as it turns round the patient, and save it."""

    def show_display(self) -> None:
        """Show the state of the active viewport's monitor."""

    def calibrate_display(self) -> None:
        """Calibrate the active viewport's monitor."""

    def test_display(self) -> None:
        """Offer the constancy tests of the active viewport's monitor."""

    def check_display(self) -> None:
        """Draw a ramp on the active viewport's monitor and read it back."""

    def show_display_history(self) -> None:
        """Show the earlier tests of the active viewport's monitor."""

    def report_display(self) -> None:
        """Ask for a file, and write the quality report of the active viewport's monitor."""

    def measure_screen(self) -> None:
        """Measure how large a pixel of the active viewport's monitor is."""

    def focus_browser(self) -> None:
        """Put the keyboard into the study browser."""

    def focus_search(self) -> None:
        """Put the keyboard into the study browser's search field."""

    def new_window(self) -> None:
        """Open another window on the same studies."""

    def close_window(self) -> None:
        """Close this window."""

    def quit(self) -> None:
        """End the program."""

    def screen_pixels_per_mm(self, cell: int | None = None) -> float | None:
        """Return the device pixels per millimetre of the screen a viewport (the active one by default) is on.

        None when not known.
        """

    def is_screen_measured(self, cell: int | None = None) -> bool:
        """Return whether somebody measured the size of that screen; else it is what the system states."""

    def shares_screen(self, cell: int, other: int) -> bool:
        """Return whether two viewports are on one screen."""

    def show_message(self, text: str) -> None:
        """Say a sentence, translated, for a while."""
