"""Asks what a selection of key objects is for, in which words, and where it is saved; also for notes that reject."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from viewer.base.translation import _
from viewer.dicom.codes import Code
from viewer.dicom.key_object.titles import modifiers_for, words_of
from viewer.ui.dialogs.destination_choice import DestinationChoice, DestinationHost
from viewer.ui.hairline import hairline
from viewer.ui.pieces import caution, form, show_marks
from viewer.workspace.object_saving import Destination
from viewer.workspace.presenting.key_saving import Offer, Wording

WIDTH = 480
_COMMENT_PX, _REASONS_PX = 64, 120

Save = Callable[[Offer, Wording, tuple[Destination, ...]], None]


class KeySaveDialog(QDialog):
    """One selection.

    Args:
        parent: The reading window.
        host: The program's side of destinations.
        offers: What can be saved, at least one; the first is chosen at first.
        titles: What it may be for.
        reader: Who selects; empty where that is not known.
        save: Called with what was chosen.
        words: Title of the dialog, and what must be known before; the latter may be empty.
    """

    def __init__(
        self,
        parent: QWidget,
        host: DestinationHost,
        offers: Sequence[Offer],
        titles: Sequence[Code],
        reader: str,
        save: Save,
        words: tuple[str, str],
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(words[0])
        self.setMinimumWidth(WIDTH)
        self._offers, self._titles, self._save = tuple(offers), tuple(titles), save
        self.objects, self.title = _choice(_("Images")), _choice(_("Purpose"))
        self.reasons = QListWidget()
        self.reasons.setAccessibleName(_("Reasons"))
        self.reasons.setFixedHeight(_REASONS_PX)
        show_marks(self.reasons)
        self.comment = QPlainTextEdit()
        self.comment.setAccessibleName(_("Comment"))
        self.comment.setTabChangesFocus(True)
        self.comment.setFixedHeight(_COMMENT_PX)
        self.creator = QLineEdit(reader)
        self.creator.setAccessibleName(_("Your name"))
        self.names_creator = QCheckBox(_("Say who selected"))
        self.names_creator.setChecked(bool(reader))
        self.place = DestinationChoice(host)
        self.start = QPushButton(_("Save"))
        self.start.setDefault(True)
        for offer in self._offers:
            self.objects.addItem(offer.label)
        for title in self._titles:
            self.title.addItem(words_of(title))
        self._lay_out(words[1])
        self.objects.currentIndexChanged.connect(lambda _row: self._offer_chosen())
        self.title.currentIndexChanged.connect(lambda _row: self._title_chosen())
        self.names_creator.toggled.connect(self.creator.setEnabled)
        self.creator.setEnabled(self.names_creator.isChecked())
        self.place.changed.connect(self._follow)
        self._offer_chosen()
        self.comment.setFocus()

    @property
    def wording(self) -> Wording:
        """What was said."""
        items = [self.reasons.item(row) for row in range(self.reasons.count())]
        offered = modifiers_for(self._chosen_title)
        reasons = [
            code for item, code in zip(items, offered, strict=True) if item.checkState() is Qt.CheckState.Checked
        ]
        creator = " ".join(self.creator.text().replace("\\", " ").split()) if self.names_creator.isChecked() else ""
        return Wording(self._chosen_title, tuple(reasons), self.comment.toPlainText().strip(), creator)

    def accept(self) -> None:
        """Save."""
        destinations = self.place.destinations
        if destinations and self.start.isEnabled():
            self.place.remember()
            self._save(self._offers[self.objects.currentIndex()], self.wording, destinations)
            super().accept()

    @property
    def _chosen_title(self) -> Code:
        return self._titles[max(0, self.title.currentIndex())]

    def _offer_chosen(self) -> None:
        offer = self._offers[max(0, self.objects.currentIndex())]
        row = next((row for row, title in enumerate(self._titles) if title.is_same(offer.title)), 0)
        self.title.setCurrentIndex(row)
        self._title_chosen()

    def _title_chosen(self) -> None:
        """Offer what may qualify the title."""
        self.reasons.clear()
        for code in modifiers_for(self._chosen_title):
            item = QListWidgetItem(words_of(code))
            item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Qt.CheckState.Unchecked)
            self.reasons.addItem(item)
        has_reasons = self.reasons.count() > 0
        self.reasons.setVisible(has_reasons)
        label = self._fields.labelForField(self.reasons)
        if label is not None:
            label.setVisible(has_reasons)
        self._follow()
        self.adjustSize()

    def _follow(self) -> None:
        self.start.setEnabled(bool(self.place.destinations))

    def _lay_out(self, told: str) -> None:
        layout = QVBoxLayout(self)
        layout.setSpacing(10)
        if told:
            layout.addWidget(caution("⚠  " + told))
        fields = self._fields = form()
        fields.setFieldGrowthPolicy(fields.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        fields.addRow(_("Images"), self.objects)
        fields.addRow(_("Purpose"), self.title)
        fields.addRow(_("Reasons"), self.reasons)
        fields.addRow(_("Comment"), self.comment)
        fields.addRow(self.names_creator, self.creator)
        layout.addLayout(fields)
        layout.addWidget(hairline())
        layout.addWidget(self.place)
        buttons = QDialogButtonBox()
        buttons.addButton(self.start, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.addButton(QPushButton(_("Cancel")), QDialogButtonBox.ButtonRole.RejectRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout.addWidget(buttons)


def _choice(name: str) -> QComboBox:
    choice = QComboBox()
    choice.setAccessibleName(name)
    choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    return choice
