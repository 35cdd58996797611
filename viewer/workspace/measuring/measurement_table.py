"""The marks of the open studies as a list: by study and series, the study on screen first, then its priors.

What the page shows, what is compared, and what is copied are made of this.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from viewer.base.translation import _
from viewer.dicom.dates_and_times import display_date
from viewer.measurement.annotation import Annotation
from viewer.measurement.kinds.table import is_known, kind_of
from viewer.measurement.reading import Reading
from viewer.workspace.measuring.annotation_book import study_of
from viewer.workspace.measuring.lesions import kind_title, own_name
from viewer.workspace.measuring.mark_places import MarkPlaces
from viewer.workspace.measuring.reading_texts import reading_text, value_text
from viewer.workspace.study_nodes import Patient, Study
from viewer.workspace.workspace import Workspace

if TYPE_CHECKING:
    from viewer.workspace.measuring.comparison import Comparison

PLOTTED_LINES = frozenset({"line_profile", "length"})
_BESIDE = frozenset({"Median", "Pixels", "Perimeter"})
"""Titles that a row leaves to the details."""


@dataclass(frozen=True, slots=True)
class SeriesMarks:
    """The marks of one series, in the order of its images.

    Attributes:
        numbers: Of the image of each, as its viewport counts; None on planes of volumes.
    """

    key: str
    title: str
    marks: tuple[Annotation, ...]
    numbers: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class StudyMarks:
    """The marks of one study.

    Attributes:
        key: Of the study in the tree; what marks say of one that is not open.
        title: Its day and description; the patient's name where several are open.
        is_prior: Whether it is an older study of the patient on screen.
    """

    key: str
    title: str
    is_prior: bool
    series: tuple[SeriesMarks, ...]

    @property
    def marks(self) -> tuple[Annotation, ...]:
        """All of its marks."""
        return tuple(mark for series in self.series for mark in series.marks)


def grouped(workspace: Workspace, places: MarkPlaces) -> tuple[StudyMarks, ...]:
    """Return all marks: of the study of the active viewport first, of its priors, then of other patients."""
    by_study: defaultdict[str, list[Annotation]] = defaultdict(list)
    studies = {each.key: each for each in workspace.tree.studies()}
    keys = _keys(studies.values())
    for mark in workspace.shared.annotations.everything():
        uid = study_of(mark.anchor)
        by_study[keys.get((uid, mark.anchor.series_instance_uid), uid)].append(mark)
    series = workspace.series_at(workspace.active)
    active = series.study if series is not None else None
    known = [
        _study(workspace, studies[key], by_study.pop(key), places, active)
        for key in _ordered(studies, active)
        if key in by_study
    ]
    rest = [
        StudyMarks(uid, _("Study not known"), is_prior=False, series=_series(None, marks, places))
        for uid, marks in by_study.items()
    ]
    return (*known, *rest)


def compared(workspace: Workspace, baseline_study: str = "") -> "Comparison":
    """Compare the lesions of the patient in the active viewport, and of nobody else.

    Args:
        workspace: Of the window.
        baseline_study: As the reader chose it; empty for the first study in which all target lesions are measured.
    """
    from viewer.workspace.measuring.comparison import Timepoint, compare

    patient = active_patient(workspace)
    times, marks = [], {}
    for study in patient.studies.values() if patient is not None else ():
        found = marks_of_study(workspace, study)
        if found:
            day = study.study_date
            date = day.isoformat() if day is not None else ""
            times.append(Timepoint(study.study_instance_uid, date, study.time, study_title(study)))
            marks[study.study_instance_uid] = found
    return compare(times, marks, baseline_study)


def active_patient(workspace: Workspace) -> Patient | None:
    """Return whose images the active viewport shows; where it shows none, the only patient there is."""
    series = workspace.series_at(workspace.active)
    if series is not None:
        return series.study.patient
    patients = workspace.tree.patients()
    return patients[0] if len(patients) == 1 else None


def marks_of_patient(workspace: Workspace) -> tuple[Annotation, ...]:
    """Return the marks of the patient on screen, the oldest study first."""
    patient = active_patient(workspace)
    studies = reversed(patient.sorted_studies) if patient is not None else ()
    return tuple(mark for study in studies for mark in marks_of_study(workspace, study))


def marks_of_study(workspace: Workspace, study: Study) -> list[Annotation]:
    """Return the marks on a study's own series: two patients may share a Study Instance UID by mistake."""
    book, keys = workspace.shared.annotations, _keys([study])
    uids = dict.fromkeys(uid for uid, _series_uid in keys)
    return [mark for uid in uids for mark in book.of_study(uid) if (uid, mark.anchor.series_instance_uid) in keys]


def _keys(studies: Iterable[Study]) -> dict[tuple[str, str], str]:
    """Return the keys of studies by what marks say of them: the study, or what stands for it, and the series."""
    return {
        (study.study_instance_uid or series.series_instance_uid, series.series_instance_uid): study.key
        for study in studies
        for series in study.series.values()
    }


def study_title(study: Study) -> str:
    """Return a study's day and what was done."""
    day = display_date(study.date, with_weekday=True) or _("no date")
    return "  ".join(part for part in (day, study.description or " ".join(study.modalities)) if part)


# Rows


def name_of(mark: Annotation) -> str:
    """Return what a mark is called: by the reader, else by its kind."""
    return own_name(mark) or _(kind_title(mark))


def numbers_of(mark: Annotation) -> str:
    """Return a mark's main numbers in one line; why there are none where they are refused."""
    shown = [each for each in mark.readings if each.value is not None and each.title not in _BESIDE]
    parts = [part for each in shown if (part := _number(each, shown))]
    if not parts:
        refused = next((each.refusal for each in mark.readings if each.refusal), "")
        return _("Not measured: {0}").format(refused) if refused else ""
    return " · ".join(parts)


def cautions_of(mark: Annotation) -> tuple[str, ...]:
    """Return what must be said of a mark's numbers, each once."""
    return tuple(dict.fromkeys(each.caution for each in mark.readings if each.caution))


def refusals_of(mark: Annotation) -> tuple[str, ...]:
    """Return why some of its numbers are refused, each once."""
    return tuple(dict.fromkeys(each.refusal for each in mark.readings if each.value is None and each.refusal))


def _number(reading: Reading, shown: Sequence[Reading]) -> str:
    """Return a number with its name where several stand together; the spread stands beside the mean."""
    titles = {each.title: each for each in shown}
    if reading.title == "SD" and "Mean" in titles:
        return ""
    if reading.title == "Mean" and "SD" in titles:
        return f"{reading.name} {value_text(reading)} ± {reading_text(titles['SD'])}"
    return reading_text(reading) if len(shown) == 1 else f"{reading.name} {reading_text(reading)}"


def has_plot(mark: Annotation) -> bool:
    """Return whether the values under a mark can be drawn: their histogram, or their course along a line."""
    if not is_known(mark.kind):
        return False
    kind = kind_of(mark.kind)
    return len(mark.points) >= kind.least and (kind.is_region or mark.kind in PLOTTED_LINES)


# Groups


def _ordered(studies: dict[str, Study], active: Study | None) -> list[str]:
    """Return the studies: the active one, others of its patient from new to old, then all other patients'."""

    def rank(study: Study) -> int:
        if active is None:
            return 2
        return 0 if study is active else 1 if study.patient is active.patient else 2

    return [each.key for each in sorted(studies.values(), key=rank)]


def _study(
    workspace: Workspace, study: Study, marks: list[Annotation], places: MarkPlaces, active: Study | None
) -> StudyMarks:
    is_prior = (
        active is not None
        and study is not active
        and study.patient is active.patient
        and (study.date, study.time) <= (active.date, active.time)
    )
    title = study_title(study)
    if len(workspace.tree.patients()) > 1:
        title = f"{study.patient.display_name}  {title}"
    return StudyMarks(study.key, title, is_prior, _series(study, marks, places))


def _series(study: Study | None, marks: list[Annotation], places: MarkPlaces) -> tuple[SeriesMarks, ...]:
    by_series: defaultdict[str, list[Annotation]] = defaultdict(list)
    for mark in marks:
        by_series[mark.anchor.series_instance_uid].append(mark)
    known = {each.series_instance_uid: each for each in study.sorted_series} if study is not None else {}
    order = [uid for uid in known if uid in by_series] + [uid for uid in by_series if uid not in known]
    found = []
    for uid in order:
        marks_here = by_series[uid]
        numbers = places.image_numbers(uid, (mark.anchor for mark in marks_here))
        order_here = sorted(range(len(marks_here)), key=lambda place: (numbers[place] or 0, place))
        series = known.get(uid)
        parts = (str(series.number or ""), series.description or series.modality) if series is not None else ()
        title = "  ".join(part for part in parts if part) or _("(no description)")
        in_order = tuple(marks_here[place] for place in order_here)
        found.append(SeriesMarks(uid, title, in_order, tuple(numbers[place] for place in order_here)))
    return tuple(found)
