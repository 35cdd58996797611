"""The job that writes a draft as a structured report, and as a document where one was printed (object_saving.Make)."""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from viewer.base.errors import DicomError, MediaError, system_reason
from viewer.base.jobs import Progress
from viewer.base.translation import _, current_language
from viewer.dicom.instance_header import InstanceHeader
from viewer.dicom.structured_report.references import DocumentReference, InstanceReference
from viewer.workspace.reporting.report_draft import DraftImage, DraftNumber, ReportDraft

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

    from viewer.dicom.structured_report.diagnostic_writing import DiagnosticFacts
    from viewer.dicom.structured_report.measurement_writing import WrittenNumber
    from viewer.dicom.structured_report.values import ReferenceValue

REPORT_FILE, DOCUMENT_FILE = "report.dcm", "report-pdf.dcm"


@dataclass(frozen=True, slots=True)
class ReportWords:
    """What the reader says of a report when it is saved.

    Attributes:
        author: A PN text.
        is_complete: Whether there is nothing more to be said.
        is_verified: Whether the author answers for it, by name and organization.
        reason: Why it is amended.
    """

    author: str = ""
    organization: str = ""
    is_complete: bool = False
    is_verified: bool = False
    reason: str = ""

    @property
    def problem(self) -> str:
        """Why it cannot be saved so, translated; empty where it can."""
        if self.is_verified and not (self.author and self.organization):
            return _("A verified report needs your name and your organization")
        if self.is_verified and not self.is_complete:
            return _("Only a complete report can be verified")
        return ""


@dataclass(eq=False)
class SaveReport:
    """Writes one report.

    Attributes:
        headers: What it refers to, and an object of its study first (evidence_of).
        pdf: What was printed of it; None where that is not to be kept.
        made: Which report was written, after the call.
    """

    draft: ReportDraft
    headers: tuple[InstanceHeader, ...]
    words: ReportWords
    pdf: bytes | None = None
    made: list[DocumentReference] = field(default_factory=list)

    def __call__(self, folder: Path, progress: Progress) -> Sequence[Path]:
        """Write the files into a folder, and return them.

        Raises:
            DicomError: There is nothing to write, or it cannot be written so.
            MediaError: The medium fails.
        """
        from viewer.dicom.derived_instance import source_data_set
        from viewer.dicom.encapsulated_document import DocumentWords, encapsulated_pdf
        from viewer.dicom.structured_report.diagnostic_writing import diagnostic_report

        if not self.headers:
            raise DicomError(_("The study that is reported is not open any more"))
        source = source_data_set(self.headers[0])
        facts = report_facts(self.draft, self.words)
        report = diagnostic_report(source, [each for each in self.headers if each.pixel_data is not None], facts)
        progress.check()
        files = [_written(report, folder / REPORT_FILE)]
        instance = InstanceReference(str(report.SOPClassUID), str(report.SOPInstanceUID))
        if self.pdf is not None:
            words = DocumentWords(
                facts.title.meaning,
                facts.title,
                (instance,),
                is_verified=facts.is_verified,
                instance_number=facts.version,
            )
            files.append(_written(encapsulated_pdf(source, self.pdf, words), folder / DOCUMENT_FILE))
        self.made[:] = [DocumentReference(instance, str(report.StudyInstanceUID), str(report.SeriesInstanceUID))]
        return files


def report_facts(draft: ReportDraft, words: ReportWords) -> "DiagnosticFacts":
    """Return what a draft becomes."""
    from viewer.dicom.structured_report.diagnostic_writing import DiagnosticFacts, DiagnosticSection, KeyPicture

    sections = tuple(
        DiagnosticSection(each.heading, each.text, tuple(_number(number) for number in each.numbers))
        for each in draft.sections
    )
    return DiagnosticFacts(
        draft.title,
        sections,
        tuple(KeyPicture(_reference(each), each.caption) for each in draft.images),
        language=language_of([*(each.text for each in draft.sections), *(each.caption for each in draft.images)]),
        author=words.author,
        organization=words.organization,
        is_complete=words.is_complete,
        is_verified=words.is_verified,
        predecessors=() if draft.replaces is None else (draft.replaces,),
        version=draft.version,
        reason=words.reason,
    )


def evidence_of(headers: Iterable[InstanceHeader], draft: ReportDraft) -> tuple[InstanceHeader, ...]:
    """Return the images of the study that are open, and those of other studies that are named; each once."""
    named = set(images_named(draft))
    found = {
        each.sop_instance_uid: each
        for each in headers
        if each.pixel_data is not None
        and (each.study_instance_uid == draft.study_instance_uid or each.sop_instance_uid in named)
    }
    return tuple(sorted(found.values(), key=lambda each: each.study_instance_uid != draft.study_instance_uid))


def images_named(draft: ReportDraft) -> tuple[str, ...]:
    """Return the SOP Instance UIDs that a draft refers to, each once."""
    named = [each.sop_instance_uid for each in draft.images]
    for section in draft.sections:
        named += [region.image.sop_instance_uid for number in section.numbers for region in number.regions]
    return tuple(dict.fromkeys(named))


def language_of(texts: Iterable[str]) -> str:
    """Return which of the languages that reports name their words are in: by Hangul and Kana."""
    names = {unicodedata.name(letter, "").partition(" ")[0] for text in texts for letter in text if letter > "\u02ff"}
    if "HANGUL" in names:
        return "ko"
    if names & {"HIRAGANA", "KATAKANA"}:
        return "ja"
    return current_language() if "CJK" in names else "en"


def _number(each: DraftNumber) -> "WrittenNumber":
    from viewer.dicom.structured_report.measurement_writing import MarkedRegion, WrittenNumber
    from viewer.dicom.structured_report.values import RegionValue

    regions = tuple(
        MarkedRegion(RegionValue(region.graphic_type, region.points), _reference(region.image))
        for region in each.regions
    )
    return WrittenNumber(each.name, each.value, each.unit, each.derivation, each.method, each.remark, regions)


def _reference(image: DraftImage) -> "ReferenceValue":
    from viewer.dicom.structured_report.values import ReferenceValue

    sop_class_uid, uid = image.presentation
    return ReferenceValue(
        InstanceReference(image.sop_class_uid, image.sop_instance_uid),
        (image.frame_number,) if image.frame_number else (),
        presentation_state=InstanceReference(sop_class_uid, uid) if sop_class_uid and uid else None,
    )


def _written(made: "Dataset", path: Path) -> Path:
    from viewer.dicom.derived_instance import write_object

    try:
        with path.open("wb") as stream:
            write_object(made, stream)
    except OSError as error:
        raise MediaError(
            _("It could not be saved: {0}").format(system_reason(error)), subject=str(path.parent)
        ) from error
    return path
