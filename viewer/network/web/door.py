"""The one door to a DICOMweb server: to its own origins alone, with its secrets to nobody else (PS3.18 8)."""

from collections.abc import Callable, Collection, Iterable, Mapping
from types import TracebackType
from typing import Self
from urllib.parse import quote, urlencode, urljoin

from viewer.base.translation import _
from viewer.network.peers import PeerTls, WebPlace
from viewer.network.requesting import Patience
from viewer.network.web import problems
from viewer.network.web.answer import Answer
from viewer.network.web.authorization import Credentials, NoCredentials
from viewer.network.web.client import Body, Client, Origin, origin_of
from viewer.network.web.problems import WebError
from viewer.network.web.watch import never

__all__ = ["WebDoor", "WebError"]

CONNECTIONS = 8
_MOST_REDIRECTS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PLAIN = "*/"
"""Need not be percent-encoded in a query (RFC 3986 3.4): some servers know these only as they are."""


class WebDoor:
    """Requests to one DICOMweb server; may be used on several threads at once.

    Args:
        place: Its addresses.
        tls: Of whom its certificate must be, and what we show.
        credentials: How we say who we are; None for not at all.
        patience: How long to wait.
        connections: How many are kept open.

    Attributes:
        decodes_queries: Whether the server reads what is percent-encoded in a query; None while it is not known.
    """

    def __init__(
        self,
        place: WebPlace,
        tls: PeerTls | None = None,
        credentials: Credentials | None = None,
        patience: Patience | None = None,
        *,
        connections: int = CONNECTIONS,
    ) -> None:
        self.place = place
        self.decodes_queries: bool | None = None
        self._credentials = credentials or NoCredentials()
        self._client = Client(tls or PeerTls(), patience or Patience(), connections)
        roots = (place.root, place.search_root, place.retrieve_root, place.store_root, place.uri_root)
        self._origins = frozenset(origin_of(root) for root in roots if root)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def subject(self) -> str:
        """The server, as a person is told it: its origin."""
        return str(origin_of(self.place.root))

    def close(self) -> None:
        """End every connection; what is under way is broken off as cancelled."""
        self._client.close()

    def search_url(self, *segments: str, query: Iterable[tuple[str, str]] = ()) -> str:
        """Return a URL of QIDO-RS."""
        return _joined(self.place.search_root or self.place.root, segments, query)

    def retrieve_url(self, *segments: str, query: Iterable[tuple[str, str]] = ()) -> str:
        """Return a URL of WADO-RS."""
        return _joined(self.place.retrieve_root or self.place.root, segments, query)

    def store_url(self, *segments: str) -> str:
        """Return a URL of STOW-RS."""
        return _joined(self.place.store_root or self.place.root, segments, ())

    def uri_url(self, query: Iterable[tuple[str, str]]) -> str:
        """Return a URL of WADO-URI; empty where the server has none."""
        root = self.place.uri_root
        return (
            f"{root}{'&' if '?' in root else '?'}{urlencode(list(query), quote_via=quote, safe=_PLAIN)}" if root else ""
        )

    def is_own(self, url: str) -> bool:
        """Whether a URL that a server gave is of its own origins."""
        try:
            return origin_of(url) in self._origins
        except WebError:
            return False

    def get(
        self,
        url: str,
        accept: str,
        *,
        headers: Mapping[str, str] | None = None,
        allowed: Collection[int] = (),
        cancelled: Callable[[], bool] = never,
    ) -> Answer:
        """Return the answer to a GET; redirects within its origins are followed.

        Args:
            url: Of its own origins.
            accept: Media types that are taken.
            headers: Others.
            allowed: Statuses of 400 and more that are no error.
            cancelled: Asked again and again while there is no answer, and while it is read.

        Raises:
            WebError: If there is no answer, or it is a failure.
            Cancelled: If nobody wants it any more.
        """
        for _count in range(_MOST_REDIRECTS + 1):
            answer = self._answer("GET", url, {"Accept": accept, **(headers or {})}, None, cancelled)
            if answer.status not in _REDIRECTS:
                return _judged(answer, allowed)
            with answer:
                target = self._target(url, answer)
            self._check_own(target)
            if origin_of(url).scheme == "https" and origin_of(target).scheme != "https":
                raise problems.elsewhere(self.subject, str(origin_of(target)))
            url = target
        raise problems.breaks_rules(self.subject)

    def post(
        self,
        url: str,
        body: Body,
        content_type: str,
        length: int,
        *,
        accept: str,
        allowed: Collection[int] = (),
        cancelled: Callable[[], bool] = never,
    ) -> Answer:
        """Return the answer to a POST; a redirect is an error.

        Args:
            url: Of its own origins.
            body: Bytes, or what gives them anew each time it is called.
            content_type: Of the body.
            length: Of the body.
            accept: Media types that are taken in the answer.
            allowed: Statuses of 400 and more that are no error.
            cancelled: Asked again and again.

        Raises:
            WebError: If there is no answer, or it is a failure.
            Cancelled: If nobody wants it any more.
        """
        headers = {"Accept": accept, "Content-Type": content_type, "Content-Length": str(length)}
        answer = self._answer("POST", url, headers, body, cancelled)
        if answer.status in _REDIRECTS:
            with answer:
                target = self._target(url, answer)
            raise problems.elsewhere(self.subject, _shown_origin(target))
        return _judged(answer, allowed)

    def _target(self, url: str, answer: Answer) -> str:
        try:
            return urljoin(url, answer.headers.get("location", ""))
        except ValueError:
            raise problems.breaks_rules(self.subject) from None

    def _answer(
        self, method: str, url: str, headers: Mapping[str, str], body: Body | None, cancelled: Callable[[], bool]
    ) -> Answer:
        origin = self._check_own(url)
        said = self._authorization(origin, cancelled)
        answer = self._client.request(method, url, {**headers, **said}, body, cancelled=cancelled)
        if answer.status == 401 and said and self._credentials.renew(said["Authorization"]):
            answer.close()
            said = self._authorization(origin, cancelled)
            answer = self._client.request(method, url, {**headers, **said}, body, cancelled=cancelled)
        return answer

    def _authorization(self, origin: Origin, cancelled: Callable[[], bool]) -> dict[str, str]:
        if isinstance(self._credentials, NoCredentials):
            return {}
        if not origin.is_private:
            raise WebError(
                _("Passwords and tokens are not sent where others can read them on the way"),
                subject=self.subject,
                advice=_("Call it by https, or without signing in"),
            )
        try:
            said = self._credentials.header(cancelled)
        except WebError as error:
            error.about(self.subject)
            raise
        return {"Authorization": said} if said else {}

    def _check_own(self, url: str) -> Origin:
        if not self.is_own(url):
            raise problems.elsewhere(self.subject, _shown_origin(url))
        return origin_of(url)


def _judged(answer: Answer, allowed: Collection[int]) -> Answer:
    if answer.status < 300 or answer.status in allowed:
        return answer
    answer.close()
    raise problems.refused(answer.status, answer.subject, answer.headers.get("retry-after", ""))


def _joined(root: str, segments: Iterable[str], query: Iterable[tuple[str, str]]) -> str:
    path = "".join(f"/{quote(segment, safe='')}" for segment in segments)
    written = "&".join(f"{quote(name)}={quote(value, safe=_safe(name))}" for name, value in query)
    return f"{root.rstrip('/')}{path}{'?' if written else ''}{written}"


def _safe(name: str) -> str:
    """Return what stands as it is in a value: commas only part a list of UIDs or of attributes (PS3.18 8.3.4.1)."""
    return f"{_PLAIN}," if name.endswith("UID") or name == "includefield" else _PLAIN


def _shown_origin(url: str) -> str:
    try:
        return str(origin_of(url))
    except WebError:
        return _("an address that is none")
