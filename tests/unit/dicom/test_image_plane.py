"""Truths: PS3.3 equation C.7.6.2.1-1 in numpy, and the tilted series as DCMTK-independent matrices."""

import itertools
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer.base.byte_source import FileBytes
from viewer.base.errors import DicomError
from viewer.dicom.image_plane import ImagePlane, plane_from, plane_of, plane_problem
from viewer.dicom.instance_header import InstanceHeader

numbers = st.floats(-1000, 1000)
spacings = st.floats(0.01, 50)


def header(**elements: str) -> InstanceHeader:
    tags = {"position": 0x00200032, "orientation": 0x00200037, "spacing": 0x00280030}
    return InstanceHeader(
        FileBytes(Path("none")), "1.2.840.10008.1.2.1", {tags[name]: text.encode() for name, text in elements.items()}
    )


def rotations() -> Iterator[tuple[float, ...]]:
    for axis in itertools.product((-1.0, 0.0, 1.0), repeat=3):
        if any(axis):
            for angle in (0.1, 1.0, 2.5):
                x, y, z = np.array(axis) / np.linalg.norm(axis)
                skew = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
                matrix = np.eye(3) + math.sin(angle) * skew + (1 - math.cos(angle)) * skew @ skew
                yield (*matrix[:, 0], *matrix[:, 1])


@pytest.mark.parametrize("orientation", list(rotations()))
def test_a_pixel_lies_where_the_equation_of_the_standard_says(orientation: tuple[float, ...]) -> None:
    position, spacing = (-120.5, 33.25, 700.0), (0.7, 0.4)
    plane = plane_from(position, orientation, spacing)
    matrix = np.eye(4)
    matrix[:3, 0] = np.array(orientation[:3]) * spacing[1]
    matrix[:3, 1] = np.array(orientation[3:]) * spacing[0]
    matrix[:3, 3] = position
    for column, row in ((0, 0), (1, 0), (0, 1), (511, 257), (-0.5, 12.25)):
        point = plane.point_patient(column, row)
        np.testing.assert_allclose(point, (matrix @ [column, row, 0, 1])[:3], atol=1e-9)
        np.testing.assert_allclose(plane.point_image(point), (column, row, 0), atol=1e-9)
    normal = np.cross(orientation[:3], orientation[3:])
    np.testing.assert_allclose(plane.normal, normal, atol=1e-9)
    assert plane.distance_along_normal == pytest.approx(float(np.dot(position, normal)))


@given(st.tuples(numbers, numbers, numbers), spacings, spacings, numbers, numbers)
def test_points_go_there_and_back(
    position: tuple[float, float, float], row_mm: float, column_mm: float, column: float, row: float
) -> None:
    plane = ImagePlane(position, (0.6, 0.8, 0.0), (0.0, 0.0, -1.0), row_mm, column_mm)
    back = plane.point_image(plane.point_patient(column, row))
    assert back == pytest.approx((column, row, 0.0), abs=1e-6)


@pytest.mark.parametrize("error", [1e-6, 1e-4, 4e-3])
def test_rounded_cosines_are_made_orthonormal(error: float) -> None:
    plane = plane_from((0, 0, 0), (1 + error, error, 0, error, 1 - error, error), (1, 1))
    assert math.hypot(*plane.row_direction) == pytest.approx(1, abs=1e-12)
    assert math.hypot(*plane.column_direction) == pytest.approx(1, abs=1e-12)
    assert np.dot(plane.row_direction, plane.column_direction) == pytest.approx(0, abs=1e-12)
    np.testing.assert_allclose(plane.row_direction, (1, 0, 0), atol=2 * error)


@pytest.mark.parametrize(
    ("position", "orientation", "spacing"),
    [
        ((0, 0), (1, 0, 0, 0, 1, 0), (1, 1)),
        ((0, 0, math.nan), (1, 0, 0, 0, 1, 0), (1, 1)),
        ((0, 0, 0), (1, 0, 0, 0, 1), (1, 1)),
        ((0, 0, 0), (0, 0, 0, 0, 0, 0), (1, 1)),
        ((0, 0, 0), (1, 0, 0, 1, 0, 0), (1, 1)),
        ((0, 0, 0), (1, 0, 0, 0.1, 0.995, 0), (1, 1)),
        ((0, 0, 0), (2, 0, 0, 0, 1, 0), (1, 1)),
        ((0, 0, 0), (math.inf, 0, 0, 0, 1, 0), (1, 1)),
        ((0, 0, 0), (1, 0, 0, 0, 1, 0), (1,)),
        ((0, 0, 0), (1, 0, 0, 0, 1, 0), (0, 1)),
        ((0, 0, 0), (1, 0, 0, 0, 1, 0), (1, -1)),
        ((0, 0, 0), (1, 0, 0, 0, 1, 0), (math.nan, 1)),
    ],
)
def test_impossible_geometry_is_refused(
    position: tuple[float, ...], orientation: tuple[float, ...], spacing: tuple[float, ...]
) -> None:
    with pytest.raises(DicomError):
        plane_from(position, orientation, spacing)


def test_a_header_gives_its_plane_or_says_why_not() -> None:
    good = header(position="1\\2\\3", orientation="1\\0\\0\\0\\1\\0", spacing="0.5\\0.25 ")
    plane = plane_of(good)
    assert plane == ImagePlane((1, 2, 3), (1, 0, 0), (0, 1, 0), 0.5, 0.25)
    assert plane_problem(good) == ""
    assert plane_of(header()) is None
    assert plane_problem(header()) == ""
    wrong = header(position="1\\2\\x", orientation="1\\0\\0\\0\\1\\0", spacing="0.5\\0.25")
    assert plane_of(wrong) is None
    assert "Image Position" in plane_problem(wrong)


def test_parallel_planes_are_told_from_turned_and_mirrored_ones() -> None:
    plane = plane_from((0, 0, 0), (1, 0, 0, 0, 1, 0), (1, 1))
    assert plane.is_parallel_to(plane.moved_to((0, 0, 5)))
    assert plane.is_parallel_to(plane_from((0, 0, 0), (1, 0.001, 0, -0.001, 1, 0), (1, 1)))
    assert not plane.is_parallel_to(plane_from((0, 0, 0), (0.99, 0.141, 0, -0.141, 0.99, 0), (1, 1)))
    assert not plane.is_parallel_to(plane_from((0, 0, 0), (1, 0, 0, 0, -1, 0), (1, 1)))
