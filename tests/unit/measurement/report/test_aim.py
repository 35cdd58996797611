"""AIM documents: in the order that the schema asks for, back bit by bit, those of others by their shapes."""

import itertools
import xml.etree.ElementTree as ET
from collections.abc import Sequence

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
)
from tests.unit.measurement.report.test_report_taking import essence, places
from viewer.base.errors import DicomError, RefusedError
from viewer.dicom.aim.reading import read_aim
from viewer.dicom.aim.writing import AimFacts, aim_document
from viewer.dicom.aim.xml_elements import Element, parse_xml, xml_bytes
from viewer.dicom.instance_header import InstanceHeader
from viewer.measurement.annotation import Annotation
from viewer.measurement.ground import Ground
from viewer.measurement.report_groups_taken import TakenMarks, taken_marks

AIM = "{gme://caCORE.caCORE/4.4/edu.northwestern.radiology.AIM}"
XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"

_SHAPE = ("uniqueIdentifier", "questionTypeCode", "shapeIdentifier", "label", "description", "includeFlag", "comment")
_FLAT = (*_SHAPE, "imageReferenceUid", "referencedFrameNumber", "uri", "twoDimensionSpatialCoordinateCollection")
_DEEP = (*_SHAPE, "frameOfReferenceUid", "fiducialUid", "threeDimensionSpatialCoordinateCollection")
# Elements of the types in AIM_v4_rv44_XML.xsd, in their order; those that must be there are in MUST.
ORDER = {
    "ImageAnnotationCollection": (
        "uniqueIdentifier", "description", "dateTime", "user", "equipment", "person", "imageAnnotations",
    ),
    "user": ("name", "loginName", "roleInTrial", "numberWithinRoleOfClinicalTrial"),
    "equipment": ("manufacturerName", "manufacturerModelName", "deviceSerialNumber", "softwareVersion"),
    "person": ("name", "id", "birthDate", "sex", "ethnicGroup"),
    "ImageAnnotation": (
        "uniqueIdentifier", "typeCode", "dateTime", "name", "comment", "precedentReferencedAnnotationUid",
        "templateUid", "auditTrailCollection", "imagingPhysicalEntityCollection", "calculationEntityCollection",
        "inferenceEntityCollection", "annotationRoleEntityCollection", "lesionObservationEntityCollection",
        "imagingObservationEntityCollection", "taskContextEntityCollection", "segmentationEntityCollection",
        "markupEntityCollection", "imageAnnotationStatementCollection", "imageReferenceEntityCollection",
    ),
    "CalculationEntity": (
        "uniqueIdentifier", "typeCode", "questionTypeCode", "description", "mathML", "questionIndex",
        "calculationResultCollection", "algorithm",
    ),
    "CalculationResult": ("unitOfMeasure", "dataType", "dimensionCollection", "value", "encoding", "compression"),
    "Dimension": ("index", "size", "label"),
    "LesionObservationEntity": (
        "uniqueIdentifier", "lesionUniqueIdentifier", "isAdditionalObservation", "trackingIdentifier", "lesionType",
        "reconstructionInterval", "laterality",
    ),
    "MarkupEntity": _FLAT,
    "MarkupEntity in space": _DEEP,
    "TwoDimensionSpatialCoordinate": ("coordinateIndex", "x", "y"),
    "ThreeDimensionSpatialCoordinate": ("coordinateIndex", "x", "y", "z"),
    "ImageAnnotationStatement": ("subjectUniqueIdentifier", "objectUniqueIdentifier"),
    "imageStudy": ("instanceUid", "startDate", "startTime", "procedureDescription", "imageSeries"),
    "imageSeries": ("instanceUid", "modality", "imageCollection"),
    "Image": ("sopClassUid", "sopInstanceUid", "imagePlane", "generalImage"),
}  # fmt: skip
MUST = {
    "ImageAnnotationCollection": {"uniqueIdentifier", "dateTime", "imageAnnotations"},
    "ImageAnnotation": {"uniqueIdentifier", "typeCode", "dateTime", "name"},
    "CalculationEntity": {"uniqueIdentifier", "typeCode", "description"},
    "CalculationResult": {"unitOfMeasure", "dataType", "dimensionCollection", "value"},
    "LesionObservationEntity": {"uniqueIdentifier", "lesionUniqueIdentifier", "trackingIdentifier", "lesionType"},
    "MarkupEntity": {"uniqueIdentifier", "shapeIdentifier", "includeFlag", "twoDimensionSpatialCoordinateCollection"},
    "imageStudy": {"instanceUid", "startDate", "startTime", "imageSeries"},
    "person": {"name", "id"},
}


@pytest.fixture(scope="module")
def headers(tmp_path_factory: pytest.TempPathFactory) -> list[InstanceHeader]:
    paths = write_ct_series(tmp_path_factory.mktemp("images"), 2, 16, pixel_spacing_mm=(0.75, 0.5))
    return [header_of(path) for path in paths]


def document(headers: Sequence[InstanceHeader], marks: Sequence[Annotation]) -> bytes:
    return aim_document(headers, groups_of(marks), AimFacts(READER))


def take(data: bytes, headers: Sequence[InstanceHeader]) -> TakenMarks:
    numbers = itertools.count(1)
    return taken_marks(read_aim(data), places(headers), lambda: f"2.25.{next(numbers)}")


def test_elements_stand_as_the_schema_asks(headers: list[InstanceHeader]) -> None:
    plane = plane_anchor(headers[0])
    marks = [*every_kind(headers[0]), mark("circle", plane, Ground(16, 16, plane=plane.plane))]
    root = ET.fromstring(document(headers, marks))  # noqa: S314 - our own
    assert root.get("aimVersion") == "AIMv4_0"
    seen = set()
    for element in root.iter():
        name = element.tag.removeprefix(AIM)
        key = f"{name} in space" if element.get(XSI_TYPE, "").startswith("ThreeDimension") else name
        if key in ORDER:
            seen.add(key)
            found = [child.tag.removeprefix(AIM) for child in element]
            assert [ORDER[key].index(each) for each in found] == sorted(ORDER[key].index(each) for each in found), key
            assert MUST.get(key, set()) <= set(found), key
        if name.endswith("Collection") and name[0].islower():
            assert len(element), name  # collections have at least one
    assert seen == set(ORDER)
    assert len(root.findall(f".//{AIM}ImageAnnotation")) == len(marks)


def test_marks_of_every_kind_come_back_bit_by_bit(headers: list[InstanceHeader]) -> None:
    plane = plane_anchor(headers[0])
    marks = [*every_kind(headers[0]), mark("circle", plane, Ground(16, 16, plane=plane.plane))]
    taken = take(document(headers, marks), headers)
    assert taken.left_out == ()
    assert len(taken.annotations) == len(marks)
    for made, back in zip(marks, taken.annotations, strict=True):
        assert (back.kind, back.points, back.anchor) == (made.kind, made.points, made.anchor)
        assert (back.text, back.parameters, back.tracking_uid) == (made.text, made.parameters, made.uid)
        told = [(each.code, each.value, each.unit.ucum, each.source, each.derivation) for each in back.readings]
        assert told == [
            (each.code, each.value, each.unit.ucum, each.source, each.derivation)
            for each in made.readings
            if each.value is not None
        ]
        assert back.provenance.created_by == READER


@pytest.mark.parametrize("kind", ["length", "angle", "ellipse", "polygon", "point"])
def test_without_our_own_note_shapes_still_tell_the_kind(headers: list[InstanceHeader], kind: str) -> None:
    made = mark(kind, anchor_of(headers[0]), ground_of(headers[0]))
    root = ET.fromstring(document(headers, [made]))  # noqa: S314 - our own
    for markup in root.iter(f"{AIM}MarkupEntity"):
        note = markup.find(f"{AIM}comment")
        if note is not None:
            markup.remove(note)
    (back,) = take(ET.tostring(root), headers).annotations
    assert back.kind == kind
    assert sorted(back.points) == sorted(made.points)
    assert essence(back)[6] == essence(made)[6]


EPAD = """<?xml version="1.0" encoding="UTF-8"?>
<ImageAnnotationCollection xmlns="gme://caCORE.caCORE/4.4/edu.northwestern.radiology.AIM"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" aimVersion="AIMv4_0">
 <uniqueIdentifier root="1.2.3"/><dateTime value="2014-02-10T08:09:10"/>
 <user><name value="Someone"/><loginName value="some"/></user>
 <imageAnnotations><ImageAnnotation>
  <uniqueIdentifier root="1.2.3.1"/>
  <typeCode code="ROI" codeSystemName="99EPAD"/><dateTime value="2014-02-10T08:09:10"/><name value="Lesion1"/>
  <calculationEntityCollection><CalculationEntity><uniqueIdentifier root="1.2.3.2"/>
   <typeCode code="G-D7FE" codeSystemName="SRT"/><description value="Length"/>
   <calculationResultCollection><CalculationResult type="Scalar" xsi:type="ExtendedCalculationResult">
    <unitOfMeasure value="cm"/><calculationDataCollection><CalculationData><value value="1.25"/></CalculationData>
    </calculationDataCollection></CalculationResult></calculationResultCollection></CalculationEntity>
  </calculationEntityCollection>
  <markupEntityCollection><MarkupEntity xsi:type="TwoDimensionMultiPoint"><uniqueIdentifier root="1.2.3.3"/>
   <shapeIdentifier value="1"/><includeFlag value="true"/><imageReferenceUid root="{uid}"/>
   <referencedFrameNumber value="1"/><twoDimensionSpatialCoordinateCollection>
    <TwoDimensionSpatialCoordinate><coordinateIndex value="1"/><x value="7.5"/><y value="8.5"/>
    </TwoDimensionSpatialCoordinate>
    <TwoDimensionSpatialCoordinate><coordinateIndex value="0"/><x value="1.5"/><y value="2.5"/>
    </TwoDimensionSpatialCoordinate></twoDimensionSpatialCoordinateCollection></MarkupEntity>
  </markupEntityCollection>
 </ImageAnnotation></imageAnnotations>
</ImageAnnotationCollection>"""


def test_a_line_of_another_program_is_a_length(headers: list[InstanceHeader]) -> None:
    (found,) = take(EPAD.format(uid=headers[0].sop_instance_uid).encode(), headers).annotations
    assert (found.kind, found.points) == ("length", ((1.5, 2.5), (7.5, 8.5)))
    assert [(each.value, each.unit.ucum) for each in found.readings] == [(1.25, "cm")]
    assert (found.tracking_id, found.provenance.created_by) == ("Lesion1", "Someone")
    assert found.provenance.created_at == "2014-02-10T08:09:10"


LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;&b;">]><a>&c;</a>"""
OUTSIDE = b"""<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>"""
TYPED = b"""<?xml version="1.0"?><!DOCTYPE a SYSTEM "http://127.0.0.1/a.dtd"><a/>"""


@pytest.mark.parametrize("data", [LAUGHS, OUTSIDE, TYPED])
def test_document_types_and_entities_are_refused(data: bytes) -> None:
    with pytest.raises(RefusedError, match="types or entities"):
        parse_xml(data)


@pytest.mark.parametrize("data", [b"", b"<a>", b"no", b"<a></b>", b"<a>&undefined;</a>", b"\xff\xfe<"])
def test_what_is_no_xml_is_said(data: bytes) -> None:
    with pytest.raises(DicomError):
        read_aim(data)


def test_depth_and_other_documents_are_refused() -> None:
    with pytest.raises(RefusedError):
        parse_xml(b"<a>" * 1000 + b"</a>" * 1000)
    with pytest.raises(DicomError, match="no AIM"):
        read_aim(b"<html/>")


def test_any_text_is_written_so_that_it_can_be_read() -> None:
    text = "<&>\"' 김길동 \x01\x00 \U0001f600 \ud800"
    root = parse_xml(xml_bytes(Element("a", {"value": text}), {"": "urn:x"}))
    assert root.attributes["value"] == "<&>\"' 김길동  \U0001f600 "
    assert (root.name, root.namespace) == ("a", "urn:x")


def test_lines_in_texts_survive() -> None:
    root = parse_xml(xml_bytes(Element("a", {"value": "one\ntwo\tthree"}), {}))
    assert root.attributes["value"] == "one\ntwo\tthree"
