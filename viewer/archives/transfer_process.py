"""The process that works on transfers, as a window sees it: begun when it is first needed, and again when it dies.

Nothing here waits on the caller's thread: what is said to it goes through a queue, and what it says is heard on a
thread. It ends by itself when its pipe does, whatever becomes of the window; secrets go through the pipe alone.
"""

import contextlib
import json
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from viewer.base.translation import _
from viewer.reception.receiver_process import last_words, opened_log, receiver_environment

LOG_NAME = "transfers.log"
STEADY_S = 60.0
DELAYS_S = (0.0, 1.0, 4.0, 16.0)
"""How long is waited after each quick death in a row; one more, and it is given up until somebody wants something."""
_LARGEST_LINE = 64 << 20
_SAID_WHY = 1
"""The exit code of a command that failed and said why."""

Message = Mapping[str, Any]
Heard = Callable[[dict[str, Any]], None]


def worker_command(library: Path, config: Path) -> tuple[str, ...]:
    """Return the command line of a process that works on the transfers of a library."""
    folders = ("--library", str(library.absolute()), "--config", str(config.absolute()))
    return (sys.executable, "-m", "viewer", *folders, "transfers", "work")


class TransferProcess:
    """One library's process for transfers.

    Args:
        library: Its folder.
        config: The folder of the settings that it goes by.
        heard: Called with everything that it says, on a thread of its own; and, when it has died, with the event
            "died" and a reason: is_final says whether it was given up.
        greeting: Returns what is said first to each that begins: secrets of this process.
        command: What is run; None for this program.
    """

    def __init__(
        self,
        library: Path,
        config: Path,
        heard: Heard,
        *,
        greeting: Callable[[], Sequence[Message]] = tuple,
        command: Sequence[str] | None = None,
        delays_s: Sequence[float] = DELAYS_S,
    ) -> None:
        self._library, self._config, self._heard, self._greeting = library, config, heard, greeting
        self._command = tuple(command) if command is not None else worker_command(library, config)
        self._delays_s = tuple(delays_s)
        self._changed = threading.Condition()
        self._waiting: deque[Message] = deque()
        self._unheard: dict[object, Message] = {}
        self._child: subprocess.Popen[bytes] | None = None
        self._thread: threading.Thread | None = None
        self._is_wanted = self._is_ending = self._rests = False
        self._started_at = 0.0
        self._deaths = self._code = 0

    @property
    def is_begun(self) -> bool:
        """Whether there is one, or one is on its way."""
        return self._is_wanted

    @property
    def pid(self) -> int:
        """Of the process; 0 when there is none."""
        child = self._child
        return child.pid if child is not None else 0

    def begin(self) -> None:
        """Have it there, so that the first wish does not wait for it."""
        with self._changed:
            self._begin()

    def say(self, message: Message) -> None:
        """Have it do something; on any thread, never waits."""
        with self._changed:
            if self._is_ending:
                return
            if message.get("do") == "add":  # said again when it dies before it has taken note
                self._unheard[message.get("tag")] = message
            self._waiting.append(message)
            self._begin()
            self._changed.notify_all()

    def end(self, patience_s: float) -> bool:
        """Let it finish what is on its way and end; return whether it has within that time."""
        with self._changed:
            self._is_ending = True
            self._changed.notify_all()
            child, thread = self._child, self._thread
        if thread is not None:
            thread.join(patience_s)
        if child is None:
            return True
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(patience_s)
        if child.returncode is None:
            child.returncode = 0  # it ends by itself; Popen need not complain that nobody waits for it
            return False
        return True

    # On the thread that writes

    def _begin(self) -> None:
        self._is_wanted = True
        self._changed.notify_all()
        if self._thread is None:
            self._deaths = 0
            self._thread = threading.Thread(target=self._look_after, name="transfer process", daemon=True)
            self._thread.start()

    def _look_after(self) -> None:
        try:
            while not self._is_ending:
                reason = self._one_life()
                if self._has_to_end():
                    break
                if self._rested():
                    continue
                self._deaths = 1 if time.monotonic() - self._started_at > STEADY_S else self._deaths + 1
                # Where it said itself why it cannot, trying again is of no use.
                is_final = self._code == _SAID_WHY or self._deaths > len(self._delays_s)
                self._heard({"event": "died", "reason": reason, "is_final": is_final})
                with self._changed:
                    if is_final:
                        self._waiting.clear()
                        self._unheard.clear()
                        return
                    self._changed.wait_for(lambda: self._is_ending, self._delays_s[self._deaths - 1])
        finally:
            with self._changed:
                self._thread, self._is_wanted = None, False

    def _rested(self) -> bool:
        """Whether it ended because there was nothing to do; then returns when there is something again."""
        with self._changed:
            if not self._rests:
                return False
            self._rests = self._is_wanted = False
            self._deaths = 0
            self._changed.wait_for(lambda: self._is_wanted or self._waiting or self._is_ending)
            self._is_wanted = True
            return True

    def _has_to_end(self) -> bool:
        return self._is_ending

    def _one_life(self) -> str:
        """Begin one and write to it until it ends; return why it did."""
        self._started_at = time.monotonic()
        try:
            child = self._spawned()
        except OSError as error:
            return str(error.strerror or type(error).__name__)
        reader = threading.Thread(target=self._read, args=(child,), name="transfer events", daemon=True)
        with self._changed:
            self._child = child
            again = [message for message in self._unheard.values() if message not in self._waiting]
            self._waiting.extendleft(reversed([*self._greeting(), *again]))
        reader.start()
        self._write(child)
        with contextlib.suppress(OSError):
            if child.stdin is not None:
                child.stdin.close()
        if self._is_ending:
            return ""
        reader.join()
        self._code = code = child.wait()
        with self._changed:
            self._child = None
        return self._words_of(code)

    def _spawned(self) -> "subprocess.Popen[bytes]":
        self._library.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._config.mkdir(mode=0o700, parents=True, exist_ok=True)
        with opened_log(self._config / LOG_NAME) as log:
            return subprocess.Popen(  # noqa: S603 - our own command, without a shell
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=self._library,
                env=receiver_environment(),
                start_new_session=True,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )

    def _write(self, child: "subprocess.Popen[bytes]") -> None:
        """Write what waits until it dies or is to end."""
        while True:
            with self._changed:
                self._changed.wait_for(
                    lambda: self._waiting or self._is_ending or self._rests or child.poll() is not None
                )
                if child.poll() is not None or ((self._is_ending or self._rests) and not self._waiting):
                    return
                self._rests = False
                message = self._waiting.popleft()
            try:
                if child.stdin is not None:
                    child.stdin.write(json.dumps(message, separators=(",", ":")).encode() + b"\n")
                    child.stdin.flush()
            except OSError:
                with self._changed:
                    if message.get("do") in {"pause", "resume", "cancel", "forget"}:
                        self._waiting.appendleft(message)
                return

    # On the thread that reads

    def _read(self, child: "subprocess.Popen[bytes]") -> None:
        stream = child.stdout
        if stream is None:
            return
        with stream:
            while line := stream.readline(_LARGEST_LINE):
                try:
                    message = json.loads(line)
                except ValueError:
                    continue
                self._note(message)
                self._heard(message)
        child.wait()
        with self._changed:
            self._changed.notify_all()

    def _note(self, message: Message) -> None:
        """Take note of what concerns the process itself."""
        with self._changed:
            if message.get("event") == "added":
                self._unheard.pop(message.get("tag"), None)
            elif message.get("event") == "idle" and not self._waiting and not self._unheard:
                self._rests = True  # so that nobody who needs the library alone finds it held for nothing
                self._changed.notify_all()

    def _words_of(self, code: int) -> str:
        if (said := last_words(self._config / LOG_NAME)) and code > 0:
            return said
        if code < 0:
            return _("it was ended by signal {0}").format(-code)
        return _("it ended with code {0}").format(code)
