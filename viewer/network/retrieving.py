"""What every way of fetching instances has in common: what is asked for, what came, and who takes it."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Protocol

from viewer.network.ports import Caller, OfferedInstance, Storage, StoreAnswer


@dataclass(frozen=True, slots=True)
class RetrieveRequest:
    """What is to be fetched: a study, a series, or instances of one series.

    Attributes:
        series_instance_uid: Empty for the whole study.
        sop_instance_uids: Empty for the whole study or series.
        sop_class_uids: Of what will come, as far as it is known: C-GET has to propose them (PS3.4 C.5.3).
    """

    study_instance_uid: str
    series_instance_uid: str = ""
    sop_instance_uids: tuple[str, ...] = ()
    sop_class_uids: tuple[str, ...] = ()
    patient_id: str = ""


@dataclass(frozen=True, slots=True)
class Fetched:
    """One instance that came, or did not.

    Attributes:
        sop_instance_uid: Empty when it is not known which it was.
        answer: What became of it here; None when it did not come.
        size: Of its data set in bytes.
        reason: Why it is not kept; empty when it is. Without patient data.
    """

    sop_instance_uid: str
    sop_class_uid: str = ""
    answer: StoreAnswer | None = None
    size: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Counts:
    """What a peer says of a retrieve (PS3.7 9.1.3, 9.1.4); None where it says nothing."""

    remaining: int | None = None
    completed: int | None = None
    failed: int | None = None
    warned: int | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """A whole Part 10 file that was taken: which instance it was, and what became of it."""

    offered: OfferedInstance
    answer: StoreAnswer


class FileSink(Protocol):
    """Where the bytes of one Part 10 file go, as they come."""

    def write(self, piece: bytes | bytearray | memoryview) -> None:
        """Take the next piece of the file; it is only good until the call ends.

        Raises:
            StoreRefused: If the disk is full or it is too large; nothing of it stays.
        """

    def finish(self) -> Kept:
        """Return when the instance is on the disk, and in the index where there is one.

        Raises:
            StoreRefused: If it is no instance, or cannot be kept; nothing of it stays.
        """

    def abandon(self) -> None:
        """Give it up; also safe after the others raised."""


class Keeper(Storage, Protocol):
    """Where fetched instances go: data sets as DIMSE brings them (begin), and whole files as the web does."""

    def begin_file(self, caller: Caller) -> FileSink:
        """Begin a file; it is kept byte for byte as it comes.

        Raises:
            StoreRefused: If there is no room for it.
        """


Fetch = Callable[[RetrieveRequest, Keeper], Generator[Fetched | Counts, None, None]]
"""One way of fetching: yields each instance as it is kept, and counts as they are told. Closing the generator cancels
what was asked for, where the peer bears it. Raises NetworkError when the peer fails as a whole; what came stays."""
