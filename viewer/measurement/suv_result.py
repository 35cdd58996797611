"""What standardised uptake comes to: factors with all they rest on, or the reasons why there are none."""

from dataclasses import dataclass

from viewer.measurement.body_measures import SuvType
from viewer.measurement.suv_inputs import SuvInput
from viewer.measurement.suv_times import Moment


@dataclass(frozen=True, slots=True)
class SuvFactor:
    """From modality values to one kind of SUV: value × factor + offset.

    Attributes:
        type: Which kind.
        size: What the body contributes: grams or cm²; None where the factor did not come from the body.
    """

    type: SuvType
    factor: float
    offset: float = 0.0
    size: float | None = None

    def of(self, modality_value: float) -> float:
        """Return the SUV of a value after rescale slope and intercept."""
        return modality_value * self.factor + self.offset


@dataclass(frozen=True, slots=True)
class SuvScale:
    """How to get standardised uptake values of a series.

    Attributes:
        factors: By type id, those that are available, in the order they are offered.
        unavailable: By type id, why the others are not, translated.
        units: The series' own, as it states them.
        basis: What the factors rest on, translated.
        inputs: All that was read.
        injection: None where the decay did not matter.
        scan: Likewise.
        decayed_dose_bq: The dose the values are divided by; None where it did not matter.
        warnings: What the reader should know, translated.
        image_count: Images that were looked at.
    """

    factors: dict[str, SuvFactor]
    unavailable: dict[str, str]
    units: str
    basis: str
    inputs: tuple[SuvInput, ...]
    injection: Moment | None = None
    scan: Moment | None = None
    decayed_dose_bq: float | None = None
    warnings: tuple[str, ...] = ()
    image_count: int = 1

    @property
    def decay_time_s(self) -> float | None:
        """Seconds from injection to scan."""
        if self.injection is None or self.scan is None:
            return None
        return (self.scan.at - self.injection.at).total_seconds()


@dataclass(frozen=True, slots=True)
class SuvRefusal:
    """Why there are no standardised uptake values.

    Attributes:
        reasons: Each names what is missing or wrong and where, translated; at least one.
        units: The series' own, as it states them; empty where it states none.
    """

    reasons: tuple[str, ...]
    units: str = ""
    inputs: tuple[SuvInput, ...] = ()
    warnings: tuple[str, ...] = ()
    image_count: int = 1

    @property
    def text(self) -> str:
        """The reasons as one line."""
        return "; ".join(self.reasons)
