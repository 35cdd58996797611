"""The list of transfers as people read it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pydicom
import pytest

from tests.builders.ct_series import write_ct_series
from viewer.archives.transfer_values import (
    INTERRUPTED,
    LogLine,
    TransferKind,
    TransferRequest,
    TransferState,
    TransferStatus,
    status_of,
)
from viewer.base.jobs import Progress
from viewer.library.library import Library
from viewer.workspace.importing import ImportPlaces
from viewer.workspace.transfers import TransferList, TransferRow
from viewer.workspace.transfers_library import study_of, titles_of

RUNNING = TransferStatus(
    1, TransferRequest(TransferKind.RETRIEVE, "PACS", "1.2.3"), TransferState.RUNNING, done=412, expected=500,
    size=206_000_000, instances_per_s=52.3, bytes_per_s=26_200_000, left_s=1.7, made_at=10.0,
)  # fmt: skip


def event(status: TransferStatus) -> dict[str, Any]:
    return {"event": "transfer", **status.as_json()}


def row_of(status: TransferStatus) -> TransferRow:
    transfers = TransferList()
    transfers.show([status])
    row = transfers.row(status.key)
    assert row is not None
    return row


def test_a_row_says_how_much_how_fast_and_how_long_still() -> None:
    row = row_of(RUNNING)
    assert (row.counted, row.rate, row.left, row.done) == ("412 of 500", "52/s, 26.2 MB/s", "2 s left", 412 / 500)
    assert (row.title, row.place, row.state) == ("A study", "from PACS", "running")


def test_what_stands_still_has_no_rate() -> None:
    row = row_of(replace(RUNNING, state=TransferState.PAUSED, reason=INTERRUPTED))
    assert (row.rate, row.left, row.reason) == ("", "", "It was interrupted")


@pytest.mark.parametrize(("seconds", "words"), [(0.2, "1 s left"), (90.0, "2 min left"), (5400.0, "1.5 h left")])
def test_the_time_left_is_said_in_the_unit_that_fits(seconds: float, words: str) -> None:
    assert row_of(replace(RUNNING, left_s=seconds)).left == words


@pytest.mark.parametrize(
    ("state", "can"),
    [
        (TransferState.RUNNING, "pause cancel"),
        (TransferState.QUEUED, "pause cancel"),
        (TransferState.RETRYING, "pause cancel"),
        (TransferState.PAUSED, "resume cancel forget"),
        (TransferState.DONE, "forget"),
        (TransferState.INCOMPLETE, "resume forget"),
        (TransferState.FAILED, "resume forget"),
        (TransferState.CANCELLED, "resume forget"),
    ],
)
def test_what_can_be_done_follows_from_the_state(state: TransferState, can: str) -> None:
    row = row_of(replace(RUNNING, state=state))
    able = {"pause": row.can_pause, "resume": row.can_resume, "cancel": row.can_cancel, "forget": row.can_forget}
    assert " ".join(name for name, is_able in able.items() if is_able) == can


def test_what_runs_is_first_and_what_ended_lately_before_what_ended_long_ago() -> None:
    transfers = TransferList()
    ended = replace(RUNNING, state=TransferState.DONE)
    for status in (
        replace(ended, key=1, ended_at=10.0),
        replace(ended, key=2, ended_at=20.0),
        replace(RUNNING, key=3, state=TransferState.PAUSED),
        replace(RUNNING, key=4, state=TransferState.QUEUED),
        replace(RUNNING, key=5),
    ):
        transfers.hear(event(status))
    assert [row.status.key for row in transfers.rows()] == [5, 4, 3, 2, 1]


def test_the_name_of_a_patient_comes_from_the_window_alone() -> None:
    transfers = TransferList()
    transfers.name("1.2.3", "Kim Gildong, Chest")
    transfers.hear(event(RUNNING))
    assert transfers.rows()[0].title == "Kim Gildong, Chest"
    assert transfers.unnamed() == set()
    assert "Kim" not in repr(transfers.statuses())


def test_the_sum_is_of_what_is_on_its_way() -> None:
    transfers = TransferList()
    assert transfers.summary().text == ""
    transfers.hear(event(RUNNING))
    transfers.hear(event(replace(RUNNING, key=2, state=TransferState.QUEUED, done=0, instances_per_s=0, bytes_per_s=0)))
    transfers.hear(event(replace(RUNNING, key=3, state=TransferState.FAILED)))
    summary = transfers.summary()
    assert (summary.current, summary.failed, summary.done, summary.expected) == (2, 1, 412, 1000)
    assert summary.text == "Transfers: 412/1000, 52/s, 26.2 MB/s, 11 s left"


def test_log_lines_gather_and_those_that_are_told_whole_replace_them() -> None:
    transfers = TransferList()
    transfers.hear(event(RUNNING))
    transfers.hear({"event": "log", "key": 1, "at": 1.0, "text": "C-GET"})
    assert transfers.rows()[0].log == (LogLine(1.0, "C-GET"),)
    transfers.hear(event(replace(RUNNING, log=(LogLine(0.5, "WADO-RS"),))))
    assert [line.text for line in transfers.rows()[0].log] == ["WADO-RS"]


def test_when_the_process_dies_what_it_did_is_interrupted() -> None:
    transfers = TransferList()
    transfers.hear(event(RUNNING))
    transfers.hear({"event": "died", "reason": "it was ended by signal 9", "is_final": False})
    assert transfers.interrupted() == [1]
    transfers.hear({"event": "gone", "key": 1})
    assert transfers.rows() == ()


def test_a_status_goes_through_the_pipe_unchanged() -> None:
    assert status_of(RUNNING.as_json()) == RUNNING
    with pytest.raises(ValueError, match="no status"):
        status_of({"key": 1})


def test_of_two_patients_who_share_a_study_uid_the_one_whose_images_came_is_opened(tmp_path: Path) -> None:
    shared = "1.2.826.0.1.3680043.8.498.4711"
    for name in ("KIM", "LEE"):
        elements = {"PatientID": name, "PatientName": name, "StudyInstanceUID": shared}
        write_ct_series(tmp_path / "files" / name, 2, 32, label=name, elements=elements)
    with Library(tmp_path / "library") as library:
        ImportPlaces((tmp_path / "files",), library, is_in_place=False).run(Progress())
        assert len(library.catalogue.studies_of_uid(shared)) == 2
        for name in ("KIM", "LEE"):
            path = next((tmp_path / "files" / name).iterdir())
            study = study_of(library, shared, {str(pydicom.dcmread(path).SOPInstanceUID)})
            assert study is not None
            assert study.patient_id == name
        assert study_of(library, shared, {"1.2.3"}) is None
        assert titles_of([shared], library) == {}  # nobody knows whose name it would be
