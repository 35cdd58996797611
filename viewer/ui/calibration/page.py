"""What every page of the calibration wizard has, and the few widgets they are made of."""

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QDoubleSpinBox, QLabel, QSizePolicy, QVBoxLayout, QWidget

from viewer.ui.calibration.desk import CalibrationDesk
from viewer.ui.labels import plain_label
from viewer.ui.number_fields import decimal_field
from viewer.ui.theme import colours

INDENT = 26
SPACING = 8


class WizardPage(QWidget):
    """One page.

    Signals:
        told: A sentence for the foot of the wizard; empty clears it.
    """

    told = Signal(str)
    title = ""

    def __init__(self, desk: CalibrationDesk) -> None:
        super().__init__()
        self.desk = desk
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(SPACING)

    def enter(self) -> None:
        """Show what the desk holds; the page comes to the front."""

    def leave(self) -> None:
        """Take over what was entered; raises ViewerError where that cannot be."""

    def put_by(self) -> None:
        """Take over what can be: the page is left backwards, or the wizard is closed."""

    def first_widget(self) -> QWidget:
        """Return what has the focus when the page comes."""
        return self

    @property
    def is_ready(self) -> bool:
        """Whether one may go on."""
        return True

    @property
    def next_title(self) -> str:
        """What the button that goes on says; empty for the usual word."""
        return ""


def paragraph(text: str = "", *, is_quiet: bool = False, indent: int = 0) -> QLabel:
    """Return wrapped plain text."""
    label = plain_label(text)
    label.setContentsMargins(indent, 0, 0, 0)
    label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
    if is_quiet:
        label.setForegroundRole(QPalette.ColorRole.PlaceholderText)
    return label


def heading(text: str) -> QLabel:
    """Return the title of a part of a page."""
    label = paragraph(text)
    font = label.font()
    font.setBold(True)
    label.setFont(font)
    return label


def caution(text: str = "", *, indent: int = 0) -> QLabel:
    """Return a warning in its colour; the words must say that it is one."""
    label = paragraph(text, indent=indent)
    label.setStyleSheet(f"color: {colours().caution};")
    return label


def number_field(
    name: str, value: float, highest: float, decimals: int, changed: Callable[[float], object], suffix: str = ""
) -> QDoubleSpinBox:
    """Return a field of a number from 0 up."""
    field = decimal_field()
    field.setAccessibleName(name)
    field.setDecimals(decimals)
    field.setRange(0.0, highest)
    field.setValue(value)
    field.setSuffix(suffix)
    field.setMinimumWidth(130)
    field.setKeyboardTracking(True)
    field.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
    field.valueChanged.connect(changed)
    return field
