"""ECG callipers: time and amplitude between two points of a waveform's view.

Duration (SCT 103335007), Heart rate (LN 8867-4) of that interval; the amplitude's code is a private one.
"""

from viewer.base.translation import N_
from viewer.dicom.graphic_objects import GraphicObject, GraphicType
from viewer.measurement.annotation import Annotation
from viewer.measurement.ground import Ground
from viewer.measurement.kinds.kind import Kind, KindGroup
from viewer.measurement.kinds.us_heart_rate import HEART_RATE
from viewer.measurement.kinds.us_time import DURATION
from viewer.measurement.private_codes import private_code
from viewer.measurement.reading import BEATS_PER_MINUTE, MILLISECOND, Reading
from viewer.measurement.scales import refused
from viewer.measurement.waveform_scale import MILLIVOLT, scale_under

AMPLITUDE = private_code("wave-amplitude", "Amplitude of a waveform")
_TIME = N_("Time")
_RATE = N_("Rate")
_AMPLITUDE = N_("Amplitude")


class EcgCaliper(Kind):
    """Two points of a waveform."""

    id = "ecg_caliper"
    title = N_("ECG callipers")
    help = N_("Time, rate and amplitude between two points of a waveform")
    group = KindGroup.WAVEFORM
    icon = "square-activity"
    modalities = frozenset({"ECG", "HD", "US"})
    code = DURATION

    def drawing(self, annotation: Annotation) -> tuple[GraphicObject, ...]:
        """Return the box between both points' times and heights."""
        points = annotation.points
        if len(points) < self.least:
            return (GraphicObject(GraphicType.POINT, points),)
        (x, y), (u, v) = points[:2]
        return (GraphicObject(GraphicType.POLYLINE, ((x, y), (u, y), (u, v), (x, v), (x, y))),)

    def readings(self, annotation: Annotation, ground: Ground) -> tuple[Reading, ...]:
        """Return the time in ms, the rate it would be, and the amplitude in mV from the first point to the second."""
        if len(annotation.points) < self.least:
            return ()
        first, last = annotation.points[:2]
        scale = scale_under(ground, (first, last))
        if isinstance(scale, str):
            return tuple(refused(*each, scale) for each in ((DURATION, _TIME), (AMPLITUDE, _AMPLITUDE)))
        time = scale.time_ms(first, last)
        found = [Reading(DURATION, _TIME, time, MILLISECOND, scale.source)]
        rate = scale.rate(first, last)
        if rate is not None:
            found.append(Reading(HEART_RATE, _RATE, rate, BEATS_PER_MINUTE, scale.source))
        amplitude = scale.amplitude_mv(first, last)
        if isinstance(amplitude, str):
            return (*found, refused(AMPLITUDE, _AMPLITUDE, amplitude))
        return (*found, Reading(AMPLITUDE, _AMPLITUDE, amplitude, MILLIVOLT, scale.source))
