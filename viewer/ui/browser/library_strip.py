"""A quiet strip under a list: a sentence, and what can be done about it."""

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from viewer.base.translation import _
from viewer.ui.icons import icon

SHOWN_MS = 20_000
"""Long enough to read, look and take something back."""


class Strip(QWidget):
    """Hidden until there is something to say."""

    def __init__(self) -> None:
        super().__init__()
        self._text = QLabel()
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setWordWrap(True)
        self._text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.button = QToolButton()
        self.button.clicked.connect(self._act)
        self._close = QToolButton()
        self._close.setAutoRaise(True)
        self._close.setIcon(icon("x"))
        self._close.setToolTip(_("Close"))
        self._close.setAccessibleName(_("Close"))
        self._close.clicked.connect(self.hide)
        self._run: Callable[[], None] | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.hide)
        line = QHBoxLayout(self)
        line.setContentsMargins(8, 2, 4, 2)
        line.setSpacing(4)
        line.addWidget(self._text, 1)
        line.addWidget(self.button)
        line.addWidget(self._close)
        self.hide()

    @property
    def text(self) -> str:
        """What is said."""
        return self._text.text()

    def say(
        self, text: str, action: str = "", run: Callable[[], None] | None = None, *, shown_ms: int = SHOWN_MS
    ) -> None:
        """Show a sentence, with an action or without; 0 ms lets it stay until it is closed."""
        self._text.setText(text)
        self.button.setText(action)
        self.button.setVisible(bool(action))
        self._run = run
        self._timer.stop()
        if shown_ms:
            self._timer.start(shown_ms)
        self.show()

    def _act(self) -> None:
        run, self._run = self._run, None
        self.hide()
        if run is not None:
            run()
