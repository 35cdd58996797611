"""Thousands of made-up images with known answers: every number is within 0.1 % of the formula's, or refused.

The truth is numpy's, from the attributes as they were put into the image: positions in the patient where it has them,
else the Standard's definitions of what the attributes mean.
"""

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.sequence import Sequence as Items

from tests.unit.measurement.measured_images import SIDE, ground_on, image, item, main, us_region
from viewer.dicom.pixel_spacing import SpacingSource
from viewer.measurement.ground import Ground

CASES = 300
"""Of each family; there are nine."""
TOLERANCE = 1e-3

Point = tuple[float, float]
Points = tuple[Point, ...]
Random = np.random.Generator


@dataclass(frozen=True)
class Case:
    """A measurement and what it must come to.

    Attributes:
        expected: None where it must be refused, with words.
        unit: UCUM.
        source: What is written beside it; None for anything.
        told: A word of the refusal, or of the cautions where there is a value.
    """

    kind: str
    points: Points
    ground: Ground
    expected: float | None
    unit: str = "mm"
    source: SpacingSource | None = None
    told: str = ""


def some_points(random: Random, count: int, low: float = 0.0, high: float = SIDE) -> Points:
    """Return points that are no hair's breadth from each other."""
    while True:
        found = random.uniform(low, high, (count, 2))
        if min(np.hypot(*(a - b)) for a, b in itertools.combinations(found, 2)) > 2:
            return tuple((float(x), float(y)) for x, y in found)


def convex(random: Random) -> Points:
    """Return the corners of a convex polygon around the middle."""
    turns = np.sort(random.uniform(0, 2 * math.pi, 7))
    size = random.uniform(20, 200, 2)
    return tuple((float(256 + size[0] * math.cos(turn)), float(256 + size[1] * math.sin(turn))) for turn in turns)


Place = Callable[[Point], NDArray[np.float64]]


def truth(kind: str, points: Points, place: Place) -> tuple[float, str]:
    """Return a number and its unit: from places in mm, in the plane or in the patient."""
    at = [np.append(found, 0.0) if (found := place(point)).size == 2 else found for point in points]
    if kind == "length":
        return float(np.linalg.norm(at[1] - at[0])), "mm"
    if kind == "polyline":
        return float(sum(np.linalg.norm(b - a) for a, b in itertools.pairwise(at))), "mm"
    if kind == "angle":
        return between(at[0] - at[1], at[2] - at[1]), "deg"
    if kind == "open_angle":
        return between(at[1] - at[0], at[3] - at[2]), "deg"
    if kind == "perpendicular_distance":
        way = (at[1] - at[0]) / np.linalg.norm(at[1] - at[0])
        off = at[2] - at[0]
        return float(np.linalg.norm(off - (off @ way) * way)), "mm"
    if kind in {"polygon", "freehand"}:
        corners = np.array(at) - at[0]
        return float(
            np.linalg.norm(sum(np.cross(a, b) for a, b in itertools.pairwise([*corners, corners[0]])))
        ) / 2, "mm2"
    if kind == "circle":
        return math.pi * float(np.linalg.norm(at[1] - at[0])) ** 2, "mm2"
    (x, y), (u, v) = points
    across, down = np.linalg.norm(place((u, y)) - place((x, y))), np.linalg.norm(place((x, v)) - place((x, y)))
    return float(across * down) * (math.pi / 4 if kind == "ellipse" else 1.0), "mm2"


def between(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Return an angle by its chord, which is another formula than the program's."""
    one, other = a / np.linalg.norm(a), b / np.linalg.norm(b)
    return math.degrees(2 * math.asin(min(1.0, float(np.linalg.norm(one - other)) / 2)))


KINDS = {
    "length": 2,
    "polyline": 5,
    "angle": 3,
    "open_angle": 4,
    "perpendicular_distance": 3,
    "polygon": 0,
    "freehand": 0,
    "circle": 2,
    "ellipse": 2,
    "rectangle": 2,
}


def points_for(kind: str, random: Random, low: float = 0.0, high: float = SIDE) -> Points:
    return some_points(random, KINDS[kind], low, high) if KINDS[kind] else convex(random)


def in_plane(row_mm: float, column_mm: float) -> Place:
    return lambda point: np.array([point[0] * column_mm, point[1] * row_mm])


def case(kind: str, points: Points, ground: Ground, place: Place, source: SpacingSource | None = None) -> Case:
    expected, unit = truth(kind, points, place)
    return Case(kind, points, ground, expected, unit, source)


def some_spacing(random: Random) -> tuple[float, float]:
    """Return rows and columns in mm with as many digits as a decimal string holds; often not square."""
    row, column = np.exp(random.uniform(math.log(0.02), math.log(8.0), 2))
    if random.random() < 0.3:
        column = row
    return float(f"{row:.8g}"), float(f"{column:.8g}")


def rotation(random: Random) -> NDArray[np.float64]:
    """Return orthonormal directions of rows and columns: any, or the patient's axes in any order and sense."""
    if random.random() < 0.5:
        axes = np.eye(3)[random.permutation(3)] * random.choice([-1.0, 1.0], 3)[:, None]
        return np.asarray(axes[:2])
    found, _rest = np.linalg.qr(random.normal(size=(3, 3)))
    return np.asarray(found.T[:2])


def families() -> dict[str, Callable[[Random, str], Case]]:
    return {
        "planes in the patient": planes,
        "projections": projections,
        "magnification": magnification,
        "broken spacings": broken,
        "frames of their own": frames,
        "ultrasound regions": ultrasound,
        "spectra and motion": spectra,
        "portal images": portal,
        "pixels only": pixels_only,
    }


def planes(random: Random, kind: str) -> Case:
    """Oblique, swapped and square-on planes: Pixel Spacing's first value goes down, its second across (10.7.1.3)."""
    row_mm, column_mm = some_spacing(random)
    directions, origin = rotation(random), random.uniform(-300, 300, 3)
    ground = ground_on(
        image(
            str(random.choice(["CT", "MR", "PT"])),
            PixelSpacing=[row_mm, column_mm],
            ImagePositionPatient=[float(f"{part:.6f}") for part in origin],
            ImageOrientationPatient=[float(f"{part:.9f}") for part in directions.ravel()],
        )
    )

    def place(point: Point) -> NDArray[np.float64]:
        i, j = point[0] - 0.5, point[1] - 0.5
        return np.asarray(origin + directions[0] * column_mm * i + directions[1] * row_mm * j)

    return case(kind, points_for(kind, random), ground, place, SpacingSource.PATIENT)


def projections(random: Random, kind: str) -> Case:
    """Which of two spacings holds, and what it is called."""
    stated, imager = some_spacing(random), some_spacing(random)
    modality = str(random.choice(["DX", "CR", "RG", "PX", "IO"]))
    elements: dict[str, object] = {}
    choice = int(random.integers(6))
    if choice != 1:
        elements["PixelSpacing"] = list(stated)
    if choice in {0, 1, 2, 3}:
        elements["ImagerPixelSpacing"] = list(stated if choice == 2 else imager)
    if choice in {3, 4}:
        elements["PixelSpacingCalibrationType"] = "GEOMETRY" if choice == 3 else "FIDUCIAL"
    spacing, source = {
        0: (stated, SpacingSource.CALIBRATED),
        1: (imager, SpacingSource.DETECTOR),
        2: (stated, SpacingSource.DETECTOR),
        3: (stated, SpacingSource.GEOMETRY),
        4: (stated, SpacingSource.FIDUCIAL),
        5: (stated, SpacingSource.UNCERTAIN),
    }[choice]
    ground = ground_on(image(modality, **elements))
    return case(kind, points_for(kind, random), ground, in_plane(*spacing), source)


def magnification(random: Random, kind: str) -> Case:
    """Imager Pixel Spacing over the factor, stated or SID over SOD; a factor that cannot be is not believed."""
    imager, factor = some_spacing(random), float(random.uniform(1.0, 3.0))
    source_detector = float(random.uniform(500, 1500))
    modality = str(random.choice(["MG", "XA", "RF"]))
    choice = int(random.integers(6))
    elements: dict[str, object] = {"ImagerPixelSpacing": list(imager)}
    source = SpacingSource.ESTIMATED
    if choice == 0:
        elements["EstimatedRadiographicMagnificationFactor"] = factor
    elif choice == 1:
        elements |= {"DistanceSourceToDetector": source_detector, "DistanceSourceToPatient": source_detector / factor}
    elif choice == 2:
        factor, source = 1.0, SpacingSource.DETECTOR
        elements["EstimatedRadiographicMagnificationFactor"] = float(random.choice([0.0, -1.5, 0.5, 50.0]))
    elif choice == 3:  # the patient behind the detector
        factor, source = 1.0, SpacingSource.DETECTOR
        elements |= {"DistanceSourceToDetector": source_detector, "DistanceSourceToPatient": source_detector * 1.5}
    elif choice == 4:  # Enhanced XA: its X-Ray Geometry is of the frame
        source = SpacingSource.ISOCENTER
        geometry = item(DistanceSourceToDetector=source_detector, DistanceSourceToIsocenter=source_detector / factor)
        elements["PerFrameFunctionalGroupsSequence"] = item(XRayGeometrySequence=geometry)
    else:
        center = [imager[0] / factor, imager[1] / factor]
        ground = ground_on(image("XA", **enhanced_xray(imager, center)))
        return case(kind, points_for(kind, random), ground, in_plane(*center), SpacingSource.ISOCENTER)
    elements = {key: f"{value:.10g}" if isinstance(value, float) else value for key, value in elements.items()}
    ground = ground_on(image(modality, **elements))
    return case(kind, points_for(kind, random), ground, in_plane(imager[0] / factor, imager[1] / factor), source)


def enhanced_xray(imager: tuple[float, float], center: list[float]) -> dict[str, object]:
    """Return functional groups of one frame: Frame Pixel Data Properties and Projection Pixel Calibration."""
    properties = item(ImagerPixelSpacing=[f"{part:.10g}" for part in imager])
    calibration = item(ObjectPixelSpacingInCenterOfBeam=center)
    groups = item(FramePixelDataPropertiesSequence=properties, ProjectionPixelCalibrationSequence=calibration)
    return {"PerFrameFunctionalGroupsSequence": groups}


BROKEN = ([0.0, 0.5], [0.5, 0.0], [-0.5, 0.5], [0.5, -0.5], [1e-9, 0.5], [0.5], [0.5, 0.5, 0.5], [1e6, 1.0])


def broken(random: Random, kind: str) -> Case:
    """Never mm of a spacing that is none: pixels and the reason, or a refusal where the shape of a pixel counts."""
    modality = str(random.choice(["CT", "MR", "DX", "CR", "XA", "MG"]))
    data_set = image(modality)
    keyword = "PixelSpacing" if modality in {"CT", "MR"} else str(random.choice(["PixelSpacing", "ImagerPixelSpacing"]))
    choice = int(random.integers(len(BROKEN) + 2))
    if choice < len(BROKEN):
        setattr(data_set, keyword, BROKEN[choice])
    else:  # what no decimal string is, as it may lie in a file
        add_raw(data_set, keyword, (b"NaN\\NaN ", b"0.5\\abc ")[choice - len(BROKEN)])
    points, ground = points_for(kind, random), ground_on(data_set)
    if kind in {"angle", "open_angle"}:
        return Case(kind, points, ground, None, told="pacing")
    expected, unit = truth(kind, points, in_plane(1.0, 1.0))
    if kind == "circle":  # round on screen, as nothing is known
        expected = math.pi * math.hypot(points[1][0] - points[0][0], points[1][1] - points[0][1]) ** 2
    return Case(kind, points, ground, expected, {"mm": "{pixels}", "mm2": "{pixels}2"}[unit], told="pacing")


def add_raw(data_set: Dataset, keyword: str, octets: bytes) -> None:
    from pydicom.datadict import tag_for_keyword
    from pydicom.dataelem import RawDataElement
    from pydicom.tag import Tag

    tag = tag_for_keyword(keyword)
    assert tag is not None
    raw = RawDataElement(Tag(tag), "DS", len(octets), octets, 0, is_implicit_VR=False, is_little_endian=True)
    data_set._dict[Tag(tag)] = raw


def frames(random: Random, kind: str) -> Case:
    """Each frame of an enhanced object has its own Pixel Measures, or the shared ones."""
    count = int(random.integers(1, 5))
    spacings = [some_spacing(random) for _each in range(count)]
    shared = some_spacing(random)
    is_shared = random.random() < 0.25
    groups = []
    for spacing in spacings:
        frame = Dataset()
        if not is_shared:
            frame.PixelMeasuresSequence = item(PixelSpacing=list(spacing))
        groups.append(frame)
    data_set = image("MR", PerFrameFunctionalGroupsSequence=Items(groups), PixelSpacing=[9.0, 9.0])
    if is_shared:
        data_set.SharedFunctionalGroupsSequence = item(PixelMeasuresSequence=item(PixelSpacing=list(shared)))
    frame_number = int(random.integers(1, count + 1))
    spacing = shared if is_shared else spacings[frame_number - 1]
    ground = ground_on(data_set, frame_number, count)
    return case(kind, points_for(kind, random), ground, in_plane(*spacing), SpacingSource.PATIENT)


def ultrasound(random: Random, kind: str) -> Case:
    """Two regions side by side, of cm a pixel with any sign; a Pixel Spacing that contradicts them does not count."""
    steps = random.uniform(0.001, 0.05, (2, 2)) * random.choice([-1, 1], (2, 2))
    deltas = [(float(across), float(down)) for across, down in steps]
    data_set = image("US", PixelSpacing=[7.0, 7.0])
    regions = [us_region((0, 0, 249, 511), deltas[0]), us_region((250, 0, 511, 511), deltas[1])]
    data_set.SequenceOfUltrasoundRegions = Items(regions)
    ground = ground_on(data_set)
    points = points_for(kind, random)
    if random.random() < 0.5:  # all of it in the left region
        points = tuple((x * 0.48, y) for x, y in points)
    xs, ys = [x for x, _y in points], [y for _x, y in points]
    ends = [min(xs), max(xs), min(ys), max(ys)]
    if kind == "circle":
        (x, y), (u, v) = points
        # Its frame: round in mm, so that its half width is the radius over what a column measures.
        delta = deltas[0] if max(x, u) < 250 else deltas[1]
        radius = math.hypot((u - x) * delta[0], (v - y) * delta[1])
        ends = [
            x - radius / abs(delta[0]),
            x + radius / abs(delta[0]),
            y - radius / abs(delta[1]),
            y + radius / abs(delta[1]),
        ]
        if (max(x, u) < 250) != (min(x, u) < 250):
            return Case(kind, points, ground, None, told="region")
    left, right, top, bottom = ends
    if left < 0 or right > SIDE or top < 0 or bottom > SIDE or (left < 250) != (right < 250):
        return Case(kind, points, ground, None, told="region")
    delta = deltas[0] if right < 250 else deltas[1]
    place = in_plane(10 * delta[1], 10 * delta[0])
    return case(kind, points, ground, place, SpacingSource.US_REGION)


def spectra(random: Random, kind: str) -> Case:
    """No length, angle or area where one direction is time."""
    unit_y = int(random.choice([3, 5, 7]))
    region = us_region((0, 0, 511, 511), (0.005, -0.4), (4, unit_y), RegionSpatialFormat=2 if unit_y == 3 else 3)
    data_set = image("US", SequenceOfUltrasoundRegions=Items([region]))
    points = points_for(kind, random, 200, 300)
    return Case(kind, points, ground_on(data_set), None, told="region")


def portal(random: Random, kind: str) -> Case:
    """Image Plane Pixel Spacing is at the RT Image SID, and is brought to the isocentre where both are known."""
    spacing, source_image = some_spacing(random), float(random.uniform(1000, 1800))
    elements: dict[str, object] = {"ImagePlanePixelSpacing": list(spacing)}
    factor, source = 1.0, SpacingSource.DETECTOR
    if random.random() < 0.7:
        elements |= {"RTImageSID": f"{source_image:.10g}", "RadiationMachineSAD": 1000.0}
        factor, source = source_image / 1000.0, SpacingSource.ISOCENTER
    ground = ground_on(image("RTIMAGE", **elements))
    return case(kind, points_for(kind, random), ground, in_plane(spacing[0] / factor, spacing[1] / factor), source)


def pixels_only(random: Random, kind: str) -> Case:
    """Pixels are counted; angles and circles go by Pixel Aspect Ratio (C.7.6.3.1.7: height over width)."""
    height, width = int(random.integers(1, 5)), int(random.integers(1, 5))
    modality = str(random.choice(["OT", "ES", "XC", "US", "GM"]))
    ground = ground_on(image(modality, PixelAspectRatio=[height, width]))
    points = points_for(kind, random)
    if kind in {"angle", "open_angle"}:
        return case(kind, points, ground, in_plane(float(height), float(width)), SpacingSource.UNKNOWN)
    expected, unit = truth(kind, points, in_plane(1.0, 1.0))
    if kind == "circle":  # an ellipse in pixels, as wide as it must be to look round
        (x, y), (u, v) = points
        expected = math.pi * math.hypot((u - x) * width, (v - y) * height) ** 2 / (width * height)
    return Case(kind, points, ground, expected, {"mm": "{pixels}", "mm2": "{pixels}2"}[unit], SpacingSource.UNKNOWN)


def cases_of(family: str) -> Iterator[Case]:
    random = np.random.default_rng(sum(family.encode()))
    make = families()[family]
    for kind, _number in zip(itertools.cycle(KINDS), range(CASES), strict=False):
        yield make(random, kind)


@pytest.mark.parametrize("family", list(families()))
def test_numbers_are_right_or_refused(family: str) -> None:
    done = valued = 0
    for each in cases_of(family):
        found = main(each.kind, each.points, each.ground)
        label = (family, done, each.kind, each.points, found)
        done += 1
        if each.expected is None:
            assert found.value is None, label
            assert each.told in found.refusal, label
            continue
        valued += 1
        assert found.value is not None, label
        assert found.value == pytest.approx(each.expected, rel=TOLERANCE, abs=1e-9), label
        assert found.unit.ucum == each.unit, label
        assert each.source is None or found.source == each.source.value, label
        assert each.told in " ".join(each.ground.cautions), label
    assert done == CASES
    assert (valued > CASES // 5) is (family != "spectra and motion")


def test_there_are_more_than_two_thousand_cases() -> None:
    assert CASES * len(families()) >= 2000
