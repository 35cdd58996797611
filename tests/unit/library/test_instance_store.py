import gc
import hashlib
import io
import random
import stat
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders.hostile_names import HOSTILE_NAMES
from viewer.base.byte_source import FileBytes, FileSlice
from viewer.base.errors import LibraryError, MediaError
from viewer.library.instance_record import KeptFile
from viewer.library.instance_store import InstanceStore, ObjectState

posix = pytest.mark.skipif(sys.platform == "win32", reason="modes and links as POSIX systems have them")


@pytest.fixture
def store(tmp_path: Path) -> InstanceStore:
    return InstanceStore(tmp_path / "library", reserve_bytes=0)


def parts(store: InstanceStore) -> list[Path]:
    """What is on its way in."""
    return list((store.folder / "incoming").iterdir())


def count_descriptors() -> int:
    return sum(1 for _descriptor in Path("/proc/self/fd").iterdir())


def test_bytes_are_kept_under_their_hash(store: InstanceStore) -> None:
    content = random.Random(1).randbytes(3_000_000)
    kept = store.keep(io.BytesIO(content))
    sha256 = hashlib.sha256(content).hexdigest()
    assert kept == KeptFile(sha256, len(content))
    path = store.folder / "objects" / sha256[:2] / f"{sha256}.dcm"
    assert path.read_bytes() == content
    assert store.open(kept) == FileBytes(path)
    assert store.check(kept) is ObjectState.WHOLE
    assert store.has(sha256)
    assert parts(store) == []


def test_every_kind_of_giver_gives_the_same(store: InstanceStore, tmp_path: Path) -> None:
    content = random.Random(2).randbytes(2_500_000)
    (tmp_path / "file").write_bytes(b"before" + content + b"after")
    (tmp_path / "whole").write_bytes(content)
    givers = (
        FileBytes(tmp_path / "whole"),
        FileSlice(tmp_path / "file", 6, len(content), "member"),
        io.BytesIO(content),
        [content[:1000], content[1000:1000], content[1000:]],
        (content[start : start + 65536] for start in range(0, len(content), 65536)),
    )
    assert {store.keep(giver) for giver in givers} == {KeptFile(hashlib.sha256(content).hexdigest(), len(content))}
    assert len(list(store.objects_there())) == 1


def test_an_empty_file_is_a_file(store: InstanceStore) -> None:
    assert store.keep([]) == KeptFile(hashlib.sha256(b"").hexdigest(), 0)


@posix
def test_what_is_kept_is_for_its_owner_alone_and_not_written_again(store: InstanceStore) -> None:
    kept = store.keep([b"content"])
    path = store.path_of(kept)
    assert stat.S_IMODE(path.stat().st_mode) == 0o400
    assert [stat.S_IMODE(folder.stat().st_mode) for folder in path.parents[:2]] == [0o700] * 2
    assert stat.S_IMODE((store.folder / "incoming").stat().st_mode) == 0o700


@posix
def test_folders_of_a_library_that_others_could_read_are_closed(tmp_path: Path) -> None:
    (tmp_path / "objects").mkdir(mode=0o755)
    (tmp_path / "objects").chmod(0o777)
    InstanceStore(tmp_path)
    assert stat.S_IMODE((tmp_path / "objects").stat().st_mode) == 0o700


def test_a_batch_is_kept_together_in_its_order(store: InstanceStore) -> None:
    contents = [b"%d" % (number % 7) * 100 for number in range(20)]  # many of them twice
    with store.batch() as batch:
        incoming = [batch.add([content]) for content in contents]
        assert not store.has(incoming[0].sha256)
        assert incoming[3].source.read_at(0, 5) == b"33333"
        kept = batch.commit()
        assert parts(store)  # what was put in place is listed until the index has it
        more = batch.add([b"more"])
        assert batch.commit() == (KeptFile(more.sha256, 4),)
    assert [each.sha256 for each in kept] == [hashlib.sha256(content).hexdigest() for content in contents]
    assert len(list(store.objects_there())) == 8
    assert parts(store) == []


def test_what_is_not_committed_is_not_kept(store: InstanceStore) -> None:
    with store.batch() as batch:
        batch.add([b"first"])
        second = batch.add([b"second"])
        batch.drop(second)
        (kept,) = batch.commit()
        batch.add([b"third"])
    assert [each.sha256 for each in store.objects_there()] == [kept.sha256]
    assert parts(store) == []
    with pytest.raises(LibraryError):
        second.write(b"more")


def test_bytes_can_be_pushed_as_they_come(store: InstanceStore) -> None:
    with store.batch() as batch:
        incoming = batch.begin(size=9)
        for piece in (b"one", bytearray(b"two"), memoryview(b"six")):
            incoming.write(piece)
        assert (incoming.size, incoming.sha256) == (9, hashlib.sha256(b"onetwosix").hexdigest())
        (kept,) = batch.commit()
    assert store.open(kept).read_at(0, 99) == b"onetwosix"


def test_a_source_that_fails_leaves_nothing(store: InstanceStore, tmp_path: Path) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"one"
        raise MediaError("scratched")

    with store.batch() as batch:
        with pytest.raises(MediaError, match="scratched"):
            batch.add(pieces())
        with pytest.raises(MediaError):
            batch.add(FileBytes(tmp_path / "nothing"))
        assert parts(store) == []
        assert batch.commit() == ()


def test_no_descriptor_stays_open(store: InstanceStore) -> None:
    if not Path("/proc/self/fd").exists():
        pytest.skip("counts descriptors in /proc")
    with warnings.catch_warnings():
        warnings.simplefilter("error", ResourceWarning)
        before = count_descriptors()
        for number in range(20):
            with store.batch() as batch:
                batch.add([b"%d" % number])
                batch.commit()
                batch.add([b"lost"])
        store.sweep()
        gc.collect()
    assert count_descriptors() == before


def test_damaged_bytes_are_replaced_when_the_same_come_again(store: InstanceStore) -> None:
    kept = store.keep([b"content"])
    path = store.path_of(kept)
    path.chmod(0o600)
    path.write_bytes(b"cont")
    assert store.check(kept) is ObjectState.ALTERED
    store.keep([b"content"])
    assert store.check(kept) is ObjectState.WHOLE

    path.chmod(0o600)
    path.write_bytes(b"cOntent")
    store.keep([b"content"])  # the size is right: taken for whole
    assert store.check(kept) is ObjectState.ALTERED
    with store.batch(is_rehashed=True) as batch:
        batch.add([b"content"])
        batch.commit()
    assert store.check(kept) is ObjectState.WHOLE


def test_what_is_missing_is_told(store: InstanceStore, tmp_path: Path) -> None:
    absent = KeptFile(hashlib.sha256(b"never").hexdigest(), 5)
    assert store.check(absent) is ObjectState.MISSING
    with pytest.raises(LibraryError, match="missing"):
        store.open(absent)
    assert store.check(KeptFile(absent.sha256, 5, "/no\0path")) is ObjectState.MISSING
    in_place = KeptFile(absent.sha256, 5, str(tmp_path / "file"))
    assert store.check(in_place) is ObjectState.MISSING
    (tmp_path / "file").write_bytes(b"never")
    assert store.check(in_place) is ObjectState.WHOLE
    (tmp_path / "file").write_bytes(b"other")
    assert store.check(in_place) is ObjectState.ALTERED


def test_what_is_removed_is_gone(store: InstanceStore) -> None:
    kept = store.keep([b"content"])
    assert store.remove(kept.sha256)
    assert not store.remove(kept.sha256)
    assert not store.has(kept.sha256)
    assert list(store.objects_there()) == []


def test_nothing_is_removed_between_keeping_and_the_index(store: InstanceStore) -> None:
    with store.batch() as batch:
        batch.add([b"content"])
        (kept,) = batch.commit()
        with pytest.raises(LibraryError, match="busy"), store.removing(0.05):
            pass
    with store.removing(0.05) as removal:
        assert removal.remove(kept.sha256)


def test_only_what_dead_processes_left_is_swept(store: InstanceStore) -> None:
    left = store.folder / "incoming" / "12345-0011.part"
    left.write_bytes(b"half")
    other = store.folder / "incoming" / "note.txt"
    other.write_bytes(b"")
    with store.batch() as batch:
        incoming = batch.add([b"content"])
        assert store.sweep() == 1
        assert incoming.path.exists()
        batch.commit()
    assert not left.exists()
    assert other.exists()
    assert store.sweep() == 0


def test_some_of_the_disk_is_left_to_others(tmp_path: Path) -> None:
    store = InstanceStore(tmp_path / "library", reserve_bytes=2**60)
    with pytest.raises(LibraryError, match="nearly full") as told:
        store.keep([b"content"])
    assert "Make room" in told.value.advice
    assert parts(store) == []


def test_the_disk_is_looked_at_while_a_long_file_comes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    free = iter([10**9, 10**9, 100])
    monkeypatch.setattr("viewer.library.durable.free_bytes", lambda _folder: next(free))
    store = InstanceStore(tmp_path / "library", reserve_bytes=10**6)
    with pytest.raises(LibraryError, match="nearly full"):
        store.keep(bytes(2**20) for _piece in range(200))
    assert parts(store) == []


@posix
@pytest.mark.parametrize("place", ["objects", "incoming"])
def test_a_link_in_the_place_of_a_folder_is_refused(place: str, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / place).symlink_to(elsewhere)
    with pytest.raises(LibraryError):
        InstanceStore(tmp_path / "library")
    assert list(elsewhere.iterdir()) == []


@posix
@pytest.mark.parametrize("level", [0, 1, 2])
@pytest.mark.parametrize("kind", ["link", "file"])
def test_a_link_that_comes_later_is_never_followed(level: int, kind: str, store: InstanceStore, tmp_path: Path) -> None:
    content = b"content"
    kept = KeptFile(hashlib.sha256(content).hexdigest(), len(content))
    path = store.path_of(kept)
    place = [path.parents[1], path.parents[0], path][level]
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "canary").write_bytes(b"alive")
    if level == 0:
        place.rmdir()
    place.parent.mkdir(parents=True, exist_ok=True)
    if kind == "link":
        place.symlink_to(elsewhere if level < 2 else elsewhere / "canary")
    elif level < 2:
        place.write_bytes(b"")
    else:
        place.mkdir()
    with pytest.raises(LibraryError):
        store.keep([content])
    with pytest.raises(LibraryError):
        store.open(kept)
    with pytest.raises(LibraryError):
        store.remove(kept.sha256)
    assert store.check(kept) is ObjectState.MISSING
    assert [entry.name for entry in elsewhere.iterdir()] == ["canary"]
    assert (elsewhere / "canary").read_bytes() == b"alive"
    assert {part.suffix for part in parts(store)} <= {".batch"}


@posix
def test_what_is_no_object_is_told(store: InstanceStore) -> None:
    kept = store.keep([b"content"])
    home = store.path_of(kept).parent
    wrong_place = home / f"{'0' * 64}.dcm"
    strangers = {
        home / "note.txt",
        home.parent / "xy",
        store.folder / "objects" / "README",
        home / f"{kept.sha256}.DCM",
    }
    for path in {*strangers, wrong_place}:
        path.write_bytes(b"")
    (home / "loop").symlink_to(store.folder)
    assert set(store.strangers()) == {*strangers, wrong_place, home / "loop"}
    assert [each.sha256 for each in store.objects_there()] == [kept.sha256]


HASHES = ("", "..", "0" * 63, "0" * 65, "A" * 64, "/" * 64, "0" * 63 + "\n", "0" * 64 + "\n", "../" * 21 + "0")


@pytest.mark.parametrize("sha256", [*HASHES, "０" * 64])
def test_only_a_hash_makes_a_path(sha256: str, store: InstanceStore) -> None:
    for ask in (store.has, store.remove, lambda each: store.open(KeptFile(each, 1))):
        with pytest.raises(LibraryError):
            ask(sha256)


class Named(io.BufferedReader):
    """A stream that has a name, as those of files do."""

    name = ""


def test_hostile_names_lead_nowhere(store: InstanceStore, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    canary.mkdir()
    (canary / "secret").write_bytes(b"alive")
    names = [name.format(canary=canary) if "{canary}" in name else name for name in HOSTILE_NAMES][:200]
    names += [f"1.2.840.{number}/../../../canary/{'../' * number}" for number in range(200 - len(names))]
    assert len(names) == 200
    before = sorted(path for path in tmp_path.rglob("*") if store.folder not in path.parents)
    for name in names:
        stream = io.BytesIO(name.encode("utf-8", "surrogatepass"))
        wrapped = Named(stream)
        wrapped.name = name
        store.keep(wrapped)
    after = sorted(path for path in tmp_path.rglob("*") if store.folder not in path.parents)
    assert after == before
    assert (canary / "secret").read_bytes() == b"alive"
    assert store.strangers() == ()
    assert len(list(store.objects_there())) == len(set(names))
