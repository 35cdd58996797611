"""A monitor's state on a day, with κ foretold by its calibration where no test has measured it since."""

from datetime import date

from viewer.base.errors import ViewerError
from viewer.display.monitor_record import MonitorRecord, MonitorState, state_of
from viewer.imaging.display_calibration import CalibrationMode, DisplayCalibration


def state_today(record: MonitorRecord, today: date, drawn: DisplayCalibration | None = None) -> MonitorState:
    """Return what is to be said of a monitor on a day.

    Args:
        record: Of the monitor.
        today: The day.
        drawn: What pixels are drawn with where that is less than the record's own (a surface without ten bits).
    """
    return state_of(record, today, _predicted_kappa(drawn or record.calibrated.calibration))


def _predicted_kappa(calibration: DisplayCalibration) -> float | None:
    """Return κ as the curve and its table foretell it; None where the curve was not measured."""
    if calibration.mode is not CalibrationMode.MEASURED:
        return None
    from viewer.display.conformance import predicted_conformance

    try:
        return predicted_conformance(calibration).kappa
    except ViewerError:
        return None
