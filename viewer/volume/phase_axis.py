"""What the phases of a volume are a course of: seconds, trigger or echo times, b-values; else their numbers."""

import datetime as dt
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from viewer.base.translation import N_, _
from viewer.dicom.instance_header import InstanceHeader
from viewer.dicom.private_dialects import b_value_of
from viewer.imaging.image_ref import ImageRef

_MILLISECONDS = 1000.0
_FRAME_REFERENCE_TIME, _TRIGGER_TIME, _ECHO_TIME = 0x00541300, 0x00181060, 0x00180081
_TEMPORAL_POSITION, _TEMPORAL_RESOLUTION = 0x00200100, 0x00200110
_ACQUISITION_DATE_TIME, _ACQUISITION_DATE, _ACQUISITION_TIME = 0x0008002A, 0x00080022, 0x00080032
_ANY_MOMENT = dt.datetime(2000, 1, 1)  # noqa: DTZ001 - only differences are taken


@dataclass(frozen=True, slots=True)
class PhaseAxis:
    """Where phases lie along their course.

    Attributes:
        title: Of the axis, translated.
        unit: Of the values; empty for bare numbers.
        values: One for each phase, ascending; times begin at 0.
        is_stated: Whether the images state the values; else they count from 1.
    """

    title: str
    unit: str
    values: tuple[float, ...]
    is_stated: bool = True


def phase_axis(images: Sequence[Sequence[ImageRef]]) -> PhaseAxis:
    """Return what phases are a course of, by their first slices.

    Args:
        images: Of each phase (SeriesVolume.images).
    """
    headers = [phase[0].header for phase in images if phase]
    if len({id(header) for header in headers}) == len(headers) > 1:
        for title, unit, read, is_time in _AXES:
            values = [read(header) for header in headers]
            known = [value for value in values if value is not None]
            if len(known) == len(values) and all(a < b for a, b in itertools.pairwise(known)):
                start = known[0] if is_time else 0.0
                return PhaseAxis(_(title), unit, tuple(value - start for value in known))
    return PhaseAxis(_("Phase"), "", tuple(float(number) for number in range(1, len(images) + 1)), is_stated=False)


def _scaled(tag: int) -> Callable[[InstanceHeader], float | None]:
    def read(header: InstanceHeader) -> float | None:
        number = header.number(tag)
        return None if number is None else number / _MILLISECONDS

    return read


def _temporal(header: InstanceHeader) -> float | None:
    number, step = header.number(_TEMPORAL_POSITION), header.number(_TEMPORAL_RESOLUTION)
    return None if number is None or not step else number * step / _MILLISECONDS


def _acquired(header: InstanceHeader) -> float | None:
    """Return when an image was acquired, in seconds from any moment."""
    from viewer.dicom.dates_and_times import combined, parse_date_time

    moment = parse_date_time(header.ascii(_ACQUISITION_DATE_TIME))
    moment = moment or combined(header.ascii(_ACQUISITION_DATE), header.ascii(_ACQUISITION_TIME))
    return None if moment is None else (moment.replace(tzinfo=None) - _ANY_MOMENT).total_seconds()


def _echo(header: InstanceHeader) -> float | None:
    return header.number(_ECHO_TIME)


def _b_value(header: InstanceHeader) -> float | None:
    weighting = b_value_of(header)
    return None if weighting is None else weighting.value


_AXES: tuple[tuple[str, str, Callable[[InstanceHeader], float | None], bool], ...] = (
    (N_("Time"), "s", _scaled(_FRAME_REFERENCE_TIME), True),
    (N_("b-value"), "s/mm²", _b_value, False),
    (N_("Echo time"), "ms", _echo, False),
    (N_("Trigger time"), "s", _scaled(_TRIGGER_TIME), False),
    (N_("Time"), "s", _temporal, True),
    (N_("Time"), "s", _acquired, True),
)
"""The most telling first; the times of acquisition last, for they differ for all kinds of reasons."""
