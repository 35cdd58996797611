"""The network doctor as it works: each step as it ends, with plain words, what to do about it, and how long it took."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from viewer.archives.doctor import STEP_TITLES, Diagnosis, Step, StepState
from viewer.base.translation import _, ngettext
from viewer.ui.buttons import push_button
from viewer.ui.icons import icon
from viewer.ui.pieces import coloured, paragraph
from viewer.ui.theme import colours
from viewer.workspace.peer_states import diagnosis_text

ICON_PX, TITLE_PX = 16, 170
SAID = 3
"""The column of what was found."""
_ICONS = {
    StepState.OK: "circle-check",
    StepState.WARNING: "warning",
    StepState.FAILED: "circle-x",
    StepState.SKIPPED: "circle-dashed",
}


class DoctorView(QWidget):
    """Hidden until an archive is examined.

    Args:
        stop: Called when the reader wants to know no more.
    """

    def __init__(self, stop: Callable[[], None]) -> None:
        super().__init__()
        self._steps: list[Step] = []
        self._name = ""
        self._last: tuple[QLabel, QLabel, str] | None = None
        self._verdict = paragraph()
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(SAID, 1)
        self._lines: list[QWidget] = []
        self.stop = push_button(_("Stop"), stop, "stop")
        self.copy = push_button(_("Copy as text"), self._copy, "copy")
        self.copy.setToolTip(_("For whoever is asked for help; it holds no password and no patient"))
        self.close_button = push_button(_("Close"), self.hide)
        buttons = QHBoxLayout()
        buttons.addWidget(self._verdict, 1)
        for button in (self.stop, self.copy, self.close_button):
            buttons.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(self._grid)
        column.addLayout(buttons)
        self.hide()

    @property
    def words(self) -> tuple[str, ...]:
        """What was said of each step, in order."""
        return tuple(step.words for step in self._steps)

    @property
    def verdict(self) -> str:
        """What is said of all."""
        return self._verdict.text()

    def begin(self, name: str) -> None:
        """An archive is being examined."""
        self._name, self._last = name, None
        self._steps.clear()
        for line in self._lines:
            line.hide()
            line.deleteLater()
        self._lines.clear()
        self._say(_("Being examined…"), colours().secondary)
        self.stop.show()
        self.copy.hide()
        self.close_button.hide()
        self.show()

    def tell(self, step: Step) -> None:
        """A step has ended; those that are skipped for the same reason make one line."""
        self._steps.append(step)
        title = _(STEP_TITLES.get(step.name, step.name))
        is_skipped = step.state is StepState.SKIPPED
        if is_skipped and self._last is not None and self._last[2] == step.words:
            self._last[0].setText(f"{self._last[0].text()}, {title}")
            return
        ink = colours()
        colour = {
            StepState.OK: ink.good,
            StepState.WARNING: ink.caution,
            StepState.FAILED: ink.danger,
            StepState.SKIPPED: ink.secondary,
        }[step.state]
        mark = QLabel()
        mark.setPixmap(icon(_ICONS[step.state], colour).pixmap(ICON_PX, ICON_PX))
        word = coloured(QLabel(state_words()[step.state.value]), colour)
        word.setAccessibleName(f"{title}: {word.text()}")
        name = paragraph(title)
        name.setFixedWidth(TITLE_PX)
        said = paragraph(step.words)
        seconds = QLabel("" if is_skipped else _time_text(step.seconds))
        coloured(seconds, ink.secondary)
        seconds.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
        row = self._grid.rowCount()
        for column, widget in enumerate((mark, word, name, said, seconds)):
            place = Qt.AlignmentFlag.AlignTop if column < SAID else Qt.AlignmentFlag(0)
            self._grid.addWidget(widget, row, column, place)
            self._lines.append(widget)
        if is_skipped:
            coloured(said, ink.secondary)
        if step.fix:
            fix = paragraph(f"→ {step.fix}")
            fix.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
            self._grid.addWidget(fix, row + 1, SAID, 1, 2)
            self._lines.append(fix)
        for label in (said, name):
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
            label.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self._last = (name, said, step.words) if is_skipped else None

    def end(self, diagnosis: Diagnosis | None) -> None:
        """All steps are taken, or the reader stopped."""
        self.stop.hide()
        self.copy.setVisible(bool(self._steps))
        self.close_button.show()
        if diagnosis is None:
            self._say(_("Stopped"), colours().secondary)
            return
        failed = sum(step.state is StepState.FAILED for step in diagnosis.steps)
        warned = sum(step.state is StepState.WARNING for step in diagnosis.steps)
        if failed:
            self._say(ngettext("{0} step fails", "{0} steps fail", failed).format(failed), colours().danger)
        elif warned:
            text = ngettext("It works, with {0} note", "It works, with {0} notes", warned)
            self._say(text.format(warned), colours().caution)
        else:
            self._say(_("Everything works"), colours().good)

    def _say(self, text: str, colour: str) -> None:
        self._verdict.setText(text)
        coloured(self._verdict, colour)

    def _copy(self) -> None:
        text = diagnosis_text(Diagnosis(self._name, tuple(self._steps)), STEP_TITLES, state_words())
        QGuiApplication.clipboard().setText(text)


def _time_text(seconds: float) -> str:
    return _("{0} s").format(f"{seconds:.1f}") if seconds >= 1 else _("{0} ms").format(round(seconds * 1000))


def state_words() -> dict[str, str]:
    """Return the word of each state."""
    return {
        StepState.OK.value: _("good"),
        StepState.WARNING.value: _("note"),
        StepState.FAILED.value: _("fails"),
        StepState.SKIPPED.value: _("skipped"),
    }
