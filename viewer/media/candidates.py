"""What passes between finding files and looking at them: places, files that may be images, and announcements."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from viewer.base.byte_source import ByteSource
from viewer.media.problems import Problem
from viewer.media.promises import Promise
from viewer.media.scan_results import Container, ScanResult

if TYPE_CHECKING:
    from viewer.dicom.file_set import DirectoryRecord


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file found in a place.

    Attributes:
        source: Its bytes.
        nesting: Archives and disc images around it.
        records: What a DICOMDIR says of it: its own record, then those above it; none when there is no DICOMDIR or it
            names it not.
        is_extra: It lies beside a DICOMDIR that does not name it.
        is_given: The reader named it, so a DICOMDIR stands for its whole folder.
        tries: How often it was looked at in vain.
    """

    source: ByteSource
    nesting: int = 0
    records: "tuple[DirectoryRecord, ...]" = ()
    is_extra: bool = False
    is_given: bool = False
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """Something that holds files.

    Attributes:
        folder: A folder on a disc; None when source holds the files.
        source: An archive, a disc image, or the DICOMDIR whose folder is meant.
        container: What source is.
        nesting: Archives and disc images around it.
    """

    folder: Path | None = None
    source: ByteSource | None = None
    container: Container | None = None
    nesting: int = 0

    @property
    def name(self) -> str:
        """What a person calls it."""
        if self.source is not None:
            return self.source.name
        return str(self.folder)


@dataclass(frozen=True, slots=True)
class Found:
    """Some of what a place holds.

    Attributes:
        candidates: Files to look at.
        problems: What was refused, missing or could not be listed.
        scanned: Files already looked at, to show the first image early.
        files: How many files on the medium the problems stand for.
        promises: What a directory says is on the medium.
        broken: Promises that a file does not keep: it is another instance.
    """

    candidates: Sequence[Candidate] = ()
    problems: Sequence[Problem] = ()
    scanned: Sequence[tuple[Candidate, ScanResult]] = ()
    files: int = 0
    promises: Sequence[Promise] = ()
    broken: Sequence[Promise] = ()


@dataclass(frozen=True, slots=True)
class PlaceDone:
    """A place was looked through to its end."""

    place: Place


Announcement = Found | PlaceDone
