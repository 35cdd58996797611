"""Luminance readings as they are typed, pasted or read from a CSV file: taken whole, or refused with their line.

Rows are driving level and luminance in cd/m², and where the meter gave them CIE x and y. A header, comments after #,
commas, semicolons or tabs, and decimal commas where the separator is no comma are all understood.
"""

import codecs
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from viewer.base.errors import DisplayError, system_reason
from viewer.base.translation import _, ngettext
from viewer.display.calibration_record import Reading
from viewer.imaging.display_calibration import LEVEL_COUNTS

LEAST_POINTS = 18
"""TG18-LN has so many; a response is not known from fewer (AAPM TG18 4.3)."""
HIGHEST_CD_M2 = 1e5
LARGEST_FALL = 0.05
"""Of the range from black to white: what falls more is no noise but a wrong table."""

LARGEST_FILE = 2**20

_PAIR, _WITH_CHROMATICITY = 2, 4
_LONGEST_QUOTE = 40
"""Characters of a field that are told: what stands in a file that is no table may have no end."""
_LUMINANCE_HEADING = re.compile(r"\s*[\"']?(lum|cd|nit|l\b)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Readings:
    """Readings that may be calibrated from.

    Attributes:
        readings: In the order of their driving levels, as they were read.
        notes: What a reader must know of them, translated.
        levels: Driving levels of the surface they were read from: 256 or 1024.
    """

    readings: tuple[Reading, ...]
    notes: tuple[str, ...] = ()
    levels: int = LEVEL_COUNTS[0]


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    reading: Reading


def parse_readings(text: str, subject: str = "") -> Readings:
    """Return the readings in a text.

    Args:
        text: Of a CSV file, or pasted from a table.
        subject: The file, for messages.

    Raises:
        DisplayError: If it cannot be a display's response; it names the line.
    """
    try:
        return _checked(list(_rows(text)))
    except DisplayError as error:
        raise error.about(subject) from error


def read_readings(path: Path) -> Readings:
    """Return the readings in a CSV file.

    Raises:
        DisplayError: If it cannot be read, or cannot be a display's response.
    """
    return parse_readings(read_table(path), str(path))


def read_table(path: Path) -> str:
    """Return the text of a file with a table, in whichever encoding spreadsheets write.

    Raises:
        DisplayError: If it cannot be read.
    """
    try:
        with path.open("rb") as stream:
            content = stream.read(LARGEST_FILE + 1)
    except OSError as error:
        raise DisplayError(system_reason(error), subject=str(path), advice=_("Check the path and the drive")) from error
    if len(content) > LARGEST_FILE:
        raise DisplayError(_("The file is too large for a table of readings"), subject=str(path))
    return _text(content)


def checked_readings(readings: Sequence[Reading]) -> Readings:
    """Return readings that were typed in, ordered and checked as those of a file are; lines count from 1.

    Raises:
        DisplayError: If they cannot be a display's response; it names the line.
    """
    for line, reading in enumerate(readings, start=1):
        _check_level(line, reading.driving_level)
        _check_luminance(line, reading.luminance_cd_m2)
    return _checked([_Row(line, reading) for line, reading in enumerate(readings, start=1)])


def reversed_steps(readings: Sequence[Reading]) -> tuple[int, float]:
    """Return how many readings lie below a darker level's, and by how much at most in cd/m²."""
    count, worst, highest = 0, 0.0, 0.0
    for reading in readings:
        fall = highest - reading.luminance_cd_m2
        if fall > 0:
            count, worst = count + 1, max(worst, fall)
        highest = max(highest, reading.luminance_cd_m2)
    return count, worst


def _text(content: bytes) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", "replace")  # "Unicode text" of spreadsheets
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")  # headings and comments of older programs; numbers are the same


def _rows(text: str) -> Iterator[_Row]:
    lines = [line.partition("#")[0].strip() for line in text.lstrip("\ufeff").splitlines()]
    separator = _separator(lines)
    is_first = True
    for number, line in enumerate(lines, start=1):
        if not line:
            continue
        fields = [field.strip().strip("\"'") for field in re.split(separator, line)]
        while len(fields) > _PAIR and not fields[-1]:
            fields.pop()  # a separator at the end of the line
        if is_first and any(lines[number:]) and _is_heading(fields):  # with nothing under it, it is no heading
            if _LUMINANCE_HEADING.match(line):
                raise _wrong(number, _("the driving level stands first, then the luminance"))
        else:
            yield _Row(number, _reading(number, fields, is_comma_decimal=separator != ","))
        is_first = False


def _separator(lines: Sequence[str]) -> str:
    """Return the pattern between two fields: the first of semicolon, tab and comma that is in the text, else blanks."""
    return next((mark for mark in (";", "\t", ",") if any(mark in line for line in lines)), r"\s+")


def _is_heading(fields: Sequence[str]) -> bool:
    return all(field and not field[0].isdecimal() and not _is_number(field) for field in fields)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _reading(line: int, fields: Sequence[str], *, is_comma_decimal: bool) -> Reading:
    if len(fields) not in {_PAIR, _WITH_CHROMATICITY}:
        raise _wrong(
            line,
            ngettext(
                "it has {count} field; there must be a driving level and a luminance",
                "it has {count} fields; there must be a driving level and a luminance",
                len(fields),
            ).format(count=len(fields)),
        )
    values = [_number(line, field, is_comma_decimal=is_comma_decimal) for field in fields]
    level = _check_level(line, values[0])
    _check_luminance(line, values[1])
    if len(values) == _PAIR:
        return Reading(level, values[1])
    if not all(0 <= value <= 1 for value in values[2:]):
        raise _wrong(line, _("chromaticity x and y are from 0 to 1"))
    return Reading(level, values[1], (values[2], values[3]))


def _number(line: int, field: str, *, is_comma_decimal: bool) -> float:
    text = field.replace(",", ".") if is_comma_decimal else field
    if not _is_number(text) or "_" in text:
        told = field if len(field) <= _LONGEST_QUOTE else f"{field[:_LONGEST_QUOTE]}…"
        raise _wrong(line, _("'{text}' is no number").format(text=told))
    return float(text)


def _check_level(line: int, value: float) -> int:
    if not (math.isfinite(value) and value == int(value) and 0 <= value < LEVEL_COUNTS[-1]):
        raise _wrong(
            line,
            _("'{value:g}' is no driving level; they are whole numbers from 0 to {most}").format(
                value=value, most=LEVEL_COUNTS[-1] - 1
            ),
        )
    return int(value)


def _check_luminance(line: int, value: float) -> None:
    if not 0 <= value <= HIGHEST_CD_M2:
        raise _wrong(line, _("a luminance of {value:g} cd/m² is impossible").format(value=value))


def _checked(rows: list[_Row]) -> Readings:
    rows = _without_repetitions(sorted(rows, key=lambda row: (row.reading.driving_level, row.line)))
    if not rows:
        raise DisplayError(_("There is no reading in it; at least {least} are needed").format(least=LEAST_POINTS))
    if len(rows) < LEAST_POINTS:
        end = max(row.line for row in rows)
        raise _wrong(
            end,
            ngettext(
                "here ends the table after {count} reading; at least {least} are needed",
                "here ends the table after {count} readings; at least {least} are needed",
                len(rows),
            ).format(count=len(rows), least=LEAST_POINTS),
        )
    first, last = rows[0], rows[-1]
    if first.reading.driving_level != 0:
        raise _wrong(
            first.line,
            _("the lowest driving level is {level}; black, level 0, is missing").format(
                level=first.reading.driving_level
            ),
        )
    if last.reading.driving_level + 1 not in LEVEL_COUNTS:
        raise _wrong(
            last.line,
            _("the highest driving level is {level}; white, level 255 or 1023, is missing").format(
                level=last.reading.driving_level
            ),
        )
    _check_rise(rows)
    readings = tuple(row.reading for row in rows)
    return Readings(readings, levelling_notes(readings), last.reading.driving_level + 1)


def levelling_notes(readings: Sequence[Reading]) -> tuple[str, ...]:
    """Return what to tell of readings below those of darker levels, which are raised to them; nothing without any."""
    count, worst = reversed_steps(readings)
    if not count:
        return ()
    return (
        ngettext(
            "{count} reading was below that of a darker level, by {worst:.3g} cd/m² at most: levelled as noise",
            "{count} readings were below those of darker levels, by {worst:.3g} cd/m² at most: levelled as noise",
            count,
        ).format(count=count, worst=worst),
    )


def _without_repetitions(rows: Sequence[_Row]) -> list[_Row]:
    kept: list[_Row] = []
    for row in rows:
        if not kept or row.reading.driving_level != kept[-1].reading.driving_level:
            kept.append(row)
        elif row.reading != kept[-1].reading:
            raise _wrong(
                row.line,
                _("driving level {level} stands in line {other} with another luminance").format(
                    level=row.reading.driving_level, other=kept[-1].line
                ),
            )
    return kept


def _check_rise(rows: Sequence[_Row]) -> None:
    luminances = [row.reading.luminance_cd_m2 for row in rows]
    spread = max(luminances) - min(luminances)
    if spread <= 0:
        raise DisplayError(_("All luminances are the same: nothing was measured"))
    highest = luminances[0]
    for row in rows:
        fall = highest - row.reading.luminance_cd_m2
        if fall > LARGEST_FALL * spread:
            raise _wrong(
                row.line,
                _(
                    "the luminance falls by {fall:.3g} cd/m², {part:.0%} of the range: this is not a display's response"
                ).format(fall=fall, part=fall / spread),
            )
        highest = max(highest, row.reading.luminance_cd_m2)


def _wrong(line: int, what: str) -> DisplayError:
    return DisplayError(_("Line {line}: {what}").format(line=line, what=what))
