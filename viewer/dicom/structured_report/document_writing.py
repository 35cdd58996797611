"""Structured report documents, made: patient and study are those of the images, the series and equipment are ours.

Knows what every document of the kind has in common (PS3.3 C.17.1, C.17.2): evidence, predecessors, author, state.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from viewer.base.errors import DicomError
from viewer.base.translation import _
from viewer.dicom.codes import Code
from viewer.dicom.derived_instance import NewSeries, derived_data_set, series_number
from viewer.dicom.implementation import IMPLEMENTATION_CLASS_UID
from viewer.dicom.text_encoding import UTF_8

# isort: split

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as Items
from pydicom.uid import UID

from viewer.dicom.derived_attributes import SERIES
from viewer.dicom.structured_report.content_writing import (
    PRIVATE_SCHEME,
    code,
    instance_item,
    person_name,
    plain_name,
    text,
    uid_reference,
)
from viewer.dicom.structured_report.references import DocumentReference
from viewer.dicom.structured_report.values import Relationship

ENHANCED_SR = "1.2.840.10008.5.1.4.1.1.88.22"
COMPREHENSIVE_SR = "1.2.840.10008.5.1.4.1.1.88.33"
COMPREHENSIVE_3D_SR = "1.2.840.10008.5.1.4.1.1.88.34"

_LANGUAGE = Code("121049", "DCM", "Language of Content Item and Descendants")
_LANGUAGES = {"en": Code("en", "RFC5646", "English"), "ko": Code("ko", "RFC5646", "Korean")}
_OBSERVER_TYPE = Code("121005", "DCM", "Observer Type")
_PERSON = Code("121006", "DCM", "Person")
_DEVICE = Code("121007", "DCM", "Device")
_PERSON_NAME = Code("121008", "DCM", "Person Observer Name")
_DEVICE_UID = Code("121012", "DCM", "Device Observer UID")
_DEVICE_NAME = Code("121013", "DCM", "Device Observer Name")
_DEVICE_MANUFACTURER = Code("121014", "DCM", "Device Observer Manufacturer")
_DEVICE_MODEL = Code("121015", "DCM", "Device Observer Model Name")
_PROGRAM = "Negatoscope"


@dataclass(frozen=True, slots=True)
class DocumentFacts:
    """What a document says of itself.

    Attributes:
        description: Of its series.
        evidence: What it refers to: class, instance, series, study.
        author: A PN text; empty for none.
        is_complete: Whether it is all its author has to say.
        verified_by: A PN text; empty for a document nobody has verified.
        verified_for: The organization of who verifies.
        verified_at: When.
        predecessors: Versions it takes the place of.
        series: Of the version before, which this one is put beside; None for a series of its own.
        instance_number: Of it in its series.
    """

    sop_class_uid: str
    description: str
    evidence: tuple[DocumentReference, ...]
    author: str = ""
    is_complete: bool = False
    verified_by: str = ""
    verified_for: str = ""
    verified_at: datetime | None = None
    predecessors: tuple[DocumentReference, ...] = ()
    series: NewSeries | None = None
    instance_number: int = 1


def document_data_set(source: Dataset, root: Dataset, facts: DocumentFacts) -> Dataset:
    """Return a document.

    Args:
        source: An image of the study it is about (derived_instance.source_data_set).
        root: Its content (content_writing.container without a relationship).
        facts: What else it says.

    Raises:
        DicomError: If the image does not say to which study it belongs.
    """
    if not str(source.get("StudyInstanceUID") or ""):
        raise DicomError(_("The image does not say to which study it belongs: no report can refer to it"))
    series = facts.series or NewSeries(facts.description, series_number(source))
    made = derived_data_set(source, series, facts.sop_class_uid)
    for keyword in (*SERIES, "ImageLaterality"):  # it is no image of a body part
        if keyword in made:
            delattr(made, keyword)
    made.SpecificCharacterSet = UTF_8
    made.Modality = "SR"
    made.InstanceNumber = str(facts.instance_number)
    made.ReferencedPerformedProcedureStepSequence = Items()
    made.PerformedProcedureCodeSequence = Items()
    same = [each for each in facts.evidence if each.study_instance_uid == str(made.StudyInstanceUID)]
    others = [each for each in facts.evidence if each.study_instance_uid != str(made.StudyInstanceUID)]
    if same:
        made.CurrentRequestedProcedureEvidenceSequence = listed_documents(same)
    if others:
        made.PertinentOtherEvidenceSequence = listed_documents(others)
    if facts.predecessors:
        made.PredecessorDocumentsSequence = listed_documents(facts.predecessors)
    refer_to_request(made, source)
    _say_state(made, facts)
    made.CodingSchemeIdentificationSequence = Items([_own_scheme()])
    for element in root:
        made[element.tag] = element
    return made


def language_item(language: str) -> Dataset:
    """Return the language that a document's texts are in (TID 1204)."""
    return code(_LANGUAGE, _LANGUAGES.get(language, _LANGUAGES["en"]), Relationship.HAS_CONCEPT_MOD)


def person_observer(name: str) -> list[Dataset]:
    """Return who observed, a PN text (TID 1003)."""
    context = Relationship.HAS_OBS_CONTEXT
    return [code(_OBSERVER_TYPE, _PERSON, context), person_name(_PERSON_NAME, name, context)]


def device_observer() -> list[Dataset]:
    """Return this program as what observed (TID 1004)."""
    context = Relationship.HAS_OBS_CONTEXT
    return [
        code(_OBSERVER_TYPE, _DEVICE, context),
        uid_reference(_DEVICE_UID, IMPLEMENTATION_CLASS_UID, context),
        text(_DEVICE_NAME, _PROGRAM, context),
        text(_DEVICE_MANUFACTURER, _PROGRAM, context),
        text(_DEVICE_MODEL, _PROGRAM, context),
    ]


def listed_documents(instances: Iterable[DocumentReference]) -> Items:
    """Return instances as a hierarchical reference (C.17.2.1): study, series, instance; each once."""
    studies: dict[str, dict[str, dict[str, Dataset]]] = {}
    for each in instances:
        series = studies.setdefault(each.study_instance_uid, {}).setdefault(each.series_instance_uid, {})
        series.setdefault(each.instance.sop_instance_uid, instance_item(each.instance))
    items = []
    for study, held in studies.items():
        item = Dataset()
        item.StudyInstanceUID = UID(study)
        item.ReferencedSeriesSequence = Items()
        for uid, found in held.items():
            listed = Dataset()
            listed.SeriesInstanceUID = UID(uid)
            listed.ReferencedSOPSequence = Items(list(found.values()))
            item.ReferencedSeriesSequence.append(listed)
        items.append(item)
    return Items(items)


def _say_state(made: Dataset, facts: DocumentFacts) -> None:
    made.CompletionFlag = "COMPLETE" if facts.is_complete else "PARTIAL"
    made.VerificationFlag = "VERIFIED" if facts.verified_by else "UNVERIFIED"
    if facts.verified_by:
        observer = Dataset()
        observer.VerifyingObserverName = plain_name(facts.verified_by)
        observer.VerifyingObserverIdentificationCodeSequence = Items()
        observer.VerifyingOrganization = facts.verified_for or str(made.get("InstitutionName") or "") or "Not stated"
        at = facts.verified_at or datetime.now().astimezone()
        observer.VerificationDateTime = at.strftime("%Y%m%d%H%M%S")
        made.VerifyingObserverSequence = Items([observer])
    if facts.author:
        author = Dataset()
        author.ObserverType, author.PersonName = "PSN", plain_name(facts.author)
        author.PersonIdentificationCodeSequence = Items()
        author.InstitutionName = str(made.get("InstitutionName") or "")
        author.InstitutionCodeSequence = Items()
        made.AuthorObserverSequence = Items([author])


def refer_to_request(made: Dataset, source: Dataset) -> None:
    """Name the request that the study answers, where the source does (C.17.2.1, C.17.6.2)."""
    requests = []
    for held in source.get("RequestAttributesSequence") or ():
        request = Dataset()
        request.StudyInstanceUID = UID(str(made.StudyInstanceUID))
        for keyword in ("ReferencedStudySequence", "RequestedProcedureCodeSequence"):
            setattr(request, keyword, held.get(keyword) or Items())
        accession = held.get("AccessionNumber")
        request.AccessionNumber = made.get("AccessionNumber", "") if accession is None else accession
        for keyword in (
            "PlacerOrderNumberImagingServiceRequest",
            "FillerOrderNumberImagingServiceRequest",
            "RequestedProcedureID",
            "RequestedProcedureDescription",
        ):
            setattr(request, keyword, held.get(keyword, ""))
        requests.append(request)
    if requests:
        made.ReferencedRequestSequence = Items(requests)


def _own_scheme() -> Dataset:
    item = Dataset()
    item.CodingSchemeDesignator = PRIVATE_SCHEME
    item.CodingSchemeName = "Negatoscope"
    item.CodingSchemeResponsibleOrganization = "Negatoscope"
    return item
