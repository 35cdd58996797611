"""What the pages of the calibration wizard share: which monitor, what was entered for it, and what is kept of it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QScreen

from viewer.display.calibration_draft import CalibrationDraft, applied, draft_of
from viewer.display.calibration_record import CalibrationRecord
from viewer.display.constancy_schedule import with_result
from viewer.display.measuring_plan import VERIFIED_COUNT, Measurement
from viewer.display.monitor import MonitorIdentity
from viewer.display.monitor_record import MonitorRecord, TestResult
from viewer.ui.monitors import Monitors
from viewer.ui.viewports.surface_depth import surface_has_ten_bits


class UnfinishedDrafts(QObject):
    """What was entered and not applied, by monitor: it is there again when the wizard is opened again."""

    def __init__(self, monitors: Monitors) -> None:
        super().__init__(monitors)
        self.by_key: dict[str, CalibrationDraft] = {}


def unfinished_of(monitors: Monitors) -> dict[str, CalibrationDraft]:
    """Return what was entered for any monitor since the program began."""
    found = monitors.findChild(UnfinishedDrafts)
    return (found if isinstance(found, UnfinishedDrafts) else UnfinishedDrafts(monitors)).by_key


class CalibrationDesk(QObject):
    """One calibration under way.

    Signals:
        changed: The draft or the monitor is another one.
    """

    changed = Signal()

    def __init__(self, monitors: Monitors, screen: QScreen, parent: QObject, today: Callable[[], date]) -> None:
        super().__init__(parent)
        self.monitors = monitors
        self.today = today
        self.screen = screen
        self._unfinished = unfinished_of(monitors)
        self.draft = CalibrationDraft()
        self.verification = _no_verification()
        self.choose_screen(screen)

    @property
    def identity(self) -> MonitorIdentity:
        """Who the chosen monitor is."""
        return self.monitors.identity(self.screen)

    @property
    def record(self) -> MonitorRecord:
        """What is kept of the chosen monitor."""
        return self.monitors.store.record(self.identity)

    @property
    def has_ten_bits(self) -> bool:
        """Whether what is drawn in ten bits a channel reaches the monitor."""
        return surface_has_ten_bits(self.screen)

    def choose_screen(self, screen: QScreen) -> None:
        """Go on with another monitor, where its draft was left."""
        self.screen = screen
        self.draft = self._unfinished.get(self.identity.key) or draft_of(self.record)
        self.verification = _no_verification()
        self.changed.emit()

    def change(self, **fields: Any) -> None:  # noqa: ANN401 - fields of CalibrationDraft
        """Replace fields of the draft."""
        draft = replace(self.draft, **fields)
        if draft == self.draft:
            return
        self.draft = draft
        self._unfinished[self.identity.key] = draft
        self.changed.emit()

    def verify(self, measurement: Measurement) -> None:
        """Replace the readings through the LUT."""
        self.verification = measurement
        self.changed.emit()

    def calibrated(self) -> CalibrationRecord:
        """Return the calibration that the draft makes; raises ViewerError."""
        return self.draft.record(self.today())

    def apply(self) -> None:
        """Keep the calibration: it is in force from now on; raises ViewerError."""
        record = applied(self.record, self.calibrated())
        if record.calibrated != self.record.calibrated:  # else what was read through it still holds
            self.verification = _no_verification()
        self.monitors.store.keep(record)
        self._unfinished.pop(self.identity.key, None)

    def keep_test(self, result: TestResult) -> None:
        """Keep the result of the verification; raises ViewerError, and may be called again then."""
        record = self.record
        is_held = any(each is result for each in record.tests)  # its file could not be written before
        self.monitors.store.keep(record if is_held else with_result(record, result))


def _no_verification() -> Measurement:
    return Measurement(tuple(range(VERIFIED_COUNT)))
