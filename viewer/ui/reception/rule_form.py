"""The form of one routing rule: its name, which studies it means, and what is to be done with them."""

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from viewer.base.translation import N_, _
from viewer.reception.routing_rules import CONDITIONS
from viewer.reception.rule_drafts import ACTION_TITLES, FORWARD, RUN, ActionDraft, RuleDraft
from viewer.ui.buttons import push_button
from viewer.ui.pieces import SPACING, form, heading, paragraph
from viewer.ui.theme import colours

FIELD_PX, KIND_PX, LINES_PX = 300, 150, 84
CONDITION_TITLES = {
    "modality": N_("Modality"),
    "calling": N_("Sender's title (AE)"),
    "description": N_("Words of a description"),
    "patient_id": N_("Patient ID"),
    "issuer": N_("Issuer of the ID"),
    "station": N_("Station name"),
    "sop_class": N_("SOP Class UID"),
}
PLACEHOLDERS = {
    "forward": N_("TITLE@host:port"),
    "tag": N_("flags; separated; by semicolons"),
    "export": N_("the whole path of a folder"),
    "run": N_("the program's whole path, then each argument on a line of its own: {study_uid}, {folder}, {ae}"),
}


class RuleForm(QWidget):
    """Shows a draft; every change is handed on at once.

    Signals:
        changed: The changed RuleDraft.
    """

    changed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._draft = RuleDraft()
        self._name = QLineEdit()
        self._name.setAccessibleName(_("Name of the rule"))
        self._name.setMinimumWidth(FIELD_PX)
        self._name.textEdited.connect(lambda text: self._hand_on(replace(self._draft, name=text)))
        self._conditions: dict[str, QLineEdit] = {}
        self._actions = QVBoxLayout()
        self._actions.setSpacing(6)
        rows = form()
        rows.addRow(_("Name of the rule"), self._name)
        for name in CONDITIONS:
            rows.addRow(_(CONDITION_TITLES[name]), self._condition(name))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACING)
        column.addLayout(rows)
        hint = _("Every condition that stands must hold. Several patterns with semicolons; * stands for anything.")
        column.addWidget(paragraph(hint, is_quiet=True))
        column.addWidget(heading(_("What is to be done")))
        column.addLayout(self._actions)
        self._add = push_button(_("Add an action"), self._add_action)
        row = QHBoxLayout()
        row.addWidget(self._add)
        row.addStretch(1)
        column.addLayout(row)

    @property
    def draft(self) -> RuleDraft:
        """The draft as it is typed."""
        return self._draft

    def show_draft(self, draft: RuleDraft) -> None:
        """Show another draft."""
        self._draft = draft
        self._name.setText(draft.name)
        for name, field in self._conditions.items():
            field.setText(draft.conditions.get(name, ""))
        self._fill_actions()

    def focus_name(self) -> None:
        """Put the keyboard into the name."""
        self._name.setFocus()
        self._name.selectAll()

    def _condition(self, name: str) -> QLineEdit:
        field = QLineEdit()
        field.setAccessibleName(_(CONDITION_TITLES[name]))
        field.setObjectName(name)
        field.setMinimumWidth(FIELD_PX)
        field.setPlaceholderText(_("any"))
        field.textEdited.connect(lambda text: self._hand_on(self._draft.with_condition(name, text)))
        self._conditions[name] = field
        return field

    def _fill_actions(self) -> None:
        while (item := self._actions.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for place, action in enumerate(self._draft.actions):
            self._actions.addWidget(self._action_row(place, action))

    def _action_row(self, place: int, action: ActionDraft) -> QWidget:
        row = QWidget()
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        kind = QComboBox()
        kind.setAccessibleName(_("What is to be done"))
        kind.setMinimumWidth(KIND_PX)
        for each, title in ACTION_TITLES.items():
            kind.addItem(_(title), each)
        kind.setCurrentIndex(list(ACTION_TITLES).index(action.kind))
        kind.activated.connect(lambda chosen: self._set_kind(place, str(kind.itemData(chosen))))
        line.addWidget(kind)
        line.addWidget(self._value_field(place, action), 1)
        remove = push_button(_("Remove"), lambda: self._remove_action(place))
        remove.setAccessibleName(_("Remove this action"))
        line.addWidget(remove)
        return row

    def _value_field(self, place: int, action: ActionDraft) -> QWidget:
        if action.kind == RUN:
            lines = QPlainTextEdit(action.text)
            lines.setFixedHeight(LINES_PX)
            lines.setTabChangesFocus(True)
            lines.setStyleSheet(f"border: 1px solid {colours().hairline};")
            lines.textChanged.connect(lambda: self._set_text(place, lines.toPlainText()))
            return _named(lines, action.kind, lines.setPlaceholderText)
        field = QLineEdit(action.text)
        field.textEdited.connect(lambda text: self._set_text(place, text))
        return _named(field, action.kind, field.setPlaceholderText)

    def _add_action(self) -> None:
        self._hand_on(replace(self._draft, actions=(*self._draft.actions, ActionDraft(FORWARD))))
        self._fill_actions()

    def _remove_action(self, place: int) -> None:
        actions = tuple(each for number, each in enumerate(self._draft.actions) if number != place)
        self._hand_on(replace(self._draft, actions=actions))
        self._fill_actions()
        self._add.setFocus()

    def _set_kind(self, place: int, kind: str) -> None:
        self._set(place, ActionDraft(kind))
        self._fill_actions()

    def _set_text(self, place: int, text: str) -> None:
        self._set(place, replace(self._draft.actions[place], text=text))

    def _set(self, place: int, action: ActionDraft) -> None:
        actions = list(self._draft.actions)
        actions[place] = action
        self._hand_on(replace(self._draft, actions=tuple(actions)))

    def _hand_on(self, draft: RuleDraft) -> None:
        self._draft = draft
        self.changed.emit(draft)


def _named(field: QWidget, kind: str, set_placeholder: Callable[[str], None]) -> QWidget:
    field.setAccessibleName(_(ACTION_TITLES[kind]))
    set_placeholder(_(PLACEHOLDERS[kind]))
    return field
