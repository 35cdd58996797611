"""The sections of the quality panel, each about one thing that decides what a grey means on a monitor."""

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QCheckBox

from viewer.base.translation import N_, _, ngettext
from viewer.display.ambient_light import can_follow, with_ambient
from viewer.display.calibration_record import AmbientSource, DisplayClass
from viewer.display.conformance import Check
from viewer.display.constancy_judgement import checks_of_calibration, knows_ambient, was_measured
from viewer.display.constancy_schedule import due_tests, failed_tests, overdue_notice, with_interval
from viewer.display.constancy_texts import class_text, number_text, title_of_test, verdict_of, verdict_text
from viewer.display.monitor_record import MonitorRecord
from viewer.imaging.display_calibration import DisplayCalibration, MoreGreys
from viewer.ui.number_fields import whole_number_field
from viewer.ui.quality.panel_section import PanelSection
from viewer.ui.quality.shown_monitor import Keep, ShownMonitor

BRIGHTEST_AMBIENT_CD_M2 = 1000.0
BRIGHTEST_ROOM_LUX = 100_000.0
USUAL_REFLECTION_PER_SR = 0.005
LONGEST_INTERVAL_DAYS = 3650

_GREYS = {
    MoreGreys.NONE: N_("256 true greys"),
    MoreGreys.BIT_STEALING: N_("Bit stealing"),
    MoreGreys.TEN_BITS: N_("10 bits a channel"),
}
_SIGNS = {True: "✓", False: "✗"}


def with_calibration(record: MonitorRecord, calibration: DisplayCalibration) -> MonitorRecord:
    """Return a record drawn with a changed calibration."""
    return replace(record, calibrated=replace(record.calibrated, calibration=calibration))


class LuminanceSection(PanelSection):
    """Black, white, their ratio, the light of the room, and the limits of the monitor's class."""

    def __init__(self, keep: Keep) -> None:
        super().__init__(_("Luminance"), keep)
        self._class = self.choice([(each, class_text(each)) for each in DisplayClass], self._class_chosen)
        self.line(_("Used for"), self._class)
        self._checks = {
            subject: self.value(name)
            for subject, name in (
                ("l_min", _("Black L'min")),
                ("l_max", _("White L'max")),
                ("luminance_ratio", _("Ratio")),
                ("ambient_ratio", _("Ambient/black")),
            )
        }
        self._unit = self.choice([(False, "cd/m²"), (True, _("lux × reflection"))], self._unit_chosen)
        self.line(_("Ambient light"), self._unit)
        self._ambient = self.number_field(BRIGHTEST_AMBIENT_CD_M2, 3, self._ambient_changed)
        self.line(_("In cd/m²"), self._ambient)
        self._lux = self.number_field(BRIGHTEST_ROOM_LUX, 1, self._room_changed)
        self._reflection = self.number_field(1.0, 4, self._room_changed)
        self._reflection.setValue(USUAL_REFLECTION_PER_SR)
        self._room = (
            self._lux,
            self._reflection,
            self.line(_("Illuminance (lx)"), self._lux),
            self.line(_("Reflection (1/sr)"), self._reflection),
        )
        self._note = self.note()
        self._unit_chosen(False)

    def fill(self, shown: ShownMonitor) -> None:
        """Show a monitor's luminances."""
        record, is_measured = shown.record, was_measured(shown.calibration)
        self._class.setCurrentIndex(self._class.findData(record.calibrated.display_class))
        for check in checks_of_calibration(shown.calibration, record.calibrated.display_class):
            has_verdict = is_measured and (check.subject != "ambient_ratio" or knows_ambient(record.calibrated))
            self._checks[check.subject].setText(_check_text(check, has_verdict=has_verdict))
        # Filled only by what is kept: setting it here must not keep it again.
        self._ambient.blockSignals(True)
        self._ambient.setValue(shown.calibration.ambient_cd_m2)
        self._ambient.blockSignals(False)
        notes = [] if is_measured else [_("Black and white are assumed: nobody measured them.")]
        if not can_follow(record.calibrated):
            notes.append(_("Ambient light is in the readings, nobody told how much: a change cannot be followed."))
        elif not knows_ambient(record.calibrated):
            notes.append(_("The ambient light is assumed: enter what was measured."))
        self._note.setText("\n".join(notes))
        self._note.setVisible(bool(notes))
        self._unit_chosen(self._unit.currentData())

    def _class_chosen(self, chosen: object) -> None:
        if isinstance(chosen, DisplayClass):
            self.keep(lambda record: replace(record, calibrated=replace(record.calibrated, display_class=chosen)))

    def _unit_chosen(self, is_lux: object) -> None:
        follows = self.shown is None or can_follow(self.shown.record.calibrated)
        self._unit.setEnabled(follows)
        self._ambient.setEnabled(follows and not is_lux)
        for widget in self._room:
            widget.setVisible(bool(is_lux) and follows)

    def _room_changed(self, _value: float) -> None:
        from viewer.display.response import ambient_from_illuminance

        if self._lux.isVisibleTo(self):
            ambient = ambient_from_illuminance(self._lux.value(), self._reflection.value())
            self.keep(lambda record: with_ambient(record, ambient, AmbientSource.ILLUMINANCE))

    def _ambient_changed(self, ambient: float) -> None:
        self.keep(lambda record: with_ambient(record, ambient, AmbientSource.LUMINANCE))


class GreysSection(PanelSection):
    """How many greys there are, and how more than 256 are made."""

    def __init__(self, keep: Keep) -> None:
        super().__init__(_("Greys"), keep)
        self._more = self.choice([(each, _(text)) for each, text in _GREYS.items()], self._more_chosen)
        self.line(_("More greys"), self._more)
        self._dithered = QCheckBox(_("Mix pixels"))
        self._dithered.setToolTip(_("A grey between two levels is made of neighbouring pixels of both"))
        self._dithered.clicked.connect(self._dithering_chosen)
        self.line(_("Dithering"), self._dithered)
        self._count = self.value(_("Distinct"))
        self._step = self.value(_("Largest step"))
        self._note = self.note()

    def fill(self, shown: ShownMonitor) -> None:
        """Show how a monitor's greys are made."""
        from viewer.imaging.display_steps import display_steps

        calibration, wanted = shown.calibration, shown.record.calibrated.calibration
        self._more.setCurrentIndex(self._more.findData(wanted.more_greys))
        # What the surface cannot show stays in the list, greyed: it is said why there is no more.
        model = self._more.model()
        if isinstance(model, QStandardItemModel):
            takes_ten = shown.takes_ten_bits or wanted.more_greys is MoreGreys.TEN_BITS
            model.item(self._more.findData(MoreGreys.TEN_BITS)).setEnabled(takes_ten)
        self._dithered.setChecked(wanted.is_dithered)
        steps = display_steps(calibration)
        self._count.setText(_("{0} of 1024 P-values").format(steps.distinct_levels))
        self._step.setText(_("{0} JND").format(f"{steps.max_jnd_step:.2f}"))
        is_reduced = calibration.more_greys is not wanted.more_greys
        self._note.setText(_("The window's surface has 8 bits a channel here: 10 bits are not shown."))
        self._note.setVisible(is_reduced)

    def _more_chosen(self, chosen: object) -> None:
        if isinstance(chosen, MoreGreys):
            self.keep(
                lambda record: with_calibration(record, replace(record.calibrated.calibration, more_greys=chosen))
            )

    def _dithering_chosen(self, is_dithered: bool) -> None:
        self.keep(
            lambda record: with_calibration(record, replace(record.calibrated.calibration, is_dithered=is_dithered))
        )


class SizeSection(PanelSection):
    """How large a pixel is, and who says so."""

    def __init__(self, keep: Keep, measure: Callable[[], object]) -> None:
        super().__init__(_("Size"), keep)
        self._pitch = self.value(_("Pixel pitch"))
        self.buttons([(_("Screen size…"), measure)])

    def fill(self, shown: ShownMonitor) -> None:
        """Show a monitor's pixel pitch."""
        if shown.pixels_per_mm is None:
            self._pitch.setText(_("Unknown: true size is not possible"))
            return
        is_measured = shown.record.pixel_pitch_mm is not None
        source = _("measured on the glass") if is_measured else _("as the system states")
        self._pitch.setText(f"{1 / shown.pixels_per_mm:.4f} mm, {source}")


class TestsSection(PanelSection):
    """What was tested, what is due, how often."""

    __test__ = False  # a section, not a test of ours

    def __init__(self, keep: Keep) -> None:
        super().__init__(_("Tests"), keep)
        self._last = self.value(_("Last"))
        self._next = self.value(_("Next by"))
        self._interval = whole_number_field()
        self._interval.setRange(1, LONGEST_INTERVAL_DAYS)
        self._interval.setKeyboardTracking(False)
        self._interval.valueChanged.connect(lambda days: self.keep(lambda record: with_interval(record, days)))
        self.guard(self._interval)
        self.line(_("Every (days)"), self._interval)
        self._note = self.note()

    def fill(self, shown: ShownMonitor) -> None:
        """Show a monitor's tests."""
        record = shown.record
        last = record.tests[-1] if record.tests else None
        words = [_("none yet")]
        if last is not None:
            words = [last.done_on.isoformat(), title_of_test(last.test), verdict_text(verdict_of(last))]
        self._last.setText(" · ".join(word for word in words if word))
        self._next.setText(shown.state.due_on.isoformat() if shown.state.due_on is not None else "—")
        self._interval.blockSignals(True)
        self._interval.setValue(record.interval_days)
        self._interval.blockSignals(False)
        due = len(due_tests(record, shown.today))
        notes = [overdue_notice(record, shown.today)]
        if due and not notes[0]:
            notes = [ngettext("{0} test is due", "{0} tests are due", due).format(due)]
        notes += [
            _("Failed on {0}: {1}").format(result.done_on.isoformat(), title_of_test(result.test))
            for result in failed_tests(record)
        ]
        self._note.setText("\n".join(note for note in notes if note))
        self._note.setVisible(any(notes))


def _check_text(check: Check, *, has_verdict: bool) -> str:
    """Return a value, with its verdict where it was measured rather than assumed."""
    text = number_text(check.subject, check.value)
    limit = check.limit
    asked = [f"≥ {number_text(check.subject, limit.least)}" if limit.least is not None else ""]
    asked += [f"≤ {number_text(check.subject, limit.most)}" if limit.most is not None else ""]
    words = f"{text}  ({', '.join(word for word in asked if word)})" if any(asked) else text
    return f"{_SIGNS[check.passes]} {words}" if has_verdict else words
