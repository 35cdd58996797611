"""Asks how long a line is in the patient, and calibrates its image by that."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from viewer.base.translation import _
from viewer.ui.number_fields import decimal_field
from viewer.ui.pieces import danger, heading, paragraph

WIDTH = 420
_LEAST_MM, _MOST_MM, _DIGITS = 0.001, 10000.0, 3


class CalibrateDialog(QDialog):
    """Says what it holds for before anything is changed, and why not where it may not be.

    Args:
        parent: The window.
        now: What the line measures now, with its unit and source.
        refusal: Why the image cannot be calibrated, translated; empty where it can.
        calibrate: Called with the length in mm; returns why not, translated, or nothing.
    """

    def __init__(self, parent: QWidget, now: str, refusal: str, calibrate: Callable[[float], str]) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(_("Calibrate by a known length"))
        self.setMinimumWidth(WIDTH)
        self._calibrate = calibrate
        self.length = decimal_field()
        self.length.setRange(_LEAST_MM, _MOST_MM)
        self.length.setDecimals(_DIGITS)
        self.length.setValue(10.0)
        self.length.setSuffix(" mm")
        self.length.setAccessibleName(_("The line is so long"))
        line = QHBoxLayout()
        line.addWidget(QLabel(_("This line is")))
        line.addWidget(self.length)
        line.addStretch(1)
        self.refusal = danger(refusal)
        self.refusal.setVisible(bool(refusal))
        self.start = QPushButton(_("Calibrate"))
        self.start.setDefault(True)
        self.start.setEnabled(not refusal)
        self.length.setEnabled(not refusal)
        buttons = QDialogButtonBox()
        buttons.addButton(self.start, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.addButton(QPushButton(_("Cancel")), QDialogButtonBox.ButtonRole.RejectRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setSpacing(10)
        layout.addWidget(heading(_("How long is this line in the patient?")))
        if now:
            layout.addWidget(paragraph(_("It measures {0} now.").format(now), is_quiet=True))
        layout.addLayout(line)
        layout.addWidget(
            paragraph(
                _(
                    "This holds for this image only, and at the depth of the line: what lies nearer or farther is"
                    " magnified differently. Lengths on the image then say mm (cal. fiducial), and that you set it."
                    " The file is not changed."
                )
            )
        )
        layout.addWidget(self.refusal)
        layout.addWidget(buttons)
        self.length.setFocus()
        self.length.selectAll()

    def accept(self) -> None:
        """Calibrate; stay open where that cannot be."""
        self.length.interpretText()
        refusal = self._calibrate(self.length.value())
        if refusal:
            self.refusal.setText(refusal)
            self.refusal.show()
            return
        super().accept()
