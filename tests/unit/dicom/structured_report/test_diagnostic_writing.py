"""Diagnostic reports against dciodvfy, DCMTK and our own reader."""

import html
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.builders.ct_series import write_ct_series
from viewer.base.byte_source import FileBytes
from viewer.base.errors import DicomError
from viewer.dicom.codes import Code
from viewer.dicom.derived_instance import source_data_set, write_object
from viewer.dicom.header_scan import scan_header
from viewer.dicom.instance_header import InstanceHeader
from viewer.dicom.structured_report.diagnostic_codes import FINDINGS, HEADINGS, TITLES
from viewer.dicom.structured_report.diagnostic_writing import (
    BASIC_TEXT_SR,
    DiagnosticFacts,
    DiagnosticSection,
    KeyPicture,
    diagnostic_report,
)
from viewer.dicom.structured_report.document_writing import COMPREHENSIVE_SR, ENHANCED_SR
from viewer.dicom.structured_report.measurement_writing import MarkedRegion, WrittenNumber
from viewer.dicom.structured_report.reading import read_report
from viewer.dicom.structured_report.references import DocumentReference, InstanceReference
from viewer.dicom.structured_report.tree import walk
from viewer.dicom.structured_report.values import ReferenceValue, RegionValue, StructuredReport, TextValue

WORDS = {
    "en": 'No focal lesion.\nHeart & vessels < normal > in size: 100 % \\ "quoted".',
    "ko": "간에 국소 병변이 없습니다.\n심장 크기는 정상입니다 – 3 × 4 mm².",
    "ja": "肝臓に限局性病変を認めません。\n心臓の大きさは正常範囲です。テスト～表示",
}
IMPRESSION = HEADINGS[11][0]
MILLIMETER = Code("mm", "UCUM", "mm")
LENGTH = Code("410668003", "SCT", "Length")


@pytest.fixture
def images(tmp_path: Path) -> list[InstanceHeader]:
    return [scan_header(FileBytes(path)) for path in write_ct_series(tmp_path / "ct", 3, 16)]


def facts(**more: object) -> DiagnosticFacts:
    sections = (DiagnosticSection(FINDINGS, WORDS["en"]), DiagnosticSection(IMPRESSION, "Normal."))
    return DiagnosticFacts(**{"title": TITLES[3], "sections": sections, **more})  # type: ignore[arg-type]  # by name


def written(images: list[InstanceHeader], told: DiagnosticFacts, folder: Path) -> Path:
    path = folder / "report.dcm"
    with path.open("wb") as stream:
        write_object(diagnostic_report(source_data_set(images[0]), images, told), stream)
    return path


def reference(image: InstanceHeader) -> ReferenceValue:
    return ReferenceValue(InstanceReference(image.sop_class_uid, image.sop_instance_uid))


def a_number(image: InstanceHeader) -> WrittenNumber:
    line = MarkedRegion(RegionValue("POLYLINE", ((1.0, 2.5), (9.0, 2.5))), reference(image))
    return WrittenNumber(LENGTH, 12.3456789012345678, MILLIMETER, remark="at detector", regions=(line,))


def everything(images: list[InstanceHeader]) -> DiagnosticFacts:
    former = DocumentReference(InstanceReference(COMPREHENSIVE_SR, "1.2.3.4"), images[0].study_instance_uid, "1.2.3")
    return facts(
        sections=(DiagnosticSection(FINDINGS, WORDS["ko"], (a_number(images[0]),)), DiagnosticSection(IMPRESSION)),
        images=(KeyPicture(reference(images[1]), "한글 설명"), KeyPicture(reference(images[2]))),
        language="ko",
        author="KIM^GILDONG=金^吉洞=김^길동",
        organization="병원",
        procedure=Code("25045-6", "LN", "CT"),
        is_complete=True,
        is_verified=True,
        predecessors=(former,),
        version=2,
        reason="Side was wrong",
    )


def checked(path: Path) -> list[str]:
    if shutil.which("dciodvfy") is None:
        pytest.skip("dciodvfy is not here")
    found = subprocess.run(["dciodvfy", str(path)], capture_output=True, text=True, check=False)
    return [line for line in found.stderr.splitlines() if line.startswith("Error")]


def test_the_class_is_the_plainest_that_holds_it(images: list[InstanceHeader]) -> None:
    picture, number = KeyPicture(reference(images[0])), a_number(images[0])
    assert facts().sop_class_uid == BASIC_TEXT_SR
    assert facts(images=(picture,)).sop_class_uid == ENHANCED_SR
    assert facts(sections=(DiagnosticSection(FINDINGS, "", (number,)),)).sop_class_uid == COMPREHENSIVE_SR


@pytest.mark.parametrize("has_more", [False, True])
def test_dciodvfy_finds_nothing_wrong(images: list[InstanceHeader], tmp_path: Path, *, has_more: bool) -> None:
    assert checked(written(images, everything(images) if has_more else facts(), tmp_path)) == []


@pytest.mark.parametrize("language", ["en", "ko", "ja"])
def test_dcmtk_reads_what_was_typed(images: list[InstanceHeader], tmp_path: Path, language: str) -> None:
    if shutil.which("dsr2html") is None:
        pytest.skip("DCMTK is not here")
    told = facts(sections=(DiagnosticSection(FINDINGS, WORDS[language]),), language=language)
    path = written(images, told, tmp_path)
    page = subprocess.run(["dsr2html", str(path)], capture_output=True, check=True).stdout.decode()
    plain = html.unescape(re.sub("<[^>]*>", "", page.replace("<br />\n", "\n").replace("<br>\n", "\n")))
    assert WORDS[language] in plain.replace("\r", "")
    dump = subprocess.run(["dsrdump", str(path)], capture_output=True, check=False)
    assert dump.returncode == 0


def test_dsrdump_reads_numbers_regions_and_pictures(images: list[InstanceHeader], tmp_path: Path) -> None:
    if shutil.which("dsrdump") is None:
        pytest.skip("DCMTK is not here")
    path = written(images, everything(images), tmp_path)
    dump = subprocess.run(["dsrdump", "+Pl", str(path)], capture_output=True, text=True, check=True).stdout
    for words in ("CT Report", "12.3456789", "POLYLINE", "Best illustration of finding", "Side was wrong", "병원"):
        assert words in dump


def test_our_reader_has_it_all(images: list[InstanceHeader], tmp_path: Path) -> None:
    report = read_report(FileBytes(written(images, everything(images), tmp_path)))
    header = report.header
    assert (header.completion, header.verification, report.template) == ("COMPLETE", "VERIFIED", "2000")
    assert [(each.observer, each.organization) for each in header.verifications] == [
        ("KIM^GILDONG=金^吉洞=김^길동", "병원")
    ]
    assert [each.instance.sop_instance_uid for each in header.predecessors] == ["1.2.3.4"]
    assert report.problems == ()
    assert WORDS["ko"] in texts(report)
    assert {each.instance.sop_instance_uid for each in header.evidence} == {each.sop_instance_uid for each in images}


def texts(report: StructuredReport) -> list[str]:
    assert report.root is not None
    values = (item.value for item in walk(report.root))
    return [value.text.replace("\r", "") for value in values if isinstance(value, TextValue)]


def test_what_must_not_be_written_is_refused(images: list[InstanceHeader]) -> None:
    source = source_data_set(images[0])
    former = DocumentReference(InstanceReference(BASIC_TEXT_SR, "1.2.3.4"))
    stranger = KeyPicture(ReferenceValue(InstanceReference("1.2", "9.9")))
    for told in (
        facts(sections=(DiagnosticSection(FINDINGS, " \n"),)),
        facts(is_verified=True, author="KIM"),
        facts(is_verified=True, organization="Hospital"),
        facts(predecessors=(former,), version=2),
        facts(images=(stranger,)),
    ):
        with pytest.raises(DicomError):
            diagnostic_report(source, images, told)
