"""The section of the quality panel about colour images: the monitor's profile and how colours are brought to it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog

from viewer.base.errors import ViewerError, system_reason
from viewer.base.translation import N_, _
from viewer.display.monitor_json import with_profile
from viewer.display.monitor_record import MonitorRecord, ProfileSource
from viewer.imaging.display_calibration import RenderingIntent
from viewer.ui.quality.panel_section import PanelSection
from viewer.ui.quality.panel_sections import with_calibration
from viewer.ui.quality.shown_monitor import Keep, ShownMonitor

LARGEST_PROFILE = 16 * 2**20

_PROFILES = {
    ProfileSource.NONE: N_("None (sRGB)"),
    ProfileSource.SYSTEM: N_("Of the system"),
    ProfileSource.FILE: N_("From a file…"),
}
_INTENTS = {RenderingIntent.PERCEPTUAL: N_("Perceptual"), RenderingIntent.RELATIVE: N_("Relative")}


class ColourSection(PanelSection):
    """Which colour profile the monitor has, and how colours are brought to it."""

    def __init__(self, keep: Keep, tell: Callable[[str], object]) -> None:
        super().__init__(_("Colour images"), keep)
        self._tell = tell
        self._source = self.choice([(each, _(text)) for each, text in _PROFILES.items()], self._source_chosen)
        self.line(_("Profile"), self._source)
        self._intent = self.choice([(each, _(text)) for each, text in _INTENTS.items()], self._intent_chosen)
        self.line(_("Intent"), self._intent)
        self._note = self.note()

    def fill(self, shown: ShownMonitor) -> None:
        """Show where a monitor's profile comes from."""
        record, color = shown.record, shown.calibration.color
        self._source.setCurrentIndex(self._source.findData(record.profile_source))
        self._intent.setCurrentIndex(self._intent.findData(color.intent))
        if record.profile_source is ProfileSource.FILE:
            note = Path(record.profile_path).name
        elif record.profile_source is ProfileSource.SYSTEM and not color.profile:
            note = _("The system has no profile for this monitor: it is taken for an sRGB monitor.")
        elif record.profile_source is ProfileSource.NONE:
            note = _("It is taken for an sRGB monitor.")
        else:
            note = ""
        self._note.setText(note)
        self._note.setVisible(bool(note))

    def take_file(self, path: Path) -> None:
        """Use a profile from a file, if it is one of a monitor."""
        from viewer.display.system_profile import check_profile

        try:
            if path.stat().st_size > LARGEST_PROFILE:
                raise ViewerError(_("The file is too large"), subject=path.name)
            profile = path.read_bytes()
            check_profile(profile, path.name)
        except OSError as error:
            self._refuse(f"{path.name}: {system_reason(error)}")
            return
        except ViewerError as error:
            self._refuse(error.one_line())
            return
        self.keep(
            lambda record: replace(
                record,
                calibrated=with_profile(record.calibrated, profile),
                profile_source=ProfileSource.FILE,
                profile_path=str(path),
            )
        )

    def _refuse(self, text: str) -> None:
        self._tell(text)
        if self.shown is not None:
            self.fill(self.shown)

    def _source_chosen(self, source: object) -> None:
        if source is ProfileSource.FILE:
            self._ask()
        elif isinstance(source, ProfileSource):
            self.keep(
                lambda record: replace(
                    record,
                    calibrated=with_profile(record.calibrated, b""),
                    profile_source=source,
                    profile_path="",
                )
            )

    def _ask(self) -> None:
        dialog = QFileDialog(self, _("Colour profile of the monitor"))
        dialog.setNameFilters([_("Colour profiles (*.icc *.icm)"), _("All files (*)")])
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda name: self.take_file(Path(name)))
        dialog.rejected.connect(lambda: self.fill(self.shown) if self.shown is not None else None)
        dialog.open()

    def _intent_chosen(self, intent: object) -> None:
        if not isinstance(intent, RenderingIntent):
            return

        def change(record: MonitorRecord) -> MonitorRecord:
            calibration = record.calibrated.calibration
            return with_calibration(record, replace(calibration, color=replace(calibration.color, intent=intent)))

        self.keep(change)
