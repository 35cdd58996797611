"""An attacker: opens connections at a rate, says too little on each, and holds as many open as it can.

Run as `python -m tests.builders.half_open PORT HELD RATE [tls]`: ends at SIGTERM with one JSON line of what it did.
With tls it greets as a TLS caller does, which costs the server a signature, and says nothing more.
"""

import contextlib
import json
import signal
import socket
import ssl
import sys
import threading
import time
from collections import deque
from collections.abc import Sequence

from tests.builders.association_requests import association_request

REQUEST = association_request()
SAID = (
    b"",
    b"\1",
    REQUEST[:40],
    REQUEST[:-1],
    b"\1\0\xff\xff\xff\xff",  # four gigabytes to come
    b"\1\0\0\3\xff\xff" + REQUEST[6:],  # a quarter of a megabyte to come
)


def greeting() -> bytes:
    """Return what a TLS caller says first."""
    context = ssl.create_default_context()
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    with contextlib.suppress(ssl.SSLWantReadError):
        context.wrap_bio(incoming, outgoing, server_hostname="localhost").do_handshake()
    return outgoing.read()


def attack(port: int, held: int, rate: float, said: Sequence[bytes], stopped: threading.Event) -> dict[str, int]:
    """Attack until stopped; return counts."""
    waiting: deque[socket.socket] = deque()
    counts = {"opened": 0, "failed": 0, "most_held": 0}
    began = time.monotonic()
    while not stopped.is_set():
        number = counts["opened"] + counts["failed"]
        if number >= (time.monotonic() - began) * rate:
            time.sleep(0.001)
            continue
        connection = socket.socket()
        connection.setblocking(False)
        try:
            with contextlib.suppress(BlockingIOError):
                connection.connect(("127.0.0.1", port))
            waiting.append(connection)
            counts["opened"] += 1
            # What it says goes a little later: by then the connection is there.
            if len(waiting) > 40:
                late = waiting[-40]
                with contextlib.suppress(OSError):
                    late.send(said[number % len(said)])
        except OSError:
            connection.close()
            counts["failed"] += 1
        while len(waiting) > held:
            waiting.popleft().close()
        counts["most_held"] = max(counts["most_held"], len(waiting))
    for connection in waiting:
        connection.close()
    return counts


def main() -> None:
    """Attack until SIGTERM."""
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_arguments: stopped.set())
    said = (greeting(),) if sys.argv[4:] == ["tls"] else SAID
    counts = attack(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), said, stopped)
    print(json.dumps(counts), flush=True)


if __name__ == "__main__":
    main()
