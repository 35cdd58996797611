"""How it stands with the receiver, with the buttons that start and stop it, and an echo to oneself."""

from datetime import UTC, datetime

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from viewer.base.errors import ViewerError
from viewer.base.translation import _
from viewer.network.echo import Echo
from viewer.network.stations import Station
from viewer.reception.receiver_process import Condition, Phase
from viewer.ui.buttons import push_button
from viewer.ui.pieces import SPACING, coloured, paragraph, while_alive
from viewer.ui.reception.office import ReceiverDesk
from viewer.ui.reception.receiver_texts import details, sentence
from viewer.ui.theme import colours

_TITLE_PX = 15


class ReceiverStateBox(QWidget):
    """Follows the condition."""

    def __init__(self, desk: ReceiverDesk) -> None:
        super().__init__()
        self._desk = desk
        self._sentence, self._details = paragraph(), paragraph(is_quiet=True)
        self._answer = paragraph()
        self._answer.hide()
        font = self._sentence.font()
        font.setPixelSize(_TITLE_PX)
        self._sentence.setFont(font)
        office = desk.office
        self._start = push_button(_("Start"), office.start)
        self._stop = push_button(_("Stop"), office.stop)
        self._restart = push_button(_("Start again"), office.restart)
        self._echo = push_button(_("Send yourself an echo"), self._ask)
        buttons = QHBoxLayout()
        for button in (self._start, self._stop, self._restart, self._echo):
            buttons.addWidget(button)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACING)
        for label in (self._sentence, self._details):
            column.addWidget(label)
        column.addLayout(buttons)
        column.addWidget(self._answer)
        office.condition_changed.connect(self.show_condition)
        office.settings_changed.connect(self.show_condition)
        self.show_condition()

    def show_condition(self) -> None:
        """Say how it stands now."""
        condition = self._desk.office.condition
        self._sentence.setText(sentence(condition))
        coloured(self._sentence, _colour(condition))
        text = details(condition, datetime.now(UTC))
        self._details.setText(text)
        self._details.setVisible(bool(text))
        is_on = condition.phase in {Phase.RUNNING, Phase.STARTING, Phase.WAITING}
        self._start.setEnabled(condition.phase in {Phase.OFF, Phase.FAILED})
        self._stop.setEnabled(is_on)
        self._restart.setEnabled(condition.phase in {Phase.RUNNING, Phase.FAILED})
        self._echo.setEnabled(condition.phase is Phase.RUNNING)

    def _ask(self) -> None:
        state = self._desk.office.condition.state
        if state is None:
            return
        loopback = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared, not bound to
        station = Station(state.ae_title, loopback.get(state.address, state.address), state.port, state.tls)
        settings = self._desk.office.settings
        self._say(_("asking…"), colours().secondary)
        files = (settings.certificate, settings.key, settings.authority)
        self._desk.office.run(
            Echo(station, state.ae_title, files if state.tls else None, is_ourselves=True),
            while_alive(self, self._answered),
            while_alive(self, self._failed),
            key="own echo",
        )

    def _answered(self, seconds: float) -> None:
        self._say(_("The receiver answered in {0} ms").format(round(seconds * 1000)), colours().good)

    def _failed(self, error: ViewerError) -> None:
        self._say(error.one_line(), colours().danger)

    def _say(self, text: str, colour: str) -> None:
        coloured(self._answer, colour)
        self._answer.setText(text)
        self._answer.show()


def _colour(condition: Condition) -> str:
    if condition.phase is Phase.RUNNING:
        return colours().good
    if condition.phase in {Phase.FAILED, Phase.WAITING}:
        return colours().danger
    return colours().text
