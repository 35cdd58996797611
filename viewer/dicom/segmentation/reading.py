"""Reads what a segmentation says of its segments and frames (PS3.3 A.51, C.8.20); its pixels are imaging's.

Frames are sparse and in any order: each is placed by what it says itself. Whatever could lay a segment where it does
not belong is refused.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from viewer.base.errors import DicomError, RefusedError
from viewer.base.translation import _
from viewer.dicom.codes import Code
from viewer.dicom.data_elements import element_items, element_number, element_numbers, element_text
from viewer.dicom.functional_groups import FrameAttributes, FunctionalGroups
from viewer.dicom.segmentation.elements import code_of, codes_of, quietly, source_of, srgb_of_cielab
from viewer.dicom.segmentation.values import (
    LABEL_MAP_SEGMENTATION,
    SEGMENTATION,
    Segment,
    Segmentation,
    SegmentationType,
    SegmentFrame,
    SourceImage,
)

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

MAX_SEGMENTS = 65_535
"""Segment Number is an unsigned short."""
MAX_SEGMENT_FRAMES = 100_000

_SEGMENTS, _NUMBER, _LABEL, _DESCRIPTION = 0x00620002, 0x00620004, 0x00620005, 0x00620006
_ALGORITHM_TYPE, _ALGORITHM_NAME, _COLOR = 0x00620008, 0x00620009, 0x0062000D
_CATEGORY, _TYPE, _MODIFIERS, _REGIONS = 0x00620003, 0x0062000F, 0x00620011, 0x00082218
_TRACKING_ID, _TRACKING_UID = 0x00620020, 0x00620021
_KIND, _FRACTIONAL_TYPE, _MAXIMUM, _OVERLAP = 0x00620001, 0x00620010, 0x0062000E, 0x00620013
_IDENTIFICATION, _REFERENCED_SEGMENT = 0x0062000A, 0x0062000B
_DERIVATIONS, _SOURCES = 0x00089124, 0x00082112
_SERIES, _INSTANCES, _SERIES_UID = 0x00081115, 0x0008114A, 0x0020000E
_TILE, _TILE_COLUMN, _TILE_ROW = 0x0048021A, 0x0048021E, 0x0048021F
_MATRIX_COLUMNS, _MATRIX_ROWS, _ORGANIZATION = 0x00480006, 0x00480007, 0x00209311
_BACKGROUND = 0x00280120


def is_segmentation(sop_class_uid: str) -> bool:
    """Whether a class is one that is read here."""
    return sop_class_uid in {SEGMENTATION, LABEL_MAP_SEGMENTATION}


@quietly()
def read_segmentation(data_set: "Dataset") -> Segmentation:
    """Return what a segmentation says beside its pixels.

    Raises:
        DicomError: It is none, or contradicts itself so that its frames cannot be told apart.
        RefusedError: It claims more segments or frames than any honest one.
    """
    sop_class = element_text(data_set, 0x00080016)
    if not is_segmentation(sop_class):
        raise DicomError(_("This object is no segmentation"))
    kind = _kind(data_set, sop_class)
    problems: list[str] = []
    segments = _segments(data_set, kind, problems)
    groups = FunctionalGroups(data_set)
    if groups.frame_count > MAX_SEGMENT_FRAMES:
        raise RefusedError(_("The segmentation claims {0} frames").format(groups.frame_count))
    rows, columns = (int(element_number(data_set, tag) or 0) for tag in (0x00280010, 0x00280011))
    matrix = _matrix(data_set)
    frames = tuple(_frames(data_set, groups, kind, {each.number for each in segments}, matrix))
    first = groups.frame(0)
    sources, series = _referenced(data_set, frames)
    return Segmentation(
        sop_class,
        element_text(data_set, 0x00080018),
        element_text(data_set, 0x0020000E),
        element_text(data_set, 0x0020000D),
        element_text(data_set, 0x00700080),
        element_text(data_set, 0x00700081) or element_text(data_set, 0x0008103E),
        element_text(data_set, 0x00700084),
        element_text(data_set, 0x00080023) + element_text(data_set, 0x00080033),
        kind,
        rows,
        columns,
        segments,
        frames,
        fractional_type=element_text(data_set, _FRACTIONAL_TYPE) if kind is SegmentationType.FRACTIONAL else "",
        maximum_fraction=_maximum(data_set, kind),
        frame_of_reference_uid=element_text(data_set, 0x00200052),
        sources=sources,
        referenced_series=series,
        spacing_mm=_positive(first.number(0x00180088)),
        matrix=matrix,
        background=int(element_number(data_set, _BACKGROUND) or 0),
        is_overlapping=element_text(data_set, _OVERLAP),
        problems=tuple(problems),
    )


def _kind(data_set: "Dataset", sop_class: str) -> SegmentationType:
    stated = element_text(data_set, _KIND).upper()
    try:
        kind = SegmentationType(stated)
    except ValueError:
        raise DicomError(_("The Segmentation Type {0} is unknown").format(stated or "–")) from None
    bits = int(element_number(data_set, 0x00280100) or 0)
    wanted = {SegmentationType.BINARY: (1, 8), SegmentationType.FRACTIONAL: (8,), SegmentationType.LABELMAP: (8, 16)}
    if bits not in wanted[kind] or (kind is SegmentationType.LABELMAP) != (sop_class == LABEL_MAP_SEGMENTATION):
        raise DicomError(_("A segmentation of the type {0} with {1} bits a pixel cannot be").format(kind.value, bits))
    if int(element_number(data_set, 0x00280002) or 1) != 1:
        raise DicomError(_("A segmentation has one sample a pixel"))
    return kind


def _maximum(data_set: "Dataset", kind: SegmentationType) -> int:
    if kind is not SegmentationType.FRACTIONAL:
        return 1
    stated = element_number(data_set, _MAXIMUM)
    if stated is None or not 1 <= stated <= 255:
        raise DicomError(_("A fractional segmentation must state its Maximum Fractional Value"))
    return int(stated)


def _segments(data_set: "Dataset", kind: SegmentationType, problems: list[str]) -> tuple[Segment, ...]:
    items = element_items(data_set, _SEGMENTS)
    if len(items) > MAX_SEGMENTS:
        raise RefusedError(_("The segmentation claims {0} segments").format(len(items)))
    found: dict[int, Segment] = {}
    for item in items:
        segment = _segment(item)
        if segment.number == 0 and kind is SegmentationType.LABELMAP:
            continue  # the background
        if segment.number < 1 or segment.number in found:
            raise DicomError(_("Segment numbers must be distinct and count from 1"))
        found[segment.number] = segment
    if not found and kind is not SegmentationType.LABELMAP:
        raise DicomError(_("The segmentation has no segments"))
    if not found:
        problems.append(_("The label map names no segments"))
    return tuple(found[number] for number in sorted(found))


def _segment(item: "Dataset") -> Segment:
    number = int(element_number(item, _NUMBER) or 0)
    return Segment(
        number,
        element_text(item, _LABEL) or str(number),
        element_text(item, _DESCRIPTION),
        element_text(item, _ALGORITHM_TYPE),
        element_text(item, _ALGORITHM_NAME),
        code_of(item, _CATEGORY),
        code_of(item, _TYPE),
        _modifiers(item),
        codes_of(item, _REGIONS),
        srgb_of_cielab(element_numbers(item, _COLOR)),
        element_text(item, _TRACKING_ID),
        element_text(item, _TRACKING_UID),
    )


def _modifiers(item: "Dataset") -> tuple[Code, ...]:
    types = element_items(item, _TYPE)
    return codes_of(types[0], _MODIFIERS) if types else ()


def _matrix(data_set: "Dataset") -> tuple[int, int] | None:
    columns, rows = (element_number(data_set, tag) for tag in (_MATRIX_COLUMNS, _MATRIX_ROWS))
    return (int(columns), int(rows)) if columns and rows and columns >= 1 and rows >= 1 else None


def _frames(
    data_set: "Dataset",
    groups: FunctionalGroups,
    kind: SegmentationType,
    numbers: set[int],
    matrix: tuple[int, int] | None,
) -> Iterator[SegmentFrame]:
    if element_text(data_set, _ORGANIZATION) == "TILED_FULL":
        yield from _full_tiles(data_set, groups, kind, sorted(numbers), matrix)
        return
    if groups.problem:
        raise DicomError(groups.problem)
    for attributes in groups:
        number = None
        if kind is not SegmentationType.LABELMAP:
            stated = element_number(attributes.macro(_IDENTIFICATION) or data_set, _REFERENCED_SEGMENT)
            number = int(stated) if stated is not None else None
            if number not in numbers:
                raise DicomError(
                    _("Frame {0} is of a segment {1} that is not described").format(
                        attributes.index + 1, "–" if number is None else number
                    )
                )
        yield SegmentFrame(
            attributes.index,
            number,
            attributes.plane,
            tuple(_sources(attributes)),
            _tile(attributes) if matrix is not None else None,
            _positive(attributes.number(0x00180050)),
        )


def _full_tiles(
    data_set: "Dataset",
    groups: FunctionalGroups,
    kind: SegmentationType,
    numbers: list[int],
    matrix: tuple[int, int] | None,
) -> Iterator[SegmentFrame]:
    """Yield the tiles of a full organisation: along rows, then down, then segment by segment (C.7.6.17.3)."""
    rows, columns = (int(element_number(data_set, tag) or 0) for tag in (0x00280010, 0x00280011))
    if matrix is None or rows < 1 or columns < 1:
        raise DicomError(_("The tiled segmentation does not say how large its total matrix is"))
    across, down = -(-matrix[0] // columns), -(-matrix[1] // rows)
    runs: list[int | None] = [None] if kind is SegmentationType.LABELMAP else list(numbers)
    if across * down * len(runs) != groups.frame_count:
        raise DicomError(
            _("{0} frames do not fill {1} segments of {2} × {3} tiles").format(
                groups.frame_count, len(runs), across, down
            )
        )
    for index in range(groups.frame_count):
        run, place = divmod(index, across * down)
        row, column = divmod(place, across)
        yield SegmentFrame(index, runs[run], tile=(column * columns, row * rows))


def _sources(attributes: FrameAttributes) -> Iterator[SourceImage]:
    for derivation in attributes.items(_DERIVATIONS):
        for item in element_items(derivation, _SOURCES):
            source = source_of(item)
            if source is not None:
                yield source


def _tile(attributes: FrameAttributes) -> tuple[int, int] | None:
    item = attributes.macro(_TILE)
    if item is None:
        return None
    column, row = (element_number(item, tag) for tag in (_TILE_COLUMN, _TILE_ROW))
    return (int(column) - 1, int(row) - 1) if column is not None and row is not None else None


def _referenced(
    data_set: "Dataset", frames: tuple[SegmentFrame, ...]
) -> tuple[tuple[SourceImage, ...], tuple[str, ...]]:
    """Return all images that are referred to, each once, and the series they are in as far as that is said."""
    found: dict[str, SourceImage] = {}
    series: dict[str, None] = {}
    for item in element_items(data_set, _SERIES):
        series[element_text(item, _SERIES_UID)] = None
        for instance in element_items(item, _INSTANCES):
            if (source := source_of(instance)) is not None:
                found.setdefault(source.sop_instance_uid, SourceImage(source.sop_class_uid, source.sop_instance_uid))
    held = [source for frame in frames for source in frame.sources]
    held += [source for item in element_items(data_set, _SOURCES) if (source := source_of(item)) is not None]
    for source in held:
        found.setdefault(source.sop_instance_uid, SourceImage(source.sop_class_uid, source.sop_instance_uid))
    return tuple(found.values()), tuple(uid for uid in series if uid)


def _positive(number: float | None) -> float | None:
    return number if number is not None and number > 0 else None
