"""The marks that are kept of a study, for whoever has no window: read from its journal, which stays as it is."""

from collections.abc import Sequence
from pathlib import Path

from viewer.base.errors import LibraryError, system_reason
from viewer.base.translation import _
from viewer.library.study_marks import MARKS, marks_folder, marks_name
from viewer.measurement.annotation import Annotation
from viewer.workspace.measuring.journal_file import JournalFile
from viewer.workspace.measuring.journal_record import JournalRecord

UNKEPT = "unkept-marks"
"""Beside the settings: what could not be written where it belongs (application.measuring_place)."""


def journal_folders(library: Path, settings: Path) -> tuple[Path, ...]:
    """Return where journals may lie, the place whose word counts last."""
    return settings / MARKS, marks_folder(library), settings / UNKEPT


def kept_marks(study_instance_uid: str, folders: Sequence[Path]) -> tuple[Annotation, ...]:
    """Return the marks of a study, the oldest first; none where nothing was marked.

    Raises:
        LibraryError: A journal is there and cannot be read.
    """
    found: dict[str, Annotation | None] = {}
    for folder in folders:
        file = JournalFile(folder, marks_name(study_instance_uid))
        if not file.path.exists():
            continue
        try:
            taken = JournalRecord(study_instance_uid, file).read()
        except OSError as error:
            raise LibraryError(
                _("What was marked on a study could not be read: {0}").format(system_reason(error)),
                subject=str(file.path),
            ) from error
        for (_kind, uid), value in taken.values.items():
            if isinstance(value, Annotation):
                found[uid] = value
            elif value is None:
                found.pop(uid, None)
    return tuple(each for each in found.values() if each is not None and each.points)
