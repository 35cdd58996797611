"""The receiver at the window's foot: where it listens, who sends, and an alarm when somebody has to decide."""

from datetime import UTC, datetime

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton

from viewer.base.translation import _, ngettext
from viewer.library.aside_count import AsideCount
from viewer.reception.receiver_process import Condition, Phase
from viewer.ui.icons import icon
from viewer.ui.pieces import plain_tooltip
from viewer.ui.reception.receiver_texts import details, foot_text, sentence
from viewer.ui.theme import colours


class ReceiverStatus(QToolButton):
    """Shows a condition; hidden while there is nothing to say."""

    def __init__(self) -> None:
        super().__init__()
        self.setAutoRaise(True)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self.setObjectName("receiver_status")
        self.hide()

    def show_condition(self, condition: Condition) -> None:
        """Say how it stands."""
        text = foot_text(condition)
        is_bad = condition.phase in {Phase.FAILED, Phase.WAITING}
        self.setText(text)
        self.setAccessibleName(text)
        self.setStyleSheet(f"color: {colours().danger if is_bad else colours().secondary};")
        more = details(condition, datetime.now(UTC))
        self.setToolTip(plain_tooltip(sentence(condition), more))
        self.setVisible(bool(text))


class AsideAlarm(QToolButton):
    """Tells, in the colour of danger and in words, that something waits for a decision; stays until it is decided."""

    def __init__(self) -> None:
        super().__init__()
        self.setAutoRaise(True)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setObjectName("aside_alarm")
        self.hide()

    def show_count(self, count: AsideCount) -> None:
        """Show how much waits; nothing hides it."""
        colour = colours().danger if count.urgent else colours().caution
        text = ngettext("{0} to decide", "{0} to decide", count.total).format(count.total)
        self.setText(text)
        self.setAccessibleName(text)
        self.setToolTip(_count_lines(count))
        self.setIcon(icon("warning", colour))
        self.setStyleSheet(f"color: {colour};")
        self.setVisible(count.total > 0)


def _count_lines(count: AsideCount) -> str:
    lines = [
        (count.altered, _("Altered duplicates: {0}")),
        (count.unknown, _("From unknown senders: {0}")),
        (count.identities, _("Identities that do not fit together: {0}")),
        (count.late, _("Came late: {0}")),
    ]
    return "\n".join(words.format(number) for number, words in lines if number)
