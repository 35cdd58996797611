"""What is known of one segmentation or structure set, and how it is seen and drawn: values of the book."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from viewer.base.translation import N_
from viewer.dicom.graphic_objects import Rgb
from viewer.dicom.instance_header import InstanceHeader
from viewer.imaging.image_ref import ImageRef

if TYPE_CHECKING:
    from viewer.imaging.segmentation.packed_slices import PackedSlice
    from viewer.imaging.segmentation.shapes import SegmentShape, ShapeSet


@dataclass(frozen=True, slots=True)
class SegmentLook:
    """How the reader wants to see one segment.

    Attributes:
        rgb: Their own colour for it; None for the recommended one.
    """

    is_visible: bool = True
    rgb: Rgb | None = None


PLAIN_LOOK = SegmentLook()


@dataclass(frozen=True, slots=True)
class DrawingStyle:
    """How all segments are drawn.

    Attributes:
        opacity: Of their insides, from 0 to 1.
        outline_px: Width of outlines on screen.
    """

    has_fill: bool = True
    has_outline: bool = True
    opacity: float = 0.3
    outline_px: float = 1.5


@dataclass(frozen=True, slots=True)
class BrushSettings:
    """What the reader draws with.

    Attributes:
        is_ball: Whether neighbouring slices are drawn too.
        is_threshold: Whether only values from low to high are drawn, in the images' unit.
    """

    radius_mm: float = 8.0
    is_ball: bool = False
    is_threshold: bool = False
    low: float = -100.0
    high: float = 300.0


@dataclass(frozen=True, slots=True, eq=False)
class OwnFacts:
    """What only a segmentation that is made here has.

    Attributes:
        images: One a slice, in the order of the grid.
        is_saved: Whether all of it is in an object that was saved.
    """

    images: tuple[ImageRef, ...]
    is_saved: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Edit:
    """What was done to a segmentation that is made here, for whoever keeps it.

    Attributes:
        number: The segment whose slices changed; None where segments came, went or were named, or all of it did.
        changes: Its slices; None for those that are empty now.
    """

    uid: str
    number: int | None = None
    changes: "Mapping[int, PackedSlice | None] | None" = None


@dataclass(frozen=True, slots=True, eq=False)
class HeldSegmentation:
    """One object.

    Attributes:
        uid: Its SOP Instance UID; of one that was begun here, the UID it will be saved with.
        title: What a person calls it.
        study_uid: Study Instance UID.
        header: Of its file; None for one that was begun here.
        shapes: What is in it; None until it was read.
        failure: Why it cannot be read, translated.
        is_shown: Whether the reader wants to see it.
        is_loading: Whether it is on its way.
        looks: Of its segments, where the reader chose any.
        own: What was begun here and can be changed; None for what was only opened.
    """

    uid: str
    title: str
    study_uid: str
    header: InstanceHeader | None = None
    shapes: "ShapeSet | None" = None
    failure: str = ""
    is_shown: bool = False
    is_loading: bool = False
    looks: Mapping[int, SegmentLook] = field(default_factory=dict)
    own: OwnFacts | None = None

    def look(self, number: int) -> SegmentLook:
        """Return how a segment is to be seen."""
        return self.looks.get(number, PLAIN_LOOK)

    def color(self, shape: "SegmentShape") -> Rgb:
        """Return the colour a segment is drawn in."""
        own = self.look(shape.number).rgb
        return own if own is not None else shape.color

    @property
    def visible_shapes(self) -> "tuple[SegmentShape, ...]":
        """The segments that are to be seen; none while it is not shown."""
        if not self.is_shown or self.shapes is None:
            return ()
        return tuple(each for each in self.shapes.shapes if self.look(each.number).is_visible)


MENDINGS = {
    "fill_holes": N_("Fill holes"),
    "interpolate": N_("Draw between slices"),
    "smooth": N_("Smooth"),
    "largest": N_("Keep the largest part"),
}
"""What can be done to a whole segment."""
