"""Dates, times and ages of the Standard, also as older devices wrote them (PS3.5 6.2, DA TM DT AS).

What is not a date is shown as it stands, never corrected into another one.
"""

import datetime as dt
import functools
import re

from viewer.base.translation import N_, _

_DATE = re.compile(r"^(\d{4})(?P<separator>[.\-/]?)(\d{2})(?P=separator)(\d{2})$")
_TIME = re.compile(r"^(\d{2})(?::?(\d{2})(?::?(\d{2})(?:[.,](\d{1,6})\d*)?)?)?$")
_DATE_TIME = re.compile(r"^(\d{4})(\d{2})?(\d{2})?(\d{2})?(\d{2})?(\d{2})?(?:\.(\d{1,6})\d*)?([+\-]\d{4})?$")
_OFFSET = re.compile(r"^([+\-])(\d{2})(\d{2})$")
_AGE = re.compile(r"^(\d{1,3})([DWMY])$")
# Offsets exist from −12:00 to +14:00 (PS3.5 6.2, DT).
_LEAST_OFFSET, _GREATEST_OFFSET = dt.timedelta(hours=-12), dt.timedelta(hours=14)

WEEKDAYS = (N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun"))

# Below these, an age is told in the smaller unit, as paediatricians do.
_MONTHS_FROM_DAYS = 28
_YEARS_FROM_MONTHS = 24


@functools.lru_cache(maxsize=4096)
def parse_date(text: str) -> dt.date | None:
    """Return the date of a DA, also written with dots, hyphens or slashes; None when it is none."""
    match = _DATE.match(text.strip(" \0"))
    if match is None:
        return None
    try:
        return dt.date(int(match[1]), int(match[3]), int(match[4]))
    except ValueError:
        return None


@functools.lru_cache(maxsize=4096)
def parse_time(text: str) -> dt.time | None:
    """Return the time of a TM, whole or shortened, also with colons; None when it is none."""
    match = _TIME.match(text.strip(" \0"))
    if match is None:
        return None
    hour, minute, second = (int(part or 0) for part in match.group(1, 2, 3))
    return _time(hour, minute, second, int((match[4] or "").ljust(6, "0")))


def parse_offset(text: str) -> dt.timezone | None:
    """Return the offset from UTC of Timezone Offset From UTC (0008,0201) or of a DT; None when it is none."""
    match = _OFFSET.match(text.strip(" \0"))
    if match is None:
        return None
    offset = dt.timedelta(hours=int(match[2]), minutes=int(match[3]))
    if match[1] == "-":
        offset = -offset
    return dt.timezone(offset) if _LEAST_OFFSET <= offset <= _GREATEST_OFFSET else None


def parse_date_time(text: str, default_offset: str = "") -> dt.datetime | None:
    """Return the moment of a DT, its missing parts at their least; None when it is none.

    Args:
        text: The value of a DT.
        default_offset: Timezone Offset From UTC (0008,0201), for a DT without one of its own.
    """
    match = _DATE_TIME.match(text.strip(" \0"))
    if match is None:
        return None
    year, month, day = int(match[1]), int(match[2] or 1), int(match[3] or 1)
    time = _time(int(match[4] or 0), int(match[5] or 0), int(match[6] or 0), int((match[7] or "").ljust(6, "0")))
    if time is None:
        return None
    zone = parse_offset(match[8] or default_offset)
    try:
        return dt.datetime.combine(dt.date(year, month, day), time, zone)
    except ValueError:
        return None


def combined(date_text: str, time_text: str, default_offset: str = "") -> dt.datetime | None:
    """Return the moment of a DA and a TM together; midnight where the time is absent, None where the date is none.

    A time that is there but no time gives None too: midnight would put it before others.
    """
    date = parse_date(date_text)
    time = parse_time(time_text) if time_text.strip(" \0") else dt.time()
    if date is None or time is None:
        return None
    return dt.datetime.combine(date, time, parse_offset(default_offset))


def display_date(text: str, *, with_weekday: bool = False) -> str:
    """Return a DA as 2024-03-07, or 2024-03-07 Thu; a value that is no date as it stands."""
    date = parse_date(text)
    if date is None:
        return text.strip(" \0")
    return f"{date.isoformat()} {_(WEEKDAYS[date.weekday()])}" if with_weekday else date.isoformat()


def display_time(text: str) -> str:
    """Return a TM as 14:05:09, no finer than it was written; a value that is no time as it stands."""
    time = parse_time(text)
    if time is None:
        return text.strip(" \0")
    digits = len(text.strip(" \0").replace(":", "").split(".")[0])
    return time.isoformat("hours" if digits == 2 else "minutes" if digits == 4 else "seconds")


def display_date_time(text: str) -> str:
    """Return a DT as 2024-03-07 14:05:09 +09:00, no finer than it was written; other values as they stand."""
    stripped = text.strip(" \0")
    match = _DATE_TIME.match(stripped)
    moment = parse_date_time(stripped)
    if match is None or moment is None:
        return stripped
    date = moment.date().isoformat()[: 4 if match[2] is None else 7 if match[3] is None else 10]
    time = ""
    if match[4] is not None:
        detail = "hours" if match[5] is None else "minutes" if match[6] is None else "seconds"
        time = moment.time().isoformat(detail)
    zone = moment.strftime("%z")
    return " ".join(part for part in (date, time, f"{zone[:3]}:{zone[3:5]}" if zone else "") if part)


def age_text(birth_date: str, on_date: str, stated_age: str = "") -> str:
    """Return the age on a date, in the reader's language; from the dates, else from Patient's Age (0010,1010).

    Args:
        birth_date: Patient's Birth Date (0010,0030).
        on_date: When the patient was seen, usually Study Date.
        stated_age: The device's own value, used where the dates do not give one.
    """
    birth, seen = parse_date(birth_date), parse_date(on_date)
    if birth is not None and seen is not None and seen >= birth:
        return _age_between(birth, seen)
    match = _AGE.match(stated_age.strip(" \0").upper())
    return _age(int(match[1]), match[2]) if match else ""


def _age_between(birth: dt.date, seen: dt.date) -> str:
    days = (seen - birth).days
    months = (seen.year - birth.year) * 12 + seen.month - birth.month - (seen.day < birth.day)
    if days < _MONTHS_FROM_DAYS or months < 1:
        return _age(days, "D")
    return _age(months, "M") if months < _YEARS_FROM_MONTHS else _age(months // 12, "Y")


def _age(number: int, unit: str) -> str:
    forms = {"D": _("{number} d"), "W": _("{number} wk"), "M": _("{number} mo"), "Y": _("{number} y")}
    return forms[unit].format(number=number)


def _time(hour: int, minute: int, second: int, microsecond: int) -> dt.time | None:
    # A leap second has no place of its own in a clock: it counts as the second before it.
    try:
        return dt.time(hour, minute, 59 if second == 60 else second, microsecond)
    except ValueError:
        return None
