"""How an archive is asked and fetched from, and what is peculiar about it."""

from dataclasses import replace

from PySide6.QtWidgets import QCheckBox

from viewer.base.translation import _
from viewer.dicom.character_sets import CHARACTER_SETS
from viewer.network.peers import Peer, RetrieveMethod
from viewer.ui.archives.peer_section import Fold, PeerSection, add_row, choose_value
from viewer.ui.pieces import form

_MOST_PDU, _MOST_ASSOCIATIONS, _LONGEST_PATIENCE_S = 1 << 24, 16, 86400
_LONGEST_TITLE = 16


class FetchSection(PeerSection):
    """How images are fetched, and how names are written."""

    def __init__(self) -> None:
        super().__init__(_("Fetching and names"))
        self.method = self._choice(
            "method",
            _("Images are fetched"),
            (
                (RetrieveMethod.AUTO.value, _("as it can: web, C-GET, or C-MOVE")),
                (RetrieveMethod.WEB.value, _("on the web (WADO-RS)")),
                (RetrieveMethod.GET.value, _("by C-GET, on the same connection")),
                (RetrieveMethod.MOVE.value, _("by C-MOVE, sent to our receiver")),
            ),
        )
        self.associations = self._number("associations", _("Connections at once"), 1, _MOST_ASSOCIATIONS)
        sets = tuple((value, f"{_(title)}  ·  {value}") for value, title in CHARACTER_SETS)
        self.character_set = self._choice(
            "character_set", _("Names are written in"), (("", _("as its answers say")), *sets)
        )
        self.is_hidden = QCheckBox(_("Leave it out when all archives are searched"))
        self.is_hidden.clicked.connect(lambda _is_on: self.changed.emit())
        rows = form()
        add_row(rows, _("Images are fetched"), self.method)
        add_row(rows, _("Connections at once"), self.associations)
        add_row(rows, _("Names are written in"), self.character_set)
        self.column.addLayout(rows)
        self.column.addWidget(self.is_hidden)

    def show_peer(self, peer: Peer) -> None:
        """Show how it is fetched from."""
        choose_value(self.method, peer.method.value)
        self.associations.setValue(peer.quirks.associations)
        choose_value(self.character_set, peer.quirks.character_set)
        self.is_hidden.setChecked(peer.is_hidden)

    def applied(self, peer: Peer) -> Peer:
        """Return an archive that is fetched from so."""
        quirks = replace(
            peer.quirks,
            associations=self.associations.value(),
            character_set=str(self.character_set.currentData() or ""),
        )
        method = RetrieveMethod(self.method.currentData() or RetrieveMethod.AUTO)
        return replace(peer, quirks=quirks, method=method, is_hidden=self.is_hidden.isChecked())


class QuirksSection(PeerSection):
    """What is peculiar about an archive: folded away, for most have nothing of it."""

    def __init__(self) -> None:
        super().__init__(_("Peculiarities"))
        self.fold = Fold(_("What has to be known of this archive"))
        self.calling = self._line("calling_title", _("Our title (AE) for it"), longest=_LONGEST_TITLE)
        self.calling.setPlaceholderText(_("as the receiver's"))
        self.patience = self._number("patience_s", _("It may take over an answer"), 0, _LONGEST_PATIENCE_S)
        self.patience.setSuffix(_(" s"))
        self.patience.setSpecialValueText(_("the usual"))
        self.most_pdu = self._number("most_pdu_bytes", _("Longest P-DATA-TF it bears"), 0, _MOST_PDU)
        self.most_pdu.setSuffix(_(" bytes"))
        self.most_pdu.setSpecialValueText(_("as it says"))
        self.sends_as = self._line("sends_as", _("It also sends as (AE)"))
        self.sends_as.setPlaceholderText(_("titles, with commas between"))
        self.unsupported = self._line("unsupported_keys", _("Never ask it for"), longest=8192)
        self.unsupported.setPlaceholderText("ModalitiesInStudy, NumberOfStudyRelatedInstances")
        self._flags = {
            "patient_root": QCheckBox(_("Propose the patient root first")),
            "relational": QCheckBox(_("Ask for relational queries")),
            "fuzzy": QCheckBox(_("Ask for fuzzy matching of names")),
            "cancels": QCheckBox(_("It bears C-CANCEL")),
        }
        rows = form()
        for field in (self.calling, self.sends_as, self.unsupported, self.patience, self.most_pdu):
            add_row(rows, field.accessibleName(), field)
        self.fold.column.addLayout(rows)
        for name, box in self._flags.items():
            box.setObjectName(name)
            box.clicked.connect(lambda _is_on: self.changed.emit())
            self.fold.column.addWidget(box)
        self.column.addWidget(self.fold)

    def show_peer(self, peer: Peer) -> None:
        """Show what is peculiar."""
        quirks = peer.quirks
        self.calling.setText(quirks.calling_title)
        self.patience.setValue(quirks.patience_s)
        self.most_pdu.setValue(quirks.most_pdu_bytes)
        self.sends_as.setText(", ".join(quirks.sends_as))
        self.unsupported.setText(", ".join(quirks.unsupported_keys))
        for name, box in self._flags.items():
            box.setChecked(getattr(quirks, name))
        plain = Peer("").quirks
        told = replace(quirks, associations=plain.associations, character_set=plain.character_set)
        self.fold.open(is_open=told != plain)

    def applied(self, peer: Peer) -> Peer:
        """Return an archive that is so peculiar."""
        return replace(
            peer,
            quirks=replace(
                peer.quirks,
                calling_title=self.calling.text().strip(),
                patience_s=self.patience.value(),
                most_pdu_bytes=self.most_pdu.value(),
                sends_as=_parts(self.sends_as.text()),
                unsupported_keys=_parts(self.unsupported.text()),
                patient_root=self._flags["patient_root"].isChecked(),
                relational=self._flags["relational"].isChecked(),
                fuzzy=self._flags["fuzzy"].isChecked(),
                cancels=self._flags["cancels"].isChecked(),
            ),
        )


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part for each in text.replace(";", ",").split(",") if (part := each.strip()))
