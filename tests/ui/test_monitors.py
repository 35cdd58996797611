"""Who a monitor is, by what the system tells of it: serial numbers that tell nothing, places that changed."""

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, cast

import pytest
from PySide6.QtCore import QPoint, QPointF, QRect, QSizeF, Qt
from PySide6.QtGui import QGuiApplication, QScreen
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel, QWidget

from tests.ui.flow_steps import viewport, wait_for
from tests.ui.program_window import open_window, running, write_series
from viewer.base.errors import DisplayError
from viewer.display.calibration_record import CalibrationRecord
from viewer.display.monitor import MonitorIdentity
from viewer.display.monitor_record import MonitorRecord, ProfileSource, StateKind
from viewer.display.monitor_store import MonitorStore
from viewer.imaging.display_calibration import CalibrationMode, DisplayCalibration, MoreGreys
from viewer.ui.main_window import MainWindow
from viewer.ui.monitor_identities import identities_of
from viewer.ui.monitors import Monitors
from viewer.ui.quality.quality_panel import QualityPanel
from viewer.ui.side_pages import SidePages

pytestmark = pytest.mark.usefixtures("qtbot")

CURVE = tuple(0.3 + 300 * (level / 1023) ** 2.2 for level in range(1024))


@dataclass(frozen=True)
class _Screen:
    """A screen as QScreen tells of it."""

    serial: str = ""
    at: tuple[int, int] = (0, 0)
    connector: str = "DP-1"
    ratio: float = 1.0

    def manufacturer(self) -> str:
        return "EIZO"

    def model(self) -> str:
        return "RX360"

    def serialNumber(self) -> str:  # noqa: N802 - Qt's name
        return self.serial

    def name(self) -> str:
        return self.connector

    def geometry(self) -> QRect:
        return QRect(*self.at, 1536, 2048)

    def devicePixelRatio(self) -> float:  # noqa: N802 - Qt's name
        return self.ratio

    def physicalSize(self) -> QSizeF:  # noqa: N802 - Qt's name
        return QSizeF(324.0, 433.0)


def identities(*screens: _Screen) -> list[MonitorIdentity]:
    return list(identities_of(cast("Any", screens)).values())


def screen() -> QScreen:
    return QGuiApplication.screens()[0]


def measured(mode: CalibrationMode = CalibrationMode.MEASURED, **changes: Any) -> CalibrationRecord:
    return CalibrationRecord(DisplayCalibration(mode, CURVE, **changes), measured_on=date(2026, 11, 2))


def test_a_serial_number_tells_a_monitor_wherever_it_stands() -> None:
    (here,), (there,) = identities(_Screen("S1")), identities(_Screen("S1", (1536, 0), "DP-2", 2.0))
    assert here.is_certain
    assert here.key == there.key
    assert there.size_px == (3072, 4096)


def test_two_alike_monitors_never_share_a_record() -> None:
    for serial in ("", "0", "0000000", "16843009", "S1"):
        pair = identities(_Screen(serial), _Screen(serial, (1536, 0), "DP-2"))
        assert len({each.key for each in pair}) == 2
        assert not any(each.is_certain for each in pair)
    pair = identities(_Screen("S1"), _Screen("S2", (1536, 0)))
    assert all(each.is_certain for each in pair)


def words(window: MainWindow) -> str:
    """Return what the foot of a window says."""
    return " ".join(label.text() for label in window.job_line.findChildren(QLabel))


def moved_monitor(monitors: Monitors, **changes: Any) -> MonitorIdentity:
    """Keep a record of what the one screen was when it stood elsewhere, and return who it is now."""
    now = monitors.identity(screen())
    before = replace(now, position=(5000, 0), **changes)
    monitors.store.keep(MonitorRecord(before, measured()))
    return now


def test_a_monitor_that_moved_is_offered_its_record_and_never_given_it(tmp_path: Path) -> None:
    monitors = Monitors(MonitorStore(tmp_path))
    now = moved_monitor(monitors)
    likely = monitors.likely_record(now)
    assert likely is not None
    assert likely.calibrated == measured()
    assert monitors.record(screen()) == MonitorRecord(now)
    assert monitors.state(screen()).kind is StateKind.NOT_CALIBRATED
    assert monitors.adopt(now)
    assert monitors.record(screen()) == MonitorRecord(now, measured())
    assert monitors.likely_record(now) is None
    assert [record.identity for record in monitors.store.all()] == [now]
    assert not monitors.adopt(now)
    monitors.close()


@pytest.mark.parametrize("changes", [{"model": "another"}, {"size_px": (10, 10)}, {"name": "DP-9"}])
def test_a_monitor_that_is_not_alike_is_not_offered(tmp_path: Path, changes: dict[str, Any]) -> None:
    monitors = Monitors(MonitorStore(tmp_path))
    assert monitors.likely_record(moved_monitor(monitors, **changes)) is None
    monitors.close()


def test_of_two_likely_records_none_is_offered(tmp_path: Path) -> None:
    monitors = Monitors(MonitorStore(tmp_path))
    now = moved_monitor(monitors)
    monitors.store.keep(MonitorRecord(replace(now, position=(9000, 0))))
    assert monitors.likely_record(now) is None
    monitors.close()


def test_the_program_asks_whether_it_is_the_same_monitor(qapp: Any, tmp_path: Path) -> None:
    kept = Monitors(MonitorStore(tmp_path / "config"))
    moved_monitor(kept)
    kept.close()
    with running(qapp, tmp_path) as programme:
        window = open_window(programme, size=(900, 700))
        assert "calibrated in another place" in words(window)
        assert programme.monitors.state(screen()).kind is StateKind.NOT_CALIBRATED
        link = next(each for each in window.job_line.findChildren(QAbstractButton) if each.text() == "It is the same")
        link.click()
        assert programme.monitors.state(screen()).kind is not StateKind.NOT_CALIBRATED


def test_a_pitch_measured_on_the_glass_counts_before_what_the_system_states(tmp_path: Path) -> None:
    monitors = Monitors(MonitorStore(tmp_path))
    widget = QWidget()
    stated = screen().physicalDotsPerInch() * screen().devicePixelRatio() / 25.4
    assert monitors.pixels_per_mm_at(widget) == pytest.approx(stated)
    record = monitors.record(screen())
    monitors.store.keep(replace(record, pixel_pitch_mm=(0.25, 0.26)))
    assert monitors.pixels_per_mm_at(widget) == pytest.approx(1 / 0.255)  # the mean of both sides
    monitors.close()


def test_ten_bits_are_drawn_only_where_windows_have_them(tmp_path: Path) -> None:
    monitors = Monitors(MonitorStore(tmp_path))
    record = replace(monitors.record(screen()), calibrated=measured(more_greys=MoreGreys.TEN_BITS))
    monitors.store.keep(record)
    assert monitors.record(screen()).calibrated.calibration.more_greys is MoreGreys.TEN_BITS
    assert monitors.calibration(screen()).more_greys is MoreGreys.NONE
    monitors.close()


def test_only_what_was_measured_has_a_foretold_kappa(tmp_path: Path) -> None:
    monitors = Monitors(MonitorStore(tmp_path))
    for mode, is_known in ((CalibrationMode.MEASURED, True), (CalibrationMode.VISUAL_ESTIMATE, False)):
        monitors.store.keep(replace(monitors.record(screen()), calibrated=measured(mode)))
        assert (monitors.state(screen()).kappa is not None) is is_known
    monitors.close()


def test_the_profile_of_the_system_is_read_when_the_monitor_appears(tmp_path: Path) -> None:
    waiting: list[Any] = []
    monitors = Monitors(MonitorStore(tmp_path), read_profile=lambda _who, _index, done: waiting.append(done))
    told: list[str] = []
    monitors.changed.connect(lambda: told.append("changed"))
    monitors.store.keep(replace(monitors.record(screen()), profile_source=ProfileSource.SYSTEM))
    assert monitors.calibration(screen()).color.profile == b"", "sRGB until it is read"
    assert len(waiting) == 1
    told.clear()
    waiting[0](b"profile")
    wait_for(lambda: told)
    assert monitors.calibration(screen()).color.profile == b"profile"
    assert len(waiting) == 1
    monitors.close()


def test_a_broken_profile_of_the_system_is_told_and_srgb_stands_in(tmp_path: Path) -> None:
    def broken(*_given: object) -> None:
        raise DisplayError("The colour profile is cut off")

    monitors = Monitors(MonitorStore(tmp_path), read_profile=broken)
    monitors.store.keep(replace(monitors.record(screen()), profile_source=ProfileSource.SYSTEM))
    assert monitors.calibration(screen()).color.profile == b""
    assert [str(problem) for problem in monitors.problems] == ["The colour profile is cut off"]
    monitors.close()


def test_a_broken_file_of_a_monitor_is_told_in_the_window(qapp: Any, tmp_path: Path) -> None:
    kept = Monitors(MonitorStore(tmp_path))
    key = kept.identity(screen()).key
    kept.close()
    folder = tmp_path / "config" / "monitors"
    folder.mkdir(parents=True)
    (folder / f"{key}.json").write_text("{", "utf-8")
    with running(qapp, tmp_path) as programme:
        window = open_window(programme, size=(900, 700))
        assert "counts as not calibrated" in words(window)
        assert (folder / f"{key}.bad").exists()


def test_an_ambient_light_changed_in_one_window_is_in_force_in_all(qapp: Any, tmp_path: Path) -> None:
    with running(qapp, tmp_path) as programme:
        series = write_series(tmp_path / "ct")
        windows = [open_window(programme, series, size=(900, 700)), open_window(programme)]
        record = replace(programme.monitors.record(screen()), calibrated=measured(ambient_cd_m2=3.0))
        programme.monitors.store.keep(record)
        for window in windows:
            assert viewport(window).place.calibration.ambient_cd_m2 == 3.0


def test_a_click_on_the_fidelity_chip_opens_the_page_of_the_monitor(qapp: Any, tmp_path: Path) -> None:
    with running(qapp, tmp_path) as programme:
        window = open_window(programme, write_series(tmp_path / "ct"), size=(1280, 800))
        panels = window.findChildren(SidePages)[0]
        assert panels.current_page() is not _page(window)
        on = viewport(window)
        on.grab()
        y = on.height() - 12
        chips = ((x, on.chip_at(QPointF(x, y))) for x in range(on.width()))
        (first, *_others) = [x for x, chip in chips if chip is not None and chip.text == "NOT CALIBRATED"]
        QTest.mouseClick(on, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(first + 3, y))
        assert panels.current_page() is _page(window)


def _page(window: MainWindow) -> QWidget:
    return window.findChildren(QualityPanel)[0]
