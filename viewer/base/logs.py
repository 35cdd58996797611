"""Logging for people who repair: UIDs, counts and reasons; never names, identifiers, dates of birth or pixels."""

import logging
import os
import sys


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
