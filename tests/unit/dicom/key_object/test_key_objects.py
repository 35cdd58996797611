"""Documents written are clean, others read them, and they come back as they were."""

import shutil
import subprocess
from pathlib import Path

import pydicom
import pytest
from highdicom.ko import KeyObjectSelectionDocument
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as Items

from tests.builders.ct_series import write_ct_series
from tests.builders.data_sets import made_uid
from tests.builders.enhanced import write_enhanced_ct
from tests.builders.key_objects import header_of, selected, write_key_objects
from viewer.base.byte_source import FileBytes
from viewer.base.errors import DicomError
from viewer.dicom.codes import Code
from viewer.dicom.key_object import titles
from viewer.dicom.key_object.reading import read_key_objects
from viewer.dicom.key_object.values import KeyObjects
from viewer.dicom.key_object.writing import SelectedObject
from viewer.dicom.structured_report.references import InstanceReference


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_ct_series(tmp_path_factory.mktemp("images"), 3, 16)


@pytest.fixture(scope="module")
def other_study(tmp_path_factory: pytest.TempPathFactory, images: list[Path]) -> Path:
    """One more study of the same patient."""
    data_set = pydicom.dcmread(images[0])
    for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"):
        setattr(data_set, keyword, made_uid(f"other {keyword}"))
    data_set.file_meta.MediaStorageSOPInstanceUID = data_set.SOPInstanceUID
    path = tmp_path_factory.mktemp("other") / "image.dcm"
    data_set.save_as(path)
    return path


def read(path: Path) -> KeyObjects:
    return read_key_objects(FileBytes(path))


def complaints(path: Path) -> list[str]:
    """Return what dciodvfy has against a document; unused template warnings of the source's patient are left out."""
    validator = shutil.which("dciodvfy")
    if validator is None:
        pytest.skip("needs dciodvfy")
    said = subprocess.run((validator, str(path)), check=False, capture_output=True, text=True, timeout=60).stderr
    return [line for line in said.splitlines() if line.startswith(("Error", "Warning"))]


def test_a_selection_comes_back_as_it_was_made(tmp_path: Path, images: list[Path]) -> None:
    (path,) = write_key_objects(
        tmp_path,
        selected(*images[:2]),
        titles.QUALITY_REJECTED,
        modifiers=(titles.QUALITY_REASONS[3], titles.QUALITY_REASONS[4]),
        comment="moved\nagain",
        creator="KIM^GILDONG",
    )
    found, source = read(path), header_of(images[0])
    assert found.title == titles.QUALITY_REJECTED
    assert found.modifiers == (titles.QUALITY_REASONS[3], titles.QUALITY_REASONS[4])
    assert (found.comment, found.creators) == ("moved\nagain", ("KIM^GILDONG",))
    assert [each.instance.sop_instance_uid for each in found.references] == [
        header_of(each).sop_instance_uid for each in images[:2]
    ]
    assert {(each.study_instance_uid, each.series_instance_uid) for each in found.references} == {
        (source.study_instance_uid, source.series_instance_uid)
    }
    assert (found.study_instance_uid, found.is_rejection, found.problems) == (source.study_instance_uid, True, ())
    assert complaints(path) == []


@pytest.mark.parametrize("title", [*titles.TITLES, *titles.REJECTIONS])
def test_every_title_makes_a_clean_document(tmp_path: Path, images: list[Path], title: Code) -> None:
    (path,) = write_key_objects(tmp_path, selected(images[0]), title, modifiers=titles.modifiers_for(title)[:1])
    assert read(path).title == title
    assert complaints(path) == []


def test_frames_are_selected_one_by_one(tmp_path: Path) -> None:
    enhanced = write_enhanced_ct(tmp_path / "enhanced.dcm", 5, 16)
    (path,) = write_key_objects(tmp_path / "ko", selected(enhanced, frames=(2, 5)))
    (reference,) = read(path).references
    assert reference.frames == (2, 5)
    assert (reference.has_frame(5), reference.has_frame(1)) == (True, False)
    assert complaints(path) == []


def test_an_image_is_selected_with_the_state_it_is_seen_in(tmp_path: Path, images: list[Path]) -> None:
    state = header_of(images[1])
    chosen = SelectedObject(header_of(images[0]), presentation_state=state)
    (path,) = write_key_objects(tmp_path, [chosen])
    (reference,) = read(path).references
    assert reference.presentation_state == InstanceReference(state.sop_class_uid, state.sop_instance_uid)
    written = pydicom.dcmread(path).CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence[0]
    assert len(written.ReferencedSOPSequence) == 2


def test_each_study_has_a_document_that_names_the_others(tmp_path: Path, images: list[Path], other_study: Path) -> None:
    files = write_key_objects(tmp_path, selected(images[0], other_study), comment="both")
    first, second = map(read, files)
    assert first.study_instance_uid == header_of(images[0]).study_instance_uid
    assert second.study_instance_uid == header_of(other_study).study_instance_uid
    assert first.references == second.references
    assert all(each.study_instance_uid for each in first.references)
    assert [each.instance for each in first.identical] == [second.instance]
    assert [each.instance for each in second.identical] == [first.instance]
    assert [each.study_instance_uid for each in second.identical] == [first.study_instance_uid]
    assert [complaints(each) for each in files] == [[], []]


def test_texts_are_written_in_any_script(tmp_path: Path, images: list[Path]) -> None:
    (path,) = write_key_objects(
        tmp_path, selected(images[0]), comment="요추 판독", creator="Kim^Gildong=金^吉洞=김^길동"
    )
    assert read(path).comment == "요추 판독"
    assert str(pydicom.dcmread(path).SpecificCharacterSet) == "ISO_IR 192"
    assert complaints(path) == []


def test_highdicom_and_dcmtk_read_them(tmp_path: Path, images: list[Path]) -> None:
    (path,) = write_key_objects(tmp_path, selected(*images), titles.OF_INTEREST, comment="look", creator="KIM^GILDONG")
    source = header_of(images[2])
    document = KeyObjectSelectionDocument.from_dataset(pydicom.dcmread(path))
    assert [each.referenced_sop_instance_uid for each in document.content.get_references()] == [
        header_of(each).sop_instance_uid for each in images
    ]
    assert document.resolve_reference(source.sop_instance_uid) == (
        source.study_instance_uid,
        source.series_instance_uid,
        source.sop_instance_uid,
    )
    if (dsrdump := shutil.which("dsrdump")) is None:
        pytest.skip("needs DCMTK")
    said = subprocess.run((dsrdump, str(path)), check=False, capture_output=True, text=True, timeout=60)
    assert said.returncode == 0
    assert 'contains TEXT:(,,"Key Object Description")="look"' in said.stdout
    assert said.stdout.count("contains IMAGE") == 3


def test_objects_of_two_patients_are_refused(tmp_path: Path, images: list[Path]) -> None:
    data_set = pydicom.dcmread(images[0])
    data_set.PatientID = "another"
    data_set.save_as(tmp_path / "another.dcm")
    with pytest.raises(DicomError, match="several patients"):
        write_key_objects(tmp_path / "ko", selected(images[0], tmp_path / "another.dcm"))
    with pytest.raises(DicomError, match="Nothing"):
        write_key_objects(tmp_path / "ko", ())


def test_an_object_without_a_study_is_refused(tmp_path: Path, images: list[Path]) -> None:
    data_set = pydicom.dcmread(images[0])
    del data_set.StudyInstanceUID
    data_set.save_as(tmp_path / "stray.dcm")
    with pytest.raises(DicomError, match="which study"):
        write_key_objects(tmp_path / "ko", selected(tmp_path / "stray.dcm"))


def test_what_is_odd_in_a_document_is_said_and_the_rest_read(tmp_path: Path, images: list[Path]) -> None:
    (path,) = write_key_objects(tmp_path, selected(*images[:2]))
    data_set = pydicom.dcmread(path)
    del data_set.ConceptNameCodeSequence
    data_set.CurrentRequestedProcedureEvidenceSequence = Items()
    waveform = Dataset()
    waveform.RelationshipType, waveform.ValueType = "CONTAINS", "WAVEFORM"
    referenced = Dataset()
    referenced.ReferencedSOPClassUID = "1.2.840.10008.5.1.4.1.1.9.1.1"
    referenced.ReferencedSOPInstanceUID = "1.2.3.4"
    referenced.ReferencedWaveformChannels = [1, 2]
    waveform.ReferencedSOPSequence = Items([referenced])
    data_set.ContentSequence.append(waveform)
    data_set.save_as(path)
    found = read(path)
    assert found.title is None
    assert [each.value_type for each in found.references] == ["IMAGE", "IMAGE", "WAVEFORM"]
    assert found.references[2].channels == ((1, 2),)
    assert len(found.problems) >= 2


def test_an_image_is_no_selection(images: list[Path]) -> None:
    with pytest.raises(DicomError):
        read(images[0])
