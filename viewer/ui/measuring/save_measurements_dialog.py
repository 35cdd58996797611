"""Asks how the marks of a study are saved as a report, in whose name, and where."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from viewer.base.translation import _, ngettext
from viewer.measurement.annotation import Annotation, PlaneAnchor
from viewer.ui.dialogs.destination_choice import DestinationChoice, DestinationHost
from viewer.ui.hairline import hairline
from viewer.ui.pieces import caution, form, paragraph
from viewer.workspace.object_saving import Destination
from viewer.workspace.reporting.measurement_saving import ReportWording

WIDTH = 480
_LONGEST_DESCRIPTION = 64

Save = Callable[[ReportWording, tuple[Destination, ...]], None]


class SaveMeasurementsDialog(QDialog):
    """One report.

    Args:
        parent: The reading window.
        host: The program's side of destinations.
        annotations: What is saved.
        reader: Who reports; empty where that is not known.
        save: Called with what was chosen.
    """

    def __init__(
        self, parent: QWidget, host: DestinationHost, annotations: Sequence[Annotation], reader: str, save: Save
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(_("Save measurements"))
        self.setMinimumWidth(WIDTH)
        self._save = save
        self._annotations = tuple(annotations)
        self.description = QLineEdit(_("Measurements"))
        self.description.setAccessibleName(_("Description"))
        self.description.setMaxLength(_LONGEST_DESCRIPTION)
        self.reader = QLineEdit(reader)
        self.reader.setAccessibleName(_("Your name"))
        self.names_reader = QCheckBox(_("Say who measured"))
        self.names_reader.setChecked(bool(reader))
        self.kind = QComboBox()
        self.kind.setAccessibleName(_("Form"))
        self.is_complete = QCheckBox(_("This is all there is to measure"))
        self.loss = caution()
        self.place = DestinationChoice(host)
        self.start = QPushButton(_("Save"))
        self.start.setDefault(True)
        for title in (
            _("As the marks need it"),
            _("With places in the patient (Comprehensive 3D SR)"),
            _("On images alone (Comprehensive SR)"),
        ):
            self.kind.addItem(title)
        self._lay_out()
        self.kind.currentIndexChanged.connect(lambda _row: self._follow())
        self.names_reader.toggled.connect(self.reader.setEnabled)
        self.reader.setEnabled(self.names_reader.isChecked())
        self.place.changed.connect(self._follow)
        self._follow()
        self.description.setFocus()
        self.description.selectAll()

    @property
    def wording(self) -> ReportWording:
        """What was said."""
        reader = " ".join(self.reader.text().replace("\\", " ").split()) if self.names_reader.isChecked() else ""
        return ReportWording(
            reader,
            " ".join(self.description.text().split()),
            is_3d_wanted=self.kind.currentIndex() == 1,
            is_flat_wanted=self.kind.currentIndex() == 2,
            is_complete=self.is_complete.isChecked(),
        )

    def accept(self) -> None:
        """Save."""
        destinations = self.place.destinations
        if destinations and self.start.isEnabled():
            self.place.remember()
            self._save(self.wording, destinations)
            super().accept()

    def _follow(self) -> None:
        self.start.setEnabled(bool(self.place.destinations))
        on_planes = sum(isinstance(each.anchor, PlaneAnchor) for each in self._annotations)
        is_lossy = bool(on_planes) and self.kind.currentIndex() == 2
        if is_lossy:
            self.loss.setText(
                "⚠  "
                + ngettext(
                    "{0} mark on a plane is written without its place",
                    "{0} marks on planes are written without their places",
                    on_planes,
                ).format(on_planes)
            )
        self.loss.setVisible(is_lossy)

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setSpacing(10)
        told = paragraph(summary(self._annotations), is_quiet=True)
        told.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        layout.addWidget(told)
        fields = form()
        fields.setFieldGrowthPolicy(fields.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        fields.addRow(_("Description"), self.description)
        fields.addRow(self.names_reader, self.reader)
        fields.addRow(_("Form"), self.kind)
        fields.addRow("", self.is_complete)
        layout.addLayout(fields)
        layout.addWidget(self.loss)
        layout.addWidget(hairline())
        layout.addWidget(self.place)
        layout.addStretch()
        buttons = QDialogButtonBox()
        buttons.addButton(self.start, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.addButton(QPushButton(_("Cancel")), QDialogButtonBox.ButtonRole.RejectRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout.addWidget(buttons)


def summary(annotations: Sequence[Annotation]) -> str:
    """Return how much is saved: marks, numbers, and what is told instead of a number."""
    numbers = sum(reading.value is not None for each in annotations for reading in each.readings)
    refused = sum(reading.value is None for each in annotations for reading in each.readings)
    told = [
        ngettext("{0} mark", "{0} marks", len(annotations)).format(len(annotations)),
        ngettext("{0} number", "{0} numbers", numbers).format(numbers),
    ]
    if refused:
        told.append(
            ngettext("{0} refused, with its reason", "{0} refused, with their reasons", refused).format(refused)
        )
    return "  ·  ".join(told)
