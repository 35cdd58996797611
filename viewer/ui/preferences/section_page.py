"""A preference page made from a settings section: titles, help, ranges and choices are the section's own."""

import dataclasses
from collections.abc import Callable
from typing import Any, cast

from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from viewer.base.settings import SettingInfo, info_of
from viewer.base.translation import _
from viewer.ui.number_fields import decimal_field, whole_number_field

WIDEST = 1e9
FIELD_PX = 220
NOTE_PX = 400


class SectionPage(QWidget):
    """One line a field; every change is handed on at once.

    Args:
        section: A frozen dataclass whose fields were declared with base.settings.setting.
        changed: Called with the changed section.
    """

    def __init__(self, section: Any, changed: Callable[[Any], None]) -> None:  # noqa: ANN401 - a section of any feature
        super().__init__()
        self._section = section
        self._changed = changed
        self._form = QFormLayout()
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.FieldsStayAtSizeHint)
        self._form.setHorizontalSpacing(16)
        self._form.setVerticalSpacing(8)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.addLayout(self._form)
        layout.addStretch(1)
        for field in dataclasses.fields(section):
            info = info_of(field)
            if not info.is_hidden:
                self._add(field.name, info)

    def _add(self, name: str, info: SettingInfo) -> None:
        value = getattr(self._section, name)
        widget = _widget(value, info, lambda new: self._set(name, new))
        widget.setObjectName(name)
        widget.setAccessibleName(_(info.title))
        widget.setAccessibleDescription(_(info.help))
        if isinstance(widget, QCheckBox):
            widget.setText(_(info.title))
            self._form.addRow(widget)
        else:
            widget.setMinimumWidth(FIELD_PX)
            self._form.addRow(_(info.title), widget)
        notes = [_(info.help)] if info.help else []
        notes += [_("Takes effect when the program is started again")] if info.needs_restart else []
        for note in notes:
            label = QLabel(note)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
            label.setMinimumWidth(NOTE_PX)
            label.setForegroundRole(QPalette.ColorRole.PlaceholderText)
            if isinstance(widget, QCheckBox):
                self._form.addRow(label)
            else:
                self._form.addRow("", label)

    def _set(self, name: str, value: object) -> None:
        changed = dataclasses.replace(self._section, **{name: value})
        if changed != self._section:
            self._section = changed
            self._changed(changed)


def _widget(value: object, info: SettingInfo, changed: Callable[[object], None]) -> QWidget:
    if info.choices:
        return _choice(value, info, changed)
    if isinstance(value, bool):
        box = QCheckBox()
        box.setChecked(value)
        box.toggled.connect(changed)
        return box
    if isinstance(value, int | float):
        return _number(value, info, changed)
    line = QLineEdit(str(value))
    line.editingFinished.connect(lambda: changed(line.text()))
    return line


def _choice(value: object, info: SettingInfo, changed: Callable[[object], None]) -> QComboBox:
    box = QComboBox()
    for key, title in info.choices:
        box.addItem(_(title), key)
    box.setCurrentIndex(max(0, box.findData(value)))
    box.activated.connect(lambda row: changed(box.itemData(row)))
    return box


def _number(value: float, info: SettingInfo, changed: Callable[[object], None]) -> QWidget:
    low = -WIDEST if info.minimum is None else info.minimum
    high = WIDEST if info.maximum is None else info.maximum
    box: QSpinBox | QDoubleSpinBox
    if isinstance(value, int):
        box = whole_number_field()
        box.setRange(int(low), int(high))
        box.setValue(value)
    else:
        box = decimal_field()
        box.setRange(low, high)
        box.setValue(value)
    box.setKeyboardTracking(False)
    box.valueChanged.connect(lambda new: changed(cast("object", new)))
    return box
