"""HTTP to a few origins over urllib3: deadlines on every wait, sizes bounded, failures in words, nothing followed.

Who may be told a secret, and which redirects are followed, is the door's business (door.py).
"""

import ipaddress
import ssl
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from viewer.base.errors import Cancelled, NetworkError
from viewer.base.translation import _
from viewer.network.peer_tls import context_of
from viewer.network.peers import PeerTls
from viewer.network.requesting import Patience
from viewer.network.tls_failures import tls_failure
from viewer.network.web import problems
from viewer.network.web.answer import Answer, failure_of
from viewer.network.web.watch import Call, Watch, never

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse, HTTPConnectionPool

_AGENT = "Negatoscope"
_PORTS: Mapping[str, int] = {"http": 80, "https": 443}

Body = bytes | Callable[[], Iterable[bytes | memoryview]]
"""What is sent: bytes, or what gives its pieces anew each time it is called; then the length is said by a header."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host and port (RFC 6454)."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if _PORTS[self.scheme] == self.port else f":{self.port}"
        return f"{self.scheme}://{host}{port}"

    @property
    def is_private(self) -> bool:
        """Whether nobody can listen on the way: TLS, or this computer itself."""
        if self.scheme == "https" or self.host in {"localhost", "localhost.localdomain"}:
            return True
        try:
            return ipaddress.ip_address(self.host.partition("%")[0]).is_loopback
        except ValueError:
            return False


def origin_of(url: str) -> Origin:
    """Return the origin of a URL.

    Raises:
        WebError: If it is no http or https URL, or holds a user or a password.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or parts.scheme not in _PORTS or not url.isascii() or not url.isprintable() or " " in url:
        raise problems.WebError(_("This is no http or https address"), advice=_("Check it in the list of archives"))
    if parts.username is not None or parts.password is not None:
        raise problems.WebError(
            _("Passwords do not belong into a URL: it is shown and written down"),
            advice=_("Give the user by itself; the password is asked for"),
        )
    return Origin(parts.scheme, host.casefold(), port or _PORTS[parts.scheme])


class Client:
    """Sends requests and gives their answers, whatever they are.

    Args:
        tls: Of whom certificates must be, and what we show.
        patience: How long to wait.
        connections: How many to one origin are kept open.
    """

    def __init__(self, tls: PeerTls, patience: Patience, connections: int = 8) -> None:
        self._tls = tls
        self._patience = patience
        self._connections = connections
        self._lock = threading.Lock()
        self._pools: dict[Origin, HTTPConnectionPool] = {}
        self._context: ssl.SSLContext | None = None
        self._watch = Watch()

    def close(self) -> None:
        """End every connection; what is under way is broken off."""
        self._watch.close()
        with self._lock:
            pools, self._pools = self._pools, {}
        for pool in pools.values():
            pool.close()

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: Body | None = None,
        *,
        cancelled: Callable[[], bool] = never,
    ) -> Answer:
        """Send a request and return its answer.

        Raises:
            WebError: If there is none.
            Cancelled: If nobody wants it any more.
        """
        origin = origin_of(url)
        if cancelled():
            raise Cancelled
        parts = urlsplit(url)
        target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        # Nothing that a server compresses is larger than it would be otherwise, and bombs are compressed.
        sent = {"User-Agent": _AGENT, "Accept-Encoding": "identity", **headers}
        pool = self._pool(origin)
        call = Call(cancelled, self._patience.connect_s + self._patience.message_s)
        if body is not None:
            call.may_take(None)  # it takes as long as it is large; each step has its own time
        self._watch.add(call)
        try:
            response = self._sent(pool, call, (method, target, sent, body), str(origin))
        except BaseException:
            self._watch.remove(call)
            raise
        call.may_take(None)
        return Answer(response, call, self._watch, str(origin))

    def _sent(
        self,
        pool: "HTTPConnectionPool",
        call: Call,
        request: tuple[str, str, Mapping[str, str], Body | None],
        subject: str,
    ) -> "BaseHTTPResponse":
        from urllib3 import exceptions

        try:
            return self._tried(pool, call, request)
        except exceptions.SSLError as error:
            cause = next((each for each in _chain(error) if isinstance(each, ssl.SSLError)), None)
            address = (pool.host, pool.port or 443)
            words = (
                problems.lost(subject)
                if cause is None
                else problems.not_trusted(tls_failure(cause, self._context, address, subject))
            )
            raise failure_of(call, subject, words) from error
        except (exceptions.ConnectTimeoutError, exceptions.NewConnectionError) as error:
            raise failure_of(call, subject, problems.unreachable(error, subject)) from error
        except exceptions.ReadTimeoutError as error:
            raise failure_of(call, subject, problems.too_slow(subject)) from error
        except (exceptions.HTTPError, OSError) as error:
            raise failure_of(call, subject, _of_head(error, subject)) from error
        except (ValueError, UnicodeError):
            # Without its cause, which may quote what was to be sent.
            raise problems.WebError(
                _("The request cannot be sent: a value has signs that it must not"), subject=subject
            ) from None

    def _tried(
        self, pool: "HTTPConnectionPool", call: Call, request: tuple[str, str, Mapping[str, str], Body | None]
    ) -> "BaseHTTPResponse":
        from http.client import RemoteDisconnected

        from urllib3.exceptions import ProtocolError

        from viewer.network.web.connections import going_over

        method, target, headers, body = request

        def send() -> "BaseHTTPResponse":
            given: Any = body() if callable(body) else body  # urllib3 takes more than it says
            with going_over(call):
                return pool.urlopen(
                    method,
                    target,
                    body=given,
                    headers=headers,
                    retries=False,
                    redirect=False,
                    preload_content=False,
                    decode_content=False,
                )

        try:
            return send()
        except ProtocolError as error:
            # A connection that was kept open had been closed by the server meanwhile.
            if call.ended is None and any(isinstance(each, RemoteDisconnected) for each in _chain(error)):
                return send()
            raise

    def _pool(self, origin: Origin) -> "HTTPConnectionPool":
        from urllib3 import Timeout

        from viewer.network.web.connections import pool_of

        with self._lock:
            if origin not in self._pools:
                if origin.scheme == "https" and self._context is None:
                    self._context = context_of(self._tls)
                context = self._context if origin.scheme == "https" else None
                timeout = Timeout(connect=self._patience.connect_s, read=self._patience.message_s)
                self._pools[origin] = pool_of(origin.host, origin.port, context, self._connections, timeout)
            return self._pools[origin]


def _of_head(error: BaseException, subject: str) -> NetworkError:
    from http.client import BadStatusLine, LineTooLong, RemoteDisconnected, UnknownProtocol

    for each in _chain(error):
        if isinstance(each, (BadStatusLine, LineTooLong, UnknownProtocol)) and not isinstance(each, RemoteDisconnected):
            return problems.no_dicomweb(subject)
    return problems.lost(subject)


def _chain(error: BaseException) -> list[BaseException]:
    """Return an error and what it stands for: urllib3 puts that among its arguments."""
    found: list[BaseException] = []
    left: list[BaseException] = [error]
    while left:
        each = left.pop()
        if each in found:
            continue
        found.append(each)
        left += [one for one in (each.__cause__, each.__context__, *each.args) if isinstance(one, BaseException)]
    return found
