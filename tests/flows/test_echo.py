"""Asking other stations whether they are there: DCMTK's, one that refuses, one that is none, one that is silent."""

import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from viewer.base.errors import NetworkError
from viewer.base.jobs import Progress
from viewer.cli.echo import _answers
from viewer.network.echo import Echo
from viewer.network.stations import Station

PATIENCE_S = 60.0


@pytest.fixture
def storescp(tmp_path: Path) -> Iterator[Station]:
    if shutil.which("storescp") is None:
        pytest.skip("DCMTK is not installed")
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port = trial.getsockname()[1]
    process = subprocess.Popen(
        ["storescp", "-aet", "DCMTK", str(port)], cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        end = time.monotonic() + PATIENCE_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                assert time.monotonic() < end
                time.sleep(0.05)
        yield Station("DCMTK", "127.0.0.1", port)
    finally:
        process.kill()
        process.wait()


def test_a_station_that_is_there_answers(storescp: Station) -> None:
    assert 0 < Echo(storescp, "NEGATOSCOPE").run(Progress()) < PATIENCE_S


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.0004, "X answers in under 1 ms"), (0.0014, "X answers after 1 ms"), (2.0, "after 2000 ms")],
)
def test_no_answer_comes_after_nothing(seconds: float, words: str) -> None:
    assert words in _answers("X", seconds)


def test_nobody_there_is_told_in_words() -> None:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port = trial.getsockname()[1]
    with pytest.raises(NetworkError, match="Nobody answers there"):
        Echo(Station("X", "127.0.0.1", port), "NEGATOSCOPE").run(Progress())


def test_what_is_no_station_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _address = server.accept()
            with connection:
                connection.recv(1024)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        with pytest.raises(NetworkError, match="no DICOM station"):
            Echo(Station("X", "127.0.0.1", server.getsockname()[1]), "NEGATOSCOPE").run(Progress())
        thread.join(PATIENCE_S)


def test_a_refusal_is_told_apart_from_silence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def refuse() -> None:
            connection, _address = server.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(bytes((3, 0, 0, 0, 0, 4, 0, 1, 1, 7)))  # A-ASSOCIATE-RJ: called title

        thread = threading.Thread(target=refuse, daemon=True)
        thread.start()
        with pytest.raises(NetworkError, match="another AE title"):
            Echo(Station("X", "127.0.0.1", server.getsockname()[1]), "NEGATOSCOPE").run(Progress())
        thread.join(PATIENCE_S)
