"""How fast files are kept so that no power cut takes them: against copying them with hashing in the same run."""

import hashlib
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from viewer.base.byte_source import FileBytes
from viewer.library.instance_store import InstanceStore

FILES, FILE_BYTES, GROUP = 320, 512 * 1024, 64
ROUNDS = 5
WANTED_SHARE = 0.7


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("disc")
    paths = [folder / f"IM{number:06}" for number in range(FILES)]
    for path in paths:
        path.write_bytes(os.urandom(FILE_BYTES))
    os.sync()
    return paths


def copy_with_hash(sources: list[Path], folder: Path) -> None:
    """What a careful copy costs: every file hashed and on the disk, one after another."""
    folder.mkdir()
    for path in sources:
        found = hashlib.sha256()
        with path.open("rb") as source, (folder / path.name).open("wb") as target:
            while piece := source.read(2**20):
                found.update(piece)
                target.write(piece)
            target.flush()
            os.fsync(target.fileno())


def keep(sources: list[Path], folder: Path, group: int) -> None:
    store = InstanceStore(folder, reserve_bytes=0)
    for first in range(0, len(sources), group):
        with store.batch() as batch:
            for path in sources[first : first + group]:
                batch.add(FileBytes(path))
            batch.commit()


def rate(count: int, work: Callable[[], None]) -> float:
    os.sync()
    started = time.perf_counter()
    work()
    return count / (time.perf_counter() - started)


def test_keeping_in_groups_is_not_much_slower_than_copying_with_hashing(
    sources: list[Path], tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    copied, kept, alone = [], [], []
    for number in range(ROUNDS):  # one beside the other: the disk is shared with others
        copied.append(rate(FILES, lambda number=number: copy_with_hash(sources, tmp_path / f"copy{number}")))  # type: ignore[misc]  # bound to this round
        kept.append(rate(FILES, lambda number=number: keep(sources, tmp_path / f"kept{number}", GROUP)))  # type: ignore[misc]  # bound to this round
        few = sources[: FILES // 8]
        alone.append(rate(len(few), lambda number=number, few=few: keep(few, tmp_path / f"alone{number}", 1)))  # type: ignore[misc]  # bound to this round
    share = statistics.median(one / other for one, other in zip(kept, copied, strict=True))
    for name, rates in (("copied", copied), ("kept", kept), ("alone", alone)):
        record_property(f"{name}_files_per_second", round(statistics.median(rates)))
    print(
        f"files of {FILE_BYTES // 1024} KB a second: copied with hash and fsync {statistics.median(copied):.0f}, "
        f"kept in groups of {GROUP} {statistics.median(kept):.0f} ({share:.0%}), "
        f"one by one {statistics.median(alone):.0f}"
    )
    assert share >= WANTED_SHARE
