"""Truth: rows of PS3.6 and DCMTK's private dictionary as remembered by pydicom, and the rules of PS3.5 7.8."""

import subprocess
import sys

import pytest

from viewer.dicom.tag_names import TagName, is_private, parse_tag, tag_name, tag_text


@pytest.mark.parametrize(
    ("tag", "creator", "expected"),
    [
        (0x00100010, "", TagName("Patient's Name", "PatientName", "PN")),
        (0x00280106, "", TagName("Smallest Image Pixel Value", "SmallestImagePixelValue", "US or SS")),
        (0x00000000, "", TagName("Group Length", "", "UL")),
        (0x00080000, "", TagName("Group Length", "", "UL", is_retired=True)),
        (0x60023000, "", TagName("Overlay Data", "OverlayData", "OB or OW")),
        (0x00080001, "", TagName("Length to End", "LengthToEnd", "UL", is_retired=True)),
        (0x00088888, "", TagName("Unknown")),
        (0x00190010, "", TagName("Private Creator", "", "LO")),
        (0x0019100A, "SIEMENS MR HEADER", TagName("[NumberOfImagesInMosaic]", "", "US")),
        (0x0019420A, "SIEMENS MR HEADER ", TagName("[NumberOfImagesInMosaic]", "", "US")),
        (0x0019100A, "NOBODY", TagName("Private NOBODY")),
        (0x0019100A, "", TagName("Private")),
    ],
)
def test_tags_have_the_names_of_the_dictionaries(tag: int, creator: str, expected: TagName) -> None:
    found = tag_name(tag, creator)
    assert TagName(found.name.strip("[]"), found.keyword, found.vr, found.is_retired) == TagName(
        expected.name.strip("[]"), expected.keyword, expected.vr, expected.is_retired
    )


@pytest.mark.parametrize("text", ["0010,0010", "(0010,0010)", "00100010", "PatientName", " 0010 0010 "])
def test_tags_can_be_typed_in_many_ways(text: str) -> None:
    assert parse_tag(text) == 0x00100010


def test_what_is_no_tag_is_none() -> None:
    assert parse_tag("nothing") is None
    assert parse_tag("0010,00") is None
    assert tag_text(0x7FE00010) == "(7FE0,0010)"
    assert is_private(0x00091010)
    assert not is_private(0x00081010)


def test_pydicom_is_not_loaded_with_the_module() -> None:
    code = "import sys, viewer.dicom.tag_names; print('pydicom' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
