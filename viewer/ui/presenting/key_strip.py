"""What the list of studies does not show: images that were rejected, and all that are not key while only those are."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from viewer.base.translation import _
from viewer.ui.theme import colours
from viewer.workspace.presenting.key_words import STAR, hidden_words
from viewer.workspace.workspace import Workspace


class KeyStrip(QWidget):
    """At most two lines, each with a button; nothing while everything is shown."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self._workspace = workspace
        keys = workspace.shared.keys
        self.only = _Line(_("Show all"), lambda: keys.show_only_keys(is_so=False))
        self.rejected = _Line("", lambda: keys.show_rejected(is_so=not keys.shows_rejected))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.only)
        layout.addWidget(self.rejected)
        self.refresh()

    def refresh(self) -> None:
        """Say what is not shown."""
        keys, workspace = self._workspace.shared.keys, self._workspace
        self.only.say(f"{STAR}  {_('Key images only')}" if keys.is_only_keys else "")
        hidden = sum(workspace.catalogue.hidden_of(series) for series in workspace.tree.all_series())
        if hidden:
            self.rejected.say(hidden_words(hidden), _("Show") if keys.has_rejected and not keys.shows_rejected else "")
        elif keys.has_rejected and keys.shows_rejected:
            self.rejected.say(_("Rejected images are shown"), _("Hide"))
        else:
            self.rejected.say("")


class _Line(QWidget):
    """A sentence and a button."""

    def __init__(self, action: str, act: Callable[[], None]) -> None:
        super().__init__()
        self.label = QLabel()
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.label.setStyleSheet(f"color: {colours().caution}")
        self.button = QToolButton()
        self.button.setAutoRaise(True)
        self.button.setText(action)
        self.button.clicked.connect(lambda _checked: act())
        line = QHBoxLayout(self)
        line.setContentsMargins(8, 0, 4, 0)
        line.addWidget(self.label, 1)
        line.addWidget(self.button)

    def say(self, text: str, action: str | None = None) -> None:
        """Show a sentence, and what can be done; nothing for an empty one."""
        self.label.setText(text)
        self.label.setToolTip(text)
        if action is not None:
            self.button.setText(action)
            self.button.setVisible(bool(action))
        self.button.setAccessibleName(f"{self.button.text()}: {text}")
        self.setVisible(bool(text))
