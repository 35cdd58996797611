"""Connections of urllib3 that say over which socket a request goes, so that it can be broken off (watch.py).

Only imported when a server is called: urllib3 is not needed before.
"""

import logging
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection

from viewer.network.web.watch import Call

_BLOCK_BYTES = 256 * 1024

# It writes whole addresses into its log, and with them whom a query looks for.
logging.getLogger("urllib3").setLevel(logging.CRITICAL)

_current = threading.local()


@contextmanager
def going_over(call: Call) -> Iterator[None]:
    """Let a call know the connection of the request that this thread makes."""
    _current.call = call
    try:
        yield
    finally:
        _current.call = None


class _Plain(HTTPConnection):
    def request(self, *arguments: Any, **named: Any) -> None:  # noqa: ANN401 - urllib3's own
        call: Call | None = getattr(_current, "call", None)
        if call is None:
            super().request(*arguments, **named)
            return
        call.goes_over(self)
        super().request(*arguments, **named)
        call.is_sent()


class _Safe(HTTPSConnection):
    def request(self, *arguments: Any, **named: Any) -> None:  # noqa: ANN401 - urllib3's own
        call: Call | None = getattr(_current, "call", None)
        if call is None:
            super().request(*arguments, **named)
            return
        call.goes_over(self)
        super().request(*arguments, **named)
        call.is_sent()


class PlainPool(HTTPConnectionPool):
    """Connections in the clear."""

    ConnectionCls = _Plain


class SafePool(HTTPSConnectionPool):
    """Connections over TLS."""

    ConnectionCls = _Safe


def pool_of(host: str, port: int, tls: ssl.SSLContext | None, connections: int, timeout: Timeout) -> HTTPConnectionPool:
    """Return a pool of connections to one origin; no proxy stands between.

    Args:
        host: Without brackets.
        port: Its port.
        tls: None for connections in the clear.
        connections: How many are kept open.
        timeout: For connecting and for each piece of an answer.
    """
    written = f"[{host}]" if ":" in host else host
    if tls is None:
        return PlainPool(written, port, timeout=timeout, maxsize=connections, blocksize=_BLOCK_BYTES)
    # The context says whether the name counts; urllib3 would look at it by itself where it does not.
    name_counts: Literal[False] | None = None if tls.check_hostname else False
    return SafePool(
        written,
        port,
        timeout=timeout,
        maxsize=connections,
        blocksize=_BLOCK_BYTES,
        ssl_context=tls,
        assert_hostname=name_counts,
    )
