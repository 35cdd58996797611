"""Draws a ramp on a monitor as viewports draw pixels, reads it back from the desktop, and has it judged."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QRect, QRectF, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QImage, QPixmap, QScreen
from PySide6.QtWidgets import QWidget

from viewer.base.jobs import JobRunner, Progress
from viewer.base.translation import _
from viewer.display.ramp_readback import RampFinding, RampKind, judge_ramp, ramp_levels
from viewer.display.ramp_report import RampReport
from viewer.display.system_sign import Sign
from viewer.imaging.display_calibration import DisplayCalibration, MoreGreys
from viewer.ui.job_bridge import JobBridge
from viewer.ui.screens import screen_of
from viewer.ui.viewports.finished_pixels import Shown, Surface, picture_of_pixels
from viewer.ui.viewports.surface_depth import surface_has_ten_bits

FIELD_PX, COLUMNS = 8, 64
INNER = slice(2, 6)
"""The part of a field that is looked at: where the desktop scales by a fraction, edges may be a pixel off."""
LOOK_MS, LOOKS_AT_MOST = 120, 50
STEADY_LOOKS = 4
"""Desktops fade windows in: what is not exact must stay the same for so many looks before it is judged."""
OCTET_LEVELS, DEEP_LEVELS = 256, 1024
_DEEP_STEP = 1 << 6
"""Between ten bits as sixteen hold them."""
_LANE = "signs"

Done = Callable[[RampReport], None]
Grab = Callable[["RampWindow"], QImage]


def check_ramp(screen: QScreen, calibration: DisplayCalibration, done: Done) -> "RampCheck":
    """Show a ramp on a monitor for some tenths of a second, and report what became of it.

    Args:
        screen: The monitor.
        calibration: What our own pixels on it go through: if the desktop applies it once more, that is recognised.
        done: Is given the report, later, on the same thread.
    """
    check = RampCheck(screen, calibration, done)
    check.start()
    return check


class RampWindow(QWidget):
    """The ramp: fields of every level of grey, red, green and blue, painted by the viewports' own surface.

    Args:
        screen: Where it lies.
        calibration: Its stolen greys, or its ten bits, are drawn too.
    """

    def __init__(self, screen: QScreen, calibration: DisplayCalibration) -> None:
        kind = Qt.WindowType
        super().__init__(None, kind.Tool | kind.FramelessWindowHint | kind.WindowStaysOnTopHint)
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setWindowTitle(_("Ramp"))
        self.setScreen(screen)
        is_deep = calibration.more_greys is MoreGreys.TEN_BITS and surface_has_ten_bits(screen)
        self.levels = DEEP_LEVELS if is_deep else OCTET_LEVELS
        self.drawn = ramp_levels(calibration if is_deep else _of_eight_bits(calibration), self.levels)
        self._rows: list[tuple[int, int]] = []
        self._kept: list[NDArray[np.uint8] | NDArray[np.uint32]] = []
        top = 0
        ratio = screen.devicePixelRatio()
        for part in self._parts(is_deep=is_deep):
            height = part.shape[0]
            surface = Surface(self)
            # A height that is whole in Qt's pixels, so that the next part begins on a device pixel.
            units = int(np.ceil(height / ratio))
            area = QRect(0, top, int(np.ceil(COLUMNS * FIELD_PX / ratio)), units)
            surface.setGeometry(area)
            surface.resize_items(QRectF(0, 0, area.width(), area.height()))
            more = calibration.more_greys if part.dtype == np.uint32 else MoreGreys.NONE
            surface.pixels.show_picture(Shown(image=picture_of_pixels(part, more)))
            self._kept.append(part)
            self._rows.append((round(top * ratio), height // FIELD_PX))
            top += units
        self.resize(int(np.ceil(COLUMNS * FIELD_PX / ratio)), top)
        area = screen.availableGeometry()
        self.move(area.center() - self.rect().center())

    def fields_of(self, image: QImage) -> NDArray[np.uint16]:
        """Return (fields, pixels, 3) levels of what was grabbed; none where the picture is not of this window."""
        levels = _levels_of(image, self.levels)
        found = []
        for top, rows in self._rows:
            part = levels[top : top + rows * FIELD_PX, : COLUMNS * FIELD_PX]
            if part.shape[:2] != (rows * FIELD_PX, COLUMNS * FIELD_PX):
                return np.zeros((0, 1, 3), np.uint16)
            fields = part.reshape(rows, FIELD_PX, COLUMNS, FIELD_PX, 3)[:, INNER, :, INNER]
            found.append(fields.transpose(0, 2, 1, 3, 4).reshape(rows * COLUMNS, -1, 3))
        return np.concatenate(found)[self._order]

    def _parts(self, *, is_deep: bool) -> list[NDArray[np.uint8] | NDArray[np.uint32]]:
        """Return the pictures, in each form that viewports use; the last fields of a picture may be spare."""
        words = self.drawn.astype(np.uint32)
        packed: NDArray[np.uint32]
        order: list[NDArray[np.int64]] = []
        parts: list[NDArray[np.uint8] | NDArray[np.uint32]] = []
        if is_deep:
            packed = (0b11 << 30 | words[:, 0] << 20 | words[:, 1] << 10 | words[:, 2]).astype(np.uint32)
            cuts: list[tuple[int, int, NDArray[np.uint8] | NDArray[np.uint32]]] = [(0, len(packed), packed)]
        else:
            octets = self.drawn.astype(np.uint8)
            packed = (0xFF << 24 | words[:, 0] << 16 | words[:, 1] << 8 | words[:, 2]).astype(np.uint32)
            grey, pure = OCTET_LEVELS, 4 * OCTET_LEVELS
            cuts = [(0, grey, octets[:grey, 0]), (grey, pure, octets[grey:pure]), (pure, len(packed), packed[pure:])]
        start = 0
        for first, beyond, values in cuts:
            if beyond <= first:
                continue
            picture = _picture_of_fields(values)
            parts.append(picture)
            order.append(np.arange(beyond - first) + start)
            start += picture.shape[0] // FIELD_PX * COLUMNS
        self._order = np.concatenate(order)
        return parts


@dataclass(frozen=True, slots=True)
class _FindSigns:
    """Looks for other signs; asks programs, and so waits."""

    def run(self, progress: Progress) -> tuple[Sign, ...]:
        from viewer.display.system_signs import system_signs

        progress.check()
        return system_signs()


class RampCheck:
    """One check under way: a window, looks at the desktop, other signs; then the report.

    Args:
        screen: The monitor.
        calibration: Of the monitor.
        done: Is given the report.
        window: The ramp; made here by default.
        grab: Looks at the desktop.
    """

    _running: "set[RampCheck]" = set()  # noqa: RUF012 - keeps checks alive until they are done

    def __init__(
        self,
        screen: QScreen,
        calibration: DisplayCalibration,
        done: Done,
        *,
        window: RampWindow | None = None,
        grab: "Grab | None" = None,
    ) -> None:
        self._calibration = calibration
        self._done = done
        self._grab = grab or desktop_at
        self.window = window or RampWindow(screen, calibration)
        self._bridge = JobBridge()
        self._runner = JobRunner(self._bridge.deliver, {_LANE: 1})
        self._timer = QTimer(self.window)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self._look)
        self._looks = self._steady = 0
        self._last: NDArray[np.uint16] | None = None
        self._composed: RampFinding | None = None
        self._signs: tuple[Sign, ...] | None = None

    def start(self) -> None:
        """Begin; it ends by itself within some seconds."""
        self._running.add(self)
        self.window.show()
        self._timer.start()
        self._runner.submit(
            _FindSigns(), lane=_LANE, done=self._signs_found, failed=lambda _error: self._signs_found(())
        )

    def _look(self) -> None:
        self._looks += 1
        handle = self.window.windowHandle()
        if handle is None or not handle.isExposed():
            if self._looks >= LOOKS_AT_MOST:
                self._judged(_refused(_("the ramp did not come onto the screen")))
            return
        image = self._grab(self.window)
        fields = self.window.fields_of(image)
        if not len(fields):
            if self._looks >= STEADY_LOOKS:
                self._judged(_refused(_reason_of_refusal()))
            return
        finding = judge_ramp(self.window.drawn, fields, self._calibration, levels=self.window.levels)
        is_same = self._last is not None and np.array_equal(fields, self._last)
        self._steady = self._steady + 1 if is_same else 0
        self._last = fields
        if finding.is_good or self._steady >= STEADY_LOOKS or self._looks >= LOOKS_AT_MOST:
            self._judged(finding)

    def _judged(self, finding: RampFinding) -> None:
        self._timer.stop()
        self._composed = finding
        self._finish()

    def _signs_found(self, signs: Sequence[Sign]) -> None:
        self._signs = tuple(signs)
        self._finish()

    def _finish(self) -> None:
        if self._composed is None or self._signs is None or self not in self._running:
            return
        self._running.discard(self)
        fields = self.window.fields_of(self.window.grab().toImage())
        painted = (
            judge_ramp(self.window.drawn, fields, self._calibration, levels=self.window.levels)
            if len(fields)
            else _refused(_("the window could not be painted"))
        )
        self.window.close()
        self.window.deleteLater()
        self._runner.close()
        self._bridge.close()
        self._done(RampReport(painted, self._composed, self._signs))


def desktop_at(window: RampWindow) -> QImage:
    """Return the desktop's picture of where a window lies; empty where the system keeps it to itself."""
    screen = screen_of(window)
    place = window.mapToGlobal(QPoint(0, 0)) - screen.geometry().topLeft()
    if QGuiApplication.platformName() == "offscreen":
        # This stand-in for a desktop lays windows out in Qt's pixels and fills them with device pixels.
        size = (window.size() * screen.devicePixelRatio()).expandedTo(window.size())
        return screen.grabWindow(0).toImage().copy(QRect(place, size))
    grabbed: QPixmap = screen.grabWindow(0, place.x(), place.y(), window.width(), window.height())
    return grabbed.toImage()


def _picture_of_fields(values: NDArray[np.uint8] | NDArray[np.uint32]) -> NDArray[np.uint8] | NDArray[np.uint32]:
    """Return a picture with a square field for each value, rows of COLUMNS; black fields fill the last row."""
    rows = -(-len(values) // COLUMNS)
    filled = np.zeros((rows * COLUMNS, *values.shape[1:]), values.dtype)
    filled[: len(values)] = values
    grid = filled.reshape(rows, COLUMNS, *values.shape[1:])
    return np.ascontiguousarray(grid.repeat(FIELD_PX, axis=0).repeat(FIELD_PX, axis=1))


def _levels_of(image: QImage, levels: int) -> NDArray[np.uint16]:
    """Return (height, width, 3) levels of a picture; (0, 0, 3) of an empty one."""
    if image.isNull():
        return np.zeros((0, 0, 3), np.uint16)
    is_deep = levels == DEEP_LEVELS
    converted = image.convertToFormat(QImage.Format.Format_RGBX64 if is_deep else QImage.Format.Format_RGBX8888)
    octets = np.frombuffer(converted.constBits(), np.uint8).reshape(converted.height(), converted.bytesPerLine())
    values = octets.view(np.uint16) if is_deep else octets.astype(np.uint16)
    pixels: NDArray[np.uint16] = values.reshape(converted.height(), -1, 4)[:, : converted.width(), :3]
    return pixels // _DEEP_STEP if is_deep else pixels


def _of_eight_bits(calibration: DisplayCalibration) -> DisplayCalibration:
    return calibration.plain() if calibration.more_greys is MoreGreys.TEN_BITS else calibration


def _refused(reason: str) -> RampFinding:
    return RampFinding(RampKind.REFUSED, reason, _("Rely on a measurement of the monitor's response instead"))


def _reason_of_refusal() -> str:
    if QGuiApplication.platformName().startswith("wayland"):
        return _("Wayland lets no program look at the desktop")
    return _("the system lets nobody look at the desktop")
