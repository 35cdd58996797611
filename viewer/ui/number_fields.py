"""Fields for numbers: Qt's, with the room at their left that fields for text have."""

from PySide6.QtWidgets import QAbstractSpinBox, QDoubleSpinBox, QSpinBox

_MARGIN_PX = 4


def whole_number_field() -> QSpinBox:
    """Return a field for a whole number."""
    field = QSpinBox()
    _give_room(field)
    return field


def decimal_field() -> QDoubleSpinBox:
    """Return a field for a number with decimals."""
    field = QDoubleSpinBox()
    _give_room(field)
    return field


def _give_room(field: QAbstractSpinBox) -> None:
    if (line := field.lineEdit()) is not None:
        line.setTextMargins(_MARGIN_PX, 0, _MARGIN_PX, 0)  # the padding of the style sheet stays outside
