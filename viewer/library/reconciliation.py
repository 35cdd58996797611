"""Reconciliation of identity (IHE IRWF): a study gets the identity it should have, and nothing of it is lost.

New files are written with the right attributes and an item of Original Attributes Sequence (0400,0561) that says what
they were; the pixels and everything else are byte for byte what they were. The originals are kept as SUPERSEDED.
"""

import enum
from dataclasses import dataclass

from viewer.base.jobs import Progress
from viewer.library.aside_groups import Difference
from viewer.library.library import Library
from viewer.library.study_row import StudyRow


class Reason(enum.Enum):
    """Reason for the Attribute Modification (0400,0565)."""

    COERCE = "COERCE"
    """The values were right where the study came from, and others are used here."""
    CORRECT = "CORRECT"
    """The values were wrong."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom and which study files should say; None leaves a value as each file has it, "" empties it.

    Attributes:
        patient_name: With all its groups: "Hong^Gildong=洪^吉洞=홍^길동".
        birth_date: YYYYMMDD.
        sex: "M", "F", "O" or "".

    Raises:
        LibraryError: If a value cannot stand in its attribute.
    """

    patient_id: str | None = None
    issuer: str | None = None
    patient_name: str | None = None
    birth_date: str | None = None
    sex: str | None = None
    accession_number: str | None = None
    study_id: str | None = None
    study_description: str | None = None
    referring_physician_name: str | None = None

    @classmethod
    def of_patient(cls, study: StudyRow) -> "Identity":
        """Return the patient of a study, without what is the study's own."""

    @classmethod
    def of_study(cls, study: StudyRow) -> "Identity":
        """Return all that a study says."""


class Likeness(enum.Enum):
    """Why somebody may be the same patient."""

    SAME_ID = "same ID"
    """The same Patient ID under another issuer, name or birth date."""
    SAME_NAME_AND_BIRTH_DATE = "same name and birth date"
    SAME_NAME = "same name"
    SAME_ACCESSION = "same accession number"
    SAME_STUDY = "same study UID"
    """The same Study Instance UID is there under that patient."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A patient of the library who may be the one a study is of.

    Attributes:
        identity: What the study would get: the patient's attributes.
        study: The patient's newest study, to be shown beside.
        likenesses: The strongest first.
    """

    identity: Identity
    study: StudyRow
    likenesses: tuple[Likeness, ...]


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What a reconciliation, or its undoing, came to.

    Attributes:
        study: As it is now.
        instances: How many files were written, or brought back.
        unchanged: How many said so already.
        signed: How many of those written have digital signatures, which do not hold any more.
    """

    study: StudyRow
    instances: int
    unchanged: int = 0
    signed: int = 0


def suggestions(library: Library, study: StudyRow) -> tuple[Suggestion, ...]:
    """Return patients who are likely to be the study's, the likeliest first; never the one it is filed under."""


def differences(study: StudyRow, identity: Identity) -> tuple[Difference, ...]:
    """Return what would change, for the screen: what the study says (held) beside what it would get (arrived)."""


def reconcile(
    library: Library, study: StudyRow, identity: Identity, progress: Progress, *, reason: Reason = Reason.CORRECT
) -> Reconciled:
    """Give a study another identity: all of it, or nothing when this ends otherwise than by returning.

    Args:
        library: Whose.
        study: Of its catalogue, and not in the trash; all its instances are written anew.
        identity: What it should say.
        progress: Gets counts of instances; cancelling it leaves everything as it was.
        reason: Written into the files.

    Raises:
        LibraryError: If a file cannot be rewritten without loss, is not as it was kept, or the disk has no room; if the
            study is gone, in the trash, or says so already.
        Cancelled: If progress was cancelled.
    """


def can_be_undone(library: Library, study: StudyRow) -> bool:
    """Return whether a study has been reconciled, so that undo_reconciliation can bring something back."""


def undo_reconciliation(library: Library, study: StudyRow, progress: Progress) -> Reconciled:
    """Bring the originals back that the last reconciliation of a study replaced; the files it wrote are removed.

    Raises:
        LibraryError: If there is nothing to bring back, or an original is not as it was kept.
        Cancelled: If progress was cancelled.
    """


@dataclass(frozen=True, slots=True)
class ReconcileStudy:
    """The job of reconciling (lane KEEPING)."""

    library: Library
    study: StudyRow
    identity: Identity
    reason: Reason = Reason.CORRECT

    def run(self, progress: Progress) -> Reconciled:
        """See reconcile."""
        return reconcile(self.library, self.study, self.identity, progress, reason=self.reason)


@dataclass(frozen=True, slots=True)
class UndoReconciliation:
    """The job of undoing it (lane KEEPING)."""

    library: Library
    study: StudyRow

    def run(self, progress: Progress) -> Reconciled:
        """See undo_reconciliation."""
        return undo_reconciliation(self.library, self.study, progress)
