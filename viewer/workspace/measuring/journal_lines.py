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

VERSION = 1
ANNOTATION, CALIBRATION = "annotation", "calibration"

Value = Annotation | UserCalibration | None
Key = tuple[str, str]
"""What a line is about: its type, and the uid of an annotation or of the image that a calibration is of."""

_CHECK = ',"crc":"'
_CHECKED_LENGTH = len(_CHECK) + 8 + len('"}')


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
    value = line.value
    table = annotation_table(value) if isinstance(value, Annotation) else value and calibration_table(value)
    body = {"v": VERSION, "type": kind, "study": line.study, "uid": uid, "is": table}
    text = json.dumps(body, separators=(",", ":"), allow_nan=False)  # escapes what is no ASCII: also line ends
    return f'{text[:-1]}{_CHECK}{zlib.crc32(text.encode()):08x}"}}\n'.encode()


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
    body, check = f"{text[:-_CHECKED_LENGTH]}}}", text[-_CHECKED_LENGTH:]
    if not check.startswith(_CHECK) or check[len(_CHECK) : -2] != f"{zlib.crc32(body.encode()):08x}":
        raise DamagedLine("A line whose checksum is wrong")
    try:
        table = json.loads(body)
    except RecursionError as error:
        raise DamagedLine("A line too deep to be ours") from error
    if not isinstance(table, dict):
        raise DamagedLine("A line that is no table")
    return table


_READERS: Mapping[str, Callable[[Mapping[str, Any]], Annotation | UserCalibration]] = {
    ANNOTATION: annotation_of,
    CALIBRATION: calibration_of,
}
