"""Marker: a point with a number or a letter, counted on from the one before. It has no number of a measurement."""

from collections.abc import Sequence

from viewer.base.translation import N_
from viewer.dicom.graphic_objects import GraphicObject, GraphicType
from viewer.measurement.annotation import Annotation
from viewer.measurement.kinds.kind import Kind, KindGroup
from viewer.measurement.sequence_labels import suggested_number


class Marker(Kind):
    """The place."""

    id = "marker"
    title = N_("Marker")
    help = N_("Marks a place and counts: 1, 2, 3 …; any other words can be written instead")
    group = KindGroup.LABELS
    icon = "map-pin"
    least = 1
    most = 1
    is_label = True

    def drawing(self, annotation: Annotation) -> tuple[GraphicObject, ...]:
        """Return the point."""
        return (GraphicObject(GraphicType.POINT, annotation.points),)

    def suggested_text(self, before: Sequence[str]) -> str:
        """Return what to write at the next one, after those in the order of placing."""
        return suggested_number(before)
