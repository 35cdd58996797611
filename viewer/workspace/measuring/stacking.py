"""The volume of regions drawn over slices: each area times the thickness its slice stands for, along the normal.

A slice stands for the space up to half-way to its neighbours in the series, at the ends as far outwards as inwards:
with slices equally far apart that is their distance. Where slices of the series are missing it reaches no farther than
half the usual distance. Slices between the first and the last region that bear none count for nothing, and are told.
"""

import itertools
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from viewer.base.translation import N_, _
from viewer.dicom.image_plane import ImagePlane, dot
from viewer.measurement.annotation import Annotation, ImageAnchor
from viewer.measurement.kinds.region_kind import AREA
from viewer.measurement.kinds.stacked_volume import volume_code
from viewer.measurement.reading import CUBIC_MILLIMETER, SQUARE_MILLIMETER, Reading
from viewer.measurement.scales import refused
from viewer.workspace.workspace import Workspace

_SAME_MM = 1e-3
_PARALLEL = 1 - 1e-4
_GAP = 1.5
"""Times the usual distance: then a slice of the series is missing."""
_UNEVEN = 0.01
_TITLE = N_("Volume")


@dataclass(frozen=True, slots=True)
class StackGap:
    """Where slices of the series bear no region though ones on both sides do, or are missing themselves.

    Attributes:
        after_mm: Position along the normal of the last region before it.
        width_mm: From there to the next region.
        undrawn: Slices of the series in between.
        missing: Slices that the series itself lacks there, by the usual distance.
    """

    after_mm: float
    width_mm: float
    undrawn: int
    missing: int


@dataclass(frozen=True, slots=True)
class StackVolume:
    """What regions over slices come to.

    Attributes:
        slices: How many bear a region.
        regions: How many regions there are; more than slices where some bear several.
        spacing_mm: The usual distance of slices.
        is_uneven: Whether distances differ by more than 1 %.
        source: Of the areas' scale.
    """

    volume_mm3: float
    slices: int
    regions: int
    spacing_mm: float
    gaps: tuple[StackGap, ...] = ()
    is_uneven: bool = False
    source: str = ""

    @property
    def caution(self) -> str:
        """What must be said beside the volume, translated; empty for nothing."""
        undrawn, missing = sum(gap.undrawn for gap in self.gaps), sum(gap.missing for gap in self.gaps)
        told = []
        if undrawn:
            told.append(_("Slices between without a region: {0}, counted as nothing").format(undrawn))
        if missing:
            told.append(_("Slices missing in the series: {0}, counted as nothing").format(missing))
        if self.is_uneven:
            told.append(_("The slices are not equally far apart"))
        if self.regions > self.slices:
            told.append(_("Several regions on one slice were added up"))
        return "; ".join(told)

    @property
    def readings(self) -> tuple[Reading, ...]:
        """The volume as a reading."""
        code = volume_code(self.slices)
        return (Reading(code, _TITLE, self.volume_mm3, CUBIC_MILLIMETER, self.source, caution=self.caution),)


def stack_volume(
    regions: Iterable[tuple[ImagePlane, float]], planes: Iterable[ImagePlane], source: str = ""
) -> StackVolume | str:
    """Return the volume of regions over slices; or why there is none, translated.

    Args:
        regions: The plane and the area in mm² of each.
        planes: Of all slices of the series, in any order; slices at the same place count once.
        source: Where the areas' scale comes from.
    """
    drawn, slices = list(regions), list(planes)
    if not drawn:
        return _("There is no region on any slice")
    normal = drawn[0][0].normal
    if any(abs(dot(plane.normal, normal)) < _PARALLEL for plane in (*slices, *(plane for plane, _area in drawn))):
        return _("The slices are not parallel")
    areas: dict[float, float] = {}
    places = _distinct([dot(plane.position, normal) for plane in (*slices, *(plane for plane, _area in drawn))])
    for plane, area in drawn:
        place = min(places, key=lambda at: abs(at - dot(plane.position, normal)))
        areas[place] = areas.get(place, 0.0) + area
    if len(places) < 2:
        return _("The distance of slices is not known: there is only one")
    steps = [after - before for before, after in itertools.pairwise(places)]
    usual = statistics.median(steps)
    volume = sum(area * _thickness(places, places.index(place), usual) for place, area in areas.items())
    is_uneven = any(abs(step - usual) > max(_SAME_MM, _UNEVEN * usual) for step in steps)
    return StackVolume(volume, len(areas), len(drawn), usual, _gaps(places, sorted(areas), usual), is_uneven, source)


def stack_readings(
    annotations: Sequence[Annotation],
    plane_of: Callable[[Annotation], ImagePlane | None],
    planes: Iterable[ImagePlane],
) -> tuple[Reading, ...]:
    """Return the volume of annotations that were measured on their slices, or its refusal.

    Args:
        annotations: Regions of one stack, with their areas among their readings.
        plane_of: Where one lies; None where that is not known.
        planes: Of all slices of the series.
    """
    regions, sources = [], set()
    for annotation in annotations:
        plane = plane_of(annotation)
        area = next((each for each in annotation.readings if each.code.is_same(AREA)), None)
        if plane is None:
            return (_refused(len(annotations), _("It is not known where a region lies in the patient")),)
        if area is None or area.value is None or area.unit != SQUARE_MILLIMETER:
            reason = area.refusal if area is not None else ""
            return (_refused(len(annotations), reason or _("An area is not known in mm²")),)
        regions.append((plane, area.value))
        sources.add(area.source)
    found = stack_volume(regions, planes, " · ".join(sorted(sources)))
    return (_refused(len(annotations), found),) if isinstance(found, str) else found.readings


def stack_of(annotation: Annotation, annotations: Iterable[Annotation]) -> tuple[Annotation, ...]:
    """Return those that are one stack with an annotation, itself among them: of its kind, series and group."""

    def key(each: Annotation) -> tuple[str, str, str]:
        return each.kind, each.anchor.series_instance_uid, each.group

    return tuple(each for each in annotations if key(each) == key(annotation))


def stack_readings_at(workspace: Workspace, cell: int, annotation: Annotation) -> tuple[Reading, ...]:
    """Return the volume of the stack that an annotation belongs to, on the slices that a cell shows."""
    from viewer.workspace.image_places import place_at

    display_set = workspace.display_set_at(cell)
    images = () if display_set is None else display_set.images
    places = {}
    for index, image in enumerate(images):
        place = place_at(workspace, cell, index)
        frame = (1, image.frame_index + 1) if image.is_tile else (image.frame_index + 1, 0)
        if place is not None:
            places[(image.header.sop_instance_uid, *frame)] = place.plane

    def plane_of(each: Annotation) -> ImagePlane | None:
        anchor = each.anchor
        if isinstance(anchor, ImageAnchor):
            return places.get((anchor.sop_instance_uid, anchor.frame_number, anchor.tile))
        return anchor.plane

    stack = stack_of(annotation, workspace.shared.annotations.of_study(annotation.anchor.study_instance_uid))
    # Outlines on planes through a volume are as far apart as they were drawn, whatever its slices are.
    is_on_slices = any(isinstance(each.anchor, ImageAnchor) for each in stack)
    return stack_readings(stack, plane_of, places.values() if is_on_slices else ())


def _refused(slices: int, reason: str) -> Reading:
    return refused(volume_code(slices), _TITLE, reason)


def _distinct(places: list[float]) -> list[float]:
    """Return positions in ascending order, those nearer than 1/1000 mm as one."""
    kept: list[float] = []
    for place in sorted(places):
        if not kept or place - kept[-1] > _SAME_MM:
            kept.append(place)
    return kept


def _thickness(places: list[float], at: int, usual: float) -> float:
    """Return what a slice stands for along the normal."""

    def half(step: float) -> float:
        return (usual if step > _GAP * usual else step) / 2

    before = places[at] - places[at - 1] if at else places[at + 1] - places[at]
    after = places[at + 1] - places[at] if at + 1 < len(places) else places[at] - places[at - 1]
    return half(before) + half(after)


def _gaps(places: list[float], drawn: list[float], usual: float) -> tuple[StackGap, ...]:
    found = []
    for before, after in itertools.pairwise(drawn):
        inside = [place for place in places if before <= place <= after]
        steps = [high - low for low, high in itertools.pairwise(inside)]
        missing = sum(round(step / usual) - 1 for step in steps if step > _GAP * usual)
        if len(inside) > 2 or missing:
            found.append(StackGap(before, after - before, len(inside) - 2, missing))
    return tuple(found)
