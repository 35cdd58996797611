"""What a click with the right button in the list of measurements offers."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtGui import QColor, QIcon, QKeySequence, QPixmap
from PySide6.QtWidgets import QMenu

from viewer.base.translation import N_, _
from viewer.ui.icons import icon
from viewer.ui.theme import colours
from viewer.workspace.commands.measurement_panel import COMMANDS
from viewer.workspace.commands.measuring import COLOURS
from viewer.workspace.measuring.lesion_deeds import edit
from viewer.workspace.measuring.mark_deeds import selected_marks

if TYPE_CHECKING:
    from viewer.ui.measuring.measurements_panel import MeasurementsPanel

_SWATCH_PX = 12
_LESIONS = ("marks.same_lesion", "marks.pair_names", "marks.own_lesion", "marks.compare")
_CALIBRATION = ("marks.calibrate", "marks.calibrate_not")
_BY_ID = {command.id: command for command in COMMANDS}


def swatch(colour: str) -> QIcon:
    """Return a square of a mark's colour."""
    pixmap = QPixmap(_SWATCH_PX, _SWATCH_PX)
    pixmap.fill(QColor(colour or colours().measurement))
    return QIcon(pixmap)


def measurement_menu(panel: "MeasurementsPanel") -> QMenu:
    """Return the menu of the marks that are chosen."""
    menu = QMenu(panel)
    menu.aboutToHide.connect(menu.deleteLater)
    marks = selected_marks(panel.workspace)
    if marks:
        _add(menu, "locate", _("Go to"), panel.go_to_chosen, "Return")
        _add(menu, "type", _("Rename"), panel.list.rename_current, "F2")
        menu.addMenu(_colour_menu(panel, menu))
        _add(menu, "", _("Group…"), panel.focus_group, "Ctrl+G")
        is_locked = all(each.is_locked for each in marks)
        _add(menu, "lock", _("Unlock") if is_locked else _("Lock"), panel.toggle_lock, "Ctrl+L")
        is_hidden = all(each.is_hidden for each in marks)
        _add(menu, "eye-off", _("Show") if is_hidden else _("Hide"), panel.toggle_hidden, "Ctrl+H")
        menu.addSeparator()
    _add_commands(menu, panel, _LESIONS)
    _add_commands(menu, panel, _CALIBRATION if marks else ())
    if marks:
        _add(menu, "copy", _("Copy as text"), panel.copy_text, "Ctrl+C")
        _add(menu, "", _("Copy as CSV"), panel.copy_csv)
    _add(menu, "", _("Copy all as text"), panel.copy_all_text)
    _add(menu, "", _("Copy all as CSV"), panel.copy_all_csv)
    if marks:
        menu.addSeparator()
        _add(menu, "trash", _("Remove"), panel.remove, "Del")
    return menu


def _add(menu: QMenu, name: str, title: str, call: Callable[[], object], keys: str = "") -> None:
    action = menu.addAction(icon(name), title, call)
    if keys:  # shown only: the list itself has the keyboard
        action.setShortcut(QKeySequence(keys))


def _add_commands(menu: QMenu, panel: "MeasurementsPanel", ids: tuple[str, ...]) -> None:
    for command in (_BY_ID[each] for each in ids):
        action = menu.addAction(icon(command.icon), command.text, _running(panel, command.run))
        action.setEnabled(command.enabled(panel.workspace))
    if ids:
        menu.addSeparator()


def _running(panel: "MeasurementsPanel", run: Callable[..., None]) -> Callable[[], None]:
    return lambda: run(panel.workspace)


def _colour_menu(panel: "MeasurementsPanel", parent: QMenu) -> QMenu:
    menu = QMenu(_("Colour"), parent)
    now = {each.colour for each in selected_marks(panel.workspace)}
    for colour, title in COLOURS:
        action = menu.addAction(swatch(colour), _(title), _colouring(panel, colour))
        action.setCheckable(True)
        action.setChecked(now == {colour})
    return menu


def _colouring(panel: "MeasurementsPanel", colour: str) -> Callable[[], None]:
    return lambda: edit(
        panel.workspace, panel.list.chosen(), N_("Colour of marks"), lambda each: replace(each, colour=colour)
    )
