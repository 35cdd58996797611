"""A monitor's state on a day, with κ foretold by its calibration where no test has measured it since."""

from datetime import date

from viewer.base.errors import ViewerError
from viewer.display.monitor_record import MonitorRecord, MonitorState, state_of
from viewer.imaging.display_calibration import DisplayCalibration


def state_today(record: MonitorRecord, today: date) -> MonitorState:
    """Return what is to be said of a monitor on a day."""
    return state_of(record, today, _predicted_kappa(record.calibrated.calibration))


def _predicted_kappa(calibration: DisplayCalibration) -> float | None:
    """Return κ as the curve and its table foretell it; None where there is no curve of this monitor's own."""
    if not calibration.has_curve:
        return None
    from viewer.display.conformance import predicted_conformance

    try:
        return predicted_conformance(calibration).kappa
    except ViewerError:
        return None
