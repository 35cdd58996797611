"""Spatial Registration objects made by hand, against matrices multiplied by numpy and transforms of SimpleITK."""

from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from viewer.base.errors import DicomError
from viewer.dicom.frame_transform import FrameTransform, TransformKind
from viewer.dicom.registration import (
    DEFORMABLE_REGISTRATION,
    SPATIAL_REGISTRATION,
    frames_of,
    read_registration,
)

OWN, OTHER = "1.2.3.1", "1.2.3.2"


def _turn(degrees: tuple[float, float, float], shift: tuple[float, float, float] = (0, 0, 0)) -> np.ndarray:
    """A rigid matrix: turned about x, then y, then z, then moved."""
    a, b, c = np.radians(degrees)
    about_x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    about_y = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    about_z = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    matrix = np.eye(4)
    matrix[:3, :3] = about_z @ about_y @ about_x
    matrix[:3, 3] = shift
    return matrix


def _item(matrices: list[tuple[np.ndarray, str]], frame: str = OTHER, images: tuple[str, ...] = ()) -> Dataset:
    item, holder = Dataset(), Dataset()
    if frame:
        item.FrameOfReferenceUID = frame
    if images:
        item.ReferencedImageSequence = Sequence()
        for uid in images:
            image = Dataset()
            image.ReferencedSOPInstanceUID = uid
            item.ReferencedImageSequence.append(image)
    holder.MatrixSequence = Sequence()
    for matrix, kind in matrices:
        one = Dataset()
        one.FrameOfReferenceTransformationMatrix = [f"{value:.10g}" for value in np.ravel(matrix)]
        one.FrameOfReferenceTransformationMatrixType = kind
        holder.MatrixSequence.append(one)
    item.MatrixRegistrationSequence = Sequence([holder])
    return item


def _object(*items: Dataset, sop_class: str = SPATIAL_REGISTRATION) -> Dataset:
    data_set = Dataset()
    data_set.SOPClassUID = sop_class
    data_set.SOPInstanceUID = "1.2.3.9"
    data_set.FrameOfReferenceUID = OWN
    data_set.ContentLabel = "PRIOR_TO_NOW"
    data_set.RegistrationSequence = Sequence(items)
    return data_set


def test_a_matrix_takes_points_of_the_source_into_the_objects_own_frame() -> None:
    matrix = _turn((10, -20, 30), (5, -7, 11))
    told = read_registration(_object(_item([(matrix, "RIGID")])))
    (item,) = told.items
    assert (told.frame_uid, item.source_frame_uid, told.label) == (OWN, OTHER, "PRIOR_TO_NOW")
    point = (12.5, -40.0, 7.0)
    assert np.allclose(item.transform.point(point), (matrix @ [*point, 1])[:3], atol=1e-6)
    assert np.allclose(item.transform.inverse.point(item.transform.point(point)), point, atol=1e-9)


def test_the_last_of_several_matrices_touches_a_point_first() -> None:
    import SimpleITK as sitk  # noqa: N813 - as its own documentation has it

    first, second, third = _turn((15, 0, 0), (1, 2, 3)), _turn((0, 25, 0), (-40, 0, 9)), _turn((0, 0, 35), (0, 60, 0))
    kinds = "RIGID"
    told = read_registration(_object(_item([(first, kinds), (second, kinds), (third, kinds)])))
    transforms = []
    for matrix in (first, second, third):
        transform = sitk.AffineTransform(3)
        transform.SetMatrix(np.ravel(matrix[:3, :3]).tolist())
        transform.SetTranslation(matrix[:3, 3].tolist())
        transforms.append(transform)
    peer = sitk.CompositeTransform(transforms)  # applies the last of its transforms first
    rng = np.random.default_rng(6)
    for point in rng.uniform(-200, 200, (50, 3)):
        ours = told.items[0].transform.point(tuple(point))
        assert np.allclose(ours, peer.TransformPoint(point.tolist()), atol=1e-5)
    # Nobody multiplies the other way round by chance: these do not commute.
    assert not np.allclose(third @ second @ first, first @ second @ third)


def test_rotation_angles_are_told() -> None:
    for degrees in (0.0, 0.001, 1.0, 89.0, 179.0):
        assert FrameTransform.of(_turn((0, 0, degrees))).angle_deg == pytest.approx(degrees, abs=1e-6)


def test_a_source_may_be_named_by_its_images() -> None:
    told = read_registration(_object(_item([(np.eye(4), "RIGID")], frame="", images=("1.5", "1.6", "1.7"))))
    frames = {"1.5": OTHER, "1.6": OTHER, "1.7": "1.2.3.3", "1.8": "1.2.3.4"}
    assert frames_of(told.items[0], frames) == (OTHER, "1.2.3.3")
    assert frames_of(told.items[0], {}) == ()


def test_the_widest_kind_of_the_matrices_counts() -> None:
    scale = np.diag([1.1, 1.1, 1.1, 1.0])
    told = read_registration(_object(_item([(_turn((5, 0, 0)), "RIGID"), (scale, "RIGID_SCALE")])))
    assert told.items[0].kind is TransformKind.RIGID_SCALE


def _flat() -> np.ndarray:
    return np.diag([1.0, 1.0, 0.0, 1.0])


@pytest.mark.parametrize(
    ("matrix", "kind", "said"),
    [
        (np.diag([1.0, 1.0, 1.2, 1.0]), "RIGID", "rigid"),
        (np.diag([-1.0, 1.0, 1.0, 1.0]), "RIGID", "rigid"),
        (_flat(), "AFFINE", "flattens"),
        (np.array([*np.eye(4)[:3], [0, 0, 0.1, 1]]), "AFFINE", "last row"),
        (np.eye(3), "AFFINE", "sixteen"),
        (np.eye(4), "BENDY", "unknown"),
    ],
)
def test_what_is_no_transform_is_not_used_and_said(matrix: Any, kind: str, said: str) -> None:
    good = _item([(np.eye(4), "RIGID")])
    told = read_registration(_object(_item([(matrix, kind)]), good))
    assert len(told.items) == 1
    assert len(told.problems) == 1
    assert said in told.problems[0]


def test_items_without_source_or_matrix_are_told() -> None:
    nothing = _item([(np.eye(4), "RIGID")], frame="")
    empty = _item([])
    told = read_registration(_object(nothing, empty))
    assert not told.items
    assert len(told.problems) == 2


def test_a_deformable_registration_is_told_as_not_applied() -> None:
    told = read_registration(_object(_item([(np.eye(4), "RIGID")]), sop_class=DEFORMABLE_REGISTRATION))
    assert told.items == ()
    assert "not applied" in told.problems[0]


def test_other_objects_are_refused() -> None:
    with pytest.raises(DicomError, match="no spatial registration"):
        read_registration(_object(sop_class="1.2.840.10008.5.1.4.1.1.2"))
    nameless = _object()
    nameless.FrameOfReferenceUID = ""
    with pytest.raises(DicomError, match="does not name"):
        read_registration(nameless)
