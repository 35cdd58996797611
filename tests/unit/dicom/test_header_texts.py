"""A character set that nobody knows is said: names may be wrong."""

from pathlib import Path

import pytest

from tests.builders.ct_series import write_ct_series
from viewer.base.byte_source import FileBytes
from viewer.dicom.header_checks import text_problems
from viewer.dicom.header_scan import scan_header


@pytest.mark.parametrize(
    "stated", [b"", b"ISO_IR 100 ", b"\\ISO 2022 IR 149", b"ISO 2022 IR 13\\ISO 2022 IR 87", b"GB18030"]
)
def test_the_standards_own_are_no_problem(stated: bytes) -> None:
    assert text_problems(stated) == ()


@pytest.mark.parametrize("stated", [b"ISO_IR 999", b"KLINGON ", b"\xff\xfe"])
def test_an_unknown_one_is_named(stated: bytes) -> None:
    (problem,) = text_problems(stated)
    assert stated.decode("ascii", "replace").strip() in problem


def test_a_file_with_an_unknown_one_says_so(tmp_path: Path) -> None:
    write_ct_series(tmp_path, 1, 16, elements={"PatientName": "KIM"})
    path = next(each for each in tmp_path.rglob("*") if each.is_file())
    data = path.read_bytes()
    at = data.index(b"ISO_IR")
    path.write_bytes(data[:at] + b"ISO_XY" + data[at + 6 :])
    assert any("ISO_XY" in problem for problem in scan_header(FileBytes(path)).problems)
