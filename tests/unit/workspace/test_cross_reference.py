"""Reference lines and points on images, against the digest's vectors and planes cut by solving linear equations."""

from collections.abc import Iterable

import numpy as np
import pytest
from numpy.typing import NDArray

from viewer.dicom.frame_transform import FrameTransform, TransformKind
from viewer.dicom.image_plane import ImagePlane, Vector
from viewer.workspace.cross_reference import (
    PlacedImage,
    are_parallel,
    nearest_slice,
    placed_point,
    point_under,
    reference_line,
)
from viewer.workspace.frame_links import SAME_FRAME, FrameJoint, FrameLinks

X, Y, Z = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)
DOWN = (0.0, 0.0, -1.0)


def _image(
    position: tuple[float, float, float],
    row: tuple[float, float, float] = X,
    column: tuple[float, float, float] = Y,
    spacing: tuple[float, float] = (1.0, 1.0),
    size: tuple[int, int] = (100, 100),
    frame: str = "1.2",
) -> PlacedImage:
    return PlacedImage(ImagePlane(position, row, column, *spacing), *size, frame)


def _vector(values: Iterable[float]) -> Vector:
    x, y, z = map(float, values)
    return x, y, z


def _random_image(rng: np.random.Generator) -> PlacedImage:
    turn, _upper = np.linalg.qr(rng.normal(size=(3, 3)))
    row, column = (_vector(turn[:, axis]) for axis in (0, 1))
    position = _vector(rng.uniform(-60, 60, 3))
    spacing = (float(rng.uniform(0.3, 3)), float(rng.uniform(0.3, 3)))
    return _image(position, row, column, spacing, (int(rng.integers(8, 300)), int(rng.integers(8, 300))))


def test_the_digests_vector() -> None:
    """Digest 16: IOP (1,0,0,0,1,0), IPP (−100,−50,10), PS 0.5\\0.25, pixel (col 4, row 2) is (−99,−49,10)."""
    image = _image((-100.0, -50.0, 10.0), spacing=(0.5, 0.25))
    assert point_under((4.5, 2.5), image) == pytest.approx((-99, -49, 10))
    found = placed_point((-99.0, -49.0, 10.0), image)
    assert found is not None
    assert found.point_image == pytest.approx((4.5, 2.5))
    assert (found.distance_mm, found.is_inside) == (0.0, True)


def test_an_axial_slice_crosses_a_sagittal_image_along_a_row() -> None:
    axial = _image((-49.5, -49.5, 20.0))  # from −50 to 50 along x and y
    sagittal = _image((0.0, -99.5, 99.5), Y, DOWN, size=(200, 200))  # z falls with the rows
    line = reference_line(axial, sagittal)
    assert line is not None
    (left, top), (right, bottom) = sorted(line)
    # z 20 is 79.5 mm below the first row's centre: row 79.5, and half a pixel more from the corner.
    assert (top, bottom) == pytest.approx((80.0, 80.0))
    assert (left, right) == pytest.approx((50.0, 150.0))


def test_the_line_ends_where_the_slice_ends_not_at_its_outer_centres() -> None:
    axial = _image((0.0, 0.0, 0.0), spacing=(2.0, 2.0), size=(10, 10))
    coronal = _image((-20.0, 5.0, 20.0), X, DOWN, size=(60, 60))
    line = reference_line(axial, coronal)
    assert line is not None
    ends = sorted(point_under(point, coronal)[0] for point in line)
    assert ends == pytest.approx([-1.0, 19.0])


@pytest.mark.parametrize(("degrees", "is_drawn"), [(5.1, False), (5.2, True), (174.8, True), (174.9, False)])
def test_no_line_between_images_side_by_side(degrees: float, is_drawn: bool) -> None:
    """|nA·nB| < 0.996: cos 5.126° is 0.996."""
    angle = np.radians(degrees)
    tilted = _image((0.0, -50.0 * np.cos(angle), -50.0 * np.sin(angle)), X, (0.0, np.cos(angle), np.sin(angle)))
    flat = _image((0.0, -50.0, 0.0))
    assert (reference_line(flat, tilted) is not None) is is_drawn
    assert are_parallel(flat, tilted) is not is_drawn


def test_a_slice_that_does_not_reach_the_image_leaves_no_line() -> None:
    assert reference_line(_image((0.0, 0.0, 0.0)), _image((200.0, 0.0, 0.0), Y, Z)) is None


def test_an_edge_that_lies_in_the_plane_is_the_line() -> None:
    axial = _image((0.5, 0.5, 0.0), size=(40, 30))  # its left edge lies at x = 0
    sagittal = _image((0.0, 0.5, 0.5), Y, Z)
    line = reference_line(axial, sagittal)
    assert line is not None
    assert sorted(point[0] for point in line) == pytest.approx([0.0, 30.0])


def _solved(image: PlacedImage, on: PlacedImage) -> NDArray[np.float64] | None:
    """The ends of the line on the other image, from the line of two planes and the slabs of the rectangle.

    Points of the plane of image are P + a·row + b·column: on the plane of `on`, a·(row·n) + b·(column·n) = (Q − P)·n.
    """
    plane, other = image.plane, on.plane
    row, column, start = (np.array(each) for each in (plane.row_direction, plane.column_direction, plane.position))
    normal = np.cross(other.row_direction, other.column_direction)
    across, down = row @ normal, column @ normal
    wanted = (np.array(other.position) - start) @ normal
    foot = np.array([across, down]) * wanted / (across**2 + down**2)
    way = np.array([-down, across])
    low, high = -np.inf, np.inf
    lengths = (image.columns * plane.column_spacing_mm, image.rows * plane.row_spacing_mm)
    halves = (plane.column_spacing_mm / 2, plane.row_spacing_mm / 2)
    for axis in (0, 1):
        ends = (np.array([-halves[axis], lengths[axis] - halves[axis]]) - foot[axis]) / way[axis]
        low, high = max(low, ends.min()), min(high, ends.max())
    if low >= high:
        return None
    points = [start + (foot + step * way) @ np.array([row, column]) for step in (low, high)]
    basis = np.array([np.array(other.row_direction), np.array(other.column_direction)])
    spacing = (other.column_spacing_mm, other.row_spacing_mm)
    return np.array([basis @ (point - np.array(other.position)) / spacing + 0.5 for point in points])


def test_two_thousand_random_pairs_agree_with_the_solved_equations() -> None:
    rng = np.random.default_rng(66)
    drawn = 0
    for _case in range(2000):
        image, on = _random_image(rng), _random_image(rng)
        if are_parallel(image, on):
            continue
        line, truth = reference_line(image, on), _solved(image, on)
        assert (line is None) == (truth is None)
        if line is not None and truth is not None:
            drawn += 1
            ours = np.array(line)
            assert min(np.abs(ours - truth).max(), np.abs(ours[::-1] - truth).max()) < 1e-6
    assert drawn > 500


def test_frames_that_nothing_joins_have_nothing_to_do_with_each_other() -> None:
    one, other = _image((-50.0, -50.0, 0.0)), _image((0.0, -50.0, -50.0), Y, Z, frame="1.3")
    assert reference_line(one, other, None) is None
    assert placed_point((0.0, 0.0, 0.0), other, None) is None
    assert not are_parallel(one, one, None)
    assert FrameLinks().way("1.2", "1.3") is None
    assert FrameLinks().way("", "") is None
    assert FrameLinks().way("1.2", "1.2") is SAME_FRAME


def _joint(source: str, target: str, matrix: NDArray[np.float64], label: str = "") -> FrameJoint:
    transform = FrameTransform.of(matrix)
    return FrameJoint(source, target, transform, TransformKind.RIGID, label, f"{source}-{target}-{label}")


def _moved(x: float, y: float, z: float) -> NDArray[np.float64]:
    matrix = np.eye(4)
    matrix[:3, 3] = (x, y, z)
    return matrix


def test_registrations_join_frames_in_both_directions_and_over_several() -> None:
    quarter = np.array([[0.0, -1, 0, 5], [1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    links = FrameLinks().with_joint(_joint("A", "B", quarter, "one")).with_joint(_joint("C", "B", _moved(0, 0, 7)))
    there, back = links.way("A", "C"), links.way("C", "A")
    assert there is not None
    assert back is not None
    assert there.transform.point((1.0, 2.0, 3.0)) == pytest.approx((3.0, 1.0, -4.0))
    assert back.transform.point((3.0, 1.0, -4.0)) == pytest.approx((1.0, 2.0, 3.0))
    assert there.text == "registered (rigid, one) + registered (rigid)"
    assert links.way("A", "D") is None


def test_the_later_registration_of_two_counts_and_can_be_taken_back() -> None:
    links = FrameLinks().with_joint(_joint("A", "B", _moved(1, 0, 0), "first"))
    both = links.with_joint(_joint("A", "B", _moved(2, 0, 0), "second"))
    way = both.way("A", "B")
    assert way is not None
    assert way.transform.point((0.0, 0.0, 0.0)) == (2.0, 0.0, 0.0)
    way = both.without("A-B-second").way("A", "B")
    assert way is not None
    assert way.text == "registered (rigid, first)"


def test_a_line_over_a_registration_is_that_of_the_moved_image() -> None:
    rng = np.random.default_rng(3)
    for _case in range(50):
        image, on = _random_image(rng), _random_image(rng)
        turn, _upper = np.linalg.qr(rng.normal(size=(3, 3)))
        turn[:, 0] *= np.sign(np.linalg.det(turn))
        matrix = np.eye(4)
        matrix[:3, :3], matrix[:3, 3] = turn, rng.uniform(-20, 20, 3)
        plane = image.plane
        position = _vector((matrix @ [*plane.position, 1])[:3])
        row, column = (_vector(turn @ each) for each in (plane.row_direction, plane.column_direction))
        spacing, size = (plane.row_spacing_mm, plane.column_spacing_mm), (image.columns, image.rows)
        moved = _image(position, row, column, spacing, size)
        ours, truth = reference_line(image, on, FrameTransform.of(matrix)), reference_line(moved, on)
        assert (ours is None) == (truth is None)
        if ours is not None and truth is not None:
            assert np.allclose(sorted(ours), sorted(truth), atol=1e-6)


def test_points_off_the_plane_tell_how_far() -> None:
    image = _image((-50.0, -50.0, 12.0))
    found = placed_point((0.0, 0.0, 20.0), image)
    assert found is not None
    assert found.distance_mm == pytest.approx(8.0)
    assert found.is_inside
    outside = placed_point((400.0, 0.0, 12.0), image)
    assert outside is not None
    assert not outside.is_inside


def test_the_nearest_slice() -> None:
    rng = np.random.default_rng(9)
    positions = sorted(rng.uniform(-300, 300, 1000).tolist())
    for wanted in rng.uniform(-400, 400, 500):
        truth = int(np.argmin(np.abs(np.array(positions) - wanted)))
        assert nearest_slice(float(wanted), positions) == truth
    assert nearest_slice(0.5, (0.0, 1.0)) == 0
    assert nearest_slice(5.0, (3.0,)) == 0
