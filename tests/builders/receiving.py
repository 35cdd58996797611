"""A receiver and nothing else: listens on this computer, and keeps what comes in a library.

Run as `python -m tests.builders.receiving FOLDER [RESERVE_BYTES]`: a JSON line for each event, "ready" with the port
first; ends at SIGTERM.
"""

import os
import signal
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

from viewer.library.library import Library
from viewer.network.allow_list import AllowList
from viewer.network.limits import Limits
from viewer.network.server import DicomServer, ListeningPlace, Services
from viewer.reception.events import READY, ReceiverEvent, Told
from viewer.reception.intake import Intake
from viewer.reception.intake_bounds import IntakeBounds

AE_TITLE = "NEGATOSCOPE"


def say(event: ReceiverEvent) -> None:
    """Write a line in one call, another one than the library's, so that faults can be injected into those."""
    os.writev(1, [event.as_line().encode("ascii") + b"\n"])


def tell(event: str, details: Mapping[str, Told]) -> None:
    say(ReceiverEvent(event, details))


def receive(folder: Path, reserve_bytes: int = 0) -> None:
    """Receive until ended."""
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_arguments: stopped.set())
    with Library(folder, reserve_bytes=reserve_bytes) as library:
        intake = Intake(library, IntakeBounds(), say)
        server = DicomServer(ListeningPlace(port=0), AE_TITLE, AllowList(()), Limits(), Services(intake), tell)
        server.start()
        say(ReceiverEvent(READY, {"port": server.port, "pid": os.getpid()}))
        stopped.wait()
        server.close()
        intake.close()


if __name__ == "__main__":
    receive(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0)
