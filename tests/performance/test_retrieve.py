"""How fast studies are fetched over DIMSE, against DCMTK's getscu and movescu from the same archive in the same run.

Ours brings each instance to the disk, and into the library's index with its hash where it goes there; DCMTK's write
files and bring nothing to the disk.
"""

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pydicom import dcmread

from tests.builders.ct_series import write_ct_series
from tests.builders.peer_servers import ORTHANC, DcmQrScp, Orthanc, OrthancOptions, PeerServer, free_port
from tests.builders.retrieving import OUR_TITLE, OutFolder, OutLibrary, dimse_access, fetching
from tests.builders.stations import AT_ONCE

pytestmark = pytest.mark.skipif(not Path(ORTHANC).exists(), reason="DCMTK and Orthanc are not installed here")

Record = Callable[[str, object], None]
INSTANCES, INSTANCES_OF_A_CAMPAIGN, ROUNDS = 60, 1000, 3
WANTED_OF_MOVESCU, WANTED_OF_GETSCU = 0.8, 0.5
LEAST = 0.2
"""Beside other tests the disk is what is measured, for ours alone waits for it."""
MOVER = "MOVER"


@contextmanager
def archives(folder: Path, count: int) -> Iterator[tuple[list[PeerServer], str, int, int]]:
    """Run both archives with a study of so many instances; yield them, its UID, our port and movescu's."""
    files = write_ct_series(folder / "in", count, 512)
    ours, theirs = free_port(), free_port()
    places = {OUR_TITLE: ("127.0.0.1", ours), MOVER: ("127.0.0.1", theirs)}
    with Orthanc(folder / "orthanc", OrthancOptions(modalities=places)) as orthanc, DcmQrScp(
        folder / "dcmqrscp", places
    ) as dcmqrscp:  # fmt: skip
        for peer in (orthanc, dcmqrscp):
            peer.keep(files)
        yield [orthanc, dcmqrscp], str(dcmread(files[0]).StudyInstanceUID), ours, theirs


def dcmtk(program: str, peer: PeerServer, folder: Path, study: str, count: int, port: int) -> float:
    """Return how many instances a second getscu or movescu fetches."""
    folder.mkdir()
    keys = ("-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={study}")
    way = ("-aem", MOVER, "+P", str(port)) if program == "movescu" else ("+B",)
    title = MOVER if program == "movescu" else OUR_TITLE
    command = [
        f"/usr/bin/{program}", "-S", "-aet", title, "-aec", peer.ae_title, *way, *keys, "-od", str(folder),
        "127.0.0.1", str(peer.port),
    ]  # fmt: skip
    os.sync()
    began = time.perf_counter()
    subprocess.run(command, env=AT_ONCE, check=True, capture_output=True, timeout=600)
    seconds = time.perf_counter() - began
    assert len([*folder.iterdir()]) == count
    return count / seconds


def ours(method: str, peer: PeerServer, place: OutFolder | OutLibrary, study: str, count: int, port: int) -> float:
    """Return how many instances a second we fetch."""
    with place:
        os.sync()
        began = time.perf_counter()
        report = fetching(dimse_access(peer), place, study, method, port=port).run()
        seconds = time.perf_counter() - began
    assert report.is_whole, report
    assert len(report.received) == count
    return count / seconds


def compared(folder: Path, count: int, record: Record) -> dict[str, float]:
    """Print all rates; return ours into a folder, as theirs, against DCMTK's. Turn by turn, the middle one counts."""
    found = {}
    with archives(folder, count) as (peers, study, our_port, their_port):
        for peer in peers:
            for method, program in (("get", "getscu"), ("move", "movescu")):
                rates: dict[str, list[float]] = {program: [], "ours into a folder": [], "ours into the library": []}
                for turn in range(ROUNDS):
                    place = folder / f"{peer.ae_title}.{method}.{turn}"
                    rates[program].append(dcmtk(program, peer, place, study, count, their_port))
                    for name, kind in (("ours into a folder", OutFolder), ("ours into the library", OutLibrary)):
                        into = kind(Path(f"{place}.{kind.__name__}"))
                        rates[name].append(ours(method, peer, into, study, count, our_port))
                middle = {name: statistics.median(each) for name, each in rates.items()}
                for name, rate in middle.items():
                    ratio = rate / middle[program]
                    print(f"{peer.ae_title} {method}: {name} {rate:.0f} a second = {ratio:.2f}", flush=True)
                    record(f"{peer.ae_title} {method} {name} instances per second", round(rate))
                found[f"{peer.ae_title} {method}"] = middle["ours into a folder"] / middle[program]
    return found


def test_fetching_keeps_up_with_dcmtk(tmp_path: Path, record_property: Record) -> None:
    assert min(compared(tmp_path, INSTANCES, record_property).values()) >= LEAST


@pytest.mark.campaign
@pytest.mark.timeout(900)
def test_a_thousand_are_fetched_nearly_as_fast_as_by_dcmtk(tmp_path: Path, record_property: Record) -> None:
    found = compared(tmp_path, INSTANCES_OF_A_CAMPAIGN, record_property)
    for name, ratio in found.items():
        assert ratio >= (WANTED_OF_MOVESCU if name.endswith("move") else WANTED_OF_GETSCU), name
