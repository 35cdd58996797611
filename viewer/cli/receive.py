"""`negatoscope receive`: what other stations send goes into the library; one JSON line for each event."""

import argparse
import contextlib
import math
import queue
import signal
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Self

from viewer.base.errors import UsageError
from viewer.base.paths import library_folder
from viewer.base.settings import Settings
from viewer.base.translation import _
from viewer.cli.output import abandon_output
from viewer.reception.events import PROBLEM, ReceiverEvent
from viewer.reception.receiver_settings import ReceiverSettings

if TYPE_CHECKING:
    from types import FrameType

_MOST_UNTOLD = 20_000
_LAST_LINES_S = 5.0
_HIGHEST_PORT = 65535
_TLS_FILES = (2, 3)


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the sub-command."""
    text = _("receive images that other stations send, and answer what they ask")
    parser = subparsers.add_parser("receive", prog="negatoscope receive", help=text, description=text)
    parser.add_argument("--aet", default=None, metavar="AET", help=_("AE title of this station (NEGATOSCOPE)"))
    parser.add_argument("--bind", default=None, metavar="ADDR", help=_("address to listen at (127.0.0.1)"))
    parser.add_argument("--port", type=_port, default=None, metavar="N", help=_("port (11112); 0 for any that is free"))
    parser.add_argument(
        "--allow", action="append", default=None, metavar="AET[@NETWORK]", help=_("who may send and ask; repeatable")
    )
    parser.add_argument(
        "--tls",
        nargs="+",
        default=None,
        metavar="PEM",
        help=_("CERT KEY [CA]: with a CA callers must show a certificate"),
    )
    parser.add_argument(
        "--unknown",
        choices=("inbox", "refuse"),
        default=None,
        help=_("callers from an allowed network whose title is not listed: into the inbox (default), or refused"),
    )
    parser.add_argument(
        "--station", action="append", default=None, metavar="AET@HOST:PORT", help=_("where others may have images sent")
    )
    parser.add_argument(
        "--once-idle",
        type=_seconds,
        default=None,
        metavar="SECONDS",
        help=_("end when nobody was connected for so long"),
    )
    parser.add_argument(
        "--configured", action="store_true", help=_("go by the settings; what is given here comes before them")
    )


def run(arguments: argparse.Namespace) -> int:
    """Receive until asked to end; return the exit code.

    Raises:
        UsageError: If the arguments cannot be right.
        ViewerError: If the library is another receiver's, or the port is not to be had.
    """
    settings = settings_of(arguments)
    from viewer.reception.receiver import Receiver
    from viewer.reception.routing_rules import RulesFile

    stop = threading.Event()
    with _asked_to_end(stop), EventLines() as lines:
        receiver = Receiver(library_folder(arguments.library), settings, RulesFile(arguments.folder), lines.tell)
        receiver.run_until(stop, arguments.once_idle)
    return 0


def settings_of(arguments: argparse.Namespace) -> ReceiverSettings:
    """Return the settings that the arguments come to.

    Raises:
        UsageError: If the TLS files are not two or three.
    """
    settings = ReceiverSettings()
    if arguments.configured:
        settings = Settings(arguments.folder).section("receiver", ReceiverSettings)
    given = {
        "ae_title": arguments.aet,
        "bind": arguments.bind,
        "port": arguments.port,
        "allow": None if arguments.allow is None else tuple(arguments.allow),
        "unknown": arguments.unknown,
        "stations": None if arguments.station is None else tuple(arguments.station),
    }
    settings = replace(settings, **{name: value for name, value in given.items() if value is not None})
    if arguments.tls is not None:
        if len(arguments.tls) not in _TLS_FILES or not all(arguments.tls):
            raise UsageError(_("--tls takes a certificate, its key, and perhaps a CA"))
        certificate, key, *authority = arguments.tls
        settings = replace(settings, certificate=certificate, key=key, authority="".join(authority))
    return settings


class EventLines:
    """Prints events, each as a line; whoever reads slowly, or no more, holds nobody up."""

    def __init__(self) -> None:
        self._waiting: queue.Queue[ReceiverEvent | None] = queue.Queue(_MOST_UNTOLD)
        self._left_out = 0
        self._thread = threading.Thread(target=self._print, name="event lines", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        with contextlib.suppress(queue.Full):
            self._waiting.put(None, timeout=_LAST_LINES_S)
        self._thread.join(_LAST_LINES_S)
        if self._thread.is_alive():
            abandon_output()

    def tell(self, event: ReceiverEvent) -> None:
        """Have an event printed."""
        try:
            self._waiting.put_nowait(event)
        except queue.Full:
            self._left_out += 1

    def _print(self) -> None:
        while (event := self._waiting.get()) is not None:
            left_out, self._left_out = self._left_out, 0
            if left_out:
                self._write(ReceiverEvent(PROBLEM, {"reason": f"{left_out} events were not told: nobody read them"}))
            if not self._write(event):
                self._drop()
                return

    def _write(self, event: ReceiverEvent) -> bool:
        try:
            sys.stdout.write(event.as_line() + "\n")
            sys.stdout.flush()
        except (
            OSError,
            ValueError,
            AttributeError,
        ):  # its reader went away, the disk is full, or it was closed from the beginning
            return False
        return True

    def _drop(self) -> None:
        """Receive on, in silence."""
        with contextlib.suppress(OSError, ValueError, AttributeError):
            abandon_output()
        while self._waiting.get() is not None:
            pass


@contextlib.contextmanager
def _asked_to_end(stop: threading.Event) -> Iterator[None]:
    """Set an event when the process is asked to end."""

    def ask(_number: int, _frame: "FrameType | None") -> None:
        stop.set()

    names = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    before = {number: signal.signal(number, ask) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= _HIGHEST_PORT):
        raise argparse.ArgumentTypeError(_("'{0}' is no port").format(text))
    return int(text)


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value >= 0):
        raise argparse.ArgumentTypeError(_("'{0}' is no number of seconds").format(text))
    return value
