"""Content items of a structured report, made (PS3.3 C.17.3, C.18)."""

import functools
from collections.abc import Iterable

from viewer.dicom.codes import Code
from viewer.dicom.derived_instance import decimal

# isort: split

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as Items
from pydicom.uid import UID

from viewer.dicom.structured_report.references import InstanceReference
from viewer.dicom.structured_report.values import (
    ReferenceValue,
    RegionValue,
    Relationship,
    SpaceRegionValue,
    ValueType,
)

PRIVATE_SCHEME = "99NEGATOSCOPE"
_LONGEST_CODE_VALUE, _LONGEST_MEANING, _LONGEST_NAME = 16, 64, 64

Children = Iterable[Dataset]


def code_item(code: Code) -> Dataset:
    """Return a code as the item of a code sequence; long values where they belong (PS3.3 8.1)."""
    return Dataset({element.tag: element for element in _code_elements(code)})


@functools.lru_cache(maxsize=1024)
def _code_elements(code: Code) -> tuple[DataElement, ...]:
    """Return the elements of a code; a report has the same few thousands of times, and making them takes its time."""
    item = Dataset()
    value = code.value or "unknown"
    if len(value) <= _LONGEST_CODE_VALUE:
        item.CodeValue = value
    elif value.startswith(("urn:", "http:", "https:")):
        item.URNCodeValue = value
    else:
        item.LongCodeValue = value
    if "URNCodeValue" not in item or code.scheme:
        item.CodingSchemeDesignator = code.scheme[:_LONGEST_CODE_VALUE] or PRIVATE_SCHEME
    item.CodeMeaning = (code.meaning or value).replace("\\", "/")[:_LONGEST_MEANING]
    return tuple(item)


def content_item(
    value_type: ValueType, name: Code | None, relationship: Relationship | None, children: Children = ()
) -> Dataset:
    """Return an item without its value; the root has no relationship."""
    item = Dataset()
    if relationship is not None:
        item.RelationshipType = relationship.value
    item.ValueType = value_type.value
    if name is not None:
        item.ConceptNameCodeSequence = Items([code_item(name)])
    below = list(children)
    if below:
        item.ContentSequence = Items(below)
    return item


def container(
    name: Code, children: Children, relationship: Relationship | None = Relationship.CONTAINS, *, template: str = ""
) -> Dataset:
    """Return a CONTAINER; its template is one of DCMR."""
    item = content_item(ValueType.CONTAINER, name, relationship, children)
    item.ContinuityOfContent = "SEPARATE"
    if template:
        held = Dataset()
        held.MappingResource, held.TemplateIdentifier = "DCMR", template
        item.ContentTemplateSequence = Items([held])
    return item


def text(
    name: Code, words: str, relationship: Relationship = Relationship.CONTAINS, children: Children = ()
) -> Dataset:
    """Return a TEXT."""
    item = content_item(ValueType.TEXT, name, relationship, children)
    item.TextValue = words
    return item


def code(
    name: Code, value: Code, relationship: Relationship = Relationship.CONTAINS, children: Children = ()
) -> Dataset:
    """Return a CODE."""
    item = content_item(ValueType.CODE, name, relationship, children)
    item.ConceptCodeSequence = Items([code_item(value)])
    return item


def uid_reference(name: Code, uid: str, relationship: Relationship = Relationship.CONTAINS) -> Dataset:
    """Return a UIDREF."""
    item = content_item(ValueType.UIDREF, name, relationship)
    item.UID = UID(uid)
    return item


def person_name(name: Code, person: str, relationship: Relationship = Relationship.CONTAINS) -> Dataset:
    """Return a PNAME of a PN text."""
    item = content_item(ValueType.PNAME, name, relationship)
    item.PersonName = plain_name(person)
    return item


def plain_name(person: str) -> str:
    """Return a name without what a PN cannot hold: control characters, backslashes, groups of more than 64 letters."""
    kept = "".join(letter if letter.isprintable() and letter != "\\" else " " for letter in person)
    return "=".join(" ".join(group.split())[:_LONGEST_NAME] for group in kept.split("=")[:3])


def number(
    name: Code, value: float, unit: Code, relationship: Relationship = Relationship.CONTAINS, children: Children = ()
) -> Dataset:
    """Return a NUM: the decimal string has 16 characters, the floating point value beside it every digit (C.18.1)."""
    item = content_item(ValueType.NUM, name, relationship, children)
    measured = Dataset()
    measured.NumericValue = str(value) if isinstance(value, int) else decimal(value)
    if not isinstance(value, int):
        measured.FloatingPointValue = float(value)
    measured.MeasurementUnitsCodeSequence = Items([code_item(unit)])
    item.MeasuredValueSequence = Items([measured])
    return item


def instance_item(instance: InstanceReference) -> Dataset:
    """Return a SOP Instance Reference."""
    item = Dataset()
    item.ReferencedSOPClassUID = UID(instance.sop_class_uid)
    item.ReferencedSOPInstanceUID = UID(instance.sop_instance_uid)
    return item


def image(
    name: Code | None,
    value: ReferenceValue,
    relationship: Relationship = Relationship.CONTAINS,
    children: Children = (),
    *,
    value_type: ValueType = ValueType.IMAGE,
) -> Dataset:
    """Return an IMAGE, with its frames; or another reference."""
    item = content_item(value_type, name, relationship, children)
    referenced = instance_item(value.instance)
    if value.frames:
        referenced.ReferencedFrameNumber = list(value.frames)
    if value.segments:
        referenced.ReferencedSegmentNumber = list(value.segments)
    if value.presentation_state is not None:
        referenced.ReferencedSOPSequence = Items([instance_item(value.presentation_state)])
    item.ReferencedSOPSequence = Items([referenced])
    return item


def region(
    name: Code | None,
    value: RegionValue | SpaceRegionValue,
    relationship: Relationship = Relationship.CONTAINS,
    children: Children = (),
) -> Dataset:
    """Return a SCOORD, whose image is below it, or a SCOORD3D."""
    is_flat = isinstance(value, RegionValue)
    item = content_item(ValueType.SCOORD if is_flat else ValueType.SCOORD3D, name, relationship, children)
    item.GraphicType = value.graphic_type
    item.GraphicData = [float(part) for point in value.points for part in point]
    if isinstance(value, SpaceRegionValue):
        item.ReferencedFrameOfReferenceUID = UID(value.frame_of_reference_uid)
    return item
