"""The monitor under a viewport, as far as its picture and its words depend on it."""

from dataclasses import dataclass, field

from viewer.base.translation import _
from viewer.display.monitor_record import MonitorState, StateKind
from viewer.display.state_texts import color_sentence, sentence
from viewer.imaging.display_calibration import UNCALIBRATED, DisplayCalibration


@dataclass(frozen=True, slots=True)
class MonitorPlace:
    """Where a viewport, or anything else that shows pixels, is.

    Attributes:
        title: What a person calls the monitor under its middle.
        calibration: Of that monitor: what its pixels are made for.
        state: Of that monitor, today.
        is_certain: Whether the monitor is known by its serial number.
        others: Titles of further monitors it reaches onto, for which its pixels are not made.
        pixels_per_mm: Device pixels per millimetre; None where nobody knows: true size depends on it.
        is_place_known: Whether the system tells where windows are; else others may be missing.
    """

    title: str = ""
    calibration: DisplayCalibration = UNCALIBRATED
    state: MonitorState = field(default_factory=lambda: MonitorState(StateKind.NOT_CALIBRATED))
    is_certain: bool = True
    others: tuple[str, ...] = ()
    pixels_per_mm: float | None = None
    is_place_known: bool = True

    def gray_sentence(self) -> str:
        """Return what greys mean here, translated."""
        return sentence(self.state)

    def color_sentence(self) -> str:
        """Return what colours mean here, translated."""
        return color_sentence(self.calibration.color)

    def name_sentence(self) -> str:
        """Return how the monitor was recognised, where that is doubtful; empty where it is not."""
        if self.is_certain or not self.title or self.state.kind is StateKind.NOT_CALIBRATED:
            return ""
        return _("The monitor {0} tells no serial number: it is recognised by its name and place alone").format(
            self.title
        )

    def others_sentence(self) -> str:
        """Return that other monitors show a part of it, translated; empty where none does."""
        if not self.is_place_known:
            return _("The system does not tell where windows are: what reaches onto another monitor is not right there")
        if not self.others:
            return ""
        return _("The viewport reaches onto another monitor ({0}): there its greys and colours are not right").format(
            ", ".join(self.others)
        )
