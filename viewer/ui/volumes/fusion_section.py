"""What is laid over the images: which volume, its colours, opacity, window and unit, and why another cannot be."""

import itertools
from dataclasses import replace

import numpy as np
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon, QImage, QPixmap
from PySide6.QtWidgets import QCheckBox, QDoubleSpinBox, QSlider

from viewer.base.translation import N_, _
from viewer.imaging.fusion_palettes import FUSION_PALETTE_IDS, fusion_palette, fusion_palette_title
from viewer.imaging.voi_lut import exact_window_between
from viewer.measurement.body_measures import SUV_TYPES
from viewer.measurement.suv_result import SuvScale
from viewer.ui.number_fields import decimal_field
from viewer.ui.volumes.volume_section import ShownView, VolumeSection
from viewer.workspace.fused_overlay import AUTOMATIC_SUV
from viewer.workspace.fusion import Candidate, candidates, change_fusion, fuse, unfuse, view_refusal
from viewer.workspace.suv_book import is_pet
from viewer.workspace.volume_view import FusionState
from viewer.workspace.workspace import Workspace

PERCENT = 100
_SWATCH = QSize(56, 12)
_FIRST_DRAG = 1 << 40
_drag_numbers = itertools.count(_FIRST_DRAG)
_RANGE = 1e9


class FusionSection(VolumeSection):
    """For every viewport with images: also for single ones that have a place in the patient."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(_("Fusion"), workspace)
        self._listed: tuple[tuple[str, str], ...] = ()
        self._drag = 0
        self._overlay = self.choice([("", _("nothing"))], self._overlay_chosen)
        self.line(_("Laid over it"), self._overlay)
        self._palette = self.choice([], self._palette_chosen)
        self._palette.setIconSize(_SWATCH)
        for palette_id in FUSION_PALETTE_IDS:
            self._palette.addItem(_swatch(palette_id), fusion_palette_title(palette_id), palette_id)
        self._opacity = QSlider(Qt.Orientation.Horizontal)
        self._opacity.setRange(0, PERCENT)
        self._opacity.setPageStep(10)
        self._opacity.setToolTip(_("Opacity of the overlay: Alt+] and Alt+["))
        self.guard(self._opacity)
        self._opacity.sliderPressed.connect(self._grabbed)
        self._opacity.sliderReleased.connect(self._let_go)
        self._opacity.valueChanged.connect(self._opacity_moved)
        self._unit = self.choice([], self._unit_chosen)
        self._low, self._high = self._end(), self._end()
        self._is_clear = QCheckBox(_("clear"))
        self._is_clear.setToolTip(_("The image is untouched below the window, and the overlay fades in above it"))
        self._is_clear.toggled.connect(self._clear_toggled)
        rows = (
            (_("Colours"), self._palette),
            (_("Opacity"), self._opacity),
            (_("Values"), self._unit),
            (_("From"), self._low),
            (_("To"), self._high),
            (_("Low values"), self._is_clear),
        )
        self._look = [widget for name, field in rows for widget in (self.line(name, field), field)]
        self._phase = self.choice([], self._phase_chosen)
        self._phase_line = (self.line(_("Phase"), self._phase), self._phase)
        (self._window,) = self.buttons([(_("Usual window"), self._window_reset)])
        self._note = self.note()

    def concerns(self, shown: ShownView) -> bool:
        """Return whether there are images."""
        return shown.display_set is not None and shown.display_set.is_image

    def fill(self, shown: ShownView) -> None:
        """Show what is laid over the viewport, and what could be."""
        found = candidates(self.workspace, shown.cell)
        fusion = shown.state.fusion
        self._list(found, fusion)
        for widget in (*self._look, *self._phase_line, self._window):
            widget.setVisible(fusion is not None)
        self._note.setText(self._words(shown, found))
        self._note.setVisible(bool(self._note.text()))
        if fusion is None:
            return
        self._palette.setCurrentIndex(self._palette.findData(fusion.palette))
        if not self._drag:
            self._opacity.blockSignals(True)
            self._opacity.setValue(round(fusion.opacity * PERCENT))
            self._opacity.blockSignals(False)
        self._is_clear.blockSignals(True)
        self._is_clear.setChecked(fusion.is_clear_below)
        self._is_clear.blockSignals(False)
        self._fill_phases(fusion)
        self._fill_units(fusion)
        self._fill_window(shown)

    def _end(self) -> QDoubleSpinBox:
        field = decimal_field()
        field.setRange(-_RANGE, _RANGE)
        field.setDecimals(2)
        field.setKeyboardTracking(False)
        field.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
        field.valueChanged.connect(lambda _value: self._window_changed())
        self.guard(field)
        return field

    def _list(self, found: tuple[Candidate, ...], fusion: FusionState | None) -> None:
        listed = tuple((each.display_set.key, each.title + each.refusal) for each in found)
        if listed != self._listed:
            self._listed = listed
            while self._overlay.count() > 1:
                self._overlay.removeItem(1)
            for each in found:
                self._overlay.addItem(each.title, each.display_set.key)
                if each.refusal:
                    row = self._overlay.count() - 1
                    self._overlay.setItemData(row, 0, Qt.ItemDataRole.UserRole - 1)  # shown, but not to be chosen
                    self._overlay.setItemData(row, each.refusal, Qt.ItemDataRole.ToolTipRole)
        row = self._overlay.findData(fusion.display_set_key) if fusion is not None else 0
        self._overlay.setCurrentIndex(max(row, 0))

    def _words(self, shown: ShownView, found: tuple[Candidate, ...]) -> str:
        """Return why what cannot be laid over the images cannot, and what must be said of what is."""
        view = view_refusal(shown.state)
        if view:
            return view
        fusion, lines = shown.state.fusion, []
        if fusion is None:
            if not found:
                return _("There is no other volume of this patient")
            refused = [each for each in found if each.refusal]
            lines += [f"{each.title}: {each.refusal}" for each in refused[:3]]
            if len(refused) > 3:
                lines.append(_("and {0} more").format(len(refused) - 3))
        else:
            chosen = next((each for each in found if each.display_set.key == fusion.display_set_key), None)
            if chosen is not None:
                lines += [text for text in (chosen.refusal, chosen.note) if text]
            lines += self._suv_words(fusion)
        return "\n".join(lines)

    def _suv_words(self, fusion: FusionState) -> list[str]:
        display_set = self.workspace.catalogue.find(fusion.display_set_key)
        book = self.workspace.shared.suv
        if display_set is None or book is None or not is_pet(display_set) or not fusion.suv_type:
            return []
        found = book.of(display_set)
        if found is None:
            return [_("SUV is being worked out")]
        if not isinstance(found, SuvScale):
            return [_("No SUV: {0}").format(found.text)]
        unavailable = found.unavailable.get(fusion.suv_type)
        return [*([_("No SUV: {0}").format(unavailable)] if unavailable else []), *found.warnings]

    def _fill_phases(self, fusion: FusionState) -> None:
        volumes = self.workspace.shared.volumes
        volume = volumes.volume(fusion.display_set_key) if volumes is not None else None
        names = volume.phase_names if volume is not None else ()
        for widget in self._phase_line:
            widget.setVisible(len(names) > 1)
        if self._phase.count() != len(names):
            self._phase.clear()
            for place, name in enumerate(names):
                self._phase.addItem(name or f"{place + 1}", place)
        self._phase.setCurrentIndex(min(fusion.phase, len(names) - 1))

    def _fill_units(self, fusion: FusionState) -> None:
        display_set = self.workspace.catalogue.find(fusion.display_set_key)
        offered = [("", _("own unit"))]
        if display_set is not None and is_pet(display_set):
            offered = [(AUTOMATIC_SUV, _("SUV where it is known")), *((each.id, each.title) for each in SUV_TYPES)]
            offered.append(("", _("own unit")))
        if [self._unit.itemData(row) for row in range(self._unit.count())] != [value for value, _text in offered]:
            self._unit.clear()
            for value, text in offered:
                self._unit.addItem(text, value)
        self._unit.setCurrentIndex(max(self._unit.findData(fusion.suv_type), 0))
        self._unit.setEnabled(len(offered) > 1)

    def _fill_window(self, shown: ShownView) -> None:
        displayed = self.workspace.displayed(shown.cell)
        overlay = displayed.rendered.request.overlay if displayed is not None else None
        for field, value in (
            (self._low, overlay.low if overlay else 0.0),
            (self._high, overlay.high if overlay else 0),
        ):
            field.setEnabled(overlay is not None)
            if field.hasFocus() and field.value() == value:
                continue
            field.blockSignals(True)
            field.setSuffix(f" {overlay.unit}" if overlay is not None and overlay.unit else "")
            field.setValue(value)
            field.blockSignals(False)

    # What the hand does

    def _overlay_chosen(self, value: object) -> None:
        if value:
            fuse(self.workspace, str(value))
        else:
            unfuse(self.workspace)

    def _palette_chosen(self, value: object) -> None:
        change_fusion(self.workspace, N_("Colours of the overlay"), lambda fusion: replace(fusion, palette=str(value)))

    def _grabbed(self) -> None:
        self._drag = next(_drag_numbers)

    def _let_go(self) -> None:
        self._drag = 0

    def _opacity_moved(self, percent: int) -> None:
        opacity = percent / PERCENT
        change_fusion(
            self.workspace,
            N_("Opacity of the overlay"),
            lambda fusion: replace(fusion, opacity=opacity),
            drag=self._drag,
        )

    def _unit_chosen(self, value: object) -> None:
        change_fusion(
            self.workspace,
            N_("Unit of the overlay"),
            lambda fusion: replace(fusion, suv_type=str(value), window=None),
        )

    def _phase_chosen(self, value: object) -> None:
        if isinstance(value, int):
            change_fusion(self.workspace, N_("Phase of the overlay"), lambda fusion: replace(fusion, phase=value))

    def _clear_toggled(self, is_clear: bool) -> None:
        change_fusion(
            self.workspace, N_("Clear below the window"), lambda fusion: replace(fusion, is_clear_below=is_clear)
        )

    def _window_changed(self) -> None:
        low, high = self._low.value(), self._high.value()
        if low < high:
            window = exact_window_between(low, high)
            change_fusion(self.workspace, N_("Window of the overlay"), lambda fusion: replace(fusion, window=window))

    def _window_reset(self) -> None:
        change_fusion(self.workspace, N_("Window of the overlay"), lambda fusion: replace(fusion, window=None))


def _swatch(palette_id: str) -> QIcon:
    table = np.ascontiguousarray(fusion_palette(palette_id)[None, :, :])
    image = QImage(table.data, table.shape[1], 1, table.shape[1] * 3, QImage.Format.Format_RGB888)
    return QIcon(QPixmap.fromImage(image.copy()).scaled(_SWATCH))
