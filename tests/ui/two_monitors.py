"""Two monitors at once, each with its own calibration; run by test_flow_monitors in a process that has them.

Qt's offscreen platform reads its screens from a file, and only when the process starts.
"""

import io
import os
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QImage, QPixmap, QScreen
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolButton

from tests.builders.gray_images import data_set, write
from tests.builders.icc_profiles import adobe_rgb_like
from tests.ui.flow_steps import viewport, wait_for
from tests.ui.program_window import open_window, pass_time, running
from tests.ui.viewport_scene import Scene
from viewer.display.calibration_record import CalibrationRecord, Method
from viewer.display.monitor_place import MonitorPlace
from viewer.display.monitor_record import Answer, MonitorRecord, TestResult
from viewer.imaging.display_calibration import CalibrationMode, DisplayCalibration, DisplayColor
from viewer.ui.main_window import MainWindow
from viewer.ui.monitors import Monitors
from viewer.ui.viewports.viewport import Viewport
from viewer.workspace.viewport_notes import notes_at

pytestmark = pytest.mark.usefixtures("qtbot")

TODAY = datetime.now().astimezone().date()
LOOKED_AT = os.environ.get("NEGATOSCOPE_LOOK")
"""A folder for pictures to be looked at."""

# PS3.14 7.1 and 7.2, written down once more: the truth these tests compare with.
_A, _B, _C, _D, _E = -1.3011877, -2.5840191e-2, 8.0242636e-2, -1.0320229e-1, 1.3646699e-1
_F, _G, _H, _K, _M = 2.8745620e-2, -2.5468404e-2, -3.1978977e-3, 1.2992634e-4, 1.3635334e-3
_INVERSE = (71.498068, 94.593053, 41.912053, 9.8247004, 0.28175407, -1.1878455, -0.18014349, 0.14710899, -0.017046845)


def gsdf(jnd: NDArray[np.float64]) -> NDArray[np.float64]:
    x = np.log(jnd)
    above = _A + _C * x + _E * x**2 + _G * x**3 + _M * x**4
    below = 1 + _B * x + _D * x**2 + _F * x**3 + _H * x**4 + _K * x**5
    return 10 ** (above / below)


def jnd_of(luminance: float) -> float:
    return float(sum(factor * np.log10(luminance) ** power for power, factor in enumerate(_INVERSE)))


def true_levels(curve: NDArray[np.float64], ambient: float) -> NDArray[np.uint8]:
    """Return the nearest driving level of each of the 65536 P-values, by looking at all of them."""
    seen = curve + ambient
    low, high = jnd_of(seen[0]), jnd_of(seen[-1])
    wanted = gsdf(low + np.arange(65536) / 65535 * (high - low))
    parts = [np.abs(part[:, None] - seen[None, :]).argmin(axis=1) for part in np.array_split(wanted, 64)]
    return np.concatenate(parts).astype(np.uint8)


def gamma_curve(low: float, high: float, gamma: float) -> NDArray[np.float64]:
    return low + (high - low) * (np.arange(256) / 255) ** gamma


BRIGHT = gamma_curve(0.5, 350.0, 2.2)
DIM = gamma_curve(0.2, 90.0, 3.0)


def measured(
    curve: NDArray[np.float64], ambient: float, mode: CalibrationMode = CalibrationMode.MEASURED
) -> CalibrationRecord:
    calibration = DisplayCalibration(mode, tuple(curve.tolist()), ambient)
    return CalibrationRecord(calibration, method=Method.CONTACT, measured_on=TODAY - timedelta(days=3))


def screens() -> tuple[QScreen, QScreen]:
    left, right = QGuiApplication.screens()
    return left, right


def calibrate(monitors: Monitors, screen: QScreen, calibrated: CalibrationRecord) -> None:
    monitors.store.keep(replace(monitors.record(screen), calibrated=calibrated))


def calibrate_both(monitors: Monitors) -> None:
    left, right = screens()
    calibrate(monitors, left, measured(BRIGHT, 0.3))
    calibrate(monitors, right, measured(DIM, 2.0, CalibrationMode.VISUAL_ESTIMATE))


@pytest.fixture
def every_grey(tmp_path: Path) -> Path:
    """An image of 256 x 256 pixels whose values are all P-values there are: its window changes nothing."""
    values = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    image = data_set(values, WindowCenter=32768, WindowWidth=65536, SeriesDescription="All greys")
    return write(tmp_path / "greys.dcm", image)


@pytest.fixture
def scene(every_grey: Path) -> Iterator[Scene]:
    with Scene([every_grey], size=(600, 400)) as made:
        calibrate_both(made.monitors)
        yield made


def greys_on_screen(on: Viewport) -> NDArray[np.uint8]:
    """Return the image's part of what is painted, without the rows that texts are written over."""
    picture = on.picture
    assert picture is not None
    left, top = (round(value) for value in picture.rendered.placement.to_viewport((0.0, 0.0)))
    return greys_of(on.grab().copy(left, top + 80, 100, 96))


def greys_of(pixmap: QPixmap) -> NDArray[np.uint8]:
    image = pixmap.toImage().convertToFormat(QImage.Format.Format_RGB32)
    words = np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), image.bytesPerLine() // 4)
    channels = [(words >> shift & 0xFF).astype(np.uint8) for shift in (0, 8, 16)]
    assert (channels[0] == channels[1]).all()
    assert (channels[0] == channels[2]).all()
    return channels[0][:, : image.width()]


def wanted_on_screen(curve: NDArray[np.float64], ambient: float) -> NDArray[np.uint8]:
    return true_levels(curve, ambient).reshape(256, 256)[80:176, :100]


def show_one_to_one(scene: Scene, *cells: int) -> None:
    for cell in cells:
        scene.show(0, cell=cell)
        scene.workspace.activate(cell)
        state = scene.workspace.viewport(cell)
        scene.workspace.change(replace(state, transform=state.transform.at_scale(1.0)), "1:1", cell=cell)
    scene.settle()


def move(scene: Scene, x: int, y: int = 100) -> None:
    scene.grid.window().move(x, y)
    for _number in range(5):
        QApplication.processEvents()
    scene.settle()


def chips(on: Viewport) -> list[str]:
    return [chip.text for chip in on.shown.texts.chips]


def look_at(pixmap: QPixmap, name: str) -> None:
    if LOOKED_AT:
        pixmap.save(str(Path(LOOKED_AT) / name))


def test_the_two_truths_are_not_alike() -> None:
    bright, dim = (true_levels(*each).astype(int) for each in ((BRIGHT, 0.3), (DIM, 2.0)))
    assert (bright != dim).mean() > 0.8
    assert abs(bright[32768] - dim[32768]) > 10


def test_two_viewports_of_one_window_are_each_drawn_for_the_monitor_under_it(scene: Scene) -> None:
    left, _right = screens()
    scene.workspace.set_layout(1, 2)
    scene.grid.resize(1000, 400)
    move(scene, left.geometry().width() - 500)
    show_one_to_one(scene, 0, 1)
    one, other = scene.viewport(0), scene.viewport(1)
    assert (one.place.title, other.place.title) == ("Left", "Right")
    assert (greys_on_screen(one) == wanted_on_screen(BRIGHT, 0.3)).all()
    assert (greys_on_screen(other) == wanted_on_screen(DIM, 2.0)).all()
    assert any(chip.startswith(f"GSDF {TODAY - timedelta(days=3)} κ ") for chip in chips(one))
    assert "VISUAL ESTIMATE" in chips(other)
    look_at(scene.grid.grab(), "two_viewports.png")


def test_a_window_that_moves_takes_the_greys_of_the_other_monitor(scene: Scene) -> None:
    show_one_to_one(scene, 0)
    on = scene.viewport(0)
    for _round in range(2):
        move(scene, 100)
        assert (greys_on_screen(on) == wanted_on_screen(BRIGHT, 0.3)).all()
        assert any(chip.startswith("GSDF") for chip in chips(on))
        look_at(on.grab(), "on_the_left.png")
        move(scene, 1500)
        assert (greys_on_screen(on) == wanted_on_screen(DIM, 2.0)).all()
        assert "VISUAL ESTIMATE" in chips(on)
        look_at(on.grab(), "on_the_right.png")


def test_a_viewport_on_two_monitors_says_so_and_its_middle_decides(scene: Scene) -> None:
    show_one_to_one(scene, 0)
    on = scene.viewport(0)
    width = screens()[0].geometry().width()
    move(scene, width - 400)  # two thirds on the left
    assert on.place.title == "Left"
    assert chips(on)[0] == "TWO MONITORS"
    assert any("another monitor (Right)" in note.text and note.is_caution for note in notes_at(scene.workspace, 0))
    assert (greys_on_screen(on) == wanted_on_screen(BRIGHT, 0.3)).all()
    look_at(on.grab(), "on_two.png")
    move(scene, width - 200)  # two thirds on the right
    assert on.place.title == "Right"
    assert chips(on)[0] == "TWO MONITORS"
    assert (greys_on_screen(on) == wanted_on_screen(DIM, 2.0)).all()
    move(scene, width + 10)
    assert "TWO MONITORS" not in chips(on)
    calibrate(scene.monitors, screens()[0], scene.monitors.record(screens()[1]).calibrated)
    move(scene, width - 200)
    assert "TWO MONITORS" not in chips(on)  # they show the same: nothing is wrong


def test_greys_follow_the_light_of_the_room(scene: Scene) -> None:
    move(scene, 100)
    show_one_to_one(scene, 0)
    on = scene.viewport(0)
    for ambient in (0.1, 5.0, 0.3):
        calibrate(scene.monitors, screens()[0], measured(BRIGHT, ambient))
        scene.settle()
        assert (greys_on_screen(on) == wanted_on_screen(BRIGHT, ambient)).all()
    before = on.picture
    calibrate(scene.monitors, screens()[1], measured(DIM, 0.7))
    scene.settle()
    assert on.picture is before  # the other monitor's light is none of its business


def test_what_was_asked_for_the_other_monitor_never_comes_on_screen(scene: Scene) -> None:
    show_one_to_one(scene, 0)
    on = scene.viewport(0)
    wrong: list[str] = []

    def shown() -> None:
        rendered = on.shown.rendered
        if rendered is not None and rendered.calibration != on.place.calibration:
            wrong.append(on.place.title)

    on.picture_shown.connect(shown)
    chance = random.Random(7)
    for number in range(60):
        scene.grid.window().move(chance.choice((50, 1500)), 50)
        state = scene.workspace.viewport(0)
        view = replace(state.view, inverted=not state.view.inverted)
        scene.workspace.change(replace(state, view=view), "Invert", cell=0)
        for _wait in range(chance.randrange(4)):
            QApplication.processEvents()
        if number % 7 == 0:
            pass_time(0.02)
    scene.settle()
    assert wrong == []
    assert on.shown.rendered is not None
    assert on.shown.rendered.calibration == on.place.calibration == scene.monitors.calibration_at(on)


def test_the_magnifier_shows_the_greys_of_its_viewport(scene: Scene) -> None:
    show_one_to_one(scene, 0)
    on = scene.viewport(0)
    move(scene, 100)
    on.aids.show_magnifier((300.0, 200.0))
    wait_for(lambda: on.aids.item.glass is not None)
    for x, curve, ambient in ((1500, DIM, 2.0), (100, BRIGHT, 0.3)):
        move(scene, x)
        wait_for(
            lambda: on.aids.item.glass is not None and on.aids.item.glass.rendered.calibration == on.place.calibration
        )
        glass = on.aids.item.glass
        assert glass is not None
        found = set(np.unique(glass.rendered.pixels).tolist())
        assert found <= set(true_levels(curve, ambient).tolist())


def test_a_hidden_viewport_is_right_when_it_is_seen_again(scene: Scene) -> None:
    scene.workspace.set_layout(1, 2)
    scene.grid.resize(1000, 400)
    move(scene, 50)
    show_one_to_one(scene, 0, 1)
    scene.workspace.toggle_maximized(0)
    scene.settle()
    move(scene, 1400)
    scene.workspace.toggle_maximized(0)
    scene.settle()
    assert (greys_on_screen(scene.viewport(1)) == wanted_on_screen(DIM, 2.0)).all()


def test_a_click_on_the_fidelity_chip_asks_for_the_page_of_the_monitor(scene: Scene) -> None:
    move(scene, 1500)
    show_one_to_one(scene, 0)
    on = scene.viewport(0)
    on.grab()
    wanted: list[str] = []
    scene.grid.panel_wanted.connect(wanted.append)
    places = [
        QPoint(x, on.height() - 12)
        for x in range(on.width())
        if (chip := on.chip_at(QPointF(x, on.height() - 12))) is not None and chip.text == "VISUAL ESTIMATE"
    ]
    QTest.mouseClick(on, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, places[len(places) // 2])
    assert wanted == ["display"]


def test_a_day_later_the_test_is_overdue(every_grey: Path) -> None:
    with Scene([every_grey]) as scene:
        day = [TODAY]
        scene.monitors._today = lambda: day[0]
        record = replace(scene.monitors.record(screens()[0]), calibrated=measured(BRIGHT, 0.3), due_on=TODAY)
        scene.monitors.store.keep(record)
        move(scene, 100)
        on = scene.show(0)
        assert any(chip.startswith("GSDF") for chip in chips(on))
        day[0] += timedelta(days=1)
        scene.monitors.look_again()
        assert "QA OVERDUE" in chips(on)
        assert any("overdue" in note.text and note.is_caution for note in notes_at(scene.workspace, 0))
        failed = TestResult("response", TODAY, (Answer("kappa", 0.14, passes=False),))
        scene.monitors.store.keep(replace(record, tests=(failed,)))
        assert "QA FAILED" in chips(on)


def _foot(window: MainWindow) -> tuple[str, str]:
    button = next(each for each in window.statusBar().findChildren(QToolButton) if each.text().startswith("Display"))
    return button.text(), button.toolTip()


def _keep(folder: Path) -> None:
    """Calibrate both monitors in a settings folder, as an earlier run of the program did."""
    from viewer.display.monitor_store import MonitorStore

    monitors = Monitors(MonitorStore(folder))
    calibrate_both(monitors)
    monitors.close()


def test_the_program_draws_windows_thumbnails_and_foot_for_their_monitor(
    qapp: QApplication, tmp_path: Path, every_grey: Path
) -> None:
    _keep(tmp_path / "config")
    with running(qapp, tmp_path) as programme:
        first = open_window(programme, every_grey, size=(1100, 760))
        first.move(50, 50)
        programme.new_window()
        second = programme.windows[-1]
        wait_for(lambda: second.workspace.displayed(0) is not None)
        assert second.screen().name() == "Right"  # the monitor without a window
        pass_time(0.5)
        assert viewport(first).place.title == "Left"
        assert viewport(second).place.title == "Right"
        assert _foot(first)[0].startswith("Display calibrated, κ ")
        assert _foot(second)[0].startswith("Display matched by eye")
        for window, curve, ambient, name in ((first, BRIGHT, 0.3, "first"), (second, DIM, 2.0, "second")):
            rendered = viewport(window).shown.rendered
            assert rendered is not None
            assert set(np.unique(rendered.pixels).tolist()) <= set(true_levels(curve, ambient).tolist())
            look_at(window.grab(), f"{name}_window.png")
        first.workspace.set_layout(1, 2)
        first.move(screens()[0].geometry().width() - 600, 50)
        wait_for(lambda: "2 monitors" in _foot(first)[0])
        assert "Viewport 2: Right" in _foot(first)[1]
        pass_time(0.3)
        look_at(first.grab(), "first_window_on_two.png")
        first.move(1400, 60)
        wait_for(lambda: _foot(first)[0].startswith("Display matched by eye"))
        pass_time(0.5)
        look_at(first.grab(), "first_window_moved.png")


def test_thumbnails_are_made_anew_for_another_monitor(qapp: QApplication, tmp_path: Path, every_grey: Path) -> None:
    _keep(tmp_path / "config")
    from viewer.ui.browser.study_browser import StudyBrowser

    with running(qapp, tmp_path) as programme:
        window = open_window(programme, every_grey, size=(1100, 760))
        browser = window.findChild(StudyBrowser)
        assert browser is not None

        def middle_grey() -> int:
            window.grab()
            pictures = [each.picture for each in browser._thumbnails._thumbnails.values()]
            assert len(pictures) == 1
            return int(np.median(greys_of(QPixmap.fromImage(pictures[0])))) if pictures[0] is not None else -1

        def is_near(wanted: int) -> bool:
            return abs(middle_grey() - wanted) <= 2

        bright, dim = (int(true_levels(*each)[32768]) for each in ((BRIGHT, 0.3), (DIM, 2.0)))
        for x, wanted in ((50, bright), (1400, dim), (50, bright)):
            window.move(x, 50)
            wait_for(partial(is_near, wanted))


def test_a_monitor_that_is_pulled_out_leaves_a_window_that_is_right(scene: Scene) -> None:
    show_one_to_one(scene, 0)
    on = scene.viewport(0)
    move(scene, 1500)
    assert on.place.title == "Right"
    told: list[MonitorPlace] = []
    on.place_changed.connect(lambda: told.append(on.place))
    application = QGuiApplication.instance()
    assert isinstance(application, QGuiApplication)
    scene.grid.window().move(100, 100)  # what systems do with the windows of a monitor that is gone
    application.screenRemoved.emit(screens()[1])
    for _number in range(5):
        QApplication.processEvents()
    scene.settle()
    assert told[-1].title == "Left"
    assert (greys_on_screen(on) == wanted_on_screen(BRIGHT, 0.3)).all()


def test_colours_are_brought_to_the_profile_of_each_monitor(tmp_path: Path) -> None:
    colour = (200, 60, 30)
    pixels = np.tile(np.array(colour, np.uint8), (64, 64)).reshape(64, 192)
    rgb = {"Columns": 64, "SamplesPerPixel": 3, "PlanarConfiguration": 0, "PhotometricInterpretation": "RGB"}
    path = write(tmp_path / "colour.dcm", data_set(pixels, **rgb))
    profile = adobe_rgb_like()
    srgb = ImageCms.createProfile("sRGB")
    transform = ImageCms.buildTransform(srgb, ImageCms.getOpenProfile(io.BytesIO(profile)), "RGB", "RGB")
    wanted = ImageCms.applyTransform(Image.new("RGB", (1, 1), colour), transform)
    assert wanted is not None
    with Scene([path], size=(1000, 400)) as scene:
        calibrate_both(scene.monitors)
        right = measured(DIM, 2.0)
        with_colour = replace(right.calibration, color=DisplayColor(profile))
        calibrate(scene.monitors, screens()[1], replace(right, calibration=with_colour))
        scene.workspace.set_layout(1, 2)
        move(scene, screens()[0].geometry().width() - 500)
        for cell in (0, 1):
            scene.show(0, cell=cell)
            scene.settle()
        found = [_middle(scene.viewport(cell)) for cell in (0, 1)]
        assert found[0] == colour
        assert np.abs(np.subtract(found[1], np.asarray(wanted)[0, 0])).max() <= 1  # a table of 3D against LittleCMS
        assert np.abs(np.subtract(found[1], colour)).max() > 10
        assert not any(chip.startswith(("GSDF", "VISUAL", "NOT CAL")) for chip in chips(scene.viewport(0)))
        sentences = ["\n".join(note.text for note in notes_at(scene.workspace, cell)) for cell in (0, 1)]
        assert "sRGB monitor" in sentences[0]
        assert "own colour profile" in sentences[1]


def _middle(on: Viewport) -> tuple[int, int, int]:
    image = on.grab().toImage()
    colour = image.pixelColor(image.width() // 2, image.height() // 2)
    return colour.red(), colour.green(), colour.blue()


def test_records_of_two_monitors_without_serial_numbers_are_apart() -> None:
    from viewer.display.monitor_store import MonitorStore

    monitors = Monitors(MonitorStore(Path("nowhere"), is_kept=False))
    left, right = screens()
    assert not monitors.identity(left).is_certain
    assert monitors.identity(left).key != monitors.identity(right).key
    calibrate(monitors, left, measured(BRIGHT, 0.3))
    assert monitors.record(right) == MonitorRecord(monitors.identity(right))
    monitors.close()
