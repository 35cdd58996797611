"""The colour profile macOS has for a monitor (Core Graphics, through ctypes).

Written after Apple's documentation of CGDisplayCopyColorSpace and CGColorSpaceCopyICCData; not tried on a Mac.
"""

import ctypes
from typing import Any

from viewer.display.monitor import MonitorIdentity

_CORE_GRAPHICS = "/System/Library/Frameworks/CoreGraphics.framework/CoreGraphics"
_CORE_FOUNDATION = "/System/Library/Frameworks/CoreFoundation.framework/CoreFoundation"
_MOST_DISPLAYS = 32


class _Rectangle(ctypes.Structure):
    _fields_ = tuple((name, ctypes.c_double) for name in ("x", "y", "width", "height"))


def macos_profile(monitor: MonitorIdentity, index: int) -> bytes:
    """Return the profile macOS has for a monitor; empty when it has none or cannot be asked."""
    try:
        graphics, foundation = ctypes.CDLL(_CORE_GRAPHICS), ctypes.CDLL(_CORE_FOUNDATION)
    except OSError:
        return b""
    _declare(graphics, foundation)
    display = _display(graphics, monitor, index)
    space = graphics.CGDisplayCopyColorSpace(display) if display is not None else None
    if not space:
        return b""
    data = graphics.CGColorSpaceCopyICCData(space)
    graphics.CGColorSpaceRelease(space)
    if not data:
        return b""
    profile = ctypes.string_at(foundation.CFDataGetBytePtr(data), foundation.CFDataGetLength(data))
    foundation.CFRelease(data)
    return profile


def _declare(graphics: Any, foundation: Any) -> None:  # noqa: ANN401 - ctypes makes functions when they are asked for
    pointer, display, whole = ctypes.c_void_p, ctypes.c_uint32, ctypes.c_uint32
    for library, name, result, arguments in (
        (graphics, "CGDisplayBounds", _Rectangle, (display,)),
        (graphics, "CGDisplayCopyColorSpace", pointer, (display,)),
        (graphics, "CGColorSpaceCopyICCData", pointer, (pointer,)),
        (graphics, "CGColorSpaceRelease", None, (pointer,)),
        (graphics, "CGGetActiveDisplayList", ctypes.c_int32, (whole, pointer, pointer)),
        (foundation, "CFDataGetBytePtr", pointer, (pointer,)),
        (foundation, "CFDataGetLength", ctypes.c_long, (pointer,)),
        (foundation, "CFRelease", None, (pointer,)),
    ):
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments


def _display(graphics: Any, monitor: MonitorIdentity, index: int) -> int | None:  # noqa: ANN401 - see _declare
    """Return which display a monitor is: the one at its place, else the one of its number."""
    found, count = (ctypes.c_uint32 * _MOST_DISPLAYS)(), ctypes.c_uint32()
    if graphics.CGGetActiveDisplayList(_MOST_DISPLAYS, ctypes.byref(found), ctypes.byref(count)):
        return None
    displays = list(found[: count.value])
    for display in displays:
        bounds = graphics.CGDisplayBounds(display)
        if (round(bounds.x), round(bounds.y)) == monitor.position:
            return int(display)
    return int(displays[index]) if 0 <= index < len(displays) else None
