"""A folder as a keeper: what is there is whole, nothing is written over, and no name leads out of it."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders.sent_instances import SentInstance, made_instance
from viewer.archives.folder_keeper import FolderKeeper
from viewer.base.errors import MediaError
from viewer.network.part10 import part10_head
from viewer.network.ports import Became, Caller, OfferedInstance, StoreAnswer, StoreRefused

CALLER = Caller("ARCHIVE", "192.0.2.1", "NEGATOSCOPE")


@pytest.fixture
def keeper(tmp_path: Path) -> Iterator[FolderKeeper]:
    made = FolderKeeper(tmp_path / "out", reserve_bytes=0)
    yield made
    made.close()


def offer_of(one: SentInstance) -> OfferedInstance:
    return OfferedInstance(one.sop_class_uid, one.sop_instance_uid, one.transfer_syntax_uid)


def take(keeper: FolderKeeper, one: SentInstance, data_set: bytes | None = None) -> StoreAnswer:
    sink = keeper.begin(offer_of(one), CALLER)
    data = one.data_set if data_set is None else data_set
    for first in range(0, len(data), 1000):
        sink.write(memoryview(data)[first : first + 1000])
    return sink.finish()


def names(keeper: FolderKeeper) -> list[str]:
    return sorted(path.name for path in keeper.folder.iterdir())


@pytest.mark.parametrize("kind", range(5))
def test_a_data_set_lies_there_byte_for_byte(keeper: FolderKeeper, kind: int) -> None:
    one = made_instance("s/e/1", bytes(5000), kind=kind)
    assert not keeper.has(one.sop_instance_uid)
    assert take(keeper, one) == StoreAnswer(Became.STORED)
    assert keeper.has(one.sop_instance_uid)
    content = keeper.path_of(one.sop_instance_uid).read_bytes()
    assert content == part10_head(offer_of(one), CALLER) + one.data_set
    assert names(keeper) == [f"{one.sop_instance_uid}.dcm"]


def test_a_whole_file_lies_there_as_it_came(keeper: FolderKeeper) -> None:
    one = made_instance("s/e/1", bytes(5000), kind=2)
    content = part10_head(offer_of(one), Caller("ANOTHER", "192.0.2.9")) + one.data_set
    sink = keeper.begin_file(CALLER)
    sink.write(content)
    kept = sink.finish()
    assert (kept.offered, kept.answer.became) == (offer_of(one), Became.STORED)
    assert keeper.path_of(one.sop_instance_uid).read_bytes() == content


def test_the_same_instance_again_changes_nothing(keeper: FolderKeeper) -> None:
    one = made_instance("s/e/1", bytes(5000))
    take(keeper, one)
    before = keeper.path_of(one.sop_instance_uid).stat().st_mtime_ns
    assert take(keeper, one).became is Became.ALREADY
    assert keeper.path_of(one.sop_instance_uid).stat().st_mtime_ns == before
    assert len(names(keeper)) == 1


def test_other_bytes_under_a_uid_are_kept_aside(keeper: FolderKeeper) -> None:
    one, other = made_instance("s/e/1", bytes(5000)), made_instance("s/e/1", bytes(4999) + b"\1")
    assert one.sop_instance_uid == other.sop_instance_uid
    take(keeper, one)
    answer = take(keeper, other)
    assert (answer.became, answer.status) == (Became.QUARANTINED, 0xC111)
    assert keeper.path_of(one.sop_instance_uid).read_bytes().endswith(one.data_set)
    (aside,) = [path for path in keeper.folder.iterdir() if "~" in path.name]
    assert aside.read_bytes().endswith(other.data_set)
    assert take(keeper, other).became is Became.QUARANTINED
    assert len(names(keeper)) == 2


def test_what_is_given_up_or_no_instance_leaves_nothing(keeper: FolderKeeper) -> None:
    one, other = made_instance("s/e/1", bytes(100)), made_instance("s/e/2", bytes(100))
    sink = keeper.begin(offer_of(one), CALLER)
    sink.write(one.data_set)
    sink.abandon()
    sink.abandon()
    for data_set, status in ((b"no data set", 0xC000), (other.data_set, 0xA900), (b"", 0xC000)):
        with pytest.raises(StoreRefused) as refused:
            take(keeper, one, data_set)
        assert refused.value.status == status
    file = keeper.begin_file(CALLER)
    file.write(b"%PDF-1.4")
    with pytest.raises(StoreRefused):
        file.finish()
    assert names(keeper) == []
    assert not keeper.has(one.sop_instance_uid)


@pytest.mark.parametrize("uid", ["../../etc/passwd", "", ".", "a/b", "1.2.\0", "C:\\x", "1.2~3", "1" * 65])
def test_no_name_leads_elsewhere(keeper: FolderKeeper, uid: str) -> None:
    path = keeper.path_of(uid)
    assert path.parent == keeper.folder
    assert path.name == hashlib.sha256(uid.encode()).hexdigest() + ".dcm"


def test_leftovers_of_the_dead_are_swept_and_those_of_the_living_are_not(keeper: FolderKeeper) -> None:
    (keeper.folder / ".0123456789abcdef.part").write_bytes(b"left")
    (keeper.folder / ".of somebody.part").write_bytes(b"theirs")
    one = made_instance("s/e/1", bytes(100))
    sink = keeper.begin(offer_of(one), CALLER)
    sink.write(one.data_set)
    FolderKeeper(keeper.folder, reserve_bytes=0).close()
    assert sink.finish().became is Became.STORED
    assert names(keeper) == [".of somebody.part", f"{one.sop_instance_uid}.dcm"]


def test_a_full_disk_is_said(tmp_path: Path) -> None:
    keeper = FolderKeeper(tmp_path, reserve_bytes=1 << 60)
    one = made_instance("s/e/1", bytes(100))
    with pytest.raises(StoreRefused) as refused:
        keeper.begin(offer_of(one), CALLER)
    assert refused.value.status == 0xA700
    keeper.close()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(MediaError, match="Nothing can be written there"):
        FolderKeeper(tmp_path / "file" / "out")


def test_each_file_that_is_there_is_told(tmp_path: Path) -> None:
    told: list[Path] = []
    keeper = FolderKeeper(tmp_path, took=told.append, reserve_bytes=0)
    one = made_instance("s/e/1", bytes(100))
    take(keeper, one)
    take(keeper, one)
    keeper.close()
    assert told == [keeper.path_of(one.sop_instance_uid)]
