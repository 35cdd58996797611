"""One program for a settings folder and a library: whoever starts it again hands over what is to be opened.

The first holds a lock and listens on a socket that only its user reaches; the second finds the lock held, sends its
paths, and ends when the first says that it has taken them. The lock ends with its process, however that ends: the next
start is then the first. No path is lost: who gets no answer goes on trying, and opens them itself at last.
"""

import contextlib
import hashlib
import hmac
import json
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from viewer.archives.deep_links import ShowRequest
from viewer.base.errors import UsageError
from viewer.library.durable import FolderLock, create_file

PATIENCE_S = 60.0
"""How long the second waits for the first to take its paths: a cold start on a slow disk."""
_RETRY_S = 0.05
_LARGEST_REQUEST = 1 << 20
_REQUEST_S = 5.0
_BACKLOG = 128
_TAKEN = b"taken"
_ACTIVATION = "XDG_ACTIVATION_TOKEN"


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """What another start wants.

    Attributes:
        paths: Whole paths; none only brings the window to the front.
        activation: What lets the first take the focus, where the system hands that over in words.
        show: Studies that are to be found and shown; None for none.
    """

    paths: tuple[str, ...] = ()
    is_demo: bool = False
    activation: str = ""
    show: ShowRequest | None = None


@dataclass(frozen=True, slots=True)
class _Places:
    """Where the first is found: in the settings folder, for each computer that shares it and each library."""

    lock: Path
    address: Path
    socket: Path

    @classmethod
    def of(cls, folder: Path, library: Path | None) -> "_Places":
        named = f"{socket.gethostname()}\0{'' if library is None else os.path.realpath(library)}"
        key = hashlib.sha256(named.encode("utf-8", "surrogateescape")).hexdigest()[:12]
        return cls(*(folder / f"window-{key}.{ending}" for ending in ("lock", "address", "socket")))


class FirstInstance:
    """The program that holds the lock, until it is closed. Whoever calls before `serve` waits for it.

    Args:
        held: Holds the lock; taken over when all is well.
        places: Where it is found.
    """

    def __init__(self, held: ExitStack, places: _Places) -> None:
        self._places = places
        self._token = os.urandom(16).hex()
        self._is_closed = threading.Event()
        self._thread: threading.Thread | None = None
        self._listening = _listen(places.socket)
        held.callback(self._forget)
        _publish(places.address, self._listening, self._token)
        self._held = held.pop_all()

    def serve(self, take: Callable[[OpenRequest], bool]) -> None:
        """Take requests from now on.

        Args:
            take: Called on a thread of its own; returns whether the request is in good hands.
        """
        self._thread = threading.Thread(target=self._serve, args=(take,), name="other starts", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Take nothing more; whoever calls waits until this program has ended."""
        self._is_closed.set()
        if self._thread is not None and self._thread.is_alive():
            with contextlib.suppress(OSError), _connected(self._listening.getsockname()):
                pass  # wakes who accepts
            self._thread.join(_REQUEST_S)
        self._listening.close()

    def close(self) -> None:
        """Let the next start be the first."""
        self.stop()
        self._held.close()

    def _forget(self) -> None:
        self._listening.close()
        for path in (self._places.address, self._places.socket):
            with contextlib.suppress(OSError):
                path.unlink()

    def _serve(self, take: Callable[[OpenRequest], bool]) -> None:
        while not self._is_closed.is_set():
            try:
                connection, _address = self._listening.accept()
            except OSError:
                time.sleep(_RETRY_S)  # no descriptors left, for a while
                continue
            if self._is_closed.is_set():
                connection.close()
                return
            with connection, contextlib.suppress(OSError, ValueError, TypeError, KeyError, RecursionError):
                connection.settimeout(_REQUEST_S)
                request = self._request(connection)
                if request is not None and take(request):
                    connection.sendall(_TAKEN + b"\n")

    def _request(self, connection: socket.socket) -> OpenRequest | None:
        """Return what is asked for; None from whoever does not know the token."""
        row = json.loads(_read_line(connection, _REQUEST_S))
        if not hmac.compare_digest(str(row["token"]).encode("utf-8", "replace"), self._token.encode()):
            return None
        show = None if row["show"] is None else _show_of(row["show"])
        return OpenRequest(tuple(map(str, row["paths"])), row["is_demo"] is True, str(row["activation"]), show)


def be_first(
    folder: Path, library: Path | None, request: OpenRequest, patience_s: float = PATIENCE_S
) -> FirstInstance | None:
    """Become the first program, or hand a request to the one that is.

    Args:
        folder: Of the settings; made when it is not there.
        library: Its folder.
        request: What this start wants.
        patience_s: How long the first may take to answer.

    Returns:
        What is to be closed when the program ends; None when the request is in the hands of the first: end at once.

    Raises:
        OSError: If nothing can be shared with other starts here, or the first does not answer: go on alone.
    """
    places = _Places.of(folder, library)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    end = time.monotonic() + patience_s
    while True:
        with ExitStack() as held, contextlib.suppress(TimeoutError):
            held.enter_context(FolderLock(places.lock).exclusive(0))
            return FirstInstance(held, places)
        if _hand_over(places, request, end):
            return None
        if time.monotonic() >= end:
            raise TimeoutError("the first program does not answer")
        time.sleep(_RETRY_S)


def request_of(paths: tuple[Path, ...], *, is_demo: bool, show: ShowRequest | None = None) -> OpenRequest:
    """Return the request of this start, whose own folder means nothing to the first."""
    whole = tuple(os.path.abspath(path) for path in paths)  # noqa: PTH100 - resolve() follows links
    return OpenRequest(whole, is_demo, os.environ.get(_ACTIVATION, ""), show)


def _show_of(row: Mapping[str, Any]) -> ShowRequest | None:
    values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}
    try:
        return ShowRequest(**values)
    except UsageError:  # another version may ask for what this one cannot show
        return None


def allow_focus(request: OpenRequest) -> None:
    """Let the window that is shown next take the focus with what the other start was given for it."""
    if request.activation:
        os.environ[_ACTIVATION] = request.activation


def _hand_over(places: _Places, request: OpenRequest, end: float) -> bool:
    """Return whether the first program has taken a request."""
    try:
        address = json.loads(places.address.read_text("ascii"))
        _let_it_come_up(int(address["pid"]))
        port = address.get("port")
        with _connected(os.fspath(places.socket) if port is None else ("127.0.0.1", port)) as connection:
            row = {**asdict(request), "token": address["token"]}
            connection.sendall(json.dumps(row).encode("ascii") + b"\n")
            return _read_line(connection, max(end - time.monotonic(), _RETRY_S)) == _TAKEN
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False  # it is only starting, or ending


def _let_it_come_up(pid: int) -> None:
    """Let another process take the focus: Windows gives it only to whom the one that has it names."""
    if sys.platform == "win32":
        import ctypes

        ctypes.windll.user32.AllowSetForegroundWindow(pid)


def _listen(path: Path) -> socket.socket:
    """Return a listening socket of the user's own; where there are none, or the path is too long, one of loopback."""
    if hasattr(socket, "AF_UNIX"):
        path.unlink(missing_ok=True)  # of a dead one: the lock is ours
        listening = socket.socket(socket.AF_UNIX)
        try:
            listening.bind(os.fspath(path))
            path.chmod(0o600)
            listening.listen(_BACKLOG)
            return listening
        except OSError:
            listening.close()
    return socket.create_server(("127.0.0.1", 0), backlog=_BACKLOG)


@contextlib.contextmanager
def _connected(address: str | tuple[str, int]) -> Iterator[socket.socket]:
    """Connect to a path, or to an address and port."""
    with socket.socket(socket.AF_UNIX if isinstance(address, str) else socket.AF_INET) as connection:
        connection.settimeout(_REQUEST_S)
        connection.connect(address)
        yield connection


def _publish(path: Path, listening: socket.socket, token: str) -> None:
    """Write down where to call and with which token, whole or not at all, for its user alone."""
    address: dict[str, object] = {"token": token, "pid": os.getpid()}
    if isinstance(name := listening.getsockname(), tuple):
        address["port"] = name[1]
    part = path.with_suffix(f".{os.getpid()}")
    part.unlink(missing_ok=True)
    with os.fdopen(create_file(part, 0o600), "w", encoding="ascii") as stream:
        json.dump(address, stream)
    part.replace(path)


def _read_line(connection: socket.socket, seconds: float) -> bytes:
    """Return a line without its end.

    Raises:
        OSError: If it is cut off, or does not come in time.
        ValueError: If it is too long.
    """
    line = bytearray()
    end = time.monotonic() + seconds
    while b"\n" not in line:
        connection.settimeout(max(end - time.monotonic(), 0.001))
        piece = connection.recv(65536)
        if not piece:
            raise ConnectionResetError("cut off")
        line += piece
        if len(line) > _LARGEST_REQUEST:
            raise ValueError("too long")
    return bytes(line).partition(b"\n")[0]
