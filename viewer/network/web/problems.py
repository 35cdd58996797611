"""What goes wrong with a DICOMweb server, in plain words with what to do about it; never a secret or patient data."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from viewer.base.errors import NetworkError, system_reason
from viewer.base.translation import N_, _
from viewer.network.requesting import PassingError
from viewer.network.tls_failures import UnsafeConnectionError

_LONGEST_WAIT_S = 3600.0


class WebError(NetworkError):
    """A web server did not answer, or answered with a failure.

    Attributes:
        status: Of its answer (RFC 9110 15); 0 where there is none, or where the answer is not what it should be.
        retry_after_s: How long it asks to be left alone; None where it does not say.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int = 0,
        subject: str = "",
        advice: str = "",
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message, subject=subject, advice=advice)
        self.status = status
        self.retry_after_s = retry_after_s


class PassingWebError(WebError, PassingError):
    """What may go better in a while: it is busy, or the connection was lost."""


class UnreachableError(PassingWebError):
    """Nothing was sent: nobody answers there."""


_CHECK_ADDRESS = N_("Check address, port and firewall")
_CHECK_RIGHTS = N_("Have its administrator give you the right to do this")
_CHECK_SIGN_IN = N_("Check how to sign in to it in the list of archives")
_CHECK_ROOT = N_("Check its DICOMweb address in the list of archives")
_LATER = N_("Try again later")
_WORDS: Mapping[int, tuple[str, str]] = {
    400: (N_("It does not understand the request"), N_("Ask in another way, with fewer keys")),
    401: (N_("It does not let us in"), _CHECK_SIGN_IN),
    403: (N_("It does not allow this"), _CHECK_RIGHTS),
    404: (N_("It has nothing of that kind there"), _CHECK_ROOT),
    405: (N_("It does not offer this"), _CHECK_ROOT),
    406: (N_("It cannot give the objects in a form that we can take"), N_("Fetch them in another way")),
    407: (N_("A proxy before it does not let us in"), _CHECK_SIGN_IN),
    408: (N_("It waited too long for us"), _LATER),
    409: (N_("It kept none of the objects"), ""),
    410: (N_("What is asked for is no longer there"), ""),
    413: (N_("That is too much for it at once"), N_("Ask for less")),
    414: (N_("That is too much for it at once"), N_("Ask for less")),
    415: (N_("It does not take objects of this kind, or not in their encoding"), ""),
    429: (N_("It is asked too often"), _LATER),
    431: (N_("That is too much for it at once"), N_("Ask for less")),
    500: (N_("It failed by itself"), N_("Have its administrator look into its log")),
    501: (N_("It does not offer this"), _CHECK_ROOT),
    502: (N_("What stands before it does not reach it"), _LATER),
    503: (N_("It is too busy now"), _LATER),
    504: (N_("What stands before it does not reach it"), _LATER),
    507: (N_("It has no room left"), N_("Have its administrator make room")),
}
_PASSING = frozenset({408, 429, 500, 502, 503, 504})


def refused(status: int, subject: str, retry_after: str = "") -> WebError:
    """Return what a status of 300 or more means."""
    words, advice = _WORDS.get(status, (N_("It refuses the request"), ""))
    kind = PassingWebError if status in _PASSING else WebError
    message = f"{_(words)} (HTTP {status})"
    return kind(
        message, status=status, subject=subject, advice=_(advice), retry_after_s=seconds_of_retry_after(retry_after)
    )


def elsewhere(subject: str, origin: str) -> WebError:
    """Return what a redirect to another origin means; nothing was sent there."""
    return WebError(
        _("It sends us elsewhere: {0}").format(origin),
        subject=subject,
        advice=_("If that is right, enter that address in the list of archives"),
    )


def not_trusted(failure: UnsafeConnectionError) -> WebError:
    """Return why there is no safe connection."""
    return WebError(str(failure), subject=failure.subject, advice=failure.advice)


def unreachable(error: BaseException, subject: str) -> WebError:
    """Return why nobody is reached; the innermost failure of the system says most."""
    reason = ""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, OSError) and seen.strerror:
            reason = system_reason(seen)
        seen = seen.__cause__ or seen.__context__
    words = _("Nobody answers there: {0}").format(reason) if reason else _("Nobody answers there")
    return UnreachableError(words, subject=subject, advice=_(_CHECK_ADDRESS))


def lost(subject: str) -> WebError:
    """Return that the connection ended before the answer did."""
    return PassingWebError(_("The connection was lost"), subject=subject, advice=_(_LATER))


def too_slow(subject: str) -> WebError:
    """Return that an answer did not come in time."""
    return PassingWebError(_("It takes too long to answer"), subject=subject, advice=_(_LATER))


def too_large(subject: str) -> WebError:
    """Return that an answer is larger than one of its kind may be."""
    return WebError(
        _("It answers with more than such an answer can be"), subject=subject, advice=_("Ask for less at once")
    )


def no_dicomweb(subject: str, kind: str = "") -> WebError:
    """Return that the answer is of another kind than was asked for: a page to sign in, for instance."""
    if kind in {"text/html", "application/xhtml+xml"}:
        return WebError(
            _("It answers with a web page, not with DICOM"),
            subject=subject,
            advice=_("Check its DICOMweb address in the list of archives, and how to sign in to it"),
        )
    return WebError(_("What answers there does not speak DICOMweb"), subject=subject, advice=_(_CHECK_ROOT))


def breaks_rules(subject: str) -> WebError:
    """Return that an answer of the right kind is not built as it must be."""
    return WebError(_("The server does not keep to the protocol"), subject=subject)


def cut_off(subject: str) -> WebError:
    """Return that an answer ends before its end."""
    return PassingWebError(_("The answer is cut off"), subject=subject, advice=_("Ask again for what is missing"))


def seconds_of_retry_after(text: str) -> float | None:
    """Return the seconds of a Retry-After (RFC 9110 10.2.3), bounded; None where there are none."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), _LONGEST_WAIT_S)
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max(0.0, (moment - datetime.now(UTC)).total_seconds()), _LONGEST_WAIT_S)
