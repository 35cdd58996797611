"""PET values: the unit they are shown in, and every input that standardised uptake rests on."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QSizePolicy, QTreeWidget, QTreeWidgetItem

from viewer.base.translation import _
from viewer.measurement.body_measures import SUV_TYPES
from viewer.measurement.suv_result import SuvRefusal, SuvScale
from viewer.ui.pieces import plain_tooltip
from viewer.ui.volumes.volume_section import ShownView, VolumeSection
from viewer.workspace.display_set import DisplaySet
from viewer.workspace.suv_book import is_pet
from viewer.workspace.suv_choice import set_suv_type
from viewer.workspace.workspace import Workspace

_INPUT_ROWS = 9
_NAMES_PX = 150


class SuvSection(VolumeSection):
    """For PET alone, and for PET that is laid over something else."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(_("PET values"), workspace)
        entries = [("", _("own unit")), *((each.id, each.title) for each in SUV_TYPES)]
        self._unit = self.choice(entries, self._unit_chosen)
        self._unit_name = self.line(_("Shown in"), self._unit)
        self._factor = self.value(_("Factor"))
        self._dose = self.value(_("Dose"))
        self._note = self.note()
        self._inputs = QTreeWidget()
        self._inputs.setColumnCount(2)
        self._inputs.setHeaderHidden(True)
        self._inputs.setRootIsDecorated(False)
        self._inputs.setIndentation(0)
        self._inputs.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self._inputs.setAccessibleName(_("Inputs of SUV"))
        self._inputs.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Interactive)
        self._inputs.header().resizeSection(0, _NAMES_PX)
        self._inputs.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._inputs.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.add(self._inputs)

    def concerns(self, shown: ShownView) -> bool:
        """Return whether there is PET on or over the viewport."""
        return self._pet(shown) is not None

    def fill(self, shown: ShownView) -> None:
        """Show the factor in force, or why there is none, and what both rest on."""
        display_set, book = self._pet(shown), self.workspace.shared.suv
        if display_set is None or book is None:
            return
        found = book.of(display_set)
        is_own = display_set is shown.display_set
        chosen = shown.state.suv_type if is_own else ""
        for widget in (self._unit, self._unit_name):
            widget.setVisible(is_own)
        self._unit.setCurrentIndex(max(self._unit.findData(chosen), 0))
        self._offer(found)
        self._factor.setText(_factor_text(found, chosen or "bw"))
        self._dose.setText(_dose_text(found))
        self._note.setText(_note(found))
        self._note.setVisible(bool(self._note.text()))
        self._list(found)

    def _pet(self, shown: ShownView) -> DisplaySet | None:
        if shown.display_set is not None and is_pet(shown.display_set):
            return shown.display_set
        fusion = shown.state.fusion
        overlay = self.workspace.catalogue.find(fusion.display_set_key) if fusion is not None else None
        return overlay if overlay is not None and is_pet(overlay) else None

    def _offer(self, found: SuvScale | SuvRefusal | None) -> None:
        """Let only kinds be chosen that there are."""
        known = found.factors if isinstance(found, SuvScale) else {}
        for row in range(1, self._unit.count()):
            is_there = self._unit.itemData(row) in known
            self._unit.setItemData(row, None if is_there else 0, Qt.ItemDataRole.UserRole - 1)

    def _list(self, found: SuvScale | SuvRefusal | None) -> None:
        self._inputs.clear()
        inputs = found.inputs if found is not None else ()
        for each in inputs:
            value = "—" if each.value is None else f"{each.value:.10g}" if isinstance(each.value, float) else each.value
            text = f"{value} {each.unit}".strip()
            item = QTreeWidgetItem(self._inputs, [each.title, text])
            for column in (0, 1):
                item.setToolTip(column, plain_tooltip(each.title, each.tag, text))
        self._inputs.setVisible(bool(inputs))
        row = self._inputs.sizeHintForRow(0) if inputs else 0
        self._inputs.setFixedHeight(min(len(inputs), _INPUT_ROWS) * max(row, 1) + 4)

    def _unit_chosen(self, value: object) -> None:
        set_suv_type(self.workspace, str(value))


def _factor_text(found: SuvScale | SuvRefusal | None, type_id: str) -> str:
    if not isinstance(found, SuvScale) or type_id not in found.factors:
        return "—"
    factor = found.factors[type_id]
    return f"{factor.type.title} [{factor.type.unit}] = × {factor.factor:.6g}\n{found.basis}"


def _dose_text(found: SuvScale | SuvRefusal | None) -> str:
    if not isinstance(found, SuvScale) or found.decayed_dose_bq is None:
        return "—"
    dose = _("{0} MBq").format(f"{found.decayed_dose_bq / 1e6:.1f}")
    if found.decay_time_s is None:
        return dose
    return _("{0} after {1} min").format(dose, f"{found.decay_time_s / 60:.1f}")


def _note(found: SuvScale | SuvRefusal | None) -> str:
    if found is None:
        return _("SUV is being worked out")
    if isinstance(found, SuvRefusal):
        return _("No SUV: {0}").format(found.text)
    return "\n".join([*found.warnings, *(f"{key}: {reason}" for key, reason in found.unavailable.items())])
