"""The curves of the regions of a series: diagram, values at the phase under the pointer, and what leaves the window."""

import csv
import io
import math
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QColor, QGuiApplication, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from viewer.base.translation import _
from viewer.ui.buttons import push_button
from viewer.ui.labels import plain_label
from viewer.ui.pieces import caution
from viewer.ui.volumes.curve_plot import CurvePlot, PlottedCurve
from viewer.ui.volumes.region_item import colour_of
from viewer.workspace.curve_book import FollowedCurve
from viewer.workspace.curve_placing import REMOVE, course_key_at, factor_at, go_to_phase, phase_shown
from viewer.workspace.phase_curves import STATISTIC_TITLES, PhaseCurve, Statistic, table_of
from viewer.workspace.workspace import Workspace

FOLLOW_MS = 40
_SIZE, _ROOM_PX, _TABLE_PX = (640, 520), 16, 132
_SERIES_DESCRIPTION = 0x0008103E
_DIGITS = 6
_MARKS = ("=", "+", "@", "\t", "\r")
"""A text that begins so would be a formula to a spreadsheet."""


class CurveWindow(QDialog):
    """Stays beside the images; shows the regions of one series at a time.

    Args:
        parent: The reading window.
        workspace: Its.
    """

    def __init__(self, parent: QWidget, workspace: Workspace) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self._workspace = workspace
        self._key = ""
        self._read: int | None = None
        self._shown: tuple[tuple[FollowedCurve, PhaseCurve], ...] = ()
        self._regions: tuple[FollowedCurve, ...] = ()
        self.setWindowTitle(_("Curves over phases"))
        self.resize(*_SIZE)
        self._statistic = _choice([(each, _(title)) for each, title in STATISTIC_TITLES.items()], _("Curves show"))
        self._axis = _choice([(True, _("time")), (False, _("phase number"))], _("Over"))
        self.diagram = CurvePlot()
        self.table = _table()
        self.notes = caution()
        self._copy = push_button(_("Copy"), self.copy)
        self._export = push_button(_("Export as CSV…"), lambda: self._ask_file(_("Export the curves"), "csv"))
        self._picture = push_button(_("Save the diagram…"), lambda: self._ask_file(_("Save the diagram"), "png"))
        self._remove = push_button(_("Take away"), self.remove_chosen)
        self._lay_out()
        self._connect()

    def show_active(self) -> None:
        """Show the curves of what the active viewport shows."""
        self._follow_active()
        self.refresh()
        if self.isMinimized():
            self.showNormal()
        self.show()

    @property
    def curves(self) -> tuple[tuple[str, PhaseCurve], ...]:
        """The curves in the diagram with their titles, in the unit that is shown."""
        return tuple((followed.region.title, curve) for followed, curve in self._shown)

    def refresh(self) -> None:
        """Show what there is now."""
        book = self._workspace.shared.curves
        if book is None:
            return
        self._regions = book.curves(self._key)
        self._shown = tuple((each, curve) for each in self._regions if (curve := self._converted(each)) is not None)
        self._show_title()
        has_times = bool(self._shown) and all(curve.times is not None for _region, curve in self._shown)
        self._axis.setEnabled(has_times)
        by_time = has_times and bool(self._axis.currentData())
        statistic = Statistic(self._statistic.currentData())
        plotted = [_plotted(each, curve, statistic, by_time=by_time) for each, curve in self._shown]
        self.diagram.show_curves(plotted, self._across(by_time=by_time), self._up(statistic))
        self._follow_phase()
        self._fill_notes(has_times=has_times)
        for button in (self._copy, self._export, self._picture):
            button.setEnabled(bool(self._shown))

    # What leaves the window

    def copy(self) -> None:
        """Put all values on the clipboard, in columns."""
        lines = ["\t".join(map(_harmless, line)) for line in table_of(self.curves)]
        QGuiApplication.clipboard().setText("\n".join(lines) + "\n")

    def write(self, path: Path) -> None:
        """Write all values, or the diagram, into a file; say where that fails."""
        try:
            if path.suffix.lower() == ".png":
                if not self.diagram.picture().save(str(path)):
                    raise OSError(_("the picture cannot be written"))
            else:
                path.write_text(self._csv(), "utf-8-sig", newline="")
        except OSError as error:
            self.notes.setText(_("It could not be written: {0}").format(error.strerror or str(error)))
            self.notes.setVisible(True)

    def remove_chosen(self) -> None:
        """Take the regions of the chosen lines away."""
        book = self._workspace.shared.curves
        rows = sorted({index.row() for index in self.table.selectedIndexes()})
        chosen = tuple(self._regions[row].region for row in rows if row < len(self._regions))
        if book is not None and chosen:
            self._workspace.do(book.removing(chosen), REMOVE)

    def _csv(self) -> str:
        text = io.StringIO()
        csv.writer(text).writerows([list(map(_harmless, line)) for line in table_of(self.curves)])
        return text.getvalue()

    def _ask_file(self, title: str, ending: str) -> None:
        dialog = QFileDialog(self, title)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(ending)
        dialog.setNameFilter(f"{ending.upper()} (*.{ending})")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda name: self.write(Path(name)))
        dialog.open()

    # Following

    def _connect(self) -> None:
        workspace, shared = self._workspace, self._workspace.shared
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(FOLLOW_MS)
        self._later.timeout.connect(self._settle)
        self._is_stale = False
        self._disconnect = [
            workspace.viewports_changed.connect(lambda _cells: self._follow(is_stale=False)),
            workspace.active_changed.connect(lambda _cell: self._follow(is_stale=False)),
        ]
        if shared.curves is not None:
            self._disconnect.append(shared.curves.changed.connect(lambda _key: self._follow(is_stale=True)))
        if shared.suv is not None:
            self._disconnect.append(shared.suv.changed.connect(lambda _key: self._follow(is_stale=True)))
        self.destroyed.connect(lambda: [disconnect() for disconnect in self._disconnect])
        self._statistic.activated.connect(lambda _row: self.refresh())
        self._axis.activated.connect(lambda _row: self.refresh())
        self.diagram.read_changed.connect(self._read_at)
        self.diagram.phase_wanted.connect(lambda phase: go_to_phase(workspace, self._key, phase))
        self.table.itemSelectionChanged.connect(self._enable)

    def _follow(self, *, is_stale: bool) -> None:
        self._is_stale = self._is_stale or is_stale
        if self.isVisible() and not self._later.isActive():
            self._later.start()

    def _settle(self) -> None:
        key, units = self._key, tuple(curve.unit for _region, curve in self._shown)
        self._follow_active()
        again = tuple(curve.unit for each in self._regions if (curve := self._converted(each)) is not None)
        if self._is_stale or key != self._key or again != units:
            self._is_stale = False
            self.refresh()
        else:
            self._follow_phase()

    def _follow_active(self) -> None:
        """Turn to the active viewport's series where it has regions; else stay where there are any."""
        book, key = self._workspace.shared.curves, course_key_at(self._workspace, self._workspace.active)
        if book is not None and key and (book.curves(key) or not book.curves(self._key)):
            self._key = key

    def _follow_phase(self) -> None:
        self.diagram.show_phase(phase_shown(self._workspace, self._key))
        self._fill_table()

    def _read_at(self, phase: int | None) -> None:
        self._read = phase
        self._fill_table()

    def _converted(self, followed: FollowedCurve) -> PhaseCurve | None:
        """Return a curve in the unit that its series is shown in."""
        factor = factor_at(self._workspace, self._key)
        if followed.curve is None or factor is None:
            return followed.curve
        return followed.curve.mapped(factor.factor, factor.offset, f"{factor.type.title} {factor.type.unit}")

    # Filling

    def _across(self, *, by_time: bool) -> str:
        if not by_time:
            return _("Phase")
        sources = dict.fromkeys(_(curve.times.source) for _region, curve in self._shown if curve.times is not None)
        return _("Time (s), {0}").format(", ".join(sources))

    def _up(self, statistic: Statistic) -> str:
        units = list(dict.fromkeys(curve.unit for _region, curve in self._shown if curve.unit))
        title = _("Mean ± SD") if statistic is Statistic.MEAN else _(STATISTIC_TITLES[statistic])
        return f"{title} ({', '.join(units)})" if units else title

    def _show_title(self) -> None:
        series = (
            self._regions[0].region.course.display_set.images[0].header.text(_SERIES_DESCRIPTION)
            if (self._regions)
            else ""
        )
        title = _("Curves over phases")
        self.setWindowTitle(f"{title}: {series}" if series else title)

    def _fill_table(self) -> None:
        phase = self._read if self._read is not None else phase_shown(self._workspace, self._key)
        chosen = {index.row() for index in self.table.selectedIndexes()}
        self.table.blockSignals(True)
        self.table.setRowCount(len(self._regions))
        curves = {id(followed): curve for followed, curve in self._shown}
        for row, followed in enumerate(self._regions):
            texts = _row_of(followed, curves.get(id(followed)), phase)
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                if column:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                else:
                    item.setForeground(QColor(colour_of(followed.region)))
                self.table.setItem(row, column, item)
                item.setSelected(row in chosen)
        self.table.blockSignals(False)
        self._enable()

    def _fill_notes(self, *, has_times: bool) -> None:
        lines = [f"{each.region.title}: {each.failure}" for each in self._regions if each.failure]
        lines += list(dict.fromkeys(note for _region, curve in self._shown for note in curve.notes))
        if any(each.curve is None and not each.failure for each in self._regions):
            lines.append(_("Values are being read…"))
        if self._shown and not has_times:
            lines.append(_("The data do not say when the phases were taken: curves are over their numbers."))
        if not self._regions:
            lines.append(_("Click on an image for a point, or drag for a region (Shift+G)."))
        self.notes.setText("\n".join(lines))
        self.notes.setVisible(bool(lines))

    def _enable(self) -> None:
        self._remove.setEnabled(bool(self.table.selectedIndexes()))

    def _lay_out(self) -> None:
        head, foot = QHBoxLayout(), QHBoxLayout()
        for name, box in ((_("Curves show"), self._statistic), (_("Over"), self._axis)):
            label = plain_label(name)
            label.setBuddy(box)
            head.addWidget(label)
            head.addWidget(box)
        head.addStretch(1)
        for button in (self._copy, self._export, self._picture):
            foot.addWidget(button)
        foot.addStretch(1)
        foot.addWidget(self._remove)
        column = QVBoxLayout(self)
        column.addLayout(head)
        column.addWidget(self.diagram, 1)
        column.addWidget(self.table)
        column.addWidget(self.notes)
        column.addLayout(foot)

    def showEvent(self, event: QShowEvent) -> None:
        """Stand at the lower right of the reading window the first time."""
        parent = self.parentWidget()
        if parent is not None and not self.testAttribute(Qt.WidgetAttribute.WA_Moved):
            corner = parent.mapToGlobal(parent.rect().bottomRight())
            self.move(corner.x() - self.width() - _ROOM_PX, corner.y() - self.height() - 3 * _ROOM_PX)
        super().showEvent(event)


def _choice(entries: list[tuple[object, str]], name: str) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    for value, text in entries:
        box.addItem(text, value)
    return box


def _table() -> QTableWidget:
    names = (_("Region"), _("Phase"), _("Time (s)"), _("Mean"), _("SD"), _("Minimum"), _("Maximum"), _("N"))
    table = QTableWidget(0, len(names))
    table.setHorizontalHeaderLabels(list(names))
    table.verticalHeader().setVisible(False)
    table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
    table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setTabKeyNavigation(False)
    table.setFixedHeight(_TABLE_PX)
    table.setAccessibleName(_("Values of the regions"))
    return table


def _plotted(followed: FollowedCurve, curve: PhaseCurve, statistic: Statistic, *, by_time: bool) -> PlottedCurve:
    values = tuple(each.of(statistic) for each in curve.values)
    band = tuple(each.sd for each in curve.values) if statistic is Statistic.MEAN else ()
    places = curve.places(by_time=by_time)
    return PlottedCurve(followed.region.title, colour_of(followed.region), curve.phases, places, values, band)


def _row_of(followed: FollowedCurve, curve: PhaseCurve | None, phase: int | None) -> tuple[str, ...]:
    at = curve.phases.index(phase) if curve is not None and phase in curve.phases else None
    if curve is None or at is None or phase is None:
        return (followed.region.title, *[""] * 7)
    values = curve.values[at]
    time = "–" if curve.times is None else _digits(curve.times.seconds[at])
    numbers = (values.mean, values.sd, values.minimum, values.maximum)
    texts = ("–" if math.isnan(number) else _digits(number) for number in numbers)
    return (followed.region.title, str(phase + 1), time, *texts, str(values.count))


def _digits(value: float) -> str:
    return f"{value:.{_DIGITS}g}".replace("-", "−")


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_MARKS) else text
