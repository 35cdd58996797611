"""What steps in the view of a waveform stand for: time to the right, voltage upwards.

A view of a waveform puts its scale under "waveform" into Ground.extra; a waveform region of an ultrasound image gives
its time alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from viewer.base.translation import N_, _
from viewer.dicom.ultrasound_regions import SpatialFormat
from viewer.imaging.spatial_transform import Point
from viewer.measurement.ground import Ground
from viewer.measurement.reading import Unit
from viewer.measurement.ultrasound_points import MS_A_S, US_REGION, region_under

MILLIVOLT = Unit("mV", "mV")
WAVEFORM = "waveform"
"""The name of a WaveformScale in Ground.extra."""
_MS_A_MINUTE = 60_000.0


@dataclass(frozen=True, slots=True)
class WaveformScale:
    """The scale of a view.

    Attributes:
        ms_per_column: Time of one step to the right.
        mv_per_row: Voltage of one step UP, in mV; None where the channel is in another unit or has no sensitivity.
        source: Where it comes from, English, marked for translation.
    """

    ms_per_column: float
    mv_per_row: float | None = None
    source: str = N_("waveform")

    def time_ms(self, first: Point, last: Point) -> float:
        """Return the time between two points, never negative."""
        return abs(last[0] - first[0]) * self.ms_per_column

    def rate(self, first: Point, last: Point) -> float | None:
        """Return the beats a minute of two points one beat apart; None at the same time."""
        time = self.time_ms(first, last)
        return _MS_A_MINUTE / time if time else None

    def amplitude_mv(self, first: Point, last: Point) -> float | str:
        """Return the voltage from the first point to the second, positive upwards; or why there is none, translated."""
        if self.mv_per_row is None:
            return _("This waveform has no scale of voltage")
        return (first[1] - last[1]) * self.mv_per_row


def scale_under(ground: Ground, points: Sequence[Point]) -> WaveformScale | str:
    """Return the scale of the waveform under points, or why there is none, translated."""
    if ground.refusal:
        return ground.refusal
    found = dict(ground.extra).get(WAVEFORM)
    if isinstance(found, WaveformScale):
        return found
    if not ground.regions:
        return _("There is no waveform here")
    region = region_under(ground, points, frozenset({SpatialFormat.WAVEFORM}))
    if isinstance(region, str):
        return region
    step, unit = region.delta[0], region.unit_x
    return WaveformScale(abs(step) * MS_A_S, None, US_REGION) if step and unit.symbol == "s" else _no_time()


def _no_time() -> str:
    return _("This ultrasound region has no scale of time")
