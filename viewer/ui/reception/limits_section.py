"""How much the receiver takes: of everything, of one instance, at once; and when a study counts as arrived."""

from collections.abc import Callable

from PySide6.QtWidgets import QCheckBox, QSpinBox

from viewer.base.settings import info_of
from viewer.base.translation import _
from viewer.reception.receiver_settings import ReceiverSettings
from viewer.ui.number_fields import whole_number_field
from viewer.ui.pieces import Section, form
from viewer.ui.reception.office import ReceiverDesk

_NUMBER_PX = 120


class LimitsSection(Section):
    """Numbers of the draft."""

    def __init__(self, desk: ReceiverDesk) -> None:
        super().__init__(_("Limits"))
        self._desk = desk
        self._numbers: dict[str, QSpinBox] = {}
        rows = form()
        for name, title, suffix in (
            ("most_gigabytes", _("The library may hold"), _(" GB")),
            ("most_instance_mb", _("One instance may have"), _(" MB")),
            ("most_associations", _("Stations at once"), ""),
            ("quiet_seconds", _("A study has arrived after"), _(" s without an image")),
        ):
            rows.addRow(title, self._number(name, title, suffix))
        self._numbers["most_gigabytes"].setSpecialValueText(_("as much as fits on the disk"))
        self._unknown_classes = QCheckBox(_("Also keep kinds of objects that the Standard does not list"))
        self._unknown_classes.toggled.connect(lambda is_on: desk.change(takes_unknown_classes=is_on))
        self.column.addLayout(rows)
        self.column.addWidget(self._unknown_classes)
        desk.changed.connect(self.show_draft)
        self.show_draft()

    def show_draft(self) -> None:
        """Show the draft."""
        for name, box in self._numbers.items():
            if box.value() != getattr(self._desk.draft, name):
                box.setValue(getattr(self._desk.draft, name))
        self._unknown_classes.setChecked(self._desk.draft.takes_unknown_classes)

    def _number(self, name: str, title: str, suffix: str) -> QSpinBox:
        info = info_of(ReceiverSettings.__dataclass_fields__[name])
        box = whole_number_field()
        box.setRange(int(info.minimum or 0), int(info.maximum or 1_000_000))
        box.setSuffix(suffix)
        box.setAccessibleName(title)
        box.setObjectName(name)
        box.setMinimumWidth(_NUMBER_PX)
        box.valueChanged.connect(_changing(self._desk, name))
        self._numbers[name] = box
        return box


def _changing(desk: ReceiverDesk, name: str) -> Callable[[int], None]:
    return lambda value: desk.change(**{name: value})
