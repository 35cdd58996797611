"""The lines of a journal: each a JSON table of one thing as it is now, with a checksum, that stands for itself.

The last line of a thing counts. The keys v, type, study and uid mean the same in every version, so that what a newer
program wrote is never taken for something older.
"""

import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from viewer.measurement.annotation import Annotation
from viewer.measurement.user_calibration import UserCalibration
from viewer.workspace.measuring.annotation_json import annotation_of, annotation_table
from viewer.workspace.measuring.calibration_json import calibration_of, calibration_table
from viewer.workspace.presenting.key_marks import KeyMark, mark_of, mark_table

VERSION = 1
ANNOTATION, CALIBRATION, KEY = "annotation", "calibration", "key"

Value = Annotation | UserCalibration | KeyMark | None
Key = tuple[str, str]
"""What a line is about: its type, and the uid of an annotation or of the image that a calibration is of."""

_CHECK_LENGTH = len(',"crc":"01234567"}')


class DamagedLine(ValueError):  # noqa: N818 - nothing that happens to a reader: it is counted and put aside
    """Bytes that are no line as it was written."""


@dataclass(frozen=True, slots=True)
class JournalLine:
    """One thing as it is now.

    Attributes:
        study: What it belongs to: a Study Instance UID.
        value: None where it is gone; also where is_newer.
        is_newer: Whether a newer version of the program wrote it.
    """

    key: Key
    study: str
    value: Value = None
    is_newer: bool = False


def encoded(line: JournalLine) -> bytes:
    """Return a line as it is written, with its end."""
    kind, uid = line.key
    body = {"v": VERSION, "type": kind, "study": line.study, "uid": uid, "is": _table(line.value)}
    text = json.dumps(body, separators=(",", ":"), allow_nan=False)  # escapes what is no ASCII: also line ends
    return f"{text[:-1]}{_check(text)}\n".encode()


def _table(value: Value) -> Mapping[str, Any] | None:
    if isinstance(value, Annotation):
        return annotation_table(value)
    if isinstance(value, KeyMark):
        return mark_table(value)
    return None if value is None else calibration_table(value)


def decoded(data: bytes) -> JournalLine:
    """Return what a line says, given without its end.

    Raises:
        ValueError: If it is none (DamagedLine), or what it says is no such thing.
    """
    table = _checked(data)
    version, kind, study, uid = (table.get(name) for name in ("v", "type", "study", "uid"))
    if not (isinstance(version, int) and isinstance(kind, str) and isinstance(study, str) and isinstance(uid, str)):
        raise DamagedLine("A line without its keys")
    if version > VERSION or kind not in _READERS:
        return JournalLine((kind, uid), study, is_newer=True)
    value = table.get("is")
    if value is not None and not isinstance(value, Mapping):
        raise DamagedLine("A line of no thing")
    return JournalLine((kind, uid), study, None if value is None else _READERS[kind](value))


def _checked(data: bytes) -> Mapping[str, Any]:
    """Return the table of a line whose checksum is right."""
    text = data.decode("ascii")
    body, check = f"{text[:-_CHECK_LENGTH]}}}", text[-_CHECK_LENGTH:]
    if check != _check(body):
        raise DamagedLine("A line whose checksum is wrong")
    try:
        table = json.loads(body)
    except RecursionError as error:
        raise DamagedLine("A line too deep to be ours") from error
    if not isinstance(table, dict):
        raise DamagedLine("A line that is no table")
    return table


def _check(body: str) -> str:
    """Return what stands at the end of a line for its closing brace."""
    return f',"crc":"{zlib.crc32(body.encode()):08x}"}}'


_READERS: Mapping[str, Callable[[Mapping[str, Any]], Annotation | UserCalibration | KeyMark]] = {
    ANNOTATION: annotation_of,
    CALIBRATION: calibration_of,
    KEY: mark_of,
}
