"""Rib label: names a rib by side and number, in every plane that passes near it (measurement.label_places).

Its site (363698007) is a rib (SNOMED CT 113197003) with its side as modifier; the number is in its text alone.
"""

from collections.abc import Sequence

from viewer.base.translation import N_
from viewer.dicom.codes import Code
from viewer.dicom.graphic_objects import GraphicObject, GraphicType
from viewer.measurement.annotation import Annotation
from viewer.measurement.kinds.kind import Kind, KindGroup
from viewer.measurement.sequence_labels import rib_code, suggested_rib


class RibLabel(Kind):
    """A place on the rib."""

    id = "rib_label"
    title = N_("Rib label")
    help = N_("Names ribs one after another: R1, R2 … on the right side, L1, L2 … on the left")
    group = KindGroup.LABELS
    icon = "list-ordered"
    least = 1
    most = 1
    modalities = frozenset({"CT", "DX", "CR"})
    is_label = True
    is_everywhere = True

    def drawing(self, annotation: Annotation) -> tuple[GraphicObject, ...]:
        """Return the point."""
        return (GraphicObject(GraphicType.POINT, annotation.points),)

    def suggested_text(self, before: Sequence[str]) -> str:
        """Return what to write at the next one, after those in the order of placing."""
        return suggested_rib(before)

    def site(self, text: str) -> Code | None:
        """Return the code of what a label names."""
        return rib_code(text)
