"""What is asked of archives: what a reader types and chooses, as keys of queries.

What was typed may be meant in several ways (a number is an ID or an accession number), and archives cannot be asked
for one or the other: a question becomes several queries, whose answers belong together.
"""

import calendar
import datetime as dt
import enum
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from viewer.base.errors import UsageError
from viewer.base.translation import N_, _
from viewer.dicom.person_name import PersonName, folded

MODALITIES = ("CT", "MR", "US", "CR", "DX", "MG", "XA", "RF", "NM", "PT", "OT")
"""Those offered; a question may name others."""
MOST_TYPED, MOST_WORDS, MOST_QUERIES = 256, 8, 12
_UID = re.compile(r"[0-9]+(?:\.[0-9]+){3,}", re.ASCII)
_YEAR_FIRST = re.compile(r"(\d{4})([.\-/]?)(\d{2})(?:\2(\d{2}))?\.?", re.ASCII)
_WRITTEN_TOGETHER = re.compile(r"[\u1100-\u11ff\u3040-\u30ff\u3130-\u318f\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3々]")
_NO_NAME = re.compile(r"[,^=\\]+")
_DAY_DIVIDED = re.compile(r"(\d{4})\s*[.\-/년]\s*(\d{1,2})?\s*(?:[.\-/월]\s*(\d{1,2})?\s*[.일]?)?", re.ASCII)
_DAY_TOGETHER = re.compile(r"(\d{4})(\d{2})?(\d{2})?", re.ASCII)
_WILD = re.compile(r"[*?]")


class Period(enum.StrEnum):
    """Of which days studies are asked for."""

    ANY = "any"
    TODAY = "today"
    YESTERDAY = "yesterday"
    WEEK = "week"
    RANGE = "range"


PERIOD_TITLES = {
    Period.ANY: N_("Any date"),
    Period.TODAY: N_("Today"),
    Period.YESTERDAY: N_("Yesterday"),
    Period.WEEK: N_("Last 7 days"),
    Period.RANGE: N_("From … to …"),
}


@dataclass(frozen=True, slots=True)
class ArchiveQuestion:
    """A search in archives.

    Attributes:
        text: As typed: a name, an ID, an accession number, a UID, a day, or several of them.
        date_from: As typed, for Period.RANGE; likewise date_to. Empty for no end.
        modalities: One of them must be in the study; empty for any.
        description: Part of the Study Description.
        archives: Names of the peers that are asked; empty for all that are not hidden.
        patient_id: Exactly this Patient ID: all studies of one patient.
    """

    text: str = ""
    period: Period = Period.ANY
    date_from: str = ""
    date_to: str = ""
    modalities: tuple[str, ...] = ()
    description: str = ""
    archives: tuple[str, ...] = ()
    patient_id: str = ""

    @property
    def is_plain(self) -> bool:
        """Whether it asks for everything."""
        return replace(self, archives=()) == ArchiveQuestion()

    def as_table(self) -> dict[str, Any]:
        """Return it as the settings keep it."""
        table = {"text": self.text, "period": self.period.value, "date_from": self.date_from, "date_to": self.date_to}
        table |= {"description": self.description, "patient_id": self.patient_id}
        lists = {"modalities": list(self.modalities), "archives": list(self.archives)}
        return {**{key: value for key, value in table.items() if value}, **lists}

    @classmethod
    def of_table(cls, table: object) -> "ArchiveQuestion":
        """Return the question that the settings keep; what is damaged counts as left out."""
        kept = table if isinstance(table, Mapping) else {}

        def text(key: str) -> str:
            value = kept.get(key, "")
            return value[:MOST_TYPED] if isinstance(value, str) else ""

        def texts(key: str) -> tuple[str, ...]:
            values = kept.get(key, ())
            return tuple(map(str, values)) if isinstance(values, list | tuple) else ()

        period = next((each for each in Period if each.value == kept.get("period")), Period.ANY)
        return cls(
            text("text"),
            period,
            text("date_from"),
            text("date_to"),
            texts("modalities"),
            text("description"),
            texts("archives"),
            text("patient_id"),
        )


def queries_of(question: ArchiveQuestion, today: dt.date) -> tuple[dict[str, str], ...]:
    """Return the keys of the queries, at the study level, whose answers together answer a question.

    Raises:
        UsageError: If a day cannot be read.
    """
    common = _filters(question, today)
    if question.patient_id:
        return _with_modalities([{**common, "PatientID": question.patient_id}], question.modalities)
    words = question.text[:MOST_TYPED].split()[:MOST_WORDS]
    if uid := next((word for word in words if _UID.fullmatch(word)), ""):
        return ({"StudyInstanceUID": uid},)
    names = _NO_NAME.sub(" ", " ".join(word for word in words if not _has_digit(word))).split()
    ways = [_meanings(word) for word in words if _has_digit(word)]
    if names:
        ways.append([{"PatientName": pattern} for pattern in _name_patterns(names)])
    queries = [common]
    for way in ways:
        queries = [{**query, **keys} for query in queries for keys in way]
    return _with_modalities(queries[:MOST_QUERIES], question.modalities)


def fits(question: ArchiveQuestion, patient_name: str) -> bool:
    """Whether a name that an archive answered with is what was typed.

    Scripts that are written together are asked for with wildcards between the letters, since nobody knows where the
    family name ends: that finds more than was meant.
    """
    typed = [word for word in question.text[:MOST_TYPED].split()[:MOST_WORDS] if _WRITTEN_TOGETHER.search(word)]
    if not typed or question.patient_id:
        return True
    keys = PersonName.parse(patient_name).search_keys()
    return all(any(folded(_NO_NAME.sub("", _WILD.sub("", word))) in key for key in keys) for word in typed)


def day_of(text: str, *, is_end: bool = False) -> str:
    """Return a day that was typed (2024-03-07, 20240307, 2024-03, 2024) as DICOM writes it; empty for none.

    Raises:
        UsageError: If it is no day.
    """
    text = text.strip()
    if not text:
        return ""
    match = _DAY_DIVIDED.fullmatch(text) or _DAY_TOGETHER.fullmatch(text)
    try:
        if match is None:
            raise ValueError(text)
        year, month = int(match[1]), int(match[2] or (12 if is_end else 1))
        last = calendar.monthrange(year, month)[1] if is_end else 1
        return f"{dt.date(year, month, int(match[3] or last)):%Y%m%d}"
    except ValueError:
        raise UsageError(_("{0} is no day; write it like 2024-03-07").format(text)) from None


def _filters(question: ArchiveQuestion, today: dt.date) -> dict[str, str]:
    keys = {}
    if days := _days(question, today):
        keys["StudyDate"] = days
    if description := _NO_NAME.sub(" ", question.description).strip():
        keys["StudyDescription"] = description if _WILD.search(description) else f"*{description}*"
    return keys


def _days(question: ArchiveQuestion, today: dt.date) -> str:
    match question.period:
        case Period.TODAY:
            return f"{today:%Y%m%d}"
        case Period.YESTERDAY:
            return f"{today - dt.timedelta(days=1):%Y%m%d}"
        case Period.WEEK:
            return f"{today - dt.timedelta(days=6):%Y%m%d}-{today:%Y%m%d}"
        case Period.RANGE:
            first, last = day_of(question.date_from), day_of(question.date_to, is_end=True)
            if first and last and first > last:
                raise UsageError(_("The first day is after the last"))
            return f"{first}-{last}" if first != last else first
        case _:
            return ""


def _with_modalities(queries: Sequence[dict[str, str]], modalities: Sequence[str]) -> tuple[dict[str, str], ...]:
    """Ask for each modality: several values of one key are no query that every archive answers (PS3.4 C.2.2.2)."""
    if not modalities:
        return tuple(queries)
    return tuple({**query, "ModalitiesInStudy": modality} for modality in modalities for query in queries)


def _has_digit(word: str) -> bool:
    return any(char.isdigit() for char in word)


def _meanings(word: str) -> list[dict[str, str]]:
    """Return what a word with digits may be: eight digits that could be a day are an ID as often."""
    day = _day_typed(word)
    if day and not word.isdigit():
        return [{"StudyDate": day}]
    meanings = [{"PatientID": word}, {"AccessionNumber": word}]
    if day:
        meanings.append({"StudyDate": day})
    if any(char.isalpha() for char in word):
        meanings += [{"PatientName": pattern} for pattern in _name_patterns([word])]
    return meanings


def _day_typed(word: str) -> str:
    """Return the day or month that a word may mean, as a key; empty when it means none."""
    match = _YEAR_FIRST.fullmatch(word)
    if match is None or (match[4] is None and not match[2]) or not 1900 <= int(match[1]) <= 2100:
        return ""
    try:
        first, last = day_of(word), day_of(word, is_end=True)
    except UsageError:
        return ""
    return first if first == last else f"{first}-{last}"


def _name_patterns(words: Sequence[str]) -> list[str]:
    together = [word for word in words if _WRITTEN_TOGETHER.search(word)]
    if together:
        # Which group it stands in and where the family name ends is the archive's business.
        letters = [char for word in words for char in _WILD.sub("", word)]
        return ["*" + "*".join(letters) + "*"]
    if any(_WILD.search(word) for word in words):
        return ["*".join(words)]
    orders = [words] if len(words) == 1 else [words, [*words[1:], words[0]]]
    patterns = ["*".join(order) + "*" for order in orders]
    return list(dict.fromkeys(each for pattern in patterns for each in (pattern, pattern.upper())))
