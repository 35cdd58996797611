"""How a rendering looks: its preset, its transfer functions, light, perspective, cuts; and keeping it as a preset."""

import contextlib
import itertools
from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QObject, QThreadPool, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QCheckBox, QColorDialog, QInputDialog, QLineEdit

from viewer.base.errors import ViewerError
from viewer.base.translation import N_, _
from viewer.ui.volumes.clip_fields import ClipFields
from viewer.ui.volumes.function_editor import FunctionEditor
from viewer.ui.volumes.volume_section import ShownView, VolumeSection
from viewer.volume.function_editing import colored, moved_point
from viewer.volume.rendering_presets import RenderingPreset, presets_for
from viewer.volume.rendering_request import ClipBox
from viewer.volume.series_volume import SeriesVolume
from viewer.volume.transfer_functions import TransferFunctions, ValueScale
from viewer.volume.value_distribution import ValueDistribution, value_distribution
from viewer.workspace.commands.table import BY_ID
from viewer.workspace.rendering_view import (
    change_rendering,
    functions_of,
    held_box,
    modality_at,
    preset_of,
    rendering_at,
    set_functions,
    set_preset,
    whole_box,
)
from viewer.workspace.volume_view import RenderingView, VolumeKind
from viewer.workspace.workspace import Workspace

_FIRST_DRAG = 1 << 42
_drag_numbers = itertools.count(_FIRST_DRAG)
_WIDEST = 1e7


class _Distributions(QObject):
    """Works out how often values occur, beside the window; keeps the latest."""

    found = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._key: tuple[str, int, int] | None = None
        self._wanted: tuple[str, int, int] | None = None
        self._value: ValueDistribution | None = None

    def of(self, volume: SeriesVolume, phase: int) -> ValueDistribution | None:
        """Return that of a volume; an older one of it, or None, while it is being worked out."""
        key = (volume.key, volume.generation if volume.is_complete else 0, phase)
        if key not in {self._key, self._wanted}:
            self._wanted = key
            QThreadPool.globalInstance().start(lambda: self._work(volume, phase, key))
        is_same_volume = self._key is not None and self._key[0] == volume.key
        return self._value if is_same_volume else None

    def _work(self, volume: SeriesVolume, phase: int, key: tuple[str, int, int]) -> None:
        value = value_distribution(volume, phase)
        self._key, self._value = key, value
        with contextlib.suppress(RuntimeError):  # the page is gone
            self.found.emit()


class RenderingSection(VolumeSection):
    """For renderings."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(_("Rendering"), workspace)
        self._shown: ShownView | None = None
        self._listed: tuple[tuple[str, str], ...] = ()
        self._drag = 0
        self._distributions = _Distributions(self)
        self._distributions.found.connect(self._fill_again)
        self._presets = self.choice([], lambda preset_id: set_preset(workspace, str(preset_id)))
        self.line(_("Preset"), self._presets)
        self._editor = FunctionEditor()
        self._editor.edited.connect(self._edited)
        self._editor.point_chosen.connect(lambda _index: self._fill_point())
        self._editor.color_wanted.connect(self._choose_color)
        self.add(self._editor)
        self._make_point_fields()
        self._shading = self._switch(_("Light and shade"), "rendering.shading")
        self._perspective = self._switch(_("Perspective"), "rendering.perspective")
        self._box = self._switch(_("Clipping box"), "rendering.box")
        self._clip = ClipFields(self.guard)
        self._clip.box_typed.connect(self._box_typed)
        self.add(self._clip)
        self._make_buttons()
        self._note = self.note()
        self._disconnect = workspace.shared.renderings.changed.connect(lambda _none: self._fill_again())
        self.destroyed.connect(self._disconnect)

    def concerns(self, shown: ShownView) -> bool:
        """Return whether a rendering is looked at."""
        return shown.kind is VolumeKind.RENDERING

    def fill(self, shown: ShownView) -> None:
        """Show how it looks."""
        self._shown = shown
        look = shown.view.rendering if shown.view is not None else None
        if look is None:
            return
        self._list_presets(look)
        functions, distribution = self._placed()
        if functions is not None:
            self._editor.show_functions(functions, distribution)
            self._fill_point()
        shaded = functions is not None and functions.is_shaded
        for switch, is_on in (
            (self._shading, shaded),
            (self._perspective, look.is_perspective),
            (self._box, look.clip_box is not None),
        ):
            switch.blockSignals(True)
            switch.setChecked(is_on)
            switch.blockSignals(False)
        self._clip.setVisible(look.clip_box is not None and shown.volume is not None)
        if look.clip_box is not None and shown.volume is not None:
            geometry = shown.volume.geometry
            self._clip.show_box(held_box(look.clip_box, geometry) or whole_box(geometry), geometry)
        self._restore.setEnabled(bool(look.cuts or look.clip_box or look.clip_planes))
        self._last_cut.setEnabled(bool(look.cuts))
        self._remove.setEnabled(self._preset(look).is_own)
        self._note.setText(_words(look))
        self._note.setVisible(bool(self._note.text()))

    # Making

    def _make_point_fields(self) -> None:
        self._value = self.number_field(_WIDEST, 0, lambda _value: self._point_typed())
        self._value.setRange(-_WIDEST, _WIDEST)
        self.line(_("Value"), self._value)
        self._opacity = self.number_field(100.0, 0, lambda _value: self._point_typed())
        self._opacity.setSuffix(" %")
        self.line(_("Opacity"), self._opacity)

    def _switch(self, title: str, command_id: str) -> QCheckBox:
        box = QCheckBox(title)
        box.toggled.connect(lambda _is_on: BY_ID[command_id].run(self.workspace))
        self.add(box)
        return box

    def _make_buttons(self) -> None:
        run = self._running
        self._color, self._keep, self._remove = self.buttons(
            [
                (_("Colour…"), self._choose_color_of_point),
                (_("Keep preset…"), self._keep_preset),
                (_("Remove preset"), self._remove_preset),
            ]
        )
        self._scalpel, self._lasso, self._last_cut, self._restore = self.buttons(
            [
                (_("Cut away"), run("tool.cut")),
                (_("Keep only"), run("tool.keep")),
                (_("Take cut back"), run("rendering.undo_cut")),
                (_("Show all"), run("rendering.restore")),
            ]
        )

    def _running(self, command_id: str) -> Callable[[], None]:
        return lambda: BY_ID[command_id].run(self.workspace)

    # Filling

    def _fill_again(self) -> None:
        if self._shown is not None and self.isVisible():
            self.fill(self._shown)

    def _list_presets(self, look: RenderingView) -> None:
        presets = presets_for(modality_at(self.workspace), self.workspace.shared.renderings.presets)
        listed = tuple((preset.id, preset.title if preset.is_own else _(preset.title)) for preset in presets)
        if listed != self._listed:
            self._listed = listed
            self._presets.clear()
            for preset_id, title in listed:
                self._presets.addItem(title, preset_id)
        self._presets.setCurrentIndex(self._presets.findData(self._preset(look).id))
        self._presets.setToolTip(_("Changed by hand") if look.functions else "")

    def _preset(self, look: RenderingView) -> RenderingPreset:
        return preset_of(look, modality_at(self.workspace), self.workspace.shared.renderings.presets)

    def _functions(self) -> TransferFunctions | None:
        look = rendering_at(self.workspace)
        if look is None:
            return None
        return functions_of(look, modality_at(self.workspace), self.workspace.shared.renderings.presets)

    def _placed(self) -> tuple[TransferFunctions | None, ValueDistribution | None]:
        """Return the functions in force in modality units, and the values there are; None while these are not known."""
        functions, shown = self._functions(), self._shown
        if functions is None or shown is None or shown.volume is None or shown.view is None:
            return None, None
        distribution = self._distributions.of(shown.volume, shown.view.phase)
        if distribution is None:
            return (functions if functions.scale is ValueScale.MODALITY else None), None
        return functions.placed(distribution.range_low, distribution.range_high), distribution

    def _fill_point(self) -> None:
        functions, _distribution = self._placed()
        if functions is None:
            return
        point = functions.opacity[min(self._editor.chosen, len(functions.opacity) - 1)]
        span = functions.opacity[-1].value - functions.opacity[0].value
        self._value.setDecimals(0 if span > 50 else 2)
        for field, number in ((self._value, point.value), (self._opacity, point.opacity * 100)):
            field.blockSignals(True)
            field.setValue(number)
            field.blockSignals(False)

    # Changing

    def _edited(self, functions: TransferFunctions, goes_on: bool) -> None:
        """Take functions in modality units; all steps of one movement are undone together."""
        if not self._drag:
            self._drag = next(_drag_numbers)
        self._set(functions, self._drag)
        if not goes_on:
            self._drag = 0
        self._fill_point()

    def _set(self, placed: TransferFunctions, drag: int = 0) -> None:
        current, (_old, distribution) = self._functions(), self._placed()
        if current is not None and current.scale is ValueScale.RELATIVE:
            if distribution is None:
                return
            placed = placed.relative_to(distribution.range_low, distribution.range_high)
        set_functions(self.workspace, placed, drag=drag)

    def _point_typed(self) -> None:
        functions, _distribution = self._placed()
        if functions is not None:
            index = min(self._editor.chosen, len(functions.opacity) - 1)
            self._set(moved_point(functions, index, self._value.value(), self._opacity.value() / 100))

    def _box_typed(self, box: ClipBox) -> None:
        change_rendering(self.workspace, N_("Clipping box"), lambda look: replace(look, clip_box=box))

    def _choose_color_of_point(self) -> None:
        functions, _distribution = self._placed()
        if functions is not None:
            self._choose_color(functions.opacity[min(self._editor.chosen, len(functions.opacity) - 1)].value)

    def _choose_color(self, value: float) -> None:
        functions, _distribution = self._placed()
        if functions is None:
            return
        before = QColor.fromRgbF(*functions.color_at(value))
        chosen = QColorDialog.getColor(before, self, _("Colour of {0:.0f}").format(value))
        if chosen.isValid():
            color = (chosen.redF(), chosen.greenF(), chosen.blueF())
            self._set(colored(functions, value, color, self._editor.reach))

    def _keep_preset(self) -> None:
        functions, look = self._functions(), rendering_at(self.workspace)
        if functions is None or look is None:
            return
        before = self._preset(look)
        title, is_given = QInputDialog.getText(
            self, _("Keep as preset"), _("Name"), QLineEdit.EchoMode.Normal, before.title if before.is_own else ""
        )
        if is_given and title.strip():
            self._guarded(lambda: self._kept(title, functions))

    def _kept(self, title: str, functions: TransferFunctions) -> None:
        keep = self.workspace.shared.renderings
        set_preset(self.workspace, keep.keep_preset(title, functions, modality_at(self.workspace)).id)

    def _remove_preset(self) -> None:
        look = rendering_at(self.workspace)
        if look is not None and self._preset(look).is_own:
            preset_id = self._preset(look).id
            self._guarded(lambda: self.workspace.shared.renderings.remove_preset(preset_id))

    def _guarded(self, act: Callable[[], None]) -> None:
        try:
            act()
        except ViewerError as error:
            if self.workspace.window is not None:
                self.workspace.window.show_message(error.one_line())


def _words(look: RenderingView) -> str:
    """Return what the reader must know beside the controls."""
    words = [_("Perspective: not for measuring")] if look.is_perspective else []
    if look.cuts:
        words.append(_("Cuts: {0}").format(len(look.cuts)))
    return " · ".join(words)
