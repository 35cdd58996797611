"""Rules at work in a real receiver: forwarded to DCMTK's storescp, also after a restart, and listed by `routes`."""

import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.builders.ct_series import write_ct_series
from tests.flows.command_line import run
from tests.flows.receiving import PATIENCE, dcmsend, receiving

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="asks processes to end as POSIX systems do"),
    pytest.mark.skipif(not Path("/usr/bin/storescp").exists(), reason="needs DCMTK"),
]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@contextlib.contextmanager
def storescp(folder: Path, port: int) -> Iterator[None]:
    folder.mkdir(exist_ok=True)
    process = subprocess.Popen(
        ["/usr/bin/storescp", "--fork", "-od", str(folder), "+xa", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(lambda: is_listening(port), "storescp does not come up")
        yield
    finally:
        process.terminate()
        process.wait()


def is_listening(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def wait_for(condition: Callable[[], object], what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.05)


def set_up(folder: Path, rules: str) -> None:
    (folder / "config").mkdir(exist_ok=True)
    (folder / "config" / "settings.toml").write_text("[receiver]\nquiet_seconds = 1\n")
    (folder / "config" / "routing.toml").write_text(rules)


def test_a_study_that_arrived_is_forwarded_marked_and_exported(tmp_path: Path) -> None:
    port = free_port()
    set_up(
        tmp_path,
        f"""
        [[rule]]
        name = "everything"
        modality = "CT"
        calling = "MODAL*"
        action = [
            {{ forward = "THERE@127.0.0.1:{port}" }},
            {{ tag = "to read" }},
            {{ export = "{tmp_path / "out"}" }},
        ]
        [[rule]]
        name = "nothing"
        modality = "MR"
        action = [{{ tag = "wrong" }}]
        """,
    )
    write_ct_series(tmp_path / "ct", 3, 64)
    with storescp(tmp_path / "there", port), receiving(tmp_path, "--configured") as receiver:
        assert dcmsend(receiver.port, tmp_path / "ct").returncode == 0
        receiver.wait_for("routed", 3)
        assert {event["action"] for event in receiver.of("routed")} == {"forward", "tag", "export"}
        assert {event["instances"] for event in receiver.of("routed")} == {3}
        assert receiver.stop() == 0
    assert len(list((tmp_path / "there").iterdir())) == 3
    assert len(list((tmp_path / "out").rglob("*.dcm"))) == 3
    library = ("--library", tmp_path / "library")
    (study,) = run(tmp_path, *library, "library", "studies", "--json").json()["studies"]
    assert study["flags"] == ["to read"]


def test_what_could_not_be_forwarded_is_forwarded_after_a_restart(tmp_path: Path) -> None:
    taken = socket.socket()  # held, so that nobody else listens there meanwhile
    taken.bind(("127.0.0.1", 0))
    port = taken.getsockname()[1]
    set_up(tmp_path, f'[[rule]]\nname = "out"\naction = [{{ forward = "THERE@127.0.0.1:{port}" }}]\n')
    write_ct_series(tmp_path / "ct", 2, 64)
    with taken, receiving(tmp_path, "--configured") as receiver:
        assert dcmsend(receiver.port, tmp_path / "ct").returncode == 0
        problem = receiver.wait_for("problem")
        assert problem["rule"] == "out"
        assert receiver.stop() == 0
    routes = run(tmp_path, "--library", tmp_path / "library", "routes", "--json").json()
    (waiting,) = routes["waiting"]
    assert (waiting["rule"], waiting["delivered"], waiting["attempts"]) == ("out", 0, 1)
    assert waiting["error"] == problem["reason"]
    make_due(tmp_path / "library")
    with storescp(tmp_path / "there", port), receiving(tmp_path, "--configured") as receiver:
        assert receiver.wait_for("routed")["instances"] == 2
        assert receiver.stop() == 0
    assert len(list((tmp_path / "there").iterdir())) == 2
    assert run(tmp_path, "--library", tmp_path / "library", "routes", "--json").json()["waiting"] == []


def make_due(library: Path) -> None:
    """Let time pass for what waits."""
    from viewer.library.database import Database

    with Database(library) as database, database.writing() as connection:
        connection.execute("UPDATE deliveries SET due_at = 0 WHERE ended_at IS NULL")


def test_rules_are_listed_and_wrong_ones_told(tmp_path: Path) -> None:
    set_up(
        tmp_path,
        '[[rule]]\nname = "good"\nmodality = "CT"\naction = [{ tag = "x" }]\n'
        '[[rule]]\nname = "bad"\naction = [{ run = "rm -rf /" }]\n',
    )
    listed = run(tmp_path, "routes", "--json", "--check")
    assert listed.code == 1
    assert "1 rule is wrong" in listed.line
    routes = listed.json()
    assert routes["rules"] == [
        {"name": "good", "is_on": True, "conditions": {"modality": ["CT"]}, "actions": [{"tag": ["x"]}]}
    ]
    (problem,) = routes["problems"]
    assert "'bad'" in problem
    told = run(tmp_path, "--library", tmp_path, "routes").output
    assert "good" in told
    assert "mark with x" in told
    assert "'bad'" in told
    assert run(tmp_path, "--library", tmp_path / "nowhere", "routes").code == 1
    assert not (tmp_path / "nowhere").exists()
