"""Matching of query keys in SQL: single value, wild cards, ranges and lists of UIDs (PS3.4 C.2.2.2).

Each function returns a condition with question marks and their values; the column's name is the caller's own, never
something that came from outside. An empty value matches everything, and so gives no condition.
"""

import datetime as dt
import functools
import re

from viewer.dicom.dates_and_times import parse_date, parse_time
from viewer.dicom.person_name import folded
from viewer.library.kept_values import bounded_uid, clean

Condition = tuple[str, tuple[str, ...]]
EVERYTHING: Condition = ("1", ())
NOTHING: Condition = ("0", ())

_TIME_DIGITS = 6
_AFTER_DIGITS = ":"
_FIRST_DAY, _LAST_DAY = "00000000", "99991231"


def text_condition(column: str, value: str) -> Condition:
    """Match by a single value or by wild cards (* for any text, ? for any one character), letter for letter."""
    value = clean(value)
    if not value.strip("*"):
        return EVERYTHING
    if "*" not in value and "?" not in value:
        return f"{column} = ?", (value,)
    if value.count("*") == 1:
        return f"{column} GLOB ?", (value.replace("[", "[[]"),)
    return f"{column} REGEXP ?", (_expression(value),)


def uid_condition(column: str, value: str) -> Condition:
    """Match any of a list of UIDs, divided by backslashes; how many may be looked for is the caller's to say."""
    uids = tuple(dict.fromkeys(bounded_uid(uid) for uid in value.split("\\") if uid.strip(" \0")))
    if not uids:
        return EVERYTHING
    return f"{column} IN ({', '.join('?' * len(uids))})", uids


def date_condition(column: str, value: str) -> Condition:
    """Match a date or a range of dates (20240101-20241231, -20241231, 20240101-); nothing when it is neither."""
    value = clean(value)
    if not value:
        return EVERYTHING
    digits = f"replace(replace(replace({column}, '.', ''), '-', ''), '/', '')"
    one = parse_date(value)
    if one is not None:
        return f"{digits} = ?", (_day(one),)
    found = re.fullmatch(r"([0-9.]*) *- *([0-9.]*)", value, re.ASCII)
    ends = [parse_date(end) if end else None for end in found.groups()] if found else []
    if found is None or not any(ends) or [end is None for end in ends] != [not end for end in found.groups()]:
        return NOTHING
    first, last = ("" if end is None else _day(end) for end in ends)
    return _between(digits, first or _FIRST_DAY, last or _LAST_DAY)  # what is no date is in no range


def time_condition(column: str, value: str) -> Condition:
    """Match a time or a range of times, as far as each is written; nothing when it is neither.

    An end that is written to the minute takes in its whole minute.
    """
    value = clean(value)
    if not value:
        return EVERYTHING
    ends = [end.strip().replace(":", "") for end in value.split("-")]
    if len(ends) > 2 or not any(ends) or any(end and parse_time(end) is None for end in ends):
        return NOTHING
    digits = f"replace({column}, ':', '')"
    if len(ends) == 1:
        return f"{digits} GLOB ?", (f"{ends[0]}*",)
    first = ends[0].ljust(_TIME_DIGITS, "0") if ends[0] else ""
    last = ends[1].ljust(_TIME_DIGITS, "9") if ends[1] else ""
    # Times that were kept shorter than the range is written begin where they begin.
    padded = f"substr({digits} || '000000', 1, max({_TIME_DIGITS}, length({digits})))"
    condition, values = _between(padded, first, f"{last}~" if last else _AFTER_DIGITS)
    return f"{column} != '' AND {condition}", values


def name_matches(pattern: str, name: str) -> bool:
    """Return whether a person's name matches a value with wild cards, in any of its groups, without case and accents.

    Trailing delimiters of components are of no meaning (PS3.5 6.2.1.1).
    """
    patterns = _name_patterns(pattern)
    if not patterns:
        return True
    text = clean(name)
    groups = [_folded(group.rstrip("^ ")) for group in text.split("=")]
    return all(any(pattern.fullmatch(group) for group in groups) for pattern in patterns)


def wild_match(value: str, text: str) -> bool:
    """Return whether a text matches a single value or one with wild cards: what text_condition does in SQL."""
    if "*" not in value and "?" not in value:
        return value == text
    return regular_match(_expression(value), text)


@functools.lru_cache(maxsize=256)
def _name_patterns(pattern: str) -> tuple[re.Pattern[str], ...]:
    """Return one expression for each group that is asked for; none when any name will do."""
    pattern = clean(pattern)
    if not pattern.strip("*^="):
        return ()
    return tuple(_compiled(_expression(folded(group.rstrip("^ ")))) for group in pattern.split("=") if group)


def _folded(text: str) -> str:
    return text.lower() if text.isascii() else folded(text)


@functools.lru_cache(maxsize=256)
def _compiled(expression: str) -> re.Pattern[str]:
    return re.compile(expression, re.DOTALL)


def regular_match(expression: str, text: str) -> bool:
    """Return whether a whole text matches a regular expression: what REGEXP does in the library's SQL."""
    return _compiled(expression).fullmatch(text) is not None


def _expression(value: str) -> str:
    """Return a value with DICOM's wild cards as a regular expression that never tries a place twice.

    Between two stars the first place that fits is as good as any later one, so what was found is not given back: many
    stars cost no more than few. GLOB has no such bounds.
    """
    first, *others = ("".join("." if char == "?" else re.escape(char) for char in part) for part in value.split("*"))
    if not others:
        return first
    between = "".join(f"(?>.*?{part})" for part in others[:-1] if part)
    return f"{first}{between}.*{others[-1]}"


def _between(column: str, first: str, last: str) -> Condition:
    conditions = [f"{column} >= ?" if first else f"{column} != ''"]
    if last:
        conditions.append(f"{column} <= ?")
    return " AND ".join(conditions), tuple(end for end in (first, last) if end)


def _day(date: dt.date) -> str:
    return f"{date.year:04d}{date.month:02d}{date.day:02d}"
