"""What the services of the network need of the house, handed to them: a place to store, an archive to ask, a witness.

Everything here is called on the threads of associations, several at a time. What a port raises as StoreRefused is
answered with its status; anything else is a bug, is logged without values, and is answered with a failure.
"""

import enum
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from viewer.base.errors import NetworkError


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is at the other end of an association.

    Attributes:
        ae_title: As it calls itself.
        address: IP address, without a port.
        called_ae_title: As it calls us.
        is_known: Whether the allow-list names it; what an unknown one sends goes to the inbox.
        certificate: SHA-256 of its TLS certificate in hexadecimal; empty without one.
    """

    ae_title: str
    address: str
    called_ae_title: str = ""
    is_known: bool = True
    certificate: str = ""


@dataclass(frozen=True, slots=True)
class OfferedInstance:
    """What a C-STORE request says of the instance that follows (PS3.7 9.1.1)."""

    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str
    move_originator: str = ""


class StoreRefused(NetworkError):  # noqa: N818 - said as it is; its base has the suffix
    """An instance is not taken.

    Attributes:
        status: Of the C-STORE response (PS3.4 B.2.3).
    """

    def __init__(self, status: int, message: str, *, subject: str = "") -> None:
        super().__init__(message, subject=subject)
        self.status = status


OUT_OF_RESOURCES, CLASS_MISMATCH, CANNOT_UNDERSTAND, PROCESSING_FAILURE = 0xA700, 0xA900, 0xC000, 0x0110
"""C-STORE failures (PS3.4 Table B.2-1, PS3.7 C.5)."""


class Became(enum.Enum):
    """What became of an instance that was received."""

    STORED = "stored"
    ALREADY = "already"
    """The same bytes were there."""
    QUARANTINED = "quarantined"
    """Kept aside: other bytes under its UID, or an unknown sender."""


@dataclass(frozen=True, slots=True)
class StoreAnswer:
    """What an instance's sender is told, when it is on the disk and in the index.

    Attributes:
        status: 0x0000, or the failure or warning that goes with what became of it.
        comment: Error Comment (0000,0902), without patient data; empty for none.
    """

    became: Became
    status: int = 0
    comment: str = ""


class InstanceSink(Protocol):
    """Where the bytes of one instance go, as they come."""

    def write(self, piece: bytes | bytearray | memoryview) -> None:
        """Take the next piece of the encoded data set; it is only good until the call ends.

        Raises:
            StoreRefused: If the disk is full, a quota is reached, or it is too large; nothing of it stays.
        """

    def finish(self) -> StoreAnswer:
        """Return when the instance is on the disk and in the index.

        Raises:
            StoreRefused: If it cannot be kept; nothing of it stays.
        """

    def abandon(self) -> None:
        """Give it up: the association ended in the middle. Also safe after the others raised."""


class Storage(Protocol):
    """Where received instances go."""

    def begin(self, offered: OfferedInstance, caller: Caller) -> InstanceSink:
        """Begin one instance; what it is written with is a Part 10 file in the end, byte for byte as it came.

        Raises:
            StoreRefused: If it is not wanted at all; its bytes are then read and dropped.
        """


@dataclass(frozen=True, slots=True)
class HeldInstance:
    """An instance that can be sent: a Part 10 file.

    Attributes:
        sha256: Of the whole file, lower-case hexadecimal; a file that has another by now is not sent. Empty where it is
            not known.
    """

    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str
    path: Path
    sha256: str = ""


class QueryLevel(enum.StrEnum):
    """Query/Retrieve Level (0008,0052)."""

    PATIENT = "PATIENT"
    STUDY = "STUDY"
    SERIES = "SERIES"
    IMAGE = "IMAGE"


UNFIT_QUERY, TOO_MANY_ANSWERS, UNABLE_TO_PROCESS = 0xA900, 0xA700, 0xC000
"""Failures of queries and retrieves (PS3.4 C.4.1.1.4, C.4.2.1.5)."""


class QueryRefused(NetworkError):  # noqa: N818 - said as it is; its base has the suffix
    """A query or a retrieve is not answered, or not further.

    Attributes:
        status: Of the response.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Archive(Protocol):
    """What can be asked and fetched: keys and values are text by keyword of the data dictionary, decoded."""

    def find(self, level: QueryLevel, keys: Mapping[str, str], *, is_patient_root: bool) -> Iterator[Mapping[str, str]]:
        """Yield what matches; keys with an empty value are wanted and match everything (PS3.4 C.2.2.2).

        Raises:
            QueryRefused: If the keys are no query of that level, there are too many answers, or none can be given.
        """

    def instances(self, level: QueryLevel, keys: Mapping[str, str], *, is_patient_root: bool) -> Sequence[HeldInstance]:
        """Return what the unique keys of a retrieve name.

        Raises:
            QueryRefused: If they name nothing that can be retrieved, or the archive cannot say.
        """


class CommitmentFailure(enum.IntEnum):
    """Why an instance is not committed to: Failure Reason (0008,1197), PS3.3 C.14.1.1."""

    PROCESSING_FAILURE = 0x0110
    NO_SUCH_INSTANCE = 0x0112
    CLASS_INSTANCE_CONFLICT = 0x0119


@dataclass(frozen=True, slots=True)
class CommitmentResult:
    """What is answered to a request for storage commitment.

    Attributes:
        committed: SOP Class and SOP Instance UID of each instance that is held, whole.
        failed: Those that are not, and why.
    """

    transaction_uid: str
    committed: Sequence[tuple[str, str]]
    failed: Sequence[tuple[str, str, CommitmentFailure]]


Reply = Callable[[CommitmentResult], bool]
"""Gives a result to who asked on the association on which it was asked; says whether it was taken."""
NOT_TAKEN, DUPLICATE_TRANSACTION, RESOURCE_LIMITATION = 0x0110, 0x0131, 0x0213
"""Statuses of an N-ACTION response beside success."""


class CommitmentBook(Protocol):
    """Takes requests for storage commitment; who answers them, and when, is the book's own business."""

    def ask(
        self, transaction_uid: str, referenced: Sequence[tuple[str, str]], caller: Caller, reply: Reply | None = None
    ) -> int:
        """Note a request so that it survives a crash; return the status of the N-ACTION response.

        Args:
            transaction_uid: Of the request.
            referenced: SOP Class and SOP Instance UID of each instance.
            caller: Who is to be answered.
            reply: For as long as the association lasts; None when it cannot be answered there.
        """


@dataclass(frozen=True, slots=True)
class ReportedResult:
    """What another station says to a request for storage commitment of ours.

    Attributes:
        committed: SOP Class and SOP Instance UIDs that it promises to keep.
        failed: Failure Reason (0008,1197) of those that it does not, by SOP Instance UID.
    """

    transaction_uid: str
    committed: frozenset[tuple[str, str]]
    failed: Mapping[str, int]


class CommitmentResults(Protocol):
    """Takes what others say to our requests for storage commitment."""

    def take(self, result: ReportedResult, caller: Caller) -> int:
        """Note a result so that it survives a crash; return the status of the N-EVENT-REPORT response."""
