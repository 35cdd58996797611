"""A bank card held to the screen tells how large its pixels are; hands on the keyboard alone can say so."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication, QImage, QScreen
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from tests.ui.program_window import open_window, pass_time, running, write_series
from viewer.base.translation import set_language
from viewer.display.monitor import MonitorIdentity
from viewer.display.monitor_store import MonitorStore
from viewer.display.true_pitch import GAUGES, doubts, frame_of_pitch, pitch_of_frame, pixels_per_inch, system_pitch_mm
from viewer.ui.calibration.gauge_canvas import MARGIN_PX
from viewer.ui.calibration.screen_size import ScreenSizeDialog
from viewer.ui.monitors import Monitors
from viewer.ui.theme import colours
from viewer.ui.viewports.viewport import Viewport
from viewer.workspace.commands.table import BY_ID

CARD, RULER = GAUGES["card"], GAUGES["ruler"]
SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def monitors(qapp: QApplication, tmp_path: Path) -> Iterator[Monitors]:
    assert qapp
    made = Monitors(MonitorStore(tmp_path))
    yield made
    made.close()


@pytest.fixture
def screen(monitors: Monitors) -> QScreen:
    return monitors.screens[0]


@pytest.fixture
def dialog(monitors: Monitors, screen: QScreen) -> Iterator[ScreenSizeDialog]:
    made = ScreenSizeDialog(monitors, screen)
    made.show()
    QApplication.processEvents()
    yield made
    made.close()
    made.deleteLater()


def _press(widget: QWidget, key: Qt.Key, times: int = 1, modifier: Qt.KeyboardModifier | None = None) -> None:
    for _time in range(times):
        QTest.keyClick(widget, key, modifier or Qt.KeyboardModifier.NoModifier)


def _texts(dialog: ScreenSizeDialog) -> str:
    return "\n".join(label.text() for label in dialog.findChildren(QLabel))


def test_a_card_and_a_ruler_are_as_large_as_the_standards_say() -> None:
    assert (CARD.width_mm, CARD.height_mm) == (85.60, 53.98)  # ISO/IEC 7810 ID-1
    assert RULER.width_mm == 100.0
    assert frame_of_pitch(CARD, (0.2, 0.2)) == (428, 270)
    assert frame_of_pitch(RULER, (0.25, 0.25)) == (400, 200)
    assert pitch_of_frame(CARD, (428, 300), is_square=True) == pytest.approx((0.2, 0.2))
    assert pitch_of_frame(RULER, (500, 100), is_square=False) == (0.2, 0.5)
    assert pixels_per_inch((0.254, 0.254)) == pytest.approx(100.0)


def test_the_system_states_a_size_or_it_does_not() -> None:
    stated = MonitorIdentity(size_px=(1920, 1200), size_mm=(518.4, 324.0))
    assert system_pitch_mm(stated) == pytest.approx((0.27, 0.27))
    for nothing in ((0.0, 0.0), (518.4, 0.0), (-1.0, 2.0), (float("nan"), 2.0), (float("inf"), 2.0)):
        assert system_pitch_mm(MonitorIdentity(size_px=(1920, 1200), size_mm=nothing)) is None
    assert system_pitch_mm(MonitorIdentity(size_mm=(1.0, 1.0))) is None


@pytest.mark.parametrize(
    ("pitch", "system", "words"),
    [
        ((0.2, 0.2), (0.2, 0.2), ()),
        ((0.249, 0.249), (0.2, 0.2), ()),
        ((0.26, 0.26), (0.2, 0.2), ("More than 25 %",)),
        ((0.14, 0.14), (0.2, 0.2), ("More than 25 %",)),
        ((0.04, 0.04), None, ("No monitor",)),
        ((1.2, 1.2), None, ("No monitor",)),
        ((0.2, 0.21), None, ("Pixels would be",)),
    ],
)
def test_what_is_hard_to_believe_is_said(
    pitch: tuple[float, float], system: tuple[float, float] | None, words: tuple[str, ...]
) -> None:
    told = doubts(pitch, system)
    assert len(told) == len(words)
    for sentence, word in zip(told, words, strict=True):
        assert word in sentence


def test_arrows_fit_the_frame_and_enter_keeps_the_pitch(
    dialog: ScreenSizeDialog, monitors: Monitors, screen: QScreen
) -> None:
    width = dialog.canvas.frame_px[0]
    assert "This is what the system states" in _texts(dialog)
    assert dialog.pitch_mm is None
    _press(dialog.canvas, Qt.Key.Key_Right, 3)
    _press(dialog.canvas, Qt.Key.Key_Left, 1)
    _press(dialog.canvas, Qt.Key.Key_Right, 2, SHIFT)
    assert dialog.canvas.frame_px == (width + 22, round((width + 22) * 53.98 / 85.60))
    wanted = 85.60 / (width + 22)
    assert f"{wanted:.4f} mm a pixel, {25.4 / wanted:.1f} ppi" in _texts(dialog)
    stated = screen.physicalSize().width() / screen.size().width()
    assert f"the difference is −{100 - 100 * wanted / stated:.1f} %" in _texts(dialog)
    _press(dialog.canvas, Qt.Key.Key_Return)
    assert not dialog.isVisible()
    assert monitors.record(screen).pixel_pitch_mm == (wanted, wanted)
    assert monitors.pixels_per_mm(screen) == pytest.approx(1 / wanted)


def test_the_height_can_be_fitted_too_and_leads_where_pixels_are_square(dialog: ScreenSizeDialog) -> None:
    width, height = dialog.canvas.frame_px
    _press(dialog.canvas, Qt.Key.Key_Down, 1, SHIFT)
    assert dialog.canvas.frame_px[1] == pytest.approx(height + 10, abs=1)
    assert dialog.canvas.frame_px[0] == pytest.approx(width + 10 * 85.60 / 53.98, abs=2)
    dialog.lock.setChecked(False)
    width, height = dialog.canvas.frame_px
    _press(dialog.canvas, Qt.Key.Key_Up, 1, SHIFT)
    assert dialog.canvas.frame_px == (width, height - 10)
    assert dialog.pitch_mm == (85.60 / width, 53.98 / (height - 10))
    assert "those of monitors are square" in _texts(dialog)


def test_the_mouse_draws_the_frame_out_from_where_it_is(dialog: ScreenSizeDialog) -> None:
    width, _height = dialog.canvas.frame_px
    start = QPoint(100, 100)
    QTest.mousePress(dialog.canvas, Qt.MouseButton.LeftButton, pos=start)
    assert dialog.canvas.frame_px[0] == width
    QTest.mouseMove(dialog.canvas, start + QPoint(37, 5))
    QTest.mouseRelease(dialog.canvas, Qt.MouseButton.LeftButton, pos=start + QPoint(37, 5))
    assert dialog.canvas.frame_px[0] == width + 37
    QTest.mouseMove(dialog.canvas, QPoint(10, 10))
    assert dialog.canvas.frame_px[0] == width + 37


def test_a_size_far_from_the_systems_is_doubted_aloud(dialog: ScreenSizeDialog) -> None:
    _press(dialog.canvas, Qt.Key.Key_Left, 9, SHIFT)
    assert "does the frame really fit?" in dialog.warning.text()
    _press(dialog.canvas, Qt.Key.Key_Right, 9, SHIFT)
    assert dialog.warning.text() == ""


def test_the_systems_value_comes_back_and_is_kept_as_such(monitors: Monitors, screen: QScreen) -> None:
    first = ScreenSizeDialog(monitors, screen)
    _press(first.canvas, Qt.Key.Key_Right, 5)
    first.keep()
    assert monitors.record(screen).pixel_pitch_mm is not None
    second = ScreenSizeDialog(monitors, screen)
    assert second.pitch_mm == first.pitch_mm
    second.use_system()
    assert second.pitch_mm is None
    second.keep()
    assert monitors.record(screen).pixel_pitch_mm is None


def test_escape_changes_nothing(dialog: ScreenSizeDialog, monitors: Monitors, screen: QScreen) -> None:
    _press(dialog.canvas, Qt.Key.Key_Right, 5)
    _press(dialog.canvas, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
    assert monitors.record(screen).pixel_pitch_mm is None


def test_enter_on_a_button_presses_that_button(dialog: ScreenSizeDialog, monitors: Monitors, screen: QScreen) -> None:
    _press(dialog.canvas, Qt.Key.Key_Right, 5)
    dialog.reset.setFocus()
    _press(dialog.reset, Qt.Key.Key_Return)
    assert dialog.isVisible()
    assert dialog.pitch_mm is None
    assert monitors.record(screen).pixel_pitch_mm is None


def test_everything_is_reached_by_the_keyboard_and_has_a_name(dialog: ScreenSizeDialog) -> None:
    dialog.activateWindow()
    dialog.canvas.setFocus()
    reached: list[QWidget] = []
    for _step in range(12):
        focus = dialog.focusWidget()
        if focus is not None and focus not in reached:
            reached.append(focus)
        dialog.focusNextChild()
    assert dialog.canvas in reached
    assert dialog.keep_button in reached
    assert dialog.lock in reached
    assert dialog.canvas.accessibleName()
    assert dialog.canvas.accessibleDescription()


def test_the_frame_is_drawn_exactly_as_large_as_it_says(dialog: ScreenSizeDialog) -> None:
    dialog.canvas.set_gauge(RULER)
    picture: QImage = dialog.canvas.grab().toImage()
    black = colours().viewport
    row = [picture.pixelColor(x, MARGIN_PX + 9).name() for x in range(picture.width())]
    column = [picture.pixelColor(MARGIN_PX + 9, y).name() for y in range(picture.height())]
    width, height = dialog.canvas.frame_px
    assert [x for x, name in enumerate(row) if name != black] == list(range(MARGIN_PX, MARGIN_PX + width))
    assert [y for y, name in enumerate(column) if name != black] == list(range(MARGIN_PX, MARGIN_PX + height))


def test_another_gauge_keeps_the_pitch(dialog: ScreenSizeDialog) -> None:
    before = dialog.canvas.pitch_mm[0]
    dialog.canvas.set_gauge(RULER)
    assert dialog.canvas.pitch_mm[0] == pytest.approx(before, rel=0.003)
    assert dialog.canvas.frame_px[0] == round(100 / before)


def test_a_pitch_that_cannot_be_written_is_told(dialog: ScreenSizeDialog, tmp_path: Path) -> None:
    (tmp_path / "monitors").write_text("where the folder should be")
    _press(dialog.canvas, Qt.Key.Key_Right)
    dialog.keep()
    assert dialog.isVisible()
    assert dialog.warning.text()


def test_korean_fits(qapp: QApplication, monitors: Monitors, screen: QScreen) -> None:
    set_language("ko")
    try:
        dialog = ScreenSizeDialog(monitors, screen)
        dialog.show()
        qapp.processEvents()
        for label in dialog.findChildren(QLabel):
            assert label.height() >= label.heightForWidth(label.width())
        dialog.close()
    finally:
        set_language("en")
    assert QGuiApplication.primaryScreen() is screen


def test_a_measured_monitor_makes_true_size_true(qapp: QApplication, tmp_path: Path) -> None:
    series = write_series(tmp_path / "series", count=1)  # pixels of 0.75 mm
    with running(qapp, tmp_path) as programme:
        window = open_window(programme, series)
        monitors, workspace = programme.monitors, window.workspace
        monitor = monitors.screens[0]

        def zoom() -> str:
            pass_time(0.3)
            viewport = window.widget_at(workspace.active)
            assert isinstance(viewport, Viewport)
            return viewport.shown.texts.bottom_left[-1].text

        def keep(pitch: float) -> None:
            monitors.store.keep(replace(monitors.record(monitor), pixel_pitch_mm=(pitch, pitch)))

        BY_ID["view.true_size"].run(workspace)
        assert zoom().endswith("true size, as the monitor states")
        keep(0.25)
        assert "true size" not in zoom()  # the picture is still as large as before
        BY_ID["view.true_size"].run(workspace)
        assert zoom() == "Zoom 300 %  true size"
        keep(0.15)
        assert zoom() == "Zoom 300 %"
        BY_ID["view.true_size"].run(workspace)
        assert zoom() == "Zoom 500 %  true size"
