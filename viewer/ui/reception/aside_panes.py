"""What the window of decisions shows of one line: an unknown sender's study, an altered duplicate, a warning."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from viewer.base.errors import ViewerError
from viewer.base.jobs import Progress
from viewer.base.translation import N_, _
from viewer.library.aside import (
    AsideGroup,
    Comparison,
    Decided,
    DecisionKind,
    Difference,
    accept,
    comparison,
    discard,
    keep_first,
    put_in_force,
)
from viewer.library.library import Library
from viewer.library.study_row import IdentityWarning, WarningKind
from viewer.ui.buttons import push_button
from viewer.ui.pieces import SPACING, Table, caution, danger, heading, paragraph, while_alive
from viewer.ui.reception import aside_texts
from viewer.ui.reception.office import Office
from viewer.ui.reception.picture_pair import PicturePair
from viewer.ui.theme import colours

COLUMN_ATTRIBUTE, COLUMN_HELD, COLUMN_ARRIVED = range(3)
_FEW_ROWS_PX = 92


@dataclass(frozen=True, slots=True)
class Decision:
    """What the reader wants done.

    Attributes:
        act: Called on a library's thread.
        allows: A rule of the allow-list that is to be added when it is done; empty for none.
    """

    act: Callable[[Library, Progress], Decided | None]
    allows: str = field(default="")


class Pane(QWidget):
    """One kind of line.

    Signals:
        decided: A Decision.
        put_off: The reader wants to decide later: go on to the next line.
    """

    decided = Signal(object)
    put_off = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(SPACING)

    def button_row(self, *buttons: QPushButton) -> None:
        """Put buttons at the foot, and one to go on without a decision."""
        row = QHBoxLayout()
        for button in (*buttons, push_button(_("Later"), self.put_off.emit)):
            row.addWidget(button)
        row.addStretch(1)
        self.column.addLayout(row)


class TwoStepButton(QPushButton):
    """A button for what cannot be undone: the first press asks, the second does it."""

    confirmed = Signal()

    def __init__(self, title: str) -> None:
        super().__init__(title)
        self._title, self._question = title, ""
        self.setAutoDefault(False)
        self.clicked.connect(self._pressed)

    def ask_with(self, title: str, question: str) -> None:
        """Set what it says, and what it asks."""
        self._title, self._question = title, question
        self.calm()

    def calm(self) -> None:
        """Forget the first press."""
        self.setText(self._title)
        self.setStyleSheet("")

    def _pressed(self) -> None:
        if self.text() == self._question:
            self.calm()
            self.confirmed.emit()
        else:
            self.setText(self._question)
            self.setStyleSheet(f"color: {colours().danger}; border-color: {colours().danger};")


class InboxPane(Pane):
    """What an unknown sender sent of one study."""

    def __init__(self) -> None:
        super().__init__()
        self._group: AsideGroup | None = None
        self._patient, self._study = heading(""), paragraph()
        self._arrival, self._reason = paragraph(is_quiet=True), paragraph()
        self._held = caution()
        self._differences = difference_table()
        self._accept = push_button(_("Accept"), lambda: self._take(allows=False))
        self._allow = push_button("", lambda: self._take(allows=True))
        self._discard = TwoStepButton(_("Discard"))
        self._discard.confirmed.connect(self._throw_away)
        for widget in (self._patient, self._study, self._arrival, self._reason, self._held):
            self.column.addWidget(widget)
        self.column.addWidget(self._differences, 1)
        self.column.addStretch(0)
        self.button_row(self._accept, self._allow, self._discard)

    def show_group(self, group: AsideGroup) -> None:
        """Show a group."""
        self._group = group
        self._patient.setText(aside_texts.patient_text(group.attributes))
        self._study.setText(aside_texts.study_text(group.attributes))
        self._arrival.setText(aside_texts.arrival_text(group))
        self._reason.setText(aside_texts.reason_text(group))
        self._held.setText(_held_text(group))
        fill_differences(self._differences, group.differences)
        self._differences.setVisible(bool(group.differences))
        self._allow.setText(_("Accept, and let {0} send from now on").format(group.source.name or "?"))
        self._allow.setVisible(bool(group.source.name and group.source.address))
        count = len(group.arrived)
        self._discard.ask_with(_("Discard"), _("Remove {0} for good?").format(aside_texts.images_text(count)))

    def _take(self, *, allows: bool) -> None:
        if (group := self._group) is not None:
            rule = f"{group.source.name}@{group.source.address}" if allows else ""
            self.decided.emit(Decision(lambda library, _progress: accept(library, group.keys), rule))

    def _throw_away(self) -> None:
        if (group := self._group) is not None:
            self.decided.emit(Decision(lambda library, _progress: discard(library, group.keys)))


class AlteredPane(Pane):
    """What came under UIDs that are held with other bytes: both beside each other."""

    def __init__(self, office: Office) -> None:
        super().__init__()
        self._office = office
        self._group: AsideGroup | None = None
        self._place = 0
        self._patient, self._arrival, self._reason = heading(""), paragraph(is_quiet=True), paragraph()
        self._pictures, self._pixels = PicturePair(office), paragraph()
        self._trouble = danger()
        self._differences = difference_table()
        self._before = push_button(_("Back"), lambda: self._go(-1))
        self._next = push_button(_("Next"), lambda: self._go(1))
        self._counter = paragraph()
        self._all = QCheckBox()
        self._keep = TwoStepButton(_("Keep the first"))
        self._keep.confirmed.connect(self._keep_first)
        self._put = push_button(_("Put the arrived in force"), self._put_in_force)
        for widget in (self._patient, self._arrival, self._reason):
            self.column.addWidget(widget)
        row = QHBoxLayout()
        row.addWidget(self._before)
        row.addWidget(self._next)
        row.addWidget(self._counter, 1)
        self.column.addLayout(row)
        self.column.addWidget(self._pictures)
        self.column.addWidget(self._pixels)
        self.column.addWidget(self._trouble)
        self.column.addWidget(self._differences, 1)
        self.column.addWidget(self._all)
        self.button_row(self._keep, self._put)

    def show_group(self, group: AsideGroup) -> None:
        """Show a group, from the same image on when it was shown already."""
        is_same = self._group is not None and self._group.study_instance_uid == group.study_instance_uid
        self._group = group
        self._place = min(self._place, len(group.arrived) - 1) if is_same else 0
        self._patient.setText(_("Arrived: {0}").format(aside_texts.patient_text(group.attributes)))
        self._arrival.setText(aside_texts.arrival_text(group))
        self._reason.setText(aside_texts.reason_text(group))
        count = len(group.arrived)
        self._all.setText(_("Decide for all {0} of this study from this sender").format(aside_texts.images_text(count)))
        self._all.setVisible(count > 1)
        if not is_same:
            self._all.setChecked(False)
        self._go(0)

    def _go(self, step: int) -> None:
        if (group := self._group) is None:
            return
        self._place = min(max(self._place + step, 0), len(group.arrived) - 1)
        key = group.arrived[self._place].kept.sha256
        self._before.setEnabled(self._place > 0)
        self._next.setEnabled(self._place + 1 < len(group.arrived))
        self._counter.setText(_("Image {0} of {1}").format(self._place + 1, len(group.arrived)))
        self._keep.ask_with(_("Keep the first"), _("Remove what arrived for good?"))
        self._pictures.clear()
        self._pixels.setText(_("being compared…"))
        self._trouble.hide()
        self._differences.setRowCount(0)

        def compared(found: Comparison) -> None:
            if self._key() == key:
                self._show(found)

        def failed(error: ViewerError) -> None:
            if self._key() == key:
                self._tell(error.one_line())

        self._office.desk.ask(
            lambda library: comparison(library, key),
            while_alive(self, compared),
            while_alive(self, failed),
            key="aside comparison",
        )

    def _key(self) -> str:
        return self._group.arrived[self._place].kept.sha256 if self._group is not None else ""

    def _show(self, found: Comparison) -> None:
        self._pictures.show_files(found.held_source, found.arrived_source)
        self._pixels.setText(_pixel_text(found))
        self._pixels.setStyleSheet(f"color: {colours().danger};" if found.do_pixels_differ else "")
        self._tell(found.problem)
        fill_differences(self._differences, found.differences)

    def _tell(self, text: str) -> None:
        self._trouble.setText(text)
        self._trouble.setVisible(bool(text))

    def _keys(self) -> tuple[str, ...]:
        if self._group is None:
            return ()
        return self._group.keys if self._all.isChecked() else (self._key(),)

    def _keep_first(self) -> None:
        keys = self._keys()
        self.decided.emit(Decision(lambda library, _progress: keep_first(library, keys)))

    def _put_in_force(self) -> None:
        keys = self._keys()
        self.decided.emit(Decision(lambda library, progress: put_all_in_force(library, keys, progress)))


class WarningPane(Pane):
    """Something that did not fit together.

    Signals:
        reconcile_wanted: The Study Instance UID of a study whose identity is to be put right.
    """

    reconcile_wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._warning: IdentityWarning | None = None
        self._title, self._arrival, self._advice = heading(""), paragraph(is_quiet=True), paragraph()
        self._table = difference_table()
        self._table.setFixedHeight(_FEW_ROWS_PX)
        self._settle = push_button(_("It is settled"), self._settle_it)
        self._reconcile = push_button(_("Put the identity right…"), self._want_reconciling)
        for widget in (self._title, self._arrival, self._table, self._advice):
            self.column.addWidget(widget)
        self.column.addStretch(1)
        self.button_row(self._settle, self._reconcile)

    def show_warning(self, warning: IdentityWarning) -> None:
        """Show a warning."""
        self._warning = warning
        kind = warning.kind
        self._title.setText(aside_texts.warning_title(warning))
        self._arrival.setText(
            aside_texts.SEPARATOR.join(
                (
                    aside_texts.sender_text(warning.source),
                    aside_texts.moment_text(warning.last_at),
                    aside_texts.images_text(warning.instance_count),
                )
            )
        )
        held, arrived = (aside_texts.value_text(kind, value) for value in (warning.held, warning.arrived))
        fill_differences(self._table, [Difference(_(_COMPARED[kind]), held, arrived)])
        if warning.patient_id:
            row = self._table.rowCount()
            self._table.insertRow(row)
            for column, text in enumerate((_("Patient ID"), warning.patient_id, "")):
                self._table.put(row, column, text)
        self._advice.setText(_(_ADVICE[kind]))
        self._reconcile.setVisible(kind is not WarningKind.LATE)

    def _settle_it(self) -> None:
        if (warning := self._warning) is not None:

            def settle(library: Library, _progress: Progress) -> None:
                library.catalogue.settle(warning.key)

            self.decided.emit(Decision(settle))

    def _want_reconciling(self) -> None:
        if self._warning is not None:
            self.reconcile_wanted.emit(self._warning.study_instance_uid)


def put_all_in_force(library: Library, keys: Sequence[str], progress: Progress) -> Decided:
    """Put many altered duplicates in force, one after the other; what is done stays when one cannot be."""
    done: list[Decided] = []
    for number, key in enumerate(keys):
        progress.report(number, len(keys))
        done.append(put_in_force(library, key))
    studies = dict.fromkeys(uid for each in done for uid in each.study_instance_uids)
    return Decided(
        DecisionKind.PUT_IN_FORCE,
        tuple(studies),
        filed=sum(each.filed for each in done),
        moves=tuple(move for each in done for move in each.moves),
    )


def difference_table(held: str = "", arrived: str = "") -> Table:
    """Return a table of attributes: what is held beside what arrived, under these titles."""
    titles = [_("Attribute"), held or _("Held, in force"), arrived or _("Arrived")]
    table = Table(titles, wide=COLUMN_ARRIVED, name=_("What differs"))
    header = table.horizontalHeader()
    header.setSectionResizeMode(COLUMN_HELD, header.ResizeMode.Stretch)
    return table


def fill_differences(table: Table, differences: Sequence[Difference]) -> None:
    """Show what differs; what arrived is marked."""
    table.setRowCount(len(differences))
    for row, each in enumerate(differences):
        table.put(row, COLUMN_ATTRIBUTE, aside_texts.attribute_title(each.keyword))
        table.put(row, COLUMN_HELD, each.held or _("(absent)"))
        table.put(row, COLUMN_ARRIVED, each.arrived or _("(absent)"), colour=colours().caution)


def _held_text(group: AsideGroup) -> str:
    lines = [
        _("Held under the same study UID: {0}").format(aside_texts.patient_text(aside_texts.row_attributes(row)))
        for row in group.held
    ]
    if group.held_instances:
        count = aside_texts.images_text(group.held_instances)
        lines.append(_("Held already with other content: {0}; these stay as they are").format(count))
    return "\n".join(lines)


def _pixel_text(found: Comparison) -> str:
    if found.do_pixels_differ is None:
        return _("The pixels could not be compared") if found.held is not None else _("Nothing is in force any more")
    return _("The pixels differ") if found.do_pixels_differ else _("The pixels are the same")


_COMPARED = {
    WarningKind.OTHER_PATIENT: N_("Patient"),
    WarningKind.OTHER_ISSUER: N_("Issuer of the patient ID"),
    WarningKind.OTHER_NAME: N_("Patient's name"),
    WarningKind.OTHER_BIRTH_DATE: N_("Birth date"),
    WarningKind.OTHER_STUDY: N_("Study UID"),
    WarningKind.LATE: N_("Received"),
}
_APART = N_(
    "Nothing was merged or replaced. If both are the same patient, put the identity right; if not, have the sender"
    " corrected."
)
_ADVICE = {
    **dict.fromkeys(WarningKind, _APART),
    WarningKind.LATE: N_("It was added to the series. See that it belongs there before you rely on the series."),
    WarningKind.OTHER_STUDY: N_("The series was kept as one of its own in the study that it names."),
}
