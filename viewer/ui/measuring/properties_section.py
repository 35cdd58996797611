"""What the reader says of the marks that are chosen: finding, site, group, colour, what the lesion is to RECIST."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QCheckBox, QComboBox

from viewer.base.translation import N_, _
from viewer.dicom.codes import Code
from viewer.measurement.annotation import Annotation
from viewer.measurement.sides import LATERALITY
from viewer.ui.measuring.code_field import CodeField, WordField
from viewer.ui.measuring.measurement_menu import swatch
from viewer.ui.panels.panel_lines import PanelLines
from viewer.workspace.commands.measuring import COLOURS
from viewer.workspace.measuring.finding_codes import findings, sites
from viewer.workspace.measuring.lesion_deeds import edit, edit_lesions
from viewer.workspace.measuring.lesions import (
    ROLE,
    ROLE_TITLES,
    STATE,
    STATE_TITLES,
    is_node,
    role_of,
    state_of,
    with_node,
    with_parameter,
)

if TYPE_CHECKING:
    from viewer.ui.measuring.measurements_panel import MeasurementsPanel

T = TypeVar("T")
_SIDES = (("", N_("not said")), ("R", N_("right")), ("L", N_("left")), ("B", N_("both")))


class PropertiesSection(PanelLines):
    """Belongs to the details; holds for all marks that are chosen."""

    def __init__(self, panel: "MeasurementsPanel") -> None:
        super().__init__("")
        self._panel, self._workspace = panel, panel.workspace
        self.finding = CodeField(findings(), self._set_finding)
        self.site = CodeField(sites(), self._set_site)
        self.side = self.choice([(value, _(title)) for value, title in _SIDES], self._set_side)
        self.group = WordField(self._set_group)
        self.colour = self.choice([(value, _(title)) for value, title in COLOURS], self._set_colour)
        for row, (value, _title) in enumerate(COLOURS):
            self.colour.setItemIcon(row, swatch(value))
        self.role = self.choice([(value.value, _(title)) for value, title in ROLE_TITLES.items()], self._set_role)
        self.node = QCheckBox(_("Lymph node"))
        self.node.setToolTip(_("Then the short axis counts (RECIST 1.1, 4.1)"))
        self.node.clicked.connect(self._set_node)
        self.state = self.choice([(value.value, _(title)) for value, title in STATE_TITLES.items()], self._set_state)
        self.locked, self.hidden = QCheckBox(_("Locked")), QCheckBox(_("Hidden"))
        self.locked.clicked.connect(lambda _on: panel.toggle_lock())
        self.hidden.clicked.connect(lambda _on: panel.toggle_hidden())
        for field in (self.finding, self.site, self.group):
            self.guard(field)
        self.line(_("Finding"), self.finding)
        self.line(_("Site"), self.site)
        self.line(_("Side"), self.side)
        self.line(_("Group"), self.group)
        self.line(_("Colour"), self.colour)
        self.line(_("RECIST"), self.role)
        self.line("", self.node)
        self.line(_("In this study"), self.state)
        self.line("", self.locked)
        self.line("", self.hidden)
        for box in (self.node, self.locked, self.hidden):
            box.setAccessibleName(box.text())

    def refresh(self, marks: tuple[Annotation, ...]) -> None:
        """Show what is said of marks."""
        finding, is_mixed = _common(marks, lambda each: each.finding)
        self.finding.show_code(finding, is_mixed=is_mixed)
        site, is_mixed = _common(marks, lambda each: each.site)
        self.site.show_code(site, is_mixed=is_mixed)
        book = self._workspace.shared.annotations
        groups = tuple(sorted({each.group for each in book.everything() if each.group}))
        group, is_mixed = _common(marks, lambda each: each.group)
        self.group.show_words(group or "", groups, is_mixed=is_mixed)
        _choose(self.side, marks, lambda each: str(each.parameter(LATERALITY)))
        _choose(self.colour, marks, lambda each: each.colour)
        _choose(self.role, marks, lambda each: role_of(each).value)
        _choose(self.state, marks, lambda each: state_of(each).value)
        for box, told in (
            (self.node, is_node),
            (self.locked, lambda each: each.is_locked),
            (self.hidden, lambda each: each.is_hidden),
        ):
            with QSignalBlocker(box):
                box.setChecked(bool(marks) and all(map(told, marks)))

    def _edit(self, title: str, how: Callable[[Annotation], Annotation]) -> None:
        edit(self._workspace, self._panel.list.chosen(), title, how)

    def _set_finding(self, code: Code | None) -> None:
        self._edit(N_("Finding of marks"), lambda each: replace(each, finding=code))

    def _set_site(self, code: Code | None) -> None:
        self._edit(N_("Site of marks"), lambda each: replace(each, site=code))

    def _set_side(self, side: object) -> None:
        self._edit(N_("Side of marks"), lambda each: with_parameter(each, LATERALITY, str(side)))

    def _set_group(self, group: str) -> None:
        self._edit(N_("Group of marks"), lambda each: replace(each, group=group))

    def _set_colour(self, colour: object) -> None:
        self._edit(N_("Colour of marks"), lambda each: replace(each, colour=str(colour)))

    def _set_role(self, role: object) -> None:
        title, chosen = N_("RECIST of a lesion"), self._panel.list.chosen()
        edit_lesions(self._workspace, chosen, title, lambda each: with_parameter(each, ROLE, str(role)))

    def _set_node(self, is_on: bool) -> None:
        title, chosen = N_("RECIST of a lesion"), self._panel.list.chosen()
        edit_lesions(self._workspace, chosen, title, lambda each: with_node(each, is_node=is_on))

    def _set_state(self, state: object) -> None:
        self._edit(N_("RECIST of a lesion"), lambda each: with_parameter(each, STATE, str(state)))


def _common(marks: tuple[Annotation, ...], told: Callable[[Annotation], T]) -> tuple[T | None, bool]:
    """Return what is said of all marks alike; None, and that they differ, where they do."""
    if not marks:
        return None, False
    first = told(marks[0])
    return (None, True) if any(told(each) != first for each in marks) else (first, False)


def _choose(box: QComboBox, marks: tuple[Annotation, ...], told: Callable[[Annotation], str]) -> None:
    value, is_mixed = _common(marks, told)
    with QSignalBlocker(box):
        box.setCurrentIndex(-1 if is_mixed else box.findData(value or ""))
        box.setPlaceholderText(_("several"))
