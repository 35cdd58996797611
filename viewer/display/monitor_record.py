"""All that is kept of one monitor: its calibration, its size, its tests; and what follows from them today."""

import enum
from dataclasses import dataclass, field
from datetime import date, timedelta

from viewer.display.calibration_record import AmbientSource, CalibrationRecord
from viewer.display.monitor import MonitorIdentity
from viewer.imaging.display_calibration import CalibrationMode

CONSTANCY_DAYS = 90
"""How long a constancy test holds when nobody says otherwise: quarterly, as AAPM TG270 and ACR-AAPM-SIIM have it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered or found in a test.

    Attributes:
        subject: Id of the question or quantity ("kappa", "qc.low_contrast"); what it means is in constancy_tests.
        value: The number found; None for a question.
        passes: Whether it is within its limit; None where it has none.
    """

    subject: str
    value: float | None = None
    passes: bool | None = None


@dataclass(frozen=True, slots=True)
class TestResult:
    """One test of one monitor on one day.

    Attributes:
        test: Id of the test (constancy_tests.TESTS).
        luminances_cd_m2: With ambient light, where the test measures some, in the order of its fields.
        remark: Of who did it.
    """

    __test__ = False  # a result, not a test of ours

    test: str
    done_on: date
    answers: tuple[Answer, ...] = ()
    luminances_cd_m2: tuple[float, ...] = ()
    remark: str = ""

    @property
    def passes(self) -> bool:
        """Whether nothing in it failed."""
        return all(answer.passes is not False for answer in self.answers)

    def value(self, subject: str) -> float | None:
        """Return the number found for a quantity; None where the test does not have it."""
        return next((answer.value for answer in self.answers if answer.subject == subject), None)


class ProfileSource(enum.Enum):
    """Where a monitor's colour profile comes from."""

    NONE = "none"
    """sRGB is assumed, and said."""
    SYSTEM = "system"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class MonitorRecord:
    """What is kept of one monitor.

    Attributes:
        calibrated: Its calibration; calibrated.calibration is what pixels are drawn with.
        pixel_pitch_mm: Width and height of a device pixel measured on the glass; None trusts the system.
        profile_source: Where calibrated.calibration.color.profile comes from.
        profile_path: For FILE: the file.
        tests: Oldest first.
        interval_days: How long a passed test holds.
        due_on: When the next test is due; None follows from the last test and interval_days.
    """

    identity: MonitorIdentity
    calibrated: CalibrationRecord = field(default_factory=CalibrationRecord)
    pixel_pitch_mm: tuple[float, float] | None = None
    profile_source: ProfileSource = ProfileSource.NONE
    profile_path: str = ""
    tests: tuple[TestResult, ...] = ()
    interval_days: int = CONSTANCY_DAYS
    due_on: date | None = None

    @property
    def next_due(self) -> date | None:
        """The day until which the state is known; None while there is nothing to hold.

        A day that was set before the monitor was calibrated anew holds no more.
        """
        since = self.calibrated.measured_on
        if self.due_on is not None and (since is None or self.due_on > since):
            return self.due_on
        days = [result.done_on for result in self.tests]
        if since is not None:
            days.append(since)
        return max(days) + timedelta(days=self.interval_days) if days else None

    def newest(self, test: str) -> TestResult | None:
        """Return the last result of a test; None where it was never done."""
        return next((result for result in reversed(self.tests) if result.test == test), None)


class StateKind(enum.Enum):
    """What the fidelity chip says of a monitor."""

    CALIBRATED = "calibrated"
    NATIVE = "native"
    VISUAL_ESTIMATE = "visual estimate"
    NOT_CALIBRATED = "not calibrated"
    OVERDUE = "overdue"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class MonitorState:
    """A monitor's state on a day.

    Attributes:
        since: When it was calibrated or last passed; None where it never was.
        kappa: As a fraction, of the last measured response test, else foretold by the calibration; None if unknown.
        due_on: When the next test is due or was due.
        most_kappa: What κ may be on a monitor of this class; None where it is not known.
        is_light_assumed: Whether it is corrected for a light of the room that nobody measured.
    """

    kind: StateKind
    since: date | None = None
    kappa: float | None = None
    due_on: date | None = None
    most_kappa: float | None = None
    is_light_assumed: bool = False

    @property
    def is_above_limit(self) -> bool:
        """Whether greys deviate more than the monitor's class allows: a calibrated one may have too few greys."""
        return self.kappa is not None and self.most_kappa is not None and self.kappa > self.most_kappa

    @property
    def is_good(self) -> bool:
        """Whether a reader may rely on the greys."""
        return self.kind in {StateKind.CALIBRATED, StateKind.NATIVE} and not self.is_above_limit


def state_of(record: MonitorRecord, today: date, predicted_kappa: float | None = None) -> MonitorState:
    """Return a monitor's state: failed before overdue before how its response is known.

    Args:
        record: Of the monitor.
        today: The day.
        predicted_kappa: Of the calibration, for a monitor whose response was not tested since.
    """
    from viewer.display.conformance import limits_of

    since, due = record.calibrated.measured_on, record.next_due
    newest = {result.test: result for result in record.tests if since is None or result.done_on >= since}
    measured = [value for result in newest.values() if (value := result.value("kappa")) is not None]
    kappa = measured[-1] if measured else predicted_kappa
    mode = record.calibrated.calibration.mode
    if mode is CalibrationMode.SRGB_ESTIMATE:
        return MonitorState(StateKind.NOT_CALIBRATED)
    if any(not result.passes for result in newest.values()):
        kind = StateKind.FAILED
    elif due is not None and due < today:
        kind = StateKind.OVERDUE
    elif mode is CalibrationMode.VISUAL_ESTIMATE:
        kind = StateKind.VISUAL_ESTIMATE
    else:
        kind = StateKind.NATIVE if mode is CalibrationMode.NATIVE_GSDF else StateKind.CALIBRATED
    most = limits_of(record.calibrated.display_class).kappa.most
    is_light_assumed = record.calibrated.ambient_source is AmbientSource.ASSUMED
    return MonitorState(kind, since, kappa, due, most, is_light_assumed)
