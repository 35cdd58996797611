"""The form of a test pattern: what it is called, what it is good for, and who draws it."""

from collections.abc import Callable
from dataclasses import dataclass

from viewer.base.translation import _
from viewer.display.patterns.canvas import UNITS

SMALLEST_SIDE = 480
"""Pixels: below this the parts of a full pattern run into each other."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """One test picture.

    Attributes:
        name: As the report or standard that defines it has it; the command line takes it.
        title: English, marked with N_().
        purpose: One or two sentences, English, marked with N_(): what it shows and, where its definition is not
            public in full, what is ours. Show it through purpose_text.
        draw: Draws it on a viewer.display.patterns.canvas.Canvas.
        is_gray_calibrated: Whether its values are P-values, to be shown through the calibration; otherwise they are
            driving levels.
        smallest_side: Pixels of the shorter side below which it cannot be drawn.
        native_size: The size its definition gives.
    """

    name: str
    title: str
    purpose: str
    draw: Callable[..., None]
    is_gray_calibrated: bool = True
    smallest_side: int = SMALLEST_SIDE
    native_size: tuple[int, int] = (UNITS, UNITS)

    @property
    def text(self) -> str:
        """The title in the reader's language."""
        return _(self.title)

    @property
    def purpose_text(self) -> str:
        """The purpose in the reader's language."""
        return _(self.purpose)
