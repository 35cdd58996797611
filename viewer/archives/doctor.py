"""The network doctor: an archive is called step by step, and where it fails is told with what to do about it.

Nothing is changed there: it is asked whether it is there, for a study of these days, and to send one image back.
"""

import enum
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from viewer.base.errors import Cancelled, ViewerError
from viewer.base.translation import N_
from viewer.reception.receiver_settings import ReceiverSettings

if TYPE_CHECKING:
    from viewer.archives.access import Access

STEP_TITLES: Mapping[str, str] = {
    "settings": N_("Settings"),
    "resolve": N_("Name"),
    "tcp": N_("Connection"),
    "tls": N_("TLS"),
    "association": N_("Association"),
    "context-echo": N_("Offers echo"),
    "context-find": N_("Offers search"),
    "context-get": N_("Offers C-GET"),
    "context-move": N_("Offers C-MOVE"),
    "context-commitment": N_("Offers storage commitment"),
    "echo": N_("Echo"),
    "find": N_("Search"),
    "move": N_("Sends to us"),
    "web-resolve": N_("Name (web)"),
    "web-tcp": N_("Connection (web)"),
    "web-tls": N_("TLS (web)"),
    "web-authorization": N_("Signing in"),
    "web-find": N_("Search (web)"),
    "web-get": N_("Fetch (web)"),
    "web-send": N_("Store (web)"),
}
"""What each step is called; in the order in which they come."""


class StepState(enum.StrEnum):
    """How a step went."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Step:
    """One step.

    Attributes:
        name: Of STEP_TITLES.
        words: What was found, in plain words, without patient data.
        fix: What to do about it; empty where there is nothing to do.
    """

    name: str
    state: StepState
    words: str
    fix: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All steps of an archive, in their order."""

    name: str
    steps: tuple[Step, ...]

    @property
    def is_ok(self) -> bool:
        """Whether no step failed."""
        return all(step.state is not StepState.FAILED for step in self.steps)

    def as_json(self) -> dict[str, Any]:
        """Return it as `doctor --json` prints it."""
        rows = [
            {
                "step": step.name,
                "state": step.state.value,
                "words": step.words,
                "fix": step.fix,
                "seconds": round(step.seconds, 4),
            }
            for step in self.steps
        ]
        return {"name": self.name, "ok": self.is_ok, "steps": rows}


@dataclass(frozen=True, slots=True)
class Finding:
    """What a step found that did not fail."""

    words: str
    state: StepState = StepState.OK
    fix: str = ""


Tell = Callable[[Step], None]


def unheard(_step: Step) -> None:
    """Nobody listens."""


def never() -> bool:
    """Nobody cancels."""
    return False


class Examination:
    """Takes the steps one by one, and tells of each as it ends.

    Args:
        tell: Told of each.
        cancelled: Asked before each.
    """

    def __init__(self, tell: Tell, cancelled: Callable[[], bool]) -> None:
        self._tell = tell
        self.cancelled = cancelled
        self.steps: list[Step] = []

    def look(self, name: str, look: Callable[[], Finding]) -> bool:
        """Take a step; return whether it did not fail.

        Raises:
            Cancelled: If nobody wants to know any more.
        """
        if self.cancelled():
            raise Cancelled
        began = time.monotonic()
        try:
            found = look()
        except ViewerError as error:
            found = Finding(str(error), StepState.FAILED, error.advice)
        self._note(Step(name, found.state, found.words, found.fix, time.monotonic() - began))
        return found.state is not StepState.FAILED

    def skip(self, words: str, *names: str) -> None:
        """Note steps that are not taken, and why."""
        for name in names:
            self._note(Step(name, StepState.SKIPPED, words))

    def _note(self, step: Step) -> None:
        self.steps.append(step)
        self._tell(step)


def examine(
    access: "Access", own: ReceiverSettings, tell: Tell = unheard, cancelled: Callable[[], bool] = never
) -> Diagnosis:
    """Examine an archive in every way that it is entered with; takes seconds, up to some minutes where it is slow.

    Args:
        access: Which.
        own: Where we receive, for what it is asked to send here.
        tell: Told of each step as it ends, on the thread that examines.
        cancelled: Asked again and again.

    Raises:
        Cancelled: If nobody wants to know any more.
    """
    examination = Examination(tell, cancelled)
    if access.dimse is not None:
        from viewer.archives.doctor_dimse import examine_dimse

        examine_dimse(access, access.dimse, own, examination)
    if access.web is not None:
        from viewer.archives.doctor_web import examine_web

        examine_web(access.peer, access.web, examination)
    return Diagnosis(access.peer.name, tuple(examination.steps))


def not_opened(name: str, error: ViewerError) -> Diagnosis:
    """Return the diagnosis of an archive that cannot be called at all: a TLS file of its is gone, for instance."""
    return Diagnosis(name, (Step("settings", StepState.FAILED, f"{error.subject}: {error}", error.advice),))
