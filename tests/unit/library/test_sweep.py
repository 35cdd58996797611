"""The integrity sweep: it finds what is wrong, goes on where it was, and takes its time."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.builders.library_rows import flip
from tests.unit.library.test_aside import altered, in_force, keep, series
from viewer.base.errors import Cancelled
from viewer.base.jobs import Progress, ProgressReport
from viewer.library.library import Library
from viewer.library.sweep import FILE, IntegritySweep, SweepState, read_sweep_state

AT_ONCE = 1 << 40


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path / "library", reserve_bytes=0) as opened:
        paths = series(tmp_path / "ct", 6)
        keep(opened, paths)
        keep(opened, [altered(paths[0], tmp_path / "forged")])
        yield opened


def swept(library: Library, progress: Progress | None = None) -> SweepState:
    return IntegritySweep(library, AT_ONCE).run(progress or Progress())


def test_a_sound_library_is_found_sound(library: Library) -> None:
    assert read_sweep_state(library.folder) == SweepState()
    assert read_sweep_state(library.folder).is_due(datetime.now(UTC))
    reports: list[ProgressReport] = []
    state = swept(library, Progress(reports.append))
    assert (state.checked, state.total, state.is_sound, state.is_index_sound) == (7, 7, True, True)
    assert (state.started_at, state.orphans) == (None, ())
    assert [(report.done, report.total) for report in reports] == [(number, 7) for number in range(7)]
    assert read_sweep_state(library.folder) == state
    now = datetime.now(UTC)
    assert not state.is_due(now)
    assert state.is_due(now + timedelta(days=8))


def test_what_is_wrong_is_found_and_forgotten_when_it_is_mended(library: Library, tmp_path: Path) -> None:
    rows = in_force(library)
    flip(library.store, rows[1].kept.sha256)
    library.store.remove(rows[2].kept.sha256)
    orphan = library.store.keep([b"nobody's"])
    state = swept(library)
    assert (state.altered, state.missing) == ((rows[1].kept.sha256,), (rows[2].kept.sha256,))
    assert (state.orphans, state.is_sound) == ((orphan.sha256,), False)
    assert swept(library).altered == state.altered
    library.store.remove(rows[1].kept.sha256)
    keep(library, sorted((tmp_path / "ct").iterdir()))  # the files are imported again
    assert swept(library).is_sound
    library.store.remove(rows[2].kept.sha256)
    assert swept(library).missing == (rows[2].kept.sha256,)
    library.catalogue.forget([rows[2].sop_instance_uid])
    assert swept(library).is_sound


def test_it_goes_on_where_it_was(library: Library) -> None:
    flip(library.store, min(row.kept.sha256 for row in in_force(library)))

    def stop(report: ProgressReport) -> None:
        if report.done == 4:
            progress.cancel()

    progress = Progress(stop)
    with pytest.raises(Cancelled):
        swept(library, progress)
    state = read_sweep_state(library.folder)
    assert 3 <= state.checked <= 5
    assert state.started_at is not None
    assert state.is_due(datetime.now(UTC))
    reports: list[ProgressReport] = []
    after = swept(library, Progress(reports.append))
    assert reports[0].done == state.checked
    assert (after.checked, len(after.altered)) == (7, 1)


def test_it_takes_its_time_and_can_be_stopped_while_it_waits(library: Library) -> None:
    progress = Progress()
    ended = threading.Event()

    def run() -> None:
        with pytest.raises(Cancelled):
            IntegritySweep(library, 1).run(progress)  # a byte a second
        ended.set()

    thread = threading.Thread(target=run)
    thread.start()
    assert not ended.wait(0.2)
    progress.cancel()
    assert ended.wait(60)
    thread.join()


def test_only_one_process_sweeps(library: Library) -> None:
    states: list[SweepState] = []

    def other(report: ProgressReport) -> None:
        if report.done == 3:
            states.append(swept(library))

    state = swept(library, Progress(other))
    assert states == [SweepState()]
    assert state.checked == 7


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '{"version": 2}', '{"version": 1, "after": "../../etc"}', "\xff", "[" * 100_000],
)
def test_a_damaged_file_is_none(text: str, library: Library) -> None:
    (library.folder / FILE).write_bytes(text.encode("latin-1"))
    assert read_sweep_state(library.folder) == SweepState()
    assert swept(library).is_sound


def test_every_value_of_its_file_is_judged(library: Library) -> None:
    swept(library)
    path = library.folder / FILE
    values = json.loads(path.read_text())
    for name in values:
        several: tuple[object, ...] = (None, "x", -1.5, ["x"], {})
        for wrong in several:
            path.write_text(json.dumps({**values, name: wrong}))
            read_sweep_state(library.folder)
    path.unlink()
    path.symlink_to("/etc/passwd")
    assert read_sweep_state(library.folder) == SweepState()
