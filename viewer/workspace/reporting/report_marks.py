"""What of reports lies over one image: regions that a reader went to, marks of computer-aided detection.

Never a guess: a region is drawn on the image and frame that it names, or, in space, on slices of the same frame of
reference that it lies on.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from viewer.base.errors import ViewerError
from viewer.base.translation import _
from viewer.dicom.graphic_objects import GraphicLayer, GraphicObject, GraphicStyle, Point, Rgb, TextObject
from viewer.dicom.instance_header import InstanceHeader
from viewer.imaging.image_ref import ImageRef
from viewer.workspace.cross_reference import PlacedImage, placed_point
from viewer.workspace.image_places import frame_of, place_of_header
from viewer.workspace.reporting.report_book import Highlight, ReportBook
from viewer.workspace.study_nodes import Study

if TYPE_CHECKING:
    from viewer.dicom.structured_report.regions import ReportRegion
    from viewer.dicom.structured_report.templates.cad import CadFinding
    from viewer.dicom.structured_report.values import ReferenceValue

HIGHLIGHT_RGB: Rgb = (255, 176, 59)
CAD_RGB: Rgb = (116, 214, 255)
_LABEL = 28
"""Characters of a label; the report has the rest."""
_SLICE_THICKNESS = 0x00180050
NEAR_MM = 0.5
"""How far a region in space may lie from a slice whose thickness is not stated."""


@dataclass(frozen=True, slots=True)
class MarkGround:
    """What marks may lie on.

    Attributes:
        image: The image; None for a plane through a volume, which is no image that a report names.
        place: Where it lies in the patient; None when it is not known.
        reach_mm: How far from it a region in space may lie.
    """

    image: ImageRef | None
    place: PlacedImage | None
    reach_mm: float = NEAR_MM


def ground_of_image(image: ImageRef, place: PlacedImage | None = None) -> MarkGround:
    """Return an image to draw on; place tells where it lies where its header does not."""
    return MarkGround(image, place_of_header(image) or place, _half_thickness(image.header))


def layers_over(book: ReportBook, study: Study | None, ground: MarkGround) -> tuple[GraphicLayer, ...]:
    """Return what is drawn over an image or plane; none for most."""
    layers = []
    if book.highlight is not None:
        layers.append(_highlight_layer(book.highlight, ground))
    if study is not None:
        for held in book.cad_reports(study):
            if held.read is not None and held.read.cad is not None:
                layers += [_cad_layer(finding, ground) for finding in held.read.cad.findings if finding.intent.is_shown]
    return tuple(layer for layer in layers if layer.graphics)


def _highlight_layer(highlight: Highlight, ground: MarkGround) -> GraphicLayer:
    graphics = tuple(each for region in highlight.regions for each in graphics_on(region, ground))
    texts = tuple(_label(highlight.title, graphics))
    return GraphicLayer("report", 2, rgb=HIGHLIGHT_RGB, graphics=graphics, texts=texts)


def _cad_layer(finding: "CadFinding", ground: MarkGround) -> GraphicLayer:
    from viewer.dicom.structured_report.templates.cad import RenderingIntent

    style = GraphicStyle(is_dashed=finding.intent is not RenderingIntent.REQUIRED)
    drawn = [each for region in finding.regions for each in graphics_on(region, ground)]
    graphics = tuple(replace(each, style=style) for each in drawn)
    texts = tuple(_label(_("CAD: {0}").format(finding.title), graphics))
    return GraphicLayer("cad", 1, rgb=CAD_RGB, graphics=graphics, texts=texts)


def _label(title: str, graphics: tuple[GraphicObject, ...]) -> Iterator[TextObject]:
    points = [point for each in graphics for point in each.points]
    if points and title:
        right = max(points, key=lambda point: point[0])
        yield TextObject(title if len(title) <= _LABEL else title[: _LABEL - 1] + "…", anchor=right)


def graphics_on(region: "ReportRegion", ground: MarkGround) -> tuple[GraphicObject, ...]:
    """Return a region as it lies on an image or plane; none where it does not."""
    from viewer.dicom.structured_report.regions import graphics_of, shape_graphics
    from viewer.dicom.structured_report.values import RegionValue

    value, image, place = region.value, ground.image, ground.place
    if isinstance(value, RegionValue):
        if image is None or value.is_of_volume:
            return ()
        return _on_tile(graphics_of(value), image) if any(is_of_image(named, image) for named in region.images) else ()
    if place is None or not place.frame_uid or place.frame_uid != value.frame_of_reference_uid:
        return ()
    feet = [_foot(point, place, ground.reach_mm) for point in value.points]
    points = tuple(foot for foot in feet if foot is not None)
    if value.graphic_type != "MULTIPOINT" and len(points) < len(feet):
        return ()
    # A flat ellipse has the ends of its axes as points in space as on its plane.
    return shape_graphics(value.graphic_type, points)


def _on_tile(graphics: tuple[GraphicObject, ...], image: ImageRef) -> tuple[GraphicObject, ...]:
    """Return graphics of an image; of a mosaic, whose points count in the whole of it, those that lie in the tile."""
    if not image.is_tile or not graphics:
        return graphics
    from viewer.imaging.mosaic_frames import mosaic_of

    try:
        mosaic = mosaic_of(image.header)
    except ViewerError:  # told where it is shown
        return ()
    top, left = mosaic.tile_origin(image.frame_index)
    moved = (replace(each, points=tuple((x - left, y - top) for x, y in each.points)) for each in graphics)
    return tuple(
        each
        for each in moved
        if all(0 <= x <= mosaic.tile_columns and 0 <= y <= mosaic.tile_rows for x, y in each.points)
    )


def _foot(point: tuple[float, float, float], place: PlacedImage, reach_mm: float) -> Point | None:
    """Return where a point of the patient lies on a slice; None where it is too far from it."""
    found = placed_point(point, place)
    return found.point_image if found is not None and abs(found.distance_mm) <= reach_mm else None


def _half_thickness(header: InstanceHeader) -> float:
    try:
        thickness = float(header.ascii(_SLICE_THICKNESS))
    except ValueError:
        return NEAR_MM
    return max(thickness / 2, NEAR_MM) if thickness > 0 else NEAR_MM


def is_of_image(named: "ReferenceValue", image: ImageRef) -> bool:
    """Whether a reference means an image: the instance, and the frame where it names frames."""
    if named.instance.sop_instance_uid != image.header.sop_instance_uid:
        return False
    return not named.frames or image.is_tile or image.frame_index + 1 in named.frames


def lies_in_frame(region: "ReportRegion", image: ImageRef) -> bool:
    """Whether a region in space and an image have the same frame of reference."""
    from viewer.dicom.structured_report.values import SpaceRegionValue

    value = region.value
    return (
        isinstance(value, SpaceRegionValue)
        and bool(frame_of(image))
        and (value.frame_of_reference_uid == frame_of(image))
    )
