"""A meter worked on a thread of its own: the window never waits for it."""

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from viewer.base.errors import ViewerError
from viewer.base.jobs import JobRunner, Progress
from viewer.base.translation import _
from viewer.display.meters import Meter, MeterError, MeterReading
from viewer.ui.job_bridge import JobBridge

_METER, _CLOSING = "meter", "closing"


@dataclass(frozen=True, slots=True)
class _Open:
    meter: Meter
    is_telescopic: bool

    def run(self, progress: Progress) -> None:
        progress.check()
        self.meter.open(is_telescopic=self.is_telescopic)


@dataclass(frozen=True, slots=True)
class _Read:
    meter: Meter

    def run(self, progress: Progress) -> MeterReading:
        progress.check()
        return self.meter.read()


@dataclass(frozen=True, slots=True)
class _Close:
    meter: Meter

    def run(self, _progress: Progress) -> None:
        self.meter.close()


class MeterRunner(QObject):
    """One meter, open from the first use until close(), or until the window that uses it is gone.

    Args:
        meter: Which.
        is_telescopic: Whether it stands at the reader's place.
        window: That uses it; a window that goes with its parent is told by nothing but destroyed.

    Signals:
        read: A MeterReading.
        failed: A ViewerError; a question of the meter's is answered by measure().
    """

    read = Signal(object)
    failed = Signal(object)

    def __init__(self, meter: Meter, *, is_telescopic: bool, window: QObject) -> None:
        super().__init__()
        self.meter = meter
        self.is_telescopic = is_telescopic
        self._bridge = JobBridge()
        self._runner = JobRunner(self._bridge.deliver, {_METER: 1, _CLOSING: 1})
        self._is_open = False
        self._is_closed = False
        self.is_busy = False
        window.destroyed.connect(lambda: self.close())  # noqa: PLW0108 - a mere method would not hold this

    def measure(self) -> None:
        """Read once, opening the meter first where that was not done; the answer comes by a signal."""
        if self.is_busy or self._is_closed:
            return
        self.is_busy = True
        if self._is_open:
            self._submit_read()
            return
        job = _Open(self.meter, self.is_telescopic)
        self._runner.submit(job, lane=_METER, done=lambda _none: self._opened(), failed=self._failed)

    def close(self) -> None:
        """Let go of the meter; nothing is told any more."""
        if self._is_closed:
            return
        self._is_closed = True
        # The thread that reads ends when the meter is closed; only then can the threads be let go without waiting.
        self._runner.submit(
            _Close(self.meter), lane=_CLOSING, done=lambda _none: self._let_go(), failed=lambda _error: self._let_go()
        )

    def _let_go(self) -> None:
        self._runner.close()
        self._bridge.close()

    def _opened(self) -> None:
        self._is_open = True
        if not self._is_closed:
            self._submit_read()

    def _submit_read(self) -> None:
        self._runner.submit(_Read(self.meter), lane=_METER, done=self._has_read, failed=self._failed)

    def _has_read(self, reading: MeterReading) -> None:
        self.is_busy = False
        if not self._is_closed:
            self.read.emit(reading)

    def _failed(self, error: Exception) -> None:
        self.is_busy = False
        if self._is_closed:
            return
        # A meter that asks for something is open and waits; after any other fault it is opened anew.
        self._is_open = isinstance(error, MeterError) and error.is_question
        if not isinstance(error, ViewerError):
            error = MeterError(_("The meter's plug-in failed: {0}").format(type(error).__name__))
        self.failed.emit(error.about(self.meter.title) if isinstance(error, ViewerError) else error)
