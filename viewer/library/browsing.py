"""What a list of studies on the screen asks of the index beyond the catalogue: orders, counts, one image a series.

Lists are read a page at a time, whatever their order: nobody waits for what is not on the screen.
"""

import enum
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from viewer.library import row_reading
from viewer.library.search import Search

if TYPE_CHECKING:
    from viewer.library.library import Library
    from viewer.library.study_row import InstanceRow, SeriesRow, StudyRow

_EVERYTHING = 1 << 40


class StudyOrder(enum.StrEnum):
    """What a list of studies is sorted by; the newest study comes first among equals."""

    DATE = "date"
    ARRIVAL = "arrival"
    NAME = "name"
    RATING = "rating"
    IMAGES = "images"


_COLUMNS = {
    StudyOrder.ARRIVAL: "last_received_at DESC",
    StudyOrder.NAME: "studies.patient_name COLLATE NOCASE ASC",
    StudyOrder.RATING: "rating DESC",
    StudyOrder.IMAGES: "instance_count DESC",
}


@dataclass(frozen=True, slots=True)
class SeriesEntry:
    """A series and the image that stands for it.

    Attributes:
        middle: The instance in the middle of the series.
    """

    series: "SeriesRow"
    middle: "InstanceRow | None"


def studies_page(library: "Library", search: Search, order: StudyOrder) -> "list[StudyRow]":
    """Return the studies of a search from its offset on, as many as its limit, in an order.

    Raises:
        LibraryError: If the index cannot be read.
    """
    if order is StudyOrder.DATE:
        return library.catalogue.studies(search)
    everything = replace(search, limit=_EVERYTHING, offset=0)
    with library.database.reading() as connection:
        found, values = row_reading.found_studies(connection, everything)
        keys = connection.execute(
            f"SELECT study_key FROM studies WHERE study_key IN ({found})"  # noqa: S608 - our own words
            f" ORDER BY {_COLUMNS[order]}, study_key DESC LIMIT ? OFFSET ?",
            (*values, search.limit, search.offset),
        ).fetchall()
        wanted = ",".join(str(int(row["study_key"])) for row in keys)
        rows = connection.execute(f"{row_reading.STUDIES} WHERE study_key IN ({wanted})").fetchall()
    by_key = {row["study_key"]: row for row in rows}
    try:
        return [row_reading.study_row(by_key[row["study_key"]]) for row in keys if row["study_key"] in by_key]
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
        raise library.database.damaged() from error


def count_of(library: "Library", search: Search) -> int:
    """Return how many studies a search finds, whatever its limit.

    Raises:
        LibraryError: If the index cannot be read.
    """
    with library.database.reading() as connection:
        found, values = row_reading.found_studies(connection, replace(search, limit=_EVERYTHING, offset=0))
        return int(connection.execute(f"SELECT count(*) FROM ({found})", values).fetchone()[0])  # noqa: S608 - ours


def series_entries(library: "Library", study: "StudyRow") -> list[SeriesEntry]:
    """Return the series of a study, each with its middle image.

    Raises:
        LibraryError: If the index cannot be read.
    """
    return [SeriesEntry(series, _middle(library, series)) for series in library.catalogue.series_of(study)]


def _middle(library: "Library", series: "SeriesRow") -> "InstanceRow | None":
    with library.database.reading() as connection:
        row = connection.execute(
            f"{row_reading.INSTANCES} WHERE series_key = ? AND series_instance_uid = ?"
            " ORDER BY CAST(instance_number AS INTEGER), instance_key LIMIT 1 OFFSET ?",
            (series.key, series.series_instance_uid, series.instance_count // 2),
        ).fetchone()
    try:
        return None if row is None else row_reading.instance_row(row)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
        raise library.database.damaged() from error
