"""How segments are drawn: outlines, insides, how opaque."""

from dataclasses import replace

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QCheckBox, QSlider

from viewer.base.translation import _
from viewer.ui.panels.panel_lines import PanelLines
from viewer.workspace.workspace import Workspace

_PERCENT = 100


class DrawingSection(PanelLines):
    """Belongs to the page."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(_("Drawing"))
        self._book = workspace.shared.segmentations
        self._outline = QCheckBox(_("Outline"))
        self._fill = QCheckBox(_("Inside"))
        self._opacity = QSlider(Qt.Orientation.Horizontal)
        self._opacity.setRange(5, _PERCENT)
        self._opacity.setSingleStep(5)
        self.add(self._outline)
        self.add(self._fill)
        self.line(_("Opacity"), self._opacity)
        self._outline.toggled.connect(lambda is_on: self._change(has_outline=is_on))
        self._fill.toggled.connect(lambda is_on: self._change(has_fill=is_on))
        self._opacity.valueChanged.connect(lambda value: self._change(opacity=value / _PERCENT))

    def refresh(self) -> None:
        """Show the style in force."""
        if self._book is None:
            return
        style = self._book.style
        with QSignalBlocker(self._outline), QSignalBlocker(self._fill), QSignalBlocker(self._opacity):
            self._outline.setChecked(style.has_outline)
            self._fill.setChecked(style.has_fill)
            self._opacity.setValue(round(style.opacity * _PERCENT))
        self._opacity.setEnabled(style.has_fill)

    def _change(self, **changes: float | bool) -> None:
        if self._book is not None:
            self._book.set_style(replace(self._book.style, **changes))  # type: ignore[arg-type]  # each of its own kind
            self._opacity.setEnabled(self._book.style.has_fill)
