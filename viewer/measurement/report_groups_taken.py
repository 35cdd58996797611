"""Marks of the groups of a measurement report, ours or another system's: the way back of report_groups.

What we wrote comes back as it was drawn, if its regions still say the same; what others wrote, by concept and graphic
type. Numbers stay those of the report, in full.
"""

import contextlib
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from viewer.base.errors import ViewerError
from viewer.base.translation import _
from viewer.dicom.image_plane import ImagePlane
from viewer.dicom.structured_report.concepts import MEASUREMENT_GROUP
from viewer.dicom.structured_report.measurement_writing import MarkedRegion
from viewer.dicom.structured_report.tree import walk
from viewer.dicom.structured_report.values import (
    ContentItem,
    ReferenceValue,
    RegionValue,
    SpaceRegionValue,
    StructuredReport,
)
from viewer.measurement.annotation import Annotation, ImageAnchor, PlaneAnchor
from viewer.measurement.kinds.bidirectional import LONG_AXIS, SHORT_AXIS
from viewer.measurement.kinds.cobb import COBB_ANGLE
from viewer.measurement.kinds.table import is_known, kind_of
from viewer.measurement.reading import Reading
from viewer.measurement.report_groups import STACK, written_group
from viewer.measurement.report_groups_masks import with_pixels_of
from viewer.measurement.report_groups_read import ReadGroup, reading_of
from viewer.measurement.report_groups_regions import FactsOf

_MOST_GROUPS = 5000
_NONSENSE = (ViewerError, ValueError, TypeError, LookupError, ArithmeticError, AttributeError)
"""What reading values that a file makes up can end in."""
_SAME = 1e-3
"""Pixels or mm that coordinates of 32 bits may differ from what they were made of."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where marks of a report can lie among what is open.

    Attributes:
        image: Returns the anchor of an image by SOP Instance UID, frame from 1 (0 where none is named) and tile; None
            where it is not open.
        through: Returns the image that some places in a frame of reference lie on, and its plane; None for none.
        facts_of: Tells of an image.
    """

    image: Callable[[str, int, int], ImageAnchor | None]
    through: Callable[[str, Sequence[tuple[float, float, float]]], tuple[ImageAnchor, ImagePlane] | None]
    facts_of: FactsOf


@dataclass(frozen=True, slots=True)
class TakenMarks:
    """What became of a report's groups.

    Attributes:
        left_out: Why others could not be taken, translated: each with what it tracks.
    """

    annotations: tuple[Annotation, ...] = ()
    left_out: tuple[str, ...] = ()


def taken_marks(report: StructuredReport, places: Places, new_uid: Callable[[], str]) -> TakenMarks:
    """Return the marks of a report, locked and named as its; nothing of it is measured anew."""
    if report.root is None:
        return TakenMarks()
    positions = {item.position: item for item in walk(report.root)}
    groups = [each for each in positions.values() if each.name is not None and _is_group(each)][:_MOST_GROUPS]
    found: list[Annotation] = []
    left_out = []
    for item in groups:
        group = ReadGroup(report, item, positions)
        if (group.drawn or {}).get("kind") == STACK:
            continue  # its outlines come as marks of their own
        try:
            marks = _taken(group, places)
        except _NONSENSE:
            marks = []  # it is told as left out
        if not marks:
            left_out.append(f"{group.tracking_id}: {_reason(group)}")
        found += [replace(each, uid=new_uid()) for each in marks]
    return TakenMarks(tuple(found), tuple(left_out))


def _reason(group: ReadGroup) -> str:
    """Return why nothing of a group can be marked."""
    if group.regions(*group.children):
        return _("it lies on no image that is open")
    return _("it was measured on a segmentation") if group.is_of_segment else _("it says no place on an image")


def _is_group(item: ContentItem) -> bool:
    return item.name is not None and (item.name.value, item.name.scheme) in MEASUREMENT_GROUP


def _taken(group: ReadGroup, places: Places) -> list[Annotation]:
    everything = group.regions(*group.children)
    drawn = group.drawn
    if drawn is not None:
        with contextlib.suppress(*_NONSENSE):  # then what the report itself says counts
            own = _as_drawn(group, drawn, everything, places)
            if own is not None:
                return [own]
    axes = _axes(group)
    if axes is not None:
        lines = [group.regions(each)[0] for each in axes]
        made = _anchored(replace(group.base, kind="bidirectional"), lines, places)
        return [] if made is None else [made]
    return [*_of_numbers(group, places), *_of_group(group, places)]


# What this program wrote


def _as_drawn(
    group: ReadGroup, drawn: dict[str, Any], regions: Sequence[MarkedRegion], places: Places
) -> Annotation | None:
    """Return the mark as it was drawn; None where the report's regions say otherwise, or it lies nowhere."""
    kind = drawn.get("kind")
    anchor = _anchor_as_drawn(group, drawn, regions, places)
    if not isinstance(kind, str) or not is_known(kind) or anchor is None:
        return None
    points = tuple((float(x), float(y)) for x, y in drawn.get("points", ()))
    if len(points) < kind_of(kind).least:
        return None
    parameters = tuple(
        (str(name), value if isinstance(value, str) else float(value)) for name, value in drawn.get("parameters", ())
    )
    made = replace(
        group.base,
        kind=kind,
        anchor=anchor,
        points=points,
        parameters=parameters,
        text=str(drawn.get("text", "")),
        colour=str(drawn.get("colour", "")),
    )
    corner = places.facts_of(anchor).tile_corner if isinstance(anchor, ImageAnchor) else (0.0, 0.0)
    made = with_pixels_of(made, regions, corner)
    expected = written_group(made, places.facts_of).regions
    is_left_out = isinstance(anchor, PlaneAnchor) and not regions
    return made if points and (is_left_out or _are_same(expected, regions)) else None


def _anchor_as_drawn(
    group: ReadGroup, drawn: dict[str, Any], regions: Sequence[MarkedRegion], places: Places
) -> ImageAnchor | PlaneAnchor | None:
    plane = drawn.get("plane")
    if isinstance(plane, dict):
        return _plane_anchor(plane, group)
    image = next((each.image for each in regions if each.image is not None), None) or group.image
    return None if image is None else _image_anchor(image, places, int(drawn.get("tile", 0)))


def _plane_anchor(table: dict[str, Any], group: ReadGroup) -> PlaneAnchor:
    row, column, position = (_vector(table[name]) for name in ("row", "column", "position"))
    spacing = [float(each) for each in table["spacing"]]
    rows, columns = (int(each) for each in table["size"])
    return PlaneAnchor(
        group.study,
        str(table["series"]),
        str(table["frame_of_reference"]),
        ImagePlane(position, row, column, spacing[0], spacing[1]),
        rows,
        columns,
        float(table.get("thickness", 0.0)),
        str(table.get("projection", "")),
        is_deep=bool(table.get("is_deep", False)),
        phase=int(table.get("phase", 0)),
    )


def _vector(values: Sequence[float]) -> tuple[float, float, float]:
    x, y, z = (float(each) for each in values)
    return x, y, z


def _are_same(expected: Sequence[MarkedRegion], found: Sequence[MarkedRegion]) -> bool:
    """Return whether regions are the same, in any order, but for the precision of the file."""
    left = list(found)
    for each in expected:
        same = next((other for other in left if _is_same(each, other)), None)
        if same is None:
            return False
        left.remove(same)
    return not left


def _is_same(a: MarkedRegion, b: MarkedRegion) -> bool:
    if a.value.graphic_type != b.value.graphic_type or len(a.value.points) != len(b.value.points):
        return False
    pairs = zip(a.value.points, b.value.points, strict=True)
    return all(abs(x - y) <= _SAME for one, other in pairs for x, y in zip(one, other, strict=True))


# What others wrote


def _axes(group: ReadGroup) -> tuple[ContentItem, ContentItem] | None:
    """Return the numbers of both axes of a lesion, where each has its line."""
    found = []
    for code in (LONG_AXIS, SHORT_AXIS):
        number = next((each for each in group.numbers if each.name is not None and each.name.is_same(code)), None)
        if number is None or [len(each.value.points) for each in group.regions(number)] != [2]:
            return None
        found.append(number)
    return found[0], found[1]


def _of_numbers(group: ReadGroup, places: Places) -> Iterator[Annotation]:
    """Yield marks of numbers that have regions of their own."""
    base = group.base
    for number in group.numbers:
        for region in group.regions(number):
            reading = reading_of(number)
            yield from _marks_of(replace(base, readings=(reading,)), region, places)


def _of_group(group: ReadGroup, places: Places) -> Iterator[Annotation]:
    """Yield marks of the group's own regions, with the numbers that have none."""
    base = group.base
    alone = tuple(reading_of(each) for each in group.numbers if not group.regions(each))
    for region in group.regions(*(each for each in group.children if each not in group.numbers)):
        yield from _marks_of(replace(base, readings=alone), region, places)


def _marks_of(base: Annotation, region: MarkedRegion, places: Places) -> Iterator[Annotation]:
    """Yield the mark of a region, or one for each of its points."""
    value = region.value
    if value.graphic_type == "MULTIPOINT":
        for single in _single_points(value):
            yield from _marks_of(base, replace(region, value=single), places)
        return
    kind = _kind(value.graphic_type, value.points, base.readings)
    made = _anchored(replace(base, kind=kind), [region], places) if kind else None
    if made is not None:
        is_closed = kind == "polygon" and len(made.points) > 3 and made.points[0] == made.points[-1]
        yield replace(made, points=made.points[:-1]) if is_closed else made


def _single_points(value: RegionValue | SpaceRegionValue) -> Iterator[RegionValue | SpaceRegionValue]:
    if isinstance(value, RegionValue):
        yield from (replace(value, graphic_type="POINT", points=(point,)) for point in value.points)
    else:
        yield from (replace(value, graphic_type="POINT", points=(point,)) for point in value.points)


_LEAST = {"CIRCLE": 2, "ELLIPSE": 4, "POLYGON": 3}
_KINDS = {"CIRCLE": "circle", "ELLIPSE": "ellipse", "POLYGON": "polygon"}


def _kind(graphic_type: str, points: Sequence[Any], readings: Sequence[Reading]) -> str:
    """Return the kind of a graphic type, by what was measured along it; empty where there is none."""
    count = len(points)
    if graphic_type == "POINT":
        return ("point" if readings else "marker") if count == 1 else ""
    if graphic_type in _KINDS:
        return _KINDS[graphic_type] if count >= _LEAST[graphic_type] else ""
    if graphic_type != "POLYLINE" or count < 2:
        return ""
    if any(each.unit.ucum == "deg" for each in readings) and count in {3, 4}:
        is_cobb = any(each.code.is_same(COBB_ANGLE) for each in readings)
        return "angle" if count == 3 else "cobb" if is_cobb else "open_angle"
    if count > 3 and points[0] == points[-1]:
        return "polygon"
    return "length" if count == 2 else "polyline"


def _anchored(base: Annotation, regions: Sequence[MarkedRegion], places: Places) -> Annotation | None:
    """Return a mark with its points where its regions lie; None where that is on no open image."""
    first = regions[0]
    if isinstance(first.value, SpaceRegionValue):
        spots = [_vector(point) for each in regions for point in each.value.points]
        through = places.through(first.value.frame_of_reference_uid, spots)
        if through is None:
            return None
        anchor, plane = through
        flat = [plane.point_image(spot) for spot in spots]
        return replace(base, anchor=anchor, points=tuple((x + 0.5, y + 0.5) for x, y, _away in flat))
    anchor_found = None if first.image is None else _image_anchor(first.image, places, 0)
    points = tuple((float(point[0]), float(point[1])) for each in regions for point in each.value.points)
    if anchor_found is None or not all(math.isfinite(part) for point in points for part in point):
        return None
    return replace(base, anchor=anchor_found, points=points)


def _image_anchor(image: ReferenceValue, places: Places, tile: int) -> ImageAnchor | None:
    return places.image(image.instance.sop_instance_uid, image.frames[0] if image.frames else 0, tile)
