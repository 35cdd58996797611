"""What the library's list shows: patients, their studies and series in words and marks, without Qt."""

import datetime as dt
import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from viewer.base.translation import N_, _, current_language, ngettext
from viewer.dicom.dates_and_times import display_date
from viewer.dicom.person_name import PersonName
from viewer.workspace.study_standings import NOTHING, StudyMark

if TYPE_CHECKING:
    from viewer.library.browsing import SeriesEntry
    from viewer.library.search import Search
    from viewer.library.study_row import StudyRow

FLAGGED = "flagged"
"""The flag that the list's own star-shaped mark stands for."""
PROTECTED = "protected"
"""As library.retention has it: the flag of studies that no rule touches."""
ARRIVING, NEVER_SHOWN = N_("arriving from {0}"), N_("never displayed")
_SEPARATOR = "  ·  "


class LibraryRowKind(enum.Enum):
    """What a row stands for."""

    PATIENT = "patient"
    STUDY = "study"
    SERIES = "series"


@dataclass(frozen=True, slots=True)
class LibraryRow:
    """One row.

    Attributes:
        key: Unique in the list, the same from one answer to the next.
        title: First line.
        subtitle: Second line.
        elsewhere: Where a study is kept besides.
        shorter: The second line where there is less room, one shorter than the other: words go before numbers.
        modality: For the column of that name.
        images: How many instances.
        date: ISO day with its weekday.
        patient_id: For the column of that name.
        received: When the last instance came, in local time.
        rating: 0 (none) to 5.
        is_flagged: Whether the reader flagged the study.
        undisplayed: How many instances were never displayed.
        warnings: How many things are to be settled.
        arriving: Who is sending it now; empty when nobody is.
        is_open: Whether it is among the open studies.
        notes: What the reader wrote.
        study: For a row of that kind.
        entry: For a row of a series.
        children: Studies of a patient; series come later.
    """

    kind: LibraryRowKind
    key: str
    title: str
    subtitle: str = ""
    modality: str = ""
    images: int = 0
    date: str = ""
    patient_id: str = ""
    received: str = ""
    rating: int = 0
    is_flagged: bool = False
    undisplayed: int = 0
    warnings: int = 0
    arriving: str = ""
    is_open: bool = False
    notes: str = ""
    study: "StudyRow | None" = None
    entry: "SeriesEntry | None" = None
    children: tuple["LibraryRow", ...] = field(default=())
    shorter: tuple[str, ...] = ()
    elsewhere: StudyMark = NOTHING


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends a study now, and how many instances it is to have; None when nobody said."""

    title: str
    announced: int | None = None


class SmartFolder(enum.Enum):
    """The lists that are always there."""

    ALL = N_("All")
    TODAY = N_("Today")
    WEEK = N_("Last 7 days")
    NEVER_DISPLAYED = N_("Never displayed")
    FLAGGED = N_("Flagged")
    TRASH = N_("Trash")


def folder_search(folder: SmartFolder, text: str, today: dt.date) -> "Search":
    """Return what a smart folder asks for, narrowed by what was typed."""
    from viewer.library.search import Search

    search = Search(text)
    match folder:
        case SmartFolder.TODAY:
            return replace(search, date_from=today, date_to=today)
        case SmartFolder.WEEK:
            return replace(search, date_from=today - dt.timedelta(days=6), date_to=today)
        case SmartFolder.NEVER_DISPLAYED:
            return replace(search, only_undisplayed=True)
        case SmartFolder.FLAGGED:
            return replace(search, flags=frozenset({FLAGGED}))
        case SmartFolder.TRASH:
            return replace(search, in_trash=True)
        case _:
            return search


def patient_rows(
    studies: "Iterable[StudyRow]",
    opened: frozenset[str] = frozenset(),
    arriving: Mapping[str, Sender] | None = None,
    elsewhere: Mapping[str, StudyMark] | None = None,
) -> tuple[LibraryRow, ...]:
    """Return studies under their patients; patients in the order of their first study.

    Args:
        studies: In the order of the list.
        opened: Keys of the studies that are open, see study_key.
        arriving: Who is sending a study now, by its UID.
        elsewhere: Where a study is kept besides, by its UID.
    """
    by_patient: dict[str, list[StudyRow]] = {}
    for study in studies:
        by_patient.setdefault(patient_key(study), []).append(study)
    return tuple(_patient_row(key, each, opened, arriving or {}, elsewhere or {}) for key, each in by_patient.items())


def patient_key(study: "StudyRow") -> str:
    """Return what tells a study's patient from every other; without an ID every study has its own."""
    if study.patient_id:
        return f"{study.patient_id}\x1f{study.issuer}"
    return f"\x1f\x1f{study.study_instance_uid}"


def study_key(study: "StudyRow") -> str:
    """Return what tells a study's row from every other, also after the index was made again."""
    return f"{patient_key(study)}\x1e{study.study_instance_uid}"


def _patient_row(
    key: str,
    studies: "Sequence[StudyRow]",
    opened: frozenset[str],
    arriving: Mapping[str, Sender],
    elsewhere: Mapping[str, StudyMark],
) -> LibraryRow:
    first = studies[0]
    details = (display_date(first.birth_date), first.sex, first.patient_id)
    return LibraryRow(
        LibraryRowKind.PATIENT,
        key,
        shown_name(first.patient_name),
        row_line(*details),
        images=sum(study.instance_count for study in studies),
        patient_id=first.patient_id,
        children=tuple(study_library_row(study, opened, arriving, elsewhere) for study in studies),
    )


def study_library_row(
    study: "StudyRow", opened: frozenset[str], arriving: Mapping[str, Sender], elsewhere: Mapping[str, StudyMark]
) -> LibraryRow:
    """Return the row of one study."""
    modality = "/".join(study.modalities)
    day = display_date(study.study_date, with_weekday=True)
    sender = arriving.get(study.study_instance_uid)
    count = str(study.instance_count)
    counted = ngettext("{0} image", "{0} images", study.instance_count).format(count)
    date = display_date(study.study_date)
    mark = elsewhere.get(study.study_instance_uid, NOTHING)
    lines = [
        row_line(day, modality, counted, mark.word),
        row_line(day, modality, counted),
        row_line(date, modality, counted),
        row_line(date, counted),
        row_line(date, count),
    ]
    if sender is not None:
        of = f"{count}/{sender.announced}" if sender.announced else count
        counted = ngettext("{0} image", "{0} images", study.instance_count).format(of)
        lines = [
            row_line(_(ARRIVING).format(sender.title), counted),
            row_line(sender.title, counted),
            row_line(counted),
        ]
    return LibraryRow(
        LibraryRowKind.STUDY,
        study_key(study),
        study.study_description or modality or _("(no description)"),
        lines[0],
        modality,
        study.instance_count,
        day,
        study.patient_id,
        local_time(study.last_received_at),
        study.rating,
        FLAGGED in study.flags,
        study.instance_count - study.displayed_count,
        study.warning_count,
        sender.title if sender is not None else "",
        study_key(study) in opened,
        study.notes,
        study,
        shorter=tuple(lines[1:]),
        elsewhere=mark,
    )


def row_line(*parts: str) -> str:
    """Return the parts of a row's second line, as far as there are any."""
    return _SEPARATOR.join(part for part in parts if part)


def series_rows(study_key: str, entries: "Iterable[SeriesEntry]") -> tuple[LibraryRow, ...]:
    """Return the rows of the series of a study with a key."""
    rows = []
    for entry in entries:
        series = entry.series
        name = series.series_description or series.modality or _("(no description)")
        counted = ngettext("{0} image", "{0} images", series.instance_count).format(series.instance_count)
        rows.append(
            LibraryRow(
                LibraryRowKind.SERIES,
                f"{study_key}\x1e{series.series_instance_uid}",
                f"{series.series_number}  {name}" if series.series_number else name,
                row_line(series.modality, counted),
                series.modality,
                series.instance_count,
                received=local_time(series.last_received_at),
                entry=entry,
                shorter=(counted,),
            )
        )
    return tuple(rows)


def shown_name(patient_name: str) -> str:
    """Return a patient's name in the reader's script."""
    return PersonName.parse(patient_name).formatted(current_language()) or _("(no name)")


def marks_of(row: LibraryRow) -> tuple[str, ...]:
    """Return what a row's marks say, for tooltips and screen readers."""
    marks = []
    if row.is_open:
        marks.append(_("open"))
    if row.undisplayed and row.kind is LibraryRowKind.STUDY:
        marks.append(undisplayed_text(row.undisplayed, row.images))
    if row.warnings:
        marks.append(ngettext("{0} warning to settle", "{0} warnings to settle", row.warnings).format(row.warnings))
    if row.rating:
        marks.append(_("rated {0} of 5").format(row.rating))
    if row.is_flagged:
        marks.append(_("flagged"))
    marks += row.elsewhere.lines
    if row.notes:
        marks.append(_("Notes: {0}").format(row.notes))
    return tuple(marks)


def undisplayed_text(undisplayed: int, images: int) -> str:
    """Return how many images of a study nobody has looked at."""
    if undisplayed >= images:
        return _(NEVER_SHOWN)
    return ngettext(
        "{0} of {1} images was never displayed", "{0} of {1} images were never displayed", undisplayed
    ).format(undisplayed, images)


def local_time(moment: dt.datetime) -> str:
    """Return a moment by the reader's clock, to the minute."""
    return f"{moment.astimezone():%Y-%m-%d %H:%M}"
