"""The toolbar's measuring button: the kind of mark used last, and a list of all kinds, those of the modality first.

A double click asks for one mark alone; then the tool before it comes back.
"""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QMouseEvent
from PySide6.QtWidgets import QMenu, QToolBar, QToolButton, QWidget

from viewer.base.translation import _
from viewer.ui.actions import Actions
from viewer.ui.icons import icon
from viewer.workspace.commands.measuring import GROUP_TITLES, command_id, take_up
from viewer.workspace.tools.tool import Tool
from viewer.workspace.workspace import Workspace

_AFTER = "tool.window_region"
"""The button stands behind the one of this command."""


class MeasureButton(QToolButton):
    """Of one window."""

    def __init__(self, workspace: Workspace, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._actions = actions
        self.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # as the other buttons of the bar; keys and menu reach all kinds
        self.setCheckable(True)
        menu = QMenu(self)
        menu.aboutToShow.connect(self._fill)
        self.setMenu(menu)
        self.clicked.connect(lambda: actions.run("tool.measure"))
        self._connections = [
            workspace.measuring.changed.connect(lambda _none: self.follow()),
            workspace.tool_changed.connect(lambda _tool: self.follow()),
        ]
        self.destroyed.connect(lambda: [disconnect() for disconnect in self._connections])
        actions["tool.measure"].changed.connect(self.follow)
        self.follow()

    def follow(self) -> None:
        """Show the kind in the hand."""
        workspace = self._workspace
        kind, action = workspace.measuring.kind, self._actions["tool.measure"]
        is_held = workspace.tool is Tool.MEASURE
        self.setIcon(icon(kind.icon))
        self.setChecked(is_held)
        self.setEnabled(action.isEnabled())
        key = action.shortcut().toString()
        once = _("Once: the tool before comes back") if is_held and workspace.measuring.is_once else ""
        title = f"{_(kind.title)}  ({key})" if key else _(kind.title)
        hint = _("Double click: one mark, then the tool before")
        self.setToolTip("\n".join(line for line in (title, _(kind.help), once or hint) if line))
        self.setAccessibleName(_("Measure: {0}").format(_(kind.title)))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Ask for one mark alone."""
        if event.button() == Qt.MouseButton.LeftButton and self.isEnabled():
            take_up(self._workspace, self._workspace.measuring.kind.id, is_once=True)
            self._actions.refresh()
        else:
            super().mouseDoubleClickEvent(event)

    def _fill(self) -> None:
        self.menu().clear()
        self._actions.refresh()
        fill_kinds(self.menu(), self._workspace, self._actions)


def fill_kinds(menu: QMenu, workspace: Workspace, actions: Actions) -> None:
    """Put all kinds into a menu: those of the active modality at the top, the others by their groups."""
    from viewer.measurement.kinds.table import KINDS

    series = workspace.series_at(workspace.active)
    modality = series.modality if series is not None else ""
    own = [kind for kind in KINDS if modality in kind.modalities]
    for kind in own:
        menu.addAction(actions[command_id(kind)])
    for group, title in GROUP_TITLES.items():
        rest = [kind for kind in KINDS if kind.group is group and kind not in own]
        if rest:
            menu.addSection(_(title)) if not any(kind.modalities for kind in rest) else menu.addSeparator()
            into = menu if not all(kind.modalities for kind in rest) else menu.addMenu(_(title))
            for kind in rest:
                into.addAction(actions[command_id(kind)])


def add_measure_button(bar: QToolBar, workspace: Workspace, actions: Actions) -> MeasureButton:
    """Put the button behind the other tools of the left hand."""
    button = MeasureButton(workspace, actions, bar)
    button.setIconSize(QSize(bar.iconSize()))
    placed = bar.actions()
    at = next((place for place, action in enumerate(placed) if action is actions[_AFTER]), len(placed) - 1)
    before: QAction | None = placed[at + 1] if at + 1 < len(placed) else None
    if before is None:
        bar.addWidget(button)
    else:
        bar.insertWidget(before, button)
    return button
