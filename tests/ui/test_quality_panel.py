"""The quality panel and what hangs on it: it tells the monitor's state and changes it in place."""

import gettext
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from PIL import ImageCms
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QScreen, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QDoubleSpinBox,
    QLabel,
    QPushButton,
    QSpinBox,
    QTableWidget,
    QWidget,
)
from pytestqt.qtbot import QtBot

from viewer.base import translation
from viewer.display.calibration_record import CalibrationRecord, DisplayClass, Method
from viewer.display.constancy_schedule import with_result
from viewer.display.monitor_record import Answer, MonitorRecord, ProfileSource, TestResult
from viewer.display.monitor_store import MonitorStore
from viewer.imaging.display_calibration import CalibrationMode, DisplayCalibration, MoreGreys, RenderingIntent
from viewer.ui.monitors import Monitors
from viewer.ui.quality.colour_section import ColourSection
from viewer.ui.quality.history import HistoryWindow
from viewer.ui.quality.plots import ON_PAPER, Axis, LinePlot, Series, decades, round_steps
from viewer.ui.quality.quality_actions import QualityActions
from viewer.ui.quality.quality_panel import QualityPanel
from viewer.ui.theme import apply_theme

GAMMA = tuple(0.5 + 349.5 * (level / 255) ** 2.2 for level in range(256))
MEASURED = DisplayCalibration(CalibrationMode.MEASURED, GAMMA, 0.1)
TODAY = date(2026, 3, 1)


@pytest.fixture
def screen(qapp: QApplication) -> QScreen:
    apply_theme(qapp, "dark")
    return qapp.primaryScreen()


@pytest.fixture
def monitors(screen: QScreen, tmp_path: Path) -> Iterator[Monitors]:
    del screen
    made = Monitors(MonitorStore(tmp_path), today=lambda: TODAY)
    yield made
    made.close()


class Pressed:
    """Notes what the panel asked for."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def actions(self) -> QualityActions:
        def note(name: str) -> object:
            return lambda *values: self.calls.append(" ".join([name, *map(str, values)]))

        names = QualityActions.__slots__
        return QualityActions(**{name: note(name) for name in names})  # type: ignore[arg-type]  # all are callables


@pytest.fixture
def pressed() -> Pressed:
    return Pressed()


@pytest.fixture
def panel(monitors: Monitors, pressed: Pressed, qtbot: QtBot) -> QualityPanel:
    made = QualityPanel(monitors, pressed.actions())
    qtbot.addWidget(made)
    made.resize(300, 900)
    made.show()
    return made


def _calibrated(monitors: Monitors, screen: QScreen) -> MonitorRecord:
    return MonitorRecord(
        monitors.identity(screen),
        CalibrationRecord(MEASURED, method=Method.CONTACT, measured_on=date(2026, 2, 1)),
    )


def _texts(widget: QWidget) -> str:
    return "\n".join(label.text() for label in widget.findChildren(QLabel) if label.isVisibleTo(widget))


def _named(widget: QWidget, kind: type[QWidget], name: str) -> QWidget:
    return next(each for each in widget.findChildren(kind) if each.accessibleName() == name)


def _choose(panel: QualityPanel, name: str, value: object) -> None:
    box = _named(panel, QComboBox, name)
    assert isinstance(box, QComboBox)
    box.setCurrentIndex(box.findData(value))
    box.activated.emit(box.currentIndex())


def test_it_says_what_is_not_known(panel: QualityPanel) -> None:
    text = _texts(panel)
    assert "Display not calibrated" in text
    assert "Black and white are assumed" in text
    assert "tells no serial number" in text
    assert "none yet" in text
    assert "✓" not in text


def test_it_follows_what_is_kept(panel: QualityPanel, monitors: Monitors, screen: QScreen) -> None:
    monitors.store.keep(_calibrated(monitors, screen))
    text = _texts(panel)
    assert "Display calibrated, κ" in text
    assert "2026-02-01" in text
    assert "2026-05-02" in text  # 90 days later
    assert "✓ 350.1" in text
    failed = TestResult("daily", TODAY, (Answer("sqc.steps", None, False),))
    monitors.store.keep(with_result(_calibrated(monitors, screen), failed))
    text = _texts(panel)
    assert "Display failed its test" in text
    assert "Failed on 2026-03-01: Quick look" in text


def test_ambient_light_changes_the_picture_at_once(panel: QualityPanel, monitors: Monitors, screen: QScreen) -> None:
    monitors.store.keep(_calibrated(monitors, screen))
    field = _named(panel, QDoubleSpinBox, "In cd/m²")
    assert isinstance(field, QDoubleSpinBox)
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "5")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert monitors.calibration(screen).ambient_cd_m2 == 5.0
    assert not np.array_equal(monitors.calibration(screen).display_lut(), MEASURED.display_lut())


def test_lux_times_reflection_is_ambient_light(panel: QualityPanel, monitors: Monitors, screen: QScreen) -> None:
    _choose(panel, "Ambient light", True)
    lux = _named(panel, QDoubleSpinBox, "Illuminance (lx)")
    assert isinstance(lux, QDoubleSpinBox)
    assert lux.isVisibleTo(panel)
    lux.setValue(50.0)
    assert monitors.calibration(screen).ambient_cd_m2 == pytest.approx(50.0 * 0.005)


def test_more_greys_are_chosen_and_counted(panel: QualityPanel, monitors: Monitors, screen: QScreen) -> None:
    monitors.store.keep(_calibrated(monitors, screen))
    few = int(_texts(panel).split(" of 1024 P-values")[0].split()[-1])
    _choose(panel, "More greys", MoreGreys.BIT_STEALING)
    assert monitors.calibration(screen).more_greys is MoreGreys.BIT_STEALING
    assert int(_texts(panel).split(" of 1024 P-values")[0].split()[-1]) > 2 * few
    assert few <= 256


def test_ten_bits_are_offered_on_such_a_surface_only(panel: QualityPanel, monitors: Monitors, screen: QScreen) -> None:
    box = _named(panel, QComboBox, "More greys")
    assert isinstance(box, QComboBox)
    row = box.findData(MoreGreys.TEN_BITS)
    assert not box.model().flags(box.model().index(row, 0)) & Qt.ItemFlag.ItemIsEnabled
    # Chosen on another computer: it is said that this one does not show them, and what is counted is what is shown.
    record = _calibrated(monitors, screen)
    ten = replace(record.calibrated, calibration=replace(MEASURED, more_greys=MoreGreys.TEN_BITS))
    monitors.store.keep(replace(record, calibrated=ten))
    assert "8 bits a channel" in _texts(panel)
    assert int(_texts(panel).split(" of 1024 P-values")[0].split()[-1]) <= 256


def test_the_class_decides_the_limits(panel: QualityPanel, monitors: Monitors, screen: QScreen) -> None:
    monitors.store.keep(_calibrated(monitors, screen))
    assert "≥ 350" in _texts(panel)
    _choose(panel, "Used for", DisplayClass.MAMMOGRAPHY)
    assert monitors.record(screen).calibrated.display_class is DisplayClass.MAMMOGRAPHY
    assert "≥ 420" in _texts(panel)
    assert "✗ 350.1" in _texts(panel)


def test_the_interval_moves_the_day(panel: QualityPanel, monitors: Monitors, screen: QScreen) -> None:
    monitors.store.keep(_calibrated(monitors, screen))
    interval = _named(panel, QSpinBox, "Every (days)")
    assert isinstance(interval, QSpinBox)
    interval.setValue(20)
    assert monitors.record(screen).next_due == date(2026, 2, 21)
    assert "Display test overdue" in _texts(panel)
    assert "Overdue for 8 days" in _texts(panel)


def test_a_profile_from_a_file_is_taken_or_refused(
    panel: QualityPanel, monitors: Monitors, screen: QScreen, pressed: Pressed, tmp_path: Path
) -> None:
    section = panel.findChildren(ColourSection)[0]
    good, bad = tmp_path / "monitor.icc", tmp_path / "letter.icc"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    good.write_bytes(profile)
    bad.write_bytes(b"dear sir")
    section.take_file(bad)
    assert monitors.record(screen).profile_source is ProfileSource.NONE
    assert pressed.calls[-1].startswith("tell letter.icc")
    section.take_file(good)
    record = monitors.record(screen)
    assert (record.profile_source, record.calibrated.calibration.color.profile) == (ProfileSource.FILE, profile)
    assert "monitor.icc" in _texts(panel)
    _choose(panel, "Intent", RenderingIntent.RELATIVE)
    assert monitors.calibration(screen).color.intent is RenderingIntent.RELATIVE
    _choose(panel, "Profile", ProfileSource.NONE)
    assert monitors.calibration(screen).color.profile == b""


def test_buttons_and_the_menu_of_tests_ask_the_window(
    panel: QualityPanel, monitors: Monitors, screen: QScreen, pressed: Pressed
) -> None:
    monitors.store.keep(replace(_calibrated(monitors, screen), interval_days=10))
    for button in panel.findChildren(QPushButton):
        if button.menu() is None and button.isVisibleTo(panel):
            button.click()
        elif button.menu() is not None:
            button.menu().aboutToShow.emit()
            entries = button.menu().actions()
    assert pressed.calls == [
        *("calibrate", "check_ramp", "history", "report", "screen_size"),
        *("import_calibration", "export_calibration", "export_dicom"),
    ]
    response = next(entry for entry in entries if entry.text().startswith("Luminance response"))
    assert response.text() == "Luminance response (due)"
    response.trigger()
    assert pressed.calls[-1] == "test response"


def test_nothing_is_wider_than_the_panel(panel: QualityPanel, monitors: Monitors, screen: QScreen) -> None:
    monitors.store.keep(_calibrated(monitors, screen))
    QApplication.processEvents()
    body = panel.widget()
    assert body is not None
    assert body.minimumSizeHint().width() <= 290
    assert body.width() <= panel.viewport().width()


class _Longer(gettext.NullTranslations):
    """A language whose texts are longer than ours."""

    def gettext(self, message: str) -> str:
        return f"{message} 한글한글" if len(message) > 3 else message


def test_longer_languages_fit_too(monitors: Monitors, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(translation, "_catalogue", _Longer())
    panel = QualityPanel(monitors, QualityActions())
    qtbot.addWidget(panel)
    panel.resize(300, 700)
    panel.show()
    QApplication.processEvents()
    assert "한글" in _texts(panel)
    body = panel.widget()
    assert body is not None
    assert body.width() <= panel.viewport().width()


def test_esc_takes_back_what_is_typed_and_not_entered(panel: QualityPanel, monitors: Monitors, screen: QScreen) -> None:
    ambient, days = _named(panel, QDoubleSpinBox, "In cd/m²"), _named(panel, QSpinBox, "Every (days)")
    for field in (ambient, days):
        assert isinstance(field, QDoubleSpinBox | QSpinBox)
        before = field.text()
        field.setFocus()
        field.selectAll()
        QTest.keyClicks(field, "7")
        QTest.keyClick(field, Qt.Key.Key_Escape)
        assert field.text() == before
        field.clearFocus()
    assert monitors.calibration(screen).ambient_cd_m2 == DisplayCalibration().ambient_cd_m2
    assert monitors.store.all() == ()


@pytest.mark.parametrize("name", ["In cd/m²", "Every (days)"])
def test_the_wheel_scrolls_and_changes_nothing(
    panel: QualityPanel, monitors: Monitors, screen: QScreen, name: str
) -> None:
    kind: type[QDoubleSpinBox | QSpinBox] = QSpinBox if "days" in name else QDoubleSpinBox
    field = _named(panel, kind, name)
    panel.setFocus()
    QTest.mouseMove(field)
    turn = QWheelEvent(
        QPointF(5, 5),
        QPointF(field.mapToGlobal(QPoint(5, 5))),
        QPoint(),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(field, turn)
    assert monitors.store.all() == ()
    assert monitors.calibration(screen).ambient_cd_m2 == DisplayCalibration().ambient_cd_m2


def test_the_history_lists_what_was_found(monitors: Monitors, screen: QScreen, qtbot: QtBot) -> None:
    record = _calibrated(monitors, screen)
    first = TestResult("ratio", date(2026, 2, 3), (Answer("luminance_ratio", 350.0, True),), (1.0, 350.0))
    second = TestResult("daily", TODAY, (Answer("sqc.steps", None, False),), remark="<b>dust</b>")
    record = with_result(with_result(record, first), second)
    monitors.store.keep(record)
    window = HistoryWindow(monitors, screen)
    qtbot.addWidget(window)
    window.show()
    tests, answers = window.findChildren(QTableWidget)
    rows = [[tests.item(row, column).text() for column in range(4)] for row in range(tests.rowCount())]  # type: ignore[union-attr]
    assert rows == [
        ["2026-03-01", "Quick look", "failed", "0 of 1 passed"],
        ["2026-02-03", "Black, white and their ratio", "passed", "L'max/L'min 350"],
    ]
    assert "Remark: <b>dust</b>" in _texts(window)
    tests.setCurrentCell(1, 0)
    monitors.changed.emit()
    assert tests.currentRow() == 1
    assert answers.item(0, 2).text() == "250–450 (AAPM TG270)"  # type: ignore[union-attr]
    monitors.store.keep(with_result(record, replace(first, done_on=date(2026, 3, 2))))
    assert tests.rowCount() == 3


def test_round_steps_and_decades() -> None:
    assert round_steps(0, 15) == (0, 5, 10, 15)
    assert round_steps(0.0, 1.0) == (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
    assert round_steps(-28.75, 28.75) == (-20, -10, 0, 10, 20)
    assert decades(0.8, 450) == (1.0, 10.0, 100.0)
    assert decades(60, 450) == (100, 200)


def test_points_are_where_their_axes_say(qapp: QApplication) -> None:
    image = QImage(400, 300, QImage.Format.Format_RGB32)
    image.fill(QColor("#ffffff"))
    points = ((0.0, 1.0), (0.5, 10.0), (1.0, 100.0))
    plot = LinePlot("", Axis("", 0, 1), Axis("", 1, 100, True), (Series("", points, has_marks=True, is_joined=False),))
    painter = QPainter(image)
    plot.paint(painter, QRectF(0, 0, 400, 300), ON_PAPER, qapp.font())
    painter.end()
    ink = QColor(ON_PAPER.line).rgb()
    inked = np.array([(x, y) for x in range(400) for y in range(300) if image.pixel(x, y) == ink], np.float64)
    thirds = [inked[np.abs(inked[:, 0] - place) < 10] for place in np.linspace(inked[:, 0].min(), inked[:, 0].max(), 3)]
    low, middle, high = (third.mean(axis=0) for third in thirds)
    assert middle == pytest.approx((low + high) / 2, abs=1.0)
    assert high[0] - low[0] > 300
    assert low[1] - high[1] > 150
