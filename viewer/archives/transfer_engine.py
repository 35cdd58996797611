"""What does the work of a transfer, as the queue sees it, and what it tells while it works."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from viewer.base.jobs import Progress


@dataclass(frozen=True, slots=True)
class Arrival:
    """An instance that is there now.

    Attributes:
        size: In bytes.
        path: Of its file, where it is not in the library.
        is_new: Whether it came just now; it was there before otherwise.
    """

    series_instance_uid: str
    sop_instance_uid: str
    size: int = 0
    path: str = ""
    is_new: bool = True


@dataclass(frozen=True, slots=True)
class EngineReport:
    """How it ended.

    Attributes:
        done: Instances that are there now.
        expected: How many there are; 0 where nobody knows.
        failed: Why some are not: how many for each reason, in plain words without patient data.
    """

    done: int
    expected: int = 0
    failed: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_whole(self) -> bool:
        """Whether nothing is missing."""
        return not self.failed and self.done >= self.expected


class Ears(Protocol):
    """Who hears of it; may be called on any thread."""

    def announced(self, study_instance_uid: str, series: Mapping[str, Sequence[str]]) -> None:
        """The archive says which instances there are: SOP Instance UIDs by series."""

    def arrived(self, arrival: Arrival) -> None:
        """An instance is there; for what is sent: it is there at the other end."""

    def counted(self, done: int, expected: int, failed: int) -> None:
        """So many are there now, of so many."""

    def noted(self, text: str) -> None:
        """Something happened that belongs into the log; without patient data."""


class Engine(Protocol):
    """Does one transfer. What was done before it begins is left out: running one again goes on where it stopped."""

    def run(self, progress: Progress) -> EngineReport:
        """Do it.

        Raises:
            Cancelled: If progress was cancelled; the instance that was on its way is finished or undone.
            ViewerError: If it could not go on.
        """

    def prefer(self, series_instance_uid: str) -> None:
        """This series comes first; may be called on any thread."""
