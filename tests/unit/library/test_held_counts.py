"""How much of studies and series is kept is told for hundreds at once; the trash counts as away."""

from pathlib import Path

from tests.builders.library_records import record
from viewer.library.held_counts import held_of_series, held_of_studies
from viewer.library.library import Library


def test_only_what_is_kept_and_not_in_the_trash_is_counted(tmp_path: Path) -> None:
    with Library(tmp_path) as library:
        library.catalogue.file(
            [record(number, study=f"1.2.{number // 4}", series=f"1.3.{number // 2}") for number in range(12)]
        )
        (gone,) = library.catalogue.studies_of_uid("1.2.2")
        library.catalogue.trash(gone)
        asked = [f"1.2.{number}" for number in range(1200)]
        assert held_of_studies(library, asked) == {"1.2.0": 4, "1.2.1": 4}
        assert held_of_series(library, [f"1.3.{number}" for number in range(1200)]) == {
            f"1.3.{number}": 2 for number in range(4)
        }
        assert held_of_studies(library, []) == {}


def test_a_study_of_two_patients_is_counted_once_for_all(tmp_path: Path) -> None:
    with Library(tmp_path) as library:
        library.catalogue.file([record(1, study="1.2", PatientID="A"), record(2, study="1.2", PatientID="B")])
        assert held_of_studies(library, ["1.2"]) == {"1.2": 2}
