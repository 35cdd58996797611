"""What is known of the marks that are chosen in the list: their numbers in full, a plot, and what the reader says."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QVBoxLayout, QWidget

from viewer.base.translation import _, ngettext
from viewer.ui.measuring.parameters_section import ParametersSection
from viewer.ui.measuring.properties_section import PropertiesSection
from viewer.ui.measuring.readings_section import ReadingsSection
from viewer.ui.panels.panel_lines import PanelLines, text_label
from viewer.ui.panels.wrapped_lines import breakable
from viewer.ui.pieces import heading
from viewer.workspace.commands.measurement_panel import COMMANDS
from viewer.workspace.measuring.mark_deeds import selected_marks
from viewer.workspace.measuring.measurement_table import has_plot, name_of

if TYPE_CHECKING:
    from viewer.ui.measuring.measurements_panel import MeasurementsPanel
    from viewer.ui.measuring.plots import MarkPlot

MARGIN_PX, GAP_PX = 10, 10
_BUTTONS = (
    "marks.same_lesion",
    "marks.compare",
    "marks.calibrate",
    "marks.calibrate_not",
    "marks.copy_text",
    "marks.copy_csv",
)


class MeasurementDetails(QWidget):
    """Belongs to the page."""

    def __init__(self, panel: "MeasurementsPanel") -> None:
        super().__init__()
        self._panel, self._workspace = panel, panel.workspace
        self._plot: MarkPlot | None = None
        self._title = heading("")
        self._hint = text_label(_("Choose a mark in the list or on an image to see all of it."), is_quiet=True)
        self.readings = ReadingsSection(panel.workspace)
        self.parameters = ParametersSection(panel)
        self.properties = PropertiesSection(panel)
        self._commands = {command.id: command for command in COMMANDS}
        self._foot = PanelLines("")
        self.buttons = dict(
            zip(
                _BUTTONS,
                self._foot.buttons([(self._commands[each].text, self._running(each)) for each in _BUTTONS]),
                strict=True,
            )
        )
        for command_id, button in self.buttons.items():
            button.setToolTip(_(self._commands[command_id].help))
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(MARGIN_PX, MARGIN_PX, MARGIN_PX, MARGIN_PX)
        self._column.setSpacing(GAP_PX)
        for widget in (self._hint, self._title, self.readings, self.parameters, self.properties, self._foot):
            self._column.addWidget(widget)
        self._column.addStretch(1)

    @property
    def plot(self) -> "MarkPlot | None":
        """The plot; None before the first mark that has one."""
        return self._plot

    def refresh(self) -> None:
        """Show the marks that are chosen now."""
        marks = selected_marks(self._workspace)
        self._hint.setVisible(not marks)
        self._title.setVisible(bool(marks))
        self._foot.setVisible(bool(marks))
        self.properties.setVisible(bool(marks))
        if len(marks) == 1:
            self._title.setText(breakable(name_of(marks[0])))
        else:
            self._title.setText(ngettext("{0} mark", "{0} marks", len(marks)).format(len(marks)))
        self.readings.refresh(marks)
        self._refresh_plot()
        self.parameters.refresh(marks)
        if marks:
            self.properties.refresh(marks)
            for command_id, button in self.buttons.items():
                button.setEnabled(self._commands[command_id].enabled(self._workspace))

    def _refresh_plot(self) -> None:
        marks = selected_marks(self._workspace)
        if self._plot is None and (len(marks) != 1 or not has_plot(marks[0])):
            return
        if self._plot is None:
            from viewer.ui.measuring.plots import MarkPlot

            self._plot = MarkPlot(self._workspace)
            self._column.insertWidget(self._column.indexOf(self.readings) + 1, self._plot)
        self._plot.refresh(marks)

    def _running(self, command_id: str) -> Callable[[], None]:
        return lambda: self._commands[command_id].run(self._workspace)
