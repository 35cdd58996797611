"""The form of a test pattern: what it is called, what it is good for, and who draws it."""

from collections.abc import Callable
from dataclasses import dataclass

from viewer.base.translation import _
from viewer.display.patterns.canvas import Canvas

SMALLEST_SIDE = 480
"""Pixels: below this the parts of a full pattern run into each other."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """One test picture, drawn in P-values.

    Attributes:
        name: As the report or standard that defines it has it; the command line takes it.
        title: English, marked with N_().
        purpose: One or two sentences, English, marked with N_(): what it shows and, where its definition is not
            public in full, what is ours. Show it through purpose_text.
        draw: Draws it on a viewer.display.patterns.canvas.Canvas.
        needs_true_greys: Whether it is shown with 256 true greys: lines and flat fields are looked at pixel by pixel,
            and stolen or dithered greys would be seen as faults.
        smallest_side: Pixels of the shorter side below which it cannot be drawn.
    """

    name: str
    title: str
    purpose: str
    draw: Callable[[Canvas], None]
    needs_true_greys: bool = False
    smallest_side: int = SMALLEST_SIDE

    @property
    def text(self) -> str:
        """The title in the reader's language."""
        return _(self.title)

    @property
    def purpose_text(self) -> str:
        """The purpose in the reader's language."""
        return _(self.purpose)
