"""How much of studies and series is kept here: asked for hundreds at once, for lists of what is elsewhere."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from viewer.library.kept_values import bounded_uid

if TYPE_CHECKING:
    from viewer.library.library import Library

_PORTION = 500
_STUDIES = (
    "SELECT study_instance_uid AS uid, sum(instance_count) AS held FROM studies"
    " WHERE trashed_at IS NULL AND study_instance_uid IN ({0}) GROUP BY study_instance_uid"
)
_SERIES = (
    "SELECT series_instance_uid AS uid, sum(series.instance_count) AS held FROM series JOIN studies USING (study_key)"
    " WHERE trashed_at IS NULL AND series_instance_uid IN ({0}) GROUP BY series_instance_uid"
)


def held_of_studies(library: "Library", uids: Iterable[str]) -> dict[str, int]:
    """Return how many instances of studies are kept, by their UIDs; studies of which there are none are left out.

    What is in the trash counts as away.

    Raises:
        LibraryError: If the index cannot be read.
    """
    return _held(library, _STUDIES, uids)


def held_of_series(library: "Library", uids: Iterable[str]) -> dict[str, int]:
    """Return how many instances of series are kept, by their UIDs.

    Raises:
        LibraryError: If the index cannot be read.
    """
    return _held(library, _SERIES, uids)


def _held(library: "Library", question: str, uids: Iterable[str]) -> dict[str, int]:
    wanted = [bounded_uid(uid) for uid in uids]
    held: dict[str, int] = {}
    with library.database.reading() as connection:
        for start in range(0, len(wanted), _PORTION):
            portion = wanted[start : start + _PORTION]
            marks = ",".join("?" * len(portion))
            held.update({row["uid"]: row["held"] for row in connection.execute(question.format(marks), portion)})
    return held
