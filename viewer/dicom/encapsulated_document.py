"""Encapsulated PDF (PS3.3 A.45.1): a document as it was printed, in the study it is about, and taken out again."""

from collections.abc import Sequence
from dataclasses import dataclass

from viewer.base.errors import DicomError
from viewer.base.translation import _
from viewer.dicom.codes import Code
from viewer.dicom.derived_instance import NewSeries, coded, derived_data_set, series_number
from viewer.dicom.text_encoding import UTF_8

# isort: split

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as Items
from pydicom.uid import UID

from viewer.base.byte_source import ByteSource
from viewer.dicom.datasets import read_full_data_set
from viewer.dicom.derived_attributes import SERIES
from viewer.dicom.sop_classes import ENCAPSULATED_PDF
from viewer.dicom.structured_report.references import InstanceReference

PDF_TYPE = "application/pdf"
_MAGIC, _END = b"%PDF-", b"%%EOF"
_LONGEST_MEANING = 64


@dataclass(frozen=True, slots=True)
class DocumentWords:
    """What a document says of itself.

    Attributes:
        title: For people.
        concept: Of the title; None where there is no code for it.
        sources: What it was made from: the report it shows, images.
        is_verified: Whether what it shows is verified.
        description: Of its series.
        instance_number: In its series.
    """

    title: str
    concept: Code | None = None
    sources: tuple[InstanceReference, ...] = ()
    is_verified: bool = False
    description: str = "Report as PDF"
    instance_number: int = 1


def encapsulated_pdf(source: Dataset, pdf: bytes, words: DocumentWords) -> Dataset:
    """Return a document; its bytes are those of the PDF, and one more where their number is odd.

    Args:
        source: An object of the study it is about (derived_instance.source_data_set).
        pdf: The document.
        words: What is said of it.

    Raises:
        DicomError: If it is no PDF.
    """
    if not pdf.startswith(_MAGIC):
        raise DicomError(_("It is no PDF document"))
    made = derived_data_set(source, NewSeries(words.description, series_number(source)), ENCAPSULATED_PDF)
    for keyword in (*SERIES, "ImageLaterality"):  # it is no image of a body part
        if keyword in made:
            delattr(made, keyword)
    made.SpecificCharacterSet = UTF_8
    made.Modality = "DOC"
    made.ConversionType = "WSD"
    made.InstanceNumber = str(words.instance_number)
    made.AcquisitionDateTime = ""
    made.BurnedInAnnotation = "YES"
    made.RecognizableVisualFeatures = "NO"
    made.DocumentTitle = words.title
    made.ConceptNameCodeSequence = coded([_short(words.concept)] if words.concept is not None else [])
    made.VerificationFlag = "VERIFIED" if words.is_verified else "UNVERIFIED"
    if words.sources:
        made.SourceInstanceSequence = _references(words.sources)
    made.MIMETypeOfEncapsulatedDocument = PDF_TYPE
    made.EncapsulatedDocument = pdf if len(pdf) % 2 == 0 else pdf + b"\0"
    made.EncapsulatedDocumentLength = len(pdf)
    return made


def pdf_of(source: ByteSource) -> bytes:
    """Return the PDF of a document, without what fills it up to an even length.

    Raises:
        DicomError: If it has none.
        MediaError: If the medium fails.
    """
    data_set = read_full_data_set(source).data_set
    held = data_set.get("EncapsulatedDocument")
    if not isinstance(held, bytes) or not held.startswith(_MAGIC):
        raise DicomError(_("There is no PDF in it"), subject=source.name)
    length = data_set.get("EncapsulatedDocumentLength")
    if isinstance(length, int) and 0 <= len(held) - length <= 1:
        return held[:length]
    # Nothing but its end tells where a document without a length ends (PS3.3 C.24.2).
    return held[:-1] if held.endswith(b"\0") and held[:-1].rstrip(b"\r\n").endswith(_END) else held


def _short(concept: Code) -> Code:
    return concept._replace(meaning=concept.meaning[:_LONGEST_MEANING])


def _references(instances: Sequence[InstanceReference]) -> Items:
    items = []
    for each in dict.fromkeys(instances):
        item = Dataset()
        item.ReferencedSOPClassUID = UID(each.sop_class_uid)
        item.ReferencedSOPInstanceUID = UID(each.sop_instance_uid)
        items.append(item)
    return Items(items)
