"""What a segmentation says beside its pixels: its segments, and where and of what its frames are (PS3.3 A.51)."""

import enum
from dataclasses import dataclass

from viewer.dicom.codes import Code
from viewer.dicom.graphic_objects import Rgb
from viewer.dicom.image_plane import ImagePlane

SEGMENTATION = "1.2.840.10008.5.1.4.1.1.66.4"
LABEL_MAP_SEGMENTATION = "1.2.840.10008.5.1.4.1.1.66.7"


class SegmentationType(enum.StrEnum):
    """Segmentation Type (0062,0001)."""

    BINARY = "BINARY"
    FRACTIONAL = "FRACTIONAL"
    LABELMAP = "LABELMAP"


@dataclass(frozen=True, slots=True)
class Segment:
    """One item of Segment Sequence (C.8.20.4).

    Attributes:
        number: As frames and label maps refer to it.
        algorithm_type: AUTOMATIC, SEMIAUTOMATIC or MANUAL; as stated.
        category: Segmented Property Category.
        type: Segmented Property Type.
        modifiers: Of the type.
        regions: Anatomic Region.
        rgb: Recommended colour, in sRGB; None when not stated.
    """

    number: int
    label: str
    description: str = ""
    algorithm_type: str = ""
    algorithm_name: str = ""
    category: Code | None = None
    type: Code | None = None
    modifiers: tuple[Code, ...] = ()
    regions: tuple[Code, ...] = ()
    rgb: Rgb | None = None
    tracking_id: str = ""
    tracking_uid: str = ""


@dataclass(frozen=True, slots=True)
class SourceImage:
    """An image that something was made from.

    Attributes:
        frames: Counted from 1; empty for all of it.
    """

    sop_class_uid: str
    sop_instance_uid: str
    frames: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class SegmentFrame:
    """One frame of a segmentation.

    Attributes:
        index: In the pixel data, from 0.
        segment: Number of its segment; None for one that holds labels.
        plane: Where it lies in the patient; None when it does not say.
        sources: The images it was drawn on.
        tile: Column and row of its first pixel in the Total Pixel Matrix, from 0; None where there is none.
    """

    index: int
    segment: int | None
    plane: ImagePlane | None = None
    sources: tuple[SourceImage, ...] = ()
    tile: tuple[int, int] | None = None
    thickness_mm: float | None = None


@dataclass(frozen=True, slots=True)
class Segmentation:
    """A segmentation without its pixels.

    Attributes:
        type: How its pixels are to be read.
        fractional_type: PROBABILITY or OCCUPANCY; empty for other types.
        maximum_fraction: The stored value that stands for 1.
        segments: By number; of a label map without its background.
        frames: As they are stored.
        sources: All images that it refers to, each once.
        spacing_mm: Between slices as stated; None when it is not.
        matrix: Columns and rows of the Total Pixel Matrix of a tiled one; None for the others.
        problems: What of it is wrong and was read all the same, translated.
    """

    sop_class_uid: str
    sop_instance_uid: str
    series_instance_uid: str
    study_instance_uid: str
    label: str
    description: str
    creator: str
    created: str
    type: SegmentationType
    rows: int
    columns: int
    segments: tuple[Segment, ...]
    frames: tuple[SegmentFrame, ...]
    fractional_type: str = ""
    maximum_fraction: int = 1
    frame_of_reference_uid: str = ""
    sources: tuple[SourceImage, ...] = ()
    referenced_series: tuple[str, ...] = ()
    spacing_mm: float | None = None
    matrix: tuple[int, int] | None = None
    background: int = 0
    is_overlapping: str = ""
    problems: tuple[str, ...] = ()

    def segment(self, number: int) -> Segment | None:
        """Return the segment of a number; None when there is none."""
        return next((each for each in self.segments if each.number == number), None)
