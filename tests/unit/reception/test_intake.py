import hashlib
import struct
import threading
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from tests.builders.ct_series import write_ct_series
from tests.builders.library_rows import record_of
from viewer.base.byte_source import FileBytes
from viewer.base.jobs import Progress
from viewer.dicom.transfer_syntaxes import TRANSFER_SYNTAXES
from viewer.library.group_commit import GroupCommit, Outcome
from viewer.library.instance_record import AsideReason, Filed, KeptFile
from viewer.library.integrity import verify
from viewer.library.keeping import delete_study, empty_trash
from viewer.library.library import Library
from viewer.library.reconciliation import Identity, reconcile
from viewer.network.ports import Became, Caller, OfferedInstance, StoreAnswer, StoreRefused
from viewer.reception import intake_bounds
from viewer.reception.events import ReceiverEvent
from viewer.reception.intake import Intake
from viewer.reception.intake_bounds import IntakeBounds

CT, EXPLICIT = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.2.1"
SENDER, OTHER = Caller("CT1", "192.0.2.1", "NEGATOSCOPE"), Caller("CT2", "192.0.2.2", "NEGATOSCOPE")
UNKNOWN = Caller("NOBODY", "192.0.2.66", "NEGATOSCOPE", is_known=False)
STORED, KNOWN = StoreAnswer(Became.STORED), StoreAnswer(Became.ALREADY)


class Receiving:
    """A library, what comes into it, and what was told."""

    def __init__(self, folder: Path, bounds: IntakeBounds, reserve_bytes: int = 0) -> None:
        self.library = Library(folder, reserve_bytes=reserve_bytes)
        self.told: list[ReceiverEvent] = []
        self.intake = Intake(self.library, bounds, self.told.append)

    def send(
        self, data: bytes, uid: str, caller: Caller = SENDER, sop_class: str = CT, syntax: str = EXPLICIT
    ) -> StoreAnswer:
        sink = self.intake.begin(OfferedInstance(sop_class, uid, syntax), caller)
        for first in range(0, len(data), 5000):
            sink.write(memoryview(bytearray(data[first : first + 5000])))
        return sink.finish()

    def refused(self, data: bytes, uid: str, caller: Caller = SENDER, sop_class: str = CT) -> int:
        with pytest.raises(StoreRefused) as refused:
            self.send(data, uid, caller, sop_class)
        event = self.told[-1]
        assert event.event == "refused"
        assert event.details["status"] == f"{refused.value.status:04X}"
        assert event.details["reason"] == str(refused.value)
        return refused.value.status

    def kept(self, uid: str) -> bytes:
        row = self.library.catalogue.instance(uid)
        assert row is not None
        data = self.library.store.open(row.kept).read_at(0, row.kept.size)
        assert hashlib.sha256(data).hexdigest() == row.kept.sha256
        return data

    def close(self) -> None:
        self.intake.close()
        report = verify(self.library.store, self.library.catalogue, Progress())
        assert (report.missing, report.altered, report.orphans, report.strangers) == ((), (), (), ())
        assert list(self.library.store.places.incoming.iterdir()) == []
        self.library.close()


@pytest.fixture
def receiving(tmp_path: Path) -> Iterator[Receiving]:
    receiving = Receiving(tmp_path / "library", IntakeBounds())
    yield receiving
    receiving.close()


def data_set(path: Path) -> tuple[bytes, str]:
    """Return a file's data set without what precedes it, and its SOP Instance UID."""
    data = path.read_bytes()
    (length,) = struct.unpack_from("<I", data, 140)
    return data[144 + length :], str(dcmread(path, stop_before_pixels=True).SOPInstanceUID)


def encoded(uid: str, syntax: str = EXPLICIT, **elements: str) -> bytes:
    found = Dataset()
    found.SOPClassUID, found.SOPInstanceUID, found.Modality = CT, uid, "CT"
    found.StudyInstanceUID, found.SeriesInstanceUID = "1.2.1", "1.2.1.1"
    found.PatientID, found.PatientName = "7", "Test^Receiver"
    for keyword, value in elements.items():
        setattr(found, keyword, value)
        if value == "":
            delattr(found, keyword)
    body = BytesIO()
    known = TRANSFER_SYNTAXES.get(syntax)
    is_big = known is not None and known.is_big_endian
    is_implicit = known is not None and known.is_implicit_vr
    found.save_as(body, implicit_vr=is_implicit, little_endian=not is_big)
    return body.getvalue()


@pytest.fixture
def slices(tmp_path: Path) -> list[tuple[bytes, str]]:
    return [data_set(path) for path in write_ct_series(tmp_path / "in", 3, 64)]


def test_what_came_is_kept_byte_for_byte_and_told(receiving: Receiving, slices: list[tuple[bytes, str]]) -> None:
    for data, uid in slices:
        assert receiving.send(data, uid) == STORED
        file = receiving.kept(uid)
        assert file.endswith(data)
        read = dcmread(BytesIO(file))
        assert (read.SOPInstanceUID, read.file_meta.MediaStorageSOPInstanceUID) == (uid, uid)
        assert read.file_meta.SourceApplicationEntityTitle == "CT1"
        event = receiving.told[-1]
        assert event.event == "stored"
        assert event.details == {
            "sop_instance_uid": uid, "sop_class_uid": CT, "study_instance_uid": read.StudyInstanceUID,
            "series_instance_uid": read.SeriesInstanceUID, "transfer_syntax_uid": EXPLICIT,
            "sha256": hashlib.sha256(file).hexdigest(), "size": len(file), "aet": "CT1", "address": "192.0.2.1",
            "already": False,
        }  # fmt: skip
    row = receiving.library.catalogue.instance(slices[0][1])
    assert row is not None
    assert (row.source.name, row.source.address, row.source.door.value) == ("CT1", "192.0.2.1", "receiver")


def test_the_same_again_is_nothing_new(receiving: Receiving, slices: list[tuple[bytes, str]]) -> None:
    data, uid = slices[0]
    assert receiving.send(data, uid) == STORED
    first = receiving.kept(uid)
    for caller in (SENDER, OTHER, UNKNOWN):  # another sender makes another file of it, and the same instance
        assert receiving.send(data, uid, caller) == KNOWN
        assert receiving.told[-1].event == "stored"
        assert receiving.told[-1].details["already"] is True
        assert receiving.told[-1].details["sha256"] == hashlib.sha256(first).hexdigest()
    assert receiving.library.catalogue.conflicts() == []
    assert len(list(receiving.library.store.objects_there())) == 1


def test_what_was_imported_and_comes_again_is_nothing_new(receiving: Receiving, tmp_path: Path) -> None:
    (path,) = write_ct_series(tmp_path / "disc", 1, 64)
    with receiving.library.store.batch() as batch:
        batch.add(FileBytes(path))
        (kept,) = batch.commit()
        assert receiving.library.file([record_of(FileBytes(path), kept, 1)]) == [Filed.NEW]
    data, uid = data_set(path)
    assert receiving.send(data, uid) == KNOWN
    assert receiving.kept(uid) == path.read_bytes()


@pytest.mark.parametrize("caller", [SENDER, OTHER])
def test_what_comes_again_from_anyone_is_taken_out_of_the_trash(
    receiving: Receiving, slices: list[tuple[bytes, str]], caller: Caller
) -> None:
    data, uid = slices[0]
    assert receiving.send(data, uid) == STORED
    library = receiving.library
    delete_study(library, library.catalogue.studies()[0].study_instance_uid)
    assert receiving.send(data, uid, caller) == KNOWN
    empty_trash(library)
    assert receiving.kept(uid).endswith(data)  # it was acknowledged


def test_what_was_indexed_in_place_and_comes_is_in_the_library_s_own_store(
    receiving: Receiving, tmp_path: Path
) -> None:
    (path,) = write_ct_series(tmp_path / "disc", 1, 64)
    whole = path.read_bytes()
    kept = KeptFile(hashlib.sha256(whole).hexdigest(), len(whole), str(path))
    assert receiving.library.file([record_of(FileBytes(path), kept, 1)]) == [Filed.NEW]
    data, uid = data_set(path)
    assert receiving.send(data, uid) == KNOWN
    path.unlink()
    assert receiving.kept(uid) == whole


def test_what_was_reconciled_and_comes_again_as_it_was_is_no_alarm(
    receiving: Receiving, slices: list[tuple[bytes, str]]
) -> None:
    for data, uid in slices:
        receiving.send(data, uid)
    library = receiving.library
    reconcile(library, library.catalogue.studies()[0], Identity(patient_id="RIGHT"), Progress())
    for caller in (SENDER, OTHER):
        for data, uid in slices:
            reconciled = receiving.kept(uid)
            assert receiving.send(data, uid, caller) == KNOWN
            assert receiving.kept(uid) == reconciled
    assert receiving.send(slices[0][0][:-1] + b"\1", slices[0][1]).status == 0xC111
    assert [study.patient_id for study in library.catalogue.studies()] == ["RIGHT"]


class Meanwhile:
    """Another process files a file the moment before what was received is kept: after it was compared."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, library: Path, path: Path) -> None:
        self.is_in_place = False
        self._path, self._library, self._is_over = path, library, False
        real = GroupCommit.keep

        def keep(commit: GroupCommit, *given: Any) -> Outcome:
            self._file()
            return real(commit, *given)

        monkeypatch.setattr(GroupCommit, "keep", keep)

    def _file(self) -> None:
        if self._is_over:
            return
        self._is_over = True
        with Library(self._library, reserve_bytes=0) as library, library.store.batch() as batch:
            if self.is_in_place:
                whole = self._path.read_bytes()
                kept = KeptFile(hashlib.sha256(whole).hexdigest(), len(whole), str(self._path))
            else:
                batch.add(FileBytes(self._path))
                (kept,) = batch.commit()
            assert library.file([record_of(FileBytes(self._path), kept, 1)]) == [Filed.NEW]


@pytest.mark.parametrize("caller", [SENDER, UNKNOWN])
def test_what_another_process_files_meanwhile_is_no_alteration(
    receiving: Receiving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caller: Caller
) -> None:
    (path,) = write_ct_series(tmp_path / "disc", 1, 64)
    data, uid = data_set(path)
    Meanwhile(monkeypatch, tmp_path / "library", path)
    assert receiving.send(data, uid, caller) == KNOWN
    whole = path.read_bytes()
    assert receiving.kept(uid) == whole
    assert receiving.told[-1].details["sha256"] == hashlib.sha256(whole).hexdigest()
    assert receiving.library.catalogue.conflicts() == []
    assert len(list(receiving.library.store.objects_there())) == 1


def test_what_another_process_indexes_in_place_meanwhile_is_in_the_library_s_own_store(
    receiving: Receiving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (path,) = write_ct_series(tmp_path / "disc", 1, 64)
    data, uid = data_set(path)
    Meanwhile(monkeypatch, tmp_path / "library", path).is_in_place = True
    assert receiving.send(data, uid) == KNOWN
    path.unlink()
    file = receiving.kept(uid)
    assert file.endswith(data)
    assert receiving.library.catalogue.conflicts() == []
    (study,) = receiving.library.catalogue.studies()
    (series,) = receiving.library.catalogue.series_of(study)
    assert (study.total_size, series.total_size) == (len(file), len(file))


def test_what_another_process_files_meanwhile_with_other_content_is_an_alarm(
    receiving: Receiving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (path,) = write_ct_series(tmp_path / "disc", 1, 64)
    data, uid = data_set(path)
    Meanwhile(monkeypatch, tmp_path / "library", path)
    assert receiving.send(data[:-1] + bytes([data[-1] ^ 1]), uid).status == 0xC111
    assert receiving.kept(uid) == path.read_bytes()
    assert [each.reason for each in receiving.library.catalogue.conflicts()] == [AsideReason.ALTERED]


@pytest.mark.parametrize("change", ["pixels", "length", "transfer syntax"])
def test_an_altered_duplicate_is_kept_aside_with_an_alarm(
    receiving: Receiving, slices: list[tuple[bytes, str]], change: str
) -> None:
    data, uid = slices[0]
    receiving.send(data, uid)
    first = receiving.kept(uid)
    altered = {
        "pixels": data[:-1] + bytes([data[-1] ^ 1]),
        "length": data + b"\xfc\xff\xfc\xffOB\0\0\2\0\0\0ab",
        "transfer syntax": data,
    }[change]
    syntax = "1.2.840.10008.1.2.4.90" if change == "transfer syntax" else EXPLICIT
    answer = receiving.send(altered, uid, OTHER, syntax=syntax)
    assert (answer.became, answer.status) == (Became.QUARANTINED, 0xC111)
    assert 0 < len(answer.comment) <= 64
    assert receiving.kept(uid) == first
    (conflict,) = receiving.library.catalogue.conflicts()
    assert conflict.reason.value == "altered"
    event = receiving.told[-1]
    assert (event.event, event.details["reason"], event.details["aet"]) == ("quarantined", "altered duplicate", "CT2")
    assert event.details["sha256"] == conflict.kept.sha256
    assert [line.event for line in receiving.library.audit.lines()] == ["quarantine"]
    assert receiving.send(altered, uid, OTHER, syntax=syntax).status == 0xC111  # and again
    assert len(receiving.library.catalogue.conflicts()) == 1
    assert receiving.send(data, uid) == KNOWN


def test_what_an_unknown_sender_brings_goes_to_the_inbox(receiving: Receiving, slices: list[tuple[bytes, str]]) -> None:
    data, uid = slices[0]
    assert receiving.send(data, uid, UNKNOWN) == StoreAnswer(Became.QUARANTINED)
    assert receiving.library.catalogue.instance(uid) is None
    (conflict,) = receiving.library.catalogue.conflicts()
    assert conflict.reason.value == "unknown sender"
    assert receiving.told[-1].event == "quarantined"
    assert receiving.told[-1].details["reason"] == "unknown sender"
    assert receiving.send(data, uid) == STORED  # a known one fills the library with it


def test_identity_and_lateness_are_flagged(receiving: Receiving) -> None:
    receiving.send(encoded("1.2.9.1"), "1.2.9.1")
    assert "flagged" not in receiving.told[-1].details
    receiving.send(encoded("1.2.9.2", PatientName="Else^Somebody"), "1.2.9.2")
    assert receiving.told[-1].details["flagged"] == "other name"
    receiving.send(encoded("1.2.9.3"), "1.2.9.3", OTHER)
    assert receiving.told[-1].details["flagged"] == "late"
    receiving.send(encoded("1.2.9.4", PatientID="8"), "1.2.9.4")
    assert "other patient" in str(receiving.told[-1].details["flagged"])


@pytest.mark.parametrize(
    ("data", "uid", "status"),
    [
        (encoded("1.2.3"), "1.2.4", 0xA900),
        (encoded("1.2.3", SOPClassUID="1.2.840.10008.5.1.4.1.1.4"), "1.2.3", 0xA900),
        (encoded("1.2.3", SOPInstanceUID=""), "1.2.3", 0xC000),
        (encoded("1.2.3", StudyInstanceUID=""), "1.2.3", 0xC000),
        (encoded("1.2.3", SeriesInstanceUID=""), "1.2.3", 0xC000),
        (b"", "1.2.3", 0xC000),
        (b"no data set at all" * 100, "1.2.3", 0xC000),
        (bytes(1000), "1.2.3", 0xC000),
    ],
)
def test_what_cannot_be_kept_is_refused_and_leaves_nothing(
    receiving: Receiving, data: bytes, uid: str, status: int
) -> None:
    assert receiving.refused(data, uid) == status
    assert list(receiving.library.store.objects_there()) == []
    assert receiving.library.catalogue.stats().instances == 0
    assert receiving.send(encoded("1.2.3"), "1.2.3") == STORED


@pytest.mark.parametrize("syntax", [*TRANSFER_SYNTAXES, "1.2.840.113619.5.99", "1.3.46.670589.33.1.4.99"])
def test_every_transfer_syntax_is_kept_as_it_came(receiving: Receiving, syntax: str) -> None:
    data = encoded("1.2.3", syntax)
    if syntax in TRANSFER_SYNTAXES and TRANSFER_SYNTAXES[syntax].is_deflated:
        deflate = zlib.compressobj(wbits=-15)
        data = deflate.compress(data) + deflate.flush()
    assert receiving.send(data, "1.2.3", syntax=syntax) == STORED
    row = receiving.library.catalogue.instance("1.2.3")
    assert row is not None
    assert row.transfer_syntax_uid == syntax
    assert receiving.kept("1.2.3").endswith(data)


def test_what_ends_in_the_middle_leaves_nothing(receiving: Receiving, slices: list[tuple[bytes, str]]) -> None:
    data, uid = slices[0]
    sink = receiving.intake.begin(OfferedInstance(CT, uid, EXPLICIT), SENDER)
    sink.write(data[:500])
    sink.abandon()
    sink.abandon()
    assert receiving.told == []
    assert receiving.send(data, uid) == STORED


def test_a_disk_that_is_nearly_full_takes_nothing(tmp_path: Path, slices: list[tuple[bytes, str]]) -> None:
    receiving = Receiving(tmp_path / "library", IntakeBounds(), reserve_bytes=1 << 60)
    try:
        assert receiving.refused(*slices[0]) == 0xA700
    finally:
        receiving.close()


def test_what_is_larger_than_is_taken_is_refused(tmp_path: Path, slices: list[tuple[bytes, str]]) -> None:
    receiving = Receiving(tmp_path / "library", IntakeBounds(instance_bytes=4000))
    try:
        assert receiving.refused(*slices[0]) == 0xA700
        assert receiving.send(encoded("1.2.3"), "1.2.3") == STORED
    finally:
        receiving.close()


def test_a_library_holds_no_more_than_it_may(
    tmp_path: Path, slices: list[tuple[bytes, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake_bounds, "_COUNT_AGAIN_SECONDS", 0.0)
    size = len(slices[0][0]) + 1000
    receiving = Receiving(tmp_path / "library", IntakeBounds(library_bytes=2 * size))
    try:
        assert receiving.send(*slices[0]) == STORED
        assert receiving.send(*slices[1], UNKNOWN).became is Became.QUARANTINED  # the inbox counts too
        assert receiving.refused(*slices[2]) == 0xA700
        (study,) = receiving.library.catalogue.studies()
        delete_study(receiving.library, study.study_instance_uid)
        assert receiving.refused(*slices[2]) == 0xA700  # in the trash it takes as much room
        empty_trash(receiving.library)
        assert receiving.send(*slices[2]) == STORED
    finally:
        receiving.close()


def test_the_same_instance_from_many_senders_at_once_is_one(
    receiving: Receiving, slices: list[tuple[bytes, str]]
) -> None:
    data, uid = slices[0]
    start = threading.Barrier(8)

    def send(number: int) -> Became:
        start.wait(60)
        return receiving.send(data, uid, Caller(f"CT{number}", "192.0.2.1")).became

    with ThreadPoolExecutor(8) as threads:
        became = list(threads.map(send, range(8)))
    assert sorted(became, key=str) == [Became.ALREADY] * 7 + [Became.STORED]
    assert receiving.library.catalogue.conflicts() == []


def test_hostile_titles_are_told_without_their_signs(receiving: Receiving) -> None:
    receiving.send(encoded("1.2.3"), "1.2.3", Caller("A\nB\x1b[31m", "192.0.2.1"))
    assert receiving.told[-1].details["aet"] == "A?B?[31m"
    assert "\\n" not in receiving.told[-1].as_line()
