"""Whether there is a screen to open a window on."""

import os
import sys


def has_screen() -> bool:
    """Return whether there is one, as far as it can be known before Qt looks."""
    if not sys.platform.startswith("linux"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))
