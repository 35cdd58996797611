"""What the library holds of a study that arrives, series by series, and what its instances announce."""

from viewer.base.errors import ViewerError
from viewer.dicom.header_scan import scan_header
from viewer.library.library import Library
from viewer.library.study_row import InstanceRow
from viewer.reception.arrivals import SeriesCount

_IN_SERIES, _IN_STUDY = 0x00201209, 0x00201208
_MOST = 10_000_000
_LONGEST_NUMBER = 12


def series_counts(library: Library, study_uid: str) -> list[SeriesCount]:
    """Return what is there of each series of a study, with what its last instance says of it."""
    counts = []
    for series in library.catalogue.series_of(study_uid):
        rows = library.catalogue.instances_of(series)
        in_series, in_study = announced(library, rows[-1]) if rows else (None, None)
        numbers = [int(each.instance_number) for each in rows if _is_number(each.instance_number)]
        counts.append(SeriesCount(series.series_instance_uid, len(rows), numbers, in_series, in_study))
    return counts


def announced(library: Library, row: InstanceRow) -> tuple[int | None, int | None]:
    """Return how many instances the series (0020,1209) and the study (0020,1208) have, as an instance says."""
    try:
        header = scan_header(library.store.open(row.kept))
    except ViewerError:
        return None, None
    return _count(header.number(_IN_SERIES)), _count(header.number(_IN_STUDY))


def _count(number: float | None) -> int | None:
    return int(number) if number is not None and 0 < number < _MOST else None


def _is_number(text: str) -> bool:
    return len(text) <= _LONGEST_NUMBER and text.isascii() and text.isdigit()
