"""What a failure of a transfer means: whether it may pass by itself, and what is said of it."""

import ssl
from pathlib import Path

from viewer.base.errors import NetworkError, ViewerError
from viewer.network.requesting import PassingError

_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504, *range(0xA700, 0xA800)})
"""HTTP and DIMSE statuses that may be others next time: too busy, out of resources."""
_LONGEST = 500


def is_passing(error: ViewerError) -> bool:
    """Whether trying again can help by itself: who does not answer may answer later; a full disk must be seen to."""
    if not isinstance(error, NetworkError):
        return False
    is_of_connection = isinstance(error.__cause__, OSError) and not isinstance(error.__cause__, ssl.SSLError)
    return isinstance(error, PassingError) or is_of_connection or getattr(error, "status", None) in _PASSING


class NotAnsweredError(PassingError):
    """An archive has taken a request for its promise and not answered: it is asked again a few times, not for ever."""


def is_waited_out(error: ViewerError) -> bool:
    """Whether what somebody saved is tried for as long as it takes, after a failure that may pass."""
    return not isinstance(error, NotAnsweredError)


def plain_reason(error: ViewerError) -> str:
    """Return what is said of a failure: a subject that is a place on this computer is left out."""
    subject = error.subject if error.subject and not Path(error.subject).is_absolute() else ""
    return ViewerError(str(error), subject=subject, advice=error.advice).one_line()[:_LONGEST]
