"""Reads the pixels of a segmentation: each segment's slices packed, placed by what their frames say.

A mask of which anything is missing is refused: half an organ would look like a whole one.
"""

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from viewer.base.errors import DicomError, RefusedError
from viewer.base.jobs import Progress
from viewer.base.translation import _
from viewer.dicom.graphic_objects import Rgb
from viewer.dicom.image_plane import ImagePlane, dot
from viewer.dicom.instance_header import InstanceHeader
from viewer.dicom.segmentation.values import Segmentation, SegmentationType, SegmentFrame, SourceImage
from viewer.imaging.frame_decoding import FrameDecoder
from viewer.imaging.segmentation.mask_grid import MaskGrid, mask_grid
from viewer.imaging.segmentation.packed_slices import PackedSlice, packed_slice
from viewer.imaging.stored_frame import FrameWarning

if TYPE_CHECKING:
    from viewer.imaging.palette_color_lut import PaletteColorLut

MAX_PIXELS = 1 << 36
"""A segmentation that claims more pixels over all frames is refused."""
HALF = 0.5
"""From this fraction on a pixel of a fractional segmentation is shown."""

Slices = Mapping[int, PackedSlice]


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """Where the frames of one slice lie.

    Attributes:
        sources: The images that frames there were drawn on.
    """

    plane: ImagePlane | None
    tile: tuple[int, int] | None
    sources: tuple[SourceImage, ...]


@dataclass(frozen=True, slots=True, eq=False)
class SegmentTally:
    """What a segment comes to.

    Attributes:
        frames: How many frames it has.
        voxels: Pixels that are not 0.
        voxels_at_half: Pixels of at least half; the same as voxels for what is not fractional.
        fraction_sum: The sum of all fractions.
    """

    frames: int = 0
    voxels: int = 0
    voxels_at_half: int = 0
    fraction_sum: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class LoadedSegmentation:
    """A segmentation with its masks.

    Attributes:
        places: Its slices; sorted along their normal where grid is there.
        masks: By segment number, then by place; at least half for fractional ones.
        tallies: By segment number.
        grid: Of the places; None when they are no stack.
        grid_problem: Why there is none, translated.
    """

    info: Segmentation
    places: tuple[Place, ...]
    masks: Mapping[int, Slices]
    tallies: Mapping[int, SegmentTally]
    grid: MaskGrid | None
    grid_problem: str = ""
    fractions: Mapping[tuple[int, int], bytes] = field(default_factory=dict)

    def fraction(self, segment: int, place: int) -> NDArray[np.uint8] | None:
        """Return the stored values of a fractional segment's slice; None where it has none."""
        held = self.fractions.get((segment, place))
        if held is None:
            return None
        return np.frombuffer(zlib.decompress(held), np.uint8).reshape(self.info.rows, self.info.columns)

    def volume_ml(self, segment: int) -> float | None:
        """Return the volume of a segment; None where its geometry does not allow any.

        Fractions of occupancy are summed; of a probability, the pixels of at least half are counted.
        """
        if self.grid is None or not self.grid.is_spacing_known:
            return None
        tally = self.tallies[segment]
        is_summed = self.info.fractional_type == "OCCUPANCY"
        return self.grid.voxel_ml * (tally.fraction_sum if is_summed else tally.voxels_at_half)


def frame_pixels(
    header: InstanceHeader, info: Segmentation, decoder: FrameDecoder, progress: Progress | None = None
) -> Iterator[tuple[SegmentFrame, NDArray[np.uint8] | NDArray[np.uint16]]]:
    """Yield each frame with its stored values, (rows, columns).

    Raises:
        DicomError: A frame is missing, cut or of another size.
        RefusedError: The segmentation claims more pixels than any honest one.
    """
    from viewer.imaging.frame_source import FrameSource

    if info.rows * info.columns * len(info.frames) > MAX_PIXELS:
        raise RefusedError(_("The segmentation claims more pixels than this viewer accepts"))
    source = FrameSource(header, decoder)
    if source.frame_count != len(info.frames):
        raise DicomError(
            _("The segmentation describes {0} of its {1} frames").format(len(info.frames), source.frame_count)
        )
    for frame in info.frames:
        if progress is not None:
            progress.check()
        stored = source.stored_frame(frame.index, progress=progress)
        if FrameWarning.TRUNCATED in stored.warnings or stored.values.shape != (info.rows, info.columns):
            raise DicomError(_("Frame {0} of the segmentation is cut off or of another size").format(frame.index + 1))
        yield frame, stored.values


def load_segmentation(
    header: InstanceHeader, info: Segmentation, decoder: FrameDecoder, progress: Progress | None = None
) -> LoadedSegmentation:
    """Return a segmentation with its masks; blocks.

    Raises:
        DicomError: A frame is missing, cut, twice there, or holds values that it must not hold.
        RefusedError: The segmentation claims more pixels than any honest one.
        MediaError: If the medium fails.
        Cancelled: If it was cancelled.
    """
    places, of_frame = _places(info)
    gathering = _Gathering(info)
    for frame, values in frame_pixels(header, info, decoder, progress):
        gathering.take(frame, of_frame[frame.index], values)
    grid, problem = _grid(info, places)
    found = LoadedSegmentation(
        gathering.info(), places, gathering.masks, gathering.tallies, grid, problem, gathering.fractions
    )
    return _colored(found, header)


class _Gathering:
    """Masks in the making."""

    def __init__(self, info: Segmentation) -> None:
        self._info = info
        self.masks: dict[int, dict[int, PackedSlice]] = {each.number: {} for each in info.segments}
        self.tallies: dict[int, SegmentTally] = {each.number: SegmentTally() for each in info.segments}
        self.fractions: dict[tuple[int, int], bytes] = {}
        self._unknown: set[int] = set()
        self._seen: set[tuple[int, int]] = set()

    def take(self, frame: SegmentFrame, place: int, values: NDArray[np.uint8] | NDArray[np.uint16]) -> None:
        """Note one frame."""
        if self._info.type is SegmentationType.LABELMAP:
            self._take_labels(place, values)
            return
        assert frame.segment is not None  # noqa: S101 - read_segmentation saw to it
        if (frame.segment, place) in self._seen:
            raise DicomError(_("Segment {0} has two frames at the same place").format(frame.segment))
        self._seen.add((frame.segment, place))
        highest = int(values.max(initial=0))
        if highest > self._info.maximum_fraction:
            raise DicomError(
                _("Frame {0} holds {1}: more than {2}").format(frame.index + 1, highest, self._info.maximum_fraction)
            )
        self._note(frame.segment, place, values)

    def info(self) -> Segmentation:
        """Return what is known of the segmentation, with what its pixels showed to be wrong."""
        if not self._unknown:
            return self._info
        numbers = ", ".join(map(str, sorted(self._unknown)[:8]))
        problem = _("The label map holds labels that are not described: {0}").format(numbers)
        return replace(self._info, problems=(*self._info.problems, problem))

    def _take_labels(self, place: int, values: NDArray[np.uint8] | NDArray[np.uint16]) -> None:
        for label in np.unique(values).tolist():
            if label in self.masks:
                self._note(label, place, values == label)
            elif label != self._info.background:
                self._unknown.add(label)

    def _note(self, segment: int, place: int, values: NDArray[Any]) -> None:
        before = self.tallies[segment]
        whole = self._info.maximum_fraction
        found = int(np.count_nonzero(values))
        if whole == 1:
            at_half, total, half = found, float(found), values
        else:
            half = values >= whole * HALF
            at_half, total = int(np.count_nonzero(half)), float(values.sum(dtype=np.int64)) / whole
            self.fractions[segment, place] = zlib.compress(np.ascontiguousarray(values, np.uint8).tobytes(), 1)
        self.tallies[segment] = SegmentTally(
            before.frames + 1, before.voxels + found, before.voxels_at_half + at_half, before.fraction_sum + total
        )
        packed = packed_slice(half)
        if packed is not None:
            self.masks[segment][place] = packed


def _places(info: Segmentation) -> tuple[tuple[Place, ...], list[int]]:
    """Return the slices of a segmentation, sorted where they can be, and each frame's."""
    keys: dict[tuple[object, ...], list[SegmentFrame]] = {}
    taken: dict[tuple[object, ...], tuple[SourceImage, ...]] = {}
    for frame in info.frames:
        key = _place_key(frame)
        if taken.setdefault((frame.segment, key), frame.sources) != frame.sources:
            key = (*key, frame.sources)  # the same place at another time: told apart by its images
        keys.setdefault(key, []).append(frame)
    groups = list(keys.values())
    first = next((frame.plane for frame in info.frames if frame.plane is not None), None)
    if first is not None and all(group[0].plane is not None for group in groups):
        groups.sort(key=lambda group: _along(group[0].plane, first))
    of_frame = [0] * len(info.frames)
    places = []
    for number, group in enumerate(groups):
        for frame in group:
            of_frame[frame.index] = number
        sources = tuple(dict.fromkeys(source for frame in group for source in frame.sources))
        places.append(Place(group[0].plane, group[0].tile, sources))
    return tuple(places), of_frame


def _along(plane: ImagePlane | None, first: ImagePlane) -> float:
    return dot(plane.position, first.normal) if plane is not None else 0.0


def _place_key(frame: SegmentFrame) -> tuple[object, ...]:
    plane = frame.plane
    if plane is None:
        return (frame.tile, frame.sources)
    return (tuple(round(value, 3) for value in plane.position), tuple(round(each, 4) for each in plane.normal))


def _grid(info: Segmentation, places: tuple[Place, ...]) -> tuple[MaskGrid | None, str]:
    if info.matrix is not None:
        return None, _("It is tiled: its slices are parts of a slide")
    planes = [place.plane for place in places if place.plane is not None]
    if not planes or len(planes) < len(places):
        return None, _("It does not say where its frames lie in the patient")
    thickness = next((frame.thickness_mm for frame in info.frames if frame.thickness_mm is not None), None)
    try:
        return mask_grid(planes, info.rows, info.columns, info.spacing_mm, thickness), ""
    except DicomError as error:
        return None, str(error)


def _colored(found: LoadedSegmentation, header: InstanceHeader) -> LoadedSegmentation:
    """Give the segments of a label map the colours of its palette where it has one."""
    if found.info.type is not SegmentationType.LABELMAP or header.ascii(0x00280004) != "PALETTE COLOR":
        return found
    from viewer.dicom.datasets import read_data_set
    from viewer.imaging.display_attributes import palette
    from viewer.imaging.frame_source import pixel_description

    try:
        table = palette(read_data_set(header), pixel_description(header), [])
    except DicomError as error:
        problem = _("Its palette cannot be used: {0}").format(error)
        return replace(found, info=replace(found.info, problems=(*found.info.problems, problem)))
    if table is None:
        return found
    segments = tuple(
        each if each.rgb is not None else replace(each, rgb=_rgb(table, each.number)) for each in found.info.segments
    )
    return replace(found, info=replace(found.info, segments=segments))


def _rgb(table: "PaletteColorLut", label: int) -> Rgb:
    red, green, blue = table.apply(np.array([label]))[0].tolist()
    return red, green, blue
