"""An X server of our own, without a screen, to be asked and to be changed."""

import ctypes
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

STARTS_WITHIN_S = 20.0


@contextmanager
def x_server(*arguments: str, program: str = "Xvfb") -> Iterator[str]:
    """Run an X server and yield the name of its display."""
    path = shutil.which(program)
    assert path is not None
    reading, writing = os.pipe()
    process = subprocess.Popen(
        [path, "-displayfd", str(writing), "-noreset", "-nolisten", "tcp", *arguments],
        pass_fds=(writing,),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    try:
        number = b""
        end = time.monotonic() + STARTS_WITHIN_S
        while not number.endswith(b"\n"):
            part = os.read(reading, 16)
            assert part, f"{program} ended at once"
            assert time.monotonic() < end, f"{program} does not start"
            number += part
        yield f":{number.decode('ascii').strip()}"
    finally:
        os.close(reading)
        process.terminate()
        process.wait(STARTS_WITHIN_S)


class RootWindow:
    """Writes properties of octets, as colour daemons do."""

    def __init__(self, display: str) -> None:
        self._x = ctypes.CDLL("libX11.so.6")
        self._x.XOpenDisplay.restype = ctypes.c_void_p
        self._x.XDefaultRootWindow.restype = ctypes.c_ulong
        self._x.XInternAtom.restype = ctypes.c_ulong
        self._server = ctypes.c_void_p(self._x.XOpenDisplay(display.encode("ascii")))
        assert self._server.value

    def put(self, name: str, value: bytes, *, kind: str = "CARDINAL") -> None:
        """Write a property, in parts where it is larger than one request."""
        root = ctypes.c_ulong(self._x.XDefaultRootWindow(self._server))
        for start in range(0, len(value), 1 << 16):
            part = value[start : start + (1 << 16)]
            self._x.XChangeProperty(
                self._server,
                root,
                ctypes.c_ulong(self._x.XInternAtom(self._server, name.encode("ascii"), 0)),
                ctypes.c_ulong(self._x.XInternAtom(self._server, kind.encode("ascii"), 0)),
                8,
                2 if start else 0,
                part,
                len(part),
            )
        self._x.XSync(self._server, 0)

    def close(self) -> None:
        """End the connection; properties stay."""
        self._x.XCloseDisplay(self._server)


def say_as(folder: Path, program: str, lines: Sequence[str]) -> None:
    """Put a program into a folder that writes lines, in the place of one of the system."""
    file = folder / program
    text = "\n".join(lines)
    file.write_text(f"#!/bin/sh\ncat <<'END_OF_ANSWER'\n{text}\nEND_OF_ANSWER\n")
    file.chmod(0o755)
