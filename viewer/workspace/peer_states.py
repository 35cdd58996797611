"""How it stands with an archive as its window knows it: what it said last, what was kept or taken away."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from viewer.archives.doctor import Diagnosis, StepState
from viewer.base.translation import _, ngettext
from viewer.network.peers import Peer

_ANSWERS = ("association", "web-find")
"""Steps that end well with an archive that is there."""


class Answer(enum.Enum):
    """What an archive said last, when it was asked whether it is there."""

    UNKNOWN = "unknown"
    ASKING = "asking"
    GOOD = "good"
    PARTLY = "partly"
    """One way of calling it works, another does not."""
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class PeerState:
    """How it stands with an archive.

    Attributes:
        words: What it said; empty when it was not asked.
        fix: What to do about it.
    """

    answer: Answer = Answer.UNKNOWN
    words: str = ""
    fix: str = ""


@dataclass(frozen=True, slots=True)
class KeptPeer:
    """An archive as it is kept now.

    Attributes:
        is_secret_kept: Whether its password outlasts this run; None where it has none.
    """

    peer: Peer
    is_secret_kept: bool | None = None


@dataclass(frozen=True, slots=True)
class Removal:
    """An archive that was taken off the list, and what lets it be put back as it was."""

    peer: Peer
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


def state_of_diagnosis(diagnosis: Diagnosis) -> PeerState:
    """Return how it stands with an archive that was examined."""
    failed = [step for step in diagnosis.steps if step.state is StepState.FAILED]
    if not failed:
        return PeerState(Answer.GOOD, _("Examined: it works"))
    answers = any(step.name in _ANSWERS and step.state in {StepState.OK, StepState.WARNING} for step in diagnosis.steps)
    words = ngettext("Examined: {0} step fails", "Examined: {0} steps fail", len(failed)).format(len(failed))
    return PeerState(Answer.PARTLY if answers else Answer.BAD, words, failed[0].fix)


def diagnosis_text(diagnosis: Diagnosis, titles: Mapping[str, str], states: Mapping[str, str]) -> str:
    """Return a diagnosis for somebody who is asked for help; it holds neither patients nor secrets."""
    lines = [diagnosis.name]
    for step in diagnosis.steps:
        title = _(titles.get(step.name, step.name))
        lines.append(f"{states[step.state.value]}: {title} ({step.seconds:.2f} s): {step.words}")
        if step.fix:
            lines.append(f"    → {step.fix}")
    return "\n".join(lines) + "\n"
