"""What a calibration amounts to: its range, its greys, how near to the GSDF, and every limit it is held to."""

import itertools
import math
from dataclasses import dataclass, fields
from typing import Any

from viewer.base.translation import _
from viewer.display.calibration_record import CalibrationRecord
from viewer.display.conformance import Check, Limit, Limits, check, limits_of, predicted_conformance
from viewer.display.constancy_judgement import checks_of_calibration, knows_ambient, was_measured
from viewer.display.measuring_plan import RECOMMENDED_COUNT
from viewer.imaging.display_calibration import LEVEL_COUNTS, MoreGreys
from viewer.imaging.display_greys import display_curve, driving_levels
from viewer.imaging.display_steps import DisplaySteps, display_steps
from viewer.imaging.grayscale_display_function import jnd_index

LUT_P_VALUES = 1024
"""P-values of the table that is reported; pixels are looked up with 65536."""


@dataclass(frozen=True, slots=True)
class CalibrationReport:
    """A calibration in figures.

    Attributes:
        black_cd_m2: The display's own, without ambient light.
        white_cd_m2: The display's own, without ambient light.
        levels: Driving levels that the table counts in.
        lut: Driving level of each of 1024 P-values, without stolen greys and dithering.
        kappa: Predicted; None where the response was neither measured nor matched: then nothing is known of it.
        checks: What was measured, kappa first, held against the limits of the class; nothing of an estimate.
        steps: Of the greys as they are really put out.
    """

    record: CalibrationRecord
    black_cd_m2: float
    white_cd_m2: float
    levels: int
    lut: tuple[int, ...]
    kappa: float | None
    checks: tuple[Check, ...]
    limits: Limits
    steps: DisplaySteps

    @property
    def l_min(self) -> float:
        """Black with ambient light, in cd/m²."""
        return self.black_cd_m2 + self.record.calibration.ambient_cd_m2

    @property
    def l_max(self) -> float:
        """White with ambient light, in cd/m²."""
        return self.white_cd_m2 + self.record.calibration.ambient_cd_m2

    @property
    def jnd_range(self) -> tuple[float, float]:
        """JND indices of black and white, with ambient light."""
        return jnd_index(self.l_min), jnd_index(self.l_max)

    @property
    def passes(self) -> bool | None:
        """Whether kappa is within the limit of the class; None where nothing was measured."""
        return next((each.passes for each in self.checks if each.subject == "kappa"), None)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know: of the readings, and of a kappa that is predicted where there are few of them."""
        levels = sorted(reading.driving_level for reading in self.record.readings)
        gaps = [after - before for before, after in itertools.pairwise(levels)]
        if self.passes is None or not gaps or max(gaps) <= math.ceil(levels[-1] / (RECOMMENDED_COUNT - 1)):
            return self.record.notes  # no wider apart than as many as are recommended, evenly spaced
        note = _("κ is predicted from few readings and may be worse: measure through the correction, or more levels.")
        return (*self.record.notes, note)


def calibration_report(record: CalibrationRecord) -> CalibrationReport:
    """Return a calibration in figures.

    Raises:
        DisplayError: If its white is not brighter than its black.
    """
    calibration = record.calibration
    limits = limits_of(record.display_class)
    curve = display_curve(calibration)
    black, white = float(curve[0]), float(curve[-1])
    levels = LEVEL_COUNTS[1] if calibration.more_greys is MoreGreys.TEN_BITS else LEVEL_COUNTS[0]
    kappa = predicted_conformance(calibration).kappa if calibration.has_curve else None
    return CalibrationReport(
        record=record,
        black_cd_m2=black,
        white_cd_m2=white,
        levels=levels,
        lut=tuple(driving_levels(calibration, levels, LUT_P_VALUES).tolist()),
        kappa=kappa,
        checks=_checks(record, kappa),
        limits=limits,
        steps=display_steps(calibration),
    )


def report_as_json(report: CalibrationReport) -> dict[str, Any]:
    """Return a report as JSON's own types; luminances l_min and l_max include ambient light."""
    record, calibration = report.record, report.record.calibration
    return {
        "mode": calibration.mode.value,
        "method": record.method.value,
        "display_class": record.display_class.value,
        "measured_on": None if record.measured_on is None else record.measured_on.isoformat(),
        "meter": record.meter,
        "l_min": report.l_min,
        "l_max": report.l_max,
        "l_includes_ambient": True,
        "l_min_without_ambient": report.black_cd_m2,
        "l_max_without_ambient": report.white_cd_m2,
        "ambient": calibration.ambient_cd_m2,
        "ambient_source": record.ambient_source.value,
        "ambient_is_given": knows_ambient(record),
        "jnd_range": list(report.jnd_range),
        "levels": report.levels,
        "lut": list(report.lut),
        "more_greys": calibration.more_greys.value,
        "is_dithered": calibration.is_dithered,
        "kappa": report.kappa,
        "passes": report.passes,
        "distinct_levels": report.steps.distinct_levels,
        "max_jnd_step": report.steps.max_jnd_step,
        "limits": {field.name: _limit_as_json(getattr(report.limits, field.name)) for field in fields(Limits)},
        "checks": [_check_as_json(each) for each in report.checks],
        "notes": list(report.notes),
    }


def _limit_as_json(limit: Limit) -> dict[str, Any]:
    """Return a limit as JSON's own types: what is not limited is null."""
    return {"least": limit.least, "most": limit.most, "target": limit.target, "source": limit.source}


def _checks(record: CalibrationRecord, kappa: float | None) -> tuple[Check, ...]:
    """Hold what was measured against the limits: neither what eyes matched, nor ends or ambient light assumed."""
    calibration = record.calibration
    if not was_measured(calibration):
        return ()
    checks = checks_of_calibration(calibration, record.display_class)
    if kappa is not None:
        checks = (check("kappa", kappa, limits_of(record.display_class)), *checks)
    return tuple(each for each in checks if each.subject != "ambient_ratio" or knows_ambient(record))


def _check_as_json(found: Check) -> dict[str, Any]:
    value = found.value if math.isfinite(found.value) else None  # JSON has no infinity: the ratio to a black of nothing
    return {"subject": found.subject, "value": value, "limit": _limit_as_json(found.limit), "passes": found.passes}
