"""What a web server answers: status and headers at once, the body piece by piece, and why it does not come."""

import time
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Self

from viewer.base.errors import Cancelled, NetworkError
from viewer.network.web import problems
from viewer.network.web.watch import Call, Ended, Watch

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

PIECE_BYTES = 256 * 1024
SMALL_BYTES = 64 * 1024
"""So much of an answer that nobody wants is read to keep its connection."""
_PACE_S, _PACE_BYTES = 60.0, 8 * 1024
"""Less than that in so long, and it is given up."""


class Answer:
    """An answer whose body is still to be read; a context manager that leaves its connection in order.

    Attributes:
        status: RFC 9110 15.
        headers: By name in lower case; several of one name with commas between.
        subject: The origin, as a person is told it.
    """

    def __init__(self, response: "BaseHTTPResponse", call: Call, watch: Watch, subject: str) -> None:
        self.status = response.status
        self.headers: Mapping[str, str] = {name.lower(): value for name, value in response.headers.items()}
        self.subject = subject
        self._response = response
        self._call = call
        self._watch = watch
        self._is_encoded = self.headers.get("content-encoding", "identity").strip().lower() not in {"", "identity"}
        self._waited_s = 0.0
        self._came = 0
        self._came_lately = 0
        self._is_over = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close(wants_connection=kind is None)

    @property
    def media_type(self) -> str:
        """The type of its body without parameters, in lower case; empty where it does not say one."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def says_its_end(self) -> bool:
        """Whether a body that is cut off can be told from a whole one."""
        is_chunked = "chunked" in self.headers.get("transfer-encoding", "").lower()
        return is_chunked or "content-length" in self.headers

    def piece(self, wanted: int = 0) -> bytes:
        """Return what came of the body; empty at its end.

        Args:
            wanted: So many bytes are waited for, unless it ends before; 0 for whatever there is, 256 KiB at most.

        Raises:
            WebError: If the rest does not come.
            Cancelled: If nobody wants it any more.
        """
        from urllib3 import exceptions

        began = time.monotonic()
        try:
            if wanted:
                self._call.may_take(_PACE_S + wanted / _PACE_BYTES * _PACE_S)
                data = self._response.read(wanted, decode_content=self._is_encoded)
                self._call.may_take(None)
            else:
                data = self._response.read1(PIECE_BYTES, decode_content=self._is_encoded)
        except exceptions.DecodeError as error:
            raise problems.breaks_rules(self.subject) from error
        except exceptions.ReadTimeoutError as error:
            raise self._failure(problems.too_slow(self.subject)) from error
        except (exceptions.HTTPError, OSError, ValueError) as error:
            raise self._failure(problems.cut_off(self.subject)) from error
        if not data:
            self._is_over = True
            if self._call.ended is not None:  # it was broken off here, which looks like an end
                raise self._failure(problems.cut_off(self.subject))
            return b""
        self._waited_s += time.monotonic() - began
        self._came += len(data)
        self._came_lately += len(data)
        if self._waited_s > _PACE_S:
            if self._came_lately < _PACE_BYTES:
                raise problems.too_slow(self.subject)
            self._waited_s, self._came_lately = 0.0, 0
        return data

    def whole(self, most: int) -> bytes:
        """Return the whole body.

        Args:
            most: Bytes; a longer one is an error.

        Raises:
            WebError: If it is longer, or does not come.
            Cancelled: If nobody wants it any more.
        """
        pieces = []
        left = most
        while data := self.piece():
            left -= len(data)
            if left < 0:
                raise problems.too_large(self.subject)
            pieces.append(data)
        return b"".join(pieces)

    def end(self) -> None:
        """Break it off, from any thread: who reads it is told that it was cancelled."""
        self._call.end(Ended.CANCELLED)

    def close(self, *, wants_connection: bool = True) -> None:
        """Read what little is left, or let the connection go."""
        try:
            if wants_connection and not self._is_over and self._call.ended is None:
                self._drain()
        finally:
            if not self._is_over:
                self._response.close()
            self._response.release_conn()
            self._watch.remove(self._call)

    def _drain(self) -> None:
        left = SMALL_BYTES
        length = self.headers.get("content-length", "")
        if length.isdigit() and int(length[:12]) - self._came > left:
            return
        try:
            while left > 0 and (data := self.piece()):
                left -= len(data)
        except (NetworkError, Cancelled):
            return

    def _failure(self, otherwise: NetworkError) -> Exception:
        return failure_of(self._call, self.subject, otherwise)


def failure_of(call: Call, subject: str, otherwise: NetworkError) -> Exception:
    """Return why a request failed: that it was broken off here counts more than what came of it."""
    if call.ended is Ended.CANCELLED:
        return Cancelled()
    return problems.too_slow(subject) if call.ended is Ended.TOO_SLOW else otherwise
