"""Studies on their way in, when they have arrived, and what is missing of them."""

from datetime import UTC, datetime, timedelta

import pytest

from viewer.reception.arrivals import Arrivals, SeriesCount, completeness, listed, missing_numbers

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def test_a_study_arrives_until_it_is_quiet() -> None:
    arrivals = Arrivals(10)
    assert arrivals.came("1.2", "1.2.1", at(0), size=5, ae_title="CT1", address="192.0.2.7")
    assert not arrivals.came("1.2", "1.2.1", at(9), size=5, ae_title="CT2", address="192.0.2.8")
    assert arrivals.came("1.2", "1.2.2", at(9.5), size=5, ae_title="CT2", address="192.0.2.8")
    (study,) = arrivals.arriving()
    assert (study.instances, study.size, study.first_at, study.last_at) == (3, 15, at(0), at(9.5))
    assert (study.ae_title, study.address) == ("CT2", "192.0.2.8")
    assert arrivals.gone_quiet(at(19)) == ()
    assert arrivals.earliest() == at(0)
    assert arrivals.gone_quiet(at(19.5)) == (study,)
    assert arrivals.arriving() == ()
    assert arrivals.earliest() is None
    assert arrivals.came("1.2", "1.2.1", at(60))  # what comes late begins anew
    assert arrivals.arriving()[0].instances == 1


def test_what_instances_announce_is_added_up_by_series_unless_the_study_says() -> None:
    arrivals = Arrivals(10)
    arrivals.announced("1.2", "1.2.1", 5, 9)  # of nothing that is arriving
    arrivals.came("1.2", "1.2.1", at(0))
    arrivals.announced("1.2", "1.2.1", None, None)
    assert arrivals.arriving()[0].announced is None
    arrivals.announced("1.2", "1.2.1", 20, None)
    arrivals.announced("1.2", "1.2.2", 30, None)
    assert arrivals.arriving()[0].announced == 50
    arrivals.announced("1.2", "1.2.2", 30, 60)
    assert arrivals.arriving()[0].announced == 60


@pytest.mark.parametrize(
    ("numbers", "missing"),
    [
        ([], ()),
        ([7], ()),
        ([1, 2, 3], ()),
        ([1, 2, 4, 5], (3,)),
        ([2, 3, 4], (1,)),
        ([101, 102, 103], ()),
        ([1, 3, 5, 7], (2, 4, 6)),
        ([1, 4, 7, 10], ()),
        ([1, 100_000_000], ()),
        ([3, 3, 4], ()),
    ],
)
def test_gaps_of_a_series_that_counts(numbers: list[int], missing: tuple[int, ...]) -> None:
    assert missing_numbers(numbers) == missing


def test_a_study_is_complete_when_what_is_announced_is_there() -> None:
    whole = [SeriesCount("1", 3, [1, 2, 3], 3), SeriesCount("2", 2, [1, 2], 2)]
    assert (completeness(whole).announced, completeness(whole).missing) == (5, 0)
    lacking = [SeriesCount("1", 2, [1, 3], 4), SeriesCount("2", 2, [1, 2], 2)]
    found = completeness(lacking)
    assert (found.instances, found.announced, found.missing, found.gaps) == (4, 6, 2, {"1": (2,)})
    # One series that says nothing leaves the whole unknown; the gaps still tell.
    partly = completeness([SeriesCount("1", 2, [1, 3], 4), SeriesCount("2", 2, [1, 2])])
    assert (partly.announced, partly.missing) == (None, 1)
    by_study = completeness([SeriesCount("1", 2, [1, 2], None, 10)])
    assert (by_study.announced, by_study.missing) == (10, 8)
    assert completeness([]).missing == 0


def test_numbers_are_listed_as_ranges() -> None:
    assert listed([3, 7, 8, 9]) == "3, 7-9"
    assert listed(list(range(1, 100, 2))).endswith(", …")
