"""Colour management: an image's RGB to the RGB of the display it is shown on (PS3.3 C.11.15).

Without a profile an image is taken for sRGB, and so is the display until its own profile is given. Grey is never sent
through here.
"""

import functools

import numpy as np
from numpy.typing import NDArray

from viewer.base.errors import DicomError
from viewer.base.translation import _
from viewer.imaging.color_transform import color_transform
from viewer.imaging.display_calibration import DisplayColor, RenderingIntent

SRGB_DISPLAY = DisplayColor()


def to_display(rgb: NDArray[np.uint8], profile: bytes, display: DisplayColor = SRGB_DISPLAY) -> NDArray[np.uint8]:
    """Return RGB as the display must be driven to show an image's colours; the very same where nothing changes.

    Args:
        rgb: (rows, columns, 3) in the image's colour space.
        profile: ICC Profile (0028,2000) of the image; empty for sRGB.
        display: The display's; one that cannot be used is taken for sRGB, and display_problem says so.

    Raises:
        DicomError: If the image's profile cannot be used.
    """
    target = display.profile if is_usable_display(display.profile) else b""
    if changes_nothing(profile, target, display.intent):
        return rgb
    return color_transform(profile, target, display.intent).apply(rgb)


def is_usable(profile: bytes) -> bool:
    """Return whether an image's profile can be read and is for RGB."""
    return _has_way(profile, b"")


def is_usable_display(profile: bytes) -> bool:
    """Return whether colours can be brought to a display's profile; also for none, which is sRGB."""
    return not profile or _has_way(b"", profile)


@functools.lru_cache(maxsize=64)
def _has_way(source: bytes, target: bytes) -> bool:
    try:
        color_transform(source, target, RenderingIntent.PERCEPTUAL)
    except DicomError:
        return False
    return True


@functools.lru_cache(maxsize=32)
def changes_nothing(source: bytes, target: bytes, intent: RenderingIntent) -> bool:
    """Return whether colours of one profile are those of another but for rounding: the same, or the same in effect.

    Args:
        source: Of the image; empty for sRGB.
        target: Of the display; empty for sRGB.
        intent: For colours that the display lacks.

    Raises:
        DicomError: If there is no way from one to the other.
    """
    if source == target:
        return True
    ramp = np.arange(256, dtype=np.uint8)
    probe = np.zeros((8, 256, 3), np.uint8)
    for mask in range(8):
        for channel in range(3):
            probe[mask, :, channel] = ramp if mask >> channel & 1 else 255 - ramp
    changed = color_transform(source, target, intent).apply(probe)
    return bool(np.abs(changed.astype(np.int16) - probe).max() <= 1)


def color_note(profile: bytes | None, display: DisplayColor) -> str:
    """Return in few words how colours came to the display, translated.

    Args:
        profile: The image's, empty where it has none; None for a pseudo-colour table, which is sRGB by definition.
        display: Of the display.
    """
    parts = []
    if profile is not None:
        parts.append(_("image profile") if profile else _("image taken for sRGB"))
    has_display = bool(display.profile) and is_usable_display(display.profile)
    parts.append(_("monitor profile") if has_display else _("monitor taken for sRGB"))
    return " · ".join(parts)


def display_problem(display: DisplayColor) -> str:
    """Return what the reader must be told of a display's profile, translated; empty where all is well."""
    return "" if is_usable_display(display.profile) else _("the monitor's colour profile cannot be used")
