"""Plots of one mark: how often values occur in a region, and the values along a line."""

import html
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QVBoxLayout, QWidget
from shiboken6 import isValid

from viewer.base.errors import ViewerError
from viewer.base.jobs import INTERACTION, Progress
from viewer.base.translation import _
from viewer.measurement.annotation import Annotation
from viewer.measurement.ground import Ground
from viewer.measurement.kinds.kind import Kind
from viewer.measurement.kinds.line_profile import LineProfile
from viewer.measurement.kinds.table import kind_of
from viewer.ui.panels.panel_lines import text_label
from viewer.ui.theme import colours
from viewer.workspace.measuring.measurement_table import PLOTTED_LINES, has_plot
from viewer.workspace.workspace import Workspace

if TYPE_CHECKING:
    from viewer.measurement.profile_values import Profile
    from viewer.measurement.roi_statistics import Histogram

HEIGHT_PX = 150
_FILL_ALPHA = 90


@dataclass(frozen=True, slots=True)
class Plotted:
    """What a plot is made of.

    Attributes:
        unit: Of the values.
        refusal: Why there is nothing to draw, translated.
    """

    histogram: "Histogram | None" = None
    profile: "Profile | None" = None
    unit: str = ""
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class _Read:
    """Reads values away from the window's thread: regions of large images hold millions of them."""

    kind: Kind
    mark: Annotation
    ground: Ground

    def run(self, progress: Progress) -> Plotted:
        progress.check()
        if self.mark.kind in PLOTTED_LINES:
            found = LineProfile().profile(self.mark, self.ground)
            if isinstance(found, str):
                return Plotted(refusal=found)
            if not np.isfinite(found.values).any():
                return Plotted(refusal=_("There are no values here"))
            return Plotted(profile=found, unit=found.unit.symbol)
        from viewer.measurement.kinds.region_pixels import region_histogram

        counted = region_histogram(self.kind, self.mark, self.ground)
        values = self.ground.values_in((slice(0, 1), slice(0, 1))) if counted is not None else None
        return Plotted(histogram=counted, unit=values.unit.symbol if values is not None else "")


class MarkPlot(QWidget):
    """The plot of one mark, and the name of what it shows."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self._workspace = workspace
        self._wanted: tuple[object, ...] = ()
        self.shown: Plotted | None = None
        self.words = text_label(is_quiet=True)
        self.plot = pg.PlotWidget(background=colours().panel)
        self.plot.setFixedHeight(HEIGHT_PX)
        self.plot.setMenuEnabled(False)
        self.plot.setMouseEnabled(False, False)
        self.plot.hideButtons()
        self.plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.plot.showGrid(x=True, y=True, alpha=0.15)
        for side in ("bottom", "left"):
            axis = self.plot.getAxis(side)
            axis.enableAutoSIPrefix(False)
            axis.setPen(colours().hairline)
            axis.setTextPen(colours().secondary)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.plot)
        layout.addWidget(self.words)
        self.hide()

    def refresh(self, marks: tuple[Annotation, ...]) -> None:
        """Draw one mark; nothing for several. What was drawn stays until the new values are there."""
        mark = marks[0] if len(marks) == 1 and has_plot(marks[0]) else None
        grounds = self._workspace.shared.grounds
        self.setVisible(mark is not None and grounds is not None)
        if mark is None or grounds is None:
            self._wanted = ()
            return
        wanted = mark.uid, mark.anchor, mark.points, mark.parameters, mark.readings
        if wanted == self._wanted:
            return
        self._wanted = wanted
        kind = kind_of(mark.kind)

        def came(ground: Ground) -> None:
            if not isValid(self) or wanted != self._wanted:
                return
            done: Callable[[Plotted], None] = lambda plotted: self._came(wanted, plotted)  # noqa: E731 - one line
            grounds.runner.submit(_Read(kind, mark, ground), lane=INTERACTION, done=done, failed=self._failed)

        grounds.want(mark.anchor, came, self._failed)

    def _came(self, wanted: tuple[object, ...], plotted: Plotted) -> None:
        if isValid(self) and wanted == self._wanted:
            self.show_plotted(plotted)

    def _failed(self, error: Exception) -> None:
        if not isinstance(error, ViewerError):
            raise error
        if isValid(self):
            self.show_plotted(Plotted(refusal=error.one_line()))

    def show_plotted(self, plotted: Plotted) -> None:
        """Draw."""
        self.shown = plotted
        self.plot.clear()
        is_there = plotted.histogram is not None or plotted.profile is not None
        self.plot.setVisible(is_there)
        self.words.setText(plotted.refusal if not is_there else "")
        if plotted.histogram is not None:
            self._draw_histogram(plotted.histogram, plotted.unit)
        elif plotted.profile is not None:
            self._draw_profile(plotted.profile, plotted.unit)
        self.words.setVisible(bool(self.words.text()))

    def _draw_histogram(self, counted: "Histogram", unit: str) -> None:
        shade = QColor(colours().accent)
        shade.setAlpha(_FILL_ALPHA)
        self.plot.plot(
            np.array(counted.edges),
            np.array(counted.counts),
            stepMode="center",
            fillLevel=0,
            brush=shade,
            pen=pg.mkPen(colours().accent),
        )
        self._name(unit or _("Value"), _("Pixels"))
        self.plot.setAccessibleName(_("Histogram of the region"))

    def _draw_profile(self, found: "Profile", unit: str) -> None:
        self.plot.plot(found.distances, found.values, pen=pg.mkPen(colours().accent, width=1.5), connect="finite")
        self._name(found.distance_unit.symbol, unit or _("Value"))
        self.plot.setAccessibleName(_("Values along the line"))
        self.words.setText(_(found.interpolation.words))

    def _name(self, across: str, up: str) -> None:
        self.plot.setLabel("bottom", html.escape(across), color=colours().secondary)
        self.plot.setLabel("left", html.escape(up), color=colours().secondary)
        self.plot.autoRange(padding=0.04)
