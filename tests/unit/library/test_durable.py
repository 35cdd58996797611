import errno
import os
import socket
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from viewer.base.errors import LibraryError
from viewer.library import durable

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="modes, links and pipes as POSIX systems have them")


def test_a_folder_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    assert durable.make_folder(tmp_path / "new")
    assert not durable.make_folder(tmp_path / "new")
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


@pytest.mark.parametrize("kind", ["file", "link", "dangling", "pipe"])
def test_only_a_true_folder_is_a_folder(kind: str, tmp_path: Path) -> None:
    place, elsewhere = tmp_path / "place", tmp_path / "elsewhere"
    elsewhere.mkdir()
    if kind == "file":
        place.write_bytes(b"")
    elif kind == "pipe":
        os.mkfifo(place)
    else:
        place.symlink_to(elsewhere if kind == "link" else tmp_path / "nothing")
    with pytest.raises(NotADirectoryError):
        durable.make_folder(place)
    with pytest.raises(NotADirectoryError):
        durable.check_folder(place)


def test_a_new_file_never_takes_the_place_of_anything(tmp_path: Path) -> None:
    target = tmp_path / "target"
    (tmp_path / "link").symlink_to(target)
    with pytest.raises(FileExistsError):
        durable.create_file(tmp_path / "link")
    assert not target.exists()
    descriptor = durable.create_file(tmp_path / "new")
    durable.write_all(descriptor, b"content")
    durable.sync_file(descriptor)
    os.close(descriptor)
    assert (tmp_path / "new").read_bytes() == b"content"
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o400
    with pytest.raises(FileExistsError):
        durable.create_file(tmp_path / "new")


@pytest.mark.timeout(10)
@pytest.mark.parametrize("kind", ["link", "pipe", "folder", "socket"])
def test_only_a_plain_file_is_opened(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "place"
    with socket.socket(socket.AF_UNIX) as listener:
        if kind == "link":
            (tmp_path / "file").write_bytes(b"")
            place.symlink_to(tmp_path / "file")
        elif kind == "pipe":
            os.mkfifo(place)
        elif kind == "folder":
            place.mkdir()
        else:
            monkeypatch.chdir(tmp_path)  # a socket's whole path is often too long
            listener.bind("place")
        with pytest.raises(OSError, match=r"."):
            durable.open_file(place)


def test_everything_is_written_however_little_the_system_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, bytes(data[:3])))
    descriptor = durable.create_file(tmp_path / "new")
    durable.write_all(descriptor, bytes(range(100)))
    os.close(descriptor)
    assert (tmp_path / "new").read_bytes() == bytes(range(100))


def test_one_file_that_cannot_be_synced_fails_them_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    descriptors = [durable.create_file(tmp_path / str(number)) for number in range(10)]
    synced = []

    def fsync(descriptor: int) -> None:
        synced.append(descriptor)
        if descriptor == descriptors[4]:
            raise OSError(errno.EIO, "bad disk")

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(OSError, match="bad disk"):
        durable.sync_files(descriptors)
    assert sorted(synced) == descriptors
    for descriptor in descriptors:
        os.close(descriptor)


def test_folders_are_synced_once_and_the_inner_ones_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[Path] = []
    monkeypatch.setattr(durable, "sync_folder", synced.append)
    durable.sync_folders([tmp_path, tmp_path / "a" / "b", tmp_path / "a", tmp_path])
    assert synced == [tmp_path / "a" / "b", tmp_path / "a", tmp_path]


def test_a_system_that_knows_no_syncing_of_folders_is_no_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fsync(_descriptor: int) -> None:
        raise OSError(errno.EINVAL, "Invalid argument")

    monkeypatch.setattr(os, "fsync", fsync)
    durable.sync_folder(tmp_path)


def test_locks_are_shared_by_those_who_add_and_held_alone_by_who_takes_away(tmp_path: Path) -> None:
    lock = durable.FolderLock(tmp_path / "lock")
    with lock.shared(0), lock.shared(0), pytest.raises(TimeoutError), lock.exclusive(0.05):
        pass
    with lock.exclusive(0), pytest.raises(TimeoutError), lock.shared(0.05):
        pass
    with lock.exclusive(0):
        pass


def test_a_lock_is_waited_for(tmp_path: Path) -> None:
    lock = durable.FolderLock(tmp_path / "lock")
    order: list[str] = []

    def wait() -> None:
        with lock.exclusive(30):
            order.append("second")

    with lock.shared(0):
        waiting = threading.Thread(target=wait)
        waiting.start()
        time.sleep(0.1)
        order.append("first")
    waiting.join(30)
    assert order == ["first", "second"]


def test_a_lock_ends_with_its_process(tmp_path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from viewer.library.durable import FolderLock\n"
        "with FolderLock(Path(sys.argv[1])).exclusive(0): print('held', flush=True); time.sleep(60)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "lock")],
        cwd=Path(__file__).resolve().parents[3], stdout=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    lock = durable.FolderLock(tmp_path / "lock")
    with pytest.raises(TimeoutError), lock.shared(0):
        pass
    process.kill()
    process.communicate()
    with lock.shared(0):
        pass


def test_a_full_disk_has_its_own_advice(tmp_path: Path) -> None:
    def told(number: int) -> LibraryError:
        return durable.system_error(OSError(number, os.strerror(number)), tmp_path)

    assert told(errno.ENOSPC).advice == told(errno.EDQUOT).advice == told(errno.EFBIG).advice
    assert "Make room" in told(errno.ENOSPC).advice
    assert "failing" in told(errno.EIO).advice
    assert str(told(errno.EACCES)) == "The library could not write: Permission denied"
