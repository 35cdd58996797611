"""Drafts that are saved, and saved reports that are amended: what was written comes back."""

from dataclasses import replace
from pathlib import Path

import pytest
from pydicom import dcmread

from tests.builders.ct_series import write_ct_series
from viewer.base.byte_source import FileBytes
from viewer.base.errors import DicomError
from viewer.base.jobs import Progress
from viewer.dicom.codes import Code
from viewer.dicom.encapsulated_document import pdf_of
from viewer.dicom.header_scan import scan_header
from viewer.dicom.instance_header import InstanceHeader
from viewer.dicom.structured_report.diagnostic_codes import FINDINGS, HEADINGS, TITLES
from viewer.dicom.structured_report.reading import read_report
from viewer.measurement.annotation import Annotation, ImageAnchor
from viewer.measurement.reading import MILLIMETER, Reading
from viewer.workspace.reporting.report_draft import DraftIdentity, DraftImage, DraftSection, ReportDraft
from viewer.workspace.reporting.report_draft_amending import amended, refusal, version_of
from viewer.workspace.reporting.report_draft_marks import mark_words, numbers_of
from viewer.workspace.reporting.report_draft_saving import (
    REPORT_FILE,
    ReportWords,
    SaveReport,
    evidence_of,
    language_of,
)

LENGTH = Code("410668003", "SCT", "Length")
IMPRESSION = HEADINGS[11][0]
WORDS = ReportWords("KIM^GILDONG", "병원", is_complete=True, is_verified=True)


@pytest.fixture
def images(tmp_path: Path) -> tuple[InstanceHeader, ...]:
    return tuple(scan_header(FileBytes(path)) for path in write_ct_series(tmp_path / "ct", 3, 16))


def a_mark(image: InstanceHeader) -> Annotation:
    anchor = ImageAnchor(
        image.study_instance_uid, image.series_instance_uid, image.sop_class_uid, image.sop_instance_uid
    )
    readings = (
        Reading(LENGTH, "Length", 7.123456789, MILLIMETER, "mm at detector"),
        Reading(LENGTH, "Depth", None, MILLIMETER, refusal="no depth is known"),
    )
    return Annotation("1.9", "length", anchor, ((1.0, 2.0), (9.0, 2.0)), readings=readings, tracking_id="Lesion 1")


def a_draft(images: tuple[InstanceHeader, ...]) -> ReportDraft:
    mark = a_mark(images[0])
    text = f"첫째 줄\n{mark_words(mark, images)}"
    return ReportDraft(
        "d",
        images[0].study_instance_uid,
        DraftIdentity(),
        TITLES[3],
        (DraftSection(FINDINGS, text, numbers_of(mark, images)), DraftSection(IMPRESSION, "정상")),
        (
            DraftImage(images[1].sop_class_uid, images[1].sop_instance_uid, caption="설명"),
            DraftImage(images[2].sop_class_uid, images[2].sop_instance_uid),
        ),
    )


def save(job: SaveReport, folder: Path) -> Path:
    folder.mkdir()
    job(folder, Progress())
    return folder / REPORT_FILE


def test_marks_become_words_and_numbers(images: tuple[InstanceHeader, ...]) -> None:
    mark = a_mark(images[0])
    assert mark_words(mark, images) == "Lesion 1: 7.12 mm at detector, no depth is known (series 2, image 1)"
    (number,) = numbers_of(mark, images)
    assert (number.value, number.unit.value, number.regions[0].points) == (7.123456789, "mm", mark.points)
    assert number.regions[0].image.sop_instance_uid == images[0].sop_instance_uid


def test_a_saved_report_is_amended_without_losing_anything(images: tuple[InstanceHeader, ...], tmp_path: Path) -> None:
    draft = a_draft(images)
    first = SaveReport(draft, evidence_of(images, draft), WORDS)
    report = read_report(FileBytes(save(first, tmp_path / "one")))
    assert (version_of(report), refusal(report)) == (1, "")
    again = amended(report, DraftIdentity(), "e")
    assert (again.version, again.replaces, again.left_out) == (2, first.made[0], ())
    assert [(each.heading, each.text) for each in again.sections] == [
        (each.heading, each.text) for each in draft.sections
    ]
    assert again.images == draft.images
    (before,), (after,) = draft.sections[0].numbers, again.sections[0].numbers
    assert replace(after, label=before.label) == before
    second = SaveReport(again, evidence_of(images, again), replace(WORDS, reason="Side was wrong"))
    later = read_report(FileBytes(save(second, tmp_path / "two")))
    assert version_of(later) == 2
    assert [each.instance.sop_instance_uid for each in later.header.predecessors] == [
        first.made[0].instance.sop_instance_uid
    ]
    assert later.header.instance.sop_instance_uid != report.header.instance.sop_instance_uid
    third = amended(later, DraftIdentity(), "f")
    assert (third.version, third.sections, third.left_out) == (3, again.sections, ())
    with pytest.raises(DicomError):
        SaveReport(third, evidence_of(images, third), WORDS)(tmp_path, Progress())


def test_other_reports_are_not_amended(images: tuple[InstanceHeader, ...], tmp_path: Path) -> None:
    draft = a_draft(images)
    report = read_report(FileBytes(save(SaveReport(draft, images, WORDS), tmp_path / "one")))
    assert refusal(replace(report, template="1500"))
    assert refusal(replace(report, root=None))
    with pytest.raises(DicomError):
        amended(replace(report, template="1500"), DraftIdentity(), "e")


def test_the_document_names_its_report_and_keeps_its_bytes(images: tuple[InstanceHeader, ...], tmp_path: Path) -> None:
    pdf = b"%PDF-1.4\n%%EOF\n"
    draft = a_draft(images)
    job = SaveReport(draft, evidence_of(images, draft), WORDS, pdf)
    _report, document = job(tmp_path, Progress())
    assert pdf_of(FileBytes(document)) == pdf
    (source,) = dcmread(document).SourceInstanceSequence
    assert source.ReferencedSOPInstanceUID == job.made[0].instance.sop_instance_uid


def test_an_image_that_was_closed_is_told(images: tuple[InstanceHeader, ...], tmp_path: Path) -> None:
    draft = a_draft(images)
    with pytest.raises(DicomError):
        SaveReport(draft, images[:1], WORDS)(tmp_path, Progress())
    with pytest.raises(DicomError):
        SaveReport(draft, (), WORDS)(tmp_path, Progress())


def test_what_must_be_said_before_it_is_saved() -> None:
    assert WORDS.problem == ""
    assert ReportWords().problem == ""
    assert replace(WORDS, author="").problem
    assert replace(WORDS, organization="").problem
    assert replace(WORDS, is_complete=False).problem


@pytest.mark.parametrize(
    ("text", "language"), [("normal", "en"), ("정상", "ko"), ("肝臓を認めません", "ja"), ("", "en"), ("±3 mm²", "en")]
)
def test_the_language_of_words(text: str, language: str) -> None:
    assert language_of(["", text]) == language
