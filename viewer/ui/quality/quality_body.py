"""What stands in the display panel: its sections one below the other, then a line for each other monitor."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QScreen
from PySide6.QtWidgets import QGridLayout, QLabel, QMenu, QVBoxLayout, QWidget

from viewer.base.errors import ViewerError
from viewer.base.translation import _
from viewer.display.constancy_schedule import due_tests
from viewer.display.constancy_tests import TESTS
from viewer.display.state_texts import status_text
from viewer.ui.icons import icon
from viewer.ui.monitors import Monitors
from viewer.ui.panels.panel_lines import text_label
from viewer.ui.quality.colour_section import ColourSection
from viewer.ui.quality.panel_section import PanelSection
from viewer.ui.quality.panel_sections import GreysSection, LuminanceSection, SizeSection, TestsSection
from viewer.ui.quality.quality_actions import QualityActions
from viewer.ui.quality.shown_monitor import Change, Keep, ShownMonitor
from viewer.ui.quality.state_section import StateSection, state_colour, state_icon
from viewer.ui.theme import colours
from viewer.ui.viewports.surface_depth import surface_has_ten_bits

MARGIN_PX = 12
SMALL_ICON_PX = 14
SECTION_GAP_PX = 16


class QualityBody(QWidget):
    """All about one monitor; what is changed here is kept for the monitor that is shown.

    Args:
        monitors: The monitors there are.
        actions: What the buttons do.
    """

    def __init__(self, monitors: Monitors, actions: QualityActions) -> None:
        super().__init__()
        self._monitors = monitors
        self._actions = actions
        self._shown: ShownMonitor | None = None
        self._menu = QMenu(self)
        self._menu.setAccessibleName(_("Tests"))
        self._menu.aboutToShow.connect(self._fill_menu)
        self._others = _OtherMonitors()
        self._sections: tuple[PanelSection, ...] = (
            StateSection(self._keep, actions, self._menu, self._adopt),
            LuminanceSection(self._keep),
            GreysSection(self._keep),
            _make_tests(self._keep, actions),
            ColourSection(self._keep, actions.tell),
            SizeSection(self._keep, actions.screen_size),
            _FilesSection(self._keep, actions),
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(MARGIN_PX, MARGIN_PX, MARGIN_PX, MARGIN_PX)
        layout.setSpacing(SECTION_GAP_PX)
        for section in self._sections:
            layout.addWidget(section)
        layout.addWidget(self._others)
        layout.addStretch(1)

    def show_screen(self, screen: QScreen) -> None:
        """Show what is known of a monitor now."""
        monitors = self._monitors
        likely = monitors.likely_record(monitors.identity(screen))
        self._shown = ShownMonitor(
            record=monitors.record(screen),
            state=monitors.state(screen),
            today=monitors.day,
            calibration=monitors.calibration(screen),
            likely_title=likely.identity.title if likely is not None else "",
            takes_ten_bits=surface_has_ten_bits(screen),
            pixels_per_mm=monitors.pixels_per_mm(screen),
        )
        for section in self._sections:
            section.show_monitor(self._shown)
        self._others.show_monitors(monitors, screen)

    def _keep(self, change: Change) -> None:
        """Put a change into force for the monitor that is shown; whatever shows it follows by itself."""
        if self._shown is None:
            return
        store = self._monitors.store
        kept = store.record(self._shown.record.identity)
        try:
            changed = change(kept)
            if changed != kept:
                store.keep(changed)
        except ViewerError as error:
            self._actions.tell(error.one_line())
            for section in self._sections:
                section.show_monitor(self._shown)

    def _adopt(self) -> None:
        if self._shown is None:
            return
        try:
            self._monitors.adopt(self._shown.record.identity)
        except ViewerError as error:
            self._actions.tell(error.one_line())

    def _fill_menu(self) -> None:
        """Offer the tests; those that are due say so."""
        if self._shown is None:
            return
        due = {each.test.id for each in due_tests(self._shown.record, self._shown.today)}
        self._menu.clear()
        for test in TESTS.values():
            title = _("{0} (due)").format(_(test.title)) if test.id in due else _(test.title)
            entry = self._menu.addAction(title)
            entry.setToolTip(_(test.purpose))
            entry.triggered.connect(lambda _checked=False, test_id=test.id: self._actions.test(test_id))


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
            sign.setPixmap(icon(state_icon(state), state_colour(state)).pixmap(SMALL_ICON_PX, SMALL_ICON_PX))
            title = text_label(f"{monitors.identity(screen).title}\n{status_text(state)}")
            self._grid.addWidget(sign, row, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(title, row, 1)


def _make_tests(keep: Keep, actions: QualityActions) -> TestsSection:
    section = TestsSection(keep)
    section.buttons([(_("History…"), actions.history), (_("Report (PDF)…"), actions.report)])
    return section
