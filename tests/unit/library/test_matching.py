"""Query keys match as PS3.4 C.2.2.2 says, compared with Python's own reading of the same values."""

import fnmatch
import random
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing

import pytest

from viewer.library.matching import (
    Condition,
    date_condition,
    name_matches,
    regular_match,
    text_condition,
    time_condition,
    uid_condition,
)


def _matching(values: Sequence[str], condition: Condition) -> list[str]:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.create_function("regexp", 2, regular_match)
        connection.execute("CREATE TABLE rows (value TEXT)")
        connection.executemany("INSERT INTO rows VALUES (?)", [(value,) for value in values])
        sql = f"SELECT value FROM rows WHERE {condition[0]} ORDER BY rowid"  # noqa: S608 - the condition under test
        return [row[0] for row in connection.execute(sql, condition[1])]


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("", ["ABC", "ABD", "A[C", "abc", "A*C", "", "A%C"]),
        ("*", ["ABC", "ABD", "A[C", "abc", "A*C", "", "A%C"]),
        ("ABC", ["ABC"]),
        ("AB?", ["ABC", "ABD"]),
        ("A*", ["ABC", "ABD", "A[C", "A*C", "A%C"]),
        ("*C", ["ABC", "A[C", "A*C", "A%C"]),
        ("A[C*", ["A[C"]),
        ("A[B]C*", []),
        ("A%*", ["A%C"]),
        ("' OR 1=1 --*", []),
    ],
)
def test_text(value: str, found: list[str]) -> None:
    assert _matching(["ABC", "ABD", "A[C", "abc", "A*C", "", "A%C"], text_condition("value", value)) == found


def test_random_wild_cards_as_fnmatch_has_them() -> None:
    chance = random.Random(5)
    values = ["".join(chance.choice("ab") for _letter in range(chance.randint(1, 6))) for _value in range(100)]
    for _try in range(300):
        pattern = "".join(chance.choice("ab*?*") for _letter in range(chance.randint(1, 8)))
        expected = [value for value in values if fnmatch.fnmatchcase(value, pattern)]
        assert _matching(values, text_condition("value", pattern)) == expected, pattern


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("", ["1.2", "1.20", "3"]),
        ("1.2", ["1.2"]),
        ("1.2\\3", ["1.2", "3"]),
        ("1.*", []),
        ("\\".join(str(number) for number in range(20_000)), ["3"]),
    ],
)
def test_uids(value: str, found: list[str]) -> None:
    assert _matching(["1.2", "1.20", "3"], uid_condition("value", value)) == found


DATES = ["20231231", "20240101", "2024.06.30", "20241231", "20250101", ""]


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("", DATES),
        ("20240101", ["20240101"]),
        ("20240630", ["2024.06.30"]),
        ("2024.06.30", ["2024.06.30"]),
        ("20240101-20241231", ["20240101", "2024.06.30", "20241231"]),
        ("20240101 - 20241231", ["20240101", "2024.06.30", "20241231"]),
        ("-20240101", ["20231231", "20240101"]),
        ("20241231-", ["20241231", "20250101"]),
        ("-", []),
        ("20240101-20241340", []),
        ("2024*", []),
        ("20240101-20240102-20240103", []),
    ],
)
def test_dates(value: str, found: list[str]) -> None:
    assert _matching(DATES, date_condition("value", value)) == found


TIMES = ["000000", "10", "1015", "101530.5", "10:15:59", "235959", ""]


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("", TIMES),
        ("1015", ["1015", "101530.5", "10:15:59"]),
        ("10-1014", ["10"]),
        ("1015-1015", ["1015", "101530.5", "10:15:59"]),
        ("101530-", ["101530.5", "10:15:59", "235959"]),
        ("-101530", ["000000", "10", "1015", "101530.5"]),
        ("-", []),
        ("25", []),
        ("x", []),
    ],
)
def test_times(value: str, found: list[str]) -> None:
    assert _matching(TIMES, time_condition("value", value)) == found


@pytest.mark.parametrize(
    ("pattern", "name", "matches"),
    [
        ("", "Hong^Gildong", True),
        ("*", "", True),
        ("HONG*", "Hong^Gildong=洪^吉洞=홍^길동", True),
        ("hong^gildong", "Hong^Gildong^^", True),
        ("hong^gildong^^", "Hong^Gildong", True),
        ("홍*", "Hong^Gildong=洪^吉洞=홍^길동", True),
        ("*길동", "Hong^Gildong=洪^吉洞=홍^길동", True),
        ("Hong*=홍*", "Hong^Gildong=洪^吉洞=홍^길동", True),
        ("Hong*=김*", "Hong^Gildong=洪^吉洞=홍^길동", False),
        ("muller*", "Müller^Jürgen", True),
        ("M?ller^*", "Müller^Jürgen", True),
        ("Hong", "Hong^Gildong", False),
        ("H.ng*", "Hong^Gildong", False),
        ("(*", "(x", True),
    ],
)
def test_names(pattern: str, name: str, *, matches: bool) -> None:
    assert name_matches(pattern, name) is matches


@pytest.mark.parametrize("make", [text_condition, uid_condition, date_condition, time_condition])
def test_hostile_values_are_values(make: Callable[[str, str], Condition]) -> None:
    for value in ("'; DROP TABLE rows; --", "\0", "\ud800", "x" * 10_000_000, "[" * 5000, "*" * 100_000, "?*" * 50_000):
        condition, values = make("value", value)
        assert len(condition) < 300
        _matching(["x" * 1000, "y"], (condition, values))


def test_many_stars_cost_no_more_than_few() -> None:
    pattern, text = "*a" * 500 + "b", "a" * 1024
    assert not name_matches(pattern, text)
    assert name_matches("*a" * 500, text)
    assert _matching([text] * 100, text_condition("value", pattern)) == []
    assert _matching([text], text_condition("value", "*" * 500 + "?*" * 200)) == [text]
