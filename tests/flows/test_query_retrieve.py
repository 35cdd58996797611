"""Other programs query and retrieve from a library: DCMTK's, Orthanc, pynetdicom, and callers without manners."""

import hashlib
import json
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset
from pydicom.uid import UID
from pynetdicom import AE, evt

from tests.builders.big_library import fill_library, study_uid
from tests.builders.peer_servers import ORTHANC, Orthanc, StoreScp
from tests.builders.sent_instances import SentInstance
from tests.builders.serving_library import AE_TITLE, Served, fill, serving
from viewer.network.association_request import ProposedContext
from viewer.network.messages import C_FIND_RQ, FIELD, RESPONSE, STATUS, command_set
from viewer.network.requesting import RequestedAssociation
from viewer.network.stations import Station

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="its peers are programs of other systems"),
    pytest.mark.skipif(not Path(ORTHANC).exists(), reason="needs DCMTK and Orthanc"),
]

SECONDS = 60
DCMTK = "/usr/bin"
STUDY_ROOT_FIND, STUDY_ROOT_MOVE = UID("1.2.840.10008.5.1.4.1.2.2.1"), UID("1.2.840.10008.5.1.4.1.2.2.2")
IMPLICIT = "1.2.840.10008.1.2"
PENDING, SUCCESS = {0xFF00, 0xFF01}, 0


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[SentInstance]]:
    folder = tmp_path_factory.mktemp("served") / "library"
    return folder, fill(folder, studies=5)


@pytest.fixture
def served(made: tuple[Path, list[SentInstance]]) -> Iterator[Served]:
    with serving(made[0]) as one:
        yield one


def _dcmtk(program: str, served: Served, *arguments: object) -> "subprocess.CompletedProcess[str]":
    command = [f"{DCMTK}/{program}", "-v", "-aec", AE_TITLE, *map(str, arguments), "127.0.0.1", str(served.port)]
    return subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=SECONDS)


def _found(served: Served, folder: Path, root: str, *keys: str) -> list[Dataset]:
    folder.mkdir()
    done = _dcmtk("findscu", served, root, "-X", "-od", folder, *(part for key in keys for part in ("-k", key)))
    assert "Received Final Find Response (Success)" in done.stdout + done.stderr, done
    return [pydicom.dcmread(path, force=True) for path in sorted(folder.iterdir())]


def test_findscu_at_every_level_of_both_roots(
    served: Served, made: tuple[Path, list[SentInstance]], tmp_path: Path
) -> None:
    one = made[1][6]  # of the second study, whose patient has a name in three alphabets
    (patient,) = _found(
        served, tmp_path / "1", "-P", "QueryRetrieveLevel=PATIENT", "PatientName=hong*", "PatientID",
        "NumberOfPatientRelatedInstances",
    )  # fmt: skip
    assert (patient.PatientID, patient.NumberOfPatientRelatedInstances) == (one.patient_id, 6)
    assert str(patient.PatientName) == "Hong^Gildong=洪^吉洞=홍^길동"
    assert (patient.RetrieveAETitle, patient.SpecificCharacterSet) == (AE_TITLE, "ISO_IR 192")
    for root in ("-P", "-S"):
        of_patient = [f"PatientID={one.patient_id}"]
        (study,) = _found(
            served, tmp_path / f"2{root}", root, "QueryRetrieveLevel=STUDY", "StudyInstanceUID", "ModalitiesInStudy",
            "NumberOfStudyRelatedSeries", "InstanceAvailability", "StudyDate=20261101-", *of_patient,
        )  # fmt: skip
        assert (study.StudyInstanceUID, study.ModalitiesInStudy) == (one.study_instance_uid, "MR")
        assert (study.NumberOfStudyRelatedSeries, study.InstanceAvailability) == (2, "ONLINE")
        upper = [*(of_patient if root == "-P" else []), f"StudyInstanceUID={one.study_instance_uid}"]
        series = _found(
            served, tmp_path / f"3{root}", root, "QueryRetrieveLevel=SERIES", "SeriesInstanceUID",
            "NumberOfSeriesRelatedInstances", *upper,
        )  # fmt: skip
        assert one.series_instance_uid in {each.SeriesInstanceUID for each in series}
        assert [each.NumberOfSeriesRelatedInstances for each in series] == [3, 3]
        upper.append(f"SeriesInstanceUID={one.series_instance_uid}")
        images = _found(
            served, tmp_path / f"4{root}", root, "QueryRetrieveLevel=IMAGE", "SOPInstanceUID", "InstanceNumber=1",
            "Rows", "Columns", *upper,
        )  # fmt: skip
        assert [each.SOPInstanceUID for each in images] == [one.sop_instance_uid]
        assert (images[0].Rows, images[0].Columns) == (1, 32)


def test_keys_that_are_not_supported_are_left_out_and_said(served: Served) -> None:
    done = _dcmtk(
        "findscu", served, "-S", "-k", "QueryRetrieveLevel=STUDY", "-k", "PatientID", "-k", "RequestingPhysician"
    )
    assert "WarningUnsupportedOptionalKeys" in done.stdout + done.stderr
    assert "RequestingPhysician" not in (done.stdout + done.stderr).split("Pending")[1]
    done = _dcmtk("findscu", served, "-S", "-k", "QueryRetrieveLevel=IMAGE", "-k", "SOPInstanceUID")
    assert "DataSetDoesNotMatchSOPClass" in done.stdout + done.stderr
    assert "PATIENT" not in done.stderr


def test_movescu_to_a_station_that_is_set_up_and_to_no_other(
    served: Served, made: tuple[Path, list[SentInstance]], tmp_path: Path
) -> None:
    with StoreScp(tmp_path / "scp") as station:
        served.stations["STORESCP"] = Station("STORESCP", "127.0.0.1", station.port)
        for one in made[1][::6]:
            keys = ("-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={one.study_instance_uid}")
            done = _dcmtk("movescu", served, "-S", "-aem", "STORESCP", *keys)
            assert "Received Final Move Response (Success)" in done.stdout + done.stderr
            done = _dcmtk("movescu", served, "-S", "-aem", "NOWHERE", *keys)
            assert "MoveDestinationUnknown" in done.stdout + done.stderr
        keys = ("-k", "QueryRetrieveLevel=PATIENT", "-k", f"PatientID={made[1][0].patient_id}")
        done = _dcmtk("movescu", served, "-P", "-aem", "STORESCP", *keys)
        assert "Received Final Move Response (Success)" in done.stdout + done.stderr
        expected = {one.sop_instance_uid: one.pixels_sha256 for one in made[1]}
        encapsulated = {one.sop_instance_uid for one in made[1][12:18]}
        held = station.held()
    assert held.keys() == expected.keys()
    assert all(held[uid] == expected[uid] for uid in held.keys() - encapsulated)


@pytest.mark.parametrize("kind", [0, 1])
def test_getscu(served: Served, made: tuple[Path, list[SentInstance]], tmp_path: Path, kind: int) -> None:
    of_study = made[1][6 * kind : 6 * kind + 6]
    keys = ("-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={of_study[0].study_instance_uid}")
    done = _dcmtk("getscu", served, "-S", "-od", tmp_path, "+B", *keys)
    assert "Number of Failed Suboperations    : 0" in done.stdout + done.stderr
    got = [pydicom.dcmread(path) for path in tmp_path.iterdir()]
    assert {str(one.SOPInstanceUID): hashlib.sha256(one.PixelData).hexdigest() for one in got} == {
        one.sop_instance_uid: one.pixels_sha256 for one in of_study
    }


def test_getscu_is_told_what_it_did_not_agree_to(
    served: Served, made: tuple[Path, list[SentInstance]], tmp_path: Path
) -> None:
    of_study = made[1][12:18]  # JPEG 2000, which getscu does not propose by itself
    keys = ("-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={of_study[0].study_instance_uid}")
    done = _dcmtk("getscu", served, "-S", "-od", tmp_path, *keys)
    said = done.stdout + done.stderr
    assert "Number of Failed Suboperations    : 6" in said
    assert list(tmp_path.iterdir()) == []


def test_a_move_says_which_instances_the_station_did_not_take(tmp_path: Path) -> None:
    folder = tmp_path / "library"
    kept = fill(folder, studies=1, series=1, instances=4)
    with StoreScp(tmp_path / "scp") as station:
        stations = {"STORESCP": Station("STORESCP", "127.0.0.1", station.port), "GONE": Station("GONE", "127.0.0.1", 9)}
        with serving(folder, stations) as served:
            row = served.library.catalogue.instance(kept[1].sop_instance_uid)
            assert row is not None
            served.library.store.remove(row.kept.sha256)
            final = _moved(served, "STORESCP", kept[0].study_instance_uid)
            assert final[0].Status == 0xB000
            assert (final[0].NumberOfCompletedSuboperations, final[0].NumberOfFailedSuboperations) == (3, 1)
            assert final[1].FailedSOPInstanceUIDList == kept[1].sop_instance_uid
            final = _moved(served, "GONE", kept[0].study_instance_uid)
            assert (final[0].Status, final[0].NumberOfFailedSuboperations) == (0xA702, 4)
            assert set(final[1].FailedSOPInstanceUIDList) == {one.sop_instance_uid for one in kept}
            final = _moved(served, "STORESCP", "1.2.3.4.5")
            assert (final[0].Status, final[0].NumberOfCompletedSuboperations) == (0, 0)
        assert len(station.held()) == 3


def _moved(served: Served, destination: str, study: str) -> tuple[Dataset, Dataset]:
    entity = AE("MOVER")
    entity.add_requested_context(STUDY_ROOT_MOVE)
    association = entity.associate("127.0.0.1", served.port, ae_title=AE_TITLE)
    asked = Dataset()
    asked.QueryRetrieveLevel, asked.StudyInstanceUID = "STUDY", study
    try:
        *_pending, (status, identifier) = association.send_c_move(asked, destination, STUDY_ROOT_MOVE)
    finally:
        association.release()
    return status, identifier or Dataset()


def test_a_retrieve_is_cancelled(tmp_path: Path) -> None:
    kept = fill(tmp_path / "library", studies=1, series=1, instances=12)
    is_cancelled = threading.Event()
    stored: list[str] = []

    def store(event: evt.Event) -> int:
        stored.append(str(event.dataset.SOPInstanceUID))
        if len(stored) == 3:
            is_cancelled.wait(SECONDS)
        return 0

    entity = AE("MOVER")
    entity.add_requested_context(STUDY_ROOT_MOVE)
    entity.add_supported_context(UID(kept[0].sop_class_uid), UID(kept[0].transfer_syntax_uid))
    server = entity.start_server(("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_STORE, store)])
    assert server is not None
    with serving(tmp_path / "library") as served:
        served.stations["MOVER"] = Station("MOVER", "127.0.0.1", server.server_address[1])
        association = entity.associate("127.0.0.1", served.port, ae_title=AE_TITLE)
        asked = Dataset()
        asked.QueryRetrieveLevel, asked.StudyInstanceUID = "STUDY", kept[0].study_instance_uid
        try:
            for status, _identifier in association.send_c_move(asked, "MOVER", STUDY_ROOT_MOVE, msg_id=9):
                if not is_cancelled.is_set() and status.NumberOfCompletedSuboperations == 2:
                    association.send_c_cancel(9, query_model=STUDY_ROOT_MOVE)
                    is_cancelled.set()
        finally:
            is_cancelled.set()
            association.release()
            server.shutdown()
            server.server_close()
    assert status.Status == 0xFE00
    assert status.NumberOfRemainingSuboperations + status.NumberOfCompletedSuboperations == 12
    assert status.NumberOfCompletedSuboperations == len(stored) < 12


def test_only_callers_on_the_list_may_ask(made: tuple[Path, list[SentInstance]]) -> None:
    with serving(made[0], allow=("KNOWN@127.0.0.1",)) as served:
        keys = ("-S", "-k", "QueryRetrieveLevel=STUDY", "-k", "StudyInstanceUID")
        known = _dcmtk("findscu", served, "-aet", "KNOWN", *keys)
        stranger = _dcmtk("findscu", served, "-aet", "STRANGER", *keys)
    assert "Pending" in known.stdout + known.stderr
    assert "Pending" not in stranger.stdout + stranger.stderr
    assert "No Acceptable Presentation Contexts" in stranger.stdout + stranger.stderr


def test_orthanc_queries_and_retrieves(served: Served, made: tuple[Path, list[SentInstance]], tmp_path: Path) -> None:
    with Orthanc(tmp_path / "orthanc") as station:
        served.stations["ORTHANC"] = Station("ORTHANC", "127.0.0.1", station.port)
        us = {"AET": AE_TITLE, "Host": "127.0.0.1", "Port": served.port}
        _asked_of(station, "/modalities/us", us, method="PUT")
        query = {"Level": "Study", "Query": {"PatientID": made[1][0].patient_id, "StudyDescription": ""}}
        asked = _asked_of(station, "/modalities/us/query", query)
        (answer,) = station.ask(f"{asked['Path']}/answers?expand&simplify")
        assert answer["StudyInstanceUID"] == made[1][0].study_instance_uid
        _asked_of(station, f"{asked['Path']}/retrieve", {"TargetAet": "ORTHANC", "Synchronous": True})
        assert station.held() == {one.sop_instance_uid: one.pixels_sha256 for one in made[1][:6]}


def _asked_of(station: Orthanc, path: str, body: object, method: str = "POST") -> Any:
    address = f"http://127.0.0.1:{station._http}{path}"
    request = urllib.request.Request(address, data=json.dumps(body).encode(), method=method)
    with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310 - our own address
        return json.loads(answer.read() or b"null")


def test_a_query_is_cancelled_and_the_association_goes_on(tmp_path: Path) -> None:
    fill_library(tmp_path, 3000, 4)
    with serving(tmp_path) as served:
        entity = AE("FINDER")
        entity.add_requested_context(STUDY_ROOT_FIND)
        association = entity.associate("127.0.0.1", served.port, ae_title=AE_TITLE)
        asked = Dataset()
        asked.QueryRetrieveLevel, asked.StudyInstanceUID, asked.PatientName = "STUDY", "", ""
        try:
            statuses: list[int] = []
            for status, _answer in association.send_c_find(asked, STUDY_ROOT_FIND, msg_id=7):
                statuses.append(status.Status)
                if len(statuses) == 10:
                    association.send_c_cancel(7, query_model=STUDY_ROOT_FIND)
            assert statuses[-1] == 0xFE00
            asked.StudyInstanceUID = study_uid(5)
            again = [status.Status for status, _answer in association.send_c_find(asked, STUDY_ROOT_FIND)]
            assert again == [0xFF00, 0]
        finally:
            association.release()


def _statuses(association: RequestedAssociation, identifier: bytes) -> list[int]:
    """Ask with an identifier of any bytes; return the statuses up to the last one."""
    command = command_set(C_FIND_RQ, has_data=True, affected_class=STUDY_ROOT_FIND, message_id=1, priority=0)
    association.send(1, command, (identifier,))
    statuses: list[int] = []
    while not statuses or statuses[-1] in PENDING:
        message = association.receive()
        assert message.number(FIELD) == C_FIND_RQ | RESPONSE
        statuses.append(message.number(STATUS))
        if message.data:
            read_dataset(BytesIO(message.data), True, True)
    return statuses


def _key(tag: int, value: bytes) -> bytes:
    value += b" " * (len(value) % 2)
    return (
        (tag >> 16).to_bytes(2, "little")
        + (tag & 0xFFFF).to_bytes(2, "little")
        + len(value).to_bytes(4, "little")
        + value
    )


LEVEL, DATE, NAME, ID, STUDY = 0x00080052, 0x00080020, 0x00100010, 0x00100020, 0x0020000D
HOSTILE = [
    b"x" * 100_000,
    b"*?" * 30_000,
    b"'; DROP TABLE studies; --",
    b'" OR 1=1 --',
    b"\x00\x01\x1b$)C\xff\xfe\r\n\x07",
    b"%s%n" * 100,
    "𝕏".encode() * 1000,
    b"\\" * 10_000,
    b"[" * 5000 + b"*",
    b"../../../etc/passwd",
    b"20240101-" * 100,
    b"\\".join(f"1.2.3.{number}".encode() for number in range(10_000)),
]


def test_hostile_keys_are_answered_and_harm_nothing(served: Served) -> None:
    station = Station(AE_TITLE, "127.0.0.1", served.port)
    context = ProposedContext(1, STUDY_ROOT_FIND, (IMPLICIT,))
    level = _key(LEVEL, b"STUDY")
    for value in HOSTILE:
        with RequestedAssociation(station, "ATTACKER", [context]) as association:
            for tag in (DATE, NAME, ID, STUDY, 0x00080061, 0x00081030):
                assert _statuses(association, b"".join((_key(tag, value), level)[:: 1 if tag < LEVEL else -1]))[-1] in {
                    SUCCESS, 0xA900, 0xA700, 0xC000,
                }  # fmt: skip
    for identifier in (b"\xff" * 100, level * 2, _key(LEVEL, b"NOWHERE"), _key(0x00080005, b"\xff" * 1000) + level):
        with RequestedAssociation(station, "ATTACKER", [context]) as association:
            assert _statuses(association, identifier)[-1] in {SUCCESS, 0xA900, 0xC000}
    with RequestedAssociation(station, "HONEST", [context]) as association:
        statuses = _statuses(association, level + _key(STUDY, b""))
        assert statuses == [0xFF00] * 5 + [0]
    assert len(served.library.catalogue.studies()) == 5


def test_many_ask_at_once(served: Served) -> None:
    station = Station(AE_TITLE, "127.0.0.1", served.port)
    context = ProposedContext(1, STUDY_ROOT_FIND, (IMPLICIT,))
    found: list[list[int]] = []

    def ask() -> None:
        with RequestedAssociation(station, "ASKER", [context]) as association:
            found.extend(_statuses(association, _key(LEVEL, b"STUDY") + _key(STUDY, b"")) for _time in range(5))

    threads = [threading.Thread(target=ask) for _number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)
    assert found == [[0xFF00] * 5 + [0]] * 60
