"""Structure sets: what is said of regions, and contours that are left out with the reason."""

from pathlib import Path

import numpy as np
import pydicom
import pytest

from tests.builders.segmentations import square, written_structure_set
from viewer.base.errors import DicomError
from viewer.dicom.segmentation.elements import cielab_of_srgb, srgb_of_cielab
from viewer.dicom.segmentation.structure_set import ContourType, read_structure_set


def test_regions_with_their_contours(tmp_path: Path) -> None:
    path = written_structure_set(
        tmp_path / "rs.dcm",
        {
            "Liver": [("CLOSED_PLANAR", square(0, 0, 10, 5)), ("CLOSEDPLANAR_XOR", square(2, 2, 4, 5))],
            "Iso": [("POINT", np.array([[1.0, 2.0, 3.0]]))],
        },
        "1.2.3.4",
    )
    found = read_structure_set(pydicom.dcmread(path))

    assert [region.name for region in found.regions] == ["Liver", "Iso"]
    liver, iso = found.regions
    assert liver.rgb == (255, 40, 0)
    assert liver.frame_of_reference_uid == "1.2.3.4"
    assert [each.type for each in liver.contours] == [ContourType.CLOSED_PLANAR, ContourType.CLOSED_PLANAR_XOR]
    assert np.array_equal(liver.contours[0].points, square(0, 0, 10, 5))
    assert iso.contours[0].points.tolist() == [[1.0, 2.0, 3.0]]
    assert found.problems == ()


@pytest.mark.parametrize(
    ("kind", "points"),
    [
        ("BLOB", square(0, 0, 10, 5)),
        ("CLOSED_PLANAR", square(0, 0, 10, 5)[:2]),
        ("CLOSED_PLANAR", square(0, 0, 10, 5) + np.array([[0, 0, 0], [0, 0, 9], [0, 0, 0], [0, 0, 9]])),
    ],
)
def test_contours_that_cannot_be_are_left_out_and_told(tmp_path: Path, kind: str, points: np.ndarray) -> None:
    path = written_structure_set(
        tmp_path / "rs.dcm", {"Liver": [(kind, points), ("CLOSED_PLANAR", square(0, 0, 9, 5))]}
    )
    found = read_structure_set(pydicom.dcmread(path))
    assert len(found.regions[0].contours) == 1
    assert len(found.problems) == 1


def test_a_wrong_number_of_points_is_told(tmp_path: Path) -> None:
    data_set = pydicom.dcmread(
        written_structure_set(tmp_path / "rs.dcm", {"A": [("CLOSED_PLANAR", square(0, 0, 9, 5))]})
    )
    data_set.ROIContourSequence[0].ContourSequence[0].NumberOfContourPoints = "7"
    assert "7" in read_structure_set(data_set).problems[0]


def test_other_objects_are_refused() -> None:
    with pytest.raises(DicomError):
        read_structure_set(pydicom.dataset.Dataset())


def test_colours_are_those_of_little_cms() -> None:
    from PIL import Image, ImageCms

    to_lab = ImageCms.buildTransform(
        ImageCms.createProfile("sRGB"),
        ImageCms.createProfile("LAB", 5000),
        "RGB",
        "LAB",
        ImageCms.Intent.RELATIVE_COLORIMETRIC,
    )
    for rgb in ((255, 0, 0), (0, 128, 255), (217, 130, 101), (255, 255, 255), (0, 0, 0), (12, 200, 90)):
        stored = cielab_of_srgb(rgb)
        back = srgb_of_cielab(tuple(float(word) for word in stored))
        assert back is not None
        assert max(abs(a - b) for a, b in zip(back, rgb, strict=True)) <= 1
        converted = ImageCms.applyTransform(Image.new("RGB", (1, 1), rgb), to_lab)
        assert converted is not None
        lightness, a, b = np.frombuffer(converted.tobytes(), np.uint8).tolist()
        theirs = (lightness / 255 * 65535, (a - 256 * (a > 127) + 128) * 257, (b - 256 * (b > 127) + 128) * 257)
        assert max(abs(ours - other) for ours, other in zip(stored, theirs, strict=True)) <= 2 * 257
