"""The receiver's process as a window sees it: started, watched, started again when it dies, stopped when asked.

It is a session of its own and shares no pipe with the window: whatever becomes of the window, nothing that the receiver
writes can block or break it. What it does is read from the state file that it keeps (receiver_state.py), so that one
that somebody else started is followed just as well.
"""

import contextlib
import enum
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import viewer
from viewer.base.translation import N_, _
from viewer.reception.receiver_state import ReceiverState, is_receiver_running, read_receiver_state

LOG_NAME = "receiver.log"
STEADY_S = 60.0
"""A receiver that lived longer than this did not die quickly."""
DELAYS_S = (1.0, 2.0, 4.0, 8.0, 16.0)
"""How long is waited after each quick death in a row; one more, and it is given up."""
GRACE_S = 20.0
"""How long a receiver that was asked to stop may finish what it is receiving."""
_LARGEST_LOG = 1 << 20
_LOG_TAIL = 8192
_LOG_LINE = "negatoscope: "
_WRONG_USAGE = 2
_LONGEST_REASON = 300
_POLL_S = 0.05


class Phase(enum.Enum):
    """How it stands with the receiver."""

    OFF = N_("off")
    STARTING = N_("starting")
    RUNNING = N_("receiving")
    WAITING = N_("starting again")
    STOPPING = N_("stopping")
    FAILED = N_("failed")


@dataclass(frozen=True, slots=True)
class Condition:
    """What is known of the receiver now.

    Attributes:
        state: What it last said of itself; None while it has said nothing.
        deaths: How often it died quickly in a row.
        reason: Why it died last; empty when it did not.
        wait_s: In WAITING: until it is started again.
    """

    phase: Phase
    state: ReceiverState | None = None
    deaths: int = 0
    reason: str = ""
    wait_s: float = 0.0

    @property
    def is_up(self) -> bool:
        """Whether it can receive now."""
        return self.phase is Phase.RUNNING


def receiver_command(library: Path, config: Path) -> tuple[str, ...]:
    """Return the command line of a receiver that goes by the settings."""
    folders = ("--library", str(library.absolute()), "--config", str(config.absolute()))
    return (sys.executable, "-m", "viewer", *folders, "receive", "--configured")


def receiver_environment(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment that lets this very program be found, installed or not."""
    found = dict(os.environ if environment is None else environment)
    home = str(Path(viewer.__file__).resolve().parent.parent)
    paths = [home, *(path for path in found.get("PYTHONPATH", "").split(os.pathsep) if path and path != home)]
    return {**found, "PYTHONPATH": os.pathsep.join(paths)}


class ReceiverProcess:
    """One library's receiver. start(), stop() and restart() only note what is wanted, on any thread; look() does it.

    Args:
        library: The folder that it fills.
        config: The folder of the settings that it goes by.
        command: What is run; None for this program.
        clock: Tells seconds.
    """

    def __init__(
        self,
        library: Path,
        config: Path,
        *,
        command: Sequence[str] | None = None,
        clock: Callable[[], float] = time.monotonic,
        grace_s: float = GRACE_S,
    ) -> None:
        self._library, self._config = library, config
        self._command = tuple(command) if command is not None else receiver_command(library, config)
        self._clock, self._grace_s = clock, grace_s
        self._lock = threading.RLock()
        self._child: subprocess.Popen[bytes] | None = None
        self._is_wanted = False
        self._stop_asked = False
        self._was_running = False
        self._started_at = self._next_start = clock()
        self._asked_at: float | None = None
        self._deaths = 0
        self._reason = ""
        self._has_failed = False

    # What is wanted

    def start(self) -> None:
        """Have it running from now on; what was given up is tried again."""
        with self._lock:
            self._is_wanted = True
            self._deaths, self._reason, self._has_failed = 0, "", False
            self._next_start = self._clock()

    def stop(self) -> None:
        """Have it stopped, whoever started it."""
        with self._lock:
            self._is_wanted, self._stop_asked = False, True
            self._deaths, self._reason, self._has_failed = 0, "", False

    def restart(self) -> None:
        """Have it stopped and started again: for other settings."""
        with self._lock:
            self.stop()
            self.start()

    def let_go(self) -> None:
        """Watch it no more; it runs on."""
        with self._lock:
            self._is_wanted = self._stop_asked = False
            if self._child is not None and self._child.poll() is None:
                self._child.returncode = 0  # else Popen complains of a process that nobody waits for
            self._child = None

    def end(self, patience_s: float) -> bool:
        """Stop it and wait until it has ended, but not for longer than that; return whether it has."""
        until = self._clock() + patience_s
        while self.look().phase is Phase.STOPPING:
            if self._clock() > until:
                return False
            time.sleep(_POLL_S)
        return True

    # Seeing to it

    def look(self) -> Condition:
        """See how it stands, and take the next step towards what is wanted."""
        with self._lock:
            now = self._clock()
            state = read_receiver_state(self._library)
            is_running = self._is_running(now)
            if self._stop_asked:
                if is_running:
                    self._ask_to_end(state, now)
                    return Condition(Phase.STOPPING, state)
                self._stop_asked, self._asked_at = False, None
            if is_running:
                return self._running(state)
            if not self._is_wanted:
                return Condition(Phase.OFF, None, reason=self._reason)
            return self._next_attempt(now)

    def _running(self, state: ReceiverState | None) -> Condition:
        self._was_running = True
        # What another one has left says nothing of this one; the port is known when it listens.
        if state is None or not state.is_running or not state.port:
            return Condition(Phase.STARTING, None, self._deaths, self._reason)
        if self._child is not None and state.pid != self._child.pid:
            return Condition(Phase.STARTING, None, self._deaths, self._reason)
        return Condition(Phase.RUNNING, state, self._deaths, self._reason)

    def _next_attempt(self, now: float) -> Condition:
        if self._has_failed:
            return Condition(Phase.FAILED, None, self._deaths, self._reason)
        if now < self._next_start:
            return Condition(Phase.WAITING, None, self._deaths, self._reason, self._next_start - now)
        self._spawn(now)
        phase = Phase.FAILED if self._has_failed else Phase.STARTING
        return Condition(phase, None, self._deaths, self._reason)

    def _is_running(self, now: float) -> bool:
        if self._child is not None:
            code = self._child.poll()
            if code is None:
                return True
            self._child = None
            is_running = is_receiver_running(self._library)
            if not is_running:  # else there was one already, and ours left it alone
                self._died(self._words_of(code), now, is_final=code == _WRONG_USAGE)
            return is_running
        is_running = is_receiver_running(self._library)
        if self._was_running and not is_running:
            self._died(_("it ended without saying why"), now)
        return is_running

    def _died(self, reason: str, now: float, *, is_final: bool = False) -> None:
        self._was_running = False
        if self._stop_asked or not self._is_wanted:
            return
        self._deaths = 1 if now - self._started_at > STEADY_S else self._deaths + 1
        self._reason = reason
        self._has_failed = is_final or self._deaths > len(DELAYS_S)
        self._next_start = now + DELAYS_S[min(self._deaths, len(DELAYS_S)) - 1]

    def _spawn(self, now: float) -> None:
        self._started_at = now
        try:
            self._library.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._config.mkdir(mode=0o700, parents=True, exist_ok=True)
            with opened_log(self._config / LOG_NAME) as log:
                self._child = subprocess.Popen(  # noqa: S603 - our own command, without a shell
                    self._command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=log,
                    cwd=self._library,
                    env=receiver_environment(),
                    start_new_session=True,
                    creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
                    | getattr(subprocess, "DETACHED_PROCESS", 0),
                )
        except OSError as error:
            self._died(str(error.strerror or type(error).__name__), now)

    def _ask_to_end(self, state: ReceiverState | None, now: float) -> None:
        pid = self._child.pid if self._child is not None else state.pid if state is not None else 0
        if self._asked_at is None:
            self._asked_at = now
            _signal(pid, signal.SIGTERM)
        elif now - self._asked_at > self._grace_s:
            _signal(pid, getattr(signal, "SIGKILL", signal.SIGTERM))

    def _words_of(self, code: int) -> str:
        """Return what it said last of why it ends; else how the system says that it ended."""
        if (said := last_words(self._config / LOG_NAME)) and code > 0:
            return said
        if code < 0:
            return _("it was ended by signal {0}").format(-code)
        return _("it ended with code {0}").format(code)


def _signal(pid: int, number: int) -> None:
    if pid > 1:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


@contextlib.contextmanager
def opened_log(path: Path) -> Iterator[int]:
    """Open where it writes why it ends; emptied at each start, so that its last words are its own."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0)
    descriptor = os.open(path, flags, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def shorten_log(config: Path) -> None:
    """Keep what a receiver that runs for months complains of from filling the disk."""
    path = config / LOG_NAME
    with contextlib.suppress(OSError):
        if path.stat().st_size > _LARGEST_LOG:
            os.truncate(path, 0)


def last_words(path: Path) -> str:
    """Return what a process of ours said last of why it ends."""
    try:
        with path.open("rb") as log:
            log.seek(max(0, path.stat().st_size - _LOG_TAIL))
            lines = log.read(_LOG_TAIL).decode("utf-8", "replace").splitlines()
    except OSError:
        return ""
    said = [line.removeprefix(_LOG_LINE) for line in lines if line.startswith(_LOG_LINE)]
    words = said or [line for line in lines if line.strip()]
    return "".join(each for each in words[-1] if each.isprintable())[:_LONGEST_REASON] if words else ""
