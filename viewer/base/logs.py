"""Logging for people who repair: UIDs, counts and reasons; never names, identifiers, dates of birth or pixels."""

import logging
import os
import sys
import traceback
from pathlib import Path


def start_logging(*, verbose: bool = False) -> None:
    """Send the program's log to standard error: warnings, or everything when verbose or NEGATOSCOPE_DEBUG is set."""
    level = logging.DEBUG if verbose or os.environ.get("NEGATOSCOPE_DEBUG") else logging.WARNING
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger("viewer")
    root.handlers[:] = [handler]
    root.setLevel(level)
    root.propagate = False
    # pydicom quotes element values in its messages: those can be names.
    logging.getLogger("pydicom").setLevel(logging.CRITICAL)


def without_values(error: BaseException) -> str:
    """Return what kind of error it is and where in the code it arose, line by line.

    Messages and values of variables are left out: they can hold a patient's name.
    """
    lines: list[str] = []
    current: BaseException | None = error
    while current is not None:
        lines.append(type(current).__name__)
        frames = traceback.extract_tb(current.__traceback__)
        lines += [f"  {Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
        current = current.__cause__ or current.__context__
    return "\n".join(lines)
