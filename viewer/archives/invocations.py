"""IHE Invoke Image Display (RAD TF-2 4.106): other programs on this computer ask over HTTP to show a study.

Loopback only, nothing but GET, nothing told of patients: the answer says whether the request was taken, in words of
ours. A page in a browser may lead here, but not call it as a picture, a script or a frame inside itself.
"""

import contextlib
import html
import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from viewer.archives.deep_links import ShowRequest, parse_invocation
from viewer.base.errors import NetworkError, UsageError, system_reason
from viewer.base.translation import _

LOOPBACK = "127.0.0.1"
_REQUEST_S = 5.0
_BETWEEN_S = 0.5
"""At least so long lies between two that are taken: nobody can look at more."""
_LOOK_S = 0.1
_HOSTS = frozenset({LOOPBACK, "localhost"})


class Invocations:
    """Answers until it is closed.

    Args:
        port: 0 for any that is free.
        take: Gets what is to be shown; called on a thread of its own, must not wait.

    Raises:
        NetworkError: If the port is not to be had.
    """

    def __init__(self, port: int, take: Callable[[ShowRequest], None]) -> None:
        try:
            self._server = _Server(port, take)
        except OSError as error:
            raise NetworkError(
                _("Other programs cannot ask for studies at port {0}: {1}").format(port, system_reason(error)),
                advice=_("Choose another port in the preferences"),
            ) from error
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_LOOK_S,), name="invocations", daemon=True
        )
        self._thread.start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    def close(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(_REQUEST_S)


class _Server(ThreadingHTTPServer):
    """A thread for each caller: browsers connect ahead of need, and say nothing for long."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False

    def __init__(self, port: int, take: Callable[[ShowRequest], None]) -> None:
        super().__init__((LOOPBACK, port), _Handler)
        self._take = take
        self._taken_at = float("-inf")
        self._lock = threading.Lock()

    def has_taken(self, request: ShowRequest) -> bool:
        """Hand a request on, unless it comes too soon after another."""
        with self._lock:
            now = time.monotonic()
            if now - self._taken_at < _BETWEEN_S:
                return False
            self._taken_at = now
            self._take(request)
            return True

    def handle_error(self, request: object, client_address: object) -> None:
        """Whoever goes away in the middle has gone away."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = _REQUEST_S
    server_version = "Negatoscope"
    sys_version = ""

    def do_GET(self) -> None:
        """Answer one request."""
        status, words = self._judged()
        title = html.escape(words)
        page = f"<!DOCTYPE html><html><head><meta charset=utf-8><title>Negatoscope</title></head><body><p>{title}</p>"
        body = f"{page}</body></html>".encode()
        with contextlib.suppress(OSError):
            self.send_response(status)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Content-Security-Policy", "default-src 'none'")
            self.send_header("Referrer-Policy", "no-referrer")
            self.send_header("Cache-Control", "no-store")
            self.send_header("X-Content-Type-Options", "nosniff")
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Nothing: requests name patients."""

    def _judged(self) -> tuple[HTTPStatus, str]:
        host = (self.headers.get("Host") or "").rpartition(":")[0] or (self.headers.get("Host") or "")
        is_page = self.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"
        is_page = is_page and self.headers.get("Sec-Fetch-Dest", "document") == "document"
        if host.lower() not in _HOSTS or not is_page:
            return HTTPStatus.FORBIDDEN, _("Only programs on this computer may ask, and only for a page of its own")
        try:
            request = parse_invocation(self.path)
        except UsageError as error:
            return HTTPStatus.BAD_REQUEST, error.one_line()
        if not self.server.has_taken(request):
            return HTTPStatus.SERVICE_UNAVAILABLE, _("Too many requests at once; ask again in a moment")
        return HTTPStatus.OK, _("Negatoscope is asked to show it")
