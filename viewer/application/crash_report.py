"""What happens when the program has a bug: a report without patient data, and the window goes on where it can.

Only code positions and types are written: messages and values of variables can hold a patient's name.
"""

import logging
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

import viewer
from viewer.base.logs import without_values

logger = logging.getLogger("viewer.crash")


def report_text(error: BaseException) -> str:
    """Return where the program was and what kind of error it met, without messages or values."""
    head = f"Negatoscope {viewer.__version__}, Python {sys.version.split()[0]}, {sys.platform}"
    return f"{head}\n{without_values(error)}\n"


def install(folder: Path, tell: Callable[[Path | None], None]) -> None:
    """Write a report for every error nobody handled, and tell the window where it is.

    Args:
        folder: Where reports are kept; made when the first one is written.
        tell: Called with the report's path, None when it could not be written.
    """

    def handle(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        text = report_text(error)
        logger.error("A bug:\n%s", text)
        tell(_write(folder, text))

    sys.excepthook = handle


def _write(folder: Path, text: str) -> Path | None:
    path = folder / f"crash-{time.strftime('%Y%m%d-%H%M%S')}.txt"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(text, "utf-8")
    except OSError:
        return None
    return path
