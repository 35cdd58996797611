"""The preference page of the mouse: what every gesture over an image does."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QFormLayout, QVBoxLayout, QWidget

from viewer.base.translation import N_, _
from viewer.ui.buttons import push_button
from viewer.ui.preferences.keys_page import plain_title
from viewer.workspace.commands.command import Command
from viewer.workspace.keys import MOUSE_GESTURES, KeySettings, resolve, with_mouse
from viewer.workspace.tools.tool import Tool

ACTIVE_TOOL = N_("The chosen tool")
NOTHING = N_("Nothing")
WHEEL_TOOLS = (Tool.SCROLL, Tool.FAST_SCROLL, Tool.ZOOM)
CLICKS = frozenset({"back", "forward", "double"})
"""Gestures without a drag: they run commands, not tools."""


class MousePage(QWidget):
    """One line a gesture."""

    def __init__(
        self, commands: Sequence[Command], settings: KeySettings, changed: Callable[[KeySettings], None]
    ) -> None:
        super().__init__()
        self._commands = {command.id: command for command in commands}
        self._settings = settings
        self._changed = changed
        self._boxes: dict[str, QComboBox] = {}
        form = QFormLayout()
        form.setVerticalSpacing(6)
        form.setHorizontalSpacing(16)
        for gesture, title in MOUSE_GESTURES.items():
            form.addRow(_(title), self._box(gesture))
        self._restore = push_button(
            _("Restore the mouse of the profile"), lambda: self._keep(replace(self._settings, mouse=()))
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.addLayout(form)
        layout.addStretch(1)
        layout.addWidget(self._restore, 0, Qt.AlignmentFlag.AlignRight)
        self.take(settings)

    def take(self, settings: KeySettings) -> None:
        """Show settings that were changed elsewhere."""
        self._settings = settings
        mouse = resolve(self._commands.values(), settings).mouse
        for gesture, box in self._boxes.items():
            box.setCurrentIndex(max(0, box.findData(mouse.get(gesture, ""))))
        self._restore.setEnabled(bool(settings.mouse))

    def _box(self, gesture: str) -> QComboBox:
        box = QComboBox()
        box.setObjectName(gesture)
        box.setAccessibleName(_(MOUSE_GESTURES[gesture]))
        box.addItem(_(NOTHING), "")
        if gesture not in CLICKS:
            self._add_tools(box, is_wheel="wheel" in gesture)
        if "wheel" not in gesture:
            box.insertSeparator(box.count())
            for command in self._commands.values():
                box.addItem(plain_title(command), f"command:{command.id}")
        box.setMaxVisibleItems(20)
        box.activated.connect(lambda row: self._keep(with_mouse(self._settings, gesture, str(box.itemData(row) or ""))))
        self._boxes[gesture] = box
        return box

    def _add_tools(self, box: QComboBox, *, is_wheel: bool) -> None:
        if not is_wheel:
            box.addItem(_(ACTIVE_TOOL), "tool:active")
        for tool in WHEEL_TOOLS if is_wheel else Tool:
            command = self._commands.get(f"tool.{tool.value}")
            box.addItem(plain_title(command) if command is not None else tool.value, f"tool:{tool.value}")

    def _keep(self, settings: KeySettings) -> None:
        self.take(settings)
        self._changed(settings)
