"""Searching the studies as one types: which words a study is found by, and what a typed text asks for.

Every typed word must be the beginning of some word of the study. Words are folded (no case, no accents, one width);
words of Hangul, Han, kana and other scripts without spaces are found by any part of them. A typed word may be a date
in several spellings. What is typed never reaches the query language of the search: only letters and digits do.
"""

import datetime as dt
import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from viewer.dicom.person_name import PersonName, folded
from viewer.library.kept_values import MAX_VALUE

_MAX_WORD = 64
_MAX_WORDS_OF_STUDY = 2000
_MAX_TYPED, _MAX_TYPED_WORDS = 256, 16
# From here on scripts write words without spaces between (Thai, Hangul, Han, kana …): any part of a word counts.
_FIRST_UNSPACED = "\u0e00"
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_UID_DOTS = 3

_NAMES = ("PatientName", "OtherPatientNames", "ReferringPhysicianName", "NameOfPhysiciansReadingStudy")
_TEXTS = (
    "PatientID", "OtherPatientIDs", "AccessionNumber", "StudyID", "OtherStudyNumbers", "StudyDescription",
    "AdmittingDiagnosesDescription", "InstitutionName",
)  # fmt: skip
_DATES = ("StudyDate", "PatientBirthDate")
SERIES_WORDS = ("Modality", "SeriesDescription", "BodyPartExamined", "ProtocolName", "StationName")
"""What of its series a study is found by."""


@dataclass(frozen=True, slots=True)
class Search:
    """What is asked of the list of studies; everything that is given must hold.

    Attributes:
        text: As typed.
        modality: One of the study's modalities; "CT".
        date_from: The earliest Study Date.
        date_to: The latest Study Date.
        flags: All of them must be set.
        patient_id: Exactly this Patient ID, of any issuer.
        only_undisplayed: Only studies with instances that were never displayed.
        in_trash: What is in the trash, instead of what is not.
        limit: How many studies at most.
        offset: How many studies to leave out first.
    """

    text: str = ""
    modality: str = ""
    date_from: dt.date | None = None
    date_to: dt.date | None = None
    flags: frozenset[str] = frozenset()
    patient_id: str = ""
    only_undisplayed: bool = False
    in_trash: bool = False
    limit: int = 200
    offset: int = 0


def study_words(attributes: Mapping[str, str], series: Iterable[Mapping[str, str]], notes: str, flags: str) -> str:
    """Return the words that a study is found by, as the index keeps them.

    Args:
        attributes: Of the study level, by keyword.
        series: Of each of its series, by keyword; those of SERIES_WORDS count.
        notes: What the reader wrote.
        flags: One a line.
    """
    words: dict[str, None] = {}
    for keyword in _NAMES:
        for name in attributes.get(keyword, "").split("\\"):
            for key in PersonName.parse(name[:MAX_VALUE]).search_keys():
                words.update(dict.fromkeys(_index_words(key)))
    for text in (*(attributes.get(keyword, "") for keyword in _TEXTS), notes):
        words.update(dict.fromkeys(_index_words(text)))
    for keyword in _DATES:
        words["".join(words_of(attributes.get(keyword, "")))] = None
    words.update(dict.fromkeys(flag_word(flag) for flag in flags.split("\n") if flag))
    for one in series:
        words[modality_word(one.get("Modality", ""))] = None
        for keyword in SERIES_WORDS:
            words.update(dict.fromkeys(_index_words(one.get(keyword, ""))))
        if len(words) > _MAX_WORDS_OF_STUDY:
            break
    return " ".join([word for word in words if word][:_MAX_WORDS_OF_STUDY])


def words_of(text: str) -> list[str]:
    """Return the words of a text: folded, divided wherever there is neither letter, digit nor mark."""
    kept = "".join(char if char.isalnum() or unicodedata.category(char)[0] == "M" else " " for char in _bounded(text))
    return [word[:_MAX_WORD] for word in kept.split()]


def modality_word(modality: str) -> str:
    """Return the word by which the index finds studies of a modality; it cannot be typed."""
    return f"=m{_digest(modality.strip().upper())}"


def flag_word(flag: str) -> str:
    """Return the word by which the index finds studies with a flag; it cannot be typed."""
    return f"=f{_digest(flag)}"


def _digest(text: str) -> str:
    # Whatever the text is made of: its letters alone would not tell two symbols apart.
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]


def match_expression(search: Search) -> str:
    """Return what a search asks of the full text index, in the words of FTS5; empty when nothing."""
    typed = _dates_joined(search.text[:_MAX_TYPED]).split()[:_MAX_TYPED_WORDS]
    parts = [part for part in map(_alternatives, typed) if part]
    if search.modality:
        parts.append(f'"{modality_word(search.modality)}"')
    parts += [f'"{flag_word(flag)}"' for flag in sorted(search.flags)]
    return " AND ".join(parts)


def typed_uids(search: Search) -> list[str]:
    """Return the words of a search that are UIDs, or beginnings of them."""
    return [word for word in search.text[:_MAX_TYPED].split() if _is_uid(word)][:_MAX_TYPED_WORDS]


def _bounded(text: str) -> str:
    return folded(text[:MAX_VALUE])


def _index_words(text: str) -> Iterable[str]:
    for chunk in text[:MAX_VALUE].split():
        pieces = words_of(chunk)
        if len(pieces) > 1:
            yield "".join(pieces)[:_MAX_WORD]
        for piece in pieces:
            yield piece
            if max(piece) >= _FIRST_UNSPACED:
                yield from (piece[start:] for start in range(1, len(piece)))


def _is_uid(word: str) -> bool:
    return word.count(".") >= _UID_DOTS and re.fullmatch(r"[0-9.]+", word, re.ASCII) is not None


def _alternatives(word: str) -> str:
    """Return what one typed word asks for; empty for one without letters and digits, and for UIDs."""
    if _is_uid(word):
        return ""
    dates = _date_words(word)
    pieces = words_of(word)
    if not pieces:
        return ""
    found = [_begins(date) for date in dates]
    joined = "".join(pieces)[:_MAX_WORD]
    if joined not in dates:
        found.append(_begins(joined))
    if len(pieces) > 1 and not dates:
        found.append(f"({' AND '.join(map(_begins, pieces))})")
    return f"({' OR '.join(found)})"


def _begins(word: str) -> str:
    return f'"{word}" *'


_YEAR_FIRST = re.compile(r"^(\d{4})[.\-/년](\d{1,2})(?:[.\-/월](\d{1,2})?(?:일|\.)?)?$", re.ASCII)
_YEAR_LAST = re.compile(r"^(\d{1,2})[.\-/](\d{1,2})[.\-/](\d{4})$", re.ASCII)
_MONTH = rf"({'|'.join(_MONTHS)})[a-z]*\.?"
_DAY_MONTH_YEAR = re.compile(rf"\b(?:(\d{{1,2}})\.?[\s\-]+)?{_MONTH}[\s\-]+(\d{{4}})\b", re.ASCII | re.IGNORECASE)
_MONTH_DAY_YEAR = re.compile(rf"\b{_MONTH}\s+(\d{{1,2}}),?\s+(\d{{4}})\b", re.ASCII | re.IGNORECASE)
_KOREAN = re.compile(r"(\d{4})\s*년\s*(\d{1,2})\s*월(?:\s*(\d{1,2})\s*일)?", re.ASCII)
_SPACED = re.compile(r"\b(\d{4})\. +(\d{1,2})\.(?: +(\d{1,2})\.?)?(?!\S)", re.ASCII)


def _dates_joined(text: str) -> str:
    """Return a typed text with the dates that are written in several words made one word each."""

    def month(name: str) -> int:
        return _MONTHS.index(name.lower()) + 1

    text = unicodedata.normalize("NFC", text)
    for pattern in (_KOREAN, _SPACED):
        text = pattern.sub(lambda m: f"{m[1]}-{m[2]}" + (f"-{m[3]}" if m[3] else ""), text)
    text = _MONTH_DAY_YEAR.sub(lambda m: f"{m[3]}-{month(m[1])}-{m[2]}", text)
    return _DAY_MONTH_YEAR.sub(lambda m: f"{m[3]}-{month(m[2])}" + (f"-{m[1]}" if m[1] else ""), text)


def _date_words(word: str) -> list[str]:
    """Return what the dates begin with that a typed word may mean: 2024-3-7, 2024.03, 07.03.2024, 3/7/2024."""
    if match := _YEAR_FIRST.match(word):
        year, month, day = match.groups()
        return [f"{year}{int(month):02d}" + (f"{int(day):02d}" if day else "")]
    if match := _YEAR_LAST.match(word):
        first, second, year = int(match[1]), int(match[2]), match[3]
        # Day and month come in either order; what cannot be a month decides.
        orders = {(first, second), (second, first)}
        return sorted(f"{year}{month:02d}{day:02d}" for day, month in orders if month <= len(_MONTHS))
    return []
