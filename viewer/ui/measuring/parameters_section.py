"""What a mark's kind can be told beside points: beats between two lines, thresholds, the radius of a brush."""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QLineEdit, QWidget

from viewer.base.translation import _
from viewer.measurement.annotation import Annotation
from viewer.measurement.kinds.kind import KindParameter
from viewer.measurement.kinds.table import is_known, kind_of
from viewer.ui.panels.panel_lines import PanelLines
from viewer.workspace.measuring.lesion_deeds import set_kind_parameter

if TYPE_CHECKING:
    from viewer.ui.measuring.measurements_panel import MeasurementsPanel

_WIDEST, _DIGITS = 1e7, 3


class ParametersSection(PanelLines):
    """Belongs to the details; its fields are made anew for another kind."""

    def __init__(self, panel: "MeasurementsPanel") -> None:
        super().__init__("")
        self._workspace = panel.workspace
        self._uid, self._kind = "", ""
        self._body: PanelLines | None = None
        self.fields: dict[str, QWidget] = {}

    def refresh(self, marks: tuple[Annotation, ...]) -> None:
        """Show what one mark was told; nothing for several."""
        mark = marks[0] if len(marks) == 1 and is_known(marks[0].kind) else None
        asks = kind_of(mark.kind).asks if mark is not None else ()
        self.setVisible(bool(asks))
        if mark is None or not asks:
            return
        self._uid = mark.uid
        if mark.kind != self._kind:
            self._make(mark.kind, asks)
        if self._body is not None:
            self._body.setEnabled(not mark.is_locked)
        for asked in asks:
            self._show(self.fields[asked.name], mark.parameter(asked.name, asked.default))

    def _make(self, kind: str, asks: tuple[KindParameter, ...]) -> None:
        if self._body is not None:
            self._body.hide()
            self._body.deleteLater()
        self._kind, self._body, self.fields = kind, PanelLines(""), {}
        for asked in asks:
            field = self._field(asked, self._body)
            self.fields[asked.name] = field
            self._body.line(_(asked.title), field)
        self.add(self._body)

    def _field(self, asked: KindParameter, body: PanelLines) -> QWidget:
        def changed(value: object) -> None:
            if isinstance(value, float | str):
                set_kind_parameter(self._workspace, self._uid, asked.name, value)

        if asked.choices:
            return body.choice([(value, _(title)) for value, title in asked.choices], changed)
        if isinstance(asked.default, str):
            return _line(asked, body, changed)
        digits = 0 if asked.least and asked.least.is_integer() else _DIGITS
        field = body.number_field(asked.most or _WIDEST, digits, changed)
        with QSignalBlocker(field):
            field.setMinimum(asked.least if asked.least or asked.most else -_WIDEST)
        return field

    def _show(self, field: QWidget, value: float | str) -> None:
        with QSignalBlocker(field):
            if isinstance(field, QComboBox):
                field.setCurrentIndex(max(field.findData(value), 0))
            elif isinstance(field, QDoubleSpinBox) and isinstance(value, int | float):
                field.setValue(float(value))
            elif isinstance(field, QLineEdit) and not (field.hasFocus() and field.isModified()):
                field.setText(f"{value:g}" if isinstance(value, int | float) else value)


def _line(asked: KindParameter, body: PanelLines, changed: Callable[[object], None]) -> QLineEdit:
    """Return a field for words, or for a number that need not be said."""
    line, is_number = QLineEdit(), bool(asked.least or asked.most)

    def hand_on() -> None:
        typed = line.text().strip()
        if typed and is_number:
            try:
                value = float(typed.replace(",", ".").replace("−", "-"))
            except ValueError:
                value = math.nan
            if asked.least <= value <= asked.most:
                changed(value)
        else:
            changed(typed)
        line.setModified(False)

    line.editingFinished.connect(hand_on)
    body.guard(line)
    return line
