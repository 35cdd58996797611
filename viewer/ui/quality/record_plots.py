"""The plots of a monitor's record: κ over time, its luminances against the GSDF, its contrasts against their limits."""

from collections.abc import Sequence
from datetime import date

from viewer.base.errors import ViewerError
from viewer.base.translation import _
from viewer.display.calibration_record import CalibrationRecord
from viewer.display.conformance import Conformance, conformance, limits_of, predicted_conformance
from viewer.display.constancy_tests import RESPONSE
from viewer.display.monitor_record import MonitorRecord, TestResult
from viewer.ui.quality.plots import Axis, LimitLine, LinePlot, Series

LEAST_KAPPA_PERCENT = 15.0
HEADROOM = 1.15
LEAST_CONTRAST_PERCENT = 25.0


def newest_response(record: MonitorRecord) -> Conformance | None:
    """Return the response measured last since the monitor was calibrated, else what the calibration predicts.

    None where nothing of this monitor is known.
    """
    since = record.calibrated.measured_on
    for result in reversed(record.tests):
        if result.test == RESPONSE.id and (since is None or result.done_on >= since):
            return response_of(result)
    return prediction(record.calibrated)


def prediction(calibrated: CalibrationRecord) -> Conformance | None:
    """Return what a calibration predicts; None where it has no curve of the monitor's own."""
    if not calibrated.calibration.has_curve:
        return None
    try:
        return predicted_conformance(calibrated.calibration)
    except ViewerError:
        return None


def response_of(result: TestResult) -> Conformance | None:
    """Return the response that a test measured; None where it measured none."""
    if result.test != RESPONSE.id:
        return None
    try:
        return conformance(result.luminances_cd_m2)
    except ViewerError:
        return None


def kappa_plot(record: MonitorRecord) -> LinePlot:
    """Return κ of every measured response, over the days."""
    points = [(result.done_on, 100 * kappa) for result in record.tests if (kappa := result.value("kappa")) is not None]
    limit = 100 * (limits_of(record.calibrated.display_class).kappa.most or 0.0)
    highest = max([LEAST_KAPPA_PERCENT, limit * HEADROOM, *(HEADROOM * value for _day, value in points)])
    return LinePlot(
        _("κ over time"),
        day_axis([day for day, _value in points]),
        Axis(_("κ in per cent"), 0.0, highest),
        (Series("κ", tuple((float(day.toordinal()), value) for day, value in points), has_marks=True),),
        (LimitLine(limit, _("limit {0} %").format(f"{limit:g}")),),
        _("No response was measured yet"),
    )


def response_plot(found: Conformance | None, *, is_measured: bool) -> LinePlot:
    """Return the luminances of the eighteen greys beside those of the GSDF."""
    title, axis = _("Luminance response"), Axis(_("P-value"), 0.0, 1.0)
    if found is None:
        return LinePlot(title, axis, Axis(_("Luminance in cd/m²"), 0.1, 1000.0, True), (), (), _("Nothing measured"))
    places = [at / (len(found.luminances_cd_m2) - 1) for at in range(len(found.luminances_cd_m2))]
    every = [value for value in (*found.luminances_cd_m2, *found.wanted_cd_m2) if value > 0]
    name = _("measured") if is_measured else _("predicted")
    return LinePlot(
        title,
        axis,
        Axis(_("Luminance in cd/m²"), min(every) / 1.3, max(every) * 1.3, True),
        (
            Series("GSDF", tuple(zip(places, found.wanted_cd_m2, strict=True)), is_reference=True),
            Series(name, tuple(zip(places, found.luminances_cd_m2, strict=True)), has_marks=True, is_joined=False),
        ),
    )


def contrast_plot(found: Conformance | None, record: MonitorRecord) -> LinePlot:
    """Return the deviation of each step's contrast from the GSDF's, between the limits of the monitor's class."""
    limit = 100 * (limits_of(record.calibrated.display_class).kappa.most or 0.0)
    title, unit = _("Contrast of each step"), _("Deviation from the GSDF in per cent")
    if found is None:
        return LinePlot(title, Axis(_("JND index"), 0, 1), Axis(unit, -limit, limit), (), (), _("Nothing measured"))
    low, high = found.jnd_range
    steps = len(found.deviations)
    places = [low + (high - low) * (at + 0.5) / steps for at in range(steps)]
    values = [100 * deviation for deviation in found.deviations]
    highest = max(LEAST_CONTRAST_PERCENT, *(HEADROOM * abs(value) for value in values))
    return LinePlot(
        title,
        Axis(_("JND index"), low, high),
        Axis(unit, -highest, highest),
        (Series("", tuple(zip(places, values, strict=True)), has_marks=True),),
        (LimitLine(limit, f"+{limit:g} %"), LimitLine(-limit, f"−{limit:g} %")),
    )


def day_axis(days: Sequence[date]) -> Axis:
    """Return an axis from the first day to the last, with at most three of them marked."""
    if not days:
        return Axis(_("Day"), 0.0, 1.0, ticks=((0.0, ""),))
    first, last = min(days).toordinal(), max(days).toordinal()
    if first == last:
        return Axis(_("Day"), first - 1.0, first + 1.0, ticks=((float(first), min(days).isoformat()),))
    marked = dict.fromkeys((first, last))
    return Axis(
        _("Day"),
        float(first),
        float(last),
        ticks=tuple((float(day), date.fromordinal(day).isoformat()) for day in marked),
    )
