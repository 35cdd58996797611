"""The head of the quality panel: which monitor, its state in a big word, and what the word means."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QMenu, QWidget

from viewer.base.translation import _
from viewer.display.constancy_texts import mode_text
from viewer.display.monitor_record import MonitorState, StateKind
from viewer.display.state_texts import sentence, status_text
from viewer.ui.icons import icon
from viewer.ui.panels.panel_lines import text_label
from viewer.ui.quality.panel_section import PanelSection
from viewer.ui.quality.quality_actions import QualityActions
from viewer.ui.quality.shown_monitor import Keep, ShownMonitor
from viewer.ui.theme import colours

STATE_PX = 17
ICON_PX = 20
_ICONS = {
    StateKind.CALIBRATED: "check",
    StateKind.NATIVE: "check",
    StateKind.VISUAL_ESTIMATE: "warning",
    StateKind.NOT_CALIBRATED: "warning",
    StateKind.OVERDUE: "history",
    StateKind.FAILED: "x",
}


def state_icon(state: MonitorState) -> str:
    """Return the name of a state's icon: greys that miss the limit of their class are no good, however calibrated."""
    if state.kind in {StateKind.CALIBRATED, StateKind.NATIVE} and not state.is_good:
        return "warning"
    return _ICONS[state.kind]


def state_colour(state: MonitorState) -> str:
    """Return the colour of a state; its icon and its word say the same."""
    if state.is_good:
        return colours().good
    return colours().danger if state.kind is StateKind.FAILED else colours().caution


class StateSection(PanelSection):
    """Which monitor, its state in a big word, and what the word means."""

    def __init__(self, keep: Keep, actions: QualityActions, tests: QMenu, adopt: Callable[[], object]) -> None:
        super().__init__("", keep)
        self._title, self._recognised = text_label(), text_label(is_quiet=True)
        self._icon, self._word = QLabel(), text_label()
        self._word.setStyleSheet(f"font-size: {STATE_PX}px;")
        self._word.setAccessibleName(_("State of the monitor"))
        self._sentence = text_label()
        self._mode = text_label(is_quiet=True)
        head = QWidget()
        line = QGridLayout(head)
        line.setContentsMargins(0, 6, 0, 0)
        line.setHorizontalSpacing(8)
        line.setColumnStretch(1, 1)
        line.addWidget(self._icon, 0, 0, Qt.AlignmentFlag.AlignTop)
        line.addWidget(self._word, 0, 1)
        self.add(self._title)
        self.add(self._recognised)
        (self._same,) = self.buttons([("", adopt)])
        for widget in (head, self._sentence, self._mode):
            self.add(widget)
        wanted: tuple[tuple[str, Callable[[], object]], ...] = (
            (_("Calibrate…"), actions.calibrate),
            (_("Test…"), lambda: None),
            (_("Check the screen"), actions.check_ramp),
        )
        self.buttons(wanted)[1].setMenu(tests)

    def fill(self, shown: ShownMonitor) -> None:
        """Show who the monitor is and how it is."""
        identity, state = shown.record.identity, shown.state
        self._title.setText(identity.title)
        self._recognised.setText(
            _("Recognised by its serial number")
            if identity.is_certain
            else _("Recognised by name, size and place: it tells no serial number")
        )
        self._same.setText(_("It is the one called {0}").format(shown.likely_title))
        self._same.setVisible(bool(shown.likely_title))
        self._icon.setPixmap(icon(state_icon(state), state_colour(state)).pixmap(ICON_PX, ICON_PX))
        self._word.setText(status_text(state))
        self._sentence.setText(sentence(state))
        self._mode.setText(mode_text(shown.calibration.mode))
