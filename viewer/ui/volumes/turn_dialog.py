"""Asks how a turn round the patient is saved, and says that it carries the patient's name."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QDialog, QDialogButtonBox, QVBoxLayout, QWidget

from viewer.base.translation import _
from viewer.ui.number_fields import whole_number_field
from viewer.ui.pieces import PAGE_MARGIN, SPACING, caution, form, paragraph
from viewer.ui.volumes.turn_saving import TurnSettings
from viewer.ui.volumes.turned_pictures import FORM_TITLES, TurnForm

COUNTS = (24, 36, 72, 120, 180, 360)
SIDES = (512, 800, 1080)
WIDTH_PX = 420


class TurnDialog(QDialog):
    """Does not block; chosen is called with the settings."""

    def __init__(self, parent: QWidget, chosen: Callable[[TurnSettings], None]) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(_("Save the turn"))
        self.setFixedWidth(WIDTH_PX)
        self._chosen = chosen
        plain = TurnSettings()
        self._form = _box([(each, _(title)) for each, title in FORM_TITLES.items()], plain.form)
        self._count = _box([(each, str(each)) for each in COUNTS], plain.count)
        self._rate = whole_number_field()
        self._rate.setRange(1, 60)
        self._rate.setValue(round(plain.rate))
        self._side = _box([(each, f"{each} × {each}") for each in SIDES], plain.side)
        lines = form()
        for name, field in (
            (_("Written as"), self._form),
            (_("Pictures in a turn"), self._count),
            (_("Pictures a second"), self._rate),
            (_("Pixels"), self._side),
        ):
            lines.addRow(name, field)
            field.setAccessibleName(name)
        buttons = QDialogButtonBox()
        save = buttons.addButton(_("Save…"), QDialogButtonBox.ButtonRole.AcceptRole)
        save.setDefault(True)
        buttons.addButton(_("Cancel"), QDialogButtonBox.ButtonRole.RejectRole)
        buttons.accepted.connect(self._accepted)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(PAGE_MARGIN, PAGE_MARGIN, PAGE_MARGIN, PAGE_MARGIN)
        column.setSpacing(SPACING + 4)
        column.addWidget(paragraph(_("The volume is saved as it turns once round the patient."), is_quiet=True))
        column.addLayout(lines)
        column.addWidget(caution(_("The patient's name and ID are drawn into every picture.")))
        column.addWidget(buttons)

    def settings(self) -> TurnSettings:
        """Return what is chosen."""
        return TurnSettings(
            TurnForm(self._form.currentData()),
            int(self._count.currentData()),
            float(self._rate.value()),
            int(self._side.currentData()),
        )

    def _accepted(self) -> None:
        settings = self.settings()
        self.accept()
        self._chosen(settings)


def _box(entries: list[tuple[TurnForm, str]] | list[tuple[int, str]], value: object) -> QComboBox:
    box = QComboBox()
    for entry, text in entries:
        box.addItem(text, entry)
    box.setCurrentIndex(box.findData(value))
    return box
