"""Marks as a table: one row for each number, with all that is known of it, every digit of it."""

import csv
import io
from collections.abc import Iterable, Iterator

from viewer.measurement.annotation import Annotation, ImageAnchor
from viewer.measurement.reading import Reading
from viewer.measurement.report_groups import tracking_id_of

COLUMNS = (
    "study_instance_uid",
    "series_instance_uid",
    "sop_instance_uid",
    "frame",
    "tile",
    "kind",
    "tracking_id",
    "tracking_uid",
    "label",
    "finding",
    "site",
    "quantity",
    "derivation",
    "value",
    "unit",
    "source",
    "caution",
    "refusal",
    "created_by",
    "created_at",
    "changed_by",
    "changed_at",
    "calibration",
    "points",
)
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
"""With what a spreadsheet's formula begins: a text that begins so is put behind an apostrophe."""


def csv_text(annotations: Iterable[Annotation]) -> str:
    """Return the table as CSV (RFC 4180), its first row the names of columns."""
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, COLUMNS, restval="")
    writer.writeheader()
    writer.writerows(row for annotation in annotations for row in table_rows(annotation))
    return stream.getvalue()


def table_rows(annotation: Annotation) -> Iterator[dict[str, str]]:
    """Yield a row for each number; one without any for a mark that has none."""
    anchor, made = annotation.anchor, annotation.provenance
    is_image = isinstance(anchor, ImageAnchor)
    common = {
        "study_instance_uid": anchor.study_instance_uid,
        "series_instance_uid": anchor.series_instance_uid,
        "sop_instance_uid": anchor.sop_instance_uid if isinstance(anchor, ImageAnchor) else "",
        "frame": str(anchor.frame_number) if isinstance(anchor, ImageAnchor) else "",
        "tile": str(anchor.tile) if isinstance(anchor, ImageAnchor) and anchor.tile else "",
        "kind": annotation.kind,
        "tracking_id": _plain(tracking_id_of(annotation)),
        "tracking_uid": annotation.tracking_uid or annotation.uid,
        "label": _plain(annotation.text),
        "finding": _plain(annotation.finding.meaning if annotation.finding else ""),
        "site": _plain(annotation.site.meaning if annotation.site else ""),
        "created_by": _plain(made.created_by),
        "created_at": made.created_at,
        "changed_by": _plain(made.changed_by),
        "changed_at": made.changed_at,
        "calibration": _plain(made.calibration),
        "points": " ".join(_pixel_points(annotation) if is_image else _patient_points(annotation)),
    }
    for reading in annotation.readings:
        yield common | _of_reading(reading)
    if not annotation.readings:
        yield common


def _of_reading(reading: Reading) -> dict[str, str]:
    return {
        "quantity": _plain(reading.title),
        "derivation": _plain(reading.derivation.meaning if reading.derivation else ""),
        "value": "" if reading.value is None else repr(float(reading.value)),
        "unit": reading.unit.ucum if reading.value is not None else "",
        "source": _plain(reading.source),
        "caution": _plain(reading.caution),
        "refusal": _plain(reading.refusal),
    }


def _pixel_points(annotation: Annotation) -> Iterator[str]:
    """Yield column/row as SCOORD has them; of a region of single pixels, its box and seeds."""
    yield from (f"{float(x)!r}/{float(y)!r}" for x, y in annotation.points)


def _patient_points(annotation: Annotation) -> Iterator[str]:
    """Yield x/y/z in mm."""
    anchor = annotation.anchor
    if not isinstance(anchor, ImageAnchor):
        for x, y in annotation.points:
            yield "/".join(repr(part) for part in anchor.plane.point_patient(x - 0.5, y - 0.5))


def _plain(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULAS) else text
