"""One step of a constancy test: what to look at, and the answer, by keyboard alone."""

from collections.abc import Callable, Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from viewer.base.translation import _
from viewer.display.constancy_test import Measurement, Question
from viewer.ui.buttons import push_button
from viewer.ui.labels import plain_label

_NUMERIC = frozenset("0123456789.,")
_EDITING = frozenset(
    {Qt.Key.Key_Backspace, Qt.Key.Key_Delete, Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End}
)
_WITH_MODIFIER = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.MetaModifier


class NumberField(QLineEdit):
    """Takes digits and a decimal sign; letters go on to the window, where they are keys."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take what belongs to a number."""
        is_command = bool(event.modifiers() & _WITH_MODIFIER)
        if event.text() in _NUMERIC or event.key() in _EDITING or is_command:
            super().keyPressEvent(event)
        else:
            event.ignore()

    def number(self) -> float | None:
        """Return the number, with a point or a comma; None where there is none."""
        try:
            return float(self.text().strip().replace(",", "."))
        except ValueError:
            return None


class StepPage(QWidget):
    """Shows a step and takes its answer.

    Signals:
        answered: True, False, or a number.
        meter_chosen: Whether the meter lies on the glass.
        read_wanted: The meter shall read.
    """

    answered = Signal(object)
    meter_chosen = Signal(bool)
    read_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._text = plain_label(name="question")
        self._look_at = plain_label(name="quiet")
        self._yes = self._choice(_("Yes (Y)"), True)
        self._no = self._choice(_("No (N)"), False)
        self._field = NumberField()
        self._unit = QLabel()
        self._next = push_button(_("Next (Enter)"), self._number_given)
        self._read = push_button(_("Read (R)"), self.read_wanted.emit)
        self._meter = QComboBox()
        self._meter.addItem(_("Meter lies on the glass"), True)
        self._meter.addItem(_("Meter stands at the reader's place"), False)
        self._meter.setAccessibleName(_("Where the meter is"))
        self._meter.activated.connect(lambda row: self.meter_chosen.emit(bool(self._meter.itemData(row))))
        self._problem = plain_label(name="problem")
        self._lay_out()

    def show_step(self, step: Question | Measurement, said: bool | float | None) -> None:
        """Show a step, with what was answered to it before."""
        is_number = isinstance(step, Measurement) or step.is_number
        text = _(step.text) if isinstance(step, Question) else _(step.title).format(step.number)
        self._text.setText(text)
        self._look_at.setText(_(step.look_at))
        self._problem.clear()
        for button, value in ((self._yes, True), (self._no, False)):
            button.setVisible(not is_number)
            button.setChecked(said is value)
        for widget in (self._field, self._unit, self._next):
            widget.setVisible(is_number)
        self._unit.setText(step.unit if isinstance(step, Measurement) else _("of {0}").format(step.highest))
        self._field.setAccessibleName(text)
        self._field.setText("" if said is None or not is_number else f"{said:.6g}")
        if is_number:
            self._field.setFocus()
            self._field.selectAll()
        else:
            self.setFocus()

    def show_meter(self, is_contact: bool | None) -> None:
        """Show where the meter is; None where that does not matter."""
        self._meter.setVisible(is_contact is not None)
        self._meter.setCurrentIndex(0 if is_contact else 1)

    def show_reader(self, title: str) -> None:
        """Offer to read by a meter of this name; none for an empty one."""
        self._read.setVisible(bool(title))
        self._read.setToolTip(title)

    def show_problem(self, text: str) -> None:
        """Say why an answer cannot be."""
        self._problem.setText(text)

    def enter(self) -> bool:
        """Take the number that stands in the field; return whether this step has one."""
        if self._field.isHidden():
            return False
        self._number_given()
        return True

    def takes_yes_or_no(self) -> bool:
        """Whether Y and N answer this step."""
        return not self._yes.isHidden()

    def _choice(self, title: str, value: bool) -> QPushButton:
        button = push_button(title, lambda: self.answered.emit(value))
        button.setCheckable(True)
        return button

    def _number_given(self) -> None:
        number = self._field.number()
        if number is None:
            self.show_problem(_("Enter a number"))
        else:
            self.answered.emit(number)

    def _lay_out(self) -> None:
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._field.setFixedWidth(96)
        self._field.setAlignment(Qt.AlignmentFlag.AlignRight)
        lines = QHBoxLayout(), QHBoxLayout()
        for line, widgets in zip(
            lines, ((self._yes, self._no, self._field, self._unit), (self._next, self._read)), strict=True
        ):
            line.setSpacing(8)
            for widget in widgets:
                line.addWidget(widget)
            line.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        for widget in (self._text, self._look_at):
            layout.addWidget(widget)
        for line in lines:
            layout.addLayout(line)
        layout.addWidget(self._meter)
        layout.addWidget(self._problem)
        layout.addStretch(1)


def key_call(event: QKeyEvent, calls: Mapping[Qt.Key, Callable[[], object]]) -> bool:
    """Run what belongs to a key pressed without modifiers; return whether anything does."""
    if event.modifiers() & (_WITH_MODIFIER | Qt.KeyboardModifier.AltModifier):
        return False
    call = calls.get(Qt.Key(event.key()))
    if call is not None:
        call()
    return call is not None
