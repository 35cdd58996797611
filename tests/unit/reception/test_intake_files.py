"""Whole files that are fetched go into the library as they are, judged as instances are that stations send."""

import threading
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from pydicom import dcmread

from tests.builders.ct_series import write_ct_series
from viewer.base.jobs import Progress
from viewer.library.instance_record import AsideReason, Door
from viewer.library.integrity import verify
from viewer.library.library import Library
from viewer.network.ports import CANNOT_UNDERSTAND, OUT_OF_RESOURCES, Became, Caller, OfferedInstance, StoreRefused
from viewer.network.retrieving import Keeper, Kept
from viewer.reception.events import ReceiverEvent
from viewer.reception.intake import Intake
from viewer.reception.intake_bounds import IntakeBounds

PEER = Caller("PACS", "https://pacs.example")


class Fetching:
    """A library and what is fetched into it."""

    def __init__(self, folder: Path, bounds: IntakeBounds) -> None:
        self.library = Library(folder, reserve_bytes=0)
        self.told: list[ReceiverEvent] = []
        self.intake = Intake(self.library, bounds, self.told.append)

    def fetch(self, content: bytes, caller: Caller = PEER) -> Kept:
        keeper: Keeper = self.intake
        sink = keeper.begin_file(caller)
        for first in range(0, len(content), 3000):
            sink.write(memoryview(content)[first : first + 3000])
        return sink.finish()

    def kept(self, uid: str) -> bytes:
        found = self.library.catalogue.instance(uid)
        assert found is not None
        return self.library.store.path_of(found.kept).read_bytes()

    def close(self) -> None:
        self.intake.close()
        report = verify(self.library.store, self.library.catalogue, Progress())
        assert (report.missing, report.altered, report.orphans, report.strangers) == ((), (), (), ())
        assert list(self.library.store.places.incoming.iterdir()) == []
        self.library.close()


@pytest.fixture
def fetching(tmp_path: Path) -> Iterator[Fetching]:
    fetching = Fetching(tmp_path / "library", IntakeBounds())
    yield fetching
    fetching.close()


@pytest.fixture
def files(tmp_path: Path) -> list[bytes]:
    return [path.read_bytes() for path in write_ct_series(tmp_path / "in", 4, 64)]


def uid_of(content: bytes) -> str:
    return str(dcmread(BytesIO(content), stop_before_pixels=True).SOPInstanceUID)


def rewritten(content: bytes, **elements: str) -> bytes:
    """Return the same instance with other elements; those of group 0002 by their names."""
    found = dcmread(BytesIO(content))
    for keyword, value in elements.items():
        setattr(found.file_meta if hasattr(found.file_meta, keyword) else found, keyword, value)
    body = BytesIO()
    found.save_as(body)
    return body.getvalue()


def test_files_are_kept_byte_for_byte_with_what_precedes_their_data_sets(
    fetching: Fetching, files: list[bytes]
) -> None:
    files[0] = b"II*\0 a preamble of TIFF".ljust(128, b"\0") + files[0][128:]
    files[1] = rewritten(files[1], ImplementationVersionName="ANOTHER PACS")
    files[2] = b"#!/bin/sh".ljust(128, b"\0") + files[2][128:]
    for content in files:
        kept = fetching.fetch(content)
        meta = dcmread(BytesIO(content)).file_meta
        assert kept.offered == OfferedInstance(
            meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID, meta.TransferSyntaxUID
        )
        assert kept.answer.became is Became.STORED
        assert fetching.kept(uid_of(content)) == content
    found = fetching.library.catalogue.instance(uid_of(files[0]))
    assert found is not None
    assert (found.source.door, found.source.name) == (Door.RETRIEVE, "PACS")
    flagged = [
        event.details["sop_instance_uid"] for event in fetching.told if "damaged" in str(event.details.get("flagged"))
    ]
    assert flagged == [uid_of(files[2])]


def test_the_same_data_set_under_another_header_is_there_already(fetching: Fetching, files: list[bytes]) -> None:
    assert fetching.fetch(files[0]).answer.became is Became.STORED
    assert fetching.fetch(files[0]).answer.became is Became.ALREADY
    other = rewritten(files[0], ImplementationVersionName="ANOTHER PACS")
    assert other != files[0]
    assert fetching.fetch(other).answer.became is Became.ALREADY
    assert fetching.kept(uid_of(files[0])) == files[0]


def test_other_bytes_under_the_same_uid_replace_nothing(fetching: Fetching, files: list[bytes]) -> None:
    fetching.fetch(files[0])
    answer = fetching.fetch(rewritten(files[0], PatientName="Other^Name")).answer
    assert answer.became is Became.QUARANTINED
    assert answer.status
    assert fetching.kept(uid_of(files[0])) == files[0]
    (aside,) = fetching.library.catalogue.conflicts()
    assert aside.reason is AsideReason.ALTERED


@pytest.mark.parametrize("content", [b"", b"<html>Sign in</html>", b"\0" * 128 + b"DICM", bytes(5000)])
def test_what_is_no_instance_leaves_nothing(content: bytes, fetching: Fetching) -> None:
    with pytest.raises(StoreRefused) as refused:
        fetching.fetch(content)
    assert refused.value.status == CANNOT_UNDERSTAND
    assert fetching.told[-1].event == "refused"
    assert fetching.library.catalogue.stats().instances == 0


def test_a_file_without_a_study_is_no_instance(fetching: Fetching, files: list[bytes]) -> None:
    with pytest.raises(StoreRefused):
        fetching.fetch(rewritten(files[0], StudyInstanceUID=""))


def test_what_is_larger_than_is_taken_leaves_nothing(tmp_path: Path, files: list[bytes]) -> None:
    fetching = Fetching(tmp_path / "library", IntakeBounds(instance_bytes=5000))
    with pytest.raises(StoreRefused) as refused:
        fetching.fetch(files[0])
    assert refused.value.status == OUT_OF_RESOURCES
    fetching.close()


def test_what_is_given_up_leaves_nothing(fetching: Fetching, files: list[bytes]) -> None:
    sink = fetching.intake.begin_file(PEER)
    sink.write(files[0][:1000])
    sink.abandon()
    sink.abandon()
    fetching.intake.close()
    with pytest.raises(StoreRefused):
        fetching.intake.begin_file(PEER)


def test_many_threads_keep_at_once(fetching: Fetching, tmp_path: Path) -> None:
    many = [path.read_bytes() for path in write_ct_series(tmp_path / "many", 48, 64)]
    left = iter(many * 2)  # each comes twice
    lock = threading.Lock()
    became: list[Became] = []

    def keep() -> None:
        while True:
            with lock:
                content = next(left, None)
            if content is None:
                return
            became.append(fetching.fetch(content).answer.became)

    threads = [threading.Thread(target=keep) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(each.value for each in became) == ["already"] * 48 + ["stored"] * 48
    assert all(fetching.kept(uid_of(content)) == content for content in many)
