"""The line at the window's foot: what is being done and how far it is, with a way to stop it; short messages."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QSizePolicy, QToolButton, QWidget

from viewer.base.jobs import ProgressReport
from viewer.base.translation import _
from viewer.ui.icons import icon

MESSAGE_MS = 8000
BAR_PX = 160
MINIMUM_S = 0.5
"""Shorter jobs show no progress: a flash tells nobody anything."""


OPENING = "opening"


@dataclass(frozen=True, slots=True)
class _Job:
    cancel: Callable[[], None]
    started: float
    stopped: str


class JobLine(QWidget):
    """Message at the left, progress and stop button beside it."""

    def __init__(self) -> None:
        super().__init__()
        self._text = QLabel()
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._link = QToolButton()
        self._link.setAutoRaise(True)
        self._bar = QProgressBar()
        self._bar.setFixedWidth(BAR_PX)
        self._bar.setTextVisible(False)
        self._stop = QToolButton()
        self._stop.setAutoRaise(True)
        self._stop.setIcon(icon("x"))
        self._stop.setToolTip(_("Stop"))
        self._stop.setAccessibleName(_("Stop"))
        self._jobs: dict[str, _Job] = {}
        self._follow: Callable[[], None] | None = None
        self._stop.clicked.connect(self._stop_job)
        self._link.clicked.connect(self._follow_link)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.clear)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 0, 8, 0)
        layout.addWidget(self._bar)
        layout.addWidget(self._stop)
        layout.addWidget(self._text, 1)
        layout.addWidget(self._link)
        self.clear()

    @property
    def text(self) -> str:
        """What is said now."""
        return self._text.text()

    def start(self, cancel: Callable[[], None], key: str = OPENING, stopped: str = "") -> None:
        """A job began; cancel stops it.

        Args:
            cancel: Stops it.
            key: Tells it from others that go on at the same time; the latest is shown.
            stopped: What is said when the reader stopped it; empty for what is said of an opening.
        """
        self._jobs.pop(key, None)
        self._jobs[key] = _Job(cancel, time.monotonic(), stopped or _("Stopped; what was found so far stays open"))

    def show_progress(self, report: ProgressReport, key: str = OPENING) -> None:
        """Show how far a job is, with rate and time left where they can be told."""
        job = self._jobs.get(key)
        if job is None or job is not self._shown_job():
            return
        elapsed = time.monotonic() - job.started
        if elapsed < MINIMUM_S:
            return
        self._timer.stop()
        self._bar.setVisible(True)
        self._stop.setVisible(True)
        self._bar.setRange(0, report.total)
        self._bar.setValue(report.done)
        self._text.setText(_progress_text(report, elapsed))

    def finish(self, key: str = OPENING) -> None:
        """A job ended; a message that nobody had the time to read stays."""
        self._jobs.pop(key, None)
        if self._timer.isActive():
            self._bar.hide()
            self._stop.hide()
        else:
            self.clear()

    def show_message(self, text: str, link: str = "", follow: Callable[[], None] | None = None) -> None:
        """Show a sentence for a while, with an optional action at its end."""
        if not self._jobs:
            self._bar.hide()
            self._stop.hide()
        self._text.setText(text)
        self._text.setToolTip("")
        self._follow = follow
        self._link.setText(link)
        self._link.setVisible(bool(link))
        self._timer.start(MESSAGE_MS)

    def clear(self) -> None:
        """Show nothing."""
        self._text.clear()
        self._link.hide()
        if not self._jobs:
            self._bar.hide()
            self._stop.hide()

    def _stop_job(self) -> None:
        job = self._shown_job()
        if job is not None:
            key = next(name for name, each in self._jobs.items() if each is job)
            job.cancel()
            self._jobs.pop(key, None)
            self.show_message(job.stopped)

    def _shown_job(self) -> "_Job | None":
        return list(self._jobs.values())[-1] if self._jobs else None

    def _follow_link(self) -> None:
        if self._follow is not None:
            self._follow()


def _progress_text(report: ProgressReport, elapsed_s: float) -> str:
    parts = [report.text] if report.text else []
    if report.total:
        parts.append(f"{report.done} / {report.total}")
        if 0 < report.done < report.total:
            left = elapsed_s * (report.total - report.done) / report.done
            parts.append(_("{0} s left").format(max(1, round(left))))
    elif report.done:
        parts.append(str(report.done))
    if report.done and elapsed_s > 0:
        parts.append(_("{0}/s").format(round(report.done / elapsed_s)))
    return "  ·  ".join(parts)
