"""What can happen while reading, told in plain words with what to do next.

Anything that is not a ViewerError (or Cancelled) is a bug and goes to the crash report.
"""

from viewer.base.translation import N_, _

_SYSTEM_REASONS = (
    N_("No such file or directory"),
    N_("Permission denied"),
    N_("Operation not permitted"),
    N_("Input/output error"),
    N_("Is a directory"),
    N_("Not a directory"),
    N_("File exists"),
    N_("No space left on device"),
    N_("Read-only file system"),
    N_("File name too long"),
    N_("Too many open files"),
    N_("Invalid argument"),
    N_("No such device or address"),
    N_("No medium found"),
    N_("Stale file handle"),
    N_("Disk quota exceeded"),
)
"""What systems say most often, for the catalogue: they say it in English."""


def system_reason(error: OSError) -> str:
    """Return what the system says went wrong, in the reader's language where we know the phrase."""
    return _(error.strerror) if error.strerror else type(error).__name__


class ViewerError(Exception):
    """Something the outside world did: a bad file, a missing disc, a silent peer.

    Attributes:
        subject: The file or place it happened to, as a person would name it; empty when it has none.
        advice: What the reader can do next; empty when there is nothing to do.
    """

    def __init__(self, message: str, *, subject: str = "", advice: str = "") -> None:
        super().__init__(message)
        self.subject = subject
        self.advice = advice

    def about(self, subject: str) -> "ViewerError":
        """Return this error with its subject filled in, if it has none yet."""
        if not self.subject:
            self.subject = subject
        return self

    def one_line(self) -> str:
        """Return subject, message and advice as one line for a status bar or standard error."""
        head = f"{self.subject}: {self}" if self.subject else str(self)
        line = f"{head}. {self.advice}" if self.advice else head
        return " ".join(line.split())


class DicomError(ViewerError):
    """A data set that cannot be read, or says what the Standard forbids."""


class DecodingError(DicomError):
    """Pixels that cannot be decoded: damaged, truncated, or in a syntax without a decoder."""


class VolumeError(ViewerError):
    """Images that are no volume, or something asked of a volume that its geometry does not allow."""


class RefusedError(ViewerError):
    """Input refused for safety: it leaves its medium, or claims more than a quota allows."""


class LibraryError(ViewerError):
    """The local library could not do what was asked."""


class NetworkError(ViewerError):
    """A peer did not answer, or answered with a failure."""


class MediaError(ViewerError):
    """A disc, archive file or folder that cannot be read."""


class PasswordNeededError(MediaError):
    """An encrypted archive that needs a password, or was given a wrong one."""


class DisplayError(ViewerError):
    """Readings, a calibration or a profile of a monitor that cannot be right or cannot be read."""


class SettingsError(ViewerError):
    """A settings file that cannot be read or holds a value out of its range."""


class UsageError(ViewerError):
    """A command given wrong arguments; the process ends with exit code 2."""


class Cancelled(Exception):  # noqa: N818 - not an error: the reader asked for it
    """The reader cancelled; silent everywhere."""
