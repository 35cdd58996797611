"""How viewports were laid out and what they showed, to come back to."""

from collections.abc import Mapping
from dataclasses import dataclass

from viewer.workspace.layout import Layout
from viewer.workspace.viewport_state import ViewportState


@dataclass(frozen=True, slots=True)
class Arrangement:
    """A layout with the states of its cells.

    Attributes:
        states: By cell; also of cells that are out of sight, as far as they are to come back.
        active: The cell that commands acted on.
    """

    layout: Layout
    states: Mapping[int, ViewportState]
    active: int
