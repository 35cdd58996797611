"""Archives that fail, lie, or hold to no rules: every retrieve ends with a clear word, and what is here is whole."""

import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from pydicom.dataset import Dataset

from tests.builders.misbehaving import waited_for
from tests.builders.retrieving import (
    BRIEF,
    Fetching,
    OutFolder,
    data_sets_in,
    dimse_access,
    fetching,
    sent_data_sets,
    study_of,
)
from tests.builders.scripted_archive import GET_CLASS, Answer, Archive
from tests.builders.scripted_dimse import (
    C_FIND,
    C_GET,
    C_STORE,
    FIELD,
    STATUS,
    Abort,
    Acceptance,
    Drop,
    Hang,
    Request,
    ScriptedDimse,
    Talk,
)
from tests.builders.sent_instances import SentInstance
from viewer.network import retrieve_operation
from viewer.network.get_contexts import USUAL_CLASSES
from viewer.network.peers import Quirks

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="its peers are programs of other systems")


def asked(
    archive: Archive, place: OutFolder, acceptance: Acceptance | None = None, *, message_s: float = 10, **more: object
) -> Fetching:
    """Fetch the study of an archive, to the end; the report is in `report`."""
    with ScriptedDimse(archive, acceptance) as peer:
        access = dimse_access(peer, patience=replace(BRIEF, message_s=message_s))
        one = fetching(access, place, archive.made[0].study_instance_uid, **{"tries": 1, **more})  # type: ignore[arg-type]
        one.run()
    return one


@pytest.fixture
def made() -> list[SentInstance]:
    return study_of(4, size=2000)


def _all_then(status: int, *, failed: int = 0, **more: int) -> Callable[["Archive"], Answer]:
    """Return what gives all but so many, and then a last word."""

    def given(archive: Archive) -> Answer:
        def answer(talk: Talk, request: Request) -> None:
            wanted = archive.wanted(request)
            for number, one in enumerate(wanted[failed:], 1):
                archive.store(talk, one)
                talk.respond(request, 0xFF00, e1020=len(wanted) - number, e1021=number, e1022=0, e1023=0)
            identifier = Dataset()
            identifier.FailedSOPInstanceUIDList = [one.sop_instance_uid for one in wanted[:failed]]
            counts = {"e1021": len(wanted) - failed, "e1022": failed, "e1023": 0, **more}
            talk.respond(request, status, identifier if failed else b"", **counts)

        return answer

    return given


def _archive(made: Sequence[SentInstance], given: Callable[[Archive], Answer]) -> Archive:
    archive = Archive(made, lambda _talk, _request: None)
    archive.gives = given(archive)
    return archive


def test_all_of_it(made: list[SentInstance], tmp_path: Path) -> None:
    with OutFolder(tmp_path) as place:
        one = asked(_archive(made, _all_then(0)), place)
    assert one.report.is_whole
    assert data_sets_in(tmp_path) == sent_data_sets(made)


@pytest.mark.parametrize("failed", [1, 4])
def test_what_the_archive_names_as_failed_is_missing_with_that_reason(
    made: list[SentInstance], tmp_path: Path, failed: int
) -> None:
    with OutFolder(tmp_path) as place:
        report = asked(_archive(made, _all_then(0xB000, failed=failed)), place).report
    lost = {one.sop_instance_uid for one in made[:failed]}
    assert (report.is_whole, set(report.missing), set(report.failed)) == (False, lost, lost)
    assert set(report.failed.values()) == {"The archive could not send it"}
    assert data_sets_in(tmp_path) == sent_data_sets(made[failed:])


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (0xA700, "no resources left (A700H)"),
        (0xA701, "could not look for the images"),
        (0xA702, "could not send the images"),
        (0xA900, "does not understand what it was asked for"),
        (0xA9FF, "does not understand what it was asked for"),
        (0xC001, "could not do what it was asked (C001H)"),
        (0x0122, "does not offer this service"),
        (0x0124, "may not fetch from it"),
        (0x5555, "ended the request with a failure (5555H)"),
    ],
)
def test_every_failure_is_in_words(made: list[SentInstance], tmp_path: Path, status: int, words: str) -> None:
    def given(_archive: Archive) -> Answer:
        return lambda talk, request: talk.respond(request, status)

    with OutFolder(tmp_path) as place:
        report = asked(_archive(made, given), place).report
    assert words in report.reason
    assert (report.here, len(report.missing), report.is_whole) == (0, 4, False)
    assert report.text() == "0 of 4 images are here: ask again"


@pytest.mark.parametrize("status", [0xFE00, 0])
def test_an_end_without_anything_is_no_success(made: list[SentInstance], tmp_path: Path, status: int) -> None:
    def given(_archive: Archive) -> Answer:
        return lambda talk, request: talk.respond(request, status)

    with OutFolder(tmp_path) as place:
        report = asked(_archive(made, given), place).report
    assert (report.is_whole, len(report.missing)) == (False, 4)
    assert "Not everything came" in report.reason


@pytest.mark.parametrize(
    ("acceptance", "words"),
    [
        (Acceptance(refused=dict.fromkeys(USUAL_CLASSES, 3)), "does not send objects of this kind"),
        (Acceptance(refused={GET_CLASS: 3, GET_CLASS.replace(".2.2.3", ".2.1.3"): 3}), "does not offer this service"),
        (Acceptance(refuses_all=True), "does not offer this service"),
        (Acceptance(rejected=(1, 1, 3)), "does not know this station's AE title"),
        (Acceptance(raw=b"HTTP/1.1 400 Bad Request\r\n\r\n"), "web server"),
    ],
)
def test_what_is_not_agreed_to_is_in_words(
    made: list[SentInstance], tmp_path: Path, acceptance: Acceptance, words: str
) -> None:
    with OutFolder(tmp_path) as place:
        report = asked(_archive(made, _all_then(0)), place, acceptance).report
    assert words in report.reason
    assert report.here == 0


def test_roles_that_are_not_answered_are_not_missed(made: list[SentInstance], tmp_path: Path) -> None:
    with OutFolder(tmp_path) as place:
        report = asked(_archive(made, _all_then(0)), place, Acceptance(roles={})).report
    assert report.is_whole


def test_objects_that_are_none_are_refused_and_the_rest_comes(made: list[SentInstance], tmp_path: Path) -> None:
    first, second, third, last = made

    def given(archive: Archive) -> Answer:
        def answer(talk: Talk, request: Request) -> None:
            archive.store(talk, first, b"no data set at all")
            archive.store(talk, second, third.data_set)
            archive.store(talk, third, sop_class="1.2.840.10008.5.1.4.1.1.4")
            archive.store(talk, third, uid="../../../etc/passwd")
            archive.store(talk, third, b"")
            archive.store(talk, last)
            archive.store(talk, last)
            talk.respond(request, 0, e1021=7)

        return answer

    archive = _archive(made, given)
    with OutFolder(tmp_path) as place:
        report = asked(archive, place).report
    # The first is on its way to the disk when it is answered; what follows it is answered when it is judged.
    assert archive.statuses[2:5] == [0x0122, 0x0117, 0xC000]
    assert archive.statuses[5:] == [0, 0]
    assert report.received == (last.sop_instance_uid,)
    assert report.failed[first.sop_instance_uid] == "The data set cannot be read"
    assert report.failed[second.sop_instance_uid] == "The data set has another SOP Instance UID"
    assert set(report.missing) == {one.sop_instance_uid for one in made[:3]}
    assert [path.name for path in tmp_path.iterdir()] == [f"{last.sop_instance_uid}.dcm"]


def test_a_full_disk_is_answered_and_said(made: list[SentInstance], tmp_path: Path) -> None:
    archive = _archive(made, _all_then(0xA702))
    with OutFolder(tmp_path) as place:
        place.files._reserve_bytes = 1 << 60
        report = asked(archive, place).report
    assert archive.statuses == [0xA700] * 4
    assert set(report.failed.values()) == {"The disk is full"}
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize("ending", [Drop, Abort, Hang])
def test_it_breaks_off_in_the_middle_of_an_object(made: list[SentInstance], tmp_path: Path, ending: type) -> None:
    def given(archive: Archive) -> Answer:
        def answer(talk: Talk, _request: Request) -> None:
            archive.store(talk, made[0])
            context_id = next(number for number, pair in talk.accepted.items() if pair[0] == made[1].sop_class_uid)
            talk.say(
                context_id,
                {0x0002: made[1].sop_class_uid, FIELD: C_STORE, 0x0110: 8, 0x0700: 0, 0x1000: made[1].sop_instance_uid,
                 0x0800: 1},
            )  # fmt: skip
            talk.raw(b"\x04\0\0\0\x20\0" + b"\0\0\x1f\xfc" + bytes((context_id, 0)) + made[1].data_set[:1000])
            raise ending

        return answer

    with OutFolder(tmp_path) as place:
        one = asked(_archive(made, given), place, message_s=1 if ending is Hang else 10)
    report = one.report
    assert report.received == (made[0].sop_instance_uid,)
    assert len(report.missing) == 3
    assert report.reason
    assert [path.name for path in tmp_path.iterdir()] == [f"{made[0].sop_instance_uid}.dcm"]


@pytest.mark.parametrize(
    "said",
    [
        {FIELD: C_GET | 0x8000, 0x0120: 99, STATUS: 0},
        {FIELD: C_FIND | 0x8000, 0x0120: 1, STATUS: 0},
        {FIELD: 0x0030, 0x0110: 5},
    ],
)
def test_messages_that_belong_to_nothing(made: list[SentInstance], tmp_path: Path, said: dict[int, int]) -> None:
    def given(archive: Archive) -> Answer:
        def answer(talk: Talk, request: Request) -> None:
            archive.store(talk, made[0])
            talk.say(request.context_id, {0x0002: GET_CLASS, **said})
            raise Hang

        return answer

    with OutFolder(tmp_path) as place:
        report = asked(_archive(made, given), place).report
    assert "does not keep to the protocol" in report.reason
    assert report.received == (made[0].sop_instance_uid,)


@pytest.mark.parametrize("cancels", [True, False])
def test_an_archive_that_goes_on_when_it_is_cancelled_is_broken_off(
    made: list[SentInstance], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cancels: bool
) -> None:
    monkeypatch.setattr(retrieve_operation, "_LAST_WORDS_S", 0.5)
    over = threading.Event()

    def given(archive: Archive) -> Answer:
        def answer(talk: Talk, request: Request) -> None:
            archive.store(talk, made[0])
            while not over.is_set():
                talk.respond(request, 0xFF00, e1020=3, e1021=1)
                time.sleep(0.05)

        return answer

    with ScriptedDimse(_archive(made, given)) as peer, OutFolder(tmp_path) as place:
        access = dimse_access(peer, patience=BRIEF, quirks=Quirks(cancels=cancels))
        one = fetching(access, place, made[0].study_instance_uid)
        reports = []
        thread = threading.Thread(target=lambda: reports.append(one.run()))
        thread.start()
        waited_for(lambda: bool(one.of("arrived")))
        one.retrieval.cancel()
        thread.join(20)
        over.set()
    assert not thread.is_alive()
    assert reports[0].is_cancelled
    assert reports[0].received == (made[0].sop_instance_uid,)
    sent_cancel = any(request.number(FIELD) == 0x0FFF for request in peer.requests)
    assert not (sent_cancel and not cancels)


# Archives that do not list what they have


def test_series_that_are_only_counted_cannot_be_verified(made: list[SentInstance], tmp_path: Path) -> None:
    archive = _archive(made, _all_then(0))
    archive.refused_levels = ("IMAGE",)
    with OutFolder(tmp_path) as place:
        one = asked(archive, place)
    report = one.report
    assert (report.is_whole, report.is_verified, report.expected, len(report.received)) == (True, False, 4, 4)
    assert "it cannot be verified which" in report.text()
    assert any("does not list its images" in event["text"] for event in one.of("noted"))


def test_series_that_are_only_counted_and_do_not_come_are_missing(made: list[SentInstance], tmp_path: Path) -> None:
    archive = _archive(made, _all_then(0xB000, failed=1))
    archive.refused_levels = ("IMAGE",)
    with OutFolder(tmp_path) as place:
        report = asked(archive, place).report
    assert (report.is_whole, report.expected, len(report.received), report.missing_unnamed) == (False, 4, 3, 1)
    assert report.text() == "3 of 4 images are here: ask again"


@pytest.mark.parametrize("failed", [0, 2])
def test_archives_that_list_nothing_are_held_to_their_own_counts(
    made: list[SentInstance], tmp_path: Path, failed: int
) -> None:
    archive = _archive(made, _all_then(0xB000 if failed else 0, failed=failed))
    archive.refused_levels = ("IMAGE", "SERIES")
    with OutFolder(tmp_path) as place:
        report = asked(archive, place).report
    assert (report.is_whole, report.is_verified, report.expected) == (not failed, False, 4)
    assert (len(report.received), report.missing_unnamed) == (4 - failed, failed)


def test_lists_of_uids_that_are_looked_at_by_their_first_are_not_used_again(
    made: list[SentInstance], tmp_path: Path
) -> None:
    def given(archive: Archive) -> Answer:
        whole = _all_then(0)(archive)

        def answer(talk: Talk, request: Request) -> None:
            wanted = archive.wanted(request)
            if "SOPInstanceUID" in request.identifier:
                archive.store(talk, wanted[0])
                talk.respond(request, 0, e1021=1)
            else:
                whole(talk, request)

        return answer

    with OutFolder(tmp_path) as place:
        _keep(place, made[0])
        report = asked(_archive(made, given), place, tries=3).report
    assert report.is_whole
    assert data_sets_in(tmp_path) == sent_data_sets(made)


def _keep(place: OutFolder, one: SentInstance) -> None:
    from viewer.network.ports import Caller, OfferedInstance

    offered = OfferedInstance(one.sop_class_uid, one.sop_instance_uid, one.transfer_syntax_uid)
    sink = place.keeper.begin(offered, Caller("ANOTHER", "192.0.2.1"))
    sink.write(one.data_set)
    sink.finish()
