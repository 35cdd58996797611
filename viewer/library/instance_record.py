"""What the library knows of one instance, as plain values: what goes into the index and what comes out of it."""

import enum
from dataclasses import dataclass, field
from datetime import datetime


class Door(enum.Enum):
    """How an instance came."""

    IMPORT = "import"
    RECEIVER = "receiver"
    RETRIEVE = "retrieve"


@dataclass(frozen=True, slots=True)
class Source:
    """Where instances came from.

    Attributes:
        name: The disc's label, the folder, or the AE title.
        address: The peer's address, or the path; may be empty.
    """

    door: Door
    name: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class KeptFile:
    """Bytes that the library answers for.

    Attributes:
        sha256: Of the whole file, lower-case hexadecimal.
        size: In bytes.
        path: Where the bytes lie when they were indexed in place; empty when they are in the library's own store.
    """

    sha256: str
    size: int
    path: str = ""

    @property
    def is_in_place(self) -> bool:
        """Whether the bytes are somebody else's: never deleted by the library."""
        return bool(self.path)


class AsideReason(enum.Enum):
    """Why an instance is kept aside, in force nowhere."""

    ALTERED = "altered"
    """Its SOP Instance UID was there already with other bytes."""
    UNKNOWN_SENDER = "unknown sender"
    """Nobody has said that its sender may fill this library: the inbox."""
    SUPERSEDED = "superseded"
    """It was in force until a reader put other bytes in its place; nothing is to be decided any more."""


@dataclass(frozen=True, slots=True)
class InstanceRecord:
    """One instance.

    Attributes:
        attributes: Text of the attributes that queries ask for, by keyword of the data dictionary, decoded; person
            names with all their groups; several values with backslashes between.
        received_at: With time zone.
        aside: Why it is to be kept aside whatever the library holds; None files it.
    """

    sop_instance_uid: str
    sop_class_uid: str
    series_instance_uid: str
    study_instance_uid: str
    transfer_syntax_uid: str
    kept: KeptFile
    source: Source
    received_at: datetime
    attributes: dict[str, str] = field(default_factory=dict)
    aside: AsideReason | None = None


class Filed(enum.Enum):
    """What became of an instance that was given to the library."""

    NEW = "new"
    ALREADY = "already"
    """The same bytes are there: accepted again, nothing changed."""
    CONFLICT = "conflict"
    """The same SOP Instance UID with other bytes is there: kept aside, the first one stays in force."""
    ASIDE = "aside"
    """Kept aside as its record asked."""
