"""The preference page of routing rules: what is to be done with studies when they have arrived."""

from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from viewer.base.errors import ViewerError
from viewer.base.jobs import Progress
from viewer.base.translation import _, ngettext
from viewer.reception.routing_rules import Rule, RuleSet, read_rules, write_rules
from viewer.reception.rule_drafts import NEWEST, RuleDraft, Tried, draft_of, judged_rules, try_rule
from viewer.ui.buttons import push_button
from viewer.ui.pieces import (
    PAGE_MARGIN,
    Section,
    caution,
    coloured,
    danger,
    fill_page,
    heading,
    paragraph,
    show_marks,
    while_alive,
)
from viewer.ui.reception.deliveries_table import DeliveriesTable
from viewer.ui.reception.office import Office
from viewer.ui.reception.rule_form import RuleForm
from viewer.ui.theme import colours

LIST_PX, GAP = 170, 12


@dataclass(frozen=True, slots=True)
class ReadRules:
    """The job of reading the rules."""

    folder: Path

    def run(self, _progress: Progress) -> RuleSet:
        """Return them."""
        return read_rules(self.folder)


@dataclass(frozen=True, slots=True)
class WriteRules:
    """The job of writing the rules."""

    folder: Path
    rules: tuple[Rule, ...]

    def run(self, _progress: Progress) -> None:
        """Write them."""
        write_rules(self.folder, self.rules)


class RulesPage(QWidget):
    """The rules at the left, the chosen one beside them; nothing is in force before it is put into force."""

    def __init__(self, office: Office) -> None:
        super().__init__()
        self._office = office
        self._drafts: list[RuleDraft] = []
        self._kept: tuple[RuleDraft, ...] = ()
        self._is_read = self._follows = False
        self._list, self._form = QListWidget(), RuleForm()
        self._problems, self._tried = caution(), paragraph(is_quiet=True)
        self._trouble, self._state = danger(), paragraph()
        self._deliveries = DeliveriesTable(office)
        self._remove = push_button(_("Remove"), self._remove_rule)
        self._try = push_button(_("Try it on the studies that are here"), self._try_rule)
        self._apply = push_button(_("Put into force"), self.put_into_force)
        self._take_back = push_button(_("Take back"), self.take_back)
        self._lay_out()
        self._list.currentRowChanged.connect(lambda _row: self._show_chosen())
        self._list.itemChanged.connect(self._toggled)
        self._form.changed.connect(self._edited)
        self._refresh()

    @property
    def drafts(self) -> tuple[RuleDraft, ...]:
        """The rules as they are typed."""
        return tuple(self._drafts)

    @property
    def is_changed(self) -> bool:
        """Whether the rules are not those in force."""
        return self.drafts != self._kept

    def showEvent(self, event: QShowEvent) -> None:
        """Read the rules, and follow what waits."""
        super().showEvent(event)
        if not self._is_read:
            self._read()
        if not self._follows:
            self._follows = True
            self._office.condition_changed.connect(self._deliveries.reload)
        self._deliveries.reload()

    def hideEvent(self, event: QHideEvent) -> None:
        """Follow nothing while nobody looks."""
        super().hideEvent(event)
        if self._follows and not event.spontaneous():
            self._follows = False
            self._office.condition_changed.disconnect(self._deliveries.reload)

    def put_into_force(self) -> None:
        """Write the rules; a receiver that runs takes them up by itself."""
        rules = judged_rules(self._drafts).rules
        drafts = self.drafts
        self._apply.setEnabled(False)

        def done(_none: None) -> None:
            self._kept = drafts
            self._problems.hide()
            self._refresh()
            coloured(self._state, colours().good)
            self._state.setText(_("In force"))

        self._office.run(
            WriteRules(self._office.config_folder, rules), while_alive(self, done), while_alive(self, self._failed)
        )

    def take_back(self) -> None:
        """Go back to the rules in force."""
        self._drafts = list(self._kept)
        self._fill(0)

    # Showing

    def _read(self) -> None:
        self._office.run(
            ReadRules(self._office.config_folder),
            while_alive(self, self._show),
            while_alive(self, self._failed),
            key="routing rules",
        )

    def _show(self, found: RuleSet) -> None:
        self._is_read = True
        self._drafts = [draft_of(rule) for rule in found.rules]
        self._kept = tuple(self._drafts)
        lost = _("These lines of the file are not in force, and are gone when other rules are put into force:")
        self._problems.setText("\n".join([lost, *found.problems]))
        self._problems.setVisible(bool(found.problems))
        self._fill(0)

    def _fill(self, row: int) -> None:
        self._list.blockSignals(True)
        self._list.clear()
        for draft in self._drafts:
            item = QListWidgetItem(draft.name or _("(no name)"), self._list)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Qt.CheckState.Checked if draft.is_on else Qt.CheckState.Unchecked)
        self._list.setCurrentRow(min(row, len(self._drafts) - 1))
        self._list.blockSignals(False)
        self._show_chosen()

    def _show_chosen(self) -> None:
        row = self._list.currentRow()
        has_rule = 0 <= row < len(self._drafts)
        self._form.setVisible(has_rule)
        self._try.setVisible(has_rule)
        self._none.setVisible(not has_rule)
        self._tried.hide()
        if has_rule:
            self._form.show_draft(self._drafts[row])
        self._refresh()

    def _refresh(self) -> None:
        judged = judged_rules(self._drafts)
        row = self._list.currentRow()
        wrong = judged.problems[0] if judged.problems else ""
        self._trouble.setText(wrong)
        self._trouble.setVisible(bool(wrong))
        coloured(self._state, colours().secondary)
        self._state.setText(_("Changed, not in force yet") if self.is_changed else "")
        self._state.setVisible(not wrong)
        self._apply.setEnabled(self.is_changed and not wrong)
        self._take_back.setEnabled(self.is_changed)
        self._remove.setEnabled(bool(self._drafts))
        self._try.setEnabled(0 <= row < len(self._drafts) and self._drafts[row].judged()[0] is not None)

    # Changing

    def _edited(self, draft: RuleDraft) -> None:
        row = self._list.currentRow()
        if 0 <= row < len(self._drafts):
            self._drafts[row] = draft
            item = self._list.item(row)
            if item is not None:
                self._list.blockSignals(True)
                item.setText(draft.name.strip() or _("(no name)"))
                self._list.blockSignals(False)
            self._tried.hide()
            self._refresh()

    def _toggled(self, item: QListWidgetItem) -> None:
        row = self._list.row(item)
        self._drafts[row] = replace(self._drafts[row], is_on=item.checkState() is Qt.CheckState.Checked)
        if row == self._list.currentRow():
            self._form.show_draft(self._drafts[row])
        self._refresh()

    def _add_rule(self) -> None:
        names = {draft.name for draft in self._drafts}
        number = next(each for each in range(1, len(names) + 2) if _("Rule {0}").format(each) not in names)
        self._drafts.append(RuleDraft(_("Rule {0}").format(number)))
        self._fill(len(self._drafts) - 1)
        self._form.focus_name()

    def _remove_rule(self) -> None:
        row = max(self._list.currentRow(), 0)
        del self._drafts[row]
        self._fill(row)

    def _try_rule(self) -> None:
        draft = self._drafts[self._list.currentRow()]
        rule, _problem = draft.judged()
        if rule is None:
            return
        self._say(_("being tried…"))

        def done(tried: Tried) -> None:
            if self._form.draft == draft:
                self._say(_tried_text(tried))

        self._office.desk.work(
            lambda library, progress: try_rule(library, rule, progress),
            while_alive(self, done),
            while_alive(self, self._failed),
        )

    def _say(self, text: str) -> None:
        self._tried.setText(text)
        self._tried.show()

    def _failed(self, error: ViewerError) -> None:
        self._refresh()
        self._trouble.setText(error.one_line())
        self._trouble.show()

    # Building

    def _lay_out(self) -> None:
        self._list.setFixedWidth(LIST_PX)
        show_marks(self._list)
        self._list.setAccessibleName(_("Rules"))
        self._none = paragraph(_("No rule: what arrives is kept, and nothing else is done with it"), is_quiet=True)
        left = QVBoxLayout()
        left.addWidget(self._list, 1)
        buttons = QHBoxLayout()
        buttons.addWidget(push_button(_("Add a rule"), self._add_rule))
        buttons.addWidget(self._remove)
        left.addLayout(buttons)
        right = QVBoxLayout()
        right.addWidget(self._none)
        right.addWidget(self._form)
        tries = QHBoxLayout()
        tries.addWidget(self._try)
        tries.addStretch(1)
        right.addLayout(tries)
        right.addWidget(self._tried)
        right.addStretch(1)
        middle = QHBoxLayout()
        middle.setSpacing(GAP)
        middle.addLayout(left)
        middle.addLayout(right, 1)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(PAGE_MARGIN, PAGE_MARGIN, PAGE_MARGIN, PAGE_MARGIN)
        column.setSpacing(GAP)
        column.addWidget(heading(_("When a study has arrived")))
        column.addWidget(self._problems)
        self._problems.hide()
        column.addLayout(middle, 1)
        waiting = Section(_("Waiting and given up"))
        waiting.column.addWidget(self._deliveries)
        column.addWidget(waiting)
        fill_page(self, body, words=(self._state, self._trouble), buttons=(self._take_back, self._apply))


def _tried_text(tried: Tried) -> str:
    count = len(tried.matching)
    words = ngettext("It means {0} of {1} study", "It means {0} of {1} studies", tried.studies)
    more = _("the newest {0} were tried").format(NEWEST) if tried.studies >= NEWEST else _("that came over the network")
    return f"{words.format(count, tried.studies)}, {more}"
