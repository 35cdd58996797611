"""One section of the page "Volume": what it is told of the active viewport, and how it is filled."""

from dataclasses import dataclass

from viewer.ui.panels.panel_lines import PanelLines
from viewer.volume.series_volume import SeriesVolume
from viewer.workspace.display_set import DisplaySet
from viewer.workspace.viewport_state import ViewportState
from viewer.workspace.volume_view import VolumeKind, VolumeView
from viewer.workspace.workspace import Workspace


@dataclass(frozen=True, slots=True, eq=False)
class ShownView:
    """What the active viewport shows.

    Attributes:
        display_set: None for an empty viewport.
        volume: The newest generation of its volume; None while there is none.
        refusal: Why it cannot be looked at as a volume, translated; empty where it may.
    """

    cell: int
    state: ViewportState
    display_set: DisplaySet | None
    volume: SeriesVolume | None
    refusal: str

    @property
    def view(self) -> VolumeView | None:
        """How the viewport looks at the volume; None for images."""
        return self.state.volume

    @property
    def kind(self) -> VolumeKind | None:
        """What the view is; None for images."""
        return self.state.volume.kind if self.state.volume is not None else None


class VolumeSection(PanelLines):
    """A section; the page hides it where it has nothing to do with what is shown, and else has it filled.

    Args:
        title: The heading; empty for none.
        workspace: Of the window; changes are made by what commands use, so that they can be undone.
    """

    def __init__(self, title: str, workspace: Workspace) -> None:
        super().__init__(title)
        self.workspace = workspace

    def concerns(self, shown: ShownView) -> bool:
        """Return whether the section is seen: by default where a volume is looked at."""
        return shown.view is not None

    def fill(self, shown: ShownView) -> None:
        """Put what is shown into the section's own widgets; called on the GUI thread whenever it changed."""
        raise NotImplementedError
