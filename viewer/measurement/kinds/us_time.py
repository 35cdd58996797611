"""Time between two points of a spectrum, an M-mode or a waveform: Duration (SCT 103335007)."""

from viewer.base.translation import N_
from viewer.dicom.codes import Code
from viewer.dicom.graphic_objects import GraphicObject, GraphicType
from viewer.measurement.annotation import Annotation
from viewer.measurement.ground import Ground
from viewer.measurement.kinds.kind import Kind, KindGroup
from viewer.measurement.reading import MILLISECOND, Reading
from viewer.measurement.scales import refused
from viewer.measurement.ultrasound_points import MS_A_S, US_REGION, times_s

DURATION = Code("103335007", "SCT", "Duration (attribute)")
_TITLE = N_("Time")


class UsTime(Kind):
    """Beginning and end."""

    id = "us_time"
    title = _TITLE
    help = N_("The time between two points of a spectrum, an M-mode or a waveform")
    group = KindGroup.ULTRASOUND
    icon = "timer"
    modalities = frozenset({"US"})
    code = DURATION

    def drawing(self, annotation: Annotation) -> tuple[GraphicObject, ...]:
        """Return a line along the time, at the height of the first point, and both ends."""
        points = annotation.points
        if len(points) < self.least:
            return (GraphicObject(GraphicType.POINT, points),)
        (x, y), (u, v) = points[:2]
        return (
            GraphicObject(GraphicType.POLYLINE, ((x, y), (u, y), (u, v))),
            GraphicObject(GraphicType.POINT, points[:1]),
            GraphicObject(GraphicType.POINT, points[1:2]),
        )

    def readings(self, annotation: Annotation, ground: Ground) -> tuple[Reading, ...]:
        """Return the time in ms, never negative."""
        if len(annotation.points) < self.least:
            return ()
        found = times_s(ground, annotation.points[:2])
        if isinstance(found, str):
            return (refused(DURATION, _TITLE, found),)
        return (Reading(DURATION, _TITLE, abs(found[1] - found[0]) * MS_A_S, MILLISECOND, US_REGION),)
