"""The receiver in the system's tray, where there is one: its state, and the way back to a window."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from PySide6.QtCore import QObject
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QMenu, QSystemTrayIcon

from viewer.base.paths import icons_path
from viewer.base.translation import _, ngettext
from viewer.reception.receiver_process import Condition, Phase
from viewer.ui.reception.receiver_texts import details, sentence
from viewer.ui.theme import colours

_SIDE, _DOT = 64, 26
_TOLD_MS = 10_000


@dataclass(frozen=True, slots=True)
class TrayActions:
    """What the tray's menu does."""

    open_window: Callable[[], None]
    start: Callable[[], None]
    stop: Callable[[], None]
    show_page: Callable[[], None]
    decide: Callable[[], None]
    quit: Callable[[], None]


class Tray(QObject):
    """An icon with a menu. Make it only where available() says so."""

    def __init__(self, parent: QObject, actions: TrayActions) -> None:
        super().__init__(parent)
        self._icon = QSystemTrayIcon(self)
        self._menu = QMenu()
        self._condition, self._waiting = Condition(Phase.OFF), 0
        self._open = self._menu.addAction(_("Open the window"), actions.open_window)
        self._decide = self._menu.addAction("", actions.decide)
        self._menu.addSeparator()
        self._start = self._menu.addAction(_("Start the receiver"), actions.start)
        self._stop = self._menu.addAction(_("Stop the receiver"), actions.stop)
        self._menu.addAction(_("Receiver…"), actions.show_page)
        self._menu.addSeparator()
        self._menu.addAction(_("Quit"), actions.quit)
        self._icon.setContextMenu(self._menu)
        self._icon.activated.connect(
            lambda reason: actions.open_window() if reason == QSystemTrayIcon.ActivationReason.Trigger else None
        )
        self._icon.messageClicked.connect(actions.decide)
        self.show_condition(self._condition)
        self._icon.show()

    @staticmethod
    def available() -> bool:
        """Whether the system has a tray."""
        return QSystemTrayIcon.isSystemTrayAvailable()

    def show_condition(self, condition: Condition) -> None:
        """Show how it stands with the receiver."""
        self._condition = condition
        self._show()

    def show_waiting(self, count: int) -> None:
        """Show how much waits for a decision."""
        self._waiting = count
        self._show()

    def tell(self, text: str) -> None:
        """Say a sentence beside the tray."""
        self._icon.showMessage("Negatoscope", text, QSystemTrayIcon.MessageIcon.Warning, _TOLD_MS)

    def close(self) -> None:
        """Take the icon away."""
        self._icon.hide()
        self._menu.deleteLater()

    def _show(self) -> None:
        condition = self._condition
        self._icon.setIcon(tray_icon(_colour(condition, self._waiting)))
        waiting = ngettext("{0} to decide", "{0} to decide", self._waiting).format(self._waiting)
        lines = [sentence(condition), details(condition, datetime.now(UTC)), waiting if self._waiting else ""]
        self._icon.setToolTip("\n".join(line for line in lines if line))
        self._decide.setText(waiting)
        self._decide.setVisible(self._waiting > 0)
        self._start.setEnabled(condition.phase in {Phase.OFF, Phase.FAILED})
        self._stop.setEnabled(condition.phase in {Phase.RUNNING, Phase.STARTING, Phase.WAITING})


def tray_icon(dot: str) -> QIcon:
    """Return the program's icon with a dot of a colour; its tooltip says in words what it means."""
    picture = QIcon(str(icons_path("negatoscope.svg"))).pixmap(_SIDE, _SIDE)
    if picture.isNull():
        picture = QPixmap(_SIDE, _SIDE)
        picture.fill(colours().panel)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(dot)
    painter.setPen(colours().window)
    painter.drawEllipse(picture.width() - _DOT - 2, picture.height() - _DOT - 2, _DOT, _DOT)
    painter.end()
    return QIcon(picture)


def _colour(condition: Condition, waiting: int) -> str:
    if waiting or condition.phase in {Phase.FAILED, Phase.WAITING}:
        return colours().danger
    if condition.phase is Phase.RUNNING:
        is_receiving = condition.state is not None and any(each.instances for each in condition.state.associations)
        return colours().accent if is_receiving else colours().good
    return colours().disabled
