"""What the viewport is linked with, and by what: links that follow by place, links by hand, registrations."""

from functools import partial

from PySide6.QtWidgets import QCheckBox

from viewer.base.translation import _, ngettext
from viewer.ui.volumes.volume_section import ShownView, VolumeSection
from viewer.workspace.commands.linking import COMMANDS
from viewer.workspace.link_words import link_notes
from viewer.workspace.synchronization import linked_with
from viewer.workspace.workspace import Workspace

_SWITCHES = ("link.lines", "link.ends", "link.cursor", "link.scroll", "link.window", "link.zoom")
_BUTTONS = ("link.manual", "link.break", "link.register", "link.unregister")


class LinkingSection(VolumeSection):
    """For everything that shows images; its switches are the commands of the menu "Link"."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(_("Link"), workspace)
        self._commands = {command.id: command for command in COMMANDS}
        self.switches = {name: self._switch(name) for name in _SWITCHES}
        self.state = self.note()
        made = self.buttons([(self._commands[name].text, partial(self._run, name)) for name in _BUTTONS])
        self.acts = dict(zip(_BUTTONS, made, strict=True))
        for name, button in self.acts.items():
            button.setToolTip(_(self._commands[name].help))
        disconnect = workspace.shared.linking.changed.connect(lambda _none: self._follow())
        self.destroyed.connect(disconnect)

    def concerns(self, shown: ShownView) -> bool:
        """Return whether there are images."""
        return shown.display_set is not None and shown.display_set.is_image

    def fill(self, shown: ShownView) -> None:
        """Show which switches are on, and what the viewport is linked with."""
        for name, box in self.switches.items():
            checked = self._commands[name].checked
            box.blockSignals(True)
            box.setChecked(checked is not None and checked(self.workspace))
            box.blockSignals(False)
        for name, button in self.acts.items():
            button.setEnabled(self._commands[name].enabled(self.workspace))
        self.state.setText(_state(self.workspace, shown.cell))
        self.state.setVisible(bool(self.state.text()))

    def _switch(self, name: str) -> QCheckBox:
        command = self._commands[name]
        box = QCheckBox(command.text)
        box.setToolTip(_(command.help))
        box.toggled.connect(lambda _on: self._run(name))
        self.add(box)
        return box

    def _run(self, name: str) -> None:
        if self._commands[name].enabled(self.workspace):
            self._commands[name].run(self.workspace)

    def _follow(self) -> None:
        if self.isVisible():
            workspace = self.workspace
            display_set = workspace.display_set_at(workspace.active)
            self.fill(ShownView(workspace.active, workspace.viewport(workspace.active), display_set, None, ""))


def _state(workspace: Workspace, cell: int) -> str:
    """Return in sentences what a viewport is linked with, translated."""
    links = linked_with((workspace, cell))
    lines = list(dict.fromkeys(link.text for _place, link in links if link.manual is not None))
    count = sum(1 for _place, link in links if link.manual is None)
    if count:
        text = ngettext("Linked by place with {0} viewport", "Linked by place with {0} viewports", count)
        lines.insert(0, text.format(count))
    return "\n".join((*lines, *link_notes(workspace, cell), *workspace.shared.linking.registration_problems))
