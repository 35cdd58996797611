"""The process that works on transfers: told what to do, and telling what it does, in lines of JSON.

It holds the library beside the window, with a lock that lets one at a time work on a library's transfers. When the pipe
ends, whoever began it is gone: it finishes the instances that are on their way, and ends.
"""

import itertools
import json
import logging
import os
import queue
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any, Self

from viewer.archives.secrets import Secrets
from viewer.archives.transfer_book import TransferBook
from viewer.archives.transfer_values import TransferStatus, request_of
from viewer.archives.transfers import IDLE_S, MakeEngine, Transfers
from viewer.base.errors import LibraryError, ViewerError
from viewer.base.logs import without_values
from viewer.base.translation import _
from viewer.library.durable import FOLDER_MODE, FolderLock, system_error, told
from viewer.library.library import Library

LOCK_FILE = "transfers.lock"
GRACE_S = 20.0
"""How long what is on its way may take when the window is gone."""
_LOCK_PATIENCE_S = 3.0
_LAST_LINES_S = 5.0
_ANSWER_PATIENCE_S = 600.0

logger = logging.getLogger(__name__)
Message = Mapping[str, Any]


def is_working(library_folder: Path) -> bool:
    """Whether somebody works on a library's transfers."""
    try:
        with FolderLock(library_folder / LOCK_FILE).shared(0):
            return False
    except TimeoutError:
        return True
    except OSError:
        return False


class Lines:
    """Writes messages as lines, from a thread of its own: whoever reads slowly holds nobody up."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._waiting: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write, name="transfer lines", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._waiting.put(None)
        self._thread.join(_LAST_LINES_S)

    def tell(self, message: Message) -> None:
        """Have a message written."""
        self._waiting.put(message)

    def _write(self) -> None:
        is_heard = True
        while (message := self._waiting.get()) is not None:
            if is_heard:
                try:
                    self._stream.write(json.dumps(message, separators=(",", ":")).encode() + b"\n")
                    self._stream.flush()
                except (OSError, ValueError):  # nobody reads any more; the other pipe ends as well
                    is_heard = False


class Questions:
    """Asks whoever reads the lines for secrets, and waits for the answers, which come on another line."""

    def __init__(self, tell: Callable[[dict[str, Any]], None]) -> None:
        self._tell = tell
        self._numbers = itertools.count(1)
        self._waiting: dict[int, Future[str | None]] = {}
        self._lock = threading.Lock()
        self._is_closed = False

    def ask(self, peer_name: str, kind: str) -> str | None:
        """Return a secret; None when nobody gives it. Blocks."""
        answer: Future[str | None] = Future()
        with self._lock:
            if self._is_closed:
                return None
            number = next(self._numbers)
            self._waiting[number] = answer
        self._tell({"event": "question", "id": number, "archive": peer_name, "kind": kind})
        try:
            return answer.result(_ANSWER_PATIENCE_S)
        except TimeoutError:
            return None
        finally:
            with self._lock:
                self._waiting.pop(number, None)

    def answer(self, number: int, secret: str | None) -> None:
        """Take an answer."""
        with self._lock:
            waiting = self._waiting.pop(number, None)
        if waiting is not None:
            waiting.set_result(secret or None)

    def close(self) -> None:
        """Nobody answers any more."""
        with self._lock:
            self._is_closed = True
            waiting, self._waiting = self._waiting, {}
        for answer in waiting.values():
            answer.set_result(None)


class TransferWorker:
    """Works on the transfers of a library.

    Args:
        library_folder: Made when it is not there.
        settings_folder: Of the archives and the receiver's settings.
        tell: Told of everything, on any thread.
        engines_over: Returns, for the library, what makes that which does a transfer; None for what the network does.
        idle_s: After how long without anything to do that is told.
    """

    def __init__(
        self,
        library_folder: Path,
        settings_folder: Path,
        tell: Callable[[dict[str, Any]], None],
        engines_over: Callable[[Library], MakeEngine] | None = None,
        *,
        idle_s: float = IDLE_S,
    ) -> None:
        self._library_folder, self._settings_folder, self._tell = library_folder, settings_folder, tell
        self._engines_over, self._idle_s = engines_over, idle_s
        self.questions = Questions(tell)
        self.secrets = Secrets(self.questions.ask)

    def work(self, lines: Iterable[bytes]) -> None:
        """Do what the lines say until they end; then finish what is on its way.

        Raises:
            LibraryError: If somebody else works on this library's transfers, or it cannot be opened.
        """
        with ExitStack() as held:
            transfers = self.open(held)
            held.callback(transfers.close, GRACE_S)
            held.callback(self.questions.close)
            interrupted = [status.key for status in transfers.start()]
            self._tell({"event": "ready", "pid": os.getpid(), "interrupted": interrupted})
            for line in lines:
                self._take(transfers, line)

    def work_on(self, key: int, patience_s: float) -> TransferStatus | None:
        """Go on with one transfer, wait for its end, and return how it ended; None where there is none.

        Raises:
            LibraryError: As work() does.
        """
        with ExitStack() as held:
            transfers = self.open(held)
            held.callback(transfers.close, GRACE_S)
            transfers.start()
            transfers.resume(key)
            return transfers.wait(key, patience_s)

    def open(self, held: ExitStack) -> Transfers:
        """Return the queue over the library, both open until held is closed."""
        with told(self._library_folder):
            self._library_folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        self._take_lock(held)
        library = held.enter_context(Library(self._library_folder))
        book = TransferBook(library.database)
        if self._engines_over is not None:
            return Transfers(book, self._engines_over(library), self._tell, idle_s=self._idle_s)
        from viewer.archives.transfer_engines import Engines

        engines = Engines(library, self._settings_folder, self.secrets, self._tell)
        return Transfers(book, engines.make, self._tell, limit_of=engines.limit_of, idle_s=self._idle_s)

    def _take_lock(self, held: ExitStack) -> None:
        """Be the only one who works on this library's transfers; one before this may still be finishing."""
        lock = FolderLock(self._library_folder / LOCK_FILE)
        try:
            try:
                held.enter_context(lock.exclusive(_LOCK_PATIENCE_S))
            except TimeoutError:
                self._tell({"event": "problem", "reason": _("Another window works on them; it is waited for")})
                held.enter_context(lock.exclusive(GRACE_S))
        except TimeoutError as error:
            raise LibraryError(
                _("Another window works on this library's transfers"),
                subject=str(self._library_folder),
                advice=_("Use that window for them, or close it"),
            ) from error
        except OSError as error:
            raise system_error(error, self._library_folder) from error

    def _take(self, transfers: Transfers, line: bytes) -> None:
        try:
            message = json.loads(line)
            self._do(transfers, message)
        except ViewerError as error:
            self._tell({"event": "problem", "reason": error.one_line()})
        except Exception as error:  # noqa: BLE001 - one line that cannot be done must not end the others
            logger.error("A transfer's wish could not be done: %s", without_values(error))
            self._tell({"event": "problem", "reason": _("Something went wrong inside the program")})

    def _do(self, transfers: Transfers, message: Message) -> None:
        wish = message.get("do")
        if wish == "add":
            if "key" in message:  # it is in the book already
                transfers.take_in(key := int(message["key"]))
            else:
                key = transfers.add(request_of(message["request"]))
            self._tell({"event": "added", "tag": message.get("tag"), "key": key})
        elif wish == "prefer":
            transfers.prefer(str(message["study"]), str(message.get("series", "")))
        elif wish == "secrets":
            self.secrets.take({str(key): str(secret) for key, secret in message["secrets"].items()})
        elif wish == "answer":
            secret = message.get("secret")
            self.questions.answer(int(message["id"]), secret if isinstance(secret, str) else None)
        else:
            acts = {
                "pause": transfers.pause,
                "resume": transfers.resume,
                "cancel": transfers.cancel,
                "forget": transfers.forget,
            }
            acts[str(wish)](int(message["key"]))
