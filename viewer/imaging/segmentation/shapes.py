"""What is drawn of a segmentation or structure set: one shape a segment, its slices packed, placed in the patient."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from viewer.base.errors import DicomError
from viewer.dicom.graphic_objects import Rgb
from viewer.dicom.segmentation.structure_set import RegionOfInterest, StructureSet
from viewer.dicom.segmentation.values import Segment, SourceImage
from viewer.imaging.segmentation.contour_masks import contoured_slices
from viewer.imaging.segmentation.loading import LoadedSegmentation, Place
from viewer.imaging.segmentation.mask_grid import MaskGrid
from viewer.imaging.segmentation.packed_slices import BITS, PackedSlice

PALETTE: tuple[Rgb, ...] = (
    (86, 180, 233),
    (230, 159, 0),
    (79, 199, 154),
    (232, 132, 180),
    (240, 228, 66),
    (183, 166, 234),
    (255, 138, 101),
    (154, 167, 177),
)
"""For segments without a colour of their own; apart for colour-blind eyes too (after Okabe and Ito)."""


@dataclass(frozen=True, eq=False)
class PackedBox:
    """Slices of a mask put together: bits of (slices, rows, octets) from a first slice, row and column on."""

    first: tuple[int, int, int]
    bits: NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class SegmentShape:
    """A segment as it is drawn; never changed, an edit makes another one.

    Attributes:
        number: Within what it belongs to.
        rgb: As recommended; None when there is no recommendation.
        slices: By place, which is the slice of the grid where there is a grid.
        grid: Where slices lie; None where they can only be told by the images they were drawn on.
        rows: Of a slice.
        columns: Of a slice.
        places: What the slices say of themselves; empty for contours.
        outlines: The contours of each slice, in the patient; empty for masks.
        lines: Open contours, in the patient.
        points: Single points, in the patient.
        volume_ml: None where it is not known.
        problem: Why it cannot be drawn, translated; empty where it can.
        info: What its object says of it; None where it has none.
    """

    number: int
    label: str
    rgb: Rgb | None
    slices: Mapping[int, PackedSlice]
    grid: MaskGrid | None
    rows: int
    columns: int
    frame_of_reference_uid: str = ""
    places: tuple[Place, ...] = ()
    outlines: tuple[tuple[NDArray[np.float64], ...], ...] = ()
    lines: tuple[NDArray[np.float64], ...] = ()
    points: tuple[NDArray[np.float64], ...] = ()
    volume_ml: float | None = None
    problem: str = ""
    info: Segment | None = None

    @functools.cached_property
    def count(self) -> int:
        """How many pixels belong to it, over all slices."""
        return sum(each.count for each in self.slices.values())

    @functools.cached_property
    def measured_ml(self) -> float | None:
        """Its volume: as it is stated, else of its voxels; None where their geometry does not allow any."""
        if self.volume_ml is not None or self.grid is None or not self.grid.is_spacing_known:
            return self.volume_ml
        return self.count * self.grid.voxel_ml

    @property
    def color(self) -> Rgb:
        """Its own colour, or one that follows from its number."""
        return self.rgb if self.rgb is not None else PALETTE[(self.number - 1) % len(PALETTE)]

    @functools.cached_property
    def largest_slice(self) -> int | None:
        """The place where most of its pixels are; None when it has none."""
        return max(self.slices, key=lambda place: self.slices[place].count, default=None)

    @functools.cached_property
    def bounds(self) -> tuple[tuple[int, int, int], tuple[int, int, int]] | None:
        """First slice, row and column that hold anything, and those behind the last ones; None when it is empty."""
        if not self.slices:
            return None
        boxes = np.array([each.box for each in self.slices.values()])
        low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
        return (min(self.slices), int(low[0]), int(low[1])), (max(self.slices) + 1, int(high[0]), int(high[1]))

    @functools.cached_property
    def box(self) -> PackedBox | None:
        """All slices put together, for planes that cross them; None when it is empty."""
        if self.bounds is None:
            return None
        (first, row, column), (last, last_row, last_column) = self.bounds
        bits = np.zeros((last - first, last_row - row, (last_column - column) // BITS), np.uint8)
        for place, packed in self.slices.items():
            height, width = packed.bits.shape
            top, left = packed.row - row, (packed.column - column) // BITS
            bits[place - first, top : top + height, left : left + width] = packed.bits
        return PackedBox((first, row, column), bits)


@dataclass(frozen=True, eq=False)
class ShapeSet:
    """What belongs to one object.

    Attributes:
        uid: SOP Instance UID of the object.
        title: What a person calls it.
        shapes: In their order.
        sources: The images it was drawn on.
        is_contours: Whether it is a structure set.
        problems: What of it is wrong, translated.
    """

    uid: str
    title: str
    shapes: tuple[SegmentShape, ...]
    sources: tuple[SourceImage, ...] = ()
    referenced_series: tuple[str, ...] = ()
    is_contours: bool = False
    is_fractional: bool = False
    problems: tuple[str, ...] = ()

    @functools.cached_property
    def source_uids(self) -> frozenset[str]:
        """SOP Instance UIDs of the images it was drawn on."""
        return frozenset(each.sop_instance_uid for each in self.sources)

    @functools.cached_property
    def places_of_image(self) -> Mapping[str, tuple[tuple[int, frozenset[int]], ...]]:
        """By SOP Instance UID, the slices that were drawn on an image, and on which frames of it; none for all."""
        found: dict[str, list[tuple[int, frozenset[int]]]] = {}
        for place, each in enumerate(self.shapes[0].places if self.shapes else ()):
            for source in each.sources:
                found.setdefault(source.sop_instance_uid, []).append((place, frozenset(source.frames)))
        return {uid: tuple(places) for uid, places in found.items()}

    @functools.cached_property
    def frames_of_reference(self) -> frozenset[str]:
        """Of its shapes."""
        return frozenset(each.frame_of_reference_uid for each in self.shapes if each.frame_of_reference_uid)

    def shape(self, number: int) -> SegmentShape | None:
        """Return the shape of a segment; None when there is none."""
        return next((each for each in self.shapes if each.number == number), None)


def shapes_of_segmentation(loaded: LoadedSegmentation) -> ShapeSet:
    """Return what is drawn of a segmentation."""
    info = loaded.info
    shapes = tuple(
        SegmentShape(
            each.number,
            each.label,
            each.rgb,
            loaded.masks[each.number],
            loaded.grid,
            info.rows,
            info.columns,
            info.frame_of_reference_uid,
            loaded.places,
            volume_ml=loaded.volume_ml(each.number),
            info=each,
        )
        for each in info.segments
    )
    return ShapeSet(
        info.sop_instance_uid,
        info.description or info.label,
        shapes,
        info.sources,
        info.referenced_series,
        is_fractional=bool(info.fractional_type),
        problems=info.problems,
    )


def shapes_of_structures(structures: StructureSet) -> ShapeSet:
    """Return what is drawn of a structure set."""
    return ShapeSet(
        structures.sop_instance_uid,
        structures.name or structures.label,
        tuple(_shape_of_region(each) for each in structures.regions),
        structures.sources,
        structures.referenced_series,
        is_contours=True,
        problems=structures.problems,
    )


def _shape_of_region(region: RegionOfInterest) -> SegmentShape:
    lines = tuple(each.points for each in region.contours if not each.type.is_closed and len(each.points) > 1)
    points = tuple(each.points[0] for each in region.contours if not each.type.is_closed and len(each.points) == 1)
    problem = ""
    try:
        drawn = contoured_slices(region)
    except DicomError as error:
        drawn, problem = None, str(error)
    if drawn is None:
        return SegmentShape(
            region.number,
            region.name,
            region.rgb,
            {},
            None,
            0,
            0,
            region.frame_of_reference_uid,
            lines=lines,
            points=points,
            problem=problem,
        )
    return SegmentShape(
        region.number,
        region.name,
        region.rgb,
        drawn.slices,
        drawn.grid,
        drawn.grid.rows,
        drawn.grid.columns,
        region.frame_of_reference_uid,
        outlines=drawn.outlines,
        lines=lines,
        points=points,
        volume_ml=drawn.volume_ml,
    )
