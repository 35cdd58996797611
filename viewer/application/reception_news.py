"""What windows show of the receiver at their foot, and what they and the tray are told of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout

from viewer.base.translation import _
from viewer.library.aside_count import AsideCount
from viewer.reception.events import PROBLEM
from viewer.reception.receiver_process import Condition, Phase
from viewer.ui.main_window import MainWindow
from viewer.ui.reception.receiver_status import AsideAlarm, ReceiverStatus
from viewer.ui.reception.receiver_texts import arrival_text

if TYPE_CHECKING:
    from viewer.application.tray import Tray


@dataclass(slots=True)
class _Foot:
    """What a window has at its foot."""

    status: ReceiverStatus
    alarm: AsideAlarm


class ReceptionNews:
    """Told how it stands with the receiver, and what waits; says so in every window, and beside the tray.

    Args:
        windows: Returns those that are open.
        show_page: Shows the receiver's page, in the window that is given or in some window.
        decide: Shows what waits for a decision, in the same way.

    Attributes:
        tray: None while there is none.
    """

    def __init__(
        self,
        windows: Callable[[], Sequence[MainWindow]],
        show_page: Callable[[MainWindow | None], None],
        decide: Callable[[MainWindow | None], None],
    ) -> None:
        self.tray: Tray | None = None
        self._windows, self._show_page, self._decide = windows, show_page, decide
        self._feet: dict[MainWindow, _Foot] = {}
        self._condition = Condition(Phase.OFF)
        self._count: AsideCount | None = None
        self._told_until = self._arrived_until = datetime.now(UTC)

    @property
    def has_windows(self) -> bool:
        """Whether any window shows it."""
        return bool(self._feet)

    def window_opened(self, window: MainWindow) -> None:
        """Put the receiver and the alarm at a window's foot."""
        foot = _Foot(ReceiverStatus(), AsideAlarm())
        foot.status.clicked.connect(lambda: self._show_page(window))
        foot.alarm.clicked.connect(lambda: self._decide(window))
        foot_of_window = window.job_line.parentWidget()
        line = foot_of_window.layout() if foot_of_window is not None else None
        assert isinstance(line, QHBoxLayout)  # noqa: S101 - the window's foot is one
        for place, widget in enumerate((foot.alarm, foot.status), 1):
            line.insertWidget(place, widget)
        self._feet[window] = foot
        foot.status.show_condition(self._condition)
        self._show_count()

    def window_closing(self, window: MainWindow) -> None:
        """Forget a window."""
        self._feet.pop(window, None)

    def show_tray(self, tray: "Tray") -> None:
        """Show it beside the clock too."""
        self.tray = tray
        tray.show_condition(self._condition)
        self._show_count()

    def show_condition(self, condition: Condition) -> None:
        """Show how it stands with the receiver; tell what is new."""
        before, self._condition = self._condition, condition
        for foot in self._feet.values():
            foot.status.show_condition(condition)
        if self.tray is not None:
            self.tray.show_condition(condition)
        if condition.phase is Phase.FAILED and before.phase is not Phase.FAILED:
            self._tell_of_receiver(_("The receiver could not be kept running: {0}").format(condition.reason))
        self._tell_problems(condition)
        self._tell_arrivals(condition)
        for window in self._feet:
            window.actions_table.refresh_soon()

    def show_count(self, count: AsideCount) -> None:
        """Show how much waits for a decision; tell what is new."""
        before, self._count = self._count, count
        self._show_count()
        if before is not None:
            self._tell_new(before, count)

    def say(self, text: str) -> None:
        """Say something in every window."""
        for window in self._windows():
            window.job_line.show_message(text)

    def _tell_problems(self, condition: Condition) -> None:
        """Tell of problems that the receiver has told since this program began."""
        events = condition.state.events if condition.state is not None else ()
        new = [each for each in events if each.event == PROBLEM and each.at > self._told_until]
        if new:
            self._told_until = new[-1].at
            reason = str(new[-1].details.get("reason", ""))
            self._tell_of_receiver(_("The receiver: {0}").format(reason))

    def _tell_arrivals(self, condition: Condition) -> None:
        """Tell of studies that have arrived beside the tray, where there is no window that shows them."""
        arrived = condition.state.arrived if condition.state is not None else ()
        new = [each for each in arrived if each.at > self._arrived_until]
        if not new:
            return
        self._arrived_until = new[-1].at
        if self.tray is not None and not self._windows():
            for each in new:
                self.tray.tell(arrival_text(each))

    def _tell_new(self, before: AsideCount, now: AsideCount) -> None:
        if now.altered > before.altered:
            text = _("An image came with other content than the one that is held; the first stays in force")
        elif now.unknown > before.unknown:
            text = _("An unknown station has sent images; they wait in the inbox")
        elif now.identities > before.identities:
            text = _("Identities do not fit together")
        else:
            return
        self._tell(text, _("Decide"), lambda: self._decide(None))

    def _show_count(self) -> None:
        count = self._count or AsideCount()
        for foot in self._feet.values():
            foot.alarm.show_count(count)
        if self.tray is not None:
            self.tray.show_waiting(count.urgent)

    def _tell_of_receiver(self, text: str) -> None:
        self._tell(text, _("Receiver…"), lambda: self._show_page(None))

    def _tell(self, text: str, link: str, follow: Callable[[], None]) -> None:
        for window in self._windows():
            window.job_line.show_message(text, link, follow)
        if self.tray is not None:
            self.tray.tell(text)
