"""Line profile: values along a line at equal steps of at most half a pixel (measurement.profile_values).

Length (SCT 410668003), and mean, minimum and maximum along the line as those of a region are coded.
"""

from viewer.base.translation import N_
from viewer.dicom.graphic_objects import GraphicObject, GraphicType
from viewer.measurement.annotation import Annotation
from viewer.measurement.ground import Ground
from viewer.measurement.kinds.kind import Kind, KindGroup, KindParameter
from viewer.measurement.kinds.length import LENGTH
from viewer.measurement.kinds.region_kind import MAXIMUM, MEAN, MINIMUM
from viewer.measurement.profile_values import Interpolation, Profile, profile
from viewer.measurement.reading import Reading
from viewer.measurement.scales import lengths, measured, refused

INTERPOLATION = "interpolation"
_LENGTH = N_("Length")
_MEAN = N_("Mean")


class LineProfile(Kind):
    """Both ends of the line."""

    id = "line_profile"
    title = N_("Line profile")
    help = N_("The values along a line, and how long it is")
    group = KindGroup.LINES
    icon = "chart-line"
    code = LENGTH
    asks = (
        KindParameter(
            INTERPOLATION,
            N_("Between pixels"),
            Interpolation.LINEAR.value,
            choices=tuple((each.value, each.words) for each in (Interpolation.LINEAR, Interpolation.NEAREST)),
        ),
    )

    def drawing(self, annotation: Annotation) -> tuple[GraphicObject, ...]:
        """Return the line."""
        return (GraphicObject(GraphicType.POLYLINE, annotation.points),)

    def profile(self, annotation: Annotation, ground: Ground) -> Profile | str:
        """Return its values along the line, or why there are none, translated."""
        is_nearest = annotation.parameter(INTERPOLATION) == Interpolation.NEAREST.value
        interpolation = Interpolation.NEAREST if is_nearest else Interpolation.LINEAR
        start, end = annotation.points[:2]
        return profile(ground, start, end, interpolation=interpolation)

    def readings(self, annotation: Annotation, ground: Ground) -> tuple[Reading, ...]:
        """Return length, mean, minimum and maximum along the line."""
        points = annotation.points[:2]
        if len(points) < self.least:
            return ()
        scale = lengths(ground, points)
        length = measured(scale, LENGTH, _LENGTH, lambda on: on.reading(LENGTH, _LENGTH, on.distance(*points)))
        if isinstance(scale, str) or (ground.read_values is None and not (ground.refusal or ground.value_refusal)):
            return (length,)
        return (length, *_of_values(self.profile(annotation, ground)))


def _of_values(found: Profile | str) -> tuple[Reading, ...]:
    import numpy as np

    from viewer.base.translation import _

    if isinstance(found, str):
        return (refused(MEAN, _MEAN, found),)
    values = found.values[np.isfinite(found.values)]
    if not values.size:
        return (refused(MEAN, _MEAN, _("All pixels of the line are padding or missing")),)
    return tuple(
        Reading(found.concept, title, float(value), found.unit, found.value_source, derivation)
        for title, derivation, value in (
            (_MEAN, MEAN, values.mean()),
            (N_("Min"), MINIMUM, values.min()),
            (N_("Max"), MAXIMUM, values.max()),
        )
    )
