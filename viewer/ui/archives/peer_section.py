"""A part of the page of an archive: shows what is set of it, and says what the reader wants of it."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QFormLayout, QLabel, QLineEdit, QSpinBox, QToolButton, QVBoxLayout, QWidget

from viewer.network.peers import Peer
from viewer.ui.icons import icon
from viewer.ui.number_fields import whole_number_field
from viewer.ui.pieces import SPACING, Section

FIELD_PX = 300
NUMBER_PX = 110
LABEL_PX = 180


class PeerSection(Section):
    """A part of the page.

    Signals:
        changed: The reader changed something.
    """

    changed = Signal()

    def show_peer(self, peer: Peer) -> None:
        """Show an archive; does not tell of it as of a change."""
        raise NotImplementedError

    def applied(self, peer: Peer) -> Peer:
        """Return an archive with what this part says of it."""
        raise NotImplementedError

    def _line(self, name: str, title: str, *, longest: int = 256) -> QLineEdit:
        field = QLineEdit()
        field.setObjectName(name)
        field.setAccessibleName(title)
        field.setMaxLength(longest)
        field.setMinimumWidth(FIELD_PX)
        field.textEdited.connect(lambda _text: self.changed.emit())
        return field

    def _number(self, name: str, title: str, least: int, most: int) -> QSpinBox:
        box = whole_number_field()
        box.setObjectName(name)
        box.setAccessibleName(title)
        box.setRange(least, most)
        box.setGroupSeparatorShown(False)
        box.setMinimumWidth(NUMBER_PX)
        box.valueChanged.connect(lambda _value: self.changed.emit())
        return box

    def _choice(self, name: str, title: str, choices: Sequence[tuple[str, str]]) -> QComboBox:
        box = QComboBox()
        box.setObjectName(name)
        box.setAccessibleName(title)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.setMinimumWidth(FIELD_PX)
        for value, text in choices:
            box.addItem(text, value)
        box.activated.connect(lambda _row: self.changed.emit())
        return box


def add_row(rows: QFormLayout, title: str, field: QWidget) -> None:
    """Put a field into a form; the fields of all parts stand below each other."""
    label = QLabel(title)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setMinimumWidth(LABEL_PX)
    rows.addRow(label, field)


class Fold(QWidget):
    """What is seldom needed: folded away under its title until it is asked for."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.button = QToolButton()
        self.button.setText(title)
        self.button.setAccessibleName(title)
        self.button.setCheckable(True)
        self.button.setAutoRaise(True)
        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.button.setStyleSheet("QToolButton { border-color: transparent; background: transparent; padding: 2px 0; }")
        self.body = QWidget()
        self.column = QVBoxLayout(self.body)
        self.column.setContentsMargins(20, 0, 0, 0)
        self.column.setSpacing(SPACING)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(SPACING)
        outer.addWidget(self.button)
        outer.addWidget(self.body)
        self.button.toggled.connect(self._show)
        self._show(is_open=False)

    def open(self, *, is_open: bool = True) -> None:
        """Unfold it, or fold it away."""
        self.button.setChecked(is_open)

    def _show(self, is_open: bool) -> None:
        self.button.setIcon(icon("chevron-down" if is_open else "chevron-right"))
        self.body.setVisible(is_open)


def choose_value(box: QComboBox, value: str) -> None:
    """Show a value in a choice; one that is not offered is put in, so that nothing is lost."""
    place = box.findData(value)
    if place < 0:
        box.addItem(value, value)
        place = box.count() - 1
    box.setCurrentIndex(place)
