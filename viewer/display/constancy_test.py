"""The form of a constancy test: what is asked and what is measured, on which pattern, and how long it holds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Question:
    """Something to look at; answered by yes or no, or by a number.

    Attributes:
        id: Stable: kept with the answer ("qc.letters_dark").
        text: The question, so that yes is good; marked with N_().
        look_at: What to look at, in one sentence; marked with N_().
        pattern: Name of the pattern on the screen (patterns.PATTERNS).
        lowest: For a number: the least that passes; None for yes or no.
        highest: For a number: how many there are.
    """

    id: str
    text: str
    look_at: str
    pattern: str
    lowest: int | None = None
    highest: int = 0

    @property
    def is_number(self) -> bool:
        """Whether it is answered by a number."""
        return self.lowest is not None


@dataclass(frozen=True, slots=True)
class Measurement:
    """Something to read off a meter.

    Attributes:
        id: Stable within its test.
        title: What is measured; marked with N_(), {0} is number.
        look_at: Where the meter is held; marked with N_().
        pattern: On the screen meanwhile; empty where the screen is off.
        unit: "cd/m²", or empty for a chromaticity.
        highest: The largest number that can be true.
        number: Fills {0} of the title; 0 for none.
    """

    id: str
    title: str
    look_at: str
    pattern: str
    unit: str = "cd/m²"
    highest: float = 20_000.0
    number: int = 0


@dataclass(frozen=True, slots=True)
class ConstancyTest:
    """One test.

    Attributes:
        id: Stable: kept with the results.
        title: Marked with N_().
        purpose: What it finds, in one sentence; marked with N_().
        source: Whose test it is.
        interval_days: How long a result holds; None for the monitor's own interval.
        holds_state: Whether the monitor counts as overdue without it; the quick looks are the reader's own.
    """

    id: str
    title: str
    purpose: str
    source: str
    questions: tuple[Question, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    interval_days: int | None = None
    holds_state: bool = True

    @property
    def steps(self) -> tuple[Question | Measurement, ...]:
        """Everything to be answered, in order."""
        return (*self.questions, *self.measurements)

    @property
    def patterns(self) -> tuple[str, ...]:
        """The names of its patterns, in order, each once."""
        return tuple(dict.fromkeys(step.pattern for step in self.steps if step.pattern))
