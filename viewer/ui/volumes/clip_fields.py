"""The ends of a clipping box as numbers: columns, rows and slices, counted from 1 as readers count them."""

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QSpinBox, QWidget

from viewer.base.translation import _
from viewer.ui.labels import plain_label
from viewer.ui.number_fields import whole_number_field
from viewer.volume.rendering_request import ClipBox
from viewer.volume.volume_geometry import VolumeGeometry

GAP_PX = 6


class ClipFields(QWidget):
    """Six fields.

    Args:
        guard: Keeps a field from being changed by accident.

    Signals:
        box_typed: Another box.
    """

    box_typed = Signal(tuple)

    def __init__(self, guard: Callable[[QWidget], None]) -> None:
        super().__init__()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(GAP_PX)
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(3, 1)
        self._fields: list[QSpinBox] = []
        for row, name in enumerate((_("Columns"), _("Rows"), _("Slices"))):
            grid.addWidget(plain_label(name), row, 0)
            for column in (1, 3):
                field = whole_number_field()
                field.setKeyboardTracking(False)
                field.setAccessibleName(_("{0}, from").format(name) if column == 1 else _("{0}, to").format(name))
                field.valueChanged.connect(lambda _value: self._typed())
                guard(field)
                grid.addWidget(field, row, column)
                self._fields.append(field)
            dash = QLabel("–")
            grid.addWidget(dash, row, 2)

    def show_box(self, box: ClipBox, geometry: VolumeGeometry) -> None:
        """Show the ends of a box in a volume."""
        for end, field in enumerate(self._fields):
            field.blockSignals(True)
            if end % 2:
                field.setRange(box[end - 1] + 1, geometry.dimensions[end // 2])
            else:
                field.setRange(1, box[end + 1] + 1)
            field.setValue(box[end] + 1)
            field.blockSignals(False)

    def _typed(self) -> None:
        self.box_typed.emit(tuple(field.value() - 1 for field in self._fields))
