"""Marks on images of many kinds: frames, mosaics, several series; each where it is, in the whole document."""

from dataclasses import replace
from pathlib import Path

import pydicom
import pytest
from pydicom.uid import UID

from tests.builders.ct_series import write_ct_series
from tests.builders.enhanced import write_enhanced_ct
from tests.unit.measurement.report.marked import READER, anchor_of, complaints, ground_of, header_of, mark
from tests.unit.measurement.report.test_report_taking import take
from viewer.base.errors import DicomError
from viewer.base.jobs import Progress
from viewer.dicom.instance_header import InstanceHeader
from viewer.measurement.annotation import Annotation, ImageAnchor
from viewer.workspace.reporting.measurement_saving import MakeMeasurementReport, ReportWording


def make(folder: Path, marks: tuple[Annotation, ...], headers: tuple[InstanceHeader, ...]) -> Path:
    (path,) = MakeMeasurementReport(marks, headers, ReportWording(READER))(folder, Progress())
    return path


def referenced(path: Path) -> set[str]:
    (study,) = pydicom.dcmread(path).CurrentRequestedProcedureEvidenceSequence
    return {
        str(each.ReferencedSOPInstanceUID)
        for series in study.ReferencedSeriesSequence
        for each in series.ReferencedSOPSequence
    }


def test_several_series_of_a_study_are_one_document(tmp_path: Path) -> None:
    headers = [header_of(path) for path in write_ct_series(tmp_path / "a", 2, 16)]
    for path in write_ct_series(tmp_path / "b", 1, 16):
        data_set = pydicom.dcmread(path)
        data_set.SeriesInstanceUID, data_set.SOPInstanceUID = UID("2.25.5"), UID("2.25.6")
        data_set.file_meta.MediaStorageSOPInstanceUID = UID("2.25.6")
        data_set.save_as(path)
        headers.append(header_of(path))
    marks = tuple(
        replace(mark("length", anchor_of(header), ground_of(header)), uid=f"1.2.{number}")
        for number, header in enumerate((headers[0], headers[2]))
    )
    path = make(tmp_path, marks, tuple(headers))
    assert complaints(path) == []
    assert referenced(path) == {headers[0].sop_instance_uid, headers[2].sop_instance_uid}
    anchors = [each.anchor for each in take(path, headers).annotations]
    assert [each.series_instance_uid for each in anchors] == [headers[0].series_instance_uid, "2.25.5"]


def test_a_frame_of_many_is_named(tmp_path: Path) -> None:
    header = header_of(write_enhanced_ct(tmp_path / "enhanced.dcm", 4, 16))
    made = mark("ellipse", anchor_of(header, 3), ground_of(header, 3))
    path = make(tmp_path, (made,), (header,))
    assert complaints(path) == []
    (back,) = take(path, [header]).annotations
    assert isinstance(back.anchor, ImageAnchor)
    assert (back.anchor.frame_number, back.points) == (3, made.points)


def test_a_slice_of_a_mosaic_lies_in_its_tile(tmp_path: Path, shared_data: Path) -> None:
    header = header_of(min((shared_data / "mr-mosaic").glob("*.dcm")))
    from viewer.imaging.mosaic_frames import mosaic_of

    mosaic = mosaic_of(header)
    anchor = replace(anchor_of(header), tile=2)
    made = mark("length", anchor, ground_of(header))
    path = make(tmp_path, (made,), (header,))
    row, column = mosaic.tile_origin(1)
    (line,) = [item for item in pydicom.dcmread(path).iterall() if item.keyword == "GraphicData"]
    assert list(line.value) == [part for x, y in made.points for part in (x + column, y + row)]
    assert (row, column) != (0, 0)


@pytest.mark.parametrize(
    "name",
    ["segmentation-and-sr/dx_image.dcm", "segmentation-and-sr/ct_image.dcm", "segmentation-and-sr/sm_image.dcm"],
)
def test_marks_on_real_images_make_clean_documents_and_come_back(tmp_path: Path, shared_data: Path, name: str) -> None:
    header = header_of(shared_data / name)
    made = Annotation("2.25.4", "length", anchor_of(header), ((1.5, 2.25), (7.123456789, 8.0)), text="한글")
    path = make(tmp_path, (made,), (header,))
    assert [line for line in complaints(path) if line.startswith("Error")] == []
    (back,) = take(path, [header]).annotations
    assert (back.anchor, back.points, back.text) == (made.anchor, made.points, made.text)


def test_marks_whose_images_are_not_there_are_told(tmp_path: Path) -> None:
    headers = tuple(header_of(path) for path in write_ct_series(tmp_path / "a", 2, 16))
    marks = tuple(
        replace(mark("length", anchor_of(header), ground_of(header)), uid=f"1.2.{number}")
        for number, header in enumerate(headers)
    )
    maker = MakeMeasurementReport(marks, headers[:1], ReportWording(READER))
    maker(tmp_path, Progress())
    assert maker.left_out == [marks[1]]
    with pytest.raises(DicomError, match="not there"):
        MakeMeasurementReport(marks[1:], headers[:1], ReportWording(READER))(tmp_path, Progress())


def test_an_image_without_a_study_is_refused(tmp_path: Path) -> None:
    (path,) = write_ct_series(tmp_path / "a", 1, 16)
    data_set = pydicom.dcmread(path)
    del data_set.StudyInstanceUID
    data_set.save_as(path)
    header = header_of(path)
    made = mark("length", anchor_of(header), ground_of(header))
    with pytest.raises(DicomError, match="to which study it belongs"):
        make(tmp_path, (made,), (header,))
