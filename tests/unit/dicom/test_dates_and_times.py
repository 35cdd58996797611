"""Truths: pydicom's DA, TM and DT, the calendar of the standard library, PS3.5 6.2."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.valuerep import DA, DT, TM

from viewer.base.translation import set_language
from viewer.dicom.dates_and_times import (
    age_text,
    combined,
    display_date,
    display_date_time,
    display_time,
    parse_date,
    parse_date_time,
    parse_offset,
    parse_time,
)

YEAR_1000 = dt.datetime.fromisoformat("1000-01-01")


@pytest.fixture(autouse=True)
def english() -> None:
    set_language("en")


@given(st.dates(min_value=dt.date(1000, 1, 1)))
def test_dates_read_as_pydicom_reads_them(date: dt.date) -> None:
    text = date.strftime("%Y%m%d")
    assert parse_date(text) == DA(text) == date
    assert parse_date(f"{date:%Y.%m.%d} ") == date
    assert parse_date(f"{date:%Y-%m-%d}") == date


@given(st.times())
def test_times_read_as_pydicom_reads_them(time: dt.time) -> None:
    for form in ("%H", "%H%M", "%H%M%S", "%H%M%S.%f"):
        text = time.strftime(form)
        assert parse_time(text) == TM(text)
    assert parse_time(time.strftime("%H:%M:%S.%f")) == time


@given(st.datetimes(min_value=YEAR_1000), st.sampled_from(["", "+0900", "-0330", "+1400"]))
def test_date_times_read_as_pydicom_reads_them(moment: dt.datetime, offset: str) -> None:
    for form in ("%Y", "%Y%m", "%Y%m%d", "%Y%m%d%H", "%Y%m%d%H%M", "%Y%m%d%H%M%S", "%Y%m%d%H%M%S.%f"):
        text = moment.strftime(form) + offset
        assert parse_date_time(text) == DT(text)


@pytest.mark.parametrize(
    "text", ["", "2024", "20241301", "20240230", "00000000", "2024.0101", "24-01-01", "today", "20240101x"]
)
def test_what_is_no_date_is_none_and_shown_as_it_stands(text: str) -> None:
    assert parse_date(text) is None
    assert display_date(text + " ", with_weekday=True) == text


@pytest.mark.parametrize("text", ["", "2", "25", "1260", "123", "12:3", "noon", "120000.", "120061"])
def test_what_is_no_time_is_none_and_shown_as_it_stands(text: str) -> None:
    assert parse_time(text) is None
    assert display_time(text) == text


def test_display() -> None:
    assert display_date("20240307") == "2024-03-07"
    assert display_date("2024.03.07", with_weekday=True) == "2024-03-07 Thu"
    assert display_time("140509.123456 ") == "14:05:09"
    assert display_time("1405") == "14:05"
    assert display_time("14:05:09") == "14:05:09"
    assert display_time("235960") == "23:59:59"
    assert display_date_time("20240307140509.5+0900") == "2024-03-07 14:05:09 +09:00"
    assert display_date_time("202403") == "2024-03"
    assert display_date_time("2024030714") == "2024-03-07 14"
    assert display_date_time("soon") == "soon"


@pytest.mark.parametrize(
    ("birth", "seen", "expected"),
    [
        ("19800315", "20240314", "43 y"),
        ("19800315", "20240315", "44 y"),
        ("20000229", "20230228", "22 y"),
        ("20240101", "20240101", "0 d"),
        ("20240101", "20240128", "27 d"),
        ("20240201", "20240229", "28 d"),
        ("20240101", "20240201", "1 mo"),
        ("20220401", "20240331", "23 mo"),
        ("20220401", "20240401", "2 y"),
        ("20240401", "20240331", ""),
        ("", "20240331", ""),
    ],
)
def test_ages(birth: str, seen: str, expected: str) -> None:
    assert age_text(birth, seen) == expected


def test_a_stated_age_serves_where_dates_do_not() -> None:
    assert age_text("", "20240101", "045Y") == "45 y"
    assert age_text("20990101", "20240101", "003W") == "3 wk"
    assert age_text("19800101", "20240101", "012Y") == "44 y"
    assert age_text("", "", "old") == ""


def test_a_date_and_a_time_make_a_moment() -> None:
    assert combined("20240307", "140509") == dt.datetime(2024, 3, 7, 14, 5, 9)  # noqa: DTZ001 - the Standard's local time
    assert combined("20240307", "") == dt.datetime(2024, 3, 7)  # noqa: DTZ001 - the Standard's local time
    assert combined("20240307", "later") is None
    assert combined("", "140509") is None
    moment = combined("20240307", "140509", "+0900")
    assert moment is not None
    assert moment.utcoffset() == dt.timedelta(hours=9)
    assert parse_offset("+1500") is None
    assert parse_offset("-1200") == dt.timezone(dt.timedelta(hours=-12))
