"""Third page: the readings, typed, pasted, from a file, or taken step by step on the whole screen."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QComboBox, QFileDialog, QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from viewer.base.errors import DisplayError, ViewerError
from viewer.base.translation import N_, _
from viewer.display.calibration_record import Reading
from viewer.display.luminance_readings import LARGEST_FILE, parse_readings, read_table
from viewer.display.measuring_plan import COUNTS, HIGHEST_LEVEL, Measurement, luminance_of
from viewer.display.meters import FoundMeters, Meter
from viewer.ui.buttons import push_button
from viewer.ui.calibration.desk import CalibrationDesk
from viewer.ui.calibration.page import WizardPage, paragraph
from viewer.ui.calibration.readings_table import ReadingsTable
from viewer.ui.calibration.response_plot import readings_plot
from viewer.ui.quality.plots import PlotView

TABLE_PX = 300
PLAN_TITLES = {18: N_("18 levels"), 52: N_("52 levels (recommended)"), 256: N_("256 levels, for a meter")}


class MeasuringPage(WizardPage):
    """Collects one luminance a level.

    Signals:
        measure_asked: The patches shall be shown; the meter, or None for a person who types.
    """

    title = N_("Measurement")
    measure_asked = Signal(object)

    def __init__(self, desk: CalibrationDesk, found: FoundMeters) -> None:
        super().__init__(desk)
        self._found = found
        self._plan = QComboBox()
        self._meters = QComboBox()
        self._name = QLineEdit()
        self._table = ReadingsTable(_("Driving level"))
        self._plot = PlotView(200)
        self._count = QLabel()
        self._problems = paragraph("\n".join(found.problems), is_quiet=True)
        self._lay_out()
        desk.changed.connect(self._show)

    def enter(self) -> None:
        """Show what was read so far."""
        self._name.setText(self.desk.draft.meter)
        self._show()

    def leave(self) -> None:
        """Take over the meter's name."""
        self.desk.change(meter=self._name.text().strip())

    def put_by(self) -> None:
        """Take over the meter's name."""
        self.leave()

    def first_widget(self) -> QWidget:
        """Return the button that shows the patches."""
        return self._begin

    @property
    def is_ready(self) -> bool:
        """Whether every level was read."""
        return self.desk.draft.measurement.is_complete

    @property
    def meter(self) -> Meter | None:
        """The chosen meter; None for a person who types."""
        chosen = self._meters.currentData()
        return None if chosen is None else self._found.meters[chosen]

    def take(self, level: int, luminance: float, chromaticity: tuple[float, float] | None) -> None:
        """Take a reading over from the patches."""
        self.desk.change(measurement=self.desk.draft.measurement.with_reading(level, luminance, chromaticity))

    # Building

    def _lay_out(self) -> None:
        self._plan.setAccessibleName(_("Levels"))
        for count in COUNTS:
            self._plan.addItem(_(PLAN_TITLES[count]), count)
        self._plan.activated.connect(lambda row: self._set_plan(self._plan.itemData(row)))
        self._meters.setAccessibleName(_("Meter"))
        self._meters.addItem(_("Readings are typed"), None)
        for place, meter in enumerate(self._found.meters):
            self._meters.addItem(meter.title, place)
            if not meter.is_available():
                self._meters.setItemData(place + 1, False, Qt.ItemDataRole.UserRole - 1)
                self._meters.setItemText(place + 1, _("{0}: not installed").format(meter.title))
        self._meters.activated.connect(lambda _row: self._meter_chosen())
        self._name.setAccessibleName(_("Name of the meter"))
        self._name.setPlaceholderText(_("Name and serial number of the meter"))
        self._begin = push_button(_("Show the patches"), lambda: self.measure_asked.emit(self.meter), "expand")
        top = QHBoxLayout()
        top.addWidget(self._plan)
        top.addWidget(self._meters)
        top.addWidget(self._name, 1)
        self.column.addLayout(top)
        middle = QHBoxLayout()
        middle.setSpacing(16)
        middle.addWidget(self._table)
        self._table.setFixedWidth(TABLE_PX)
        middle.addLayout(self._right(), 1)
        self.column.addLayout(middle, 1)
        self._table.typed.connect(self._typed)
        self._table.pasted.connect(self._paste)

    def _right(self) -> QVBoxLayout:
        right = QVBoxLayout()
        right.addWidget(
            paragraph(
                _(
                    "Full-screen patches, dark to bright, past every correction: type each reading below its patch, "
                    "or type, paste or open a table of driving level and luminance here."
                ),
                is_quiet=True,
            )
        )
        buttons = QHBoxLayout()
        buttons.addWidget(self._begin)
        buttons.addWidget(push_button(_("Paste"), lambda: self._paste(QGuiApplication.clipboard().text()), "document"))
        buttons.addWidget(push_button(_("Open CSV …"), self._open, "folder-open"))
        buttons.addWidget(push_button(_("Clear"), self._clear, "x"))
        buttons.addStretch(1)
        right.addLayout(buttons)
        right.addWidget(self._count)
        right.addWidget(self._plot, 1)
        self._problems.setVisible(bool(self._found.problems))
        right.addWidget(self._problems)
        return right

    # Showing

    def _show(self) -> None:
        measurement = self.desk.draft.measurement
        self._table.show_measurement(measurement, [str(level) for level in measurement.levels])
        row = self._plan.findData(len(measurement))
        self._plan.setCurrentIndex(row)
        self._plan.setPlaceholderText(_("{0} levels of a table").format(len(measurement)))
        self._count.setText(_("{0} of {1} levels measured").format(len(measurement.taken), len(measurement)))
        self._plot.show_plot(readings_plot(measurement.taken, max(*measurement.levels, HIGHEST_LEVEL)))

    # Changing

    def _set_plan(self, count: int) -> None:
        self.desk.change(measurement=self.desk.draft.measurement.at_levels(count))

    def _meter_chosen(self) -> None:
        meter = self.meter
        if meter is not None and not self._name.text().strip():
            self._name.setText(meter.title)

    def _typed(self, level: int, text: str) -> None:
        measurement = self.desk.draft.measurement
        self.told.emit("")
        try:
            changed = measurement.with_reading(level, luminance_of(text)) if text else measurement.without(level)
        except ViewerError as error:
            self.told.emit(error.one_line())
            changed = measurement
        self.desk.change(measurement=changed)
        if changed == measurement:
            self._show()

    def _paste(self, text: str) -> None:
        self._read(text, _("Clipboard"))

    def _open(self) -> None:
        dialog = QFileDialog(self, _("Open luminance readings"), "", _("Tables (*.csv *.txt *.tsv);;All files (*)"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda name: self.open_table(Path(name)))
        dialog.open()

    def open_table(self, path: Path) -> None:
        """Take the readings of a file; what is wrong with it is told with its line."""
        try:
            text = read_table(path)
        except ViewerError as error:
            self.told.emit(error.one_line())
        else:
            self._read(text, path.name)

    def _read(self, text: str, subject: str) -> None:
        try:
            if len(text) > LARGEST_FILE:
                raise DisplayError(_("That is too much for a table of readings"), subject=subject)
            measurement = self.desk.draft.measurement.with_column(text) or _measured(
                parse_readings(text, subject).readings
            )
        except ViewerError as error:
            self.told.emit(error.one_line())
            return
        self.told.emit("")
        self.desk.change(measurement=measurement)

    def _clear(self) -> None:
        self.told.emit("")
        self.desk.change(measurement=Measurement())


def _measured(readings: Sequence[Reading]) -> Measurement:
    levels = tuple(reading.driving_level for reading in readings)
    return Measurement(levels, dict(zip(levels, readings, strict=True)))
