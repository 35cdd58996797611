"""Measurement groups as an AIM 4 document: an Image Annotation for each (AIM_v4_rv44_XML; PS3.21 A.8).

What is tracked stands as a lesion observation, where it is as a physical entity, its numbers as calculations, its
regions as markup; SCOORD and AIM count points alike.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from viewer import __version__
from viewer.base.errors import DicomError
from viewer.base.translation import _
from viewer.dicom.aim.xml_elements import Element, xml_bytes
from viewer.dicom.codes import Code
from viewer.dicom.derived_instance import new_uid
from viewer.dicom.instance_header import InstanceHeader
from viewer.dicom.structured_report.measurement_writing import MARK, MarkedRegion, WrittenGroup, WrittenNumber
from viewer.dicom.structured_report.values import RegionValue

AIM_NAMESPACE = "gme://caCORE.caCORE/4.4/edu.northwestern.radiology.AIM"
ISO_NAMESPACE = "uri:iso.org:21090"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_SCHEMA = f"{AIM_NAMESPACE} AIM_v4_rv44_XML.xsd"
_DOUBLE = Code("C48870", "NCI", "Double")
_ROI = Code("112040", "DCM", "Tracking Unique Identifier")
_UNKNOWN_LESION = Code("52988006", "SCT", "Lesion")
_FLAT = {
    "POINT": "TwoDimensionPoint",
    "MULTIPOINT": "TwoDimensionMultiPoint",
    "POLYLINE": "TwoDimensionPolyline",
    "CIRCLE": "TwoDimensionCircle",
    "ELLIPSE": "TwoDimensionEllipse",
}
_DEEP = {
    "POINT": "ThreeDimensionPoint",
    "MULTIPOINT": "ThreeDimensionMultiPoint",
    "POLYLINE": "ThreeDimensionPolyline",
    "POLYGON": "ThreeDimensionPolygon",
    "ELLIPSE": "ThreeDimensionEllipse",
    "ELLIPSOID": "ThreeDimensionEllipsoid",
}


@dataclass(frozen=True, slots=True)
class AimFacts:
    """What a document says beside its annotations.

    Attributes:
        author: A PN text.
        made_at: Of the document.
    """

    author: str = ""
    made_at: datetime | None = None


def aim_document(images: Sequence[InstanceHeader], groups: Sequence[WrittenGroup], facts: AimFacts) -> bytes:
    """Return a document.

    Args:
        images: All that groups refer to, of one patient.
        groups: At least one.
        facts: What else it says.

    Raises:
        DicomError: If there is nothing to write.
    """
    if not groups or not images:
        raise DicomError(_("There is nothing to write"))
    at = (facts.made_at or datetime.now().astimezone()).strftime("%Y%m%d%H%M%S")
    root = Element(
        "ImageAnnotationCollection",
        {"aimVersion": "AIMv4_0", "xsi:schemaLocation": _SCHEMA},
        [
            _uid("uniqueIdentifier", new_uid()),
            _value("dateTime", at),
            *_user(facts.author),
            Element(
                "equipment",
                {},
                [
                    _value("manufacturerName", "Negatoscope"),
                    _value("manufacturerModelName", "Negatoscope"),
                    _value("softwareVersion", __version__),
                ],
            ),
            _person(images[0]),
            Element("imageAnnotations", {}, [_annotation(each, images, at) for each in groups]),
        ],
    )
    return xml_bytes(root, {"": AIM_NAMESPACE, "xsi": _XSI, "iso": ISO_NAMESPACE})


def _annotation(group: WrittenGroup, images: Sequence[InstanceHeader], at: str) -> Element:
    regions = group.regions
    markups = [new_uid() for _region in regions]
    numbers = [(each, new_uid()) for each in group.numbers]
    comment = "\n".join(text for name, text in group.texts if not name.is_same(MARK))
    drawn = next((text for name, text in group.texts if name.is_same(MARK)), "")
    children = [
        _uid("uniqueIdentifier", new_uid()),
        _coded("typeCode", group.finding or _ROI),
        _value("dateTime", group.observed or at),
        _value("name", group.tracking_id),
    ]
    if comment:
        children.append(_value("comment", comment))
    if group.site is not None:
        children.append(_collection("imagingPhysicalEntity", [_entity("ImagingPhysicalEntity", [group.site])]))
    if numbers:
        children.append(_collection("calculationEntity", [_calculation(*each) for each in numbers]))
    children.append(_collection("lesionObservationEntity", [_lesion(group)]))
    if group.finding is not None:
        children.append(_collection("imagingObservationEntity", [_entity("ImagingObservationEntity", [group.finding])]))
    if regions:
        told = [_markup(*each, drawn) for each in zip(regions, markups, range(1, len(regions) + 1), strict=True)]
        children.append(_collection("markupEntity", told))
    statements = list(_statements(group, dict(zip(map(id, regions), markups, strict=True)), numbers))
    if statements:
        children.append(_collection("imageAnnotationStatement", statements))
    children.append(_collection("imageReferenceEntity", list(_references(group, images))))
    return Element("ImageAnnotation", {}, children)


def _calculation(number: WrittenNumber, uid: str) -> Element:
    codes = [each for each in (number.name, number.derivation, number.method) if each is not None]
    told = " ".join(each.meaning for each in codes[:2])
    result = Element(
        "CalculationResult",
        {"xsi:type": "CompactCalculationResult", "type": "Scalar"},
        [
            _value("unitOfMeasure", number.unit.value),
            _coded("dataType", _DOUBLE),
            Element(
                "dimensionCollection",
                {},
                [Element("Dimension", {}, [_value("index", "0"), _value("size", "1"), _value("label", told)])],
            ),
            _value("value", repr(float(number.value))),
        ],
    )
    return Element(
        "CalculationEntity",
        {},
        [
            _uid("uniqueIdentifier", uid),
            *(_coded("typeCode", each) for each in codes),
            _value("description", f"{told}: {number.remark}" if number.remark else told),
            _collection("calculationResult", [result]),
        ],
    )


def _lesion(group: WrittenGroup) -> Element:
    children = [
        _uid("uniqueIdentifier", new_uid()),
        _uid("lesionUniqueIdentifier", group.tracking_uid),
        _value("trackingIdentifier", group.tracking_id),
        _coded("lesionType", group.finding or _UNKNOWN_LESION),
    ]
    if group.laterality is not None:
        children.append(_coded("laterality", group.laterality))
    return Element("LesionObservationEntity", {"xsi:type": "GeneralLesionObservationEntity"}, children)


def _markup(region: MarkedRegion, uid: str, number: int, drawn: str) -> Element:
    value = region.value
    children = [_uid("uniqueIdentifier", uid), _value("shapeIdentifier", str(number)), _value("includeFlag", "true")]
    if drawn and number == 1:
        children.append(_value("comment", drawn))
    if isinstance(value, RegionValue):
        if region.image is not None:
            children.append(_uid("imageReferenceUid", region.image.instance.sop_instance_uid))
            children.append(_value("referencedFrameNumber", str(region.image.frames[0] if region.image.frames else 1)))
        kind, name = _FLAT.get(value.graphic_type, "TwoDimensionMultiPoint"), "twoDimensionSpatialCoordinate"
    else:
        children.append(_uid("frameOfReferenceUid", value.frame_of_reference_uid))
        kind, name = _DEEP.get(value.graphic_type, "ThreeDimensionMultiPoint"), "threeDimensionSpatialCoordinate"
    points = [_coordinate(name, place, point) for place, point in enumerate(value.points)]
    return Element("MarkupEntity", {"xsi:type": kind}, [*children, _collection(name, points)])


def _coordinate(name: str, place: int, point: Sequence[float]) -> Element:
    axes = [_value(axis, repr(float(part))) for axis, part in zip("xyz", point, strict=False)]
    return Element(name[0].upper() + name[1:], {}, [_value("coordinateIndex", str(place)), *axes])


def _statements(
    group: WrittenGroup, markups: dict[int, str], numbers: Sequence[tuple[WrittenNumber, str]]
) -> Iterator[Element]:
    """Yield which number is of which region."""
    own = [] if group.region is None else [group.region]
    for number, uid in numbers:
        for region in (*own, *number.regions):
            yield Element(
                "ImageAnnotationStatement",
                {"xsi:type": "CalculationEntityReferencesMarkupEntityStatement"},
                [_uid("subjectUniqueIdentifier", uid), _uid("objectUniqueIdentifier", markups[id(region)])],
            )


def _references(group: WrittenGroup, images: Sequence[InstanceHeader]) -> Iterator[Element]:
    """Yield the images of a group, a reference for each series; of a plane, all there are."""
    named = {each.image.instance.sop_instance_uid for each in group.regions if each.image is not None}
    if group.image is not None:
        named.add(group.image.instance.sop_instance_uid)
    by_series: dict[str, list[InstanceHeader]] = {}
    for each in images:
        if not named or each.sop_instance_uid in named:
            by_series.setdefault(each.series_instance_uid, []).append(each)
    for held in by_series.values():
        first = held[0]
        series = [
            _uid("instanceUid", first.series_instance_uid),
            _coded("modality", Code(first.modality or "OT", "DCM", first.modality or "OT")),
            _collection("image", [_image(each) for each in held]),
        ]
        study = [
            _uid("instanceUid", first.study_instance_uid),
            _moment("startDate", first.ascii(0x00080020)),
            _moment("startTime", first.ascii(0x00080030)),
            Element("imageSeries", {}, series),
        ]
        yield Element(
            "ImageReferenceEntity",
            {"xsi:type": "DicomImageReferenceEntity"},
            [_uid("uniqueIdentifier", new_uid()), Element("imageStudy", {}, study)],
        )


def _image(header: InstanceHeader) -> Element:
    uids = (_uid("sopClassUid", header.sop_class_uid), _uid("sopInstanceUid", header.sop_instance_uid))
    return Element("Image", {}, list(uids))


def _person(header: InstanceHeader) -> Element:
    children = [_value("name", header.text(0x00100010)), _value("id", header.text(0x00100020))]
    if birth := header.ascii(0x00100030):
        children.append(_value("birthDate", birth))
    if sex := header.ascii(0x00100040):
        children.append(_value("sex", sex))
    return Element("person", {}, children)


def _user(name: str) -> list[Element]:
    return [Element("user", {}, [_value("name", name), _value("loginName", name)])] if name else []


def _entity(name: str, codes: Iterable[Code]) -> Element:
    return Element(name, {}, [_uid("uniqueIdentifier", new_uid()), *(_coded("typeCode", each) for each in codes)])


def _collection(name: str, children: list[Element]) -> Element:
    return Element(f"{name}Collection", {}, children)


def _value(name: str, text: str) -> Element:
    return Element(name, {"value": text})


def _uid(name: str, uid: str) -> Element:
    return Element(name, {"root": uid})


def _moment(name: str, text: str) -> Element:
    return Element(name, {"value": text} if text else {"nullFlavor": "NI"})


def _coded(name: str, code: Code) -> Element:
    shown = Element("iso:displayName", {"value": code.meaning or code.value})
    return Element(name, {"code": code.value, "codeSystemName": code.scheme}, [shown])
