"""`negatoscope peers` and `echo`, as a reader types them, against Orthanc and DCMTK; no secret is anywhere after it."""

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders.certificates import Issued, issued
from tests.builders.peer_servers import STORESCP, Orthanc, OrthancOptions, free_port
from tests.flows.command_line import ROOT, SECONDS, Ended, command_line, environment, run

CANARY = "c4n4ry-geheim-7Q"
pytestmark = pytest.mark.skipif(not Path(STORESCP).exists(), reason="DCMTK is not installed")


def _with_input(folder: Path, text: str, *arguments: object, **more: str) -> Ended:
    done = subprocess.run(
        command_line(folder, *arguments), cwd=folder, env={**environment(), **more}, input=text.encode(),
        capture_output=True, timeout=SECONDS,
    )  # fmt: skip
    return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())


@contextlib.contextmanager
def _safe_storescp(folder: Path, shown: Issued, *options: str) -> Iterator[int]:
    for _attempt in range(5):
        port = free_port()
        process = subprocess.Popen(
            [STORESCP, "-aet", "SAFE", "+tls", str(shown.key), str(shown.certificate), *options, str(port)], cwd=folder,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            if _listens(port, process):
                yield port
                return
        finally:
            process.kill()
            process.wait()
    raise AssertionError("storescp does not start")


def _listens(port: int, process: "subprocess.Popen[bytes]") -> bool:
    import socket

    end = time.monotonic() + SECONDS
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            time.sleep(0.1)  # another program may have taken the port: then this one ends
            return process.poll() is None
        time.sleep(0.02)
    return False


def test_a_station_with_a_certificate_of_its_own_is_paired_and_then_answers(tmp_path: Path) -> None:
    theirs, other = issued(tmp_path / "pem", "theirs", hosts=("device.example.org",)), issued(tmp_path / "pem", "other")
    with _safe_storescp(tmp_path, theirs, "-ic") as port:
        assert (
            run(tmp_path, "peers", "add", "SAFE", "--aet", "SAFE", "--host", "127.0.0.1", "--port", port, "--tls").code
            == 0
        )
        failed = run(tmp_path, "echo", "SAFE")
        assert failed.code == 1
        assert "signed by itself" in failed.line
        shown = run(tmp_path, "peers", "pair", "SAFE")
        assert shown.code == 2  # nobody can be asked
        assert bytes.fromhex(theirs.sha256).hex(":").upper() in shown.errors
        refused = run(tmp_path, "peers", "pair", "SAFE", "--fingerprint", other.sha256)
        assert refused.code == 1
        assert "another certificate" in refused.line
        assert run(tmp_path, "peers", "pair", "SAFE", "--fingerprint", theirs.sha256) == Ended(0, "", "")
        assert run(tmp_path, "echo", "SAFE").code == 0
        (row,) = run(tmp_path, "peers", "list", "--json").json()
        assert row["paired"] == [bytes.fromhex(theirs.sha256).hex(":").upper()]
    with _safe_storescp(tmp_path, other, "-ic") as port:
        run(tmp_path, "peers", "add", "2", "--aet", "SAFE", "--host", "127.0.0.1", "--port", port, "--tls",
            tmp_path / "config" / "certificates" / f"{theirs.sha256}.pem")  # fmt: skip
        assert run(tmp_path, "echo", "2").code == 1


def test_a_station_that_wants_a_certificate_of_ours(tmp_path: Path) -> None:
    authority = issued(tmp_path / "pem", "authority", is_authority=True)
    theirs, ours = issued(tmp_path / "pem", "theirs", authority), issued(tmp_path / "pem", "ours", authority)
    with _safe_storescp(tmp_path, theirs, "-rc", "+cf", str(authority.certificate)) as port:
        common = ("--aet", "SAFE", "--host", "127.0.0.1", "--port", port, "--tls")
        assert run(tmp_path, "peers", "add", "bare", *common, authority.certificate).code == 0
        assert (
            run(tmp_path, "peers", "add", "known", *common, ours.certificate, ours.key, authority.certificate).code == 0
        )
        refused = run(tmp_path, "echo", "bare")
        assert refused.code == 1
        assert "certificate of ours" in refused.line or "hung up" in refused.line or "lost" in refused.line
        assert run(tmp_path, "echo", "known").code == 0


def test_echo_answers_for_dicom_and_the_web(tmp_path: Path) -> None:
    with Orthanc(tmp_path / "orthanc", OrthancOptions(has_web=True)) as orthanc:
        common = ("--aet", "ORTHANC", "--host", "127.0.0.1", "--port", orthanc.port, "--dicomweb", orthanc.web_root)
        assert run(tmp_path, "peers", "add", "O", *common).code == 0
        answer = run(tmp_path, "echo", "O", "--json").json()
        assert answer["ok"] is True
        assert [row["way"] for row in answer["answers"]] == ["DICOM", "DICOMweb"]
        assert run(tmp_path, "echo", f"ORTHANC@127.0.0.1:{orthanc.port}", "--calling", "ME").code == 0
        assert run(tmp_path, "echo", orthanc.web_root).code == 0
    ended = run(tmp_path, "echo", "O", "--json")
    assert (ended.code, ended.json()["ok"]) == (1, False)
    assert "nothing listens" in ended.line


RING = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
import json, pathlib, keyring, keyring.backend
class Ring(keyring.backend.KeyringBackend):
    priority = 9
    path = pathlib.Path(sys.argv.pop(1))
    def read(self): return json.loads(self.path.read_text()) if self.path.exists() else {{}}
    def get_password(self, s, u): return self.read().get(s + "|" + u)
    def set_password(self, s, u, p): self.path.write_text(json.dumps({{**self.read(), s + "|" + u: p}}))
    def delete_password(self, s, u):
        held = self.read(); held.pop(s + "|" + u); self.path.write_text(json.dumps(held))
keyring.set_keyring(Ring())
from viewer.__main__ import main
sys.exit(main())
"""
"""The program with a keyring that stands for that of a system: it is not ours, and lies elsewhere."""


def _with_ring(folder: Path, text: str, *arguments: object) -> Ended:
    command = [
        sys.executable,
        "-c",
        RING,
        str(folder / "ring"),
        "--config",
        str(folder / "config"),
        *map(str, arguments),
    ]
    done = subprocess.run(
        command, cwd=folder, env=environment(), input=text.encode(), capture_output=True, timeout=SECONDS
    )
    return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())


@contextlib.contextmanager
def _watched() -> Iterator[set[bytes]]:
    """Look at the arguments and variables of every other process; yields those in which the secret was."""
    seen: set[bytes] = set()
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.01):
            for process in Path("/proc").iterdir():
                if process.name.isdigit() and int(process.name) != os.getpid():
                    for kind in ("cmdline", "environ"):
                        with contextlib.suppress(OSError):
                            text = (process / kind).read_bytes()
                            if CANARY.encode() in text:
                                seen.add(text)

    watching = threading.Thread(target=watch, daemon=True)
    watching.start()
    try:
        yield seen
    finally:
        over.set()
        watching.join(SECONDS)


def _all_that_is_done_with_a_password(folder: Path, root: str) -> Iterator[Ended]:
    common = ("--dicomweb", root, "--user", "joe", "--password-stdin")
    added = _with_ring(folder, f"{CANARY}\n", "peers", "add", "O", *common)
    assert added == Ended(0, "", "")
    for arguments in (
        ("echo", "O"), ("echo", "O", "--json"), ("peers", "list"), ("peers", "list", "--json"), ("doctor", "O"),
        ("peers", "export", folder / "out.toml"), ("peers", "export", folder / "out.json"),
    ):  # fmt: skip
        done = _with_ring(folder, "", *arguments)
        assert done.code == 0, done
        yield done
    yield _with_ring(folder, "wrong-" + CANARY, "peers", "add", "bad", *common)
    refused = _with_ring(folder, "", "echo", "bad")
    assert refused.code == 1
    assert "401" in refused.line
    yield refused


def _without_a_keyring(folder: Path, root: str) -> Iterator[Ended]:
    folder.mkdir()
    added = _with_input(
        folder, f"{CANARY}\n", "peers", "add", "O", "--dicomweb", root, "--user", "joe", "--password-stdin"
    )
    assert "no keyring" in added.line
    yield added
    asked = run(folder, "echo", "O")
    assert "A password is needed" in asked.line
    yield asked


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="processes are only looked at where /proc tells of them")
def test_no_secret_is_in_a_file_an_argument_a_variable_or_a_line(tmp_path: Path) -> None:
    options = OrthancOptions(has_web=True, users={"joe": CANARY})
    with _watched() as seen, Orthanc(tmp_path / "orthanc", options) as orthanc:
        said = [*_all_that_is_done_with_a_password(tmp_path, orthanc.web_root)]
        said += _without_a_keyring(tmp_path / "2", orthanc.web_root)
    assert CANARY in (tmp_path / "ring").read_text()
    said += [_with_ring(tmp_path, "", "peers", "remove", name) for name in ("O", "bad")]
    assert CANARY not in (tmp_path / "ring").read_text()
    assert seen == set()
    assert not any(CANARY in ended.output + ended.errors for ended in said)
    files = [path for path in tmp_path.rglob("*") if path.is_file() and not path.is_relative_to(tmp_path / "orthanc")]
    assert [path for path in files if CANARY.encode() in path.read_bytes()] == []
