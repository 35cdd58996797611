"""Marks and comparisons as text for a report, and as CSV for spreadsheets, with the rows of the command line."""

import csv
import io
from collections.abc import Iterable, Iterator

from viewer.base.translation import _
from viewer.dicom.dates_and_times import display_date
from viewer.measurement.annotation import Annotation
from viewer.measurement.report_groups_table import csv_text
from viewer.workspace.measuring.annotation_book import study_of
from viewer.workspace.measuring.comparison import Change, Comparison, LesionValue
from viewer.workspace.measuring.finding_codes import words_of
from viewer.workspace.measuring.lesions import ROLE_TITLES, Role
from viewer.workspace.measuring.mark_places import MarkPlaces
from viewer.workspace.measuring.measurement_table import name_of
from viewer.workspace.measuring.reading_texts import reading_text
from viewer.workspace.workspace import Workspace

_TEXTS = frozenset({"lesion", "quantity", "source", "caution", "refusal"})
_COLUMNS = (
    "lesion",
    "tracking_uid",
    "recist",
    "lymph_node",
    "study_date",
    "study_instance_uid",
    "quantity",
    "value",
    "unit",
    "source",
    "since_baseline",
    "since_baseline_percent",
    "since_smallest",
    "since_smallest_percent",
    "by_sum",
    "caution",
    "refusal",
)
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def marks_as_text(workspace: Workspace, marks: Iterable[Annotation], places: MarkPlaces) -> str:
    """Return a line for each mark: its name, what and where it is, its numbers, and the image."""
    all_series = {
        (each.study.study_instance_uid or each.series_instance_uid, each.series_instance_uid): each
        for each in workspace.tree.all_series()
    }
    lines = []
    for mark in marks:
        series = all_series.get((study_of(mark.anchor), mark.anchor.series_instance_uid))
        number = places.image_number(mark.anchor)
        where = [
            display_date(series.study.date) if series is not None else "",
            _("series {0}").format(series.number) if series is not None and series.number is not None else "",
            _("image {0}").format(number) if number is not None else _("plane of a volume"),
        ]
        lines.append(f"{_line(mark)} [{', '.join(part for part in where if part)}]")
    return "\n".join(lines)


def _line(mark: Annotation) -> str:
    about = ", ".join(part for part in (words_of(mark.finding), words_of(mark.site)) if part)
    name = " ".join(name_of(mark).split())
    head = f"{name} ({about})" if about else name
    told = [
        _reading(each.name, reading_text(each), each.caution, is_refused=each.value is None) for each in mark.readings
    ]
    return f"{head}: {'; '.join(told)}" if told else head


def _reading(name: str, text: str, caution: str, *, is_refused: bool) -> str:
    said = f"{name}: {_('Not measured: {0}').format(text)}" if is_refused else f"{name} {text}"
    return f"{said} ({caution})" if caution else said


def marks_as_csv(marks: Iterable[Annotation]) -> str:
    """Return a row for each number, in full, as `export-measurements --csv` writes it."""
    return csv_text(marks)


# Comparisons


def comparison_as_text(found: Comparison) -> str:
    """Return the comparison as columns between tabs."""
    return "\n".join("\t".join(row) for row in comparison_rows(found))


def comparison_as_csv(found: Comparison) -> str:
    """Return a row for each lesion and each sum at each time, every digit of it, as CSV (RFC 4180)."""
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, _COLUMNS, restval="")
    writer.writeheader()
    for row in (*_lesion_cells(found), *_sum_cells(found)):
        writer.writerow({name: _plain(text) if name in _TEXTS else text for name, text in row.items()})
    return stream.getvalue()


def _lesion_cells(found: Comparison) -> Iterator[dict[str, str]]:
    for lesion in found.lesions:
        for time, value in zip(found.timepoints, lesion.values, strict=True):
            if value is None or value.reading is None:
                continue
            since = value.from_baseline or Change()
            yield {
                "lesion": " ".join(lesion.name.split()),
                "tracking_uid": lesion.tracking_uid,
                "recist": lesion.role.value,
                "lymph_node": "yes" if lesion.is_node else "",
                "study_date": time.date,
                "study_instance_uid": time.study_instance_uid,
                "quantity": value.reading.title,
                "value": _number(value.reading.value),
                "unit": value.reading.unit.ucum,
                "source": value.reading.source,
                "since_baseline": _number(since.amount),
                "since_baseline_percent": _number(since.percent),
                "caution": "; ".join(part for part in (value.caution, since.caution) if part),
                "refusal": value.reading.refusal or since.refusal,
            }


def _sum_cells(found: Comparison) -> Iterator[dict[str, str]]:
    for time, total in zip(found.timepoints, found.sums, strict=False):
        yield {
            "lesion": "sum",
            "recist": Role.TARGET.value,
            "study_date": time.date,
            "study_instance_uid": time.study_instance_uid,
            "quantity": "Sum of diameters",
            "value": _number(total.value_mm),
            "unit": "mm",
            "source": total.source,
            "since_baseline": _number(total.baseline_mm),
            "since_baseline_percent": _number(total.baseline_percent),
            "since_smallest": _number(total.nadir_mm),
            "since_smallest_percent": _number(total.nadir_percent),
            "by_sum": total.category,
            "caution": total.caution,
            "refusal": total.refusal,
        }


def _number(value: float | None) -> str:
    return "" if value is None else repr(float(value))


def comparison_rows(found: Comparison) -> Iterator[list[str]]:
    """Yield the table: lesions, then sums and what they changed by, then all that must be said of it."""
    yield [_("Lesion"), _("RECIST"), *(each.date or _("no date") for each in found.timepoints)]
    for lesion in found.lesions:
        role = _(ROLE_TITLES[lesion.role]) if lesion.role is not Role.NONE else ""
        if lesion.is_node:
            role = " · ".join(filter(None, (role, _("lymph node"))))
        yield [" ".join(lesion.name.split()), role, *(value_cell(each) for each in lesion.values)]
    if found.sums:
        yield [_("Sum of diameters"), "", *(sum_cell(found, place) for place in range(len(found.sums)))]
        yield [_("Since baseline"), "", *(amount(each.baseline_mm, each.baseline_percent) for each in found.sums)]
        yield [_("Since smallest"), "", *(amount(each.nadir_mm, each.nadir_percent) for each in found.sums)]
        yield [_("By sum alone"), "", *(each.reason for each in found.sums)]
    if any(found.new):
        yield [_("New lesions"), "", *(", ".join(each) for each in found.new)]
    for told in found.cautions:
        yield [f"⚠ {told}", "", *("" for _time in found.timepoints)]


def value_cell(value: LesionValue | None) -> str:
    """Return a lesion's number at one time with its change since baseline."""
    if value is None or value.reading is None:
        return ""
    parts = [reading_text(value.reading)]
    if value.from_baseline is not None:
        parts.append(change_text(value.from_baseline, value.reading.unit.symbol))
    if value.caution:
        parts.append(f"⚠ {value.caution}")
    return "  ".join(part for part in parts if part)


def change_text(change: Change, unit: str) -> str:
    """Return a change, or why there is none, with what must be said of it."""
    if change.amount is None:
        return change.refusal
    text = amount(change.amount, change.percent, unit)
    return f"{text} ⚠ {change.caution}" if change.caution else text


def sum_cell(found: Comparison, place: int) -> str:
    """Return a sum with its scale, or why there is none."""
    total = found.sums[place]
    if total.value_mm is None:
        return total.refusal
    scale = total.source if total.source.startswith("mm") else " ".join(filter(None, ("mm", total.source)))
    text = f"{total.value_mm:.1f} {scale}"
    return f"{text} ⚠ {total.caution}" if total.caution else text


def amount(value: float | None, percent: float | None, unit: str = "mm") -> str:
    """Return a change with its sign: "+2.1 mm (+12.0 %)"."""
    if value is None:
        return ""
    text = f"{value:+.1f} {unit}".rstrip()
    share = f" ({percent:+.1f} %)" if percent is not None else ""
    return f"{text}{share}".replace("-", "−")


def _plain(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULAS) else text
