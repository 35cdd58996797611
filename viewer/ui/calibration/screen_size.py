"""How large a pixel of a monitor really is: a frame is fitted to a bank card or a ruler held to the glass."""

from dataclasses import replace
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QScreen, QShowEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QDialog,
    QHBoxLayout,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from viewer.base.errors import DisplayError
from viewer.base.translation import _
from viewer.display.true_pitch import (
    ASSUMED_PITCH_MM,
    GAUGES,
    Gauge,
    Pitch,
    difference_percent,
    doubts,
    pixels_per_inch,
    system_pitch_mm,
)
from viewer.ui.buttons import push_button
from viewer.ui.calibration.gauge_canvas import GaugeCanvas
from viewer.ui.labels import plain_label
from viewer.ui.monitors import Monitors
from viewer.ui.screens import screen_of
from viewer.ui.theme import colours

PADDING_PX, SPACING_PX = 16, 8
LEAST_SIZE = (560, 460)
WARNING_LINES = 2


class ScreenSizeDialog(QDialog):
    """Measures one monitor; Enter keeps, Esc leaves everything as it was.

    Args:
        monitors: Where the pitch is kept.
        screen: Of the monitor.
        parent: The window that asked.
    """

    def __init__(self, monitors: Monitors, screen: QScreen, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._monitors = monitors
        self._screen = screen
        self._identity = monitors.identity(screen)
        self._system = system_pitch_mm(self._identity)
        kept = monitors.record(screen).pixel_pitch_mm
        self._uses_system = kept is None
        self._begin = kept or self._system or (ASSUMED_PITCH_MM / screen.devicePixelRatio(),) * 2
        self.canvas = GaugeCanvas(self._begin, is_square=kept is None or kept[0] == kept[1])
        self.reading, self.comparison, self.warning = plain_label(), plain_label(), plain_label()
        self.lock = QCheckBox(_("Square pixels"))
        self.reset = push_button(_("Use the system's value"), self.use_system)
        self.keep_button = push_button(_("Keep"), self.keep)
        self._follows_screen = False
        self.setWindowTitle(_("Size of the screen"))
        self.setScreen(screen)
        self._build()
        self._connect()
        self._place()
        self._tell()

    @property
    def pitch_mm(self) -> Pitch | None:
        """What would be kept: the measured pitch, or None for the system's."""
        return None if self._uses_system else self.canvas.pitch_mm

    def use_system(self) -> None:
        """Go back to what the system states."""
        self._uses_system = True
        self.canvas.show_pitch(self._system or self._begin)
        self.canvas.setFocus()
        self._tell()

    def keep(self) -> None:
        """Keep the pitch for this monitor, and end."""
        if not self.keep_button.isEnabled():
            return
        record = self._monitors.record(self._screen)
        try:
            self._monitors.store.keep(replace(record, pixel_pitch_mm=self.pitch_mm))
        except DisplayError as error:
            self._warn([error.one_line()])
            return
        self.accept()

    # Building

    def _build(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(PADDING_PX, PADDING_PX, PADDING_PX, PADDING_PX)
        layout.setSpacing(SPACING_PX)
        layout.addWidget(plain_label(self._identity.title))
        layout.addWidget(
            plain_label(
                _(
                    "Hold a bank card or a ruler flat to the glass, its upper left corner on that of the frame. "
                    "Fit the frame with the arrow keys (Shift: ten pixels) or draw it with the mouse."
                )
            )
        )
        choice = QHBoxLayout()
        self._gauges = QButtonGroup(self)
        for gauge in GAUGES.values():
            button = QToolButton()
            button.setText(_(gauge.title))
            button.setCheckable(True)
            button.setChecked(gauge is self.canvas.gauge)
            button.clicked.connect(partial(self._choose, gauge))
            self._gauges.addButton(button)
            choice.addWidget(button)
        choice.addSpacing(PADDING_PX)
        choice.addWidget(self.lock)
        choice.addStretch(1)
        layout.addLayout(choice)
        layout.addWidget(self.canvas, 1)
        for label in (self.reading, self.comparison, self.warning):
            layout.addWidget(label)
        self.warning.setStyleSheet(f"color: {colours().caution}")
        # The room is kept free: a warning that comes must not move anything beside the card in the hand.
        self.warning.setMinimumHeight(WARNING_LINES * self.warning.fontMetrics().lineSpacing())
        self.warning.setAlignment(Qt.AlignmentFlag.AlignTop)
        buttons = QHBoxLayout()
        buttons.addWidget(self.reset)
        buttons.addStretch(1)
        cancel: QPushButton = push_button(_("Cancel"), self.reject)
        buttons.addWidget(cancel)
        buttons.addWidget(self.keep_button)
        layout.addLayout(buttons)
        self.canvas.setFocus()

    def _connect(self) -> None:
        self.lock.setChecked(self.canvas.is_square)
        self.lock.setToolTip(_("Width and height of the frame change together"))
        self.lock.toggled.connect(self._lock_changed)
        self.canvas.fitted.connect(self._fitted)
        self.reset.setEnabled(self._system is not None)

    def _place(self) -> None:
        """Lie in the middle of the monitor, large enough for every gauge."""
        area = self._screen.availableGeometry()
        room = self.canvas.room_for(self._begin)
        around = self.sizeHint() - self.canvas.minimumSize()
        width = max(room.width() + around.width(), LEAST_SIZE[0])
        height = max(room.height() + around.height(), LEAST_SIZE[1])
        self.resize(min(width, area.width() * 9 // 10), min(height, area.height() * 9 // 10))
        self.move(area.center() - self.rect().center())

    # What the reader does

    def _choose(self, gauge: Gauge, _is_checked: bool = True) -> None:
        self.canvas.set_gauge(gauge)
        self.canvas.setFocus()
        self._tell()

    def _lock_changed(self, is_square: bool) -> None:
        self.canvas.set_square(is_square=is_square)
        self._tell()

    def _fitted(self) -> None:
        self._uses_system = False
        self._tell()

    # What the reader is told

    def _tell(self) -> None:
        pitch = self._system if self._uses_system and self._system is not None else self.canvas.pitch_mm
        self.reading.setText(_pitch_text(pitch))
        self.comparison.setText(self._comparison(pitch))
        warnings = list(doubts(pitch, self._system)) if not self._uses_system else []
        if self.canvas.is_cut_off and self.isVisible():
            warnings.append(_("The frame is larger than this window: make the window larger"))
        if self._is_elsewhere:
            warnings.append(_("This window is on another monitor: move it back"))
        self._warn(warnings)
        self.keep_button.setEnabled(not self._is_elsewhere)

    def _comparison(self, pitch: Pitch) -> str:
        if self._system is None:
            return _("The system does not state the size of this monitor")
        if self._uses_system:
            return _("This is what the system states")
        return _("The system states {0}; the difference is {1} %").format(
            _pitch_text(self._system), f"{difference_percent(pitch, self._system):+.1f}".replace("-", "−")
        )

    def _warn(self, warnings: list[str]) -> None:
        self.warning.setText("\n".join(warnings))

    @property
    def _is_elsewhere(self) -> bool:
        handle = self.windowHandle()
        return handle is not None and self.isVisible() and screen_of(handle) is not self._screen

    # Qt's events

    def showEvent(self, event: QShowEvent) -> None:
        """Watch that the window stays on the monitor that it measures."""
        super().showEvent(event)
        handle = self.windowHandle()
        if handle is not None and not self._follows_screen:
            self._follows_screen = True
            handle.screenChanged.connect(lambda _screen: self._tell())
        self._tell()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Let Enter keep, or press the button that has the focus; Esc ends."""
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            focus = self.focusWidget()
            if isinstance(focus, QPushButton):
                focus.click()
            else:
                self.keep()
        else:
            super().keyPressEvent(event)


def _pitch_text(pitch: Pitch) -> str:
    if f"{pitch[0]:.4f}" == f"{pitch[1]:.4f}":
        return _("{0} mm a pixel, {1} ppi").format(f"{pitch[0]:.4f}", f"{pixels_per_inch(pitch):.1f}")
    return _("{0} × {1} mm a pixel").format(f"{pitch[0]:.4f}", f"{pitch[1]:.4f}")
