"""Which planes of a view are saved as a DICOM series, how thick, how far apart, with which window, and where."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from viewer.base.errors import VolumeError
from viewer.base.translation import N_, _, ngettext
from viewer.imaging.frame_state import FrameState
from viewer.imaging.voi_lut import Window
from viewer.ui.labels import plain_label
from viewer.ui.number_fields import decimal_field
from viewer.ui.pieces import caution, danger, form, heading, paragraph
from viewer.ui.volumes.save_place import SavePlace, name_field
from viewer.volume.reslice_plane import Projection, ReslicePlane, VolumeInterpolation
from viewer.volume.volume_geometry import VolumeGeometry
from viewer.workspace.commands.volume import ORIENTATION_TITLES, PROJECTION_TITLES
from viewer.workspace.volume_saving import (
    FULL_TURN_DEG,
    SeriesChoice,
    ends_of,
    has_gaps,
    planes_of,
    size_words,
    start_choice,
)
from viewer.workspace.volume_view import VolumeKind, VolumeView

WIDTH = 500
THICKEST_MM = 1000.0
LEAST_STEP_MM = 0.05
LEAST_ANGLE_DEG = 0.5

INTERPOLATIONS = {
    VolumeInterpolation.NEAREST: N_("none (nearest voxel)"),
    VolumeInterpolation.LINEAR: N_("linear"),
    VolumeInterpolation.CUBIC: N_("cubic"),
}


@dataclass(frozen=True, slots=True)
class SeriesToSave:
    """What is on the screen when the dialog is opened.

    Attributes:
        window: In force on the screen; None where there is no plain one.
        title: Of the source series.
        has_overlay: Whether another volume is laid over it, which no image of the series will show.
        state: Of the volume, for the letters of its sides.
    """

    view: VolumeView
    geometry: VolumeGeometry
    interpolation: VolumeInterpolation
    window: Window | None
    title: str
    has_library: bool
    has_overlay: bool = False
    state: FrameState | None = None


Save = Callable[[tuple[ReslicePlane, ...], SeriesChoice, Path | None], None]


class SaveSeriesDialog(QDialog):
    """Asks, and says how many images it will be.

    Args:
        parent: The reading window.
        shown: The active view.
        save: Called with the planes, the choice, and the folder or None for the library.
    """

    def __init__(self, parent: QWidget, shown: SeriesToSave, save: Save) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(_("Save reformatted series"))
        self.setMinimumWidth(WIDTH)
        self._shown, self._save = shown, save
        self._start = start_choice(shown.view, shown.geometry, shown.interpolation)
        self._is_turning = shown.view.kind is VolumeKind.PROJECTION
        self._make_fields()
        self._preview, self._trouble, self._caution = paragraph(), danger(), caution()
        self.start = QPushButton(_("Save"))
        self.start.setDefault(True)
        self._lay_out()
        self._follow()

    @property
    def choice(self) -> SeriesChoice:
        """What is chosen."""
        start = self._start
        return SeriesChoice(
            from_mm=start.from_mm if self._is_turning else self.first.value(),
            to_mm=start.to_mm if self._is_turning else self.last.value() + 0.005,  # the field rounds to a hundredth
            step_mm=start.step_mm if self._is_turning else self._step_mm(),
            thickness_mm=0.0 if self._is_turning else self.thickness.value(),
            projection=Projection(self.projection.currentData()),  # Qt keeps but the text of such a value
            interpolation=VolumeInterpolation(self.interpolation.currentData()),
            angle_deg=self.angle.value(),
            window=self.window_choice.currentData(),
            name=self.name.text().strip(),
        )

    @property
    def preview(self) -> str:
        """What is said of the images it will be."""
        return self._preview.text()

    def accept(self) -> None:
        """Save."""
        planes = self._planes()
        if planes is None or not self.start.isEnabled():
            return
        self._save(planes, self.choice, self.place.folder)
        super().accept()

    # Building

    def _make_fields(self) -> None:
        start = self._start
        self.first = self._millimetres(_("From"), 0.0, start.to_mm, start.from_mm)
        self.last = self._millimetres(_("To"), 0.0, start.to_mm, start.to_mm)
        self.step = self._millimetres(_("Distance of images"), LEAST_STEP_MM, THICKEST_MM, start.step_mm)
        self.thickness = self._millimetres(_("Thickness"), 0.0, THICKEST_MM, start.thickness_mm)
        self.thickness.setSpecialValueText(_("none (planes)"))
        self.angle = decimal_field()
        self.angle.setRange(LEAST_ANGLE_DEG, FULL_TURN_DEG)
        self.angle.setDecimals(1)
        self.angle.setValue(start.angle_deg)
        self.angle.setSuffix("°")
        self.angle.valueChanged.connect(lambda _value: self._follow())
        self.projection = self._box([(each, _(title)) for each, title in PROJECTION_TITLES.items()], start.projection)
        self.interpolation = self._box(
            [(each, _(title)) for each, title in INTERPOLATIONS.items()], start.interpolation
        )
        windows: list[tuple[object, str]] = []
        if (window := self._shown.window) is not None:
            words = _("as on the screen (W {0}, L {1})").format(f"{window.width:g}", f"{window.center:g}")
            windows.append((window, words))
        windows.append((None, _("those of the source images")))
        self.window_choice = self._box(windows, windows[0][0])
        self.name = name_field(self._default_name())
        self.name.textChanged.connect(lambda _text: self._follow())
        self.place = SavePlace(has_library=self._shown.has_library)
        self.place.changed.connect(self._follow)

    def _millimetres(self, name: str, lowest: float, highest: float, value: float) -> QDoubleSpinBox:
        field = decimal_field()
        field.setRange(lowest, max(lowest, highest))
        field.setDecimals(2)
        field.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
        field.setValue(value)
        field.setSuffix(" mm")
        field.setAccessibleName(name)
        field.valueChanged.connect(lambda _value: self._follow())
        return field

    def _box(self, entries: list[tuple[object, str]], chosen: object) -> QComboBox:
        box = QComboBox()
        for value, text in entries:
            box.addItem(text, value)
        values = [value for value, _text in entries]
        box.setCurrentIndex(values.index(chosen) if chosen in values else 0)
        box.currentIndexChanged.connect(lambda _row: self._follow())
        return box

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setSpacing(8)
        view = self._shown.view
        kind = _("Projection of the whole volume") if self._is_turning else _(ORIENTATION_TITLES[view.orientation])
        layout.addWidget(heading(kind))
        if self._shown.title:
            layout.addWidget(paragraph(self._shown.title, is_quiet=True))
        fields = form()
        fields.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        if self._is_turning:
            fields.addRow(_("An image every"), self.angle)
            fields.addRow(_("It shows"), self.projection)
        else:
            reach = QHBoxLayout()
            reach.addWidget(self.first, 1)
            reach.addWidget(plain_label("–"))
            reach.addWidget(self.last, 1)
            ends = ends_of(view, self._shown.geometry, self._shown.state)
            fields.addRow(_("From {0} to {1}").format(*ends), reach)
            fields.addRow(_("Distance of images"), self.step)
            fields.addRow(_("Thickness"), self.thickness)
            fields.addRow(_("A slab shows"), self.projection)
        fields.addRow(_("Interpolation"), self.interpolation)
        fields.addRow(_("Window"), self.window_choice)
        fields.addRow(_("Name of the series"), self.name)
        layout.addLayout(fields)
        layout.addWidget(self._preview)
        layout.addWidget(self._caution)
        layout.addSpacing(4)
        layout.addWidget(self.place)
        layout.addWidget(self._trouble)
        cancel = QPushButton(_("Cancel"))
        buttons = QDialogButtonBox()
        buttons.addButton(self.start, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.addButton(cancel, QDialogButtonBox.ButtonRole.RejectRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout.addWidget(buttons)

    # Following

    def _step_mm(self) -> float:
        """Return the distance chosen; the exact one to begin with as long as the field was not changed."""
        start = self._start.step_mm
        return start if abs(self.step.value() - start) <= 0.005 else self.step.value()

    def _planes(self) -> tuple[ReslicePlane, ...] | None:
        try:
            return planes_of(self._shown.view, self._shown.geometry, self.choice)
        except VolumeError as error:
            self._say_trouble(str(error))
            return None

    def _follow(self) -> None:
        if not hasattr(self, "start"):
            return  # still being built
        choice = self.choice
        self.projection.setEnabled(self._is_turning or choice.thickness_mm > 0)
        trouble = ""
        if not choice.name:
            trouble = _("The series needs a name")
        elif not self.place.is_complete:
            trouble = _("Choose a folder")
        self._say_trouble(trouble)
        planes = self._planes()
        self._preview.setText("" if planes is None else _preview(planes))
        cautions = [_("What is laid over the images in colour is not saved with them")] * self._shown.has_overlay
        if planes is not None and has_gaps(choice, planes):
            cautions.append(_("Between the slabs there is room that no image shows"))
        self._caution.setText("\n".join(f"⚠  {words}" for words in cautions))
        self._caution.setVisible(bool(cautions))
        self.start.setEnabled(planes is not None and not trouble)

    def _say_trouble(self, text: str) -> None:
        self._trouble.setText(text)
        self._trouble.setVisible(bool(text))

    def _default_name(self) -> str:
        view = self._shown.view
        if self._is_turning:
            kind = {Projection.MAXIMUM: "MIP", Projection.MINIMUM: "MinIP", Projection.MEAN: "AIP"}.get(
                view.projection, "SUM"
            )
        else:
            kind = f"MPR {view.orientation.value}"
        return " ".join(part for part in (self._shown.title, kind) if part)


def _preview(planes: tuple[ReslicePlane, ...]) -> str:
    size, room = size_words(planes)
    counted = ngettext("{0} image", "{0} images", len(planes)).format(len(planes))
    return "  ·  ".join((counted, size, _("about {0}").format(room)))
