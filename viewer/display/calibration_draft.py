"""What a reader has entered on the way to a calibration, before any of it is in force."""

import enum
from dataclasses import dataclass, field, replace
from datetime import date

from viewer.base.errors import DisplayError
from viewer.base.translation import N_, _
from viewer.display.calibration_record import AmbientSource, CalibrationRecord, DisplayClass, Method
from viewer.display.measuring_plan import COUNTS, RECOMMENDED_COUNT, Measurement, measured_levels
from viewer.display.monitor_record import MonitorRecord
from viewer.display.response import ambient_from_illuminance, measured_calibration
from viewer.display.visual_match import HALF_TONES, Match, visual_calibration
from viewer.imaging.display_calibration import (
    ASSUMED_AMBIENT_CD_M2,
    CalibrationMode,
    DisplayCalibration,
    MoreGreys,
)

REFLECTION_PER_SR = 0.005
"""Diffuse reflection of an ordinary matt monitor (AAPM TG18 table 7: 0.005 to 0.02 1/sr)."""
ROOM_LUX = 25.0
"""In the middle of what AAPM TG18 and ACR-AAPM-SIIM ask of a reading room: 15 to 60 lx."""


class Way(enum.Enum):
    """How a monitor's response becomes known."""

    MEASURED = "measured"
    NATIVE = "native"
    VISUAL = "visual"
    FORGET = "forget"


WAY_TITLES = {
    Way.MEASURED: N_("Measure it with a luminance meter"),
    Way.NATIVE: N_("The monitor follows the GSDF by itself"),
    Way.VISUAL: N_("Match it by eye, without a meter"),
    Way.FORGET: N_("Forget the calibration"),
}
WAY_EXPLANATIONS = {
    Way.MEASURED: N_("The program corrects the greys by what was measured. The monitor must not correct them as well."),
    Way.NATIVE: N_(
        "Only where the maker's quality software calibrates this monitor to the GSDF: the program then passes greys "
        "straight. On any other monitor greys would be wrong; if both correct, they are corrected twice."
    ),
    Way.VISUAL: N_("An estimate: better than nothing, never called calibrated."),
    Way.FORGET: N_("Greys are shown as on an ordinary sRGB monitor, and marked as not calibrated."),
}


@dataclass(frozen=True, slots=True)
class CalibrationDraft:
    """What was entered so far; nothing of it is kept until it is applied.

    Attributes:
        ambient: How the light on the screen is known; ASSUMED for not at all.
        ambient_cd_m2: For LUMINANCE.
        lux: For ILLUMINANCE.
        reflection_per_sr: For ILLUMINANCE.
        black_cd_m2: Of a monitor that is not measured; None where nobody knows.
        white_cd_m2: As black_cd_m2.
        meter: What measures, in the words of who does.
        is_dithered: Whether greys between two levels are mixed of neighbouring pixels.
    """

    way: Way = Way.MEASURED
    display_class: DisplayClass = DisplayClass.DIAGNOSTIC
    ambient: AmbientSource = AmbientSource.ASSUMED
    ambient_cd_m2: float = ASSUMED_AMBIENT_CD_M2
    lux: float = ROOM_LUX
    reflection_per_sr: float = REFLECTION_PER_SR
    is_telescopic: bool = False
    black_cd_m2: float | None = None
    white_cd_m2: float | None = None
    measurement: Measurement = field(default_factory=lambda: Measurement(measured_levels(RECOMMENDED_COUNT)))
    meter: str = ""
    matches: tuple[Match, ...] = tuple(Match(half_tone) for half_tone in HALF_TONES)
    more_greys: MoreGreys = MoreGreys.NONE
    is_dithered: bool = False

    @property
    def light_cd_m2(self) -> float | None:
        """The luminance that the light of the room adds; None where it is not known."""
        if self.ambient is AmbientSource.LUMINANCE:
            return self.ambient_cd_m2
        if self.ambient is AmbientSource.ILLUMINANCE:
            return ambient_from_illuminance(self.lux, self.reflection_per_sr)
        return None

    def record(self, today: date) -> CalibrationRecord:
        """Return the calibration that follows.

        Raises:
            DisplayError: What was entered makes none; it names the line of a reading that cannot be.
            ViewerError: The ambient light is impossible.
        """
        made = _MAKERS[self.way](self, today)
        if self.way is Way.FORGET:
            return made
        greys = replace(made.calibration, more_greys=self.more_greys, is_dithered=self.is_dithered)
        return replace(made, calibration=greys, display_class=self.display_class)


def draft_of(record: MonitorRecord) -> CalibrationDraft:
    """Return where to begin with a monitor: with what is kept of it."""
    kept = record.calibrated
    calibration = kept.calibration
    levels = {reading.driving_level: reading for reading in kept.readings}
    is_known = kept.ambient_source is not AmbientSource.ASSUMED
    return CalibrationDraft(
        way=_way_of(calibration.mode),
        display_class=kept.display_class,
        ambient=AmbientSource.LUMINANCE if is_known else AmbientSource.ASSUMED,
        ambient_cd_m2=calibration.ambient_cd_m2,
        is_telescopic=kept.method is Method.TELESCOPIC,
        measurement=Measurement().at_levels(_plan_of(len(levels))),
        meter=kept.meter,
        more_greys=calibration.more_greys,
        is_dithered=calibration.is_dithered,
    )


def applied(record: MonitorRecord, calibrated: CalibrationRecord) -> MonitorRecord:
    """Return what is kept of a monitor with another calibration; its colour profile and its tests stay."""
    old = record.calibrated.calibration
    calibration = replace(calibrated.calibration, color=old.color, max_chroma=old.max_chroma)
    return replace(record, calibrated=replace(calibrated, calibration=calibration), due_on=None)


def _way_of(mode: CalibrationMode) -> Way:
    if mode is CalibrationMode.NATIVE_GSDF:
        return Way.NATIVE
    return Way.VISUAL if mode is CalibrationMode.VISUAL_ESTIMATE else Way.MEASURED


def _plan_of(count: int) -> int:
    return count if count in COUNTS else RECOMMENDED_COUNT


def _measured(draft: CalibrationDraft, today: date) -> CalibrationRecord:
    missing = len(draft.measurement) - len(draft.measurement.taken)
    if missing:
        raise DisplayError(_("{0} of {1} levels are not measured yet").format(missing, len(draft.measurement)))
    return measured_calibration(
        draft.measurement.taken,
        Method.TELESCOPIC if draft.is_telescopic else Method.CONTACT,
        draft.light_cd_m2,
        ambient_source=draft.ambient,
        display_class=draft.display_class,
        measured_on=today,
        meter=draft.meter,
    )


def _native(draft: CalibrationDraft, today: date) -> CalibrationRecord:
    ends = _ends(draft)
    light = draft.light_cd_m2
    calibration = DisplayCalibration(
        CalibrationMode.NATIVE_GSDF, ends, ASSUMED_AMBIENT_CD_M2 if light is None else light
    )
    ends_assumed = () if ends else (_("The luminance of black or white is assumed, not measured"),)
    notes = (*_light_assumed(draft), *ends_assumed)
    return CalibrationRecord(calibration, measured_on=today, notes=notes, ambient_source=draft.ambient)


def _visual(draft: CalibrationDraft, today: date) -> CalibrationRecord:
    light = draft.light_cd_m2
    made = visual_calibration(
        draft.matches,
        ambient_cd_m2=ASSUMED_AMBIENT_CD_M2 if light is None else light,
        black_cd_m2=draft.black_cd_m2,
        white_cd_m2=draft.white_cd_m2,
        today=today,
    )
    return replace(made, notes=(*made.notes, *_light_assumed(draft)), ambient_source=draft.ambient)


def _forgotten(_draft: CalibrationDraft, _today: date) -> CalibrationRecord:
    return CalibrationRecord()


def _ends(draft: CalibrationDraft) -> tuple[float, ...]:
    if draft.black_cd_m2 is None or draft.white_cd_m2 is None:
        return ()
    if not 0 <= draft.black_cd_m2 < draft.white_cd_m2:
        told = _("Black must be darker than white: {0:g} and {1:g} cd/m²")
        raise DisplayError(told.format(draft.black_cd_m2, draft.white_cd_m2))
    return draft.black_cd_m2, draft.white_cd_m2


def _light_assumed(draft: CalibrationDraft) -> tuple[str, ...]:
    if draft.light_cd_m2 is not None:
        return ()
    return (_("Ambient light was not given: {0:g} cd/m² is assumed").format(ASSUMED_AMBIENT_CD_M2),)


_MAKERS = {Way.MEASURED: _measured, Way.NATIVE: _native, Way.VISUAL: _visual, Way.FORGET: _forgotten}
