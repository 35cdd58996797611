"""Key Object Selection documents made (PS3.3 A.35.4, TID 2010): one for each study that holds something selected.

The documents of several studies select the same, and each names the others as identical (C.17.6.2.1). Written here
because highdicom's document knows neither frames nor what qualifies a title, presentation states or several studies.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from viewer.base.errors import DicomError
from viewer.base.translation import _
from viewer.dicom.codes import Code
from viewer.dicom.derived_instance import NewSeries, coded, derived_data_set, series_number, source_data_set

# isort: split

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as Items

from viewer.dicom.derived_attributes import SERIES
from viewer.dicom.instance_header import InstanceHeader
from viewer.dicom.sop_classes import SopKind, sop_kind
from viewer.dicom.structured_report.content_writing import instance_item
from viewer.dicom.structured_report.document_writing import listed_documents, refer_to_request
from viewer.dicom.structured_report.references import DocumentReference, InstanceReference

KEY_OBJECT_SELECTION = "1.2.840.10008.5.1.4.1.1.88.59"
RT_DOSE = "1.2.840.10008.5.1.4.1.1.481.2"
LONGEST_COMMENT = 1024
_TEMPLATE = "2010"
_SOURCE = Code("260753009", "SCT", "Source")
_MODIFIER = Code("113011", "DCM", "Document Title Modifier")
_DESCRIPTION = Code("113012", "DCM", "Key Object Description")
_OBSERVER_TYPE = Code("121005", "DCM", "Observer Type")
_PERSON = Code("121006", "DCM", "Person")
_PERSON_NAME = Code("121008", "DCM", "Person Observer Name")
_LONGEST_LO = 64
_PATIENT_ID, _PATIENT_NAME = 0x00100020, 0x00100010


@dataclass(frozen=True, slots=True)
class SelectedObject:
    """An object that is selected.

    Attributes:
        frames: From 1; empty for the whole object.
        presentation_state: What the image is to be seen with; None for nothing.
    """

    header: InstanceHeader
    frames: tuple[int, ...] = ()
    presentation_state: InstanceHeader | None = None


@dataclass(frozen=True, slots=True)
class Selection:
    """What is selected, and what for.

    Attributes:
        title: Of CID 7010.
        modifiers: What qualifies it (titles.modifiers_for).
        comment: In the reader's words; lines may be several.
        creator: Who selects: a PN text; empty where that is not to be said.
        objects: At least one, all of one patient.
        description: Of the series; empty for the title's own meaning.
    """

    title: Code
    objects: tuple[SelectedObject, ...]
    modifiers: tuple[Code, ...] = ()
    comment: str = ""
    creator: str = ""
    description: str = ""


def key_object_documents(selection: Selection) -> tuple[Dataset, ...]:
    """Return the documents, that of the first object's study first.

    Raises:
        DicomError: If nothing is selected, or objects of several patients, or one cannot be read or named.
        MediaError: If the medium fails.
    """
    referred = _referred(selection.objects)
    if not referred:
        raise DicomError(_("Nothing is selected"))
    if len({(header.ascii(_PATIENT_ID), header.text(_PATIENT_NAME)) for header in referred}) > 1:
        raise DicomError(_("Objects of several patients are never selected together"))
    if not all(each.study_instance_uid and each.series_instance_uid and each.sop_instance_uid for each in referred):
        raise DicomError(_("An object that does not say to which study and series it belongs cannot be selected"))
    headers = tuple({header.sop_instance_uid: header for header in reversed(referred)}.values())[::-1]
    first_of = {header.study_instance_uid: header for header in reversed(headers)}
    studies = list(dict.fromkeys(each.header.study_instance_uid for each in selection.objects))
    made = [_document(selection, headers, first_of[uid]) for uid in studies]
    for document in made:
        others = [each for each in made if each is not document]
        if others:
            document.IdenticalDocumentsSequence = listed_documents(
                DocumentReference(
                    InstanceReference(KEY_OBJECT_SELECTION, str(each.SOPInstanceUID)),
                    str(each.StudyInstanceUID),
                    str(each.SeriesInstanceUID),
                )
                for each in others
            )
    return tuple(made)


def _referred(objects: Iterable[SelectedObject]) -> tuple[InstanceHeader, ...]:
    """Return what is referred to."""
    pairs = ((each.header, each.presentation_state) for each in objects)
    return tuple(header for pair in pairs for header in pair if header is not None)


def _document(selection: Selection, headers: Sequence[InstanceHeader], first: InstanceHeader) -> Dataset:
    source = source_data_set(first)
    description = (selection.description or selection.title.meaning).replace("\\", "/")[:_LONGEST_LO]
    made = derived_data_set(source, NewSeries(description, series_number(source)), KEY_OBJECT_SELECTION)
    for keyword in (*SERIES, "ImageLaterality"):  # it is no image of a body part
        if keyword in made:
            delattr(made, keyword)
    said = (selection.comment, selection.creator, *(each.meaning for each in (selection.title, *selection.modifiers)))
    if not all(text.isascii() for text in said):
        made.SpecificCharacterSet = "ISO_IR 192"
    made.Modality = "KO"
    made.InstanceNumber = "1"
    made.ReferencedPerformedProcedureStepSequence = Items()
    made.CurrentRequestedProcedureEvidenceSequence = listed_documents(
        DocumentReference(_named(each), each.study_instance_uid, each.series_instance_uid) for each in headers
    )
    refer_to_request(made, source)
    made.ValueType = "CONTAINER"
    made.ConceptNameCodeSequence = coded([selection.title])
    made.ContinuityOfContent = "SEPARATE"
    template = Dataset()
    template.MappingResource, template.TemplateIdentifier = "DCMR", _TEMPLATE
    made.ContentTemplateSequence = Items([template])
    made.ContentSequence = Items(_content(selection))
    return made


def _content(selection: Selection) -> list[Dataset]:
    items = []
    for modifier in selection.modifiers:
        item = _item("HAS CONCEPT MOD", "CODE", _MODIFIER)
        item.ConceptCodeSequence = coded([modifier])
        items.append(item)
    if selection.creator:
        kind = _item("HAS OBS CONTEXT", "CODE", _OBSERVER_TYPE)
        kind.ConceptCodeSequence = coded([_PERSON])
        person = _item("HAS OBS CONTEXT", "PNAME", _PERSON_NAME)
        person.PersonName = selection.creator
        items += [kind, person]
    if selection.comment.strip():
        item = _item("CONTAINS", "TEXT", _DESCRIPTION)
        item.TextValue = selection.comment.strip()[:LONGEST_COMMENT]
        items.append(item)
    return [*items, *map(_reference, selection.objects)]


def _reference(selected: SelectedObject) -> Dataset:
    header = selected.header
    value_type = value_type_of(header)
    item = _item("CONTAINS", value_type, _SOURCE)
    referenced = instance_item(_named(header))
    if selected.frames and value_type == "IMAGE":
        referenced.ReferencedFrameNumber = list(selected.frames)
    state = selected.presentation_state
    if state is not None:
        referenced.ReferencedSOPSequence = Items([instance_item(_named(state))])
    item.ReferencedSOPSequence = Items([referenced])
    return item


def value_type_of(header: InstanceHeader) -> str:
    """Return as what a document refers to an object (TID 2010, rows 8 to 10)."""
    if header.pixel_data is not None and header.sop_class_uid != RT_DOSE:  # DCMTK takes it for no image
        return "IMAGE"
    return "WAVEFORM" if sop_kind(header.sop_class_uid) is SopKind.WAVEFORM else "COMPOSITE"


def _item(relationship: str, value_type: str, name: Code) -> Dataset:
    item = Dataset()
    item.RelationshipType, item.ValueType = relationship, value_type
    item.ConceptNameCodeSequence = coded([name])
    return item


def _named(header: InstanceHeader) -> InstanceReference:
    return InstanceReference(header.sop_class_uid, header.sop_instance_uid)
