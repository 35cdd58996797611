"""Reports written of marks are clean, and others read in them what the program measured."""

from dataclasses import replace
from pathlib import Path

import pydicom
import pytest
from highdicom.sr import Comprehensive3DSR, ComprehensiveSR, MeasurementReport
from pydicom.dataset import Dataset
from pydicom.uid import UID

from tests.builders.ct_series import write_ct_series
from tests.unit.measurement.report.marked import (
    READER,
    anchor_of,
    complaints,
    dumped,
    every_kind,
    ground_of,
    groups_of,
    header_of,
    mark,
    plane_anchor,
    write,
)
from viewer.base.errors import DicomError
from viewer.dicom.codes import Code
from viewer.dicom.instance_header import InstanceHeader
from viewer.dicom.structured_report.measurement_writing import MeasurementReportFacts
from viewer.dicom.structured_report.references import DocumentReference, InstanceReference
from viewer.measurement.ground import Ground
from viewer.measurement.kinds.table import kind_of
from viewer.measurement.report_groups import written_group
from viewer.measurement.report_groups_regions import ImageFacts
from viewer.measurement.scales import refused


@pytest.fixture(scope="module")
def headers(tmp_path_factory: pytest.TempPathFactory) -> list[InstanceHeader]:
    paths = write_ct_series(tmp_path_factory.mktemp("images"), 3, 16, pixel_spacing_mm=(0.75, 0.5))
    return [header_of(path) for path in paths]


def groups_in(path: Path) -> list[Dataset]:
    found = next(item for item in pydicom.dcmread(path).ContentSequence if _name(item) == "126010")
    return list(found.ContentSequence)


def _name(item: Dataset) -> str:
    names = item.get("ConceptNameCodeSequence")
    return str(names[0].CodeValue) if names else ""


def numbers_in(group: Dataset) -> list[tuple[str, float, str]]:
    return [
        (
            _name(item),
            item.MeasuredValueSequence[0].FloatingPointValue,
            str(item.MeasuredValueSequence[0].MeasurementUnitsCodeSequence[0].CodeValue),
        )
        for item in group.ContentSequence
        if item.ValueType == "NUM"
    ]


def in_space(group: Dataset) -> list[Dataset]:
    below = [item for each in group.ContentSequence for item in (each, *each.get("ContentSequence", ()))]
    return [item for item in below if item.ValueType == "SCOORD3D"]


def test_every_kind_makes_a_clean_document_with_all_its_numbers(tmp_path: Path, headers: list[InstanceHeader]) -> None:
    marks = every_kind(headers[0])
    path = write(tmp_path, headers[:1], groups_of(marks))
    assert complaints(path) == []
    written = groups_in(path)
    assert len(written) == len(marks)
    for annotation, group in zip(marks, written, strict=True):
        told = [(each.code.value, each.value, each.unit.ucum) for each in annotation.readings if each.value is not None]
        assert numbers_in(group) == told, annotation.kind  # bit by bit, not as decimal strings


def test_highdicom_reads_regions_and_lines(tmp_path: Path, headers: list[InstanceHeader]) -> None:
    ground, anchor = ground_of(headers[0]), anchor_of(headers[0])
    kidney = Code("64033007", "SCT", "Kidney")
    region = replace(mark("ellipse", anchor, ground), site=kidney, parameters=(("laterality", "L"),))
    line = replace(mark("length", anchor, ground), tracking_id="Lesion 1", finding=Code("108369006", "SCT", "Tumor"))
    document = ComprehensiveSR.from_dataset(pydicom.dcmread(write(tmp_path, headers[:1], groups_of([region, line]))))
    content = document.content
    assert isinstance(content, MeasurementReport)
    (planar,) = content.get_planar_roi_measurement_groups()
    assert planar.roi is not None
    assert planar.roi.graphic_type.value == "ELLIPSE"
    assert sorted(map(tuple, planar.roi.value.tolist())) == sorted(region.points)
    site = planar.finding_sites[0]
    assert site.laterality is not None
    assert site.laterality.meaning == "Left"
    area = next(each for each in planar.get_measurements() if each.name.meaning == "Area")
    assert (area.value, area.unit.value) == (region.readings[0].value, "mm2")
    lines = content.get_image_measurement_groups(tracking_uid=line.uid)
    assert [each.tracking_identifier for each in lines] == ["Lesion 1"]
    assert [each.value for each in lines[0].get_measurements()] == [line.readings[0].value]
    assert lines[0].finding_type is not None
    assert lines[0].finding_type.meaning == "Tumor"


def test_highdicom_reads_every_number(tmp_path: Path, headers: list[InstanceHeader]) -> None:
    marks = every_kind(headers[0])
    document = ComprehensiveSR.from_dataset(pydicom.dcmread(write(tmp_path, headers[:1], groups_of(marks))))
    content = document.content
    assert isinstance(content, MeasurementReport)
    read = [*content.get_planar_roi_measurement_groups(), *content.get_image_measurement_groups()]
    found = {
        str(group.tracking_uid): [(each.name.value, each.value, each.unit.value) for each in group.get_measurements()]
        for group in read
    }
    for made in marks:
        told = [(each.code.value, each.value, each.unit.ucum) for each in made.readings if each.value is not None]
        assert found[made.uid] == told, made.kind


def test_dcmtk_reads_who_what_and_on_what_scale(tmp_path: Path, headers: list[InstanceHeader]) -> None:
    ground, anchor = ground_of(headers[0]), anchor_of(headers[0])
    made = mark("length", anchor, ground)
    made = replace(
        made, text="at the hilus", readings=(replace(made.readings[0], source="mm (cal. fiducial)", caution="lossy"),)
    )
    other = replace(mark("angle", anchor, ground), provenance=replace(made.provenance, created_by="LEE^NA"))
    said = dumped(write(tmp_path, headers[:1], groups_of([made, other])))
    assert '"Person Observer Name")="KIM^GILDONG"' in said
    assert '"Person Observer Name")="LEE^NA"' in said
    assert '(scale-fiducial,99NEGATOSCOPE,"Calibrated by fiducial (cal. fiducial)")' in said
    assert 'has properties TEXT:(121106,DCM,"Comment")="lossy"' in said
    assert 'contains TEXT:(121106,DCM,"Comment")="at the hilus"' in said
    assert "Completion Flag     : PARTIAL" in said
    assert "Verification Flag   : UNVERIFIED" in said


def test_what_is_refused_is_told_and_no_number(tmp_path: Path, headers: list[InstanceHeader]) -> None:
    made = mark("length", anchor_of(headers[0]), ground_of(headers[0]))
    made = replace(made, readings=(refused(made.readings[0].code, "Length", "The image is curved"),))
    path = write(tmp_path, headers[:1], groups_of([made]))
    (group,) = groups_in(path)
    assert numbers_in(group) == []
    assert 'Why there is no value")="Length: The image is curved"' in dumped(path)
    assert [item.GraphicType for item in group.ContentSequence if item.ValueType == "SCOORD"] == ["POLYLINE"]


def test_marks_on_planes_are_written_in_the_frame_of_reference(tmp_path: Path, headers: list[InstanceHeader]) -> None:
    anchor = plane_anchor(headers[0])
    ground = Ground(16, 16, plane=anchor.plane)
    marks = [mark(each, anchor, ground) for each in ("length", "polygon", "circle")]
    path = write(tmp_path, headers, groups_of(marks))
    assert complaints(path) == []
    data_set = pydicom.dcmread(path)
    assert data_set.SOPClassUID.name == "Comprehensive 3D SR Storage"
    assert isinstance(Comprehensive3DSR.from_dataset(data_set).content, MeasurementReport)
    groups = groups_in(path)
    (line,) = in_space(groups[0])
    # row direction (0.6, 0.8, 0) by 0.25 mm a column, column direction (0, 0, -1) by 0.5 mm a row, from pixel centres
    expected = [
        coordinate
        for x, y in marks[0].points
        for coordinate in (10 + 0.6 * 0.25 * (x - 0.5), -20 + 0.8 * 0.25 * (x - 0.5), 30 - 0.5 * (y - 0.5))
    ]
    assert line.GraphicData == pytest.approx(expected, abs=1e-4)
    assert [item.GraphicType for group in groups[1:] for item in in_space(group)] == ["POLYGON", "ELLIPSE"]


def test_where_only_flat_regions_can_be_written_that_is_said(tmp_path: Path, headers: list[InstanceHeader]) -> None:
    anchor = plane_anchor(headers[0])
    made = mark("polygon", anchor, Ground(16, 16, plane=anchor.plane))
    group = written_group(made, lambda _anchor: ImageFacts(), author=READER, has_space=False)
    path = write(tmp_path, headers, [group])
    assert pydicom.dcmread(path).SOPClassUID.name == "Comprehensive SR Storage"
    assert "where it lies cannot be written here" in dumped(path)
    assert complaints(path) == []


def test_frames_are_named_where_there_are_several(headers: list[InstanceHeader]) -> None:
    made = mark("length", anchor_of(headers[0], 3), ground_of(headers[0]))
    (several,) = groups_of([made], ImageFacts(frames=5))
    (one,) = groups_of([made])
    assert several.numbers[0].regions[0].image is not None
    assert several.numbers[0].regions[0].image.frames == (3,)
    assert one.numbers[0].regions[0].image is not None
    assert one.numbers[0].regions[0].image.frames == ()


def test_a_later_version_names_the_one_before(tmp_path: Path, headers: list[InstanceHeader]) -> None:
    header = headers[0]
    before = DocumentReference(
        InstanceReference("1.2.840.10008.5.1.4.1.1.88.33", "1.2.3"), header.study_instance_uid, "1.2.4"
    )
    groups = groups_of([mark("length", anchor_of(header), ground_of(header))])
    facts = MeasurementReportFacts(author="김^길동", language="ko", predecessors=(before,))
    path = write(tmp_path, headers[:1], groups, facts)
    data_set = pydicom.dcmread(path)
    (study,) = data_set.PredecessorDocumentsSequence
    assert study.ReferencedSeriesSequence[0].ReferencedSOPSequence[0].ReferencedSOPInstanceUID == "1.2.3"
    assert str(data_set.AuthorObserverSequence[0].PersonName) == "김^길동"
    assert data_set.SpecificCharacterSet == "ISO_IR 192"
    assert complaints(path) == []


def test_names_and_texts_of_any_kind_are_written(tmp_path: Path, headers: list[InstanceHeader]) -> None:
    made = mark("length", anchor_of(headers[0]), ground_of(headers[0]))
    odd = "KIM\\^GIL\tDONG" + "N" * 80
    made = replace(made, text="a\\b\n한글 \U0001f600", provenance=replace(made.provenance, created_by="L\\^EE"))
    path = write(tmp_path, headers[:1], groups_of([made]), MeasurementReportFacts(author=odd))
    assert complaints(path) == []
    data_set = pydicom.dcmread(path)
    assert str(data_set.AuthorObserverSequence[0].PersonName) == "KIM ^GIL DONG" + "N" * 51
    assert "a\\b\n한글 \U0001f600" in {str(item.value) for item in data_set.iterall() if item.keyword == "TextValue"}


def test_nothing_and_two_studies_are_refused(tmp_path: Path, headers: list[InstanceHeader]) -> None:
    with pytest.raises(DicomError, match="nothing to write"):
        write(tmp_path, headers, [])
    data_set = pydicom.dcmread(write_ct_series(tmp_path / "other", 1, 16)[0])
    data_set.StudyInstanceUID = UID("2.25.99")
    data_set.save_as(tmp_path / "other.dcm")
    other = header_of(tmp_path / "other.dcm")
    groups = groups_of([mark("length", anchor_of(headers[0]), ground_of(headers[0]))])
    with pytest.raises(DicomError, match="one study"):
        write(tmp_path, [headers[0], other], groups)


def test_every_code_fits_its_element() -> None:
    from viewer.measurement.report_groups import METHODS, method_of, source_of

    for source, code in METHODS.items():
        assert len(code.value) <= 16
        assert len(code.meaning) <= 64
        assert source_of(code) == source
    assert method_of("") is None
    assert source_of(method_of("SUVbw")) == "SUVbw"
    assert kind_of("length").code is not None
