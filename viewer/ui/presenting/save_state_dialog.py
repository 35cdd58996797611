"""Asks what a presentation state is called, which images it is for, what goes into it, and where it is saved."""

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import QRegularExpression, Qt
from PySide6.QtGui import QRegularExpressionValidator
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from viewer.base.translation import _, ngettext
from viewer.dicom.presentation_state.writing_labels import LONGEST_LABEL, content_label
from viewer.ui.dialogs.destination_choice import DestinationChoice, DestinationHost
from viewer.ui.hairline import hairline
from viewer.ui.pieces import caution, form
from viewer.workspace.object_saving import Destination
from viewer.workspace.presenting.state_writing import StateWording
from viewer.workspace.presenting.state_writing_screen import Reach, StateChoice

WIDTH = 480
LONGEST_DESCRIPTION = 64

Save = Callable[[StateChoice, StateWording, tuple[Destination, ...]], None]


class SaveStateDialog(QDialog):
    """One state.

    Args:
        parent: The reading window.
        host: The program's side of destinations.
        counts: How many images a state would be for.
        has_marks: Whether something is marked there, and whether some of it is hidden.
        cautions: What it cannot say of the screen, translated.
        reader: Who saves; empty where that is not known.
        save: Called with what was chosen.
    """

    def __init__(
        self,
        parent: QWidget,
        host: DestinationHost,
        counts: Mapping[Reach, int],
        has_marks: tuple[bool, bool],
        cautions: Sequence[str],
        reader: str,
        save: Save,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(_("Save presentation state"))
        self.setMinimumWidth(WIDTH)
        self._save = save
        self.label = _line(_("Label"), LONGEST_LABEL)
        self.label.setValidator(QRegularExpressionValidator(QRegularExpression("[A-Za-z0-9 _]*"), self.label))
        self.label.setPlaceholderText(_("Letters A to Z, digits, spaces"))
        self.description = _line(_("Description"), LONGEST_DESCRIPTION)
        self.creator = _line(_("Your name"), LONGEST_DESCRIPTION)
        self.creator.setText(reader)
        self.images = QComboBox()
        self.images.setAccessibleName(_("Images"))
        for reach, text in _reaches(counts):
            self.images.addItem(text, reach)
        self.marks, self.texts, self.hidden = _checks(*has_marks)
        self.place = DestinationChoice(host)
        self.start = QPushButton(_("Save"))
        self.start.setDefault(True)
        self._lay_out(cautions)
        self.label.textEdited.connect(self._spell)
        self.marks.toggled.connect(lambda _on: self._follow())
        self.place.changed.connect(self._follow)
        self._follow()
        self.label.setFocus()

    @property
    def wording(self) -> StateWording:
        """What was said."""
        creator = " ".join(self.creator.text().replace("\\", " ").split())
        return StateWording(content_label(self.label.text()), self.description.text().strip(), creator)

    @property
    def choice(self) -> StateChoice:
        """What goes into it."""
        has_marks = self.marks.isChecked()
        return StateChoice(
            self.images.currentData(), has_marks, has_marks and self.hidden.isChecked(), self.texts.isChecked()
        )

    def accept(self) -> None:
        """Save."""
        destinations = self.place.destinations
        if destinations and self.start.isEnabled():
            self.place.remember()
            self._save(self.choice, self.wording, destinations)
            super().accept()

    def _spell(self, text: str) -> None:
        """Write a label in capitals, as files have it."""
        place = self.label.cursorPosition()
        self.label.setText(text.upper())
        self.label.setCursorPosition(place)
        self._follow()

    def _follow(self) -> None:
        self.texts.setEnabled(self.marks.isEnabled() and self.marks.isChecked())
        self.hidden.setEnabled(self.hidden.property("has") is True and self.marks.isChecked())
        self.start.setEnabled(bool(self.place.destinations) and bool(content_label(self.label.text())))
        self.start.setToolTip("" if content_label(self.label.text()) else _("Give it a label first"))

    def _lay_out(self, cautions: Sequence[str]) -> None:
        layout = QVBoxLayout(self)
        layout.setSpacing(10)
        if cautions:
            layout.addWidget(caution("\n".join("⚠  " + text for text in cautions)))
        fields = form()
        fields.setFieldGrowthPolicy(fields.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        fields.addRow(_("Label"), self.label)
        fields.addRow(_("Description"), self.description)
        fields.addRow(_("Your name"), self.creator)
        fields.addRow(_("Images"), self.images)
        fields.addRow("", self.marks)
        fields.addRow("", self.texts)
        fields.addRow("", self.hidden)
        layout.addLayout(fields)
        layout.addWidget(hairline())
        layout.addWidget(self.place)
        buttons = QDialogButtonBox()
        buttons.addButton(self.start, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.addButton(QPushButton(_("Cancel")), QDialogButtonBox.ButtonRole.RejectRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout.addWidget(buttons)


def _line(name: str, longest: int) -> QLineEdit:
    line = QLineEdit()
    line.setAccessibleName(name)
    line.setMaxLength(longest)
    return line


def _reaches(counts: Mapping[Reach, int]) -> list[tuple[Reach, str]]:
    """Return what can be chosen: what would come to the same stands once."""
    found = [(Reach.IMAGE, _("What is on screen"))]
    if counts[Reach.MARKED] > 1:
        count = counts[Reach.MARKED]
        found.append((Reach.MARKED, ngettext("With marks: {0} image", "With marks: {0} images", count).format(count)))
    if counts[Reach.ALL] > 1:
        count = counts[Reach.ALL]
        found.append(
            (Reach.ALL, ngettext("All of the series: {0} image", "All of the series: {0} images", count).format(count))
        )
    return found


def _checks(has_marks: bool, has_hidden: bool) -> tuple[QCheckBox, QCheckBox, QCheckBox]:
    marks = QCheckBox(_("Measurements and annotations"))
    marks.setChecked(has_marks)
    marks.setEnabled(has_marks)
    texts = QCheckBox(_("With their words and values"))
    texts.setChecked(True)
    hidden = QCheckBox(_("Hidden ones too, on layers of their own"))
    hidden.setProperty("has", has_hidden)
    return marks, texts, hidden
