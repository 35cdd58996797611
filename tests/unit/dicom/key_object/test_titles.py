"""The codes are those of PS3.16, as pydicom has them."""

import pytest
from pydicom.sr.codedict import codes

from viewer.dicom.codes import Code
from viewer.dicom.key_object import titles


@pytest.mark.parametrize(
    ("ours", "group"),
    [
        ((*titles.TITLES, *titles.REJECTIONS, *titles.OTHER_TITLES), "cid7010"),
        (titles.QUALITY_REASONS, "cid7011"),
        (titles.BEST_OF, "cid7012"),
    ],
)
def test_every_code_is_in_its_group_with_its_meaning(ours: tuple[Code, ...], group: str) -> None:
    found = getattr(codes, group)
    known = {(each.value, each.scheme_designator): each.meaning for each in (getattr(found, n) for n in found.dir())}
    assert {(each.value, each.scheme): each.meaning for each in ours}.items() <= known.items()
    assert len({each.value for each in ours}) == len(ours)


def test_all_reasons_and_bests_are_offered() -> None:
    assert len(titles.QUALITY_REASONS) == len(codes.cid7011.dir())
    assert len(titles.BEST_OF) == len(codes.cid7012.dir())


def test_reasons_qualify_what_they_may() -> None:
    assert titles.modifiers_for(titles.QUALITY_REJECTED) == titles.QUALITY_REASONS
    assert titles.modifiers_for(titles.QUALITY_ISSUE) == titles.QUALITY_REASONS
    assert titles.modifiers_for(titles.BEST_IN_SET) == titles.BEST_OF
    assert titles.modifiers_for(titles.OF_INTEREST) == titles.modifiers_for(titles.SAFETY_REJECTED) == ()


def test_an_unknown_title_is_called_by_its_meaning() -> None:
    assert titles.words_of(Code("99", "99LOCAL", "Ours")) == "Ours"
    assert titles.words_of(Code("113000", "99LOCAL", "Not that one")) == "Not that one"
