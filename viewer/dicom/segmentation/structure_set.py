"""Reads structure sets: regions of interest as contours in patient coordinates (PS3.3 A.19, C.8.8.5, C.8.8.6).

Contours are placed by their coordinates, not by the images they name. Those that lie on one plane combine by exclusive
or: an outline within another is a hole, and a keyhole's channel, traced twice, has no inside.
"""

import enum
import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from viewer.base.errors import DicomError, RefusedError
from viewer.base.translation import _
from viewer.dicom.codes import Code
from viewer.dicom.data_elements import element_items, element_number, element_numbers, element_text
from viewer.dicom.graphic_objects import Rgb
from viewer.dicom.segmentation.elements import codes_of, quietly, rgb_of_display_color, source_of
from viewer.dicom.segmentation.values import SourceImage

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

STRUCTURE_SET = "1.2.840.10008.5.1.4.1.1.481.3"
MAX_POINTS = 50_000_000

_REGIONS, _NUMBER, _NAME, _DESCRIPTION = 0x30060020, 0x30060022, 0x30060026, 0x30060028
_FRAME, _ALGORITHM = 0x30060024, 0x30060036
_CONTOURS_OF, _REFERENCED, _COLOR, _CONTOURS = 0x30060039, 0x30060084, 0x3006002A, 0x30060040
_GEOMETRIC_TYPE, _POINT_COUNT, _DATA, _IMAGES = 0x30060042, 0x30060046, 0x30060050, 0x30060016
_OBSERVATIONS, _INTERPRETED_TYPE, _IDENTIFICATION = 0x30060080, 0x300600A4, 0x30060086
_FRAMES, _STUDIES, _SERIES = 0x30060010, 0x30060012, 0x30060014
_FLAT_MM = 0.1
"""How far a closed contour's points may lie off their common plane."""


class ContourType(enum.StrEnum):
    """Contour Geometric Type (3006,0042)."""

    POINT = "POINT"
    OPEN_PLANAR = "OPEN_PLANAR"
    OPEN_NONPLANAR = "OPEN_NONPLANAR"
    CLOSED_PLANAR = "CLOSED_PLANAR"
    CLOSED_PLANAR_XOR = "CLOSEDPLANAR_XOR"

    @property
    def is_closed(self) -> bool:
        """Whether it has an inside."""
        return self in {ContourType.CLOSED_PLANAR, ContourType.CLOSED_PLANAR_XOR}


@dataclass(frozen=True, slots=True, eq=False)
class Contour:
    """One contour.

    Attributes:
        points: (n, 3), in mm of the patient.
        images: Those it was drawn on, as stated.
    """

    type: ContourType
    points: NDArray[np.float64]
    images: tuple[SourceImage, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class RegionOfInterest:
    """A region of a structure set.

    Attributes:
        interpreted_type: What it is for planning: ORGAN, PTV, EXTERNAL…; empty when not stated.
        codes: That identify it.
    """

    number: int
    name: str
    description: str = ""
    frame_of_reference_uid: str = ""
    algorithm: str = ""
    interpreted_type: str = ""
    codes: tuple[Code, ...] = ()
    rgb: Rgb | None = None
    contours: tuple[Contour, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class StructureSet:
    """What a structure set says.

    Attributes:
        regions: In their order.
        problems: What of it is not used and why, translated.
    """

    sop_instance_uid: str
    series_instance_uid: str
    study_instance_uid: str
    label: str
    name: str
    created: str
    regions: tuple[RegionOfInterest, ...]
    sources: tuple[SourceImage, ...] = ()
    referenced_series: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


@quietly()
def read_structure_set(data_set: "Dataset") -> StructureSet:
    """Return what a structure set says.

    Raises:
        DicomError: It is none, or its regions cannot be told apart.
        RefusedError: It holds more points than any honest one.
    """
    if element_text(data_set, 0x00080016) != STRUCTURE_SET:
        raise DicomError(_("This object is no structure set"))
    problems: list[str] = []
    frames = list(element_items(data_set, _FRAMES))
    contours = _contours(data_set, problems)
    observed = {_referenced(item): item for item in element_items(data_set, _OBSERVATIONS)}
    regions: dict[int, RegionOfInterest] = {}
    default_frame = element_text(frames[0], 0x00200052) if frames else element_text(data_set, 0x00200052)
    for item in element_items(data_set, _REGIONS):
        region = _region(item, observed, contours, default_frame)
        if region.number in regions:
            raise DicomError(_("Two regions have the number {0}").format(region.number))
        regions[region.number] = region
    stray = sorted(contours.keys() - regions.keys())
    problems += [_("Contours of region {0} are left out: it is not described").format(number) for number in stray]
    sources, series = _images(frames, regions.values())
    return StructureSet(
        element_text(data_set, 0x00080018),
        element_text(data_set, 0x0020000E),
        element_text(data_set, 0x0020000D),
        element_text(data_set, 0x30060002),
        element_text(data_set, 0x30060004),
        element_text(data_set, 0x30060008) + element_text(data_set, 0x30060009),
        tuple(regions.values()),
        sources,
        series,
        tuple(problems),
    )


def _referenced(item: "Dataset") -> int:
    return int(element_number(item, _REFERENCED) or 0)


def _region(
    item: "Dataset",
    observed: "dict[int, Dataset]",
    contours: dict[int, tuple[Rgb | None, tuple[Contour, ...]]],
    default_frame: str,
) -> RegionOfInterest:
    number = int(element_number(item, _NUMBER) or 0)
    observation = observed.get(number)
    rgb, drawn = contours.get(number, (None, ()))
    return RegionOfInterest(
        number,
        element_text(item, _NAME) or str(number),
        element_text(item, _DESCRIPTION),
        element_text(item, _FRAME) or default_frame,
        element_text(item, _ALGORITHM),
        element_text(observation, _INTERPRETED_TYPE) if observation is not None else "",
        codes_of(observation, _IDENTIFICATION) if observation is not None else (),
        rgb,
        drawn,
    )


def _contours(data_set: "Dataset", problems: list[str]) -> dict[int, tuple[Rgb | None, tuple[Contour, ...]]]:
    found: dict[int, tuple[Rgb | None, tuple[Contour, ...]]] = {}
    budget = MAX_POINTS
    for item in element_items(data_set, _CONTOURS_OF):
        number = _referenced(item)
        held = list(found[number][1]) if number in found else []
        for place, contour_item in enumerate(element_items(item, _CONTOURS), start=1):
            try:
                contour = _contour(contour_item)
            except DicomError as error:
                problems.append(_("Contour {0} of region {1} is left out: {2}").format(place, number, error))
                continue
            budget -= len(contour.points)
            if budget < 0:
                raise RefusedError(_("The structure set holds more points than this viewer accepts"))
            held.append(contour)
        found[number] = (rgb_of_display_color(element_numbers(item, _COLOR)), tuple(held))
    return found


def _contour(item: "Dataset") -> Contour:
    stated = element_text(item, _GEOMETRIC_TYPE).upper()
    try:
        kind = ContourType(stated)
    except ValueError:
        raise DicomError(_("its type {0} is unknown").format(stated or "–")) from None
    numbers = element_numbers(item, _DATA)
    count = element_number(item, _POINT_COUNT)
    if not numbers or len(numbers) % 3:
        raise DicomError(_("its points are not triplets of numbers"))
    points = np.array(numbers).reshape(-1, 3)
    if count is not None and int(count) != len(points):
        raise DicomError(_("it has {0} points and states {1}").format(len(points), int(count)))
    images = tuple(source for each in element_items(item, _IMAGES) if (source := source_of(each)) is not None)
    if kind.is_closed and len(points) < 3:
        raise DicomError(_("a closed contour needs three points"))
    if kind.is_closed and flatness_mm(points) > _FLAT_MM:
        raise DicomError(_("its points do not lie on one plane"))
    points.flags.writeable = False
    return Contour(kind, points, images)


def _images(
    frames: "list[Dataset]", regions: Iterable[RegionOfInterest]
) -> tuple[tuple[SourceImage, ...], tuple[str, ...]]:
    found: dict[str, SourceImage] = {}
    series: dict[str, None] = {}
    for study in itertools.chain.from_iterable(element_items(frame, _STUDIES) for frame in frames):
        for item in element_items(study, _SERIES):
            series[element_text(item, 0x0020000E)] = None
            for image in element_items(item, _IMAGES):
                if (source := source_of(image)) is not None:
                    found.setdefault(source.sop_instance_uid, source)
    for region in regions:
        for source in itertools.chain.from_iterable(contour.images for contour in region.contours):
            found.setdefault(source.sop_instance_uid, source)
    return tuple(found.values()), tuple(uid for uid in series if uid)


def plane_normal(points: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Return the unit normal of a closed contour by its area vector; None for one without area."""
    rolled = np.roll(points, -1, axis=0)
    area = np.cross(points - points[0], rolled - points[0]).sum(axis=0)
    length = float(np.linalg.norm(area))
    if length < 1e-9:
        return None
    # The sign says which way round it was drawn, which means nothing: normals look along their largest part.
    largest = area[int(np.argmax(np.abs(area)))]
    return np.asarray(area / math.copysign(length, float(largest)))


def flatness_mm(points: NDArray[np.float64]) -> float:
    """Return how far points lie off the plane of their contour; 0 for one without area."""
    normal = plane_normal(points)
    if normal is None:
        return 0.0
    away = (points - points.mean(axis=0)) @ normal
    return float(np.abs(away).max())
