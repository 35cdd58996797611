"""Whether an answer is what was asked for: archives answer more than they should with keys that they do not match.

What an answer does not say cannot be judged and is kept; letters are compared as archives do, without case.
"""

import re
from collections.abc import Callable, Mapping

from viewer.dicom.dates_and_times import parse_date
from viewer.dicom.person_name import folded
from viewer.dicom.tag_names import parse_tag, tag_name
from viewer.library.matching import name_matches, wild_match

_RANGE = re.compile(r"([0-9.:]*) *- *([0-9.:]*)")
_NOT_JUDGED = frozenset({"SpecificCharacterSet", "QueryRetrieveLevel", "TimezoneOffsetFromUTC"})


def fits(answer: Mapping[str, str], keys: Mapping[str, str], *, is_fuzzy: bool = False) -> bool:
    """Return whether an answer matches the keys, as far as that can be told."""
    return all(
        _matches(key, wanted, answer[key], is_fuzzy=is_fuzzy)
        for key, wanted in keys.items()
        if wanted.strip("* ") and answer.get(key) and key not in _NOT_JUDGED
    )


def _matches(key: str, wanted: str, said: str, *, is_fuzzy: bool) -> bool:
    vr = _vr(key)
    if vr == "PN":
        return is_fuzzy or _name(wanted, said)
    if vr in _BY_VR:
        return _BY_VR[vr](wanted, said)
    patterns = [folded(each.strip()) for each in wanted.split("\\") if each.strip()]
    values = [folded(each.strip()) for each in said.split("\\")]
    return not patterns or any(wild_match(pattern, value) for pattern in patterns for value in (*values, folded(said)))


def _name(wanted: str, said: str) -> bool:
    return (
        name_matches(wanted, said)
        or wild_match(folded(wanted.rstrip("^= ")), folded(said.rstrip("^= ")))
        or wild_match(folded(wanted.replace("^", " ")), folded(said.replace("^", " ")))
    )


def _uids(wanted: str, said: str) -> bool:
    asked, has = ({each.strip(" \0") for each in text.split("\\")} for text in (wanted, said))
    return not asked.isdisjoint(has)


def _dates(wanted: str, said: str) -> bool:
    day = parse_date(said)
    if day is None:
        return True
    ends = _RANGE.fullmatch(wanted.strip())
    if ends is None:
        only = parse_date(wanted)
        return only is None or day == only
    first, last = parse_date(ends[1]), parse_date(ends[2])
    return (first is None or first <= day) and (last is None or day <= last)


def _times(wanted: str, said: str) -> bool:
    time = re.sub(r"[^0-9.]", "", said)
    if len(time) < 2:
        return True
    ends = _RANGE.fullmatch(wanted.strip())
    if ends is None:
        only = re.sub(r"[^0-9.]", "", wanted)
        return time.startswith(only) or only.startswith(time)
    first, last = (re.sub(r"[^0-9.]", "", end) for end in ends.groups())
    # As far as both are written: an end of a range that is written to the minute takes in its whole minute.
    return (not first or time >= first[: len(time)]) and (not last or time[: len(last)] <= last)


def _numbers(wanted: str, said: str) -> bool:
    try:
        asked = {float(each) for each in wanted.split("\\") if each.strip()}
        return any(float(each) in asked for each in said.split("\\") if each.strip())
    except ValueError:
        return True


_BY_VR: Mapping[str, Callable[[str, str], bool]] = {
    "UI": _uids, "DA": _dates, "TM": _times, "IS": _numbers, "DS": _numbers, "US": _numbers, "UL": _numbers,
    "SQ": lambda _wanted, _said: True, "DT": lambda _wanted, _said: True,
}  # fmt: skip


def _vr(key: str) -> str:
    tag = parse_tag(key)
    return "SQ" if tag is None or "." in key else tag_name(tag).vr.partition(" ")[0]
