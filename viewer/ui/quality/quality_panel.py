"""The display panel: what a grey level means on the monitor under the active viewport, since when, and what to do."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from PySide6.QtCore import Qt
from PySide6.QtGui import QScreen
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QMenu, QScrollArea, QVBoxLayout, QWidget
from shiboken6 import isValid

from viewer.base.errors import ViewerError
from viewer.base.translation import _
from viewer.display.constancy_schedule import due_tests
from viewer.display.constancy_tests import TESTS
from viewer.display.monitor_record import MonitorState, StateKind
from viewer.display.state_texts import sentence, status_text
from viewer.ui.icons import icon
from viewer.ui.monitors import Monitors
from viewer.ui.quality.panel_section import PanelSection, text_label
from viewer.ui.quality.panel_sections import (
    ColourSection,
    GreysSection,
    LuminanceSection,
    SizeSection,
    TestsSection,
    describe_mode,
)
from viewer.ui.quality.shown_monitor import Change, Keep, ShownMonitor
from viewer.ui.theme import colours
from viewer.ui.viewports.surface_depth import surface_has_ten_bits

MARGIN_PX = 12
SECTION_GAP_PX = 16
STATE_PX = 17
ICON_PX = 20
SMALL_ICON_PX = 14
_ICONS = {
    StateKind.CALIBRATED: "check",
    StateKind.NATIVE: "check",
    StateKind.VISUAL_ESTIMATE: "warning",
    StateKind.NOT_CALIBRATED: "warning",
    StateKind.OVERDUE: "history",
    StateKind.FAILED: "x",
}


def state_colour(state: MonitorState) -> str:
    """Return the colour of a state; its icon and its word say the same."""
    if state.is_good:
        return colours().good
    return colours().danger if state.kind is StateKind.FAILED else colours().caution


def _nothing() -> None:
    """Stand for what the window does not offer."""


def _no_test(_test_id: str) -> None:
    """Stand for tests in a window that offers none."""


@dataclass(frozen=True, slots=True)
class QualityActions:
    """What the panel's buttons do; the window's business, for the monitor under its active viewport.

    Attributes:
        test: Begins the test of an id.
        tell: Shows a sentence to the reader.
    """

    calibrate: Callable[[], object] = _nothing
    test: Callable[[str], object] = _no_test
    check_ramp: Callable[[], object] = _nothing
    history: Callable[[], object] = _nothing
    report: Callable[[], object] = _nothing
    import_calibration: Callable[[], object] = _nothing
    export_calibration: Callable[[], object] = _nothing
    export_dicom: Callable[[], object] = _nothing
    screen_size: Callable[[], object] = _nothing
    tell: Callable[[str], object] = _no_test


class QualityPanel(QScrollArea):
    """State of one monitor, and what can be done for it; other monitors in a line each.

    Args:
        monitors: The monitors there are.
        actions: What the buttons do.
        today: Tells the day.
    """

    def __init__(self, monitors: Monitors, actions: QualityActions, today: Callable[[], date] = date.today) -> None:
        super().__init__()
        self._monitors = monitors
        self._actions = actions
        self._today = today
        self._of: QWidget = self
        self._menu = QMenu(self)
        self._menu.setAccessibleName(_("Tests"))
        self._menu.aboutToShow.connect(self._fill_menu)
        self._others = _OtherMonitors()
        self._sections: tuple[PanelSection, ...] = (
            _StateSection(self._keep, actions, self._menu, self._adopt),
            LuminanceSection(self._keep),
            GreysSection(self._keep),
            _make_tests(self._keep, actions),
            ColourSection(self._keep, actions.tell),
            SizeSection(self._keep, actions.screen_size),
            _FilesSection(self._keep, actions),
        )
        self._lay_out()
        monitors.changed.connect(self.refresh)
        monitors.moved.connect(self._moved)
        self._screen: QScreen | None = None
        self.refresh()

    def show_monitor_of(self, widget: QWidget) -> None:
        """Show the monitor under a widget from now on, wherever it goes."""
        if widget is not self._of:
            self._of = widget
            self._moved()

    def refresh(self) -> None:
        """Show what is known now."""
        screen = self._screen_now()
        self._screen = screen
        shown = self._shown(screen)
        for section in self._sections:
            section.show_monitor(shown)
        self._others.show_monitors(self._monitors, screen)

    def _moved(self) -> None:
        if self._screen_now() is not self._screen:
            self.refresh()

    def _screen_now(self) -> QScreen:
        if not isValid(self._of):
            self._of = self
        return self._monitors.screen_at(self._of)

    def _shown(self, screen: QScreen) -> ShownMonitor:
        monitors = self._monitors
        likely = monitors.likely_record(monitors.identity(screen))
        return ShownMonitor(
            record=monitors.record(screen),
            state=monitors.state(screen),
            today=self._today(),
            calibration=monitors.calibration(screen),
            likely_title=likely.identity.title if likely is not None else "",
            takes_ten_bits=surface_has_ten_bits(screen),
            pixels_per_mm=monitors.pixels_per_mm(screen),
        )

    def _keep(self, change: Change) -> None:
        """Put a change into force; everything that shows the monitor follows by itself."""
        store = self._monitors.store
        identity = self._monitors.identity(self._screen_now())
        kept = store.record(identity)
        try:
            changed = change(kept)
            if changed != kept:
                store.keep(changed)
        except ViewerError as error:
            self._actions.tell(error.one_line())
            self.refresh()

    def _adopt(self) -> None:
        try:
            self._monitors.adopt(self._monitors.identity(self._screen_now()))
        except ViewerError as error:
            self._actions.tell(error.one_line())

    def _fill_menu(self) -> None:
        """Offer the tests; those that are due say so."""
        record = self._monitors.record(self._screen_now())
        due = {each.test.id for each in due_tests(record, self._today())}
        self._menu.clear()
        for test in TESTS.values():
            title = _("{0} (due)").format(_(test.title)) if test.id in due else _(test.title)
            entry = self._menu.addAction(title)
            entry.setToolTip(_(test.purpose))
            entry.triggered.connect(lambda _checked=False, test_id=test.id: self._actions.test(test_id))

    def _lay_out(self) -> None:
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(_("Display"))
        body = QWidget()
        layout = QVBoxLayout(body)
        layout.setContentsMargins(MARGIN_PX, MARGIN_PX, MARGIN_PX, MARGIN_PX)
        layout.setSpacing(SECTION_GAP_PX)
        for section in self._sections:
            layout.addWidget(section)
        layout.addWidget(self._others)
        layout.addStretch(1)
        self.setWidget(body)


class _StateSection(PanelSection):
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
        self._icon.setPixmap(icon(_ICONS[state.kind], state_colour(state)).pixmap(ICON_PX, ICON_PX))
        self._word.setText(status_text(state))
        self._sentence.setText(sentence(state))
        self._mode.setText(_("Response {0}").format(describe_mode(shown.calibration.mode)))


class _FilesSection(PanelSection):
    """The calibration as a file."""

    def __init__(self, keep: Keep, actions: QualityActions) -> None:
        super().__init__(_("Calibration as a file"), keep)
        self.buttons(
            [
                (_("Import…"), actions.import_calibration),
                (_("Export…"), actions.export_calibration),
                (_("As DICOM…"), actions.export_dicom),
            ]
        )

    def fill(self, shown: ShownMonitor) -> None:
        """Nothing here depends on the monitor."""


class _OtherMonitors(QWidget):
    """A line for each monitor that is not shown above."""

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(1, 1)

    def show_monitors(self, monitors: Monitors, but: QScreen) -> None:
        """List all monitors but one."""
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        others = [screen for screen in monitors.screens if screen is not but]
        self.setVisible(bool(others))
        if not others:
            return
        heading = QLabel(_("Other monitors"))
        heading.setStyleSheet(f"color: {colours().accent};")
        self._grid.addWidget(heading, 0, 0, 1, 2)
        for row, screen in enumerate(others, 1):
            state = monitors.state(screen)
            sign = QLabel()
            sign.setPixmap(icon(_ICONS[state.kind], state_colour(state)).pixmap(SMALL_ICON_PX, SMALL_ICON_PX))
            title = text_label(f"{monitors.identity(screen).title}\n{status_text(state)}")
            self._grid.addWidget(sign, row, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(title, row, 1)


def _make_tests(keep: Keep, actions: QualityActions) -> TestsSection:
    section = TestsSection(keep)
    section.buttons([(_("History…"), actions.history), (_("Report (PDF)…"), actions.report)])
    return section
