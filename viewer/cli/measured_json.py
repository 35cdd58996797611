"""A measurement in the form programs read."""

from typing import Any

from viewer.cli.measuring import Measured
from viewer.dicom.codes import Code
from viewer.dicom.pixel_spacing import SpacingSource
from viewer.measurement.kinds.region_kind import AREA
from viewer.measurement.reading import Reading, Unit
from viewer.measurement.roi_statistics import Statistics

_UNITS = {"{pixels}": "px", "{pixels}2": "px2", "mm2": "mm2", "mm3": "mm3", "um": "um", "um2": "um2", "deg": "deg"}
"""By UCUM code where the symbol is not for programs."""
_SOURCES = {
    SpacingSource.PATIENT.value: "patient",
    SpacingSource.GEOMETRY.value: "geometry",
    SpacingSource.FIDUCIAL.value: "fiducial",
    SpacingSource.CALIBRATED.value: "calibrated",
    SpacingSource.DETECTOR.value: "detector",
    SpacingSource.ESTIMATED.value: "estimated",
    SpacingSource.ISOCENTER.value: "estimated at isocenter",
    SpacingSource.US_REGION.value: "us region",
    SpacingSource.FILM.value: "film",
    SpacingSource.UNCERTAIN.value: "unknown",
    SpacingSource.UNKNOWN.value: "pixels",
}
RULE = "a pixel belongs when its centre is inside (even-odd) or on the edge"


def measured_as_json(found: Measured) -> dict[str, Any]:
    """Return a measurement as JSON has it; its value is null where it is refused."""
    main, anchor = found.main, found.annotation.anchor
    told: dict[str, Any] = {
        "kind": found.kind.id,
        "sop_instance_uid": getattr(anchor, "sop_instance_uid", ""),
        "frame": getattr(anchor, "frame_number", 1),
        "points": [list(point) for point in found.annotation.points],
        "value": main.value,
        "unit": None if main.value is None else _unit(main.unit),
        "calibration_source": _source(main),
        "calibration": main.source,
        "calibration_description": found.ground.spacing.description,
        "refusal": found.refusal,
        "readings": [_reading(each) for each in found.readings],
        "statistics": None,
        "cautions": list(dict.fromkeys([*found.cautions, *(each.caution for each in found.readings if each.caution)])),
    }
    if isinstance(found.statistics, Statistics):
        told["statistics"] = _statistics(found.statistics, found)
        suv = [each for each in found.other_statistics if each.unit.ucum.endswith("}") and "SUV" in each.unit.ucum]
        told["suv"] = {_suv_id(each): _statistics(each, found) for each in suv}
        told["real_world"] = [_statistics(each, found) for each in found.other_statistics if each not in suv]
        if found.suv_refusal:
            told["suv_refusal"] = found.suv_refusal
    elif found.statistics is not None:
        told["statistics_refusal"] = found.statistics
    return told


def _statistics(statistics: Statistics, found: Measured) -> dict[str, Any]:
    area = next((each for each in found.readings if each.code == AREA), None)
    return {
        "n": statistics.count,
        "mean": statistics.mean,
        "sd": statistics.sd,
        "min": statistics.minimum,
        "max": statistics.maximum,
        "median": statistics.median,
        "sum": statistics.total,
        "unit": _unit(statistics.unit),
        "ucum": statistics.unit.ucum,
        "source": statistics.source,
        "area": None if area is None else area.value,
        "area_unit": None if area is None or area.value is None else _unit(area.unit),
        "excluded": statistics.excluded,
        "rule": RULE,
        "histogram": {"edges": list(statistics.histogram.edges), "counts": list(statistics.histogram.counts)},
    }


def _reading(reading: Reading) -> dict[str, Any]:
    return {
        "title": reading.title,
        "code": _code(reading.code),
        "derivation": None if reading.derivation is None else _code(reading.derivation),
        "value": reading.value,
        "unit": None if reading.value is None else _unit(reading.unit),
        "ucum": None if reading.value is None else reading.unit.ucum,
        "source": reading.source,
        "refusal": reading.refusal,
        "caution": reading.caution,
    }


def _code(code: Code) -> dict[str, str]:
    return {"value": code.value, "scheme": code.scheme, "meaning": code.meaning}


def _unit(unit: Unit) -> str:
    return _UNITS.get(unit.ucum, unit.symbol)


def _source(reading: Reading) -> str | None:
    return _SOURCES.get(reading.source) if reading.source else None


def _suv_id(statistics: Statistics) -> str:
    from viewer.measurement.body_measures import SUV_TYPES

    return next((each.id for each in SUV_TYPES if each.title == statistics.source), statistics.source)
