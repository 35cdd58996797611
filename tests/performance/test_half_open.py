"""An honest caller's wait while thousands of connections say too little: ours, Orthanc and storescp."""

import contextlib
import json
import socket
import ssl
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from tests.builders.association_requests import RELEASE_RQ, association_request, echo_command, p_data
from tests.builders.ct_series import write_ct_series
from tests.builders.stations import AT_ONCE, Station, has_peers, orthanc, send, storescp
from tests.flows.command_line import ROOT, environment
from tests.flows.dicom_server import one_pdu
from tests.flows.receiving import receiving
from viewer.network.certificates import make_certificate
from viewer.network.tls_context import client_context

pytestmark = [
    pytest.mark.campaign,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not has_peers(), reason="DCMTK and Orthanc are not installed here"),
]

STORESCU = "/usr/bin/storescu"
HELD, A_SECOND = 2000, 400
INSTANCES, INSTANCES_OF_CONTROLS = 1000, 100
PATIENCE_S, CONTROL_SECONDS, STORE_SECONDS = 20.0, 30.0, 120.0
LONGEST_P99_MS, MOST_RSS_MB = 250, 300
BETWEEN_ECHOES_S = 0.05
Record = Callable[[str, object], None]


@dataclass
class Echoes:
    """How long each echo took, in milliseconds; None for those that were not answered."""

    waits: list[float | None] = field(default_factory=list)

    @property
    def answered(self) -> list[float]:
        return sorted(wait for wait in self.waits if wait is not None)

    def percentile(self, percent: int) -> float:
        return statistics.quantiles(self.answered, n=100)[percent - 1] if len(self.answered) > 1 else float("inf")

    def __str__(self) -> str:
        lost = len(self.waits) - len(self.answered)
        longest = max(self.answered, default=float("inf"))
        shares = f"p50 {self.percentile(50):.0f} p99 {self.percentile(99):.0f} longest {longest:.0f} ms"
        return f"{len(self.answered)} echoes answered, {lost} not; {shares}"


def echo(port: int, called: str, tls: ssl.SSLContext | None = None) -> float | None:
    """Associate, echo and release; return the milliseconds, None if it was not answered in time."""
    began = time.perf_counter()
    try:
        with contextlib.ExitStack() as stack:
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", port), PATIENCE_S))
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if tls is not None:
                connection = stack.enter_context(tls.wrap_socket(connection, server_hostname="localhost"))
            connection.sendall(association_request(called=called))
            if one_pdu(connection)[0] != 2:
                return None
            connection.sendall(p_data(1, 3, echo_command()))
            one_pdu(connection)
            connection.sendall(RELEASE_RQ)
            one_pdu(connection)
    except (OSError, AssertionError):
        return None
    return (time.perf_counter() - began) * 1000


@contextlib.contextmanager
def echoing(port: int, called: str, tls: ssl.SSLContext | None = None) -> Iterator[Echoes]:
    """Echo again and again on a thread while the block runs."""
    echoes, stopped = Echoes(), threading.Event()

    def run() -> None:
        while not stopped.wait(BETWEEN_ECHOES_S):
            echoes.waits.append(echo(port, called, tls))

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield echoes
    finally:
        stopped.set()
        thread.join()


@contextlib.contextmanager
def attacked(port: int, *kind: str) -> Iterator[dict[str, int]]:
    """Attack while the block runs; what was done is in the dictionary afterwards."""
    command = [sys.executable, "-m", "tests.builders.half_open", str(port), str(HELD), str(A_SECOND), *kind]
    process = subprocess.Popen(command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE)
    done: dict[str, int] = {}
    try:
        time.sleep(HELD / A_SECOND + 1)  # until it holds all that it means to hold
        yield done
    finally:
        process.terminate()
        output, _errors = process.communicate(timeout=60)
        done.update(json.loads(output))


@contextlib.contextmanager
def watched(process: int) -> Iterator[list[int]]:
    """Note the resident memory of a process while the block runs, in bytes."""
    noted: list[int] = []
    stopped = threading.Event()
    watching = psutil.Process(process)

    def run() -> None:
        while not stopped.wait(0.1):
            noted.append(sum(each.memory_info().rss for each in (watching, *watching.children(recursive=True))))

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield noted
    finally:
        stopped.set()
        thread.join()


@pytest.fixture(autouse=True)
def _enough_descriptors() -> Iterator[None]:
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def _store(station: Station, files: Sequence[Path], seconds: float) -> tuple[bool, float]:
    """Return whether all were taken, and how long that took."""
    began = time.perf_counter()
    sender = send(station, files)
    try:
        sender.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        sender.kill()
        sender.communicate()
        return False, time.perf_counter() - began
    return sender.returncode == 0, time.perf_counter() - began


def test_2000_half_open_connections_delay_nobody(tmp_path: Path, record_property: Record) -> None:
    files = write_ct_series(tmp_path / "in", INSTANCES, 512)
    with receiving(tmp_path) as receiver:
        station = Station("NEGATOSCOPE", receiver.port, receiver.process)
        with echoing(station.port, station.ae_title) as before:
            time.sleep(5)
        with (
            watched(receiver.process.pid) as memory,
            attacked(station.port) as done,
            echoing(station.port, station.ae_title) as during,
        ):
            is_stored, seconds = _store(station, files, 600)
        stored = len(receiver.of("stored"))
        refusals = sum(int(event.get("count") or 1) for event in receiver.of("refused"))
        lines = len(receiver.of("refused"))
    print(f"before: {before}\nduring: {during}\nattack: {done}")
    print(f"{stored} instances in {seconds:.1f} s; most memory {max(memory) / 1e6:.0f} MB")
    print(f"{refusals} refusals told in {lines} lines")
    for name, value in (("p99 ms", during.percentile(99)), ("MB", max(memory) / 1e6), ("opened", done["opened"])):
        record_property(name, round(value))
    assert is_stored
    assert stored == INSTANCES
    assert len(during.answered) == len(during.waits)
    assert during.percentile(99) < LONGEST_P99_MS
    assert max(memory) < MOST_RSS_MB * 1_000_000


def test_2000_half_handshakes_delay_nobody(tmp_path: Path, record_property: Record) -> None:
    made = make_certificate("NEGATOSCOPE", tmp_path / "made", ("localhost",))
    files = write_ct_series(tmp_path / "in", INSTANCES, 512)
    context = client_context(made.certificate)
    options = ("--enable-tls", str(made.key), str(made.certificate), "--add-cert-file", str(made.certificate))
    with receiving(tmp_path, "--tls", made.certificate, made.key) as receiver:
        port = receiver.port
        with echoing(port, "NEGATOSCOPE", context) as before:
            time.sleep(5)
        with (
            watched(receiver.process.pid) as memory,
            attacked(port, "tls") as done,
            echoing(port, "NEGATOSCOPE", context) as during,
        ):
            began = time.perf_counter()
            command = [STORESCU, *options, "-aec", "NEGATOSCOPE", "127.0.0.1", str(port), *map(str, files)]
            sent = subprocess.run(command, env=AT_ONCE, capture_output=True, timeout=600)
            seconds = time.perf_counter() - began
        stored = len(receiver.of("stored"))
    print(f"before: {before}\nduring: {during}\nattack: {done}")
    print(f"{stored} instances over TLS in {seconds:.1f} s; most memory {max(memory) / 1e6:.0f} MB")
    for name, value in (("TLS p99 ms", during.percentile(99)), ("TLS MB", max(memory) / 1e6)):
        record_property(name, round(value))
    assert sent.returncode == 0, sent.stderr
    assert stored == INSTANCES
    assert len(during.answered) == len(during.waits)
    assert during.percentile(99) < LONGEST_P99_MS
    assert max(memory) < MOST_RSS_MB * 1_000_000


@pytest.mark.parametrize("control", [orthanc, storescp])
def test_the_same_on_others(
    control: Callable[[Path], contextlib.AbstractContextManager[Station]], tmp_path: Path, record_property: Record
) -> None:
    files = write_ct_series(tmp_path / "in", INSTANCES_OF_CONTROLS, 512)
    with control(tmp_path / "control") as station:
        with echoing(station.port, station.ae_title) as before:
            time.sleep(5)
        with (
            watched(station.process.pid) as memory,
            attacked(station.port) as done,
            echoing(station.port, station.ae_title) as during,
        ):
            is_stored, seconds = _store(station, files, CONTROL_SECONDS)
        print(f"{station.ae_title} before: {before}\n{station.ae_title} during: {during}\nattack: {done}")
        words = "stored" if is_stored else "not stored"
        print(f"{len(files)} instances {words} in {seconds:.1f} s; most memory {max(memory) / 1e6:.0f} MB")
        record_property(f"{station.ae_title} answered", f"{len(during.answered)} of {len(during.waits)}")
