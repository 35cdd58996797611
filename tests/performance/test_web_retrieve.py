"""How fast instances are fetched over DICOMweb so that no power cut takes them: beside curl and the disk in one run.

curl writes Orthanc's answer into one file and brings nothing to the disk. What the disk itself bears is measured by
files of the same bytes that several threads write and bring there. A bare keeper shows what fetching bears beside
Orthanc on the same cores: it hashes each file and brings it to the disk, but gives it no name that lasts and no place
in an index. Ours does all of it. A thousand a second are wanted of it, and need more cores than two.
"""

import hashlib
import itertools
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.builders.ct_series import write_ct_series
from tests.builders.peer_servers import ORTHANC, Orthanc, OrthancOptions
from viewer.library.library import Library
from viewer.network.peers import WebPlace
from viewer.network.ports import Became, Caller, InstanceSink, OfferedInstance, StoreAnswer
from viewer.network.retrieving import Fetched, Keeper, Kept, RetrieveRequest
from viewer.network.web.door import WebDoor
from viewer.network.web.retrieving import fetch
from viewer.reception.intake import Intake
from viewer.reception.intake_bounds import IntakeBounds

CURL = shutil.which("curl") or "/usr/bin/curl"
pytestmark = pytest.mark.skipif(
    not (Path(ORTHANC).exists() and Path(CURL).exists()), reason="Orthanc and curl are not installed here"
)

Record = Callable[[str, object], None]
INSTANCES, INSTANCES_OF_A_CAMPAIGN, ROUNDS, ROUNDS_OF_A_CAMPAIGN = 150, 1000, 2, 5
DISK_THREADS = 16
WANTED_A_SECOND, WANTED_OF_BARE = 1000, 0.4
"""Wanted where nothing else runs."""
LEAST_OF_BARE = 0.15
ACCEPT = 'Accept: multipart/related; type="application/dicom"; transfer-syntax=*'


def rate_of_the_disk(folder: Path, files: Sequence[Path]) -> float:
    """Return how many files of the same bytes a second are brought to the disk."""
    contents = [path.read_bytes() for path in files]
    folder.mkdir()
    numbers = itertools.count()
    os.sync()

    def write() -> None:
        while (number := next(numbers)) < len(contents):
            descriptor = os.open(folder / str(number), os.O_WRONLY | os.O_CREAT | os.O_EXCL)
            os.write(descriptor, contents[number])
            os.fsync(descriptor)
            os.close(descriptor)

    threads = [threading.Thread(target=write) for _ in range(DISK_THREADS)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - began
    shutil.rmtree(folder)
    return len(files) / seconds


def rate_of_curl(folder: Path, url: str, count: int) -> float:
    os.sync()
    body = folder / "body"
    began = time.perf_counter()
    subprocess.run((CURL, "--silent", "--fail", "--header", ACCEPT, "--output", str(body), url), check=True)
    seconds = time.perf_counter() - began
    body.unlink()
    return count / seconds


class BareKeeper:
    """Keeps files in a folder: hashed and on the disk, and nothing more."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.numbers = itertools.count()
        folder.mkdir()

    def begin(self, offered: OfferedInstance, caller: Caller) -> InstanceSink:
        raise NotImplementedError

    def begin_file(self, caller: Caller) -> "BareSink":  # noqa: ARG002 - as Keeper has it
        return BareSink(self.folder / str(next(self.numbers)))


class BareSink:
    def __init__(self, path: Path) -> None:
        self.hash = hashlib.sha256()
        self.descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)

    def write(self, piece: bytes | bytearray | memoryview) -> None:
        os.write(self.descriptor, piece)
        self.hash.update(piece)

    def finish(self) -> Kept:
        os.fsync(self.descriptor)
        self.abandon()
        return Kept(OfferedInstance("", self.hash.hexdigest(), ""), StoreAnswer(Became.STORED))

    def abandon(self) -> None:
        os.close(self.descriptor)


def rate_into(keeper: Keeper, door: WebDoor, study: str, count: int) -> tuple[float, float]:
    """Return how many instances a second are kept, and after how many seconds the first one was."""
    first = 0.0
    os.sync()
    began = time.perf_counter()
    kept = 0
    for fetched in fetch(door, RetrieveRequest(study), keeper, caller=Caller("ORTHANC", "127.0.0.1")):
        first = first or time.perf_counter() - began
        kept += isinstance(fetched, Fetched) and fetched.answer is not None
    seconds = time.perf_counter() - began
    assert kept == count
    return count / seconds, first


def rate_of_ours(folder: Path, door: WebDoor, study: str, count: int) -> tuple[float, float]:
    with Library(folder) as library:
        intake = Intake(library, IntakeBounds(), lambda _event: None)
        found = rate_into(intake, door, study, count)
        intake.close()
    shutil.rmtree(folder)
    return found


def compared(folder: Path, count: int, rounds: int, record: Record) -> tuple[float, float]:
    """Print and return our best rate, and the best of a bare keeper."""
    files = write_ct_series(folder / "in", count, 512)
    rates: dict[str, list[float]] = {}
    with Orthanc(folder / "orthanc", OrthancOptions(has_web=True, more={"SyncStorageArea": False})) as peer:
        peer.keep(files)
        study = peer.ask("/studies?expand")[0]["MainDicomTags"]["StudyInstanceUID"]
        with WebDoor(WebPlace(peer.web_root)) as door:
            for number in range(rounds):
                rates.setdefault("disk", []).append(rate_of_the_disk(folder / f"disk {number}", files))
                url = door.retrieve_url("studies", study)
                rates.setdefault("curl", []).append(rate_of_curl(folder, url, count))
                bare = folder / f"bare {number}"
                rates.setdefault("bare", []).append(rate_into(BareKeeper(bare), door, study, count)[0])
                shutil.rmtree(bare)
                ours, first = rate_of_ours(folder / f"library {number}", door, study, count)
                rates.setdefault("ours", []).append(ours)
                rates.setdefault("seconds to the first", []).append(first)
    for name, each in rates.items():
        print(f"{name}: {', '.join(f'{rate:.4g}' for rate in each)}")
        record(name, [round(rate, 3) for rate in each])
    return max(rates["ours"]), max(rates["bare"])


def test_fetching_keeps_up_with_a_bare_keeper(tmp_path: Path, record_property: Record) -> None:
    ours, bare = compared(tmp_path, INSTANCES, ROUNDS, record_property)
    assert ours >= LEAST_OF_BARE * bare


@pytest.mark.campaign
@pytest.mark.timeout(900)
def test_a_thousand_a_second_are_kept(tmp_path: Path, record_property: Record) -> None:
    ours, bare = compared(tmp_path, INSTANCES_OF_A_CAMPAIGN, ROUNDS_OF_A_CAMPAIGN, record_property)
    assert ours >= min(WANTED_A_SECOND, WANTED_OF_BARE * bare)
