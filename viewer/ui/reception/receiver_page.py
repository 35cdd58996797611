"""The page that opens the receiver to others, and closes it: nothing of it is in force before it is put into force."""

from dataclasses import replace

from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from viewer.base.settings import info_of
from viewer.base.translation import _
from viewer.reception.reachability import Trouble, cautions, who_can_reach
from viewer.reception.receiver_settings import ReceiverSettings
from viewer.ui.buttons import push_button
from viewer.ui.pieces import (
    PAGE_MARGIN,
    Section,
    caution,
    coloured,
    danger,
    fill_page,
    paragraph,
    while_alive,
)
from viewer.ui.reception.allow_table import AllowTable
from viewer.ui.reception.events_table import EventsTable
from viewer.ui.reception.limits_section import LimitsSection
from viewer.ui.reception.listening_section import ListeningSection
from viewer.ui.reception.office import Office, ReceiverDesk
from viewer.ui.reception.receiver_state_box import ReceiverStateBox
from viewer.ui.reception.station_table import StationTable
from viewer.ui.reception.tls_section import TlsSection
from viewer.ui.theme import colours

GAP = 14
_SWITCHES = ("is_on", "keeps_when_closed", "starts_at_login")


class ReceiverPage(QWidget):
    """Settings of the receiver, its state, and who can reach this computer by them."""

    def __init__(self, office: Office) -> None:
        super().__init__()
        self.desk = ReceiverDesk(office, self)
        self._switches = {name: self._switch(name) for name in _SWITCHES}
        self._reach, self._cautions = paragraph(), caution()
        self._allow, self._stations = AllowTable(), StationTable(self.desk)
        self._events = EventsTable(office)
        self._unknown = self._choice_of_unknown()
        self._trouble = danger()
        self._apply = push_button(_("Put into force"), self.put_into_force)
        self._take_back = push_button(_("Take back"), self.desk.take_back)
        self._state = paragraph()
        self._lay_out()
        self._allow.changed.connect(lambda rules: self.desk.change(allow=rules))
        self._stations.changed.connect(lambda stations: self.desk.change(stations=stations))
        self.desk.changed.connect(self.show_draft)
        office.settings_changed.connect(self._settings_changed)
        office.condition_changed.connect(self._show_reach)
        self.show_draft()

    def put_into_force(self) -> None:
        """Keep the draft and have the receiver go by it, unless something is in the way: then say what."""
        self._apply.setEnabled(False)
        self._state.setText(_("being put into force…"))
        self.desk.office.put_into_force(self.desk.draft, while_alive(self, self._told))

    def show_draft(self) -> None:
        """Show the draft, who could reach this computer by it, and what is wrong with it."""
        draft = self.desk.draft
        for name, box in self._switches.items():
            box.setChecked(getattr(draft, name))
        self._allow.show_rules(draft.allow)
        self._stations.show_stations(draft.stations)
        self._unknown.setCurrentIndex(max(0, self._unknown.findData(draft.unknown)))
        self._show_reach()
        found = self.desk.troubles() if self.desk.is_changed else ()
        self._show_trouble(found[0] if found else None)

    def _show_reach(self) -> None:
        """Show who could reach this computer by the draft."""
        reaching, office = self.desk.draft, self.desk.office
        if office.condition.is_up and not office.settings.is_on:
            reaching = replace(reaching, is_on=True)  # it was started by hand, and goes by these settings
        self._reach.setText("\n".join(f"•  {line}" for line in who_can_reach(reaching)))
        warned = cautions(reaching)
        self._cautions.setText("\n".join(f"⚠  {line}" for line in warned))
        self._cautions.setVisible(bool(warned))

    # Building

    def _lay_out(self) -> None:
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(PAGE_MARGIN, PAGE_MARGIN, PAGE_MARGIN, PAGE_MARGIN)
        column.setSpacing(GAP)
        column.addWidget(ReceiverStateBox(self.desk))
        switches = QVBoxLayout()
        switches.setSpacing(6)
        for box in self._switches.values():
            switches.addWidget(box)
        column.addLayout(switches)
        reach = Section(_("Who can reach this computer"))
        reach.column.addWidget(self._reach)
        reach.column.addWidget(self._cautions)
        senders = Section(_("Who may send"))
        senders.column.addWidget(self._allow)
        unknown = QHBoxLayout()
        unknown.addWidget(QLabel(_("What others from these networks send")))
        unknown.addWidget(self._unknown)
        unknown.addStretch(1)
        senders.column.addLayout(unknown)
        lately = Section(_("What happened lately"))
        self._events.allowed.connect(self._allow_sender)
        lately.column.addWidget(self._events)
        others = Section(_("Other stations"))
        others.column.addWidget(paragraph(_("Where studies can be sent to, and who may ask for them"), is_quiet=True))
        others.column.addWidget(self._stations)
        for part in (
            reach,
            ListeningSection(self.desk),
            senders,
            lately,
            TlsSection(self.desk),
            LimitsSection(self.desk),
            others,
        ):
            column.addWidget(part)
        column.addStretch(1)
        fill_page(self, body, words=(self._state, self._trouble), buttons=(self._take_back, self._apply))

    def _switch(self, name: str) -> QCheckBox:
        box = QCheckBox(_(info_of(ReceiverSettings.__dataclass_fields__[name]).title))
        box.setObjectName(name)
        box.toggled.connect(lambda is_on: self.desk.change(**{name: is_on}))
        return box

    def _choice_of_unknown(self) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName(_("What others from these networks send"))
        for value, title in info_of(ReceiverSettings.__dataclass_fields__["unknown"]).choices:
            box.addItem(_(title), value)
        box.activated.connect(lambda row: self.desk.change(unknown=box.itemData(row)))
        return box

    # Following

    def _allow_sender(self, rule: str) -> None:
        if rule not in self.desk.draft.allow:
            self.desk.change(allow=(*self.desk.draft.allow, rule))

    def _settings_changed(self) -> None:
        self.show_draft()

    def _told(self, trouble: Trouble | None) -> None:
        self.show_draft()
        if trouble is not None:
            self._show_trouble(trouble)
        elif not self.desk.is_changed:
            self._state.setText(_("In force"))
            coloured(self._state, colours().good)

    def _show_trouble(self, trouble: Trouble | None) -> None:
        is_changed = self.desk.is_changed
        self._trouble.setText(trouble.words if trouble is not None else "")
        self._trouble.setVisible(trouble is not None)
        coloured(self._state, colours().secondary)
        self._state.setText(_("Changed, not in force yet") if is_changed else "")
        self._state.setVisible(trouble is None)
        self._apply.setEnabled(is_changed and (trouble is None or trouble not in self.desk.troubles()))
        self._take_back.setEnabled(is_changed)
