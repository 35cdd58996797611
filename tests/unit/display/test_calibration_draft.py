"""What a reader enters becomes a calibration, or is refused in plain words."""

from dataclasses import replace
from datetime import date

import pytest

from viewer.base.errors import DisplayError
from viewer.display.calibration_draft import CalibrationDraft, Way, applied, draft_of
from viewer.display.calibration_record import AmbientSource, DisplayClass, Method
from viewer.display.constancy_schedule import with_result
from viewer.display.measuring_plan import Measurement
from viewer.display.monitor import MonitorIdentity
from viewer.display.monitor_record import MonitorRecord, TestResult
from viewer.display.visual_match import HALF_TONES, Match
from viewer.imaging.display_calibration import CalibrationMode, DisplayColor, MoreGreys

TODAY = date(2026, 11, 23)


def _measurement(gamma: float = 2.2) -> Measurement:
    measurement = Measurement()
    for level in measurement.levels:
        measurement = measurement.with_reading(level, 0.4 + 350 * (level / 255) ** gamma)
    return measurement


def test_readings_and_lux_become_a_measured_calibration() -> None:
    draft = CalibrationDraft(
        display_class=DisplayClass.MAMMOGRAPHY,
        ambient=AmbientSource.ILLUMINANCE,
        lux=40.0,
        reflection_per_sr=0.01,
        measurement=_measurement(),
        meter="Acme",
        more_greys=MoreGreys.BIT_STEALING,
        is_dithered=True,
    )
    made = draft.record(TODAY)
    assert made.calibration.mode is CalibrationMode.MEASURED
    assert made.calibration.ambient_cd_m2 == pytest.approx(0.4)
    assert made.ambient_source is AmbientSource.ILLUMINANCE
    assert (made.method, made.meter, made.measured_on) == (Method.CONTACT, "Acme", TODAY)
    assert made.display_class is DisplayClass.MAMMOGRAPHY
    assert made.calibration.more_greys is MoreGreys.BIT_STEALING
    assert made.calibration.is_dithered
    assert made.calibration.luminances_cd_m2[255] == pytest.approx(350.4)


def test_a_measurement_that_is_not_finished_is_refused() -> None:
    with pytest.raises(DisplayError, match="1 of 18 levels"):
        CalibrationDraft(measurement=_measurement().without(30)).record(TODAY)


def test_light_that_is_not_known_is_said() -> None:
    for way in (Way.MEASURED, Way.NATIVE, Way.VISUAL):
        matches = tuple(Match(tone, (round(255 * tone.fraction ** (1 / 2.2)),) * 2) for tone in HALF_TONES)
        draft = CalibrationDraft(way, ambient=AmbientSource.ASSUMED, measurement=_measurement(), matches=matches)
        made = draft.record(TODAY)
        assert made.ambient_source is AmbientSource.ASSUMED
        assert any("Ambient light was not given" in note for note in made.notes)


def test_a_native_monitor_has_its_ends_where_they_are_known() -> None:
    made = CalibrationDraft(Way.NATIVE, black_cd_m2=0.5, white_cd_m2=420.0).record(TODAY)
    assert made.calibration.mode is CalibrationMode.NATIVE_GSDF
    assert made.calibration.luminances_cd_m2 == (0.5, 420.0)
    assert made.measured_on == TODAY
    with pytest.raises(DisplayError, match="darker"):
        CalibrationDraft(Way.NATIVE, black_cd_m2=420.0, white_cd_m2=0.5).record(TODAY)
    assert any("assumed" in note for note in CalibrationDraft(Way.NATIVE).record(TODAY).notes)


def test_forgetting_leaves_the_estimate_but_colour_and_tests_stay() -> None:
    record = MonitorRecord(MonitorIdentity(name="A"))
    kept = applied(record, CalibrationDraft(measurement=_measurement()).record(TODAY))
    coloured = replace(kept.calibrated.calibration, color=DisplayColor(b"profile"))
    kept = with_result(
        replace(kept, calibrated=replace(kept.calibrated, calibration=coloured)), TestResult("response", TODAY)
    )
    forgotten = applied(kept, CalibrationDraft(Way.FORGET).record(TODAY))
    assert forgotten.calibrated.calibration.mode is CalibrationMode.SRGB_ESTIMATE
    assert forgotten.calibrated.measured_on is None
    assert forgotten.calibrated.calibration.color.profile == b"profile"
    assert len(forgotten.tests) == 1


def test_a_second_calibration_begins_with_what_is_kept() -> None:
    draft = CalibrationDraft(
        display_class=DisplayClass.OTHER,
        ambient_cd_m2=0.7,
        is_telescopic=True,
        measurement=_measurement(),
        meter="Acme",
    )
    record = applied(
        MonitorRecord(MonitorIdentity(name="A")),
        replace(draft, ambient=AmbientSource.LUMINANCE, ambient_cd_m2=0.3).record(TODAY),
    )
    again = draft_of(record)
    assert again.way is Way.MEASURED
    assert again.display_class is DisplayClass.OTHER
    assert again.ambient_cd_m2 == 0.3
    assert again.is_telescopic
    assert again.meter == "Acme"
    assert again.measurement.taken == ()  # yesterday's readings are not today's
