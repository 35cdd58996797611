"""What the study browser lists: rows of patients, studies and display sets in words, without Qt."""

import enum
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from viewer.base.translation import _, ngettext
from viewer.dicom.instance_header import InstanceHeader
from viewer.workspace.display_set import DisplaySet
from viewer.workspace.presenting.key_book import KeyBook
from viewer.workspace.study_nodes import Patient, Series, Study
from viewer.workspace.study_tree import PatientOrder, StudyTree


class RowKind(enum.Enum):
    """What a row stands for."""

    PATIENT = "patient"
    STUDY = "study"
    SET = "set"


@dataclass(frozen=True, slots=True)
class BrowserRow:
    """One row.

    Attributes:
        key: Of the patient, study or display set.
        title: First line.
        subtitle: Second line.
        modality: For the column of that name; several joined by a slash.
        images: How many images, or files for an object without pixels.
        date: ISO day; empty when absent.
        patient_id: For the column of that name.
        warnings: What is wrong, one sentence each.
        display_set: For a row of that kind; only with its key images while only those are looked at.
        keys: How many of the images are key.
        children: Rows below.
    """

    kind: RowKind
    key: str
    title: str
    subtitle: str = ""
    modality: str = ""
    images: int = 0
    date: str = ""
    patient_id: str = ""
    warnings: tuple[str, ...] = ()
    display_set: DisplaySet | None = None
    keys: int = 0
    children: tuple["BrowserRow", ...] = field(default=())


def browser_rows(
    tree: StudyTree,
    sets_of: Callable[[Series], Iterable[DisplaySet]],
    typed: str = "",
    order: PatientOrder = PatientOrder.NAME,
    *,
    is_descending: bool = False,
    place_of: Callable[[InstanceHeader], str] = lambda _header: "",
    keys: KeyBook | None = None,
    hidden_of: Callable[[Series], int] = lambda _series: 0,
) -> tuple[BrowserRow, ...]:
    """Return the rows of the tree that match what was typed, sorted.

    Args:
        tree: What is open.
        sets_of: Returns the display sets of a series.
        typed: Into the filter.
        order: Of patients.
        is_descending: Whether the other way round.
        place_of: Returns what a person calls the place an instance was opened from.
        keys: What is key; None where nothing is.
        hidden_of: Returns how many objects of a series are rejected and hidden.
    """
    kept = {series.key for series in tree.filtered(typed)} if typed.strip() else None
    find = _Finding(sets_of, kept, place_of, keys or KeyBook(), hidden_of)
    rows = (_patient_row(patient, find) for patient in tree.patients(order, is_descending=is_descending))
    return tuple(row for row in rows if row.children)


@dataclass(frozen=True, slots=True)
class _Finding:
    """What rows are made of.

    Attributes:
        kept: Keys of the series that match what was typed; None for all.
    """

    sets_of: Callable[[Series], Iterable[DisplaySet]]
    kept: set[str] | None
    place_of: Callable[[InstanceHeader], str]
    keys: KeyBook
    hidden_of: Callable[[Series], int]


def _patient_row(patient: Patient, find: _Finding) -> BrowserRow:
    studies = (_study_row(study, find) for study in patient.sorted_studies)
    children = tuple(row for row in studies if row.children)
    details = [part for part in (_iso(patient.birth_date), patient.sex, patient.patient_id) if part]
    return BrowserRow(
        RowKind.PATIENT,
        patient.key,
        patient.display_name,
        "  ·  ".join(details),
        images=sum(row.images for row in children),
        date=max((row.date for row in children), default=""),
        patient_id=patient.patient_id,
        warnings=tuple(str(warning) for warning in patient.warnings),
        children=children,
    )


def _study_row(study: Study, find: _Finding) -> BrowserRow:
    children = [
        _set_row(series, display_set, find.keys)
        for series in study.sorted_series
        if find.kept is None or series.key in find.kept
        for display_set in find.sets_of(series)
    ]
    if find.keys.is_only_keys:
        children = [row for row in children if row.keys]
    elif find.keys.is_keys_first:
        children.sort(key=lambda row: not row.keys)
    hidden = sum(find.hidden_of(series) for series in study.series.values())
    rejected = ngettext("{0} rejected, hidden", "{0} rejected, hidden", hidden).format(hidden) if hidden else ""
    modality = "/".join(study.modalities)
    day = study.study_date.isoformat() if study.study_date else study.date
    first = next((header for series in study.series.values() for header in series.headers), None)
    place = find.place_of(first) if first is not None else ""
    return BrowserRow(
        RowKind.STUDY,
        study.key,
        study.description or modality or _("(no description)"),
        "  ·  ".join(part for part in (day, modality, rejected, place) if part),
        modality,
        sum(row.images for row in children),
        day,
        study.patient.patient_id,
        children=tuple(children),
    )


def _set_row(series: Series, display_set: DisplaySet, keys: KeyBook) -> BrowserRow:
    name = series.description or series.body_part or series.modality or _("(no description)")
    title = name if series.number is None else f"{series.number}  {name}"
    key_indexes = keys.key_indexes(display_set)
    if keys.is_only_keys and key_indexes:
        display_set = replace(display_set, images=tuple(display_set.images[index] for index in key_indexes))
    count = len(display_set.images)
    if display_set.is_image:
        counted = ngettext("{0} image", "{0} images", count).format(count)
    else:
        counted = ngettext("{0} object", "{0} objects", count).format(count)
    details = [part for part in (series.modality, counted, display_set.label) if part]
    day = series.study.study_date
    return BrowserRow(
        RowKind.SET,
        display_set.key,
        title,
        "  ·  ".join(details),
        series.modality,
        count,
        day.isoformat() if day else series.date,
        series.study.patient.patient_id,
        tuple(str(warning) for warning in display_set.warnings),
        display_set,
        len(key_indexes),
    )


def _iso(day: str) -> str:
    """Return a DA value as an ISO day; what is not one is left as it is."""
    return f"{day[:4]}-{day[4:6]}-{day[6:8]}" if len(day) == 8 and day.isdecimal() else day
