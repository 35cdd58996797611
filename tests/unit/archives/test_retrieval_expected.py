"""What an archive says that there is, however it says it."""

from collections.abc import Iterator, Mapping

import pytest

from viewer.archives.retrieval_expected import Expected, Find, expected_of, patient_id_of
from viewer.base.errors import NetworkError
from viewer.network.ports import QueryLevel
from viewer.network.retrieving import RetrieveRequest

STUDY = RetrieveRequest("1.2")
ROWS: Mapping[str, tuple[str, ...]] = {"a": ("a2", "a1"), "b": ("b1",)}


def archive(
    rows: Mapping[str, tuple[str, ...]] = ROWS, *, refused: tuple[QueryLevel, ...] = (), count: str | None = None
) -> Find:
    def find(level: QueryLevel, keys: Mapping[str, str]) -> Iterator[Mapping[str, str]]:
        assert keys["StudyInstanceUID"] == "1.2"
        if level in refused:
            raise NetworkError("refused")
        if level is QueryLevel.STUDY:
            yield {"StudyInstanceUID": "1.2.9", "PatientID": "OTHER"}
            yield {"StudyInstanceUID": "1.2", "PatientID": "P1"}
        elif level is QueryLevel.SERIES:
            for uid, instances in rows.items():
                said = str(len(instances)) if count is None else count
                yield {"SeriesInstanceUID": uid, "Modality": "CT ", "NumberOfSeriesRelatedInstances": said}
        else:
            for uid in rows.get(keys["SeriesInstanceUID"], ()):
                yield {"SOPInstanceUID": uid, "SOPClassUID": "1.2.840.1", "InstanceNumber": uid[-1]}

    return find


def listed(expected: Expected) -> list[tuple[str, list[str] | None]]:
    return [
        (each.series_instance_uid, None if each.instances is None else [*each.instances]) for each in expected.series
    ]


def test_every_instance_by_series_in_the_order_of_the_numbers() -> None:
    found = expected_of([archive()], STUDY)
    assert listed(found) == [("a", ["a1", "a2"]), ("b", ["b1"])]
    assert (found.count, found.is_listed, found.reason) == (3, True, "")
    assert found.series[0].sop_class_uids == ("1.2.840.1",)


def test_one_series_alone_also_where_the_archive_tells_of_all() -> None:
    assert listed(expected_of([archive()], RetrieveRequest("1.2", "b"))) == [("b", ["b1"])]


def test_named_instances_and_those_that_are_not_listed() -> None:
    assert listed(expected_of([archive()], RetrieveRequest("1.2", "", ("a1",)))) == [("a", ["a1"])]
    assert listed(expected_of([archive()], RetrieveRequest("1.2", "a", ("a1", "x")))) == [("a", ["a1", "x"])]
    assert listed(expected_of([archive()], RetrieveRequest("1.2", "", ("x",)))) == [("", ["x"])]
    assert listed(expected_of([archive()], RetrieveRequest("1.2", "", ("b1", "x")))) == [("b", ["b1"]), ("", ["x"])]


@pytest.mark.parametrize(("count", "known"), [(None, 3), ("", None), ("x", None), ("99999999999", None), ("4", 8)])
def test_instances_that_are_not_listed_are_counted_by_series(count: str | None, known: int | None) -> None:
    found = expected_of([archive(refused=(QueryLevel.IMAGE,), count=count)], STUDY)
    assert listed(found) == [("a", None), ("b", None)]
    assert (found.count, found.is_listed, found.reason) == (known, False, "refused")
    assert "1.2.840.10008.5.1.4.1.1.2" in found.series[0].sop_class_uids


def test_where_series_are_not_listed_the_study_is_asked_for_whole() -> None:
    for find in (archive(refused=(QueryLevel.SERIES,)), archive({})):
        found = expected_of([find], STUDY)
        assert listed(found) == [("", None)]
        assert (found.count, found.series[0].sop_class_uids) == (None, ())


def test_another_way_of_asking_is_tried() -> None:
    assert expected_of([archive(refused=(QueryLevel.SERIES,)), archive()], STUDY).count == 3
    assert expected_of([], STUDY).count is None


def test_a_series_that_names_nothing_is_not_taken_for_empty() -> None:
    found = expected_of([archive({"a": ()}, count="7")], STUDY)
    assert (listed(found), found.count, bool(found.reason)) == ([("a", None)], 7, True)
    assert expected_of([archive({"a": ()}, count="0")], STUDY).count == 0


def test_a_series_that_names_fewer_than_it_announces_is_not_taken_for_whole() -> None:
    found = expected_of([archive({"a": ("a1", "a2")}, count="7")], STUDY)
    assert (listed(found), found.count, found.reason) == ([("a", None)], 7, "2/7")
    assert listed(expected_of([archive({"a": ("a1", "a2")}, count="1")], STUDY)) == [("a", ["a1", "a2"])]
    assert listed(expected_of([archive({"a": ("a1", "a2")}, count="7")], RetrieveRequest("1.2", "a", ("a1",)))) == [
        ("a", ["a1"])
    ]


def test_what_is_of_another_study_or_series_is_not_fetched_with_it() -> None:
    def find(level: QueryLevel, _keys: Mapping[str, str]) -> Iterator[Mapping[str, str]]:
        if level is QueryLevel.SERIES:
            for study in ("1.2", "1.3"):
                yield {"StudyInstanceUID": study, "SeriesInstanceUID": f"{study}.1"}
        else:
            for series in ("1.2.1", "1.3.1"):
                yield {"StudyInstanceUID": series[:3], "SeriesInstanceUID": series, "SOPInstanceUID": f"{series}.1"}

    assert listed(expected_of([find], STUDY)) == [("1.2.1", ["1.2.1.1"])]


def test_whose_study_it_is() -> None:
    assert patient_id_of([archive(refused=(QueryLevel.STUDY,)), archive()], "1.2") == "P1"
    assert patient_id_of([archive(refused=(QueryLevel.STUDY,))], "1.2") == ""
