"""What the commands print: UTF-8 in any terminal, and a failure in words where it cannot be written."""

import io
import json
import os
import sys
import unicodedata
from collections.abc import Iterable

from viewer.base.errors import MediaError, system_reason
from viewer.base.translation import _


def speak_utf_8() -> None:
    """Print UTF-8 from here on; what no text can hold (file names of any bytes) stays legible."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def write_lines(lines: Iterable[str]) -> None:
    """Print lines.

    Raises:
        MediaError: If they cannot be written: a full disk.
        BrokenPipeError: If whoever read them went away.
    """
    for line in lines:
        _write(line + "\n")
    _write("", is_last=True)


def write_json(value: object) -> None:
    """Print a value as JSON; what JSON has no word for, as text.

    Raises:
        MediaError: If it cannot be written.
    """
    write_lines([json.dumps(value, ensure_ascii=False, indent=1, default=str)])


def padded(text: str, width: int) -> str:
    """Return a text with blanks up to a number of the terminal's cells: Hangul takes two each."""
    return text + " " * (width - cells_of(text))


def cells_of(text: str) -> int:
    """Return how many of the terminal's cells a text takes."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def abandon_output() -> None:
    """Send what is still in the buffer nowhere, so that the interpreter does not complain of it at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _write(text: str, *, is_last: bool = False) -> None:
    try:
        sys.stdout.write(text)
        if is_last:
            sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        abandon_output()
        raise MediaError(_("The output cannot be written: {reason}").format(reason=system_reason(error))) from error
