"""Patches on the whole screen, one after the other: readings are typed below them, or taken by a meter."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent, QScreen
from PySide6.QtWidgets import QWidget

from viewer.base.errors import ViewerError
from viewer.base.translation import _
from viewer.display.measuring_plan import Measurement, luminance_of
from viewer.display.meters import MeterReading
from viewer.ui.calibration.full_screen_patch import Caption, FullScreenPatch
from viewer.ui.calibration.meter_runner import MeterRunner
from viewer.ui.calibration.patch_pictures import Picture

SETTLING_MS = 1000
"""A liquid crystal has its new grey within a tenth of that; backlight control takes longer."""

_Key = Qt.Key
NEXT_KEYS = frozenset({_Key.Key_Space, _Key.Key_Return, _Key.Key_Enter, _Key.Key_Right, _Key.Key_PageDown})
PREVIOUS_KEYS = frozenset({_Key.Key_Left, _Key.Key_Backspace, _Key.Key_PageUp})
_DIGITS = frozenset("0123456789.,")
_LONGEST_ENTRY = 9


@dataclass(frozen=True, slots=True)
class Patch:
    """One step.

    Attributes:
        level: Its key in the Measurement.
        title: What is shown, in a few words.
    """

    level: int
    title: str
    picture: Picture


class MeasuringWindow(FullScreenPatch):
    """Goes through the patches by keys. Every reading is told at once, so leaving loses none.

    Args:
        patches: In order.
        measurement: What was read before.
        runner: Takes the readings by itself; None for a person who types them.

    Signals:
        taken: Level, luminance in cd/m², and chromaticity or None.
    """

    taken = Signal(int, float, object)

    def __init__(
        self,
        screen: QScreen,
        patches: Sequence[Patch],
        measurement: Measurement,
        runner: MeterRunner | None = None,
        parent: QWidget | None = None,
        *,
        settling_ms: int = SETTLING_MS,
    ) -> None:
        super().__init__(screen, parent)
        self._patches, self._measurement, self._runner = tuple(patches), measurement, runner
        self._step = measurement.first_missing
        self._entry = ""
        self._is_running = False
        self._measured_step = -1
        self._message = _("Let the monitor warm up for half an hour first; put the meter on the square")
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(settling_ms)
        self._timer.timeout.connect(self._measure)
        if runner is not None:
            runner.read.connect(self._meter_read)
            runner.failed.connect(self._meter_failed)
        self._show_step()

    @property
    def step(self) -> int:
        """The number of the patch on screen, from 0."""
        return self._step

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Type a reading, go to the next or the previous patch, hide the words, or leave."""
        key, text = Qt.Key(event.key()), event.text()
        if text and text in _DIGITS:
            self._type(text)
        elif key in {_Key.Key_Backspace, _Key.Key_Delete} and self._entry:
            self._entry = self._entry[:-1] if key == _Key.Key_Backspace else ""
            self._show_words()
        elif key in NEXT_KEYS:
            self._next()
        elif key in PREVIOUS_KEYS:
            self._go(max(0, self._step - 1))
        elif key == _Key.Key_H:
            self.toggle_caption()
        else:
            if key == _Key.Key_Escape:
                self._take_entry()
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Let the meter's answers go by."""
        self._timer.stop()
        if self._runner is not None:
            self._runner.read.disconnect(self._meter_read)
            self._runner.failed.disconnect(self._meter_failed)
            self._runner = None
        super().closeEvent(event)

    # Going through

    def _next(self) -> None:
        if not self._take_entry():
            return
        if self._runner is not None and not self._is_running:
            self._is_running, self._message = True, ""  # the first key begins: the meter is in its place now
            self._start_meter()
            return
        if self._step + 1 < len(self._patches):
            self._go(self._step + 1)
        else:
            self.close()

    def _go(self, step: int) -> None:
        if not self._take_entry():
            return
        self._step, self._message, self._measured_step = step, "", -1
        self._show_step()
        if self._is_running:
            self._start_meter()

    def _show_step(self) -> None:
        self.show_picture(self._patches[self._step].picture)
        self._show_words()

    def _show_words(self) -> None:
        patch = self._patches[self._step]
        where = _("{0} of {1}").format(self._step + 1, len(self._patches))
        self.say(Caption(f"{where} · {patch.title}", self._reading_text(), self._keys_text(), self._message))

    def _reading_text(self) -> str:
        if self._entry:
            return f"{self._entry}▏ cd/m²"
        reading = self._measurement.readings.get(self._patches[self._step].level)
        if reading is not None:
            return f"{reading.luminance_cd_m2:.5g} cd/m²"
        if self._runner is not None:
            return _("measuring …") if self._runner.is_busy or self._timer.isActive() else ""
        return _("type the reading")

    def _keys_text(self) -> str:
        if self._runner is not None and not self._is_running:
            return _("Space begins · Esc leaves")
        return _("Space next · ← previous · H hides this · Esc leaves")

    # Readings

    def _type(self, text: str) -> None:
        self._entry = (self._entry + text)[:_LONGEST_ENTRY]
        self._message = ""
        self._show_words()

    def _take_entry(self) -> bool:
        """Keep what was typed; False where it is no luminance, which is told."""
        if not self._entry:
            return True
        try:
            luminance = luminance_of(self._entry)
        except ViewerError as error:
            self._message = str(error)
            self._show_words()
            return False
        self._entry = ""
        self._take(luminance, None)
        return True

    def _take(self, luminance: float, chromaticity: tuple[float, float] | None) -> None:
        level = self._patches[self._step].level
        self._measurement = self._measurement.with_reading(level, luminance, chromaticity)
        self.taken.emit(level, luminance, chromaticity)

    # The meter

    def _start_meter(self) -> None:
        self._timer.start()
        self._show_words()

    def _measure(self) -> None:
        if self._runner is None:
            return
        if self._runner.is_busy:  # with a patch that was left meanwhile
            self._timer.start()
            return
        self._measured_step = self._step
        self._runner.measure()
        self._show_words()

    def _meter_read(self, reading: MeterReading) -> None:
        if self._measured_step != self._step:  # of a patch that was left meanwhile
            return
        self._take(reading.luminance_cd_m2, reading.chromaticity)
        if self._step + 1 < len(self._patches):
            self._go(self._step + 1)
        else:
            self.close()

    def _meter_failed(self, error: ViewerError) -> None:
        self._timer.stop()
        self._is_running = False
        self._message = error.one_line()
        self._show_words()
