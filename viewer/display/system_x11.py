"""What an X server keeps for its monitors: properties of the root window and gamma tables of its outputs.

Asked through libX11 and libXrandr with ctypes, on a connection of our own. Errors of the server (an output that was
unplugged meanwhile) are passed over: Xlib would end the program for them.
"""

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

_ANY_TYPE = 0
_SUCCESS = 0
_OCTET_FORMAT = 8
_WORDS_AT_ONCE = 1 << 16
LARGEST_PROPERTY = 32 << 20
"""No profile is larger; what claims to be is not read."""

_LARGEST_GAMMA = 1 << 16
_CONNECTED = 0


@dataclass(frozen=True, slots=True)
class OutputGamma:
    """The table between the frame buffer and one monitor, 0 to 65535.

    Attributes:
        name: The output's, as the system names the monitor's connector ("DP-1").
    """

    name: str
    red: tuple[int, ...]
    green: tuple[int, ...]
    blue: tuple[int, ...]


class _ScreenResources(ctypes.Structure):
    _fields_ = (
        ("timestamp", ctypes.c_ulong),
        ("config_timestamp", ctypes.c_ulong),
        ("crtc_count", ctypes.c_int),
        ("crtcs", ctypes.POINTER(ctypes.c_ulong)),
        ("output_count", ctypes.c_int),
        ("outputs", ctypes.POINTER(ctypes.c_ulong)),
    )


class _OutputInfo(ctypes.Structure):
    _fields_ = (
        ("timestamp", ctypes.c_ulong),
        ("crtc", ctypes.c_ulong),
        ("name", ctypes.c_char_p),
        ("name_length", ctypes.c_int),
        ("mm_width", ctypes.c_ulong),
        ("mm_height", ctypes.c_ulong),
        ("connection", ctypes.c_ushort),
    )


class _CrtcGamma(ctypes.Structure):
    _fields_ = (
        ("size", ctypes.c_int),
        ("red", ctypes.POINTER(ctypes.c_ushort)),
        ("green", ctypes.POINTER(ctypes.c_ushort)),
        ("blue", ctypes.POINTER(ctypes.c_ushort)),
    )


_Handler = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)


def root_property(name: str) -> bytes:
    """Return a property of octets of the root window; empty when there is none, or no X server."""
    with _connected() as connection:
        return b"" if connection is None else connection.root_property(name)


def output_gammas() -> tuple[OutputGamma, ...]:
    """Return the gamma tables of all monitors in use; none when the server keeps none, or there is no X server."""
    with _connected() as connection:
        return () if connection is None else tuple(connection.gammas())


@contextmanager
def _connected() -> "Iterator[_Connection | None]":
    library = _library("libX11.so.6")
    if library is None or not os.environ.get("DISPLAY"):
        yield None
        return
    _declare(library)
    server = library.XOpenDisplay(None)
    if not server:
        yield None
        return
    passed_over = _Handler(lambda _server, _error: 0)
    before = library.XSetErrorHandler(ctypes.cast(passed_over, ctypes.c_void_p))
    try:
        yield _Connection(library, server)
    finally:
        library.XCloseDisplay(server)
        library.XSetErrorHandler(before)


def _library(name: str) -> Any:  # noqa: ANN401 - ctypes makes its functions when they are asked for
    try:
        return ctypes.CDLL(name)
    except OSError:
        return None


def _declare(library: Any) -> None:  # noqa: ANN401 - see _library
    pointer, number = ctypes.c_void_p, ctypes.c_ulong
    for name, result, arguments in (
        ("XOpenDisplay", pointer, (ctypes.c_char_p,)),
        ("XCloseDisplay", ctypes.c_int, (pointer,)),
        ("XSetErrorHandler", pointer, (pointer,)),
        ("XDefaultRootWindow", number, (pointer,)),
        ("XInternAtom", number, (pointer, ctypes.c_char_p, ctypes.c_int)),
        ("XFree", ctypes.c_int, (pointer,)),
    ):
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    library.XGetWindowProperty.restype = ctypes.c_int
    library.XGetWindowProperty.argtypes = (
        *(pointer, number, number, ctypes.c_long, ctypes.c_long, ctypes.c_int, number),
        *(ctypes.POINTER(number), ctypes.POINTER(ctypes.c_int), ctypes.POINTER(number), ctypes.POINTER(number)),
        ctypes.POINTER(pointer),
    )


class _Connection:
    """One connection to an X server."""

    def __init__(self, library: Any, server: int) -> None:  # noqa: ANN401 - see _library
        self._library, self._server = library, server
        self._root = library.XDefaultRootWindow(server)

    def root_property(self, name: str) -> bytes:
        """Return a property of octets of the root window; empty when there is none."""
        atom = self._library.XInternAtom(self._server, name.encode("ascii"), 1)
        if not atom:
            return b""
        read, left = b"", 1
        while left and len(read) <= LARGEST_PROPERTY:
            part, left = self._part(atom, len(read) // 4)
            if not part:
                return b""
            read += part
        return read if len(read) <= LARGEST_PROPERTY else b""

    def _part(self, atom: int, offset_words: int) -> tuple[bytes, int]:
        """Return octets from an offset in words of four, and how many are left; nothing for other formats."""
        kind, form = ctypes.c_ulong(), ctypes.c_int()
        count, left = ctypes.c_ulong(), ctypes.c_ulong()
        data = ctypes.c_void_p()
        status = self._library.XGetWindowProperty(
            *(self._server, self._root, atom, offset_words, _WORDS_AT_ONCE, 0, _ANY_TYPE),
            *(ctypes.byref(kind), ctypes.byref(form), ctypes.byref(count), ctypes.byref(left), ctypes.byref(data)),
        )
        if status != _SUCCESS or not data.value:
            return b"", 0
        part = ctypes.string_at(data.value, count.value) if form.value == _OCTET_FORMAT else b""
        self._library.XFree(data)
        return part, left.value

    def gammas(self) -> Iterator[OutputGamma]:
        """Yield the gamma tables of the monitors in use."""
        extension = _library("libXrandr.so.2")
        if extension is None:
            return
        _declare_extension(extension)
        if not extension.XRRQueryExtension(self._server, ctypes.byref(ctypes.c_int()), ctypes.byref(ctypes.c_int())):
            return
        resources = extension.XRRGetScreenResourcesCurrent(self._server, self._root)
        if not resources:
            return
        for position in range(resources.contents.output_count):
            gamma = self._gamma(extension, resources, resources.contents.outputs[position])
            if gamma is not None:
                yield gamma
        extension.XRRFreeScreenResources(resources)

    def _gamma(self, extension: Any, resources: Any, output: int) -> OutputGamma | None:  # noqa: ANN401 - see _library
        info = extension.XRRGetOutputInfo(self._server, resources, output)
        if not info:
            return None
        name = (info.contents.name or b"").decode("utf-8", "replace")
        crtc = info.contents.crtc if info.contents.connection == _CONNECTED else 0
        extension.XRRFreeOutputInfo(info)
        gamma = extension.XRRGetCrtcGamma(self._server, crtc) if crtc else None
        if not gamma:
            return None
        table, size = gamma.contents, gamma.contents.size
        found = None
        if 1 < size <= _LARGEST_GAMMA:
            found = OutputGamma(name, tuple(table.red[:size]), tuple(table.green[:size]), tuple(table.blue[:size]))
        extension.XRRFreeGamma(gamma)
        return found


def _declare_extension(extension: Any) -> None:  # noqa: ANN401 - see _library
    pointer, number = ctypes.c_void_p, ctypes.c_ulong
    resources, info = ctypes.POINTER(_ScreenResources), ctypes.POINTER(_OutputInfo)
    gamma = ctypes.POINTER(_CrtcGamma)
    whole = ctypes.POINTER(ctypes.c_int)
    for name, result, arguments in (
        ("XRRQueryExtension", ctypes.c_int, (pointer, whole, whole)),
        ("XRRGetScreenResourcesCurrent", resources, (pointer, number)),
        ("XRRFreeScreenResources", None, (resources,)),
        ("XRRGetOutputInfo", info, (pointer, resources, number)),
        ("XRRFreeOutputInfo", None, (info,)),
        ("XRRGetCrtcGamma", gamma, (pointer, number)),
        ("XRRFreeGamma", None, (gamma,)),
    ):
        function = getattr(extension, name)
        function.restype, function.argtypes = result, arguments
