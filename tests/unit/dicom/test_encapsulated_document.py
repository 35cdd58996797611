"""Encapsulated PDF against dciodvfy and DCMTK; its bytes come out as they went in."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.builders.ct_series import write_ct_series
from viewer.base.byte_source import FileBytes
from viewer.base.errors import DicomError
from viewer.dicom.derived_instance import source_data_set, write_object
from viewer.dicom.encapsulated_document import DocumentWords, encapsulated_pdf, pdf_of
from viewer.dicom.header_scan import scan_header
from viewer.dicom.structured_report.diagnostic_codes import TITLES
from viewer.dicom.structured_report.references import InstanceReference

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
WORDS = DocumentWords("CT 보고서", TITLES[3], (InstanceReference("1.2.840.10008.5.1.4.1.1.88.11", "1.2.3.4"),))


def written(folder: Path, pdf: bytes) -> Path:
    (image,) = write_ct_series(folder / "ct", 1, 16)
    path = folder / "document.dcm"
    with path.open("wb") as stream:
        write_object(encapsulated_pdf(source_data_set(scan_header(FileBytes(image))), pdf, WORDS), stream)
    return path


@pytest.mark.parametrize("end", [b"", b"\n", b"\n\n", b"\0"])
def test_its_bytes_come_out_as_they_went_in(tmp_path: Path, end: bytes) -> None:
    path = written(tmp_path, PDF + end)
    assert pdf_of(FileBytes(path)) == PDF + end
    if shutil.which("dcm2pdf") is not None:
        subprocess.run(["dcm2pdf", str(path), str(tmp_path / "out.pdf")], check=True)
        assert (tmp_path / "out.pdf").read_bytes().rstrip(b"\0") == (PDF + end).rstrip(b"\0")


def test_dciodvfy_finds_nothing_wrong(tmp_path: Path) -> None:
    if shutil.which("dciodvfy") is None:
        pytest.skip("dciodvfy is not here")
    found = subprocess.run(
        ["dciodvfy", str(written(tmp_path, PDF))], capture_output=True, text=True, check=False
    ).stderr
    assert [line for line in found.splitlines() if line.startswith("Error")] == []


def test_what_is_no_pdf_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DicomError):
        written(tmp_path, b"hello")
    (image,) = write_ct_series(tmp_path / "other", 1, 16)
    with pytest.raises(DicomError):
        pdf_of(FileBytes(image))
