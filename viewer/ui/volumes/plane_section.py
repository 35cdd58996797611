"""Where the planes of the active group cross and how they lie, and the ways back."""

from PySide6.QtWidgets import QCheckBox

from viewer.base.translation import _
from viewer.ui.pieces import plain_tooltip
from viewer.ui.volumes.volume_section import ShownView, VolumeSection
from viewer.workspace.commands.table import BY_ID
from viewer.workspace.volume_group import align, reset
from viewer.workspace.volume_planes import acquisition_turn, placed
from viewer.workspace.volume_readings import position_text, turn_text
from viewer.workspace.volume_view import VolumeKind
from viewer.workspace.workspace import Workspace


class PlaneSection(VolumeSection):
    """For planes, straight and curved."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(_("Planes"), workspace)
        self._center = self.value(_("Crossing (mm)"))
        self._turn = self.value(_("They lie"))
        self._place = self.value(_("Place"))
        self._crosshair = QCheckBox(_("Crosshair"))
        self._crosshair.setToolTip(
            plain_tooltip(
                _("Drag lines to move planes, round ends to turn them, squares for a slab"),
                _("Shift turns by steps of 5°, Ctrl turns one line alone"),
                _("Alt and arrows move the crosshair, with Shift they turn the planes"),
            )
        )
        self._crosshair.clicked.connect(lambda _checked: BY_ID["volume.crosshair"].run(workspace))
        self.add(self._crosshair)
        self.buttons(
            [
                (_("As acquired"), lambda: align(workspace, with_patient=False)),
                (_("As the patient"), lambda: align(workspace, with_patient=True)),
                (_("Reset"), lambda: reset(workspace)),
            ]
        )

    def concerns(self, shown: ShownView) -> bool:
        """Return whether a plane is looked at."""
        return shown.kind in {VolumeKind.PLANE, VolumeKind.CURVED}

    def fill(self, shown: ShownView) -> None:
        """Show the centre and the turn."""
        if shown.view is None:
            return
        self._crosshair.setChecked(shown.view.shows_crosshair)
        if shown.volume is None:
            for label in (self._center, self._turn, self._place):
                label.setText(_("when the volume is there"))
            return
        geometry = shown.volume.geometry
        view = placed(shown.view, geometry)
        index, count = self.workspace.place_at(shown.cell)
        self._center.setText(position_text(view.center_mm, shown.volume.state))
        self._turn.setText(turn_text(view.turn, acquisition_turn(geometry)))
        self._place.setText(_("{0} of {1}").format(index + 1, count))
