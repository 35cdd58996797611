"""A monitor's record as JSON: what its file in the settings folder holds."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from viewer.base.errors import DisplayError
from viewer.base.translation import _
from viewer.display.calibration_file import from_json, to_json
from viewer.display.calibration_record import CalibrationRecord
from viewer.display.monitor import MonitorIdentity
from viewer.display.monitor_record import CONSTANCY_DAYS, Answer, MonitorRecord, ProfileSource, TestResult

FORMAT = "negatoscope-monitor"
VERSION = 1
_TEXTS = ("manufacturer", "model", "serial_number", "name")


def record_to_json(record: MonitorRecord) -> dict[str, Any]:
    """Return a record as JSON's own types; record_from_json() makes the same of it again.

    A profile of the system is left out: it is read anew whenever the monitor appears.
    """
    identity, calibrated = record.identity, record.calibrated
    if record.profile_source is ProfileSource.SYSTEM:
        calibrated = without_profile(calibrated)
    return {
        "format": FORMAT,
        "version": VERSION,
        "identity": {
            **{name: getattr(identity, name) for name in _TEXTS},
            "size_px": list(identity.size_px),
            "position": list(identity.position),
            "size_mm": list(identity.size_mm),
        },
        "calibration": to_json(calibrated),
        "pixel_pitch_mm": None if record.pixel_pitch_mm is None else list(record.pixel_pitch_mm),
        "profile_source": record.profile_source.value,
        "profile_path": record.profile_path,
        "tests": [_result_to_json(result) for result in record.tests],
        "interval_days": record.interval_days,
        "due_on": None if record.due_on is None else record.due_on.isoformat(),
    }


def record_from_json(values: object) -> MonitorRecord:
    """Return the record that record_to_json() wrote.

    Raises:
        DisplayError: If it is none, is of a newer program, or holds what cannot be.
    """
    if not isinstance(values, Mapping) or values.get("format") != FORMAT:
        raise DisplayError(_("This is not what the program keeps of a monitor"))
    if values.get("version") != VERSION:
        raise DisplayError(
            _("What is kept of the monitor is of version {0}, which is not known here").format(values.get("version"))
        )
    try:
        return MonitorRecord(
            identity=_identity(values["identity"]),
            calibrated=from_json(values["calibration"]),
            pixel_pitch_mm=_pitch(values.get("pixel_pitch_mm")),
            profile_source=ProfileSource(values.get("profile_source", ProfileSource.NONE.value)),
            profile_path=str(values.get("profile_path", "")),
            tests=tuple(_result(each) for each in values.get("tests", ())),
            interval_days=_positive(values.get("interval_days", CONSTANCY_DAYS)),
            due_on=_day(values.get("due_on")),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DisplayError(_("What is kept of the monitor cannot be understood")) from error


def without_profile(calibrated: CalibrationRecord) -> CalibrationRecord:
    """Return a calibration whose colours are sRGB's."""
    return with_profile(calibrated, b"")


def with_profile(calibrated: CalibrationRecord, profile: bytes) -> CalibrationRecord:
    """Return a calibration with another colour profile."""
    calibration = calibrated.calibration
    color = replace(calibration.color, profile=profile)
    return replace(calibrated, calibration=replace(calibration, color=color))


def _identity(values: Mapping[str, Any]) -> MonitorIdentity:
    width, height = values["size_px"]
    left, top = values["position"]
    width_mm, height_mm = values["size_mm"]
    return MonitorIdentity(
        **{name: str(values[name]) for name in _TEXTS},
        size_px=(int(width), int(height)),
        position=(int(left), int(top)),
        size_mm=(float(width_mm), float(height_mm)),
    )


def _pitch(values: object) -> tuple[float, float] | None:
    if values is None:
        return None
    if not isinstance(values, list):
        raise TypeError
    width, height = (float(value) for value in values)
    if not (0 < width < float("inf") and 0 < height < float("inf")):
        raise ValueError
    return width, height


def _positive(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError
    return value


def _day(value: object) -> date | None:
    return None if value is None else date.fromisoformat(str(value))


def _result_to_json(result: TestResult) -> dict[str, Any]:
    return {
        "test": result.test,
        "done_on": result.done_on.isoformat(),
        "answers": [
            {"subject": answer.subject, "value": answer.value, "passes": answer.passes} for answer in result.answers
        ],
        "luminances_cd_m2": list(result.luminances_cd_m2),
        "remark": result.remark,
    }


def _result(values: Mapping[str, Any]) -> TestResult:
    return TestResult(
        test=str(values["test"]),
        done_on=date.fromisoformat(values["done_on"]),
        answers=tuple(_answer(each) for each in values["answers"]),
        luminances_cd_m2=tuple(float(value) for value in values["luminances_cd_m2"]),
        remark=str(values["remark"]),
    )


def _answer(values: Mapping[str, Any]) -> Answer:
    value, passes = values["value"], values["passes"]
    if passes is not None and not isinstance(passes, bool):
        raise TypeError
    return Answer(str(values["subject"]), None if value is None else float(value), passes)
