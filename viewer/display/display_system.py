"""The Display System: what is known of a monitor, in DICOM's own words (PS3.3 B.29 and C.32, PS3.4 EE).

One display subsystem in one configuration: this program's. Results of quality assurance are there only where something
was measured or looked at. Of what nobody knows, attributes that may be empty (type 2) are empty.
"""

import io
from collections.abc import Sequence
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from viewer.display.calibration_record import AmbientSource, CalibrationRecord, Method, Reading
from viewer.display.conformance import FIELDS, predicted_conformance
from viewer.display.monitor import MonitorIdentity
from viewer.display.monitor_record import MonitorRecord, MonitorState, StateKind, TestResult, state_of
from viewer.display.visual_results import visual_evaluation
from viewer.display.whole_file import write_whole
from viewer.imaging.display_calibration import LEVEL_COUNTS, CalibrationMode, MoreGreys
from viewer.imaging.display_greys import display_curve, driving_levels

if TYPE_CHECKING:
    from pydicom import Dataset

DISPLAY_SYSTEM = "1.2.840.10008.5.1.1.40"
DISPLAY_SYSTEM_INSTANCE = "1.2.840.10008.5.1.1.40.1"
"""Well-known: every display system is this instance of itself (PS3.4 EE.2)."""

SUBSYSTEM_ID = CONFIGURATION_ID = TARGET_ID = 1
UNKNOWN = "UNKNOWN"
"""For type 1 attributes nobody told us; an empty value is not allowed there."""
_SHORT, _LONG = 16, 64  # characters of SH and LO (PS3.5 6.2)

_AMBIENT_SOURCES = {
    AmbientSource.ASSUMED: "DEFAULT",
    AmbientSource.LUMINANCE: "MEASURED",
    AmbientSource.ILLUMINANCE: "PROVIDED",
}
_MODES = {
    CalibrationMode.MEASURED: "GSDF by LUT, measured",
    CalibrationMode.VISUAL_ESTIMATE: "GSDF by LUT, matched by eye",
    CalibrationMode.NATIVE_GSDF: "GSDF by the display itself",
    CalibrationMode.SRGB_ESTIMATE: "Not calibrated, sRGB assumed",
}
_UNIFORMITY_LEVEL = 0.8
"""Of TG18-UNL80."""
_PLACES = 5
_ROW_ORDER = (1, 2, 0, 4, 3)
"""Middle, upper left, upper right, lower right, lower left: from left to right, then from top to bottom."""


def write_display_system(record: MonitorRecord | CalibrationRecord, path: Path, today: date | None = None) -> None:
    """Write a monitor as a DICOM file: whole or not at all.

    Raises:
        DisplayError: If it cannot be written.
    """
    content = io.BytesIO()
    data_set = display_system_data_set(record, today or datetime.now().astimezone().date())
    data_set.save_as(content, enforce_file_format=True)
    write_whole(content.getvalue(), path)


def display_system_data_set(record: MonitorRecord | CalibrationRecord, today: date) -> "Dataset":
    """Return a monitor as an instance of the Display System SOP Class, with its file meta information.

    Args:
        record: A monitor with its tests; or a calibration alone, of a monitor nobody named.
        today: For its status.
    """
    from pydicom import Dataset
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import UID, ExplicitVRLittleEndian

    monitor = record if isinstance(record, MonitorRecord) else MonitorRecord(MonitorIdentity(), record)
    data_set = Dataset()
    data_set.SpecificCharacterSet = "ISO_IR 192"
    data_set.SOPClassUID = DISPLAY_SYSTEM
    data_set.SOPInstanceUID = DISPLAY_SYSTEM_INSTANCE
    data_set.Manufacturer = "Negatoscope"
    data_set.InstitutionName = data_set.InstitutionAddress = data_set.InstitutionalDepartmentName = ""
    data_set.StationName = data_set.DeviceSerialNumber = UNKNOWN
    data_set.ManufacturerModelName = "Negatoscope"
    data_set.EquipmentAdministratorSequence = []
    data_set.NumberOfDisplaySubsystems = 1
    data_set.DisplaySubsystemSequence = [_subsystem(monitor, today)]
    data_set.TargetLuminanceCharacteristicsSequence = [_target(monitor.calibrated)]
    data_set.QAResultsSequence = [_quality(monitor)]
    data_set.file_meta = FileMetaDataset()
    data_set.file_meta.MediaStorageSOPClassUID = UID(DISPLAY_SYSTEM)
    data_set.file_meta.MediaStorageSOPInstanceUID = UID(DISPLAY_SYSTEM_INSTANCE)
    data_set.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return data_set


def _subsystem(monitor: MonitorRecord, today: date) -> "Dataset":
    from pydicom import Dataset

    identity, calibrated = monitor.identity, monitor.calibrated
    calibration = calibrated.calibration
    kappa = predicted_conformance(calibration).kappa if calibration.has_curve else None
    state = state_of(monitor, today, kappa)
    item = Dataset()
    item.Manufacturer = _text(identity.manufacturer, _LONG) or UNKNOWN
    item.ManufacturerModelName = _text(identity.model, _LONG) or UNKNOWN
    item.DeviceSerialNumber = _text(identity.serial_number, _LONG) or UNKNOWN
    item.DisplaySubsystemID = SUBSYSTEM_ID
    item.DisplaySubsystemName = _text(identity.name, _SHORT) or UNKNOWN
    item.DisplaySubsystemDescription = _text(f"{identity.manufacturer} {identity.model}", _LONG)
    item.DisplayDeviceTypeCodeSequence = []  # whether liquid crystals or diodes no system tells
    item.SystemStatus = _status(state)
    item.SystemStatusComment = _text(_status_comment(state), _LONG)
    item.CurrentConfigurationID = CONFIGURATION_ID
    item.MeasurementEquipmentSequence = []
    configuration = Dataset()
    configuration.ConfigurationID = CONFIGURATION_ID
    configuration.ConfigurationName = "GSDF"
    ambient = f"ambient {calibration.ambient_cd_m2:.4g} cd/m2 {calibrated.ambient_source.value}"
    configuration.ConfigurationDescription = _text(f"{_MODES[calibration.mode]}, {ambient}", _LONG)
    configuration.ReferencedTargetLuminanceCharacteristicsID = TARGET_ID
    item.DisplaySubsystemConfigurationSequence = [configuration]
    return item


def _status(state: MonitorState) -> str:
    """Return one of the terms that printers have for their state (PS3.3 C.13.9)."""
    if state.kind is StateKind.FAILED:
        return "FAILURE"
    return "NORMAL" if state.is_good else "WARNING"


def _status_comment(state: MonitorState) -> str:
    parts = [state.kind.value.capitalize()]
    if state.kappa is not None:
        parts.append(f"kappa {state.kappa:.1%}")
    if state.since is not None:
        parts.append(f"since {state.since.isoformat()}")
    if state.due_on is not None:
        parts.append(f"due {state.due_on.isoformat()}")
    return ", ".join(parts)


def _target(calibrated: CalibrationRecord) -> "Dataset":
    from pydicom import Dataset

    calibration = calibrated.calibration
    curve = display_curve(calibration)
    item = Dataset()
    item.LuminanceCharacteristicsID = TARGET_ID
    item.DisplayFunctionType = "GSDF"
    item.TargetMinimumLuminance = float(curve[0]) + calibration.ambient_cd_m2
    item.TargetMaximumLuminance = float(curve[-1]) + calibration.ambient_cd_m2
    if calibrated.readings and calibrated.readings[-1].chromaticity is not None:
        item.CIExyWhitePoint = list(calibrated.readings[-1].chromaticity)
    _add_ambient(item, calibrated)
    return item


def _quality(monitor: MonitorRecord) -> "Dataset":
    from pydicom import Dataset

    item = Dataset()
    item.DisplaySubsystemID = SUBSYSTEM_ID
    results = Dataset()
    results.DisplayCalibrationResultSequence = _calibration_results(monitor.calibrated)
    results.VisualEvaluationResultSequence = [
        _with_context(found, done_on) for found, done_on in visual_evaluation(monitor.tests)
    ]
    results.LuminanceUniformityResultSequence = _uniformity_results(monitor)
    results.LuminanceResultSequence = _luminance_results(monitor)
    if not any(element.value for element in results):
        item.DisplaySubsystemQAResultsSequence = []
        return item
    of_configuration = Dataset()
    of_configuration.ConfigurationID = CONFIGURATION_ID
    of_configuration.ConfigurationQAResultsSequence = [results]
    item.DisplaySubsystemQAResultsSequence = [of_configuration]
    return item


def _calibration_results(calibrated: CalibrationRecord) -> "list[Dataset]":
    from pydicom import Dataset

    if calibrated.measured_on is None or calibrated.calibration.mode is CalibrationMode.SRGB_ESTIMATE:
        return []
    item = Dataset()
    item.LuminanceCharacteristicsID = TARGET_ID
    return [_with_context(item, calibrated.measured_on)]


def _luminance_results(monitor: MonitorRecord) -> "list[Dataset]":
    """Return the newest response: of a test through the LUT, at its driving levels, else that of the calibration."""
    calibrated = monitor.calibrated
    test = monitor.newest("response")
    if test is not None and (calibrated.measured_on is None or test.done_on >= calibrated.measured_on):
        points = _tested_points(calibrated, test)
        if points:
            return [_luminance_result(points, calibrated, test.done_on)]
    if calibrated.measured_on is None or calibrated.method not in {Method.CONTACT, Method.TELESCOPIC}:
        return []
    points = [
        Reading(reading.driving_level, reading.luminance_cd_m2 + _light_since(calibrated), reading.chromaticity)
        for reading in calibrated.readings
    ]
    return [_luminance_result(points, calibrated, calibrated.measured_on)] if points else []


def _light_since(calibrated: CalibrationRecord) -> float:
    """Return what is to be added to a calibration's readings so that they hold the ambient light there is now."""
    calibration = calibrated.calibration
    if calibrated.method is Method.CONTACT:
        return calibration.ambient_cd_m2
    if not calibration.has_curve:
        return 0.0
    inside = max(reading.luminance_cd_m2 for reading in calibrated.readings) - calibration.luminances_cd_m2[-1]
    return calibration.ambient_cd_m2 - inside


def _tested_points(calibrated: CalibrationRecord, test: TestResult) -> list[Reading]:
    """Return a response test at its driving levels; nothing where they do not rise from 0 to the highest."""
    lut = driving_levels(calibrated.calibration, _levels(calibrated))
    if len(test.luminances_cd_m2) != FIELDS:
        return []
    places = [(lut.size - 1) * field // (FIELDS - 1) for field in range(FIELDS)]
    levels = [int(lut[place]) for place in places]
    if levels[0] != 0 or levels[-1] != _levels(calibrated) - 1 or any(a >= b for a, b in pairwise(levels)):
        return []
    return [Reading(level, value) for level, value in zip(levels, test.luminances_cd_m2, strict=True)]


def _luminance_result(points: Sequence[Reading], calibrated: CalibrationRecord, done_on: date) -> "Dataset":
    from pydicom import Dataset

    item = Dataset()
    item.NumberOfLuminancePoints = len(points)
    response = []
    for point in points:
        measured = Dataset()
        measured.DDLValue = point.driving_level
        measured.LuminanceValue = point.luminance_cd_m2
        if point.chromaticity is not None:
            measured.CIExyWhitePoint = list(point.chromaticity)
        response.append(measured)
    item.LuminanceResponseSequence = response
    _add_ambient(item, calibrated)
    return _with_context(item, done_on)


def _uniformity_results(monitor: MonitorRecord) -> "list[Dataset]":
    """Return the newest uniformity at 80 %, the last five of a test's luminances."""
    from pydicom import Dataset

    test = monitor.newest("uniformity")
    if test is None or len(test.luminances_cd_m2) < _PLACES:
        return []
    measured = test.luminances_cd_m2[-_PLACES:]
    lut = driving_levels(monitor.calibrated.calibration, _levels(monitor.calibrated))
    item = Dataset()
    item.NumberOfLuminancePoints = _PLACES
    pattern = Dataset()
    pattern.CodeValue, pattern.CodingSchemeDesignator, pattern.CodeMeaning = "109844", "DCM", "TG18-UNL80 Pattern"
    item.MeasurementPatternCodeSequence = [pattern]
    item.DDLValue = int(lut[round((lut.size - 1) * _UNIFORMITY_LEVEL)])
    item.WhitePointFlag = "NO"
    item.LuminanceResponseSequence = [Dataset() for _place in range(_PLACES)]
    for place, luminance in zip(_ROW_ORDER, item.LuminanceResponseSequence, strict=True):
        luminance.LuminanceValue = measured[place]
    _add_ambient(item, monitor.calibrated)
    return [_with_context(item, test.done_on)]


def _add_ambient(item: "Dataset", calibrated: CalibrationRecord) -> None:
    """Reflected Ambient Light is whole cd/m² (VR US); the exact value stands in the configuration's description."""
    item.ReflectedAmbientLight = min(round(calibrated.calibration.ambient_cd_m2), 0xFFFF)
    item.AmbientLightValueSource = _AMBIENT_SOURCES[calibrated.ambient_source]


def _with_context(item: "Dataset", done_on: date) -> "Dataset":
    """Add when, by whom and with what: the last two are empty, for nobody says them in the form it takes."""
    item.PerformedProcedureStepStartDateTime = item.PerformedProcedureStepEndDateTime = done_on.strftime("%Y%m%d")
    item.ActualHumanPerformersSequence = []
    item.MeasurementEquipmentSequence = []
    return item


def _levels(calibrated: CalibrationRecord) -> int:
    is_ten_bits = calibrated.calibration.more_greys is MoreGreys.TEN_BITS
    return LEVEL_COUNTS[1] if is_ten_bits else LEVEL_COUNTS[0]


def _text(text: str, most: int) -> str:
    """Return a text as a DICOM value: printable, without the separator of values, no longer than it may be."""
    plain = "".join(mark if mark.isprintable() and mark != "\\" else " " for mark in text)
    return " ".join(plain.split())[:most].strip()
