"""The crew that looks at files: processes, stalls, crashes, retries, cancelling."""

import os
import threading
import time
from pathlib import Path

import pytest

from tests.builders.ct_series import write_ct_series
from tests.builders.discs import OTHER_FILES, make_zip, write_disc
from tests.unit.media.opening import Opened, opened
from viewer.base.byte_source import ByteSource, FileBytes
from viewer.base.errors import Cancelled, MediaError
from viewer.base.jobs import Progress
from viewer.media import disc_contents, scan_workers
from viewer.media.problems import ProblemKind
from viewer.media.scan_lanes import Scan
from viewer.media.scan_results import Container, Failure, ScanResult, pack_results, scan_source, unpack_results

A_SLEEP = 30
"""Seconds that what hangs would take: whoever waits for it is not quicker than that."""


@pytest.fixture
def eager_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let processes start for a handful of files, and take few at a time."""
    monkeypatch.setattr(scan_workers, "WORTH_PROCESSES", 4)


def test_results_survive_the_pipe(tmp_path: Path) -> None:
    paths = write_ct_series(tmp_path, 3, size=8)
    sources = [FileBytes(path) for path in paths]
    results: list[ScanResult] = [scan_source(sources[0]), Container.ZIP, Failure(ProblemKind.DAMAGED, "no")]
    assert unpack_results(pack_results(results), sources) == results


@pytest.mark.usefixtures("eager_processes")
def test_processes_give_the_same_as_the_thread(tmp_path: Path) -> None:
    write_disc(tmp_path, 600)
    alone = opened(tmp_path)
    together = opened(tmp_path, processes=2)
    assert together.uids == alone.uids
    assert together.files == alone.files == 600 + OTHER_FILES
    by_uid = {header.sop_instance_uid: header for header in alone.headers}
    assert all(by_uid[header.sop_instance_uid] == header for header in together.headers)


@pytest.mark.usefixtures("eager_processes")
def test_processes_read_members_of_archives(tmp_path: Path) -> None:
    write_disc(tmp_path / "disc", 300)
    result = opened(make_zip(tmp_path / "disc.zip", tmp_path / "disc"), processes=2)
    assert len(result.headers) == 300


def _slow(source: ByteSource) -> ScanResult:
    if "IM000003" in source.name:
        time.sleep(A_SLEEP)
    return scan_source(source)


def _crashing(source: ByteSource) -> ScanResult:
    if "IM000150" in source.name and threading.current_thread() is threading.main_thread():
        os._exit(11)
    return scan_source(source)


def _with_scan(monkeypatch: pytest.MonkeyPatch, scan: Scan) -> None:
    class Crew(scan_workers.ScanCrew):
        def __init__(self, *arguments: object, **options: object) -> None:
            super().__init__(*arguments, scan=scan, **options)  # type: ignore[arg-type]  # passed through

    monkeypatch.setattr(disc_contents, "ScanCrew", Crew)


@pytest.mark.parametrize("processes", [0, 2])
@pytest.mark.usefixtures("eager_processes")
def test_a_file_that_hangs_is_listed_and_the_rest_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, processes: int
) -> None:
    write_ct_series(tmp_path, 200, size=8)
    _with_scan(monkeypatch, _slow)
    started = time.monotonic()
    result = opened(tmp_path, processes=processes, stall_seconds=2)
    assert time.monotonic() - started < A_SLEEP
    assert len(result.headers) == 199
    (problem,) = result.problems
    assert problem.kind is ProblemKind.UNREADABLE
    assert problem.path.endswith("IM000003")
    assert "2 seconds" in problem.error


def _always_slow(_source: ByteSource) -> ScanResult:
    time.sleep(A_SLEEP)
    raise AssertionError


def test_a_medium_that_only_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_ct_series(tmp_path, 50, size=8)
    _with_scan(monkeypatch, _always_slow)
    started = time.monotonic()
    result = opened(tmp_path, stall_seconds=0.3)
    assert time.monotonic() - started < A_SLEEP
    assert not result.headers
    assert result.kinds == {ProblemKind.UNREADABLE: 50}


def test_a_folder_that_hangs_is_listed_and_other_places_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_ct_series(tmp_path / "good", 3, size=8)
    (tmp_path / "bad").mkdir()
    scandir = os.scandir

    def hanging(path: str) -> object:
        if str(path).endswith("bad"):
            time.sleep(A_SLEEP)
        return scandir(path)

    monkeypatch.setattr("viewer.media.folder_tree.os.scandir", hanging)
    started = time.monotonic()
    result = opened(tmp_path / "bad", tmp_path / "good", stall_seconds=1.5)
    assert time.monotonic() - started < A_SLEEP
    assert len(result.headers) == 3
    assert result.kinds == {ProblemKind.UNREADABLE: 1}


def test_cancelling_does_not_wait_for_a_hanging_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_ct_series(tmp_path, 5, size=8)
    _with_scan(monkeypatch, _always_slow)
    progress = Progress()
    threading.Timer(0.3, progress.cancel).start()
    started = time.monotonic()
    with pytest.raises(Cancelled):
        list(disc_contents.open_places([tmp_path], progress, processes=0))
    assert time.monotonic() - started < A_SLEEP


@pytest.mark.usefixtures("eager_processes")
def test_a_file_that_kills_its_process_costs_only_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_ct_series(tmp_path, 400, size=8)
    _with_scan(monkeypatch, _crashing)
    result = opened(tmp_path, processes=2)
    assert len(result.headers) >= 399
    assert result.files == 400
    assert all(problem.path.endswith("IM000150") for problem in result.problems)


_failures: dict[str, int] = {}


def _failing_twice(source: ByteSource) -> ScanResult:
    _failures[source.name] = _failures.get(source.name, 0) + 1
    if "IM000001" in source.name and _failures[source.name] < 3:
        return Failure(ProblemKind.UNREADABLE, str(MediaError("Input/output error")))
    if "IM000002" in source.name:
        return Failure(ProblemKind.UNREADABLE, "Input/output error")
    return scan_source(source)


def test_unreadable_files_are_tried_again_and_then_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_ct_series(tmp_path, 5, size=8)
    _failures.clear()
    _with_scan(monkeypatch, _failing_twice)
    result = opened(tmp_path)
    assert len(result.headers) == 4
    assert result.kinds == {ProblemKind.UNREADABLE: 1}
    assert sorted(_failures.values()) == [1, 1, 1, 3, 3]
    assert result.files == 5


def _broken(_source: ByteSource) -> ScanResult:
    raise ZeroDivisionError


def test_a_bug_reaches_the_caller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_ct_series(tmp_path, 2, size=8)
    _with_scan(monkeypatch, _broken)
    with pytest.raises(ZeroDivisionError):
        opened(tmp_path)


def test_leaving_early_leaves_nothing_running(tmp_path: Path) -> None:
    write_ct_series(tmp_path, 900, size=8)
    before = set(threading.enumerate())
    batches = disc_contents.open_places([tmp_path], Progress())
    first = Opened([next(batches)])
    assert first.headers
    batches.close()
    deadline = time.monotonic() + 5
    while set(threading.enumerate()) - before:
        assert time.monotonic() < deadline
        time.sleep(0.01)
