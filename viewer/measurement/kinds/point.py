"""Point: the value of the pixel it lies in.

Its concept is that of the unit: Attenuation Coefficient (DCM 112031) of HU, SUVbw (DCM 126401) and the like, MR signal
intensity (DCM 110852), a private one for the rest (measurement.value_units).
"""

import math

from viewer.base.translation import N_, _
from viewer.dicom.graphic_objects import GraphicObject, GraphicType
from viewer.measurement.annotation import Annotation
from viewer.measurement.ground import Ground
from viewer.measurement.kinds.kind import Kind, KindGroup
from viewer.measurement.private_codes import private_code
from viewer.measurement.reading import Reading
from viewer.measurement.scales import refused

PIXEL_VALUE = private_code("pixel-value", "Pixel value")
_TITLE = N_("Value")


class Point(Kind):
    """The place."""

    id = "point"
    title = N_("Point")
    help = N_("The value of one pixel")
    group = KindGroup.REGIONS
    icon = "pipette"
    least = 1
    most = 1
    code = PIXEL_VALUE

    def drawing(self, annotation: Annotation) -> tuple[GraphicObject, ...]:
        """Return the point."""
        return (GraphicObject(GraphicType.POINT, annotation.points),)

    def readings(self, annotation: Annotation, ground: Ground) -> tuple[Reading, ...]:
        """Return the value; nothing where there are no values."""
        if not annotation.points or (ground.read_values is None and not (ground.refusal or ground.value_refusal)):
            return ()
        found = _value(annotation.points[0], ground)
        return (refused(PIXEL_VALUE, _TITLE, found) if isinstance(found, str) else found,)


def _value(at: tuple[float, float], ground: Ground) -> Reading | str:
    import numpy as np

    from viewer.measurement.regions import RegionPixels
    from viewer.measurement.roi_statistics import values_of
    from viewer.measurement.value_units import value_concept

    if not all(map(math.isfinite, at)):
        return _("The point lies beside the image")
    column, row = map(math.floor, at)
    if not (0 <= column < ground.columns and 0 <= row < ground.rows):
        return _("The point lies beside the image")
    values = values_of(ground, RegionPixels(column, row, np.ones((1, 1), np.bool_)))
    if isinstance(values, str):
        return values
    found, given = values
    if not found.size:
        return _("This pixel is padding or missing")
    concept = given.concept or value_concept(given.unit, ground.modality)
    return Reading(concept, _TITLE, float(found[0]), given.unit, given.source)
