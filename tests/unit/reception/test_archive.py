"""The library as an archive for others: what cannot be answered has the status that says so."""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.builders.serving_library import fill
from viewer.base.errors import LibraryError
from viewer.library import query
from viewer.library.library import Library
from viewer.library.query_matching import QueryError, QueryFault
from viewer.network.ports import QueryLevel, QueryRefused
from viewer.reception.archive import LibraryArchive


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    fill(tmp_path / "library", studies=1, series=1, instances=2)
    with Library(tmp_path / "library", reserve_bytes=0) as opened:
        yield opened


def test_what_is_found_is_online_and_can_be_read(library: Library) -> None:
    archive = LibraryArchive(library)
    keys = {"PatientID": "", "InstanceAvailability": "", "NoSuchKey": ""}
    (study,) = archive.find(QueryLevel.STUDY, {**keys, "StudyInstanceUID": ""}, is_patient_root=False)
    assert study["InstanceAvailability"] == "ONLINE"
    assert "NoSuchKey" not in study
    named = {"StudyInstanceUID": study["StudyInstanceUID"]}
    held = archive.instances(QueryLevel.STUDY, named, is_patient_root=False)
    assert [hashlib.sha256(one.path.read_bytes()).hexdigest() for one in held] == [one.sha256 for one in held]
    assert len(held) == 2


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (QueryError(QueryFault.UNFIT, "no"), 0xA900),
        (QueryError(QueryFault.TOO_MANY, "no"), 0xA700),
        (LibraryError("/home/somebody/library is damaged"), 0xC000),
    ],
)
def test_statuses(library: Library, monkeypatch: pytest.MonkeyPatch, error: LibraryError, status: int) -> None:
    def fail(*_arguments: object, **_options: object) -> Iterator[Mapping[str, str]]:
        raise error

    monkeypatch.setattr(query, "find", fail)
    monkeypatch.setattr(query, "instances", fail)
    archive = LibraryArchive(library)
    for ask in (lambda: list(archive.find(QueryLevel.STUDY, {}, is_patient_root=False)),
                lambda: archive.instances(QueryLevel.STUDY, {}, is_patient_root=False)):  # fmt: skip
        with pytest.raises(QueryRefused) as refused:
            ask()
        assert refused.value.status == status
        assert "somebody" not in str(refused.value)
