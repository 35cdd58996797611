"""Slope between two points: of a spectrum in cm/s², of an M-mode in cm/s.

Of a spectrum it is the Acceleration Slope (LN 20167-3) where the speed grows, the Deceleration Slope (LN 20216-8) where
it falls; the Standard codes slopes of certain M-mode waves only (LN 18040-6 …), so that code is a private one.
"""

from viewer.base.translation import N_, _
from viewer.dicom.codes import Code
from viewer.dicom.graphic_objects import GraphicObject, GraphicType
from viewer.measurement.annotation import Annotation
from viewer.measurement.ground import Ground
from viewer.measurement.kinds.kind import Kind, KindGroup
from viewer.measurement.kinds.us_time import DURATION
from viewer.measurement.private_codes import private_code
from viewer.measurement.reading import CENTIMETER_PER_SECOND, CENTIMETER_PER_SQUARE_SECOND, MILLISECOND, Reading
from viewer.measurement.scales import refused
from viewer.measurement.ultrasound_points import MS_A_S, US_REGION, times_and_heights

ACCELERATION_SLOPE = Code("20167-3", "LN", "Acceleration Slope")
DECELERATION_SLOPE = Code("20216-8", "LN", "Deceleration Slope")
M_MODE_SLOPE = private_code("mmode-slope", "Slope of an M-mode line")
_TITLE = N_("Slope")
_TIME = N_("Time")


class UsSlope(Kind):
    """Two points of the slope."""

    id = "us_slope"
    title = _TITLE
    help = N_("How fast a velocity of a spectrum, or a depth of an M-mode, changes between two points")
    group = KindGroup.ULTRASOUND
    icon = "trending-up"
    modalities = frozenset({"US"})
    code = ACCELERATION_SLOPE

    def drawing(self, annotation: Annotation) -> tuple[GraphicObject, ...]:
        """Return the line."""
        return (GraphicObject(GraphicType.POLYLINE, annotation.points),)

    def readings(self, annotation: Annotation, ground: Ground) -> tuple[Reading, ...]:
        """Return the slope, positive where the value rises with time, and the time between the points."""
        if len(annotation.points) < self.least:
            return ()
        found = times_and_heights(ground, annotation.points[:2])
        if isinstance(found, str):
            return (refused(ACCELERATION_SLOPE, _TITLE, found),)
        times, heights, is_spectrum = found
        seconds = times[1] - times[0]
        if not seconds:
            return (refused(ACCELERATION_SLOPE, _TITLE, _("Both points are at the same time")),)
        first, last = heights if seconds > 0 else heights[::-1]
        is_faster = abs(last) >= abs(first)
        code = (ACCELERATION_SLOPE if is_faster else DECELERATION_SLOPE) if is_spectrum else M_MODE_SLOPE
        unit = CENTIMETER_PER_SQUARE_SECOND if is_spectrum else CENTIMETER_PER_SECOND
        return (
            Reading(code, _TITLE, (last - first) / abs(seconds), unit, US_REGION),
            Reading(DURATION, _TIME, abs(seconds) * MS_A_S, MILLISECOND, US_REGION),
        )
