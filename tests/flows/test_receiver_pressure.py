"""Too many at once, a disk that fills, and others at work on the same library: nothing acknowledged is lost."""

import contextlib
import itertools
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders.attackers import Load, sent
from tests.builders.dimse_client import StoreClient, contexts_for
from tests.builders.kept_check import check_holds
from tests.builders.receiver_process import ReceiverProcess
from tests.builders.sent_instances import SentInstance, endless, made_instance, one_of_each
from tests.flows.command_line import Ended, run
from viewer.library.instance_store import RESERVE_BYTES
from viewer.library.library import Library

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="ends processes as POSIX systems do")

CONTEXTS = contexts_for(one_of_each().values())
SENDERS, OF_EACH = 100, 3
MEGABYTE = 2**20


def test_a_hundred_senders_at_once_lose_nothing(tmp_path: Path) -> None:
    library = tmp_path / "library"
    sources = [list(itertools.islice(endless(f"sender{number}", seed=number), OF_EACH)) for number in range(SENDERS)]
    with ReceiverProcess(library) as receiver:
        load = sent(Load(receiver.address, sources, CONTEXTS, calling=[f"SENDER{each}" for each in range(SENDERS)]))
        assert receiver.stop() == 0
        assert receiver.errors == b""
    assert (load.lost, load.answers) == ([], [])
    assert len(load.acknowledged) == SENDERS * OF_EACH
    assert len(check_holds(library, load.acknowledged.values()).in_force) == SENDERS * OF_EACH


@contextlib.contextmanager
def small_disk(folder: Path, size: int) -> Iterator[Path]:
    """A disk of that many bytes; skips where none can be made."""
    folder.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], capture_output=True
    ).returncode:
        pytest.skip("no small disk can be made here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def free_bytes(folder: Path) -> int:
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def test_a_disk_that_fills_is_told_before_it_is_full(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", RESERVE_BYTES + 40 * MEGABYTE) as disk:
        library, ballast = disk / "library", disk / "ballast"
        ballast.write_bytes(bytes(10 * MEGABYTE))
        with ReceiverProcess(library, config=tmp_path / "config") as receiver:
            numbers = itertools.count()
            acknowledged: list[SentInstance] = []
            with StoreClient(receiver.address, CONTEXTS) as client:

                def stored() -> int:
                    number = next(numbers)
                    instance = made_instance(f"full/{number}/1", number.to_bytes(4, "little") * 250_000)
                    status = client.store(instance).status
                    acknowledged.extend([instance] if status == 0 else [])
                    return status

                statuses = [stored() for _each in range(60)]
                until_full = statuses.index(0xA700)
                assert until_full > 5
                assert set(statuses) == {0x0000, 0xA700}
                assert statuses[-10:] == [0xA700] * 10
                assert free_bytes(disk) > RESERVE_BYTES - 20 * MEGABYTE
                ballast.unlink()
                assert stored() == 0x0000
                client.release()
            refused = receiver.wait_for(lambda told: told["event"] == "refused")
            assert refused["status"] == "A700"
            assert receiver.stop() == 0
        assert len(check_holds(library, acknowledged).in_force) == len(acknowledged)


def test_a_library_has_one_receiver(tmp_path: Path) -> None:
    library = tmp_path / "library"
    with ReceiverProcess(library) as first:
        address = first.address
        with ReceiverProcess(library) as second:
            assert second.wait() != 0
            assert second.lines == []
            assert len(second.errors.decode().splitlines()) == 1
        with StoreClient(address, CONTEXTS) as client:
            assert client.echo().status == 0
            client.release()
        first.kill()
        with ReceiverProcess(library) as third:  # what a killed one held is free at once
            assert third.address
            assert third.stop() == 0
    for _race in range(2):
        with ReceiverProcess(library) as one, ReceiverProcess(library) as other:
            pair = (one, other)
            while all(each.process.poll() is None for each in pair):
                time.sleep(0.05)
            ended = next(each for each in pair if each.process.poll() is not None)
            (left,) = [each for each in pair if each is not ended]
            assert ended.wait() != 0
            assert left.address
            assert left.stop() == 0


def test_others_work_on_the_library_that_is_being_filled(tmp_path: Path) -> None:
    library, disc = tmp_path / "library", tmp_path / "disc"
    ended: list[Ended] = []
    sources = [list(itertools.islice(endless(f"race{number}", seed=number), 60)) for number in range(3)]
    disc.mkdir()
    for number, instance in enumerate(sources[0][::2]):  # the same ones come from a disc
        (disc / f"IM{number}").write_bytes(part_10(instance))

    def command(*words: str) -> None:
        ended.append(run(tmp_path, "--library", library, *words))

    with ReceiverProcess(library) as receiver:
        address = receiver.address
        load = Load(address, sources, CONTEXTS)
        threads = [
            threading.Thread(target=command, args=("import", str(disc), "--json")),
            threading.Thread(target=command, args=("library", "verify", "--json")),
        ]
        load.start()
        for thread in threads:
            thread.start()
        with Library(library, reserve_bytes=0) as reader:
            counts = []
            while any(thread.is_alive() for thread in threads):
                counts.append(sum(study.instance_count for study in reader.catalogue.studies()))
        load.join()
        for thread in threads:
            thread.join()
        rebuilt = run(tmp_path, "--library", library, "library", "rebuild")
        again = run(tmp_path, "--library", library, "import", str(disc), "--json").json()
        assert receiver.stop() == 0
        assert receiver.errors == b""
    assert counts == sorted(counts)
    assert [(each.code, each.errors) for each in ended] == [(0, ""), (0, "")]
    imported = next(each.json() for each in ended if "imported" in each.output)
    assert (imported["imported"] + imported["already"], imported["conflicts"]) == (len(sources[0][::2]), 0)
    assert (again["imported"], again["already"], again["conflicts"]) == (0, len(sources[0][::2]), 0)
    assert rebuilt.code != 0
    assert rebuilt.line
    assert (load.lost, load.answers) == ([], [])
    check_holds(library, load.acknowledged.values())
    assert len(load.acknowledged) == 180


def part_10(instance: SentInstance) -> bytes:
    """Return an instance as another program writes it into a file."""

    def element(number: int, vr: bytes, value: bytes) -> bytes:
        value += b"\0" * (len(value) % 2)
        head = b"\2\0" + number.to_bytes(2, "little") + vr
        return (
            head
            + (b"\0\0" + len(value).to_bytes(4, "little") if vr == b"OB" else len(value).to_bytes(2, "little"))
            + value
        )

    meta = element(1, b"OB", b"\0\1") + element(2, b"UI", instance.sop_class_uid.encode())
    meta += element(3, b"UI", instance.sop_instance_uid.encode())
    meta += element(0x10, b"UI", instance.transfer_syntax_uid.encode()) + element(0x12, b"UI", b"2.25.1")
    return bytes(128) + b"DICM" + element(0, b"UL", len(meta).to_bytes(4, "little")) + meta + instance.data_set
