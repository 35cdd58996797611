"""Whether everything the library holds is there, in words: what the sweep in the background knows, or a look now."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from viewer.base.jobs import Progress
from viewer.base.translation import N_, _, ngettext
from viewer.workspace.library_rows import shown_name

if TYPE_CHECKING:
    from viewer.library.library import Library

MISSING, ALTERED = N_("missing"), N_("altered")
MOST_LISTED = 500


@dataclass(frozen=True, slots=True)
class BadFile:
    """A file that is not as it was kept, and whose it is.

    Attributes:
        what: "missing" or "altered", to be translated.
        of: Patient, study and instance; the hash where no row knows it any more.
    """

    what: str
    of: str


@dataclass(frozen=True, slots=True)
class Integrity:
    """What is known.

    Attributes:
        finished_at: When everything was read last; None when never, or not to the end.
        under_way: How many files the sweep has read of how many; None between two passes.
        checked: Files that were read.
        is_index_sound: None when nobody looked.
        bad: The first of them.
        bad_count: How many there are.
    """

    finished_at: datetime | None
    under_way: tuple[int, int] | None
    checked: int
    is_index_sound: bool | None
    bad: tuple[BadFile, ...] = ()
    bad_count: int = 0

    def sentences(self) -> tuple[str, ...]:
        """Return what to say of it, the most important first."""
        said = []
        if self.is_index_sound is False:
            said.append(_("The library's index is damaged: make it again from the kept files"))
        if self.bad_count:
            said.append(
                ngettext(
                    "{count} file of the library is missing or altered: import it again",
                    "{count} files of the library are missing or altered: import them again",
                    self.bad_count,
                ).format(count=self.bad_count)
            )
        if self.finished_at is not None:
            when = self.finished_at.astimezone().strftime("%Y-%m-%d %H:%M")
            text = _("All files were read again and compared with their hashes: {0}").format(when)
            if not said:
                text += " · " + _("everything is as it was kept")
            said.append(text)
        else:
            said.append(_("Not everything has been read again yet"))
        if self.under_way is not None:
            said.append(_("Under way in the background: {0} of {1} files").format(*self.under_way))
        return tuple(said)


def known_integrity(library: "Library") -> Integrity:
    """Return what the sweep has found so far."""
    from viewer.library.sweep import read_sweep_state

    state = read_sweep_state(library.folder)
    found = [(MISSING, each) for each in state.missing] + [(ALTERED, each) for each in state.altered]
    return Integrity(
        state.last_finished_at,
        (state.checked, state.total) if state.started_at is not None else None,
        state.checked,
        state.is_index_sound,
        _bad_files(library, found),
        len(found),
    )


def integrity_now(library: "Library", progress: Progress) -> Integrity:
    """Read everything again now.

    Raises:
        LibraryError: If the index or the folder of objects cannot be read.
        Cancelled: If progress was cancelled.
    """
    from viewer.library.database import DamagedDatabase
    from viewer.library.integrity import verify

    report = verify(library.store, library.catalogue, progress)
    try:
        library.database.check()
        is_sound = True
    except DamagedDatabase:
        is_sound = False
    found = [(MISSING, each.sha256) for each in report.missing] + [(ALTERED, each.sha256) for each in report.altered]
    return Integrity(
        datetime.now().astimezone(), None, report.checked, is_sound, _bad_files(library, found), len(found)
    )


def _bad_files(library: "Library", found: "list[tuple[str, str]]") -> tuple[BadFile, ...]:
    return tuple(BadFile(what, _whose(library, sha256)) for what, sha256 in found[:MOST_LISTED])


def _whose(library: "Library", sha256: str) -> str:
    from viewer.library.study_row import InstanceRow

    for row in library.catalogue.of_hash(sha256):
        number = row.instance_number if isinstance(row, InstanceRow) else row.attributes.get("InstanceNumber", "")
        for study in library.catalogue.studies_of_uid(row.study_instance_uid):
            parts = (shown_name(study.patient_name), study.patient_id, study.study_date, study.study_description)
            image = _("image {0}").format(number) if number else row.sop_instance_uid
            return "  ·  ".join(part for part in (*parts, image) if part)
    return sha256
