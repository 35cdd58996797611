"""Another light in the room: whether a calibration can follow it, and how it then reads."""

from dataclasses import replace

from viewer.display.calibration_record import AmbientSource, CalibrationRecord, Method
from viewer.display.monitor_record import MonitorRecord


def can_follow(calibrated: CalibrationRecord) -> bool:
    """Whether another ambient light can be put in the place of the one that was there when it was measured.

    Readings from the reader's place include it; where nobody told how much it was, it cannot be taken off.
    """
    return calibrated.method is not Method.TELESCOPIC or calibrated.ambient_source is not AmbientSource.ASSUMED


def with_ambient(record: MonitorRecord, ambient_cd_m2: float, source: AmbientSource) -> MonitorRecord:
    """Return a record drawn for another ambient light; the same where it cannot be followed."""
    calibrated = record.calibrated
    if not can_follow(calibrated):
        return record
    calibration = replace(calibrated.calibration, ambient_cd_m2=ambient_cd_m2)
    return replace(record, calibrated=replace(calibrated, calibration=calibration, ambient_source=source))
