"""What a report says comes back as marks: our own to the last bit, those of others by what they say."""

import itertools
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pydicom
import pytest

from tests.builders.ct_series import write_ct_series
from tests.unit.measurement.report.marked import (
    READER,
    anchor_of,
    every_kind,
    ground_of,
    groups_of,
    header_of,
    mark,
    plane_anchor,
    write,
)
from viewer.base.byte_source import FileBytes
from viewer.dicom.codes import Code
from viewer.dicom.derived_instance import write_object
from viewer.dicom.image_plane import ImagePlane, plane_of
from viewer.dicom.instance_header import InstanceHeader
from viewer.dicom.structured_report.measurement_writing import MARK, MarkedRegion, WrittenGroup, WrittenNumber
from viewer.dicom.structured_report.reading import read_report
from viewer.dicom.structured_report.references import InstanceReference
from viewer.dicom.structured_report.values import ReferenceValue, RegionValue, SpaceRegionValue
from viewer.measurement.annotation import Annotation, ImageAnchor
from viewer.measurement.ground import Ground
from viewer.measurement.report_groups_regions import ImageFacts
from viewer.measurement.report_groups_taken import Places, TakenMarks, taken_marks


@pytest.fixture(scope="module")
def headers(tmp_path_factory: pytest.TempPathFactory) -> list[InstanceHeader]:
    paths = write_ct_series(tmp_path_factory.mktemp("images"), 3, 16, pixel_spacing_mm=(0.75, 0.5))
    return [header_of(path) for path in paths]


def places(headers: Sequence[InstanceHeader]) -> Places:
    known = {header.sop_instance_uid: header for header in headers}

    def image(uid: str, frame: int, tile: int) -> ImageAnchor | None:
        return replace(anchor_of(known[uid], max(frame, 1)), tile=tile) if uid in known else None

    def through(
        _frame_of_reference: str, spots: Sequence[tuple[float, float, float]]
    ) -> tuple[ImageAnchor, ImagePlane] | None:
        for header in headers:
            plane = plane_of(header)
            if plane is not None and all(abs(plane.point_image(spot)[2]) < 0.1 for spot in spots):
                return anchor_of(header), plane
        return None

    return Places(image, through, lambda _anchor: ImageFacts())


def take(path: Path, headers: Sequence[InstanceHeader]) -> TakenMarks:
    numbers = itertools.count(1)
    return taken_marks(read_report(FileBytes(path)), places(headers), lambda: f"2.25.{next(numbers)}")


def essence(annotation: Annotation) -> tuple[object, ...]:
    return (
        annotation.kind,
        annotation.anchor,
        annotation.points,
        annotation.text,
        annotation.parameters,
        annotation.tracking_uid or annotation.uid,
        [
            (each.code, each.value, each.unit.ucum, each.source, each.derivation, each.caution)
            for each in annotation.readings
        ],
        annotation.provenance.created_by,
    )


def test_marks_of_every_kind_come_back_bit_by_bit(tmp_path: Path, headers: list[InstanceHeader]) -> None:
    marks = every_kind(headers[0])
    taken = take(write(tmp_path, headers, groups_of(marks)), headers)
    assert taken.left_out == ()
    by_tracking = {each.tracking_uid: each for each in taken.annotations}
    assert len(by_tracking) == len(marks)
    for made in marks:
        back = by_tracking[made.uid]
        told = replace(back, readings=tuple(each for each in back.readings if each.value is not None))
        whole = replace(made, readings=tuple(each for each in made.readings if each.value is not None))
        assert essence(told) == essence(whole), made.kind
        assert back.is_locked
        assert back.group == f"Report of {READER}"
        assert back.provenance.created_at == "2026-03-04T10:11:12+09:00"


def test_marks_on_planes_come_back_where_they_were(tmp_path: Path, headers: list[InstanceHeader]) -> None:
    anchor = plane_anchor(headers[0])
    marks = [mark(each, anchor, Ground(16, 16, plane=anchor.plane)) for each in ("length", "circle", "polygon")]
    taken = take(write(tmp_path, headers, groups_of(marks)), headers)
    assert [essence(each) for each in taken.annotations] == [essence(each) for each in marks]


def test_what_was_changed_since_is_taken_as_it_stands(tmp_path: Path, headers: list[InstanceHeader]) -> None:
    path = write(tmp_path, headers, groups_of([mark("polyline", anchor_of(headers[0]), ground_of(headers[0]))]))
    data_set = pydicom.dcmread(path)
    for item in data_set.iterall():
        if item.keyword == "GraphicData":
            item.value = [1.0, 2.0, 3.0, 4.0]
    with path.open("wb") as stream:
        write_object(data_set, stream)
    (found,) = take(path, headers).annotations
    assert (found.kind, found.points) == ("length", ((1.0, 2.0), (3.0, 4.0)))


@pytest.mark.parametrize(
    "told",
    [
        "{",
        "[]",
        '{"v":1}',
        '{"v":2,"kind":"length","points":[[1,2],[3,4]]}',
        '{"v":1,"kind":"length","points":[[1,2]]}',
        '{"v":1,"kind":"cobb","points":[[1,2]]}',
        '{"v":1,"kind":"length","points":[[NaN,2],[3,Infinity]]}',
        '{"v":1,"kind":"length","points":"ab"}',
        '{"v":1,"kind":"length","points":[[1,2],[3,1e999]]}',
        '{"v":1,"kind":"none","points":[[1,2],[3,4]]}',
        '{"v":1,"kind":"brush","points":[[0,0]],"parameters":[["mask","99999 99999 5 5"]]}',
        '{"v":1,"kind":"length","points":[[1,2],[3,4]],"plane":{"row":[1,0]}}',
        '{"v":1,"kind":"length","points":[[1,2],[3,4]],"tile":"x"}',
        "[" * 100_000,
    ],
)
def test_notes_that_make_no_sense_are_passed_over(tmp_path: Path, headers: list[InstanceHeader], told: str) -> None:
    made = mark("length", anchor_of(headers[0]), ground_of(headers[0]))
    (group,) = groups_of([made])
    path = write(tmp_path, headers, [replace(group, texts=((MARK, told),))])
    (found,) = take(path, headers).annotations
    assert (found.kind, found.points) == ("length", made.points)
    assert [each.value for each in found.readings] == [made.readings[0].value]


def test_the_words_of_a_calibration_come_back(tmp_path: Path, headers: list[InstanceHeader]) -> None:
    made = mark("length", anchor_of(headers[0]), ground_of(headers[0]))
    words = "mm (cal. fiducial): known length 50 mm"
    made = replace(made, provenance=replace(made.provenance, calibration=words))
    (back,) = take(write(tmp_path, headers, groups_of([made])), headers).annotations
    assert back.provenance.calibration == words


def test_images_that_are_not_open_are_told(tmp_path: Path, headers: list[InstanceHeader]) -> None:
    made = replace(mark("length", anchor_of(headers[0]), ground_of(headers[0])), tracking_id="Lesion 7")
    taken = take(write(tmp_path, headers, groups_of([made])), headers[1:])
    assert taken == TakenMarks((), ("Lesion 7: it lies on no image that is open",))


MM, DEG = Code("mm", "UCUM", "mm"), Code("deg", "UCUM", "deg")
SOME = Code("1", "99TEST", "Something")


@pytest.mark.parametrize(
    ("graphic_type", "points", "unit", "kind", "count"),
    [
        ("POLYLINE", ((1, 2), (3, 4)), MM, "length", 2),
        ("POLYLINE", ((1, 2), (3, 4), (5, 6)), MM, "polyline", 3),
        ("POLYLINE", ((1, 2), (3, 4), (5, 6), (1, 2)), MM, "polygon", 3),
        ("POLYLINE", ((1, 2), (3, 4), (5, 6)), DEG, "angle", 3),
        ("POLYLINE", ((1, 2), (3, 4), (5, 6), (7, 8)), DEG, "open_angle", 4),
        ("CIRCLE", ((5, 5), (8, 5)), MM, "circle", 2),
        ("ELLIPSE", ((1, 5), (9, 5), (5, 3), (5, 7)), MM, "ellipse", 4),
        ("POINT", ((5, 5),), MM, "point", 1),
    ],
)
def test_what_others_draw_is_known_by_its_shape(
    tmp_path: Path,
    headers: list[InstanceHeader],
    graphic_type: str,
    points: tuple[tuple[float, float], ...],
    unit: Code,
    kind: str,
    count: int,
) -> None:
    header = headers[0]
    image = ReferenceValue(InstanceReference(header.sop_class_uid, header.sop_instance_uid))
    region = MarkedRegion(RegionValue(graphic_type, points), image)
    number = WrittenNumber(SOME, 1 / 3, unit, regions=(region,))
    group = WrittenGroup("Theirs", "1.2.9", (number,), finding=SOME)
    (found,) = take(write(tmp_path, headers, [group]), headers).annotations
    assert (found.kind, found.points) == (kind, tuple((float(x), float(y)) for x, y in points[:count]))
    assert [(each.code, each.value, each.unit.ucum) for each in found.readings] == [(SOME, 1 / 3, unit.value)]
    assert (found.tracking_id, found.tracking_uid, found.finding) == ("Theirs", "1.2.9", SOME)


def test_regions_in_space_come_onto_the_image_they_lie_in(tmp_path: Path, headers: list[InstanceHeader]) -> None:
    header = headers[1]
    plane = plane_of(header)
    assert plane is not None
    spots = tuple(plane.point_patient(x - 0.5, y - 0.5) for x, y in ((2.0, 3.0), (8.0, 3.0), (8.0, 9.0), (2.0, 3.0)))
    region = MarkedRegion(SpaceRegionValue("POLYGON", spots, header.ascii(0x00200052)))
    (found,) = take(write(tmp_path, headers, [WrittenGroup("Theirs", "1.2.9", region=region)]), headers).annotations
    assert isinstance(found.anchor, ImageAnchor)
    assert (found.kind, found.anchor.sop_instance_uid) == ("polygon", header.sop_instance_uid)
    assert [part for point in found.points for part in point] == pytest.approx([2, 3, 8, 3, 8, 9], abs=1e-3)


@pytest.mark.parametrize("name", ["sr.dcm", "sr_document.dcm", "sr_document_with_multiple_groups.dcm"])
def test_reports_of_others_are_taken_or_told(shared_data: Path, name: str) -> None:
    folder = shared_data / "segmentation-and-sr"
    images = [header_of(folder / "ct_image.dcm")]
    report = read_report(FileBytes(folder / name))
    referred = {each.instance.sop_instance_uid for each in report.header.evidence}
    taken = take(folder / name, images)
    if images[0].sop_instance_uid not in referred:
        assert taken.annotations == ()
        assert taken.left_out == ("primary tumor: it was measured on a segmentation",)
        return
    expected = {
        "sr_document.dcm": [("circle", [1.7])],
        "sr_document_with_multiple_groups.dcm": [("circle", [10.0]), ("polyline", [20.0])],
    }[name]
    told = [(each.kind, [reading.value for reading in each.readings]) for each in taken.annotations]
    assert told[: len(expected)] == expected
