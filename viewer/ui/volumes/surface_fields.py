"""What a surface is made of: its thresholds, smoothing, parts, triangles and colour, in fields."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QCheckBox, QColorDialog, QComboBox, QDoubleSpinBox, QWidget

from viewer.base.translation import _
from viewer.ui.buttons import push_button
from viewer.ui.number_fields import decimal_field, whole_number_field
from viewer.ui.pieces import form
from viewer.volume.series_volume import SeriesVolume
from viewer.workspace.surface_making import CT_THRESHOLDS, SurfaceChoice, start_threshold

MOST_SMOOTHING = 200
LARGEST_VALUE = 1e7
_BONE = QColor(232, 217, 186)


class SurfaceFields(QWidget):
    """Empty until begin() is told of the volume.

    Signals:
        changed: Another surface is meant now.
        color_changed: The same in another colour.
    """

    changed = Signal()
    color_changed = Signal(QColor)

    def __init__(self) -> None:
        super().__init__()
        self.color = QColor(_BONE)
        self._make_fields()
        fields = form()
        fields.setContentsMargins(0, 0, 0, 0)
        fields.setFieldGrowthPolicy(fields.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        fields.addRow(_("Usual values"), self.usual)
        fields.addRow(_("Lowest value"), self.threshold)
        fields.addRow(self.has_upper, self.upper)
        fields.addRow(_("Smoothing"), self.smooth)
        fields.addRow(_("Triangles kept"), self.decimate)
        fields.addRow("", self.keep_largest)
        fields.addRow(_("Colour"), self.color_button)
        self._fields = fields
        self.setLayout(fields)

    @property
    def choice(self) -> SurfaceChoice:
        """What is chosen."""
        return SurfaceChoice(
            threshold=self.threshold.value(),
            upper=self.upper.value() if self.has_upper.isChecked() else None,
            smooth=self.smooth.value(),
            keep_largest=self.keep_largest.isChecked(),
            decimate=float(self.decimate.currentData()),
        )

    def begin(self, volume: SeriesVolume, phase: int) -> None:
        """Fill in what depends on the volume."""
        unit = volume.rescale.unit if volume.rescale.unit not in {"", "SV"} else ""
        low, high = volume.value_range
        digits = 0 if high - low > 100 else 3
        for field in (self.threshold, self.upper):
            field.blockSignals(True)
            field.setDecimals(digits)
            field.setSuffix(f" {unit}" if unit else "")
            field.blockSignals(False)
        self.upper.setValue(high)
        self.threshold.setValue(start_threshold(volume, phase))
        is_ct = volume.state.modality == "CT"
        for value, title in CT_THRESHOLDS if is_ct else ():
            self.usual.addItem(f"{_(title)}  ({value:g} {unit})", value)
        self._fields.setRowVisible(self.usual, is_ct)

    def _make_fields(self) -> None:
        self.usual = QComboBox()
        self.usual.activated.connect(self._usual_chosen)
        self.threshold = self._value_field(_("Lowest value"))
        self.has_upper = QCheckBox(_("up to"))
        self.upper = self._value_field(_("Highest value"))
        self.upper.setEnabled(False)
        self.has_upper.toggled.connect(self.upper.setEnabled)
        self.has_upper.toggled.connect(lambda _on: self.changed.emit())
        self.smooth = whole_number_field()
        self.smooth.setRange(0, MOST_SMOOTHING)
        self.smooth.setSpecialValueText(_("none"))
        self.smooth.setValue(20)
        self.smooth.valueChanged.connect(lambda _value: self.changed.emit())
        self.keep_largest = QCheckBox(_("Only the largest connected part"))
        self.keep_largest.toggled.connect(lambda _on: self.changed.emit())
        self.decimate = QComboBox()
        for text, fraction in ((_("all"), 0.0), (_("half"), 0.5), (_("a fifth"), 0.8), (_("a twentieth"), 0.95)):
            self.decimate.addItem(text, fraction)
        self.decimate.currentIndexChanged.connect(lambda _row: self.changed.emit())
        self.color_button = push_button("", self._ask_color)
        self.color_button.setAccessibleName(_("Colour"))
        self._show_color()

    def _value_field(self, name: str) -> QDoubleSpinBox:
        field = decimal_field()
        field.setRange(-LARGEST_VALUE, LARGEST_VALUE)
        field.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
        field.setAccessibleName(name)
        field.valueChanged.connect(lambda _value: self.changed.emit())
        return field

    def _usual_chosen(self, row: int) -> None:
        self.threshold.setValue(float(self.usual.itemData(row)))

    def _ask_color(self) -> None:
        dialog = QColorDialog(self.color, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.colorSelected.connect(self._color_chosen)
        dialog.open()

    def _color_chosen(self, color: QColor) -> None:
        self.color = color
        self._show_color()
        self.color_changed.emit(color)

    def _show_color(self) -> None:
        self.color_button.setText(self.color.name().upper())
        ink = "#000000" if self.color.lightness() > 128 else "#ffffff"
        self.color_button.setStyleSheet(f"background: {self.color.name()}; color: {ink};")
