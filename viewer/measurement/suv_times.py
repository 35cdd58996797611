"""From injection to scan: how far the dose decayed by the moment that a PET series is corrected to (PS3.3 C.8.9.1).

Follows QIBA's vendor-neutral way for classic PET images; where the moments are not certain there is no number.
"""

import datetime as dt
import math
from dataclasses import dataclass

from viewer.base.translation import _
from viewer.measurement.suv_inputs import PetSeries, SuvInput

_DAY = dt.timedelta(days=1)
_DATED_HALF_LIFE_S = 6 * 3600.0
"""From this half-life on, patients are also scanned on later days: a time without a date says too little."""
_LONGEST_UPTAKE_S = 12 * 3600.0
_MOST_HALF_LIVES = 10.0
"""After so many less than a thousandth of the dose is left: the dates are wrong, not the patient late."""
_NOTED_DIFFERENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment and what it was read from, translated."""

    at: dt.datetime
    source: str


@dataclass(frozen=True, slots=True)
class DecayTimes:
    """When the dose was measured and when the values hold.

    Attributes:
        problem: Why there is no decay time, translated; empty where there is one.
        warnings: What the reader should know, translated.
    """

    injection: Moment | None = None
    scan: Moment | None = None
    problem: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def seconds(self) -> float:
        """From the injection to the scan."""
        if self.injection is None or self.scan is None:
            return math.nan
        return (self.scan.at - self.injection.at).total_seconds()


def decay_times(series: PetSeries, half_life_s: float) -> DecayTimes:
    """Return the times of a series whose values are corrected to the start of the scan."""
    warnings: list[str] = []
    scan = _scan_moment(series, half_life_s, warnings)
    if isinstance(scan, str):
        return DecayTimes(problem=scan, warnings=tuple(warnings))
    injection = _injection_moment(series, scan.at, half_life_s, warnings)
    if isinstance(injection, str):
        return DecayTimes(scan=scan, problem=injection, warnings=tuple(warnings))
    times = DecayTimes(injection, scan, warnings=tuple(warnings))
    if times.seconds < 0:
        return DecayTimes(injection, scan, _("the injection is after the scan"), times.warnings)
    if times.seconds > _MOST_HALF_LIVES * half_life_s:
        problem = _("between injection and scan lie {0} half-lives: one of the dates must be wrong").format(
            round(times.seconds / half_life_s)
        )
        return DecayTimes(injection, scan, problem, times.warnings)
    return times


def _scan_moment(series: PetSeries, half_life_s: float, warnings: list[str]) -> Moment | str:
    """Return the start of the scan, or why it is not known."""
    stated, acquired = series.series_moment, series.acquisition_moments
    if not acquired:
        return _("no image states Acquisition Date and Time (0008,0022) (0008,0032)")
    if len({moment.tzinfo is None for moment in (*acquired, *([stated] if stated else ()))}) > 1:
        return _("images of the series are in different time zones")
    earliest = min(acquired)
    if stated is not None and stated <= earliest:
        if not series.is_complete:
            warnings.append(_only_some(series))
        return Moment(stated, _("Series Date and Time (0008,0021) (0008,0031)"))
    if series.ge_moment is not None:
        return Moment(series.ge_moment, series.inputs["ge_scan"].tag)
    if not series.is_complete:
        return _("Series Time is after the acquisition, and not all images of the series are there to find its start")
    computed = back_computed(series, half_life_s)
    if computed is not None and abs((computed - earliest).total_seconds()) > _NOTED_DIFFERENCE_S:
        difference = abs((computed - earliest).total_seconds())
        warnings.append(
            _("the start of the scan by Frame Reference Time is {0} s away from the earliest acquisition").format(
                round(difference)
            )
        )
    return Moment(earliest, _("earliest Acquisition Date and Time (0008,0022) (0008,0032)"))


def _only_some(series: PetSeries) -> str:
    if not series.expected_count:
        return _("it is not stated how many images the series has; {0} were looked at").format(series.image_count)
    return _("only {0} of {1} images of the series were looked at").format(series.image_count, series.expected_count)


def back_computed(series: PetSeries, half_life_s: float) -> dt.datetime | None:
    """Return the start of the scan as the first image's Frame Reference Time has it; None where it states none.

    The reference time of a frame is when its mean activity was there, after the frame's start by average_after().
    """
    reference, duration = series.number("frame_reference_time"), series.number("frame_duration")
    if not reference or not duration or reference <= 0 or duration <= 0 or not series.acquisition_moments:
        return None
    after = average_after(duration / 1000.0, half_life_s)
    return series.acquisition_moments[0] + dt.timedelta(seconds=after - reference / 1000.0)


def average_after(duration_s: float, half_life_s: float) -> float:
    """Return how long after its start a frame has its mean activity (PS3.3 C.8.9.4.1.5), in seconds."""
    decay = math.log(2.0) / half_life_s
    turns = decay * duration_s
    return math.log(turns / -math.expm1(-turns)) / decay


def _injection_moment(series: PetSeries, scan: dt.datetime, half_life_s: float, warnings: list[str]) -> Moment | str:
    """Return when the dose was given, or why that is not known."""
    dated, time = series.start_moment, series.start_time
    tag_of_date, tag_of_time = (series.inputs[key].tag for key in ("start_date_time", "start_time"))
    if dated is not None and (dated.tzinfo is None) == (scan.tzinfo is None):
        if time is not None and _apart(dated.time(), time) > _NOTED_DIFFERENCE_S:
            warnings.append(_("{0} and {1} state different times; the former was taken").format(*_start_names(series)))
        return Moment(dated, tag_of_date)
    if time is None:
        if dated is not None:
            return _("the time zone is stated for only one of injection and scan")
        return _("the time of the injection is not stated: {0}").format(f"{tag_of_date}, {tag_of_time}")
    if dated is not None:
        warnings.append(_("{0} is in another time zone than the scan; {1} was taken").format(*_start_names(series)))
    return _of_time_alone(time, scan, half_life_s, tag_of_time)


def _of_time_alone(time: dt.time, scan: dt.datetime, half_life_s: float, tag: str) -> Moment | str:
    """Return the injection on the day of the scan, or the day before when midnight lay between them."""
    if half_life_s >= _DATED_HALF_LIFE_S:
        return _("the day of the injection is not stated, and with this half-life it may have been an earlier one")
    at = dt.datetime.combine(scan.date(), time, scan.tzinfo)
    if at > scan:
        at -= _DAY
        if (scan - at).total_seconds() > _LONGEST_UPTAKE_S:
            return _("the time of the injection, {0}, is after the scan").format(time.isoformat("seconds"))
        return Moment(at, _("{0}, the day before the scan").format(tag))
    return Moment(at, _("{0}, the day of the scan").format(tag))


def _start_names(series: PetSeries) -> tuple[str, str]:
    named: tuple[SuvInput, SuvInput] = (series.inputs["start_date_time"], series.inputs["start_time"])
    return named[0].title, named[1].title


def _apart(first: dt.time, second: dt.time) -> float:
    seconds = [each.hour * 3600 + each.minute * 60 + each.second + each.microsecond / 1e6 for each in (first, second)]
    difference = abs(seconds[0] - seconds[1])
    return min(difference, 86400.0 - difference)
