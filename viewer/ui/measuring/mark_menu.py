"""What a click with the right button on a mark offers: its words, colour, group, lock, copies, and its end."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint
from PySide6.QtGui import QColor, QIcon, QPixmap
from PySide6.QtWidgets import QMenu

from viewer.base.translation import N_, _
from viewer.ui.icons import icon
from viewer.ui.measuring.mark_labels import LABEL_X, LABEL_Y, own_offset
from viewer.ui.theme import colours
from viewer.workspace.commands.command import Command
from viewer.workspace.commands.measurement_panel import COMMANDS as OF_THE_LIST
from viewer.workspace.commands.measuring import COLOURS, COMMANDS
from viewer.workspace.measuring.mark_deeds import edit_selected, selected_marks, set_group, set_property

if TYPE_CHECKING:
    from viewer.ui.measuring.mark_hand import MarkHand

_SWATCH_PX = 12
_BY_ID = {command.id: command for command in (*COMMANDS, *OF_THE_LIST)}
_BLOCKS = (
    ("marks.cut", "marks.copy", "marks.to_next", "marks.to_previous"),
    ("marks.lock", "marks.hide"),
    ("marks.page", "marks.same_lesion", "marks.calibrate", "marks.calibrate_not"),
    ("marks.remove",),
)


def mark_menu(hand: "MarkHand", uid: str) -> QMenu:
    """Return the menu of the marks that are selected, one of them under the pointer."""
    menu = QMenu(hand.viewport)
    menu.aboutToHide.connect(menu.deleteLater)
    mark = hand.book.get(uid)
    if mark is None:
        return menu
    menu.addAction(icon("type"), _("Words…"), lambda: hand.rename(uid))
    menu.addMenu(_colour_menu(hand, menu))
    menu.addMenu(_group_menu(hand, uid, menu))
    _add_parameters(hand, uid, menu)
    if any(own_offset(each) is not None for each in selected_marks(hand.workspace)):
        menu.addAction(_("Put the words back"), lambda: _put_words_back(hand))
    for block in _BLOCKS:
        menu.addSeparator()
        for command_id in block:
            _add_command(menu, hand, _BY_ID[command_id])
    return menu


def show_mark_menu(hand: "MarkHand", uid: str, place: QPoint) -> None:
    """Show it at a point of the screen."""
    if uid not in hand.book.selected:
        hand.book.select({uid})
    mark_menu(hand, uid).popup(place)


def _add_command(menu: QMenu, hand: "MarkHand", command: Command) -> None:
    action = menu.addAction(icon(command.icon), command.text, lambda: command.run(hand.workspace))
    action.setEnabled(command.enabled(hand.workspace))


def _colour_menu(hand: "MarkHand", parent: QMenu) -> QMenu:
    menu = QMenu(_("Colour"), parent)
    now = {each.colour for each in selected_marks(hand.workspace)}
    for colour, title in COLOURS:
        swatch = QPixmap(_SWATCH_PX, _SWATCH_PX)
        swatch.fill(QColor(colour or colours().measurement))
        action = menu.addAction(QIcon(swatch), _(title), _colouring(hand, colour))
        action.setCheckable(True)
        action.setChecked(now == {colour})
    return menu


def _colouring(hand: "MarkHand", colour: str) -> Callable[[], None]:
    return lambda: edit_selected(hand.workspace, N_("Colour of marks"), lambda each: replace(each, colour=colour))


def _group_menu(hand: "MarkHand", uid: str, parent: QMenu) -> QMenu:
    menu = QMenu(_("Group"), parent)
    mark = hand.book.get(uid)
    now = mark.group if mark is not None else ""
    groups = sorted({each.group for each in hand.book.everything() if each.group})
    for group in ("", *groups):
        action = menu.addAction(group or _("None"), _grouping(hand, group))
        action.setCheckable(True)
        action.setChecked(now == group)
    menu.addSeparator()
    menu.addAction(_("New group…"), lambda: hand.ask_group(uid))
    if now:
        chosen = [each.uid for each in hand.book.everything() if each.group == now]
        menu.addAction(_("Select the group"), lambda: hand.book.select(chosen))
    return menu


def _grouping(hand: "MarkHand", group: str) -> Callable[[], None]:
    return lambda: set_group(hand.workspace, group)


def _add_parameters(hand: "MarkHand", uid: str, menu: QMenu) -> None:
    """Offer what the mark's kind can be told beside points."""
    from viewer.measurement.kinds.table import is_known, kind_of

    mark = hand.book.get(uid)
    if mark is None or not is_known(mark.kind):
        return
    for asked in kind_of(mark.kind).asks:
        now = mark.parameter(asked.name, asked.default)
        if asked.choices:
            choices = menu.addMenu(_(asked.title))
            for value, title in asked.choices:
                action = choices.addAction(_(title), _setting(hand, uid, asked.name, value))
                action.setCheckable(True)
                action.setChecked(now == value)
        else:
            shown = f"{now:g}" if isinstance(now, float) else str(now)
            title = f"{_(asked.title)}: {shown}…" if shown else f"{_(asked.title)}…"
            menu.addAction(title, _asking(hand, uid, asked.name, shown, (asked.least, asked.most)))


def _setting(hand: "MarkHand", uid: str, name: str, value: float | str) -> Callable[[], None]:
    return lambda: set_property(hand.workspace, hand.viewport.cell, uid, name, value)


def _asking(hand: "MarkHand", uid: str, name: str, shown: str, limits: tuple[float, float]) -> Callable[[], None]:
    def take(text: str) -> None:
        try:
            value = float(text.replace(",", ".").replace("−", "-"))
        except ValueError:
            return
        least, most = limits
        if not (least or most) or least <= value <= most:
            _setting(hand, uid, name, value)()

    def ask() -> None:
        mark = hand.book.get(uid)
        if mark is not None:
            hand.ask_text(replace(mark, text=shown), take)

    return ask


def _put_words_back(hand: "MarkHand") -> None:
    own = {LABEL_X, LABEL_Y}
    edit_selected(
        hand.workspace,
        N_("Move the words of a mark"),
        lambda each: replace(each, parameters=tuple(pair for pair in each.parameters if pair[0] not in own)),
    )
