"""Every number of a mark in full: with its unit, where its scale comes from, and what must be said of it."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from viewer.base.translation import _
from viewer.dicom.dates_and_times import display_date
from viewer.measurement.annotation import Annotation, Provenance
from viewer.measurement.kinds.stacked_volume import StackedVolume
from viewer.measurement.reading import Reading
from viewer.ui.panels.panel_lines import NAMES_PX, PanelLines, text_label
from viewer.ui.panels.wrapped_lines import breakable
from viewer.ui.pieces import coloured
from viewer.ui.theme import colours
from viewer.workspace.measuring.reading_texts import unit_text
from viewer.workspace.workspace import Workspace

_DIGITS = 10
_DAY = 10
"""Letters of the date in a moment of ISO 8601."""
_MINUTES = 16


class ReadingsSection(PanelLines):
    """Belongs to the details; for one mark at a time."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__("")
        self._workspace = workspace
        self._pairs: list[tuple[QLabel, QLabel]] = []
        self._cautions = coloured(text_label(), colours().caution)
        self._made = text_label(is_quiet=True)
        self._made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.add(self._cautions)
        self.add(self._made)

    def refresh(self, marks: tuple[Annotation, ...]) -> None:
        """Show the numbers of one mark; nothing for several."""
        self.setVisible(len(marks) == 1)
        if len(marks) != 1:
            return
        (mark,) = marks
        readings = (*mark.readings, *self._of_stack(mark))
        while len(self._pairs) < len(readings):
            value = text_label()
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            name = self.line(" ", value)
            name.setFixedWidth(NAMES_PX)
            self._pairs.append((name, value))
        for place, (name, value) in enumerate(self._pairs):
            is_there = place < len(readings)
            name.setVisible(is_there)
            value.setVisible(is_there)
            if is_there:
                _show(name, value, readings[place])
        told = dict.fromkeys(each.caution for each in readings if each.caution)
        self._cautions.setText(breakable("\n".join(f"⚠ {each}" for each in told)))
        self._cautions.setVisible(bool(told))
        self._made.setText(breakable(made_words(mark.provenance)))
        self._made.setVisible(bool(self._made.text()))

    def texts(self) -> list[tuple[str, str]]:
        """Return what is shown: names and values."""
        return [(name.text(), value.text()) for name, value in self._pairs if not value.isHidden()]

    def _of_stack(self, mark: Annotation) -> tuple[Reading, ...]:
        """Return the volume of the stack that a mark belongs to, as it is now."""
        if mark.kind != StackedVolume.id:
            return ()
        from viewer.workspace.measuring.stacking import stack_readings_at

        return stack_readings_at(self._workspace, self._workspace.active, mark)


def full_text(reading: Reading) -> str:
    """Return a number with more digits than beside the mark, its unit and scale; or why there is none."""
    if reading.value is None:
        return _("Not measured: {0}").format(reading.refusal) if reading.refusal else _("Not measured")
    return f"{reading.value:.{_DIGITS}g} {unit_text(reading)}".rstrip().replace("-", "−")


def _show(name: QLabel, value: QLabel, reading: Reading) -> None:
    name.setText(reading.name)
    value.setText(breakable(full_text(reading)))
    value.setAccessibleName(reading.name)
    colour = colours().danger if reading.value is None else colours().text
    value.setStyleSheet(f"color: {colour};")


def made_words(made: Provenance) -> str:
    """Return who made and changed a mark, when, on what scale, and by which program."""
    lines = []
    if made.created_by or made.created_at:
        lines.append(_("Made by {0}, {1}").format(made.created_by or "—", _moment(made.created_at)))
    if made.changed_by or made.changed_at:
        lines.append(_("Changed by {0}, {1}").format(made.changed_by or "—", _moment(made.changed_at)))
    if made.calibration:
        lines.append(_("Scale: {0}").format(" · ".join(_scale_words(each) for each in made.calibration.split(" · "))))
    if made.program:
        lines.append(made.program)
    return "\n".join(lines)


def _scale_words(scale: str) -> str:
    """Return a scale in the reader's language; what was written of it as it is."""
    source, separator, said = scale.partition(": ")
    return f"{_(source)}{separator}{said}"


def _moment(iso: str) -> str:
    day = display_date(iso[:_DAY].replace("-", ""), with_weekday=True)
    return f"{day} {iso[_DAY + 1 : _MINUTES]}".strip() if day else iso
