"""The slab of the planes and how it projects, and how values between voxels are made."""

from viewer.base.translation import _
from viewer.imaging.viewport_image import Interpolation
from viewer.ui.volumes.volume_section import ShownView, VolumeSection
from viewer.volume.reslice_plane import Projection
from viewer.workspace.commands.volume import PROJECTION_TITLES
from viewer.workspace.crosshair import LARGEST_SLAB_MM
from viewer.workspace.volume_group import set_interpolation, set_projection, set_slab
from viewer.workspace.volume_stepping import WHOLE
from viewer.workspace.volume_view import VolumeKind
from viewer.workspace.workspace import Workspace


class SlabSection(VolumeSection):
    """Thickness is the group's; a projection of the whole volume has none, but projects in its own way."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(_("Depth"), workspace)
        self._thickness = self.number_field(LARGEST_SLAB_MM, 1, self._thickness_changed)
        self._thickness.setSuffix(" mm")
        self._thickness.setSpecialValueText(_("none"))
        self._thickness.setToolTip(_("Thick slab: Ctrl+Up and Ctrl+Down, or the squares on the crosshair"))
        self._thickness_name = self.line(_("Thick slab"), self._thickness)
        self._projection = self.choice(
            [(each, _(title)) for each, title in PROJECTION_TITLES.items()], self._projection_chosen
        )
        self._projection_name = self.line(_("It shows"), self._projection)
        interpolations = {
            Interpolation.NEAREST: _("none (nearest voxel)"),
            Interpolation.LINEAR: _("linear"),
            Interpolation.CUBIC: _("cubic"),
        }
        self._interpolation = self.choice(list(interpolations.items()), self._interpolation_chosen)
        self.line(_("Interpolation"), self._interpolation)

    def concerns(self, shown: ShownView) -> bool:
        """Return whether there are planes or projections."""
        return shown.kind in {VolumeKind.PLANE, VolumeKind.PROJECTION, VolumeKind.CURVED}

    def fill(self, shown: ShownView) -> None:
        """Show the slab in force."""
        view = shown.view
        if view is None:
            return
        has_slab = view.kind not in WHOLE
        for widget in (self._thickness, self._thickness_name):
            widget.setVisible(has_slab)
        if not self._thickness.hasFocus() or self._thickness.value() != view.thickness_mm:
            self._thickness.blockSignals(True)
            self._thickness.setValue(view.thickness_mm)
            self._thickness.blockSignals(False)
        self._projection.setCurrentIndex(self._projection.findData(view.projection))
        self._projection.setEnabled(not has_slab or view.thickness_mm > 0)
        at = self._interpolation.findData(shown.state.interpolation)
        self._interpolation.setCurrentIndex(at if at >= 0 else self._interpolation.findData(Interpolation.CUBIC))

    def _thickness_changed(self, thickness_mm: float) -> None:
        set_slab(self.workspace, thickness_mm)

    def _projection_chosen(self, value: object) -> None:
        if isinstance(value, Projection):
            set_projection(self.workspace, value)

    def _interpolation_chosen(self, value: object) -> None:
        if isinstance(value, Interpolation):
            set_interpolation(self.workspace, value)
