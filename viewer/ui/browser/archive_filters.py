"""What narrows a search in archives: days, modalities, a description, and which archives are asked."""

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QMenu, QToolButton, QVBoxLayout, QWidget

from viewer.base.translation import _
from viewer.ui.browser.archive_queries import ArchiveQueries
from viewer.ui.check_menu import CheckMenu
from viewer.ui.theme import colours
from viewer.workspace.archive_query import MODALITIES, PERIOD_TITLES, ArchiveQuestion, Period

SHOWN_NAMES = 2
"""More than these are counted on a button."""


class ArchiveFilters(QWidget):
    """Buttons with menus, and below them the fields that some of them need."""

    changed = Signal()
    """The reader chose otherwise."""
    search_wanted = Signal()
    """Enter was pressed in a field."""
    chosen = Signal()
    """A menu was closed: the keyboard may go back to where it is typed."""

    def __init__(self) -> None:
        super().__init__()
        self._period = Period.ANY
        self._days, self._modality_button, self._archive_button, self._words = (QToolButton() for _each in range(4))
        self.queries = ArchiveQueries((self._days, self._modality_button, self._archive_button, self._words))
        self._periods = self._period_menu()
        self._modalities = CheckMenu(self, _("All modalities"), self._changed)
        self._archives = CheckMenu(self, _("All archives"), self._changed)
        self._modalities.offer((each, each) for each in MODALITIES)
        self._from, self._to, self._description = QLineEdit(), QLineEdit(), QLineEdit()
        self._range = QWidget()
        self._lay_out()
        self._show()

    @property
    def has_several(self) -> bool:
        """Whether there is more than one archive to choose from."""
        return self._archive_button.isVisibleTo(self)

    def offer_archives(self, names: Sequence[str]) -> None:
        """Offer these archives."""
        self._archives.offer((name, name) for name in names)
        self._archive_button.setVisible(len(names) > 1)
        self._show()

    def question(self, text: str) -> ArchiveQuestion:
        """Return what is asked, with what was typed."""
        is_range = self._period is Period.RANGE
        return ArchiveQuestion(
            text,
            self._period,
            self._from.text().strip() if is_range else "",
            self._to.text().strip() if is_range else "",
            self._modalities.chosen,
            self._description.text().strip() if self._words.isChecked() else "",
            self._archives.chosen,
        )

    def show_question(self, question: ArchiveQuestion) -> None:
        """Show what a question asks."""
        self._period = question.period
        self._from.setText(question.date_from)
        self._to.setText(question.date_to)
        self._modalities.choose(question.modalities)
        self._archives.choose(question.archives)
        self._description.setText(question.description)
        self._words.setChecked(bool(question.description))
        self._show()

    def in_order(self) -> tuple[QWidget, ...]:
        """Return what the keyboard goes through."""
        buttons = self._days, self._modality_button, self._archive_button, self._words, self.queries.my_day
        return (*buttons, self._from, self._to, self._description)

    def without_days(self, text: str) -> ArchiveQuestion:
        """Return what is asked, of any day."""
        return replace(self.question(text), period=Period.ANY, date_from="", date_to="")

    def _period_menu(self) -> QMenu:
        menu = QMenu(self)
        group = QActionGroup(menu)
        for period, title in PERIOD_TITLES.items():
            action = menu.addAction(_(title))
            action.setCheckable(True)
            action.setData(period.value)
            action.triggered.connect(lambda _checked=False, which=period: self._choose_period(which))
            group.addAction(action)
        return menu

    def _choose_period(self, period: Period) -> None:
        self._period = period
        self._changed()
        if period is Period.RANGE:
            self._from.setFocus()

    def _changed(self) -> None:
        self._show()
        self.changed.emit()

    def _toggle_words(self, is_on: bool) -> None:
        self._changed()
        if is_on:
            self._description.setFocus()

    def _show(self) -> None:
        for action in self._periods.actions():
            action.setChecked(action.data() == self._period.value)
        is_range = self._period is Period.RANGE
        self._range.setVisible(is_range)
        self._description.setVisible(self._words.isChecked())
        is_any = self._period is Period.ANY
        _say(self._days, _("Date") if is_any else _(PERIOD_TITLES[self._period]), is_on=not is_any)
        for button, menu, all_title, several in (
            (self._modality_button, self._modalities, _("Modality"), _("{0} modalities")),
            (self._archive_button, self._archives, _("Archives"), _("{0} archives")),
        ):
            names = menu.chosen
            few = ", ".join(names) if len(names) <= SHOWN_NAMES else several.format(len(names))
            _say(button, few or all_title, is_on=bool(names))

    def _lay_out(self) -> None:
        self.queries.setStyleSheet(
            "QToolButton { padding: 3px 4px; } QToolButton::menu-indicator { image: none; }"
            f" QToolButton[isOn='true'] {{ color: {colours().accent}; }}"
        )
        for button, menu, tip in (
            (self._days, self._periods, _("Of which days studies are asked for")),
            (self._modality_button, self._modalities, _("Which modalities a study must have one of")),
            (self._archive_button, self._archives, _("Which archives are asked")),
        ):
            button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
            button.setMenu(menu)
            button.setToolTip(tip)
            button.setAccessibleDescription(tip)
            menu.aboutToHide.connect(self.chosen)
        self._words.setText(_("Description"))
        self._words.setCheckable(True)
        self._words.setToolTip(_("Only studies whose description holds certain words"))
        self._words.setAutoRaise(True)
        self._words.toggled.connect(self._toggle_words)
        for field, hint, name in (
            (self._from, _("from 2024-01-01"), _("First day")),
            (self._to, _("to 2024-12-31"), _("Last day")),
            (self._description, _("Description holds"), _("Description holds")),
        ):
            field.setPlaceholderText(hint)
            field.setAccessibleName(name)
            field.setClearButtonEnabled(True)
            field.returnPressed.connect(self.search_wanted)
            field.textEdited.connect(lambda _text: self.changed.emit())
        days = QHBoxLayout(self._range)
        days.setContentsMargins(6, 0, 6, 4)
        days.setSpacing(4)
        days.addWidget(self._from)
        days.addWidget(self._to)
        words = QHBoxLayout()
        words.setContentsMargins(6, 0, 6, 4)
        words.addWidget(self._description)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.queries)
        layout.addWidget(self._range)
        layout.addLayout(words)


def _say(button: QToolButton, text: str, *, is_on: bool) -> None:
    """Show what a button's menu says, with a mark when it narrows."""
    button.setText(text.replace("&", "&&") + " ▾")
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
    button.setAccessibleName(text)
    button.setProperty("isOn", is_on)
    button.style().unpolish(button)
    button.style().polish(button)
