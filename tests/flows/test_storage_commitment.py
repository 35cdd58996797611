"""Other programs ask a library to commit to what they sent: Orthanc, and pynetdicom on one association or on two."""

import json
import signal
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as Items
from pydicom.uid import UID
from pynetdicom import AE, evt
from pynetdicom.association import Association
from pynetdicom.transport import ThreadedAssociationServer

from tests.builders.library_rows import flip
from tests.builders.peer_servers import ORTHANC, Orthanc, free_port
from tests.builders.sent_instances import SentInstance, made_instance
from tests.builders.serving_library import AE_TITLE, Served, fill, serving, write_files
from tests.flows.receiving import dcmsend, receiving
from viewer.library.commitment_book import CommitmentRows
from viewer.network.stations import Station

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="asks processes to end as POSIX systems do"),
    pytest.mark.skipif(not Path(ORTHANC).exists(), reason="needs DCMTK and Orthanc"),
]

SECONDS = 60.0
PUSH = UID("1.2.840.10008.1.20.1")
PUSH_INSTANCE = UID("1.2.840.10008.1.20.1.1")
MISSING = ("1.2.840.10008.5.1.4.1.1.2", "1.2.3.4.5")


class Asker:
    """A modality that asks for storage commitment.

    Attributes:
        reports: Each result: transaction, event type, what is committed, what failed and why; and whether it came on
            an association that we had asked for ourselves.
    """

    def __init__(self) -> None:
        self.reports: list[tuple[str, int, list[str], dict[str, int], bool]] = []
        self.entity = AE("MODALITY")
        self.entity.add_requested_context(PUSH)
        self.entity.add_supported_context(PUSH, scu_role=True, scp_role=True)
        self.handlers: list[Any] = [(evt.EVT_N_EVENT_REPORT, self._reported)]
        self.status = 0
        self._server: ThreadedAssociationServer | None = None

    def listen(self) -> int:
        server = self.entity.start_server(("127.0.0.1", 0), block=False, evt_handlers=self.handlers)
        assert server is not None
        self._server = server
        return int(server.server_address[1])

    def close(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()

    def calling(self, served: Served) -> Association:
        association = self.entity.associate("127.0.0.1", served.port, ae_title=AE_TITLE, evt_handlers=self.handlers)
        assert association.is_established
        return association

    def ask(self, association: Association, transaction: str, pairs: Sequence[tuple[str, str]]) -> int:
        asked = Dataset()
        asked.TransactionUID = transaction
        asked.ReferencedSOPSequence = Items()
        for sop_class, uid in pairs:
            item = Dataset()
            item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = sop_class, uid
            asked.ReferencedSOPSequence.append(item)
        status, _reply = association.send_n_action(asked, 1, PUSH, PUSH_INSTANCE)
        return int(status.Status)

    def _reported(self, event: evt.Event) -> tuple[int, Dataset | None]:
        told = event.event_information
        committed = [str(one.ReferencedSOPInstanceUID) for one in told.get("ReferencedSOPSequence", ())]
        failed = {
            str(one.ReferencedSOPInstanceUID): int(one.FailureReason) for one in told.get("FailedSOPSequence", ())
        }
        is_ours = event.assoc.is_requestor
        self.reports.append((str(told.TransactionUID), int(event.event_type or 0), committed, failed, is_ours))
        return self.status, None


@pytest.fixture
def asker() -> Iterator[Asker]:
    one = Asker()
    yield one
    one.close()


def _pairs(made: Sequence[SentInstance]) -> list[tuple[str, str]]:
    return [(one.sop_class_uid, one.sop_instance_uid) for one in made]


def _until(is_so: Callable[[], object]) -> None:
    deadline = time.monotonic() + SECONDS
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _is_over(served: Served, transaction: str, state: str = "answered") -> Callable[[], bool]:
    return lambda: any(
        event.event == "commitment" and event.details.get("transaction_uid") == transaction
        and event.details.get("state") == state
        for event in tuple(served.events)
    )  # fmt: skip


def test_the_result_comes_on_the_association_while_it_lasts(tmp_path: Path, asker: Asker) -> None:
    made = fill(tmp_path / "library", studies=1)
    with serving(tmp_path / "library") as served:
        association = asker.calling(served)
        try:
            assert asker.ask(association, "1.2.3.1", _pairs(made)) == 0
            _until(lambda: asker.reports)
            assert asker.ask(association, "1.2.3.2", [*_pairs(made), MISSING]) == 0
            _until(lambda: len(asker.reports) == 2)
        finally:
            association.release()
        _until(_is_over(served, "1.2.3.2"))
    uids = [one.sop_instance_uid for one in made]
    assert asker.reports == [
        ("1.2.3.1", 1, uids, {}, True),
        ("1.2.3.2", 2, uids, {MISSING[1]: 0x0112}, True),
    ]


def test_the_result_comes_on_a_new_association_when_the_first_is_over(tmp_path: Path, asker: Asker) -> None:
    made = fill(tmp_path / "library", studies=1)
    with serving(tmp_path / "library") as served:
        served.stations["MODALITY"] = Station("MODALITY", "127.0.0.1", asker.listen())
        row = served.library.catalogue.instance(made[2].sop_instance_uid)
        assert row is not None
        flip(served.library.store, row.kept.sha256)
        association = asker.calling(served)
        assert asker.ask(association, "1.2.3.3", _pairs(made)) == 0
        association.release()
        _until(_is_over(served, "1.2.3.3"))
    uids = [one.sop_instance_uid for one in made if one is not made[2]]
    assert asker.reports == [("1.2.3.3", 2, uids, {made[2].sop_instance_uid: 0x0110}, False)]


def test_a_caller_who_goes_on_talking_is_served_and_gets_its_result(tmp_path: Path, asker: Asker) -> None:
    made = fill(tmp_path / "library", studies=1)
    with serving(tmp_path / "library") as served:
        served.stations["MODALITY"] = Station("MODALITY", "127.0.0.1", asker.listen())
        association = asker.calling(served)
        for number in range(5):
            assert asker.ask(association, f"1.2.3.4.{number}", _pairs(made)) == 0
        _until(lambda: len(asker.reports) == 5)
        association.release()
        _until(lambda: all(_is_over(served, f"1.2.3.4.{number}")() for number in range(5)))
    assert {(one[0], one[1]) for one in asker.reports} == {(f"1.2.3.4.{number}", 1) for number in range(5)}


def test_it_is_tried_again_also_after_a_restart_until_the_station_takes_it(tmp_path: Path, asker: Asker) -> None:
    made = fill(tmp_path / "library", studies=1)
    port = free_port()
    stations = {"MODALITY": Station("MODALITY", "127.0.0.1", port)}
    with serving(tmp_path / "library", stations) as served:
        association = asker.calling(served)
        assert asker.ask(association, "1.2.3.5", _pairs(made)) == 0
        association.release()
        rows = CommitmentRows(served.library.database)
        _until(lambda: rows.due(_far())[0].attempts > 1)
    with serving(tmp_path / "library") as served:
        asker.status = 0x0110
        served.stations["MODALITY"] = Station("MODALITY", "127.0.0.1", asker.listen())
        _until(lambda: len(asker.reports) > 1)
        assert not _is_over(served, "1.2.3.5")()
        asker.status = 0
        _until(_is_over(served, "1.2.3.5"))
    assert {one[:2] for one in asker.reports} == {("1.2.3.5", 1)}


def _far() -> datetime:
    return datetime.now(UTC) + timedelta(days=1)


def test_a_receiver_that_is_killed_keeps_its_promise_to_answer(tmp_path: Path, asker: Asker) -> None:
    made = [made_instance(f"s/e/{number}", bytes(1000)) for number in range(5)]
    write_files(tmp_path / "files", made)
    port = asker.listen()
    asker.status = 0x0110  # not yet
    station = f"MODALITY@127.0.0.1:{port}"
    with receiving(tmp_path, "--station", station) as receiver:
        dcmsend(receiver.port, tmp_path / "files")
        receiver.wait_for("stored", count=5)
        association = asker.entity.associate("127.0.0.1", receiver.port, ae_title=AE_TITLE)
        assert asker.ask(association, "1.2.3.9", [*_pairs(made), MISSING]) == 0
        association.release()
        receiver.wait_for("commitment", where=lambda event: event["state"] == "asked")
        receiver.stop(signal.SIGKILL)
    asker.status = 0
    with receiving(tmp_path, "--station", station) as receiver:
        told = receiver.wait_for("commitment", where=lambda event: event["state"] == "answered")
        assert (told["transaction_uid"], told["committed"], told["failed"]) == ("1.2.3.9", 5, 1)
        assert receiver.stop() == 0
    assert asker.reports[-1][:2] == ("1.2.3.9", 2)
    assert set(asker.reports[-1][2]) == {one.sop_instance_uid for one in made}


def test_requests_that_are_none_are_refused(tmp_path: Path, asker: Asker) -> None:
    made = fill(tmp_path / "library", studies=1)
    with serving(tmp_path / "library") as served:
        association = asker.calling(served)
        try:
            assert asker.ask(association, "1.2.3.6", []) == 0x0120
            assert asker.ask(association, "1.2.3.7", _pairs(made)) == 0
            _until(lambda: asker.reports)
            assert asker.ask(association, "1.2.3.7", _pairs(made[:1])) == 0x0131
            empty = Dataset()
            empty.PatientID = "P"
            status, _reply = association.send_n_action(empty, 1, PUSH, PUSH_INSTANCE)
            assert status.Status == 0x0120
            status, _reply = association.send_n_action(empty, 2, PUSH, PUSH_INSTANCE)
            assert status.Status == 0x0123
            status, _reply = association.send_n_action(empty, 1, PUSH, UID("1.2.3"))
            assert status.Status == 0x0112
        finally:
            association.release()
    assert [one[0] for one in asker.reports] == ["1.2.3.7"]


def test_orthanc_asks(tmp_path: Path) -> None:
    made = fill(tmp_path / "library", studies=5)
    with Orthanc(tmp_path / "orthanc") as station, serving(tmp_path / "library") as served:
        served.stations["ORTHANC"] = Station("ORTHANC", "127.0.0.1", station.port)
        us = {"AET": AE_TITLE, "Host": "127.0.0.1", "Port": served.port}
        _asked_of(station, "/modalities/us", us, method="PUT")
        gone = served.library.catalogue.instance(made[7].sop_instance_uid)
        assert gone is not None
        served.library.store.remove(gone.kept.sha256)
        asked = {"DicomInstances": [*_pairs(made), MISSING]}
        path = _asked_of(station, "/modalities/us/storage-commitment", asked)["Path"]
        _until(lambda: station.ask(path)["Status"] != "Pending")
        told = station.ask(path)
        path = _asked_of(station, "/modalities/us/storage-commitment", {"DicomInstances": _pairs(made[:3])})["Path"]
        _until(lambda: station.ask(path)["Status"] != "Pending")
        assert station.ask(path)["Status"] == "Success"
    assert told["Status"] == "Failure"
    assert {one["SOPInstanceUID"]: one["FailureReason"] for one in told["Failures"]} == {
        made[7].sop_instance_uid: 0x0110, MISSING[1]: 0x0112,
    }  # fmt: skip
    assert {one["SOPInstanceUID"] for one in told["Success"]} == {
        one.sop_instance_uid for one in made if one is not made[7]
    }


def _asked_of(station: Orthanc, path: str, body: object, method: str = "POST") -> Any:
    address = f"http://127.0.0.1:{station._http}{path}"
    request = urllib.request.Request(address, data=json.dumps(body).encode(), method=method)
    with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310 - our own address
        return json.loads(answer.read() or b"null")
