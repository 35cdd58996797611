"""A simulated monitor before the calibration wizard: what its pixels show has a luminance, which is typed or read."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QPushButton, QRadioButton, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from viewer.display.meters import FoundMeters
from viewer.display.monitor_store import MonitorStore
from viewer.ui.calibration.full_screen_patch import FullScreenPatch
from viewer.ui.calibration.measuring_window import MeasuringWindow
from viewer.ui.calibration.wizard import CalibrationWizard
from viewer.ui.monitors import Monitors

TODAY = date(2026, 11, 23)
BLACK, WHITE = 0.9, 400.0


def power(gamma: float = 2.2) -> Callable[[int], float]:
    """A monitor with a power law."""
    return lambda level: BLACK + (WHITE - BLACK) * float((level / 255) ** gamma)


@contextmanager
def wizard_on(
    qtbot: QtBot, application: QApplication, folder: Path, found: FoundMeters | None = None
) -> Iterator[CalibrationWizard]:
    """Open the wizard with a store of its own."""
    monitors = Monitors(MonitorStore(folder), today=lambda: TODAY)
    wizard = CalibrationWizard(
        monitors,
        application.primaryScreen(),
        found=FoundMeters() if found is None else found,
        today=lambda: TODAY,
        settling_ms=0,
    )
    wizard.show()
    qtbot.waitUntil(wizard.isVisible)
    try:
        yield wizard
    finally:
        if isValid(wizard):  # it goes away after its last page
            wizard.close()
        application.processEvents()
        monitors.close()
        monitors.deleteLater()
        application.processEvents()


def pixels_of(widget: QWidget) -> NDArray[np.uint8]:
    """The pixels of a widget as the screen gets them: (height, width, 3)."""
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    octets = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return octets[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def middle_pixel(widget: QWidget) -> tuple[int, int, int]:
    """What a meter in the middle of the square sees."""
    pixels = pixels_of(widget)
    red, green, blue = pixels[pixels.shape[0] // 2, pixels.shape[1] // 2]
    return int(red), int(green), int(blue)


def patches(wizard: CalibrationWizard) -> FullScreenPatch:
    """The patches on the whole screen."""
    assert wizard.patches is not None
    return wizard.patches


def type_readings(wizard: CalibrationWizard, monitor: Callable[[int], float]) -> int:
    """Type the luminance of every patch as the simulated monitor shows it; return how many there were."""
    count = 0
    while isinstance(wizard.patches, MeasuringWindow):
        window = wizard.patches
        red, green, blue = middle_pixel(window)
        assert red == green == blue
        QTest.keyClicks(window, f"{monitor(red):.4f}")
        QTest.keyClick(window, Qt.Key.Key_Return)
        count += 1
    return count


def go_on(wizard: CalibrationWizard) -> None:
    """Press Enter."""
    QTest.keyClick(wizard, Qt.Key.Key_Return)


def choose(wizard: CalibrationWizard, title: str) -> None:
    """Choose a radio button by the beginning of its title."""
    button = next(each for each in wizard.findChildren(QRadioButton) if each.text().startswith(title))
    button.click()


def texts_of(of: QObject) -> str:
    """Everything that is told now."""
    QApplication.processEvents()  # labels that were just made are not shown yet
    return "\n".join(label.text() for label in of.findChildren(QLabel) if label.isVisible())


def show_patches(wizard: CalibrationWizard) -> None:
    """Press the button that covers the monitor."""
    button = wizard.page.first_widget()
    assert isinstance(button, QPushButton)
    QTest.keyClick(button, Qt.Key.Key_Space)
    assert wizard.patches is not None


def plan_18(wizard: CalibrationWizard) -> None:
    """Choose the plan of 18 levels."""
    combo = next(each for each in wizard.page.findChildren(QComboBox) if each.findText("18 levels") >= 0)
    combo.setFocus()
    QTest.keyClick(combo, Qt.Key.Key_Up)
    assert len(wizard.desk.draft.measurement) == 18


def taken(wizard: CalibrationWizard) -> int:
    """How many readings there are."""
    return len(wizard.desk.draft.measurement.taken)
