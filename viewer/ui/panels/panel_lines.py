"""Sections of pages at the right: a heading, lines of name and value, fields and buttons; narrow, and they wrap."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QPalette
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QComboBox,
    QDoubleSpinBox,
    QGridLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from viewer.ui.buttons import push_button
from viewer.ui.labels import plain_label
from viewer.ui.number_fields import decimal_field
from viewer.ui.panels.wrapped_lines import breakable
from viewer.ui.theme import colours

BUTTON_GAP_PX = 6
ROOM_PX = 264
"""Width of a section in a panel of 300 pixels: what is wider is cut off."""
NAMES_PX = 104
"""Room for names: values of all sections begin at one edge."""
LEAST_FIELD_PX = 80
"""A field for numbers may be narrower than the longest number that it takes."""


def text_label(text: str = "", *, is_quiet: bool = False) -> QLabel:
    """Return a plain label that wraps and does not widen its panel."""
    label = plain_label(breakable(text))
    label.setAlignment(Qt.AlignmentFlag.AlignTop)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
    if is_quiet:
        label.setForegroundRole(QPalette.ColorRole.PlaceholderText)
    return label


class FieldGuard(QObject):
    """Lets numbers be changed on purpose only: the wheel scrolls the panel, Esc takes back what was not entered yet."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Leave the wheel to the panel while the field has no keyboard; the first Esc to the field."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_Escape:
            return isinstance(watched, QSpinBox | QDoubleSpinBox) and _take_back(watched)
        if event.type() == QEvent.Type.Wheel and isinstance(watched, QWidget) and not watched.hasFocus():
            event.ignore()
            return True
        return super().eventFilter(watched, event)


def _take_back(field: QSpinBox | QDoubleSpinBox) -> bool:
    """Show a field's number as it was before the typing; return whether there was any."""
    typed, number = field.text(), field.value()
    field.blockSignals(True)
    field.lineEdit().setText(field.prefix() + field.textFromValue(number) + field.suffix())  # type: ignore[arg-type]  # each its own kind
    field.blockSignals(False)
    return field.text() != typed


class PanelLines(QWidget):
    """One section, to be filled by those that make one.

    Args:
        title: The heading; empty for none.
    """

    def __init__(self, title: str) -> None:
        super().__init__()
        self._guard = FieldGuard(self)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(6)
        if title:
            heading = QLabel(title)
            heading.setTextFormat(Qt.TextFormat.PlainText)
            heading.setStyleSheet(f"color: {colours().accent};")
            heading.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
            self._layout.addWidget(heading)
        self._lines = QGridLayout()
        self._lines.setHorizontalSpacing(12)
        self._lines.setVerticalSpacing(4)
        self._lines.setColumnStretch(1, 1)
        self._layout.addLayout(self._lines)

    # For the sections to build themselves

    def value(self, name: str) -> QLabel:
        """Add a line, and return the label of its value."""
        label = text_label()
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        label.setAccessibleName(name)
        self.line(name, label)
        return label

    def line(self, name: str, widget: QWidget) -> QLabel:
        """Add a line with a widget for its value, and return the label of its name."""
        row = self._lines.rowCount()
        title = QLabel(name)
        title.setTextFormat(Qt.TextFormat.PlainText)
        title.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        title.setWordWrap(True)
        title.setFixedWidth(NAMES_PX)
        title.setBuddy(widget)
        widget.setAccessibleName(name)
        if isinstance(widget, QAbstractSpinBox):
            widget.setMinimumWidth(LEAST_FIELD_PX)
        is_text = isinstance(widget, QLabel)
        where = Qt.AlignmentFlag.AlignTop if is_text else Qt.AlignmentFlag.AlignVCenter
        self._lines.addWidget(title, row, 0, where)
        self._lines.addWidget(widget, row, 1)
        return title

    def note(self) -> QLabel:
        """Add a quiet sentence over the whole width."""
        label = text_label(is_quiet=True)
        self._layout.addWidget(label)
        return label

    def add(self, widget: QWidget) -> None:
        """Add a widget over the whole width."""
        self._layout.addWidget(widget)

    def buttons(self, wanted: Sequence[tuple[str, Callable[[], object]]]) -> list[QPushButton]:
        """Add buttons, two a row where their texts have room, else one."""
        grid = QGridLayout()
        grid.setSpacing(BUTTON_GAP_PX)
        made = [push_button(title, call) for title, call in wanted]
        half = (ROOM_PX - BUTTON_GAP_PX) // 2
        row, waiting = 0, list(made)
        while waiting:
            pair = waiting[:2]
            is_pair = len(pair) == 2 and all(button.sizeHint().width() <= half for button in pair)
            for column, button in enumerate(pair if is_pair else pair[:1]):
                grid.addWidget(button, row, column, 1, 1 if is_pair else 2)
            row, waiting = row + 1, waiting[2 if is_pair else 1 :]
        self._layout.addLayout(grid)
        return made

    def number_field(self, highest: float, digits: int, changed: Callable[[float], object]) -> QDoubleSpinBox:
        """Return a field for a number, handed on when it is whole: on Return, on leaving, by the arrows."""
        field = decimal_field()
        field.setRange(0.0, highest)
        field.setDecimals(digits)
        field.setKeyboardTracking(False)
        field.setStepType(QAbstractSpinBox.StepType.AdaptiveDecimalStepType)
        field.valueChanged.connect(changed)
        self.guard(field)
        return field

    def guard(self, field: QWidget) -> None:
        """Keep a field from being changed by accident."""
        field.installEventFilter(self._guard)
        field.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def choice(self, entries: Sequence[tuple[object, str]], chosen: Callable[[object], object]) -> QComboBox:
        """Return a box of entries, each a value and its text."""
        box = QComboBox()
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.setMinimumContentsLength(6)
        for value, text in entries:
            box.addItem(text, value)
        self.guard(box)
        box.activated.connect(lambda row: chosen(box.itemData(row)))
        return box
