"""What the list of archives shows: patients, studies, series and instances in words and marks, without Qt."""

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from viewer.base.translation import _, ngettext
from viewer.dicom.dates_and_times import display_date
from viewer.dicom.person_name import PersonName
from viewer.workspace.library_rows import row_line, shown_name

if TYPE_CHECKING:
    from viewer.archives.search import FoundInstance, FoundSeries, FoundStudy

UNKNOWN = "–"
"""Stands for a count that an archive does not say."""


class ArchiveRowKind(enum.Enum):
    """What a row stands for."""

    PATIENT = "patient"
    STUDY = "study"
    SERIES = "series"
    INSTANCE = "instance"
    NOTE = "note"
    """Not there yet, or why it is not."""


@dataclass(frozen=True, slots=True)
class ArchiveRow:
    """One row.

    Attributes:
        key: Unique in the list, the same from one answer to the next.
        title: First line.
        subtitle: Second line.
        shorter: The second line where there is less room, one shorter than the other: words go before numbers.
        series: How many, as text; likewise images. UNKNOWN where the archives do not say; empty where it means nothing.
        sources: The archives that have it.
        here: How much of it is on this computer, in words; empty for nothing.
        is_whole: Whether all of it is.
        is_fetching: Whether it is on its way.
        warnings: What must be known of whose it is.
        order: What patients and studies are sorted by: smaller comes first.
    """

    kind: ArchiveRowKind
    key: str
    title: str
    subtitle: str = ""
    shorter: tuple[str, ...] = ()
    modality: str = ""
    series: str = ""
    images: str = ""
    date: str = ""
    patient_id: str = ""
    accession_number: str = ""
    sources: tuple[str, ...] = ()
    here: str = ""
    is_whole: bool = False
    is_fetching: bool = False
    is_open: bool = False
    warnings: tuple[str, ...] = ()
    order: tuple[str | int, ...] = ()
    study: "FoundStudy | None" = None
    one_series: "FoundSeries | None" = None
    instance: "FoundInstance | None" = None

    @property
    def can_unfold(self) -> bool:
        """Whether there is something below that has to be asked for."""
        return self.kind in {ArchiveRowKind.STUDY, ArchiveRowKind.SERIES}


class ArchiveOrder(enum.StrEnum):
    """What the list is sorted by."""

    DATE = "date"
    NAME = "name"
    PATIENT_ID = "patient_id"
    IMAGES = "images"


@dataclass(frozen=True, slots=True)
class Standing:
    """How much of a study or series is on this computer.

    Attributes:
        held: Instances in the library; None while nobody has looked.
        fetched: How far a fetch of it is: instances that are there, and how many there will be; None when none runs.
    """

    held: int | None = None
    fetched: tuple[int, int] | None = None
    is_open: bool = False

    def words(self, expected: int | None) -> str:
        """Return it in a word or two; empty when nothing is there."""
        if self.fetched is not None:
            done, of = self.fetched
            return _("fetching {0}/{1}").format(done, of or expected or UNKNOWN)
        if not self.held:
            return ""
        if expected is None:
            return _("here: {0}").format(self.held)
        if self.held >= expected:
            return _("here")
        return _("here: {0} of {1}").format(self.held, expected)

    def is_whole(self, expected: int | None) -> bool:
        """Whether everything that the archives announce is there."""
        return self.fetched is None and expected is not None and bool(self.held) and (self.held or 0) >= expected


NOTHING = Standing()


def patient_row(
    key: str, studies: "Sequence[FoundStudy]", warnings: tuple[str, ...], order: ArchiveOrder
) -> ArchiveRow:
    """Return the row of a patient.

    Args:
        key: What tells the patient from every other.
        studies: Those that were found; the first says who it is.
        warnings: What does not fit together.
        order: What the list is sorted by.
    """
    first = studies[0]
    born = next((display_date(each.patient_birth_date) for each in studies if each.patient_birth_date), "")
    sex = next((each.patient_sex for each in studies if each.patient_sex), "")
    counted = ngettext("{0} study", "{0} studies", len(studies)).format(len(studies))
    return ArchiveRow(
        ArchiveRowKind.PATIENT,
        key,
        shown_name(first.patient_name),
        row_line(first.patient_id, born, sex, counted if len(studies) > 1 else ""),
        (row_line(first.patient_id, born, sex), row_line(first.patient_id, born), first.patient_id),
        patient_id=first.patient_id,
        sources=merged_sources(studies),
        warnings=warnings,
        order=(*min(study_order(each, order) for each in studies)[:-1], key),
    )


def study_row(
    key: str, study: "FoundStudy", standing: Standing, warnings: tuple[str, ...], order: ArchiveOrder
) -> ArchiveRow:
    """Return the row of a study."""
    modality = "/".join(study.modalities)
    day, date = display_date(study.study_date, with_weekday=True), display_date(study.study_date)
    series, images = count_text(study.series_count), count_text(study.instance_count)
    counted = _counted(study.series_count, study.instance_count)
    short = f"{series}/{images}" if (series, images) != (UNKNOWN, UNKNOWN) else ""
    return ArchiveRow(
        ArchiveRowKind.STUDY,
        key,
        study.study_description or modality or _("(no description)"),
        row_line(day, modality, counted),
        (
            row_line(date, modality, counted),
            row_line(date, modality, short),
            " ".join(filter(None, (date, modality, short))),
            " ".join(filter(None, (date, short))),
            date,
        ),
        modality,
        series,
        images,
        day,
        study.patient_id,
        study.accession_number,
        study.sources,
        standing.words(study.instance_count),
        standing.is_whole(study.instance_count),
        standing.fetched is not None,
        standing.is_open,
        warnings,
        study_order(study, order),
        study,
    )


def series_row(study_key: str, study: "FoundStudy", series: "FoundSeries", standing: Standing) -> ArchiveRow:
    """Return the row of a series."""
    name = series.series_description or series.modality or _("(no description)")
    images = count_text(series.instance_count)
    counted = _counted(None, series.instance_count)
    number = int(series.series_number) if series.series_number.lstrip("-").isdecimal() else 1 << 31
    return ArchiveRow(
        ArchiveRowKind.SERIES,
        f"{study_key}\x1e{series.series_instance_uid}",
        f"{series.series_number}  {name}" if series.series_number else name,
        row_line(series.modality, series.body_part_examined, counted),
        (row_line(series.modality, counted), counted),
        series.modality,
        images=images,
        sources=series.sources,
        here=standing.words(series.instance_count),
        is_whole=standing.is_whole(series.instance_count),
        is_fetching=standing.fetched is not None,
        is_open=standing.is_open,
        order=(number, series.series_instance_uid),
        study=study,
        one_series=series,
    )


def instance_row(series: ArchiveRow, instance: "FoundInstance") -> ArchiveRow:
    """Return the row of an instance below its series."""
    from viewer.dicom.sop_classes import sop_class_name

    number = int(instance.instance_number) if instance.instance_number.lstrip("-").isdecimal() else 1 << 31
    return ArchiveRow(
        ArchiveRowKind.INSTANCE,
        f"{series.key}\x1e{instance.sop_instance_uid}",
        _("Image {0}").format(instance.instance_number) if instance.instance_number else _("Image"),
        sop_class_name(instance.sop_class_uid),
        (),
        sources=series.sources,
        order=(number, instance.sop_instance_uid),
        study=series.study,
        one_series=series.one_series,
        instance=instance,
    )


def note_row(parent_key: str, text: str, warning: str = "") -> ArchiveRow:
    """Return what stands below a row while nothing is there, or why nothing is."""
    warnings = (warning,) if warning else ()
    return ArchiveRow(ArchiveRowKind.NOTE, f"{parent_key}\x1enote", text, warning, warnings=warnings)


def study_order(study: "FoundStudy", order: ArchiveOrder) -> tuple[str | int, ...]:
    """Return what a study is sorted by; the newest comes first among equals, and nothing is equal."""
    newest = (_backwards(study.study_date), _backwards(study.study_time), study.study_instance_uid)
    match order:
        case ArchiveOrder.NAME:
            return (PersonName.parse(study.patient_name).sort_key(), study.patient_id, *newest)
        case ArchiveOrder.PATIENT_ID:
            return (study.patient_id, *newest)
        case ArchiveOrder.IMAGES:
            return (-(study.instance_count or 0), *newest)
        case _:
            return newest


def count_text(count: int | None) -> str:
    """Return a count, or what stands for one that nobody says."""
    return UNKNOWN if count is None else str(count)


def merged_sources(studies: "Iterable[FoundStudy]") -> tuple[str, ...]:
    """Return the archives that have something of several studies."""
    return tuple(dict.fromkeys(source for study in studies for source in study.sources))


def says(row: ArchiveRow) -> tuple[str, ...]:
    """Return what a row's marks say, for tooltips and screen readers."""
    parts = [*row.warnings]
    if row.here:
        parts.append(_("All of it is on this computer") if row.is_whole else row.here)
    if row.is_open:
        parts.append(_("open"))
    if row.sources:
        parts.append(_("In {0}").format(", ".join(row.sources)))
    if row.accession_number:
        parts.append(_("Accession number {0}").format(row.accession_number))
    return tuple(parts)


def _counted(series: int | None, images: int | None) -> str:
    parts = []
    if series is not None:
        parts.append(ngettext("{0} series", "{0} series", series).format(series))
    if images is not None:
        parts.append(ngettext("{0} image", "{0} images", images).format(images))
    return row_line(*parts)


def _backwards(text: str) -> str:
    """Return what sorts digits the other way round; what is empty comes last."""
    return (
        "".join(chr(ord("9") - ord(char) + ord("0")) if char.isdigit() and char.isascii() else char for char in text)
        or "~"
    )
