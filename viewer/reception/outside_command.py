"""A program that a rule runs: with a list of arguments, never a shell, and nothing of a patient in its environment."""

import contextlib
import logging
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from viewer.base.errors import NetworkError, system_reason
from viewer.base.jobs import Progress
from viewer.base.translation import _

logger = logging.getLogger(__name__)

# What programs need to find their parts and to speak; everything else of ours stays with us.
_ENVIRONMENT = (
    *("PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR"),
    *("SYSTEMROOT", "WINDIR", "COMSPEC", "PATHEXT", "TEMP", "TMP", "USERPROFILE", "APPDATA", "LOCALAPPDATA"),
)
_PLACEHOLDER = re.compile(r"\{(study_uid|folder|ae)\}")
_UID = re.compile(r"[0-9.]{1,64}")
_LOOK_S = 0.1
_GRACE_S = 2.0
_PIECE = 65536


class CommandFailed(NetworkError):  # noqa: N818 - said as it is; its base has the suffix
    """A program did not do what it was run for."""


def filled_in(arguments: Sequence[str], values: Mapping[str, str]) -> list[str]:
    """Return arguments with values in the places of {study_uid}, {folder} and {ae}.

    Raises:
        CommandFailed: If a value could be taken for something else than a value.
    """
    if not _UID.fullmatch(values.get("study_uid", "")):
        raise CommandFailed(_("the study's UID is none: no program is given it"))
    filled = [_PLACEHOLDER.sub(lambda found: values.get(found[1], ""), argument) for argument in arguments]
    for written, argument in zip(arguments, filled, strict=True):
        # An AE title is its sender's to choose, and may look like an option.
        if argument != written and argument.startswith("-") and not written.startswith("-"):
            raise CommandFailed(_("a value that begins with '-' would be taken for an option"))
    return filled


def run_command(arguments: Sequence[str], timeout_s: float, progress: Progress) -> None:
    """Run a program to its end; what it prints goes nowhere, for it may hold names.

    Args:
        arguments: The program's whole path, and its arguments.
        timeout_s: After which it is ended with everything that it started.
        progress: Cancelling it ends the program.

    Raises:
        CommandFailed: If it cannot be run, fails, or takes too long.
        Cancelled: If it was cancelled.
    """
    name = Path(arguments[0]).name
    environment = {each: os.environ[each] for each in _ENVIRONMENT if each in os.environ}
    try:
        process = subprocess.Popen(  # noqa: S603 - the reader's own program, as a list
            list(arguments),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
            close_fds=True,
        )
    except (OSError, ValueError) as error:
        reason = system_reason(error) if isinstance(error, OSError) else type(error).__name__
        raise CommandFailed(_("{0} cannot be run: {1}").format(name, reason)) from error
    said = _Drain(process.stdout)
    try:
        code = _waited_for(process, timeout_s, progress)
    finally:
        _end(process)
        size = said.close()
        logger.info("%s ended with %s and printed %d bytes", name, process.returncode, size)
    if code is None:
        raise CommandFailed(_("{0} took longer than {1} s").format(name, f"{timeout_s:g}"))
    if code:
        raise CommandFailed(_("{0} ended with code {1}").format(name, code))


def _waited_for(process: "subprocess.Popen[bytes]", timeout_s: float, progress: Progress) -> int | None:
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        progress.check()
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.wait(_LOOK_S)
    return None


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End a program with everything that it started, if it has not ended by itself."""
    if process.poll() is not None:
        return
    for number in (signal.SIGTERM, getattr(signal, "SIGKILL", signal.SIGTERM)):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if sys.platform == "win32":
                process.terminate()
            else:
                os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE_S)
            return


class _Drain:
    """Reads what a program prints, counts it, and keeps nothing."""

    def __init__(self, stream: IO[bytes] | None) -> None:
        self._stream = stream
        self._size = 0
        self._thread = threading.Thread(target=self._read, name="command output", daemon=True)
        self._thread.start()

    def close(self) -> int:
        """Return how many bytes came; a grandchild that holds the other end is not waited for."""
        self._thread.join(_GRACE_S)
        return self._size

    def _read(self) -> None:
        if self._stream is None:
            return
        with contextlib.suppress(OSError, ValueError), self._stream:
            while piece := os.read(self._stream.fileno(), _PIECE):
                self._size += len(piece)
