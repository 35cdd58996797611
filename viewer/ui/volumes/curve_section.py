"""The centre line of the group, and how the plane along it is laid flat."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSlider

from viewer.base.translation import _
from viewer.ui.volumes.volume_section import ShownView, VolumeSection
from viewer.workspace.commands.curve import CURVED_TITLES
from viewer.workspace.commands.table import BY_ID
from viewer.workspace.curve_path import change_curve, flat_cell, length_mm
from viewer.workspace.tools.tool import Tool
from viewer.workspace.volume_view import CurvedKind, VolumeKind
from viewer.workspace.workspace import Workspace

_PER_MM = 10
"""Steps of the slider along the line in a millimetre."""


class CurveSection(VolumeSection):
    """Beside planes it says how a line is picked; beside the plane along it, how that lies."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(_("Centre line"), workspace)
        self._length = self.value(_("Length"))
        self._kind = self.choice([(kind, _(title)) for kind, title in CURVED_TITLES.items()], self._kind_chosen)
        self._kind_name = self.line(_("Laid flat"), self._kind)
        self._angle = self._slider(359, self._angle_moved)
        self._angle_name = self.line(_("Turned"), self._angle)
        self._place = self._slider(1, self._place_moved)
        self._place_name = self.line(_("Along it"), self._place)
        self._words = self.note()
        self._pick, self._show, self._remove, self._clear = self.buttons(
            [
                (_("Pick points"), lambda: BY_ID["tool.curve"].run(workspace)),
                (_("Show it flat"), lambda: BY_ID["volume.curved"].run(workspace)),
                (_("Last point away"), lambda: BY_ID["curve.remove_point"].run(workspace)),
                (_("All away"), lambda: BY_ID["curve.clear"].run(workspace)),
            ]
        )
        self._pick.setCheckable(True)

    def concerns(self, shown: ShownView) -> bool:
        """Return whether there are planes to pick on, or the plane along the line."""
        return shown.kind in {VolumeKind.PLANE, VolumeKind.CURVED}

    def fill(self, shown: ShownView) -> None:
        """Show line and plane."""
        view = shown.view
        if view is None:
            return
        path, length = view.path, length_mm(view.path.points_mm)
        is_flat = view.kind is VolumeKind.CURVED
        flat = flat_cell(self.workspace, shown.cell)
        has_flat = flat is not None
        laid = self.workspace.viewport(flat).volume if flat is not None else None
        laid_path = laid.path if laid is not None else path
        is_section = laid_path.kind is CurvedKind.CROSS_SECTION
        self._length.setText(
            _("{0:.1f} mm, {1} points").format(length, len(path.points_mm)) if length else _("none yet")
        )
        self._kind.setCurrentIndex(self._kind.findData(laid_path.kind))
        for widgets, is_seen in (
            ((self._kind, self._kind_name), has_flat),
            ((self._angle, self._angle_name), has_flat and not is_section),
            ((self._place, self._place_name), has_flat and is_section),
        ):
            for widget in widgets:
                widget.setVisible(is_seen)
        self._put(self._angle, round(laid_path.angle_deg), 359)
        self._put(self._place, round(laid_path.position_mm * _PER_MM), max(1, round(length * _PER_MM)))
        self._words.setText("" if length else _("Press on the planes along the vessel, then show it flat."))
        self._words.setVisible(not length)
        self._pick.setChecked(self.workspace.tool is Tool.CURVE)
        self._pick.setEnabled(not is_flat)
        self._show.setEnabled(not is_flat and bool(length))
        self._remove.setEnabled(bool(path.points_mm))
        self._clear.setEnabled(bool(path.points_mm))

    def _slider(self, highest: int, moved: object) -> QSlider:
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setRange(0, highest)
        slider.valueChanged.connect(moved)
        self.guard(slider)
        return slider

    @staticmethod
    def _put(slider: QSlider, value: int, highest: int) -> None:
        slider.blockSignals(True)
        slider.setRange(0, highest)
        slider.setValue(value)
        slider.blockSignals(False)

    def _kind_chosen(self, value: object) -> None:
        if isinstance(value, CurvedKind):
            change_curve(self.workspace, kind=value)

    def _angle_moved(self, angle_deg: int) -> None:
        change_curve(self.workspace, angle_deg=float(angle_deg))

    def _place_moved(self, place: int) -> None:
        change_curve(self.workspace, position_mm=place / _PER_MM)
