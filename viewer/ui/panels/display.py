"""The display panel: what a grey level means on this monitor, and why."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from viewer.base.translation import N_, _
from viewer.imaging.display_calibration import (
    ASSUMED_BLACK_CD_M2,
    ASSUMED_WHITE_CD_M2,
    CalibrationMode,
    DisplayCalibration,
)

STATUS = {
    CalibrationMode.SRGB_ESTIMATE: N_("Display not calibrated"),
    CalibrationMode.NATIVE_GSDF: N_("Display follows the GSDF by itself"),
    CalibrationMode.MEASURED: N_("Display measured"),
}
EXPLANATION = N_(
    "Grey images pass through the DICOM Grayscale Standard Display Function (PS3.14). Nobody has measured this "
    "monitor: it is taken for an ordinary sRGB monitor from {0} to {1} cd/m² with {2} cd/m² of reflected light. "
    "Faint differences may be lost. Not for diagnosis."
)

COLOUR = N_("Colour images: an sRGB monitor is assumed. A colour profile of the image is converted to it.")


def status_text(calibration: DisplayCalibration) -> str:
    """Return the state of a display in a few words."""
    return _(STATUS[calibration.mode])


def explanation(calibration: DisplayCalibration) -> str:
    """Return what the state means for the reader."""
    if calibration.is_calibrated:
        return status_text(calibration)
    return _(EXPLANATION).format(ASSUMED_BLACK_CD_M2, ASSUMED_WHITE_CD_M2, calibration.ambient_cd_m2)


class DisplayPanel(QWidget):
    """State and explanation."""

    def __init__(self, calibration: DisplayCalibration) -> None:
        super().__init__()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.setSpacing(8)
        for text in (status_text(calibration), explanation(calibration), _(COLOUR)):
            label = QLabel(text)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
            layout.addWidget(label)
        layout.addStretch(1)
