"""Where a report points: regions with the images that they lie on, ready to be drawn (PS3.3 C.18.6, C.18.9)."""

from dataclasses import dataclass

from viewer.dicom.graphic_objects import GraphicObject, GraphicType, Point
from viewer.dicom.structured_report.tree import resolved, walk
from viewer.dicom.structured_report.values import (
    ContentItem,
    Position,
    ReferenceValue,
    RegionValue,
    Relationship,
    SpaceRegionValue,
)

_POINTING = frozenset({Relationship.SELECTED_FROM, Relationship.INFERRED_FROM})
_MOST_TARGETS = 500


@dataclass(frozen=True, slots=True)
class ReportRegion:
    """A region of a report.

    Attributes:
        position: Of the SCOORD or SCOORD3D item.
        title: What it is called.
        images: What it was selected from; none for one that lies in a frame of reference.
    """

    position: Position
    title: str
    value: RegionValue | SpaceRegionValue
    images: tuple[ReferenceValue, ...] = ()


@dataclass(frozen=True, slots=True)
class Target:
    """What there is to be seen of an item.

    Attributes:
        images: Images that it names itself, without a region.
        regions: Regions that it is, or that it was found in.
    """

    images: tuple[ReferenceValue, ...] = ()
    regions: tuple[ReportRegion, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.images or self.regions)


def region_of(item: ContentItem, positions: dict[Position, ContentItem]) -> ReportRegion | None:
    """Return the region that an item is; None when it is none."""
    if not isinstance(item.value, RegionValue | SpaceRegionValue):
        return None
    sources = [child for child in item.children if child.relationship in {*_POINTING, Relationship.CONTAINS}]
    images = tuple(source.value for source in resolved(sources, positions) if isinstance(source.value, ReferenceValue))
    return ReportRegion(item.position, item.title, item.value, images)


def regions_of(root: ContentItem) -> tuple[ReportRegion, ...]:
    """Return every region of a report in its order."""
    positions = {item.position: item for item in walk(root)}
    found = (region_of(item, positions) for item in walk(root))
    return tuple(region for region in found if region is not None)


def target_of(item: ContentItem, positions: dict[Position, ContentItem]) -> Target:
    """Return what there is to be seen of an item: itself, or what is below it and what that points at.

    Items by reference are followed, each once; what they point at in turn is looked at only along "inferred from" and
    "selected from".
    """
    images: list[ReferenceValue] = []
    regions: list[ReportRegion] = []
    seen: set[Position] = set()
    waiting = [item]
    while waiting and len(images) + len(regions) < _MOST_TARGETS:
        each = waiting.pop()
        if each.position in seen:
            continue
        seen.add(each.position)
        region = region_of(each, positions)
        if region is not None:
            regions.append(region)
        elif isinstance(each.value, ReferenceValue):
            images.append(each.value)
        else:
            waiting += [child for child in each.children if child.reference is None][::-1]
            pointers = [child for child in each.children if child.reference and child.relationship in _POINTING]
            waiting += list(resolved(pointers, positions))[::-1]
    return Target(tuple(images), tuple(regions))


def graphics_of(region: RegionValue) -> tuple[GraphicObject, ...]:
    """Return a region of an image as graphics; none for one of a kind that is not known or that lacks points."""
    return shape_graphics(region.graphic_type, region.points)


def shape_graphics(graphic_type: str, points: tuple[Point, ...]) -> tuple[GraphicObject, ...]:
    """Return a Graphic Type (0070,0023) of a report with points of an image as graphics."""
    if graphic_type in {"POINT", "MULTIPOINT"}:
        return tuple(GraphicObject(GraphicType.POINT, (point,)) for point in points)
    least = {"POLYLINE": 2, "CIRCLE": 2, "ELLIPSE": 4, "POLYGON": 3}.get(graphic_type)
    if least is None or len(points) < least:
        return ()
    if graphic_type == "CIRCLE":
        return (GraphicObject(GraphicType.CIRCLE, points[:2]),)
    if graphic_type == "ELLIPSE":
        return (GraphicObject(GraphicType.ELLIPSE, points[:4]),)
    closed = (*points, points[0]) if graphic_type == "POLYGON" and points[0] != points[-1] else points
    return (GraphicObject(GraphicType.POLYLINE, closed),)
