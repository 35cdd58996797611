"""How many greys a window's surface can hold: ten bits a channel, or eight.

Viewports are painted by Qt's raster engine into the window's backing store: a picture of ten bits painted into a store
of eight would lose two of them unsaid. On X11 the store has the depth of the screen's visual; with 30 its format is
A2RGB30 and words arrive unchanged (a test paints and grabs them), with 24 and 32 it has eight bits a channel. What the
stores of Windows, macOS and Wayland hold was not tried on screens of ten bits: there the answer is no.
"""

import sys

from PySide6.QtGui import QGuiApplication, QScreen
from PySide6.QtWidgets import QWidget

from viewer.ui.screens import screen_of

TEN_BIT_DEPTH = 30
"""Of a visual with ten bits a channel; 24 and 32 mean eight bits and, at most, transparency."""

_PLATFORMS_WITH_DEEP_STORES = frozenset({"xcb"})


def surface_has_ten_bits(of: QWidget | QScreen) -> bool:
    """Return whether what is painted in ten bits a channel reaches the screen in ten; False where it is not known."""
    if QGuiApplication.platformName() not in _PLATFORMS_WITH_DEEP_STORES or sys.byteorder != "little":
        return False
    screen = of if isinstance(of, QScreen) else screen_of(of)
    return screen is not None and screen.depth() == TEN_BIT_DEPTH
