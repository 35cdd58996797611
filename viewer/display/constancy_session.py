"""A constancy test while it is taken: where the tester is, and what was answered so far. Nothing of it is kept."""

from viewer.base.errors import DisplayError
from viewer.base.translation import _
from viewer.display.constancy_judgement import Given
from viewer.display.constancy_test import ConstancyTest, Measurement, Question


class ConstancySession:
    """Goes through a test's steps, there and back; past the last one comes the result.

    Attributes:
        index: Of the step the tester is at; the number of steps for the result.
        is_contact: Whether the meter lies on the glass.
    """

    def __init__(self, test: ConstancyTest, *, is_contact: bool = True) -> None:
        self.test = test
        self.index = 0
        self.is_contact = is_contact
        self._answers: dict[str, bool | int] = {}
        self._readings: dict[str, float] = {}

    @property
    def step(self) -> Question | Measurement | None:
        """The step the tester is at; None at the result."""
        return self.test.steps[self.index] if self.index < len(self.test.steps) else None

    @property
    def given(self) -> Given:
        """What was answered so far."""
        return Given(dict(self._answers), dict(self._readings), self.is_contact)

    @property
    def has_answers(self) -> bool:
        """Whether something would be lost by closing."""
        return bool(self._answers or self._readings)

    def answer(self, said: bool | float) -> None:
        """Answer the step the tester is at, and go on to the next.

        Raises:
            DisplayError: If a number is out of its range.
        """
        step = self.step
        if isinstance(step, Question):
            self._answers[step.id] = _counted(step, said) if step.is_number else bool(said)
        elif step is not None:
            if not 0 <= said <= step.highest:
                raise DisplayError(_("Enter a number from 0 to {0}").format(f"{step.highest:g}"))
            self._readings[step.id] = float(said)
        self.forward()

    def given_here(self) -> bool | float | None:
        """Return what was answered at this step before; None where nothing was."""
        step = self.step
        if step is None:
            return None
        return self._answers[step.id] if step.id in self._answers else self._readings.get(step.id)

    def forward(self) -> bool:
        """Go to the next step if this one is answered; return whether that was possible."""
        if self.step is None or self.given_here() is None:
            return False
        self.index += 1
        return True

    def back(self) -> bool:
        """Go one step back; return False at the first."""
        if self.index == 0:
            return False
        self.index -= 1
        return True


def _counted(question: Question, said: bool | float) -> int:
    count = int(said)
    if count != said or not 0 <= count <= question.highest:
        raise DisplayError(_("Enter a whole number from 0 to {0}").format(question.highest))
    return count
