"""Lists of studies in other orders than the catalogue's, page by page, against sorting in Python."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.builders.library_records import record
from viewer.library.browsing import StudyOrder, count_of, series_entries, studies_page
from viewer.library.library import Library
from viewer.library.search import Search
from viewer.library.study_row import StudyRow

STUDIES = 23


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path / "library") as opened:
        number = 0
        for study in range(STUDIES):
            attributes = {
                "PatientID": f"P{study % 5}",
                "PatientName": f"{'QWERTYUIOP'[study % 10]}^Name",
                "StudyDate": f"2024{study % 12 + 1:02d}01",
                "Modality": "CT",
            }
            for _each in range(study % 4 + 1):
                number += 1
                opened.file([record(number, study=f"1.2.{study}", attributes=attributes)])
            opened.catalogue.set_rating(f"1.2.{study}", study % 6)
        yield opened


KEYS: dict[StudyOrder, Callable[[StudyRow], Any]] = {
    StudyOrder.DATE: lambda _row: (),
    StudyOrder.NAME: lambda row: row.patient_name.lower(),
    StudyOrder.ARRIVAL: lambda row: -row.last_received_at.timestamp(),
    StudyOrder.RATING: lambda row: -row.rating,
    StudyOrder.IMAGES: lambda row: -row.instance_count,
}


@pytest.mark.parametrize("order", StudyOrder)
def test_pages_in_any_order_are_the_whole_list_sorted(library: Library, order: StudyOrder) -> None:
    newest_first = library.catalogue.studies(Search(limit=1000))
    wanted = [row.study_instance_uid for row in sorted(newest_first, key=KEYS[order])]
    found = []
    for offset in range(0, STUDIES + 7, 7):
        found += studies_page(library, Search(limit=7, offset=offset), order)
    assert [row.study_instance_uid for row in found] == wanted
    assert len(found) == STUDIES


def test_a_count_is_of_all_that_is_found(library: Library) -> None:
    assert count_of(library, Search(limit=3)) == STUDIES
    assert count_of(library, Search("P1", limit=1)) == len(library.catalogue.studies(Search("P1", limit=1000)))
    library.catalogue.trash("1.2.3", datetime(2026, 1, 1, tzinfo=UTC))
    assert count_of(library, replace(Search(), in_trash=True)) == 1


def test_a_series_is_represented_by_its_middle_image(library: Library) -> None:
    study = next(row for row in library.catalogue.studies(Search(limit=100)) if row.instance_count == 3)
    (entry,) = series_entries(library, study)
    instances = library.catalogue.instances_of(entry.series)
    assert entry.middle == instances[1]
