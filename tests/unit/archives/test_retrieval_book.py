"""What is left to be asked for, and what is told in the end."""

from collections.abc import Mapping

import pytest

from viewer.archives.retrieval_book import MOST_UIDS, Piece, RetrievalBook
from viewer.archives.retrieval_expected import Expected, ExpectedSeries
from viewer.network.ports import Became, StoreAnswer
from viewer.network.retrieving import Counts, Fetched, RetrieveRequest

CT = "1.2.840.10008.5.1.4.1.1.2"


def series(uid: str, *instances: str) -> ExpectedSeries:
    return ExpectedSeries(uid, "CT", dict.fromkeys(instances, CT), len(instances))


def book_of(
    *listed: ExpectedSeries, held: set[str] | None = None, wanted: tuple[str, ...] = (), of_series: str = ""
) -> RetrievalBook:
    return RetrievalBook(RetrieveRequest("1.2", of_series, wanted), Expected(listed), held or set())


def pieces_of(book: RetrievalBook) -> list[Piece]:
    book.plan()
    found = []
    while (piece := book.next_piece()) is not None:
        found.append(piece)
    return found


def came(uid: str, became: Became = Became.STORED) -> Fetched:
    return Fetched(uid, CT, StoreAnswer(became), 10)


def asked(piece: Piece) -> tuple[str, tuple[str, ...]]:
    return piece.series, piece.request.sop_instance_uids


def test_whole_series_are_asked_for_whole_and_others_by_what_is_missing() -> None:
    book = book_of(series("a", "1", "2"), series("b", "3", "4", "5"), series("c", "6"), held={"4", "6"})
    pieces = pieces_of(book)
    assert [asked(piece) for piece in pieces] == [("a", ()), ("b", ("3", "5"))]
    assert [piece.wanted for piece in pieces] == [{"1", "2"}, {"3", "5"}]
    assert all(piece.request.sop_class_uids == (CT,) for piece in pieces)
    assert (book.here, book.total(), book.is_done) == (2, 6, False)


def test_long_lists_are_cut() -> None:
    uids = [f"1.{number}" for number in range(3 * MOST_UIDS)]
    book = book_of(series("a", *uids), held=set(uids[:1]))
    assert [len(piece.request.sop_instance_uids) for piece in pieces_of(book)] == [MOST_UIDS, MOST_UIDS, MOST_UIDS - 1]


def test_named_instances_are_never_asked_for_with_their_series() -> None:
    book = book_of(series("a", "1", "2"), wanted=("1", "2"))
    (piece,) = pieces_of(book)
    assert asked(piece) == ("a", ("1", "2"))
    book.refuse(piece, "no")
    assert [asked(one) for one in _waiting(book)] == [("a", ("1",)), ("a", ("2",))]


def _waiting(book: RetrievalBook) -> list[Piece]:
    found = []
    while (piece := book.next_piece()) is not None:
        found.append(piece)
    return found


def test_a_list_that_is_refused_becomes_its_series_and_a_single_one_is_said() -> None:
    book = book_of(series("a", "1", "2", "3"), held={"1"})
    (piece,) = pieces_of(book)
    book.refuse(piece, "no")
    (whole,) = _waiting(book)
    assert asked(whole) == ("a", ())
    book.take(came("2"), whole)
    book.end(whole, is_whole=True)
    named = book_of(series("a", "1"), wanted=("1",))
    (single,) = pieces_of(named)
    named.refuse(single, "no")
    report = named.report(is_cancelled=False, methods=(), reason="")
    assert (report.failed, report.missing) == ({"1": "no"}, ("1",))


def test_what_is_left_is_asked_for_again_without_what_came() -> None:
    book = book_of(series("a", "1", "2", "3"), series("b", "4"))
    book.plan()
    first = book.next_piece()
    assert first is not None
    book.take(came("1"), first)
    book.prefer("b")
    assert book.gives_way(first)
    assert not book.gives_way(first)
    book.end(first, is_whole=False)
    assert [asked(piece) for piece in _waiting(book)] == [("b", ()), ("a", ("2", "3"))]


def test_nothing_gives_way_to_what_is_here() -> None:
    book = book_of(series("a", "1", "2"), series("b", "3"), held={"3"})
    book.plan()
    piece = book.next_piece()
    assert piece is not None
    book.prefer("b")
    assert not book.gives_way(piece)
    book.prefer("a")
    assert not book.gives_way(piece)


def test_what_came_is_told_once() -> None:
    book = book_of(series("a", "1", "2", "3", "4", "5"), held={"5"})
    (piece,) = pieces_of(book)
    gone = Fetched("4", reason="gone")
    for fetched in (came("1"), came("1", Became.ALREADY), came("2", Became.QUARANTINED), gone, gone):
        book.take(fetched, piece)
    book.take(Fetched("3", CT, None, 9, "bad"), piece)
    book.end(piece, is_whole=True)
    report = book.report(is_cancelled=False, methods=("C-GET",), reason="x")
    assert (report.received, report.already, report.quarantined) == (("1",), ("5",), ("2",))
    assert (report.failed, report.missing) == ({"4": "gone", "3": "bad"}, ("3", "4"))
    assert (report.here, report.expected, report.is_whole) == (3, 5, False)
    assert report.text() == "3 of 5 images are here: ask again"
    # What came and could not be kept is not fetched again by itself; what was not sent is.
    assert [asked(one) for one in pieces_of(book)] == [("a", ("4",))]
    book.take(came("4"), piece)
    book.take(came("3"), piece)
    assert book.report(is_cancelled=False, methods=(), reason="").is_whole


@pytest.mark.parametrize(
    ("announced", "counts", "here", "expected", "missing"),
    [
        (3, Counts(), 3, 3, 0),
        (5, Counts(), 3, 5, 2),
        (2, Counts(), 3, 3, 0),
        (None, Counts(completed=3, failed=1, warned=1), 3, 5, 2),
        (None, Counts(remaining=2, completed=3), 3, 5, 2),
        (None, Counts(), 3, None, 0),
    ],
)
def test_what_is_only_counted(
    announced: int | None, counts: Counts, here: int, expected: int | None, missing: int
) -> None:
    book = book_of(ExpectedSeries("a", "MR", None, announced))
    (piece,) = pieces_of(book)
    assert asked(piece) == ("a", ())
    assert "1.2.840.10008.5.1.4.1.1.4" in piece.request.sop_class_uids
    for number in range(here):
        book.take(came(str(number)), piece)
    book.count(counts, piece)
    book.end(piece, is_whole=True)
    report = book.report(is_cancelled=False, methods=(), reason="")
    assert (report.here, report.expected, report.missing_unnamed, report.is_verified) == (
        here,
        expected,
        missing,
        False,
    )
    assert book.is_done is (missing == 0)
    assert report.is_whole is (missing == 0)


def test_what_nobody_announced_fills_no_gap() -> None:
    book = book_of(series("a", "1", "2"))
    (piece,) = pieces_of(book)
    book.take(came("1"), piece)
    book.take(came("another"), piece)
    book.end(piece, is_whole=True)
    report = book.report(is_cancelled=False, methods=(), reason="")
    assert (report.here, report.missing, report.unexpected, report.is_whole) == (1, ("2",), ("another",), False)


def test_a_report_as_json_adds_up() -> None:
    book = book_of(series("a", "1", "2", "3"), held={"3"})
    (piece,) = pieces_of(book)
    book.take(came("1"), piece)
    found: Mapping[str, object] = book.report(is_cancelled=True, methods=("C-MOVE",), reason="why").as_json()
    assert found == {
        "expected": 3, "received": 1, "already": 1, "missing": ["2"], "missing_count": 1, "failed": [],
        "quarantined": [], "unexpected": [], "verified": True, "broken_off": False, "cancelled": True,
        "methods": ["C-MOVE"],
        "reason": "why",
    }  # fmt: skip


def test_what_broke_off_without_a_list_is_not_all_however_much_came() -> None:
    book = book_of(ExpectedSeries(""))
    (piece,) = pieces_of(book)
    book.take(came("1"), piece)
    report = book.report(is_cancelled=False, methods=(), reason="The connection was lost")
    assert (report.expected, report.here, report.is_whole) == (None, 1, False)
    assert "ask again" in report.text()
    book.end(piece, is_whole=True)
    assert book.report(is_cancelled=False, methods=(), reason="").is_whole
