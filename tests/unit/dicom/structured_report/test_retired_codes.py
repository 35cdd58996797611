"""Retired codes mean what took their place."""

import pytest

from viewer.dicom.codes import Code
from viewer.dicom.structured_report.retired_codes import current_code, is_same_concept


@pytest.mark.parametrize("scheme", ["SRT", "SNM3", "99SDM"])
def test_a_retired_code_is_the_concept_in_force(scheme: str) -> None:
    # PS3.16 Annex O: G-C0E3 is 363698007, Finding Site
    assert current_code(Code("G-C0E3", scheme, "Finding Site")) == Code("363698007", "SCT", "Finding Site")
    assert is_same_concept(Code("G-C0E3", scheme, "a"), Code("363698007", "SCT", "b"))


def test_others_stay_as_they_are() -> None:
    for code in (Code("121071", "DCM", "Finding"), Code("X-99999", "SRT", "unknown"), Code("G-C0E3", "99MINE", "own")):
        assert current_code(code) is code
    assert not is_same_concept(Code("G-C0E3", "99MINE", ""), Code("363698007", "SCT", ""))
