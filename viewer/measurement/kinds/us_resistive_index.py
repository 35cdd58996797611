"""Resistive index of a Doppler spectrum: (peak systolic − end diastolic) / peak systolic.

Resistivity Index (LN 12023-8), Peak Systolic Velocity (LN 11726-7), End Diastolic Velocity (LN 11653-3). A spectrum in
Hz gives the index, which is a ratio, and refuses the velocities.
"""

from viewer.base.translation import N_, _
from viewer.dicom.codes import Code
from viewer.dicom.graphic_objects import GraphicObject, GraphicType
from viewer.measurement.annotation import Annotation
from viewer.measurement.ground import Ground
from viewer.measurement.kinds.kind import Kind, KindGroup
from viewer.measurement.reading import CENTIMETER_PER_SECOND, RATIO, Reading
from viewer.measurement.scales import refused
from viewer.measurement.ultrasound_points import US_REGION, shifts, velocities

RESISTIVITY_INDEX = Code("12023-8", "LN", "Resistivity Index")
PEAK_SYSTOLIC = Code("11726-7", "LN", "Peak Systolic Velocity")
END_DIASTOLIC = Code("11653-3", "LN", "End Diastolic Velocity")
_TITLE = N_("Resistive index")
_VELOCITIES = ((PEAK_SYSTOLIC, N_("Peak systolic")), (END_DIASTOLIC, N_("End diastolic")))


class UsResistiveIndex(Kind):
    """The peak of the systole, then the end of the diastole."""

    id = "us_resistive_index"
    title = _TITLE
    help = N_("From the systolic peak and the end of the diastole: (systolic − diastolic) / systolic")
    group = KindGroup.ULTRASOUND
    icon = "activity"
    modalities = frozenset({"US"})
    code = RESISTIVITY_INDEX

    def drawing(self, annotation: Annotation) -> tuple[GraphicObject, ...]:
        """Return the line from peak to end, and both points."""
        points = annotation.points
        ends = tuple(GraphicObject(GraphicType.POINT, (point,)) for point in points)
        return (GraphicObject(GraphicType.POLYLINE, points), *ends) if len(points) > 1 else ends

    def readings(self, annotation: Annotation, ground: Ground) -> tuple[Reading, ...]:
        """Return the index and both velocities in cm/s."""
        points = annotation.points[:2]
        if len(points) < self.least:
            return ()
        found = velocities(ground, points)
        if isinstance(found, str):
            values = tuple(refused(code, title, found) for code, title in _VELOCITIES)
        else:
            values = tuple(
                Reading(code, title, value, CENTIMETER_PER_SECOND, US_REGION)
                for (code, title), value in zip(_VELOCITIES, found, strict=True)
            )
        return (_index(shifts(ground, points)), *values)


def _index(found: tuple[float, ...] | str) -> Reading:
    if isinstance(found, str):
        return refused(RESISTIVITY_INDEX, _TITLE, found)
    systolic, diastolic = found
    if not systolic:
        return refused(RESISTIVITY_INDEX, _TITLE, _("The systolic peak lies on the baseline"))
    if abs(diastolic) > abs(systolic):
        return refused(RESISTIVITY_INDEX, _TITLE, _("The first point must be the systolic peak"))
    return Reading(RESISTIVITY_INDEX, _TITLE, (systolic - diastolic) / systolic, RATIO, US_REGION)
