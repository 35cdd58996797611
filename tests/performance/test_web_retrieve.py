"""How fast instances are fetched over DICOMweb so that no power cut takes them: beside curl and the disk in one run.

curl writes Orthanc's answer into one file and brings nothing to the disk. What the disk itself bears is measured by
files of the same bytes that several threads write and bring there, neither named, hashed nor indexed. Ours does all of
it, on the cores that Orthanc needs as well.
"""

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
from viewer.network.ports import Caller
from viewer.network.retrieving import Fetched, RetrieveRequest
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
WANTED_A_SECOND, WANTED_OF_THE_DISK = 1000, 0.6
"""Wanted where nothing else runs; a disk that bears less is the bound."""
LEAST_OF_THE_DISK = 0.05
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


def rate_of_ours(folder: Path, door: WebDoor, study: str, count: int) -> tuple[float, float]:
    """Return how many instances a second are kept, and after how many seconds the first one was."""
    with Library(folder) as library:
        intake = Intake(library, IntakeBounds(), lambda _event: None)
        first = 0.0
        os.sync()
        began = time.perf_counter()
        kept = 0
        for fetched in fetch(door, RetrieveRequest(study), intake, caller=Caller("ORTHANC", "127.0.0.1")):
            first = first or time.perf_counter() - began
            kept += isinstance(fetched, Fetched) and fetched.answer is not None
        seconds = time.perf_counter() - began
        intake.close()
    assert kept == count
    shutil.rmtree(folder)
    return count / seconds, first


def compared(folder: Path, count: int, rounds: int, record: Record) -> tuple[float, float]:
    """Print and return our best rate, and that of the disk beside it."""
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
                ours, first = rate_of_ours(folder / f"library {number}", door, study, count)
                rates.setdefault("ours", []).append(ours)
                rates.setdefault("seconds to the first", []).append(first)
    for name, each in rates.items():
        print(f"{name}: {', '.join(f'{rate:.4g}' for rate in each)}")
        record(name, [round(rate, 3) for rate in each])
    return max(rates["ours"]), rates["disk"][rates["ours"].index(max(rates["ours"]))]


def test_fetching_keeps_up_with_the_disk(tmp_path: Path, record_property: Record) -> None:
    ours, disk = compared(tmp_path, INSTANCES, ROUNDS, record_property)
    assert ours >= LEAST_OF_THE_DISK * disk


@pytest.mark.campaign
@pytest.mark.timeout(900)
def test_a_thousand_a_second_are_kept(tmp_path: Path, record_property: Record) -> None:
    ours, disk = compared(tmp_path, INSTANCES_OF_A_CAMPAIGN, ROUNDS_OF_A_CAMPAIGN, record_property)
    assert ours >= min(WANTED_A_SECOND, WANTED_OF_THE_DISK * disk)
