"""First page: which monitor, what it is used for, and how its response becomes known."""

from PySide6.QtGui import QGuiApplication, QScreen
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QFormLayout,
    QListWidget,
    QListWidgetItem,
    QRadioButton,
    QWidget,
)

from viewer.base.translation import N_, _
from viewer.display.calibration_draft import WAY_EXPLANATIONS, WAY_TITLES, Way
from viewer.display.calibration_record import DisplayClass
from viewer.display.constancy_texts import class_text
from viewer.display.state_texts import status_text
from viewer.ui.calibration.desk import CalibrationDesk
from viewer.ui.calibration.page import INDENT, WizardPage, caution, heading, paragraph
from viewer.ui.screens import screen_of

ROW_PX, MOST_ROWS = 24, 4


class MonitorPage(WizardPage):
    """Chooses the screen, its class and the way."""

    title = N_("Monitor")

    def __init__(self, desk: CalibrationDesk) -> None:
        super().__init__(desk)
        self._screens: list[QScreen] = []
        self._list = QListWidget()
        self._list.setAccessibleName(_("Monitor"))
        self._list.currentRowChanged.connect(self._choose)
        self._place = paragraph(is_quiet=True)
        self._class = QComboBox()
        self._class.setAccessibleName(_("Used for"))
        for kind in DisplayClass:
            self._class.addItem(class_text(kind), kind)
        self._class.activated.connect(lambda row: self.desk.change(display_class=self._class.itemData(row)))
        self._ways = QButtonGroup(self)
        self._buttons: dict[Way, QRadioButton] = {}
        self._lay_out()

    def enter(self) -> None:
        """List the monitors there are now."""
        self._screens = list(QGuiApplication.screens())
        self._list.blockSignals(True)
        self._list.clear()
        for screen in self._screens:
            self._list.addItem(QListWidgetItem(self._row_text(screen)))
        if self.desk.screen in self._screens:
            self._list.setCurrentRow(self._screens.index(self.desk.screen))
        self._list.blockSignals(False)
        rows = min(max(len(self._screens), 1), MOST_ROWS)
        self._list.setFixedHeight(rows * max(self._list.sizeHintForRow(0), ROW_PX) + 2)
        self._show()

    def first_widget(self) -> QWidget:
        """Return the list of monitors."""
        return self._list

    def _lay_out(self) -> None:
        self.column.addWidget(heading(_("Monitor")))
        self.column.addWidget(self._list)
        self.column.addWidget(self._place)
        form = QFormLayout()
        form.setHorizontalSpacing(16)
        form.addRow(_("Used for"), self._class)
        self.column.addLayout(form)
        self.column.addSpacing(8)
        self.column.addWidget(heading(_("How its response becomes known")))
        for way in Way:
            button = QRadioButton(_(WAY_TITLES[way]))
            button.setAccessibleDescription(_(WAY_EXPLANATIONS[way]))
            button.toggled.connect(lambda is_on, chosen=way: self._choose_way(chosen, is_on=is_on))
            self._buttons[way] = button
            self._ways.addButton(button)
            self.column.addWidget(button)
            explanation = _(WAY_EXPLANATIONS[way])
            if way is Way.NATIVE:
                self.column.addWidget(caution(_("Caution: {0}").format(explanation), indent=INDENT))
            else:
                self.column.addWidget(paragraph(explanation, is_quiet=True, indent=INDENT))
        self.column.addStretch(1)

    def _row_text(self, screen: QScreen) -> str:
        monitors = self.desk.monitors
        identity = monitors.identity(screen)
        size = "{} × {}".format(*identity.size_px)
        here = _("this window is on it") if screen is screen_of(self.window()) else ""
        state = status_text(monitors.state(screen))
        return " · ".join(part for part in (identity.title, size, state, here) if part)

    def _show(self) -> None:
        draft, identity = self.desk.draft, self.desk.identity
        self._class.setCurrentIndex(self._class.findData(draft.display_class))
        self._buttons[draft.way].setChecked(True)
        known = _("Known by its serial number: it is recognised wherever it is connected.")
        guessed = _(
            "It tells no serial number and is known by its name, size and place: after moving or exchanging monitors "
            "calibrate again."
        )
        self._place.setText(known if identity.is_certain else guessed)

    def _choose(self, row: int) -> None:
        if 0 <= row < len(self._screens) and self._screens[row] is not self.desk.screen:
            self.desk.choose_screen(self._screens[row])
            self._show()

    def _choose_way(self, way: Way, *, is_on: bool) -> None:
        if is_on:
            self.desk.change(way=way)
