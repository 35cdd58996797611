"""Heart rate from two points that are some beats apart: Heart rate (LN 8867-4), R-R interval (DCM 122182)."""

from viewer.base.translation import N_, _
from viewer.dicom.codes import Code
from viewer.dicom.graphic_objects import GraphicObject
from viewer.measurement.annotation import Annotation
from viewer.measurement.ground import Ground
from viewer.measurement.kinds.kind import Kind, KindGroup, KindParameter
from viewer.measurement.kinds.us_time import UsTime
from viewer.measurement.reading import BEATS_PER_MINUTE, MILLISECOND, Reading
from viewer.measurement.scales import refused
from viewer.measurement.ultrasound_points import MS_A_S, US_REGION, times_s

HEART_RATE = Code("8867-4", "LN", "Heart rate")
R_R_INTERVAL = Code("122182", "DCM", "R-R interval")
BEATS = "beats"
_MOST_BEATS = 100
_SECONDS_A_MINUTE = 60.0
_TITLE = N_("Heart rate")
_INTERVAL = N_("Interval")


class UsHeartRate(Kind):
    """The same moment of two beats."""

    id = "us_heart_rate"
    title = _TITLE
    help = N_("The heart rate from the same moment of two beats, and how many beats lie between")
    group = KindGroup.ULTRASOUND
    icon = "heart-pulse"
    modalities = frozenset({"US"})
    code = HEART_RATE
    asks = (KindParameter(BEATS, N_("Beats between the points"), 1.0, 1.0, _MOST_BEATS, is_asked=True),)

    def drawing(self, annotation: Annotation) -> tuple[GraphicObject, ...]:
        """Return what a time is drawn as."""
        return UsTime().drawing(annotation)

    def readings(self, annotation: Annotation, ground: Ground) -> tuple[Reading, ...]:
        """Return the rate in beats a minute and the mean interval of two beats in ms."""
        if len(annotation.points) < self.least:
            return ()
        found = times_s(ground, annotation.points[:2])
        if isinstance(found, str):
            return (refused(HEART_RATE, _TITLE, found),)
        beats = annotation.parameter(BEATS, 1.0)
        if not isinstance(beats, (int, float)) or not 1 <= beats <= _MOST_BEATS or beats != int(beats):
            return (refused(HEART_RATE, _TITLE, _("The number of beats must be a whole number from 1")),)
        seconds = abs(found[1] - found[0])
        if not seconds:
            return (refused(HEART_RATE, _TITLE, _("Both points are at the same time")),)
        return (
            Reading(HEART_RATE, _TITLE, _SECONDS_A_MINUTE * beats / seconds, BEATS_PER_MINUTE, US_REGION),
            Reading(R_R_INTERVAL, _INTERVAL, seconds / beats * MS_A_S, MILLISECOND, US_REGION),
        )
