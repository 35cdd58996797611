"""An HTTP peer that answers what a test tells it to, however wrong: any status, headers and body, cut and held up.

def script(request: WebRequest) -> WebAnswer:
    return WebAnswer(503, {"Retry-After": "1"})

with ScriptedWeb(script) as peer:
    ...  # peer.root is its address; peer.requests what it was asked
"""

import contextlib
import http.server
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

BOUNDARY = "between the parts"


@dataclass(frozen=True, slots=True)
class WebRequest:
    """What was asked; headers by name in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        """The target without what follows the question mark."""
        return self.target.partition("?")[0]


@dataclass(frozen=True, slots=True)
class WebAnswer:
    """What is answered.

    Attributes:
        body: Whole, or the pieces of a chunked one.
        length: Content-Length that is claimed; None for the true one.
        cut: After how many bytes of the body the connection is lost.
        delay_s: Before each piece, and before the head.
        silent: After how many bytes of the body nothing more comes.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | Sequence[bytes] = b""
    length: int | None = None
    cut: int | None = None
    delay_s: float = 0.0
    silent: int | None = None


def multipart(
    parts: Iterable[bytes],
    *,
    kind: str = "application/dicom",
    boundary: str = BOUNDARY,
    stated: str | None = None,
    ends: bool = True,
    newline: bytes = b"\r\n",
    preamble: bytes = b"",
    headers: Mapping[str, str] | None = None,
    status: int = 200,
) -> WebAnswer:
    """Return a multipart/related answer.

    Args:
        parts: Bodies of its parts.
        kind: Their media type.
        boundary: Between them.
        stated: The boundary that the header claims, when it is another.
        ends: Whether the closing delimiter is there.
        newline: Between its lines.
        preamble: Before the first delimiter.
        headers: Of each part beside its type.
        status: Of the answer.
    """
    more = b"".join(f"{name}: {value}".encode() + newline for name, value in (headers or {}).items())
    head = b"--" + boundary.encode() + newline + b"Content-Type: " + kind.encode() + newline + more + newline
    body = preamble + b"".join(head + part + newline for part in parts)
    body += b"--" + boundary.encode() + b"--" + newline if ends else b""
    said = f'multipart/related; type="{kind}"; boundary="{boundary if stated is None else stated}"'
    return WebAnswer(status, {"Content-Type": said}, body)


Script = Callable[[WebRequest], WebAnswer]


class ScriptedWeb:
    """The peer; each connection on a thread of its own, HTTP/1.1 with connections that stay.

    Args:
        script: Called for each request.
        tls: For https.

    Attributes:
        root: Its address, without a slash at its end.
        requests: What it was asked.
        connections: How many there were.
    """

    def __init__(self, script: Script, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[WebRequest] = []
        self.connections = 0
        self.is_over = threading.Event()
        peer = self

        class Handler(_Handler):
            def setup(self) -> None:
                peer.connections += 1
                super().setup()

            def answer(self, request: WebRequest) -> WebAnswer:
                peer.requests.append(request)
                return script(request)

            def is_over(self, seconds: float) -> bool:
                return peer.is_over.wait(seconds)

        self._server = _Server(("127.0.0.1", 0), Handler)
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = int(self._server.server_address[1])
        self.root = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.is_over.set()
        self._server.shutdown()
        self._server.close_all()
        self._server.server_close()
        self._thread.join(10)


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = True

    def __init__(self, address: tuple[str, int], handler: type[http.server.BaseHTTPRequestHandler]) -> None:
        super().__init__(address, handler)
        self._open: set[socket.socket] = set()

    def process_request(self, request: socket.socket, client_address: object) -> None:  # type: ignore[override]  # a socket always
        self._open.add(request)
        super().process_request(request, client_address)

    def close_all(self) -> None:
        """End what is still open."""
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: object, client_address: object) -> None:
        """Those who hang up are part of the tests."""


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def answer(self, request: WebRequest) -> WebAnswer:
        """Return what is answered."""
        raise NotImplementedError

    def is_over(self, seconds: float) -> bool:
        """Wait; say whether the test is over."""
        raise NotImplementedError

    def log_message(self, *_words: object) -> None:
        """Say nothing."""

    def handle(self) -> None:
        """Bear those who hang up."""
        with contextlib.suppress(OSError, ValueError):
            super().handle()

    def do_GET(self) -> None:
        """Answer whatever it is."""
        request = WebRequest(
            self.command, self.path, {name.lower(): value for name, value in self.headers.items()}, self._body()
        )
        answer = self.answer(request)
        pieces = [answer.body] if isinstance(answer.body, bytes) else list(answer.body)
        is_chunked = not isinstance(answer.body, bytes)
        if answer.delay_s:
            time.sleep(answer.delay_s)
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if is_chunked:
            self.send_header("Transfer-Encoding", "chunked")
        elif answer.status not in {204, 304}:
            length = sum(map(len, pieces)) if answer.length is None else answer.length
            self.send_header("Content-Length", str(length))
        self.end_headers()
        if self.command != "HEAD":
            self._send(answer, pieces, is_chunked=is_chunked)

    do_POST = do_PUT = do_DELETE = do_OPTIONS = do_HEAD = do_PATCH = do_GET  # noqa: N815 - so called there

    def _send(self, answer: WebAnswer, pieces: Sequence[bytes], *, is_chunked: bool) -> None:
        limit = min(at for at in (answer.cut, answer.silent, 1 << 62) if at is not None)
        for piece in pieces:
            if answer.delay_s:
                time.sleep(answer.delay_s)
            part, limit = piece[:limit], limit - min(limit, len(piece))
            if part:
                self.wfile.write(f"{len(piece):x}\r\n".encode() + part + b"\r\n" if is_chunked else part)
                self.wfile.flush()
        if answer.silent is not None:
            self.is_over(600)
        if answer.cut is not None:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
        elif is_chunked:
            self.wfile.write(b"0\r\n\r\n")

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b""
        while length := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(length)
            self.rfile.readline()
        self.rfile.readline()
        return body
