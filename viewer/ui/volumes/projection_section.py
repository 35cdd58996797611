"""From where a projection of the whole volume is seen, and playing and saving its turning."""

from collections.abc import Callable

from viewer.base.translation import _
from viewer.ui.volumes.volume_section import ShownView, VolumeSection
from viewer.workspace.commands.table import BY_ID
from viewer.workspace.volume_group import look_from
from viewer.workspace.volume_view import VolumeKind
from viewer.workspace.workspace import Workspace


class ProjectionSection(VolumeSection):
    """For projections of the whole volume."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(_("Seen from"), workspace)
        self._azimuth = self.value(_("Azimuth"))
        self._elevation = self.value(_("Elevation"))
        sides = (
            (_("Front"), 0.0, 0.0),
            (_("Behind"), 180.0, 0.0),
            (_("Left"), 90.0, 0.0),
            (_("Right"), 270.0, 0.0),
            (_("Head"), 0.0, 90.0),
            (_("Feet"), 0.0, -90.0),
        )
        self.buttons([(title, self._looking(azimuth, elevation)) for title, azimuth, elevation in sides])
        self._play, _save = self.buttons(
            [
                (_("Turn round"), lambda: BY_ID["cine.play"].run(workspace)),
                (_("Save the turn…"), lambda: BY_ID["volume.save_turn"].run(workspace)),
            ]
        )
        words = self.note()
        words.setText(_("The wheel turns it, and the rotate tool to any side."))

    def concerns(self, shown: ShownView) -> bool:
        """Return whether a projection is looked at."""
        return shown.kind is VolumeKind.PROJECTION

    def fill(self, shown: ShownView) -> None:
        """Show the camera."""
        if shown.view is None:
            return
        camera = shown.view.rendering
        self._azimuth.setText(f"{camera.azimuth_deg:.0f}°")
        self._elevation.setText(f"{camera.elevation_deg:.0f}°")
        self._play.setText(_("Stop") if shown.state.cine.is_playing else _("Turn round"))

    def _looking(self, azimuth_deg: float, elevation_deg: float) -> Callable[[], None]:
        return lambda: look_from(self.workspace, azimuth_deg, elevation_deg)
