"""What became of instances that were sent, in the words of whoever sent them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from viewer.base.translation import N_, _

OUT_OF_ROOM = range(0xA700, 0xA800)
"""Statuses of a station that has no room now."""
_WARNINGS = frozenset({0xB000, 0xB006, 0xB007})
_FAILURES: tuple[tuple[int, int, str], ...] = (
    (0xA700, 0xA7FF, N_("It has no room left")),
    (0xA900, 0xA9FF, N_("It says that the object is not of the kind that it claims")),
    (0xC000, 0xCFFF, N_("It cannot understand the object")),
    (0x0110, 0x0110, N_("It could not process the object")),
    (0x0111, 0x0111, N_("It has another object of that name")),
    (0x0117, 0x0117, N_("It does not take the object's UID for one")),
    (0x0122, 0x0122, N_("It does not take objects of this kind")),
    (0x0124, 0x0124, N_("It is not allowed to take the object")),
    (0x0210, 0x0210, N_("It says that the message came twice")),
    (0x0213, 0x0213, N_("It is out of resources")),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one instance.

    Attributes:
        status: Of the C-STORE response; None when there was none.
        reason: Why it was not taken, in plain words; empty when it was.
        is_passing: Whether the same may go well in a while.
        sha256: Of the file that was sent, in hexadecimal; empty where it was not read.
        sent_as: Transfer Syntax UID in which it went, where that is not its own; without a pixel value changed.
        is_unreached: Whether nobody answered: who is patient may try again when the station is switched on.
    """

    status: int | None
    reason: str = ""
    is_passing: bool = False
    sha256: str = ""
    sent_as: str = ""
    is_unreached: bool = False

    @property
    def is_sent(self) -> bool:
        """Whether the station has it."""
        return not self.reason

    @property
    def is_warning(self) -> bool:
        """Whether the station has it, but not quite as it was."""
        return self.is_sent and self.status != 0


@dataclass(frozen=True, slots=True)
class Originator:
    """Whose C-MOVE an instance is sent for."""

    ae_title: str
    message_id: int


@dataclass(frozen=True, slots=True)
class SendReport:
    """What became of all.

    Attributes:
        sent: SOP Instance UIDs that the station has.
        failed: Why it has not the others, by SOP Instance UID.
    """

    sent: tuple[str, ...] = ()
    failed: Mapping[str, str] = field(default_factory=dict)


def judged(status: int, sha256: str = "", sent_as: str = "") -> Outcome:
    """Return what a status says (PS3.4 B.2.3, PS3.7 9.1.1.1.9)."""
    if status == 0 or status in _WARNINGS:
        return Outcome(status, sha256=sha256, sent_as=sent_as)
    words = next((words for first, last, words in _FAILURES if first <= status <= last), N_("It refuses the object"))
    is_passing = status in OUT_OF_ROOM or status == 0x0213
    return Outcome(status, f"{_(words)} ({status:04X}H)", is_passing=is_passing, sha256=sha256, sent_as=sent_as)
