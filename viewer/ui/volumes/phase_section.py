"""The phases of a volume: which one is shown, stepping and playing through them."""

import itertools

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QSlider

from viewer.base.translation import _
from viewer.ui.volumes.volume_section import ShownView, VolumeSection
from viewer.workspace.cine import MAXIMUM_RATE, MINIMUM_RATE, effective_rate
from viewer.workspace.commands.table import BY_ID
from viewer.workspace.playing import timing_at
from viewer.workspace.volume_group import set_phase
from viewer.workspace.volume_notes import phase_title
from viewer.workspace.volume_phases import phase_at, phase_times_at, set_played, set_rate
from viewer.workspace.workspace import Workspace

_FIRST_DRAG = 5_000_000_000
"""Numbers of the slider's drags lie above those of other drags."""
_drag_numbers = itertools.count(_FIRST_DRAG)


class PhaseSection(VolumeSection):
    """For whatever looks at a volume of several phases."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(_("Phases"), workspace)
        self._drag = 0
        self._name = self.value(_("Shown"))
        self._time = self.value(_("Taken at"))
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._slider.setPageStep(1)
        self._slider.setAccessibleName(_("Phase"))
        self._slider.setToolTip(_("Shift with the left and right arrow goes from phase to phase"))
        self._slider.sliderPressed.connect(self._pressed)
        self._slider.sliderReleased.connect(self._released)
        self._slider.valueChanged.connect(self._moved)
        self.guard(self._slider)
        self.add(self._slider)
        runs = [(True, _("phases")), (False, _("places"))]
        self._runs = self.choice(runs, lambda value: set_played(workspace, phases=bool(value)))
        self.line(_("Cine through"), self._runs)
        self._rate = self.number_field(MAXIMUM_RATE, 1, self._rate_changed)
        with QSignalBlocker(self._rate):
            self._rate.setMinimum(MINIMUM_RATE)
        self._rate.setSuffix(_(" per second"))
        self.line(_("Rate"), self._rate)
        self._source = self.note()
        _previous, _next, self._play = self.buttons(
            [
                (_("Previous"), lambda: BY_ID["phase.previous"].run(workspace)),
                (_("Next"), lambda: BY_ID["phase.next"].run(workspace)),
                (_("Play the phases"), lambda: BY_ID["phase.play"].run(workspace)),
            ]
        )
        self._play.setCheckable(True)

    def concerns(self, shown: ShownView) -> bool:
        """Return whether there are several phases."""
        return shown.view is not None and shown.volume is not None and len(shown.volume.phases) > 1

    def fill(self, shown: ShownView) -> None:
        """Show the phase, its time and how phases are played."""
        volume = shown.volume
        if volume is None:
            return
        phase, times = phase_at(self.workspace, shown.cell), phase_times_at(self.workspace, shown.cell)
        self._name.setText(phase_title(volume, phase))
        self._time.setText("–" if times is None else _("{0} s").format(f"{times.seconds[phase]:.3f}"))
        self._slider.blockSignals(True)
        self._slider.setRange(0, len(volume.phases) - 1)
        self._slider.setValue(phase)
        self._slider.blockSignals(False)
        cine = shown.state.cine
        self._runs.setCurrentIndex(self._runs.findData(cine.is_through_phases))
        self._fill_rate(shown.cell)
        self._play.setChecked(cine.is_playing and cine.is_through_phases)
        if times is None:
            self._source.setText(_("The data do not say when the phases were taken."))
        else:
            self._source.setText(_("Times as {0} states them.").format(_(times.source)))

    def _fill_rate(self, cell: int) -> None:
        timing = timing_at(self.workspace, cell)
        self._rate.setEnabled(timing is not None)
        if timing is not None and not self._rate.hasFocus():
            self._rate.blockSignals(True)
            self._rate.setValue(effective_rate(timing, self.workspace.viewport(cell).cine))
            self._rate.blockSignals(False)

    def _rate_changed(self, rate: float) -> None:
        set_rate(self.workspace, rate)

    def _pressed(self) -> None:
        self._drag = next(_drag_numbers)

    def _released(self) -> None:
        self._drag = 0

    def _moved(self, phase: int) -> None:
        set_phase(self.workspace, phase, drag=self._drag)
