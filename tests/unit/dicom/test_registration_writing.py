"""Registration objects that we write: clean for dciodvfy, read back to the same movement, and read by pydicom."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pydicom
import pytest

from tests.builders.ct_series import write_ct_series
from viewer.base.byte_source import FileBytes
from viewer.dicom.derived_instance import NewSeries, source_data_set, write_object
from viewer.dicom.frame_transform import FrameTransform
from viewer.dicom.header_scan import scan_header
from viewer.dicom.instance_header import InstanceHeader
from viewer.dicom.registration import frames_of, read_registration
from viewer.dicom.registration_writing import RegisteredSeries, content_label, registration_object

CURRENT, PRIOR = "1.2.826.0.1.3680043.8.498.1", "1.2.826.0.1.3680043.8.498.2"


def _headers(folder: Path, label: str, frame: str) -> list[InstanceHeader]:
    paths = write_ct_series(folder / label, 3, 16, label=label, elements={"FrameOfReferenceUID": frame})
    return [scan_header(FileBytes(path)) for path in paths]


@pytest.fixture
def written(tmp_path: Path) -> tuple[Path, FrameTransform]:
    angle = np.radians(12.3456789)
    matrix = np.eye(4)
    matrix[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    matrix[:3, 3] = (12.3456789012, -0.00001234567, -987.654321)
    transform = FrameTransform.of(matrix)
    fixed, moving = _headers(tmp_path, "now", CURRENT), _headers(tmp_path, "then", PRIOR)
    series = NewSeries("Prior of 2024-03-05 onto series 2", 1002)
    made = registration_object(
        source_data_set(fixed[0]), RegisteredSeries(fixed), RegisteredSeries(moving), transform, series, "prior 2024"
    )
    path = tmp_path / "registration.dcm"
    with path.open("wb") as stream:
        write_object(made, stream)
    return path, transform


def test_it_is_clean(written: tuple[Path, FrameTransform]) -> None:
    validator = shutil.which("dciodvfy")
    if validator is None:
        pytest.skip("dciodvfy (dicom3tools) is not installed")
    told = subprocess.run([validator, str(written[0])], capture_output=True, text=True, check=False)
    assert "SpatialRegistration" in told.stdout + told.stderr
    assert "Error" not in told.stdout + told.stderr


def test_it_reads_back_to_the_same_movement(written: tuple[Path, FrameTransform]) -> None:
    path, transform = written
    told = read_registration(pydicom.dcmread(path))
    assert told.problems == ()
    assert (told.frame_uid, told.label) == (CURRENT, "PRIOR 2024")
    own, moved = told.items
    assert own.transform.is_identity
    assert frames_of(moved, {}) == (PRIOR,)
    for point in ((0.0, 0.0, 0.0), (150.0, -200.0, 900.0)):
        assert np.allclose(moved.transform.point(point), transform.point(point), atol=1e-6)


def test_it_belongs_to_the_current_study_and_names_both(written: tuple[Path, FrameTransform]) -> None:
    data_set = pydicom.dcmread(written[0])
    assert (data_set.Modality, data_set.PatientID) == ("REG", "TEST-CT")
    (here,) = data_set.ReferencedSeriesSequence
    (study,) = data_set.StudiesContainingOtherReferencedInstancesSequence
    (there,) = study.ReferencedSeriesSequence
    assert study.StudyInstanceUID != data_set.StudyInstanceUID
    for series, item in ((here, data_set.RegistrationSequence[0]), (there, data_set.RegistrationSequence[1])):
        named = [image.ReferencedSOPInstanceUID for image in item.ReferencedImageSequence]
        assert [each.ReferencedSOPInstanceUID for each in series.ReferencedInstanceSequence] == named
        assert len(named) == 3


def test_labels_become_code_strings() -> None:
    assert content_label("Prior, 2024-03-05 (thorax)") == "PRIOR_ 2024_03_0"
    assert content_label("선행") == "__"
    assert content_label("") == "RIGID"


def test_a_doubt_is_said_in_the_object_and_read_back(tmp_path: Path) -> None:
    fixed, moving = _headers(tmp_path, "now", CURRENT), _headers(tmp_path, "then", PRIOR)
    source, sides = source_data_set(fixed[0]), (RegisteredSeries(fixed), RegisteredSeries(moving))
    series, doubt = NewSeries("Prior of 2024-03-05 onto series 2", 1002), "the two ways differ by 9 mm"
    made = registration_object(source, *sides, FrameTransform(), series, "prior", doubt)
    path = tmp_path / "registration.dcm"
    with path.open("wb") as stream:
        write_object(made, stream)
    data_set = pydicom.dcmread(path)
    assert data_set.SeriesDescription == "DOUBTFUL: Prior of 2024-03-05 onto series 2"
    assert data_set.ContentDescription == data_set.SeriesDescription
    assert [item.doubt for item in read_registration(data_set).items] == ["", doubt]
    test_it_is_clean((path, FrameTransform()))
