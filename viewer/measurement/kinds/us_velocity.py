"""Velocity at a point of a Doppler spectrum, signed from the baseline that the region's reference value gives.

The Standard codes velocities of certain vessels and moments only (LN 11726-7 …), so the code is a private one.
"""

from viewer.base.translation import N_
from viewer.dicom.graphic_objects import GraphicObject, GraphicType
from viewer.measurement.annotation import Annotation
from viewer.measurement.ground import Ground
from viewer.measurement.kinds.kind import Kind, KindGroup
from viewer.measurement.private_codes import private_code
from viewer.measurement.reading import CENTIMETER_PER_SECOND, Reading
from viewer.measurement.scales import refused
from viewer.measurement.ultrasound_points import US_REGION, velocities

VELOCITY = private_code("us-velocity", "Velocity at a point of a Doppler spectrum")
_TITLE = N_("Velocity")


class UsVelocity(Kind):
    """The point of the spectrum."""

    id = "us_velocity"
    title = _TITLE
    help = N_("The velocity at a point of a Doppler spectrum; negative below its baseline")
    group = KindGroup.ULTRASOUND
    icon = "gauge"
    least = 1
    most = 1
    modalities = frozenset({"US"})
    code = VELOCITY

    def drawing(self, annotation: Annotation) -> tuple[GraphicObject, ...]:
        """Return the point."""
        return (GraphicObject(GraphicType.POINT, annotation.points),)

    def readings(self, annotation: Annotation, ground: Ground) -> tuple[Reading, ...]:
        """Return the velocity in cm/s."""
        if not annotation.points:
            return ()
        found = velocities(ground, annotation.points[:1])
        if isinstance(found, str):
            return (refused(VELOCITY, _TITLE, found),)
        return (Reading(VELOCITY, _TITLE, found[0], CENTIMETER_PER_SECOND, US_REGION),)
