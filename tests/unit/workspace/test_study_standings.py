"""Where a study is kept besides, in words: what is not known to be safe is never called safe."""

import pytest

from viewer.library.sent_standing import ArchiveStanding, StudyStanding
from viewer.workspace.study_standings import Kept, mark_of, trash_line

ALL = 5


def standing(
    sent: int = 0,
    committed: int = 0,
    failed: int = 0,
    *,
    is_safe: bool = False,
    is_waiting: bool = False,
    aside: int = 0,
) -> StudyStanding:
    archives = (ArchiveStanding("PACS", sent, committed, failed, is_whole=committed == ALL and not failed),)
    return StudyStanding("1.2", ALL, sent, committed, failed, is_safe, is_waiting, aside, archives)


@pytest.mark.parametrize(
    ("found", "kept"),
    [
        (standing(), Kept.NOWHERE),
        (standing(2), Kept.PARTLY),
        (standing(5), Kept.SENT),
        (standing(5, is_waiting=True), Kept.WAITING),
        (standing(5, 3), Kept.SENT),
        (standing(5, 5, is_safe=True), Kept.SAFE),
        (standing(5, 5, aside=1), Kept.COMMITTED),
        (standing(5, 5, failed=1), Kept.FAILED),
        (standing(0, 0, failed=2), Kept.FAILED),
        (standing(2, 2), Kept.PARTLY),
    ],
)
def test_how_safe_it_is(found: StudyStanding, kept: Kept) -> None:
    mark = mark_of(found)
    assert mark.kept is kept
    assert bool(mark.word) == (kept is not Kept.NOWHERE)
    assert any(line.startswith("Safe to delete here") for line in mark.lines) == (kept is Kept.SAFE)
    if kept is Kept.PARTLY:
        assert mark.word == "partly sent"


def test_before_deleting_it_is_said_where_each_is() -> None:
    safe, sent = standing(5, 5, is_safe=True), standing(5)
    assert trash_line([safe]) == "It is kept by PACS"
    assert trash_line([sent]) == "It was sent, but no archive has promised to keep all of it"
    assert trash_line([None]) == "It is in no archive that is known here"
    assert trash_line([safe, sent, None, None]) == (
        "2 are in no archive that is known here; 1 was sent, but no archive has promised to keep all of it;"
        " 1 is kept by PACS"
    )
    assert trash_line([]) == ""
