"""TID 2000 Basic Diagnostic Imaging Report made: headings with the reader's words, numbers, and key images.

The class is as plain as the content lets it be: Basic Text SR for words alone, Enhanced SR with images,
Comprehensive SR with numbers.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from viewer.base.errors import DicomError
from viewer.base.translation import _
from viewer.dicom.codes import Code

# isort: split

from pydicom.dataset import Dataset

from viewer.dicom.instance_header import InstanceHeader
from viewer.dicom.structured_report.content_writing import code, container, image, number, region, text
from viewer.dicom.structured_report.diagnostic_codes import (
    ADDENDUM,
    AMENDMENT_REASON,
    AMENDMENT_VERSION,
    IMAGE_CAPTION,
    IMAGE_PURPOSE,
    KEY_IMAGES,
    LANGUAGE,
    LANGUAGES,
    ORGANIZATION,
    PROCEDURE_REPORTED,
    element_of,
)
from viewer.dicom.structured_report.document_writing import (
    COMPREHENSIVE_SR,
    ENHANCED_SR,
    DocumentFacts,
    device_observer,
    document_data_set,
    person_observer,
)
from viewer.dicom.structured_report.measurement_writing import COMMENT, WrittenNumber
from viewer.dicom.structured_report.references import DocumentReference, InstanceReference
from viewer.dicom.structured_report.values import ReferenceValue, Relationship

BASIC_TEXT_SR = "1.2.840.10008.5.1.4.1.1.88.11"
TEMPLATE = "2000"
DESCRIPTION = "Diagnostic report"

_METHOD = Code("370129005", "SCT", "Measurement Method")
_DERIVATION = Code("121401", "DCM", "Derivation")
_PATH = Code("121055", "DCM", "Path")


@dataclass(frozen=True, slots=True)
class DiagnosticSection:
    """What stands under a heading; one without words and numbers is not written.

    Attributes:
        heading: Of CID 7001.
        numbers: With their regions; what the words say of them is the reader's.
    """

    heading: Code
    text: str = ""
    numbers: tuple[WrittenNumber, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing under it."""
        return not self.text.strip() and not self.numbers


@dataclass(frozen=True, slots=True)
class KeyPicture:
    """An image that shows what the report says."""

    value: ReferenceValue
    caption: str = ""


@dataclass(frozen=True, slots=True)
class DiagnosticFacts:
    """A report.

    Attributes:
        title: Of CID 7000.
        language: Of its words: "en", "ko" or "ja".
        author: A PN text; empty where this program alone is named.
        organization: The author's.
        procedure: What was done to the patient; None for what the study says.
        is_complete: Whether it is all its author has to say.
        is_verified: Whether its author answers for it; then both name and organization are there.
        predecessors: The version that it takes the place of.
        version: Of it, from 1.
        reason: Why another version was needed.
    """

    title: Code
    sections: tuple[DiagnosticSection, ...]
    images: tuple[KeyPicture, ...] = ()
    language: str = "en"
    author: str = ""
    organization: str = ""
    procedure: Code | None = None
    is_complete: bool = False
    is_verified: bool = False
    verified_at: datetime | None = None
    predecessors: tuple[DocumentReference, ...] = ()
    version: int = 1
    reason: str = ""
    description: str = DESCRIPTION

    @property
    def sop_class_uid(self) -> str:
        """The plainest class that holds it."""
        if any(section.numbers for section in self.sections):
            return COMPREHENSIVE_SR
        return ENHANCED_SR if self.images else BASIC_TEXT_SR


def diagnostic_report(source: Dataset, evidence: Sequence[InstanceHeader], facts: DiagnosticFacts) -> Dataset:
    """Return the document.

    Args:
        source: An object of the study (derived_instance.source_data_set).
        evidence: The objects that were read for it: all it refers to, at least.
        facts: What it says.

    Raises:
        DicomError: If there is nothing to write, it refers to what is no evidence, or nobody answers for what is
            said to be verified, or amended without a reason.
    """
    _check(facts, {each.sop_instance_uid for each in evidence})
    root = container(facts.title, _content(facts, facts.procedure or _procedure(source)), None, template=TEMPLATE)
    return document_data_set(
        source,
        root,
        DocumentFacts(
            facts.sop_class_uid,
            facts.description,
            tuple(_reference(each) for each in evidence),
            facts.author,
            is_complete=facts.is_complete,
            verified_by=facts.author if facts.is_verified else "",
            verified_for=facts.organization if facts.is_verified else "",
            verified_at=facts.verified_at,
            predecessors=facts.predecessors,
            instance_number=facts.version,
        ),
    )


def _check(facts: DiagnosticFacts, known: set[str]) -> None:
    if all(section.is_empty for section in facts.sections) and not facts.images:
        raise DicomError(_("The report is empty"))
    if facts.is_verified and not (facts.author.strip() and facts.organization.strip()):
        raise DicomError(_("A verified report names who verifies it, and for which organization"))
    if facts.predecessors and not facts.reason.strip():
        raise DicomError(_("Say why the report is amended"))
    numbers = [each for section in facts.sections for each in section.numbers]
    named = [found.image for each in numbers for found in each.regions if found.image is not None]
    named += [each.value for each in facts.images]
    if any(each.instance.sop_instance_uid not in known for each in named):
        raise DicomError(_("An image that the report shows is not there any more"))


def _procedure(source: Dataset) -> Code | None:
    """Return what was done as the study names it by a code; None where it does not."""
    for held in source.get("ProcedureCodeSequence") or ():
        value, scheme, meaning = (
            str(held.get(each) or "") for each in ("CodeValue", "CodingSchemeDesignator", "CodeMeaning")
        )
        if value and scheme:
            return Code(value, scheme, meaning)
    return None


def _content(facts: DiagnosticFacts, procedure: Code | None) -> Iterator[Dataset]:
    modifier = Relationship.HAS_CONCEPT_MOD
    if procedure is not None:
        yield code(PROCEDURE_REPORTED, procedure, modifier)
    yield code(LANGUAGE, LANGUAGES.get(facts.language, LANGUAGES["en"]), modifier)
    if facts.author:
        yield from person_observer(facts.author)
        if facts.organization:
            yield text(ORGANIZATION, facts.organization, Relationship.HAS_OBS_CONTEXT)
    else:
        yield from device_observer()
    if facts.predecessors:
        told = [text(AMENDMENT_VERSION, str(facts.version)), text(AMENDMENT_REASON, _lines(facts.reason))]
        yield container(ADDENDUM, told)
    for section in facts.sections:
        if not section.is_empty:
            yield container(section.heading, _narrative(section))
    if facts.images:
        yield container(KEY_IMAGES, _pictures(facts.images))


def _narrative(section: DiagnosticSection) -> Iterator[Dataset]:
    if section.text.strip():
        yield text(element_of(section.heading), _lines(section.text))
    for each in section.numbers:
        yield _number(each)


def _number(each: WrittenNumber) -> Dataset:
    modifier = Relationship.HAS_CONCEPT_MOD
    children = [] if each.method is None else [code(_METHOD, each.method, modifier)]
    if each.derivation is not None:
        children.append(code(_DERIVATION, each.derivation, modifier))
    if each.remark:
        children.append(text(COMMENT, each.remark, Relationship.HAS_PROPERTIES))
    for found in each.regions:
        below = [] if found.image is None else [image(None, found.image, Relationship.SELECTED_FROM)]
        children.append(region(_PATH, found.value, Relationship.INFERRED_FROM, below))
    return number(each.name, each.value, each.unit, children=children)


def _pictures(pictures: Sequence[KeyPicture]) -> Iterator[Dataset]:
    """Yield images, each behind its caption (as in TID 2005)."""
    for each in pictures:
        if each.caption.strip():
            yield text(IMAGE_CAPTION, _lines(each.caption))
        yield image(IMAGE_PURPOSE, each.value)


def _lines(words: str) -> str:
    """Return words with the line ends of DICOM (PS3.5 6.1.3)."""
    return "\r\n".join(line.rstrip() for line in words.strip().splitlines())


def _reference(header: InstanceHeader) -> DocumentReference:
    instance = InstanceReference(header.sop_class_uid, header.sop_instance_uid)
    return DocumentReference(instance, header.study_instance_uid, header.series_instance_uid)
