"""The ICC profile that the system has for a monitor, and whether it can be used (ICC.1, ICC Profiles in X).

Tried on Linux only: an X server's root window, and colord. Windows and macOS are asked as their documentation says.
"""

import io
import struct
import sys
from collections.abc import Iterator

from viewer.base.errors import DisplayError
from viewer.base.translation import _
from viewer.display.monitor import MonitorIdentity
from viewer.display.system_answers import is_desktop, is_wayland

_ATOM = "_ICC_PROFILE"
_HEADER_OCTETS, _ENTRY_OCTETS = 128, 12
_MOST_TAGS = 1000
_TABLE, _FORMULA = 0, 1
_IDENTITY_SHARE = 1 / 256
"""A card's table that stays within a level of 256 does nothing that could be seen."""


def system_profile(identity: MonitorIdentity, index: int) -> bytes:
    """Return the profile the system has for a monitor; empty when it has none.

    Where the compositor converts our colours itself (KDE under Wayland) there is none for us, or it would be applied
    twice.

    Args:
        identity: Of the monitor.
        index: Its number among the screens, 0 for the first, for systems that only count them.

    Raises:
        DisplayError: If it has one that is broken, or not one of an RGB display; the message says which.
    """
    profile = _stated(identity, index)
    if profile:
        check_profile(profile, identity.title)
    return profile


def check_profile(profile: bytes, subject: str = "") -> None:
    """Refuse what is no profile of an RGB display, by reading it with LittleCMS.

    Args:
        profile: What may be one.
        subject: What it is of, for the message.

    Raises:
        DisplayError: With the reason.
    """
    from PIL import ImageCms

    if len(profile) < _HEADER_OCTETS or struct.unpack(">I", profile[:4])[0] > len(profile):
        raise DisplayError(_("The colour profile is cut off"), subject=subject)
    try:
        opened = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        space, kind = opened.profile.xcolor_space.strip(), opened.profile.device_class.strip()
    except (ImageCms.PyCMSError, OSError, ValueError) as error:
        raise DisplayError(_("The colour profile cannot be read"), subject=subject) from error
    if space != "RGB":
        raise DisplayError(_("The colour profile is for {0}, not for RGB").format(space), subject=subject)
    if kind != "mntr":
        raise DisplayError(_("The colour profile is not one of a display ({0})").format(kind), subject=subject)
    try:
        srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
        ImageCms.buildTransform(srgb, opened, "RGB", "RGB", ImageCms.Intent.PERCEPTUAL)
    except (ImageCms.PyCMSError, OSError, ValueError) as error:
        raise DisplayError(_("The colour profile does not say how to convert colours"), subject=subject) from error


def changes_card_table(profile: bytes) -> bool:
    """Return whether a profile holds a table for the graphics card (tag vcgt) that changes greys or colours.

    Whoever loads it bends the monitor's response after our pixels. What cannot be understood counts as a change.
    """
    tag = _tag(profile, b"vcgt")
    if tag is None:
        return False
    try:
        form = struct.unpack(">I", tag[8:12])[0]
        if form == _FORMULA:
            return any(abs(value - wanted) > _IDENTITY_SHARE for value, wanted in _formula(tag))
        return form != _TABLE or any(abs(value - wanted) > _IDENTITY_SHARE for value, wanted in _table(tag))
    except (struct.error, ZeroDivisionError):
        return True


def _stated(identity: MonitorIdentity, index: int) -> bytes:
    if sys.platform == "win32":
        from viewer.display.system_windows import windows_profile

        return windows_profile(identity, index)
    if sys.platform == "darwin":
        from viewer.display.system_macos import macos_profile

        return macos_profile(identity, index)
    if is_wayland():
        return b"" if is_desktop("KDE") else _from_colord(identity)
    from viewer.display.system_x11 import root_property

    return root_property(_ATOM if index == 0 else f"{_ATOM}_{index}") or _from_colord(identity)


def _from_colord(identity: MonitorIdentity) -> bytes:
    from viewer.display.system_colord import colord_profile

    return colord_profile(identity)


def _tag(profile: bytes, signature: bytes) -> bytes | None:
    """Return the content of a tag; None when there is none."""
    if len(profile) < _HEADER_OCTETS + 4:
        return None
    count = struct.unpack_from(">I", profile, _HEADER_OCTETS)[0]
    for number in range(min(count, _MOST_TAGS)):
        start = _HEADER_OCTETS + 4 + number * _ENTRY_OCTETS
        entry = profile[start : start + _ENTRY_OCTETS]
        if entry[:4] == signature and len(entry) == _ENTRY_OCTETS:
            offset, size = struct.unpack(">II", entry[4:])
            return profile[offset : offset + size]
    return None


def _formula(tag: bytes) -> Iterator[tuple[float, float]]:
    """Yield gamma, minimum and maximum of each channel beside what changes nothing."""
    for value, wanted in zip(struct.unpack(">9i", tag[12:48]), (1.0, 0.0, 1.0) * 3, strict=True):
        yield value / 65536.0, wanted


def _table(tag: bytes) -> Iterator[tuple[float, float]]:
    """Yield each entry of the table, 0 to 1, beside what changes nothing."""
    channels, entries, octets = struct.unpack(">HHH", tag[12:18])
    code = {1: "B", 2: "H"}.get(octets)
    if code is None:
        raise struct.error("entries of one or two octets")
    values = struct.unpack_from(f">{channels * entries}{code}", tag, 18)
    for position, value in enumerate(values):
        yield value / (256.0**octets - 1), (position % entries) / (entries - 1)
