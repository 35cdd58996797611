"""Spine label: names a vertebra, in every plane that passes near it (measurement.label_places).

Its site (363698007) is the vertebra: SNOMED CT codes C1 to L5, the sacrum for S1 and below, vertebrae in general for a
T13 or an L6.
"""

from collections.abc import Sequence

from viewer.base.translation import N_
from viewer.dicom.codes import Code
from viewer.dicom.graphic_objects import GraphicObject, GraphicType
from viewer.measurement.annotation import Annotation
from viewer.measurement.kinds.kind import Kind, KindGroup
from viewer.measurement.sequence_labels import suggested_vertebra, vertebra_code


class SpineLabel(Kind):
    """The middle of the vertebra."""

    id = "spine_label"
    title = N_("Spine label")
    help = N_("Names vertebrae one after another, down or up; T13, L6 or a left-out one can be written by hand")
    group = KindGroup.LABELS
    icon = "bone"
    least = 1
    most = 1
    modalities = frozenset({"CT", "MR", "DX", "CR"})
    is_label = True
    is_everywhere = True

    def drawing(self, annotation: Annotation) -> tuple[GraphicObject, ...]:
        """Return the point."""
        return (GraphicObject(GraphicType.POINT, annotation.points),)

    def suggested_text(self, before: Sequence[str]) -> str:
        """Return what to write at the next one, after those in the order of placing."""
        return suggested_vertebra(before)

    def site(self, text: str) -> Code | None:
        """Return the code of the vertebra that a label names."""
        return vertebra_code(text)
