"""An AIM document read as the measurement report it stands for (PS3.21 A.8): a group for each Image Annotation."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from viewer.base.errors import DicomError
from viewer.base.translation import _
from viewer.dicom.aim.writing import AIM_NAMESPACE
from viewer.dicom.aim.xml_elements import Element, parse_xml
from viewer.dicom.codes import Code
from viewer.dicom.structured_report.measurement_writing import COMMENT, MARK, TITLE
from viewer.dicom.structured_report.references import InstanceReference
from viewer.dicom.structured_report.values import (
    CodeValue,
    ContainerValue,
    ContentItem,
    NumericValue,
    Position,
    ReferenceValue,
    RegionValue,
    Relationship,
    ReportHeader,
    ReportPatient,
    SpaceRegionValue,
    StructuredReport,
    TextValue,
    Value,
    ValueType,
)

_MEASUREMENTS = Code("126010", "DCM", "Imaging Measurements")
_GROUP = Code("125007", "DCM", "Measurement Group")
_TRACKING_ID = Code("112039", "DCM", "Tracking Identifier")
_TRACKING_UID = Code("112040", "DCM", "Tracking Unique Identifier")
_FINDING = Code("121071", "DCM", "Finding")
_SITE = Code("363698007", "SCT", "Finding Site")
_LATERALITY = Code("272741003", "SCT", "Laterality")
_METHOD = Code("370129005", "SCT", "Measurement Method")
_DERIVATION = Code("121401", "DCM", "Derivation")
_REGION = Code("111030", "DCM", "Image Region")
_METHOD_BEGINNING = "scale-"
_AREAS = frozenset({"mm2", "cm2", "{pixels}2"})
_IMAGE_TYPES = {"TwoDimensionSpline": "POLYLINE"}


@dataclass(slots=True, eq=False)
class _Node:
    """A content item before it knows where it stands."""

    type: ValueType
    name: Code | None
    value: Value | None
    children: "list[_Node]" = field(default_factory=list)
    relationship: Relationship = Relationship.CONTAINS
    observed: str = ""


def is_aim(root: Element) -> bool:
    """Return whether a document is an AIM 4 collection of image annotations."""
    return root.name == "ImageAnnotationCollection" and root.namespace in {AIM_NAMESPACE, ""}


def read_aim(data: bytes) -> StructuredReport:
    """Return what a document says, as a report.

    Raises:
        RefusedError: It is dangerous.
        DicomError: It is no AIM 4 document.
    """
    root = parse_xml(data)
    if not is_aim(root):
        raise DicomError(_("This is no AIM 4 document"))
    groups = [_group(each) for each in root.below("imageAnnotations", "ImageAnnotation")]
    held = _Node(ValueType.CONTAINER, _MEASUREMENTS, ContainerValue(), groups)
    top = _Node(ValueType.CONTAINER, TITLE, ContainerValue(template="1500"), [held])
    return StructuredReport(_header(root), _item(top, (1,)), "1500")


def _header(root: Element) -> ReportHeader:
    moment = "".join(letter for letter in root.value("dateTime") if letter.isdecimal())
    author = root.value("user", "name") or root.value("user", "loginName")
    return ReportHeader(
        InstanceReference("", root.value("uniqueIdentifier", attribute="root")),
        ReportPatient(root.value("person", "name"), root.value("person", "id")),
        study_instance_uid=root.value("studyInstanceUid", attribute="root") or _study(root),
        manufacturer=root.value("equipment", "manufacturerName"),
        model_name=root.value("equipment", "manufacturerModelName"),
        content_date=moment[:8],
        content_time=moment[8:14],
        authors=(author,) if author else (),
    )


def _study(root: Element) -> str:
    annotation = root.child("imageAnnotations", "ImageAnnotation")
    reference = None if annotation is None else annotation.child("imageReferenceEntityCollection")
    return (
        ""
        if reference is None
        else reference.value("ImageReferenceEntity", "imageStudy", "instanceUid", attribute="root")
    )


def _group(annotation: Element) -> _Node:
    lesion = annotation.child("lesionObservationEntityCollection", "LesionObservationEntity")
    tracking_uid = annotation.value("trackingUniqueIdentifier", attribute="root")
    tracking_id, side = annotation.value("name"), None
    if lesion is not None:
        tracking_uid = tracking_uid or lesion.value("lesionUniqueIdentifier", attribute="root")
        tracking_id = lesion.value("trackingIdentifier") or tracking_id
        side = _code(lesion.child("laterality"))
    context = Relationship.HAS_OBS_CONTEXT
    children = [_text(_TRACKING_ID, tracking_id, context)]
    if tracking_uid:
        children.append(_Node(ValueType.UIDREF, _TRACKING_UID, TextValue(tracking_uid), relationship=context))
    finding = _code(annotation.child("imagingObservationEntityCollection", "ImagingObservationEntity", "typeCode"))
    if finding is not None:
        children.append(_Node(ValueType.CODE, _FINDING, CodeValue(finding)))
    site = _code(annotation.child("imagingPhysicalEntityCollection", "ImagingPhysicalEntity", "typeCode"))
    if site is not None:
        modifier = Relationship.HAS_CONCEPT_MOD
        below = [] if side is None else [_Node(ValueType.CODE, _LATERALITY, CodeValue(side), relationship=modifier)]
        children.append(_Node(ValueType.CODE, _SITE, CodeValue(site), below, modifier))
    if comment := annotation.value("comment"):
        children.append(_text(COMMENT, comment))
    children += _measured(annotation)
    moment = "".join(letter for letter in annotation.value("dateTime") if letter.isdecimal() or letter in "+-")
    return _Node(ValueType.CONTAINER, _GROUP, ContainerValue(), children, observed=_dt(moment))


def _dt(text: str) -> str:
    """Return a moment as a DT, also where it was written with dashes."""
    digits = "".join(letter for letter in text if letter.isdecimal())
    zone = text[14:] if len(text) == 19 and text[:14].isdecimal() and text[14] in "+-" else ""
    return digits[:14] + zone


def _measured(annotation: Element) -> list[_Node]:
    """Return the numbers and regions of an annotation, each region at the number that alone is of it."""
    numbers = {
        each.value("uniqueIdentifier", attribute="root"): node
        for each in annotation.below("calculationEntityCollection", "CalculationEntity")
        if (node := _number(each)) is not None
    }
    markups = annotation.below("markupEntityCollection", "MarkupEntity")
    drawn = next((text for each in markups if (text := each.value("comment")).startswith('{"v":')), "")
    has_area = any(_unit(node) in _AREAS for node in numbers.values())
    users: dict[str, list[str]] = {}
    for each in annotation.below("imageAnnotationStatementCollection", "ImageAnnotationStatement"):
        subject, object_ = (each.value(f"{end}UniqueIdentifier", attribute="root") for end in ("subject", "object"))
        number, markup = (subject, object_) if subject in numbers else (object_, subject)
        if number in numbers:
            users.setdefault(markup, []).append(number)
    alone: list[_Node] = []
    for each in markups:
        region = _region(each, is_own=bool(drawn), is_closed=has_area)
        if region is None:
            continue
        of = users.get(each.value("uniqueIdentifier", attribute="root"), [])
        if len(of) == 1 or (of and len(markups) > 1):
            region.relationship = Relationship.INFERRED_FROM
            numbers[of[0]].children.append(region)
        else:
            alone.append(region)
    told = [_text(MARK, drawn)] if drawn else []
    return [*numbers.values(), *alone, *told]


def _unit(node: _Node) -> str:
    value = node.value
    return value.unit.value if isinstance(value, NumericValue) and value.unit is not None else ""


def _number(calculation: Element) -> _Node | None:
    codes = [code for each in calculation.children if each.name == "typeCode" and (code := _code(each)) is not None]
    result = calculation.child("calculationResultCollection", "CalculationResult")
    if result is None:
        return None
    text = result.value("value") or _extended_value(result)
    try:
        value: float | None = float(text)
    except ValueError:
        value = None
    unit = result.value("unitOfMeasure")
    name = codes[0] if codes else Code("", "", calculation.value("description"))
    number = NumericValue(
        text, value if value is not None and math.isfinite(value) else None, Code(unit, "UCUM", unit) if unit else None
    )
    modifier = Relationship.HAS_CONCEPT_MOD
    children = [
        _Node(
            ValueType.CODE,
            _METHOD if each.value.startswith((_METHOD_BEGINNING, "value-map")) else _DERIVATION,
            CodeValue(each),
            relationship=modifier,
        )
        for each in codes[1:]
    ]
    _said, separator, remark = calculation.value("description").partition(": ")
    if separator:
        children.append(_text(COMMENT, remark, Relationship.HAS_PROPERTIES))
    return _Node(ValueType.NUM, name, number, children)


def _extended_value(result: Element) -> str:
    data = result.child("calculationDataCollection", "CalculationData")
    return "" if data is None else data.value("value")


def _region(markup: Element, *, is_own: bool, is_closed: bool) -> _Node | None:
    kind = markup.attributes.get("type", "")
    if kind == "TextAnnotationEntity":
        shape = markup.child("geometricShapeEntity")
        return None if shape is None else _region(shape, is_own=is_own, is_closed=is_closed)
    is_flat = kind.startswith("TwoDimension")
    if not is_flat and not kind.startswith("ThreeDimension"):
        return None
    name = "twoDimensionSpatialCoordinate" if is_flat else "threeDimensionSpatialCoordinate"
    spots = markup.below(f"{name}Collection", name[0].upper() + name[1:])
    points = _points(spots, "xy" if is_flat else "xyz")
    graphic = _IMAGE_TYPES.get(kind, kind.removeprefix("TwoDimension").removeprefix("ThreeDimension").upper())
    if graphic == "MULTIPOINT" and len(points) > 1 and not is_own:
        graphic = "POLYLINE"  # lines and angles are written so by others
    elif graphic == "POLYLINE" and is_closed and not is_own and len(points) > 2 and points[0] != points[-1]:
        points = (*points, points[0])
    if not points:
        return None
    if not is_flat:
        frame = markup.value("frameOfReferenceUid", attribute="root")
        space = tuple((x, y, z) for x, y, z in points)
        return _Node(ValueType.SCOORD3D, _REGION, SpaceRegionValue(graphic, space, frame))
    uid = markup.value("imageReferenceUid", attribute="root")
    frame_text = markup.value("referencedFrameNumber")
    frames = (int(frame_text),) if frame_text.isdecimal() and int(frame_text) > 0 else ()
    image = _Node(ValueType.IMAGE, None, ReferenceValue(InstanceReference("", uid), frames))
    image.relationship = Relationship.SELECTED_FROM
    flat = tuple((point[0], point[1]) for point in points)
    return _Node(ValueType.SCOORD, _REGION, RegionValue(graphic, flat), [image])


def _points(spots: Sequence[Element], axes: str) -> tuple[tuple[float, ...], ...]:
    """Return coordinates in the order of their index.

    Raises:
        DicomError: One is no number.
    """
    try:
        found = [
            (int(each.value("coordinateIndex") or place), tuple(float(each.value(axis)) for axis in axes))
            for place, each in enumerate(spots)
        ]
    except ValueError as error:
        raise DicomError(_("A coordinate is no number")) from error
    return tuple(point for _place, point in sorted(found, key=lambda each: each[0]))


def _code(element: Element | None) -> Code | None:
    if element is None:
        return None
    value, scheme = element.attributes.get("code", ""), element.attributes.get("codeSystemName", "")
    if not value:
        return None
    meaning = element.value("displayName") or element.attributes.get("codeSystem", "") or value
    return Code(value, scheme, meaning)


def _text(name: Code, words: str, relationship: Relationship = Relationship.CONTAINS) -> _Node:
    return _Node(ValueType.TEXT, name, TextValue(words), relationship=relationship)


def _item(node: _Node, position: Position) -> ContentItem:
    children = tuple(_item(each, (*position, place)) for place, each in enumerate(node.children, start=1))
    relationship = "" if len(position) == 1 else node.relationship.value
    return ContentItem(position, relationship, node.type.value, node.name, node.value, children, observed=node.observed)
