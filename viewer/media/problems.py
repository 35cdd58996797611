"""What could not be opened, or is not as its medium says: one line each, never silently left out."""

from dataclasses import dataclass
from enum import StrEnum

from viewer.base.errors import MediaError, PasswordNeededError, RefusedError, ViewerError


class DamagedError(MediaError):
    """An archive, disc image or member that can be read but not understood; trying again will not help."""


class OtherFileError(ViewerError):
    """A file of another kind, though it looks like something that holds images."""


class ProblemKind(StrEnum):
    """Why a path is listed; the window folds NOT_DICOM, DIRECTORY and LINK apart from real damage."""

    NOT_DICOM = "not-dicom"
    """Another kind of file: a viewer program, a web page, a picture."""
    DIRECTORY = "directory"
    """A DICOMDIR: it names the other files and holds no image itself."""
    LINK = "link"
    """A link to something on the same medium, which is read where it lies."""
    DAMAGED = "damaged"
    """DICOM, an archive or a disc image that cannot be understood."""
    UNREADABLE = "unreadable"
    """The medium failed or did not answer."""
    LOCKED = "locked"
    """Encrypted, and no right password was given."""
    REFUSED = "refused"
    """Refused for safety: it leaves its medium, or claims more than a quota allows."""
    MISSING = "missing"
    """Named by a DICOMDIR, but not on the medium."""
    EXTRA = "extra"
    """On the medium and shown, but not named by its DICOMDIR."""
    MISMATCH = "mismatch"
    """Shown as the file says, though its DICOMDIR says otherwise."""


FOLDED_KINDS = frozenset({ProblemKind.NOT_DICOM, ProblemKind.DIRECTORY, ProblemKind.LINK})
"""Kinds that are no damage: a list of other files."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One path and what is wrong with it.

    Attributes:
        path: As a person would name it, with the path inside its archive after "!/".
        error: In plain words.
        kind: Why it is listed.
    """

    path: str
    error: str
    kind: ProblemKind = ProblemKind.DAMAGED

    @property
    def is_damage(self) -> bool:
        """Whether a reader should look at it; False for files that were never meant to be images."""
        return self.kind not in FOLDED_KINDS


def kind_of(error: ViewerError) -> ProblemKind:
    """Return the kind under which an error is listed."""
    for family, kind in _KINDS:
        if isinstance(error, family):
            return kind
    return ProblemKind.DAMAGED


_KINDS: tuple[tuple[type[ViewerError], ProblemKind], ...] = (
    (RefusedError, ProblemKind.REFUSED),
    (PasswordNeededError, ProblemKind.LOCKED),
    (DamagedError, ProblemKind.DAMAGED),
    (MediaError, ProblemKind.UNREADABLE),
    (OtherFileError, ProblemKind.NOT_DICOM),
)
