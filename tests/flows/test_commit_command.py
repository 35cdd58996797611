"""Archives are asked to promise what they keep: at once, on another association, after a restart, partly, wrongly."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as Items
from pydicom.uid import UID
from pynetdicom import AE, build_role

from tests.builders.peer_servers import ORTHANC, Orthanc, free_port
from tests.builders.scripted_dimse import C_STORE, FIELD, N_ACTION, Acceptance, Drop, Request, ScriptedDimse, Talk
from tests.builders.sent_instances import SentInstance, made_instance
from tests.builders.serving_library import keep_together, write_files
from tests.flows.command_line import Ended, run
from tests.flows.receiving import receiving
from viewer.archives.access import Access
from viewer.archives.archive_key import archive_key
from viewer.archives.commitment import (
    ask_commitment,
    receiving_results,
    standing_of,
    state_of,
    wait_for_answers,
)
from viewer.archives.dispatch import Dispatch, held_of_study
from viewer.base.errors import NetworkError
from viewer.base.jobs import Progress
from viewer.library.library import Library
from viewer.library.sent_instances import SentInstances
from viewer.network.access import DimseAccess
from viewer.network.peers import Peer, Quirks
from viewer.network.requesting import Patience
from viewer.network.stations import Station
from viewer.reception.receiver_settings import ReceiverSettings

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="its peers are programs of other systems"),
    pytest.mark.skipif(not Path(ORTHANC).exists(), reason="needs DCMTK and Orthanc"),
]
SECONDS = 60.0
PUSH, PUSH_INSTANCE = UID("1.2.840.10008.1.20.1"), UID("1.2.840.10008.1.20.1.1")


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("viewer.archives.commitment._FIRST_DELAY_S", 0.01)


@dataclass
class _Archive:
    """An archive's script: takes everything, notes what it is asked, and does as a test says.

    Attributes:
        status: Of the N-ACTION response.
        here: What it reports on the same association once it has responded; a status for each that it heard.
    """

    status: int | list[int] = 0
    reports_here: Callable[[Dataset], list[Dataset]] = field(default=lambda _asked: [])
    asked: list[Dataset] = field(default_factory=list)
    heard: list[int] = field(default_factory=list)
    reports_first: bool = False
    leaves: bool = False

    def __call__(self, talk: Talk, request: Request) -> None:
        if request.number(FIELD) == C_STORE:
            talk.respond(request, 0, e1000=request.text(0x1000))
            return
        assert request.number(FIELD) == N_ACTION
        self.asked.append(request.identifier)
        status = self.status.pop(0) if isinstance(self.status, list) else self.status
        if self.reports_first:
            self._report(talk, request.identifier)
        talk.respond(request, status, e1001=str(PUSH_INSTANCE), e1008=1)
        if not self.reports_first and status == 0:
            self._report(talk, request.identifier)
        if self.leaves:
            raise Drop

    def _report(self, talk: Talk, asked: Dataset) -> None:
        for result in self.reports_here(asked):
            event = 2 if "FailedSOPSequence" in result else 1
            answer = talk.ask(str(PUSH), {FIELD: 0x0100, 0x1000: str(PUSH_INSTANCE), 0x1002: event}, result)
            self.heard.append(answer.number(0x0900))


def _result(asked: Dataset, failed: dict[str, int] | None = None, left_out: Sequence[str] = ()) -> Dataset:
    failed = failed or {}
    result = Dataset()
    result.TransactionUID = asked.TransactionUID
    result.ReferencedSOPSequence = Items()
    for one in asked.ReferencedSOPSequence:
        uid = str(one.ReferencedSOPInstanceUID)
        if uid not in failed and uid not in left_out:
            result.ReferencedSOPSequence.append(one)
    if failed:
        result.FailedSOPSequence = Items()
        for one in asked.ReferencedSOPSequence:
            uid = str(one.ReferencedSOPInstanceUID)
            if uid in failed:
                item = Dataset()
                item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = one.ReferencedSOPClassUID, uid
                item.FailureReason = failed[uid]
                result.FailedSOPSequence.append(item)
    return result


def _report_to(port: int, result: Dataset, title: str = "SCRIPTED", *, with_roles: bool = True) -> int | None:
    """Report on an association of the archive's own; return the status, None when it was refused."""
    entity = AE(title)
    entity.add_requested_context(PUSH)
    roles = [build_role(PUSH, scp_role=True)] if with_roles else []
    association = entity.associate("127.0.0.1", port, ae_title="NEGATOSCOPE", ext_neg=roles)  # type: ignore[arg-type]
    if not association.is_established:
        return None
    event = 2 if "FailedSOPSequence" in result else 1
    status, _reply = association.send_n_event_report(result, event, PUSH, PUSH_INSTANCE)
    association.release()
    return int(status.Status)


class _House:
    """A library with a study that the archive has taken."""

    def __init__(self, folder: Path, peer: ScriptedDimse | Orthanc, quirks: Quirks | None = None) -> None:
        self.made = [made_instance(f"s/e/{number}", bytes([number]) * 64) for number in range(3)]
        self.study = self.made[0].study_instance_uid
        self.uids = [one.sop_instance_uid for one in self.made]
        self.library = Library(folder / "library", reserve_bytes=0)
        keep_together(self.library, write_files(folder / "files", self.made))
        station = Station(peer.ae_title, "127.0.0.1", peer.port)
        patience = Patience(connect_s=5, answer_s=5, message_s=5, send_s=5)
        of_peer = Peer("pacs", station, quirks=quirks or Quirks())
        self.access = Access(of_peer, DimseAccess(station, "NEGATOSCOPE", quirks=of_peer.quirks, patience=patience))
        self.rows = SentInstances(self.library.database)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.library.close()

    def send(self) -> None:
        report = Dispatch(self.access, held_of_study(self.library, self.study), memory=self.rows).run(Progress())
        assert report.failed == ()

    def ask(self, wait_s: float = 0.0) -> tuple[str, ...]:
        return ask_commitment(self.library, self.access, self.study, Progress(), wait_s=wait_s)

    def state(self, transactions: Sequence[str]) -> tuple[str, bool]:
        state = state_of(self.library, archive_key(self.access.peer), self.study, transactions)
        return state.state, state.is_safe_to_delete


@pytest.mark.parametrize("reports_first", [False, True])
def test_a_result_on_the_same_association(tmp_path: Path, *, reports_first: bool) -> None:
    script = _Archive(reports_here=lambda asked: [_result(asked)], reports_first=reports_first)
    with ScriptedDimse(script) as peer, _House(tmp_path, peer) as house:
        house.send()
        assert not standing_of(house.library, house.study).is_safe_to_delete_here
        transactions = house.ask(SECONDS)
        assert house.state(transactions) == ("committed", True)
    assert script.heard == [0]


def test_a_promise_of_what_was_not_sent_from_here_is_not_safe(tmp_path: Path) -> None:
    with ScriptedDimse(_Archive(reports_here=lambda asked: [_result(asked)])) as peer, _House(tmp_path, peer) as house:
        assert house.state(house.ask(SECONDS)) == ("committed", False)


@pytest.mark.parametrize("reason", [0x0110, 0x0112, 0x0119, 0x0122, 0x0131, 0x0213])
def test_what_is_not_promised_is_told_with_its_reason(tmp_path: Path, reason: int) -> None:
    uid = made_instance("s/e/0", bytes(64)).sop_instance_uid
    script = _Archive(reports_here=lambda asked: [_result(asked, {uid: reason})])
    with ScriptedDimse(script) as peer, _House(tmp_path, peer) as house:
        house.send()
        transactions = house.ask(SECONDS)
        state = state_of(house.library, archive_key(house.access.peer), house.study, transactions)
        assert (state.state, state.is_safe_to_delete) == ("failed", False)
        assert set(state.committed) == set(house.uids[1:])
        ((failed, words),) = state.failed
        assert failed == uid
        assert f"{reason:04X}" in words
        standing = standing_of(house.library, house.study)
        assert (standing.sent, standing.committed, standing.failed) == (3, 2, 1)


def test_a_result_that_leaves_some_out_promises_the_others_alone(tmp_path: Path) -> None:
    uid = made_instance("s/e/1", bytes(64)).sop_instance_uid
    script = _Archive(reports_here=lambda asked: [_result(asked, left_out=[uid])])
    with ScriptedDimse(script) as peer, _House(tmp_path, peer) as house:
        house.send()
        assert house.state(house.ask(SECONDS)) == ("failed", False)
        assert standing_of(house.library, house.study).committed == 2


@pytest.mark.parametrize(
    ("status", "asked"), [(0x0110, 3), (0x0112, 1), (0x0119, 1), (0x0122, 1), (0x0131, 1), (0x0213, 3)]
)
def test_a_request_that_is_not_taken_is_told(tmp_path: Path, status: int, asked: int) -> None:
    script = _Archive(status=status)
    with ScriptedDimse(script) as peer, _House(tmp_path, peer) as house:
        house.send()
        with pytest.raises(NetworkError, match=f"{status:04X}"):
            house.ask()
        assert len(script.asked) == asked
        assert house.rows.waiting() == []
        assert not standing_of(house.library, house.study).is_waiting


def test_a_request_that_is_refused_in_passing_is_made_again(tmp_path: Path) -> None:
    script = _Archive(status=[0x0213, 0], reports_here=lambda asked: [_result(asked)])
    with ScriptedDimse(script) as peer, _House(tmp_path, peer) as house:
        house.send()
        assert house.state(house.ask(SECONDS)) == ("committed", True)
        assert len({str(asked.TransactionUID) for asked in script.asked}) == 2


def test_an_archive_without_commitment_says_so(tmp_path: Path) -> None:
    with ScriptedDimse(_Archive(), Acceptance(refused={str(PUSH): 3})) as peer, _House(tmp_path, peer) as house:
        with pytest.raises(NetworkError, match="does not offer"):
            house.ask()
        assert house.rows.waiting() == []


@pytest.mark.parametrize("with_roles", [True, False])
def test_a_result_on_an_association_of_the_archives_own(tmp_path: Path, *, with_roles: bool) -> None:
    script = _Archive(leaves=True)
    port = free_port()
    with ScriptedDimse(script) as peer, _House(tmp_path, peer, Quirks(sends_as=("ALIAS",))) as house:
        house.send()
        with receiving_results(house.library, house.access.dimse, ReceiverSettings(port=port)) as problem:
            assert problem == ""
            transactions = house.ask()
            assert house.state(transactions) == ("waiting", False)
            assert standing_of(house.library, house.study).is_waiting
            unknown = _result(script.asked[0])
            unknown.TransactionUID = "1.2.3.4"
            assert _report_to(port, unknown, with_roles=with_roles) == 0x0115
            assert _report_to(port, _result(script.asked[0]), "STRANGER") is None
            assert house.state(transactions) == ("waiting", False)
            assert _report_to(port, _result(script.asked[0]), "ALIAS", with_roles=with_roles) == 0
            assert wait_for_answers(house.library, transactions, Progress(), SECONDS)
            assert house.state(transactions) == ("committed", True)
            assert _report_to(port, _result(script.asked[0]), with_roles=with_roles) == 0  # again: nothing changes
            assert house.state(transactions) == ("committed", True)
            taken_back = _result(script.asked[0], {house.uids[0]: 0x0112})
            assert _report_to(port, taken_back, with_roles=with_roles) == 0
            assert house.state(transactions) == ("failed", False)
            assert _report_to(port, _result(script.asked[0]), with_roles=with_roles) == 0
            assert house.state(transactions) == ("failed", False)


def test_who_was_not_asked_cannot_answer(tmp_path: Path) -> None:
    script = _Archive()
    with ScriptedDimse(script) as peer, _House(tmp_path, peer) as house:
        house.send()
        transactions = house.ask()
        house.library.close()
        with receiving(tmp_path, "--bind", "127.0.0.1") as receiver:
            assert _report_to(receiver.port, _result(script.asked[0]), "ANOTHER") == 0x0115
            assert _report_to(receiver.port, _result(script.asked[0])) == 0
            told = receiver.wait_for("commitment", where=lambda event: event["state"] == "result")
            assert (told["committed"], told["failed"], told["aet"]) == (3, 0, "SCRIPTED")
        with Library(tmp_path / "library") as library:
            state = state_of(library, archive_key(house.access.peer), house.study, transactions)
            assert (state.state, state.is_safe_to_delete) == ("committed", True)


def test_late_and_altered_instances_are_not_covered(tmp_path: Path) -> None:
    script = _Archive(reports_here=lambda asked: [_result(asked)])
    with ScriptedDimse(script) as peer, _House(tmp_path, peer) as house:
        house.send()
        assert house.state(house.ask(SECONDS)) == ("committed", True)
        late: list[SentInstance] = [made_instance("s/e/9", bytes(64))]
        keep_together(house.library, write_files(tmp_path / "late", late))
        assert not standing_of(house.library, house.study).is_safe_to_delete_here
        house.send()
        assert not standing_of(house.library, house.study).is_safe_to_delete_here
        assert house.state(house.ask(SECONDS)) == ("committed", True)
        altered = [replace(house.made[0], data_set=made_instance("s/e/0", b"\7" * 64).data_set)]
        keep_together(house.library, write_files(tmp_path / "altered", altered))
        standing = standing_of(house.library, house.study)
        assert (standing.is_safe_to_delete_here, standing.aside) == (False, 1)


def _commit(folder: Path, *arguments: object) -> tuple[Ended, dict[str, Any]]:
    ended = run(folder, "--library", folder / "library", "commit", *arguments, "--json")
    return ended, json.loads(ended.output) if ended.output else {}


@pytest.fixture
def orthanc(tmp_path: Path) -> Iterator[tuple[Orthanc, str, int]]:
    port = free_port()
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "settings.toml").write_text(f"[receiver]\nport = {port}\n")
    with Orthanc(tmp_path / "orthanc") as peer:
        peer.know("NEGATOSCOPE", port)
        yield peer, f"{peer.ae_title}@127.0.0.1:{peer.port}", port


def test_orthanc_promises_on_an_association_of_its_own(tmp_path: Path, orthanc: tuple[Orthanc, str, int]) -> None:
    peer, name, _port = orthanc
    with _House(tmp_path, peer) as house:
        study, uids = house.study, house.uids
    ended, told = _commit(tmp_path, name, study, "--wait", SECONDS)
    assert ended.code == 1
    assert (told["state"], told["safe_to_delete"]) == ("failed", False)
    assert {one["sop_instance_uid"] for one in told["failed"]} == set(uids)
    assert run(tmp_path, "--library", tmp_path / "library", "send", name, "--study", study).code == 0
    ended, told = _commit(tmp_path, name, study, "--wait", SECONDS)
    assert ended.code == 0
    assert (told["state"], told["safe_to_delete"], told["failed"]) == ("committed", True, [])
    assert set(told["committed"]) == set(uids)


def test_a_receiver_that_runs_takes_the_answer_of_orthanc_for_the_command(
    tmp_path: Path, orthanc: tuple[Orthanc, str, int]
) -> None:
    peer, name, port = orthanc
    with _House(tmp_path, peer) as house:
        study = house.study
    assert run(tmp_path, "--library", tmp_path / "library", "send", name, "--study", study).code == 0
    with receiving(tmp_path, "--port", port) as receiver:
        assert receiver.port == port
        ended, told = _commit(tmp_path, name, study, "--wait", SECONDS)
    assert (ended.code, told["state"], told["safe_to_delete"]) == (0, "committed", True)


def test_what_was_fetched_from_there_is_safe_once_it_is_promised(
    tmp_path: Path, orthanc: tuple[Orthanc, str, int]
) -> None:
    peer, name, _port = orthanc
    made = [made_instance(f"s/e/{number}", bytes([number]) * 64) for number in range(3)]
    peer.keep(write_files(tmp_path / "files", made))
    study = made[0].study_instance_uid
    assert run(tmp_path, "--library", tmp_path / "library", "get", name, "--study", study).code == 0
    with Library(tmp_path / "library") as library:
        standing = standing_of(library, study)
        assert (standing.sent, standing.is_safe_to_delete_here) == (3, False)
    ended, told = _commit(tmp_path, name, study, "--wait", SECONDS)
    assert (ended.code, told["safe_to_delete"]) == (0, True)


def test_slips_are_told_in_one_line(tmp_path: Path) -> None:
    for arguments, code, words in (
        (("X@127.0.0.1:104", "1.2.3"), 1, "no such study"),
        (("X@127.0.0.1:104", "1.2.3", "--wait", "soon"), 2, "seconds"),
        (("http://127.0.0.1:1/dicom-web", "1.2.3"), 1, "DICOM"),
    ):
        ended = run(tmp_path, "--library", tmp_path / "library", "commit", *arguments)
        assert ended.code == code
        assert words in ended.errors.splitlines()[-1]
