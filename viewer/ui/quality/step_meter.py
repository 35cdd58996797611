"""The meter of a constancy test: the first that is there, opened when it is first asked to read."""

from PySide6.QtCore import QObject, Signal

from viewer.display.meters import Meter, find_meters
from viewer.ui.calibration.meter_runner import MeterRunner


class StepMeter(QObject):
    """Reads when it is asked.

    Args:
        meter: Which; None looks for one that is installed.

    Signals:
        read: A MeterReading.
        failed: A ViewerError.
    """

    read = Signal(object)
    failed = Signal(object)

    def __init__(self, meter: Meter | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._meter = meter if meter is not None else _installed()
        self._runner: MeterRunner | None = None

    @property
    def title(self) -> str:
        """Its name; empty where there is none."""
        return self._meter.title if self._meter is not None else ""

    def measure(self, *, is_contact: bool) -> None:
        """Read once; the answer comes by a signal."""
        if self._meter is None:
            return
        if self._runner is not None and self._runner.is_telescopic is is_contact:
            self.close()
        if self._runner is None:
            self._runner = MeterRunner(self._meter, is_telescopic=not is_contact, window=self)
            self._runner.read.connect(self.read)
            self._runner.failed.connect(self.failed)
        self._runner.measure()

    def close(self) -> None:
        """Let go of the meter."""
        if self._runner is not None:
            self._runner.close()
            self._runner = None


def _installed() -> Meter | None:
    return next((meter for meter in find_meters().meters if meter.is_available()), None)
