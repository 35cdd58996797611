"""What Windows keeps for its monitors: colour profiles and gamma ramps (GDI, through ctypes).

Written after Microsoft's documentation of GetICMProfileW and GetDeviceGammaRamp, for 64-bit Windows; not tried on one.
"""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from viewer.base.errors import DisplayError, system_reason
from viewer.base.translation import _
from viewer.display.monitor import MonitorIdentity

RAMP_LEVELS = 256
_ATTACHED = 0x1
_CURRENT_SETTINGS = -1
_PATH_CHARACTERS = 1024


class _DisplayDevice(ctypes.Structure):
    _fields_ = (
        ("size", ctypes.c_uint32),
        ("name", ctypes.c_wchar * 32),
        ("text", ctypes.c_wchar * 128),
        ("flags", ctypes.c_uint32),
        ("id", ctypes.c_wchar * 128),
        ("key", ctypes.c_wchar * 128),
    )


class _DevMode(ctypes.Structure):
    """DEVMODEW as far as a display uses it."""

    _fields_ = (
        ("device_name", ctypes.c_wchar * 32),
        ("versions", ctypes.c_uint16 * 2),
        ("size", ctypes.c_uint16),
        ("extra", ctypes.c_uint16),
        ("fields", ctypes.c_uint32),
        ("x", ctypes.c_int32),
        ("y", ctypes.c_int32),
        ("orientation", ctypes.c_uint32),
        ("fixed_output", ctypes.c_uint32),
        ("printer", ctypes.c_int16 * 5),
        ("form_name", ctypes.c_wchar * 32),
        ("log_pixels", ctypes.c_uint16),
        ("bits", ctypes.c_uint32),
        ("width", ctypes.c_uint32),
        ("height", ctypes.c_uint32),
        ("rest", ctypes.c_uint32 * 10),
    )


@dataclass(frozen=True, slots=True)
class AttachedDisplay:
    """A display of the desktop, as GDI names it, with its place there."""

    name: str
    position: tuple[int, int]
    size_px: tuple[int, int]


def windows_profile(monitor: MonitorIdentity, index: int) -> bytes:
    """Return the profile Windows has for a monitor; empty when it has none.

    Raises:
        DisplayError: If the file it names cannot be read.
    """
    name = display_name(_attached(), monitor, index)
    path = _profile_path(name) if name else ""
    if not path:
        return b""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise DisplayError(
            _("The system's colour profile cannot be read: {0}").format(system_reason(error)), subject=Path(path).name
        ) from error


def gamma_ramps() -> tuple[tuple[str, tuple[int, ...], tuple[int, ...], tuple[int, ...]], ...]:
    """Return name and red, green and blue table (0 to 65535) of every display that has some."""
    found = []
    for display in _attached():
        with _context(display.name) as context:
            ramp = (ctypes.c_uint16 * (3 * RAMP_LEVELS))()
            if context and _gdi().GetDeviceGammaRamp(ctypes.c_void_p(context), ctypes.byref(ramp)):
                channels = [tuple(ramp[start : start + RAMP_LEVELS]) for start in range(0, len(ramp), RAMP_LEVELS)]
                found.append((display.name, channels[0], channels[1], channels[2]))
    return tuple(found)


def display_name(displays: tuple[AttachedDisplay, ...], monitor: MonitorIdentity, index: int) -> str:
    """Return which display a monitor is: the one at its place, else the one of its number; empty when none."""
    for display in displays:
        if (display.position, display.size_px) == (monitor.position, monitor.size_px):
            return display.name
    return displays[index].name if 0 <= index < len(displays) else ""


def _gdi() -> ctypes.CDLL:
    return ctypes.CDLL("gdi32")


def _attached() -> tuple[AttachedDisplay, ...]:
    user = ctypes.CDLL("user32")
    found: list[AttachedDisplay] = []
    number = 0
    while True:
        device = _DisplayDevice(size=ctypes.sizeof(_DisplayDevice))
        if not user.EnumDisplayDevicesW(None, number, ctypes.byref(device), 0):
            return tuple(found)
        number += 1
        mode = _DevMode(size=ctypes.sizeof(_DevMode))
        if device.flags & _ATTACHED and user.EnumDisplaySettingsW(device.name, _CURRENT_SETTINGS, ctypes.byref(mode)):
            found.append(AttachedDisplay(device.name, (mode.x, mode.y), (mode.width, mode.height)))


@contextmanager
def _context(name: str) -> Iterator[int]:
    """Yield a device context of a display; 0 when there is none."""
    create = _gdi().CreateDCW
    create.restype = ctypes.c_void_p
    context = create(None, ctypes.c_wchar_p(name), None, None) or 0
    try:
        yield context
    finally:
        if context:
            _gdi().DeleteDC(ctypes.c_void_p(context))


def _profile_path(name: str) -> str:
    with _context(name) as context:
        length = ctypes.c_uint32(_PATH_CHARACTERS)
        path = ctypes.create_unicode_buffer(_PATH_CHARACTERS)
        is_there = context and _gdi().GetICMProfileW(ctypes.c_void_p(context), ctypes.byref(length), path)
        return path.value if is_there else ""
