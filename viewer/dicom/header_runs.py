"""What the files of a series have in common: runs of equal bytes, walked once and then passed in one comparison.

Used by header_scan. Slices of a series repeat the patient, the study, the scanner and most of the protocol byte by
byte; only UIDs, times and positions differ. A run begins and ends with an element, so passing it by equality gives
exactly what walking it would.
"""

import struct
import threading

from viewer.base.errors import RefusedError
from viewer.dicom.deflated import InflatedBytes
from viewer.dicom.header_walk import SHORT_VRS, Cursor, OddError, Run, explicit_header, pass_long, walk_explicit

_LEAST_ELEMENTS = 3
_ALTERNATIVES = 4
_MAX_HEADS = 512
# Learning costs some five plain walks. It is paid out of credit that files earn by being passed quickly, so that a
# folder of files with nothing in common is not held up.
_PRICE, _EARNED, _CONSOLATION, _MAX_CREDIT = 4.0, 1.0, 0.25, 32.0

_Mark = tuple[int, int, int]  # key of an element, where it begins, where it ends


class RunMemory:
    """The runs that recent files had in common; one for all threads of a process.

    Attributes:
        runs: By the key of their first element, the newest first; replaced, never changed, so that others may read.
    """

    def __init__(self) -> None:
        self.runs: dict[int, tuple[Run, ...]] = {}
        self._last: tuple[bytes, list[_Mark]] | None = None
        self._credit = 2 * _PRICE
        self._lock = threading.Lock()

    def note(self, cursor: Cursor, begin: int) -> None:
        """Learn from a header that was walked from a position of its first window on, if that seems worth its time."""
        pixels = cursor.pixel_data
        if cursor.base or pixels is None:
            return
        if cursor.in_runs * 2 > pixels.offset - begin:
            self._credit = min(self._credit + _EARNED, _MAX_CREDIT)
            return
        self._credit += _CONSOLATION
        if self._credit >= _PRICE and self._lock.acquire(blocking=False):
            try:
                self._credit -= _PRICE
                self._learn(cursor.data, begin)
            finally:
                self._lock.release()

    def _learn(self, data: bytes, begin: int) -> None:
        marks = _marks(data, begin)
        last, self._last = self._last, (data, marks)
        if last is None:
            return
        known = {key: last[0][start:end] for key, start, end in last[1]}
        runs = dict(self.runs) if len(self.runs) < _MAX_HEADS else {}
        first = 0
        for index in range(len(marks) + 1):
            if index < len(marks):
                key, start, end = marks[index]
                if known.get(key) == data[start:end]:
                    continue
            if index - first >= _LEAST_ELEMENTS:
                _add(runs, marks[first][0], data[marks[first][1] : marks[index - 1][2]])
            first = index + 1
        self.runs = runs


def _marks(data: bytes, position: int) -> list[_Mark]:
    """Return the top-level elements that lie wholly in the window, up to the pixel element."""
    cursor = Cursor(InflatedBytes("", data), data, len(data), {})
    marks: list[_Mark] = []
    try:
        while position + 8 <= len(data):
            key, vr, length = explicit_header(data, position)
            end = position + 8 + length if vr in SHORT_VRS else pass_long(cursor, position, key, vr)
            if not position < end <= len(data) or cursor.base:
                break
            marks.append((key, position, end))
            position = end
    except (OddError, RefusedError, struct.error):  # the walk itself will say what is wrong
        return marks
    return marks


def _add(runs: dict[int, tuple[Run, ...]], key: int, raw: bytes) -> None:
    cursor = Cursor(InflatedBytes("", raw), raw, len(raw), {})
    try:
        walk_explicit(cursor, 0)
    except OddError:
        return
    kept = tuple(run for run in runs.get(key, ()) if run.raw != raw)[: _ALTERNATIVES - 1]
    runs[key] = (Run(raw, cursor.elements, cursor.needs_more), *kept)
