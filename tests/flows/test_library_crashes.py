"""Whatever ends a process or fails a disk: what was acknowledged is there, and nothing half done is."""

import contextlib
import errno
import itertools
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.builders.ct_series import write_ct_series
from viewer.base.byte_source import FileBytes
from viewer.base.errors import LibraryError
from viewer.base.jobs import Progress
from viewer.library.catalogue import Catalogue
from viewer.library.database import Database
from viewer.library.instance_record import KeptFile
from viewer.library.instance_store import InstanceStore, ObjectState
from viewer.library.integrity import rebuild, take_back, verify
from viewer.library.library import Library

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="ends processes and fails calls as POSIX systems do")

ROOT = Path(__file__).resolve().parents[2]
KILLS, KILLS_OF_A_CAMPAIGN = 10, 1000
WRITERS = 2


def writer(folder: Path, seed: int, count: int | None = None) -> list[str]:
    command = [sys.executable, "-m", "tests.builders.library_writer", str(folder), str(seed)]
    return command if count is None else [*command, str(count)]


def acknowledged(output: bytes) -> dict[str, str]:
    """Return hash by UID of all whole lines."""
    lines = output.decode().split("\n")[:-1]
    return {line.split()[1]: line.split()[0] for line in lines if not line.startswith("LibraryError")}


def check_whole(folder: Path, promised: dict[str, str]) -> None:
    """After a restart everything promised is there, bit for bit, and nothing else."""
    store = InstanceStore(folder, reserve_bytes=0)
    store.sweep()
    assert not list((folder / "incoming").glob("*.part"))
    with Database(folder) as database:
        database.check()
        catalogue = Catalogue(database)
        take_back(store, catalogue)
        for uid, sha256 in promised.items():
            row = catalogue.instance(uid)
            assert row is not None, uid
            assert row.kept.sha256 == sha256
        report = verify(store, catalogue, Progress())
    assert (report.missing, report.altered, report.orphans, report.strangers) == ((), (), (), ())
    assert report.checked >= len(promised)
    assert list((folder / "incoming").iterdir()) == []


def killed_often(folder: Path, kills: int) -> int:
    """End writers at random moments; return how many instances they had acknowledged."""
    promised: dict[str, str] = {}
    for seed in range(100, 100 + kills):
        random.seed(seed)
        writers = [
            subprocess.Popen(writer(folder, seed * WRITERS + each), cwd=ROOT, stdout=subprocess.PIPE)
            for each in range(WRITERS)
        ]
        first = writers[0].stdout
        assert first is not None
        head = first.readline()  # under way
        time.sleep(random.random() * 0.3)
        for each in writers:
            each.send_signal(signal.SIGKILL)
        outputs = [each.communicate()[0] for each in writers]
        for output in (head + outputs[0], *outputs[1:]):
            promised.update(acknowledged(output))
        if seed % 20 == 0 or seed == 99 + kills:
            check_whole(folder, promised)
    return len(promised)


def test_killed_writers_lose_nothing_that_they_acknowledged(tmp_path: Path) -> None:
    assert killed_often(tmp_path / "library", KILLS) >= KILLS


@pytest.mark.campaign
@pytest.mark.timeout(3600)
def test_a_thousand_killed_writers_lose_nothing(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    count = killed_often(tmp_path / "library", KILLS_OF_A_CAMPAIGN // WRITERS)
    record_property("acknowledged", count)
    print(f"{KILLS_OF_A_CAMPAIGN} kills: {count} acknowledged instances, none lost")


def test_two_processes_keep_the_same_bytes_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "library"
    Database(folder).close()
    racers = [
        # The same seed: the same bytes under the same names.
        subprocess.Popen(writer(folder, 7, 120), cwd=ROOT, stdout=subprocess.PIPE)
        for _each in range(3)
    ]
    outputs = [racer.communicate(timeout=100)[0] for racer in racers]
    assert [racer.returncode for racer in racers] == [0, 0, 0]
    assert outputs[0] == outputs[1] == outputs[2]
    promised = acknowledged(outputs[0])
    assert len(promised) >= 120
    check_whole(folder, promised)
    with Database(folder) as database:
        assert Catalogue(database).stats().instances == len(promised)
        assert Catalogue(database).conflicts() == []


def test_who_takes_away_and_who_keeps_the_same_bytes_do_not_meet(tmp_path: Path) -> None:
    folder = tmp_path / "library"
    store = InstanceStore(folder, reserve_bytes=0)
    with Database(folder) as database:
        catalogue = Catalogue(database)
        process = subprocess.Popen(writer(folder, 11, 200), cwd=ROOT, stdout=subprocess.PIPE)
        removed = 0
        while process.poll() is None:
            with store.removing(60) as removal:
                for each in list(store.objects_there())[:50]:
                    if not catalogue.of_hash(each.sha256):
                        removed += removal.remove(each.sha256)
            time.sleep(0.05)
        output = process.communicate()[0]
    assert removed == 0  # nothing is ever in place without being in the index, when looked at alone
    check_whole(folder, acknowledged(output))


REBUILD = """
import sys
from pathlib import Path
from viewer.base.jobs import Progress
from viewer.library.integrity import rebuild
print("begun", flush=True)
rebuild(Path(sys.argv[1]), Progress())
"""


def test_a_rebuilding_that_is_killed_can_be_done_again(tmp_path: Path) -> None:
    folder = tmp_path / "library"
    sources = write_ct_series(tmp_path / "in", 60, 16)
    with Library(folder, reserve_bytes=0) as library, library.store.batch() as batch:
        for source in sources:
            batch.add(FileBytes(source))
        hashes = sorted(kept.sha256 for kept in batch.commit())
    rebuild(folder, Progress())
    with Library(folder, reserve_bytes=0) as library:
        library.catalogue.set_notes(library.catalogue.studies()[0], "to be carried over")
    random.seed(5)
    finished = 0
    for _kill in range(KILLS):
        process = subprocess.Popen(
            [sys.executable, "-c", REBUILD, str(folder)], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(random.random() * 0.4)
        process.kill()
        process.communicate()
        finished += process.returncode == 0
        with Library(folder, reserve_bytes=0) as library:  # finishes what was ready
            (study,) = library.catalogue.studies()
            assert (study.instance_count, study.notes) == (60, "to be carried over")
            assert sorted(kept.sha256 for kept in library.catalogue.every_kept()) == hashes
    assert finished < KILLS
    rebuild(folder, Progress())
    assert not [path for path in folder.iterdir() if path.name.startswith("rebuild-")]


# Faults at each system call of the write path

CALLS = {
    "write": ("ENOSPC", "EIO", "EDQUOT"),
    "fsync": ("EIO", "ENOSPC"),
    "rename": ("EIO", "ENOSPC"),
    "mkdir": ("EIO", "ENOSPC"),
    "flock": ("EIO", "ENOLCK"),
    "unlink": ("EIO",),
    "statfs": ("EIO",),
}
"""Calls that Python itself does not need on its way to the store; the others are failed within the process below."""

KEEP_SOME = """
import os, sys
from pathlib import Path
from viewer.base.errors import LibraryError
from viewer.library.instance_store import InstanceStore
def say(*words):
    os.writev(1, [" ".join(words).encode() + b"\\n"])  # another call than the store's
try:
    store = InstanceStore(Path(sys.argv[1]), reserve_bytes=0)
except LibraryError as error:
    say("LibraryError", error.one_line())
    sys.exit(0)
for number in range(12):
    try:
        with store.batch() as batch:
            for part in range(3):
                batch.add([b"%d %d" % (number, part) * 5000])
            kept = batch.commit()
        say(*(each.sha256 for each in kept))
    except LibraryError as error:
        say("LibraryError", error.one_line())
"""


def check_store(folder: Path, promised: list[str]) -> None:
    """Everything promised is there, everything there has the right hash, and nothing is left on its way in."""
    store = InstanceStore(folder, reserve_bytes=0)
    store.sweep()
    assert not list((folder / "incoming").glob("*.part"))
    for sha256 in promised:
        assert store.has(sha256)
    for each in store.objects_there():
        assert store.check(KeptFile(each.sha256, each.size)) is ObjectState.WHOLE
    assert store.strangers() == ()


def has_strace() -> bool:
    if shutil.which("strace") is None:
        return False
    return (
        subprocess.run(["strace", "-qq", "-o", os.devnull, "-e", "inject=fsync:error=EIO:when=9", "true"]).returncode
        == 0
    )


@pytest.mark.skipif(not has_strace(), reason="strace is not installed, or may not trace here")
@pytest.mark.parametrize("call", CALLS)
def test_a_failing_system_call_is_told_and_leaves_nothing_half_done(call: str, tmp_path: Path) -> None:
    calls = failed = told = 0
    for error in CALLS[call]:
        for first, step in ((1, 5), (2, 9), (4, 13)):
            folder = tmp_path / f"{error}{first}"
            trace = tmp_path / "trace"
            every = f"?{call},?{call}at,?{call}at2" if call != "statfs" else "?statfs,?fstatfs"
            strace = ["strace", "-f", "-qq", "-o", str(trace), "-e", f"trace={every}"]
            strace += ["-e", f"inject={every}:error={error}:when={first}+{step}"]
            run = subprocess.run(
                [*strace, sys.executable, "-c", KEEP_SOME, str(folder)],
                cwd=ROOT, capture_output=True, timeout=100, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
            )  # fmt: skip
            assert (run.returncode, run.stderr.decode()) == (0, "")
            lines = run.stdout.decode().splitlines()
            seen = trace.read_text(errors="replace")
            calls += seen.count(f"{call}")
            failed += seen.count("(INJECTED)")
            told += sum(line.startswith("LibraryError") for line in lines)
            if folder.exists():
                check_store(folder, [one for line in lines if line[:12] != "LibraryError" for one in line.split()])
    print(f"{call}: {failed} of {calls} failed, {told} told")
    assert failed
    assert told or call == "unlink"  # what cannot be removed now is swept later


FUNCTIONS = (
    "open",
    "write",
    "fsync",
    "rename",
    "replace",
    "mkdir",
    "lstat",
    "stat",
    "unlink",
    "fstat",
    "statvfs",
    "chmod",
    "scandir",
)


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC, errno.EACCES])
def test_every_single_call_may_fail(
    function: str, number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = getattr(os, function)
    for fails_at in itertools.count(1):
        calls = itertools.count(1)
        folder = tmp_path / str(fails_at)
        has_failed = False

        def failing(*arguments: Any, fails_at: int = fails_at, calls: Iterator[int] = calls, **named: Any) -> Any:
            nonlocal has_failed
            if next(calls) == fails_at:
                has_failed = True
                raise OSError(number, os.strerror(number))
            return real(*arguments, **named)

        promised: list[str] = []
        with monkeypatch.context() as patched:
            patched.setattr(os, function, failing)
            with contextlib.suppress(LibraryError):  # the only thing that may come out
                store = InstanceStore(folder, reserve_bytes=0)
                for part in range(3):
                    with contextlib.suppress(LibraryError), store.batch() as batch:
                        batch.add([bytes([part]) * 2000])
                        batch.add([bytes([part, 7]) * 2000])
                        promised += [kept.sha256 for kept in batch.commit()]
        if folder.exists():
            check_store(folder, promised)
        if not has_failed:
            return


def test_a_full_disk_is_told_and_what_was_kept_stays(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(disk)], capture_output=True).returncode:
        pytest.skip("no small disk can be made here")
    try:
        store = InstanceStore(disk / "library", reserve_bytes=0)
        kept = [store.keep([os.urandom(2**20)]) for _number in range(2)]
        kept.append(store.keep(os.urandom(2**10) for _piece in range(2**10)))
        with pytest.raises(LibraryError) as told:
            store.keep(os.urandom(2**10) for _piece in range(2**10))
        assert "Make room" in told.value.advice
        check_store(disk / "library", [each.sha256 for each in kept])
        with pytest.raises(LibraryError, match="nearly full"):
            InstanceStore(disk / "library", reserve_bytes=2**20).keep([b"x"])
        assert store.keep([b"there is room for this"]).size == 22
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_file_larger_than_allowed_is_told(tmp_path: Path) -> None:
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (19_000, 19_000))\n"
    run = subprocess.run(
        [sys.executable, "-c", limit + KEEP_SOME, str(tmp_path / "library")],
        cwd=ROOT, capture_output=True, timeout=100,
    )  # fmt: skip
    lines = run.stdout.decode().splitlines()
    assert run.stderr == b""
    assert [line.startswith("LibraryError") for line in lines[-2:]] == [True, True]  # two figures make longer files
    check_store(tmp_path / "library", [one for line in lines if line[:12] != "LibraryError" for one in line.split()])
