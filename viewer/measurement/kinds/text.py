"""Text: words at a place. Files keep it as a text object (C.10.5.1.1) or as a comment (121106), DCM."""

from viewer.base.translation import N_
from viewer.dicom.graphic_objects import GraphicObject
from viewer.measurement.annotation import Annotation
from viewer.measurement.kinds.kind import Kind, KindGroup


class Text(Kind):
    """Where the words stand."""

    id = "text"
    title = N_("Text")
    help = N_("Words on the image")
    group = KindGroup.LABELS
    icon = "type"
    keys = ("B",)
    least = 1
    most = 1
    is_label = True

    def drawing(self, annotation: Annotation) -> tuple[GraphicObject, ...]:
        """Return nothing: its words are all there is to see."""
        del annotation
        return ()
