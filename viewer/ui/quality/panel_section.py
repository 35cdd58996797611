"""A section of the quality panel: what it shows of a monitor, and where changes go."""

from viewer.ui.panels.panel_lines import PanelLines
from viewer.ui.quality.shown_monitor import Keep, ShownMonitor


class PanelSection(PanelLines):
    """One section; show_monitor fills it.

    Args:
        title: The heading; empty for none.
        keep: Puts a change into force.
    """

    def __init__(self, title: str, keep: Keep) -> None:
        super().__init__(title)
        self.keep = keep
        self.shown: ShownMonitor | None = None

    def show_monitor(self, shown: ShownMonitor) -> None:
        """Show a monitor."""
        self.shown = shown
        self.fill(shown)

    def fill(self, shown: ShownMonitor) -> None:
        """Put a monitor's values into the section's own widgets."""
        raise NotImplementedError
