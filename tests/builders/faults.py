"""System calls of a running receiver that fail, by `strace -e inject`, while instances are stored."""

import contextlib
import itertools
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.builders.attackers import Load, sent
from tests.builders.dimse_client import AssociationLostError, StoreClient, contexts_for
from tests.builders.kept_check import check_holds
from tests.builders.killing import restarted
from tests.builders.receiver_process import ReceiverProcess
from tests.builders.sent_instances import SentInstance, made_instance, one_of_each

CALLS = {
    "openat": "?open,?openat",
    "read": "?read,?pread64,?preadv",
    "write": "?write,?writev",
    "pwrite": "?pwrite64,?pwritev",
    "fsync": "?fsync,?fdatasync",
    "rename": "?rename,?renameat,?renameat2",
    "link": "?link,?linkat",
    "mkdir": "?mkdir,?mkdirat",
    "unlink": "?unlink,?unlinkat",
    "truncate": "?ftruncate,?truncate,?fallocate",
    "stat": "?newfstatat,?fstat,?stat,?lstat,?statx",
    "statfs": "?statfs,?fstatfs",
    "lseek": "?lseek",
    "flock": "?flock",
    "chmod": "?chmod,?fchmod,?fchmodat",
    "getdents": "?getdents64",
}
"""Calls on the way of an instance to the disk and into the index, with those that stand for one another.

Not fcntl: no local disk fails to give a lock back, which is what SQLite cannot get over before the process ends.
"""
SECONDS = 30.0


def has_strace() -> bool:
    """Whether calls of other processes can be made to fail here."""
    if shutil.which("strace") is None:
        return False
    child = subprocess.Popen(["sleep", "60"])
    try:
        traced = subprocess.run(
            [
                "timeout",
                "-s",
                "INT",
                "0.2",
                "strace",
                "-qq",
                "-p",
                str(child.pid),
                "-e",
                "inject=fsync:error=EIO:when=9",
            ],
            capture_output=True,
        )
        return b"attach" not in traced.stderr
    finally:
        child.kill()
        child.wait()


@contextlib.contextmanager
def failing(pid: int, calls: str, error: str, when: str, trace: Path) -> Iterator[None]:
    """Have calls of a process and of the threads it starts fail, counted in each thread apart."""
    command = ["strace", "-f", "-qq", "-p", str(pid), "-o", str(trace), "-e", f"trace={calls}"]
    strace = subprocess.Popen([*command, "-e", f"inject={calls}:error={error}:when={when}"])
    try:
        deadline = time.monotonic() + SECONDS
        while not _is_traced(pid):
            assert strace.poll() is None, "strace has ended"
            assert time.monotonic() < deadline, "strace does not attach"
            time.sleep(0.005)
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            strace.send_signal(signal.SIGINT)
        strace.wait(SECONDS)


def _is_traced(pid: int) -> bool:
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
        return all("TracerPid:\t0\n" not in (thread / "status").read_text() for thread in threads)
    except FileNotFoundError:
        return False


@dataclass
class Tally:
    """What failing calls led to.

    Attributes:
        failed: Calls that were made to fail.
        statuses: How often each status was answered.
        lost: Associations that ended without an answer.
        deaths: How often the receiver ended.
    """

    failed: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    deaths: list[str] = field(default_factory=list)

    def line(self) -> str:
        """Return it for a person."""
        statuses = ", ".join(f"{status:04X}: {count}" for status, count in sorted(self.statuses.items()))
        lost = f", {len(self.lost)} associations lost" if self.lost else ""
        return f"{self.failed} calls failed; answered {statuses}{lost}, {len(self.deaths)} ends"


class FaultyDisk:
    """A receiver on one library whose calls fail now and then; started anew where that ended it.

    Attributes:
        promised: What was acknowledged, whatever failed meanwhile.
        tally: What came of it.
    """

    def __init__(self, folder: Path, label: str) -> None:
        self.library = folder / f"library-{label}"
        self.promised: dict[str, SentInstance] = {}
        self.tally = Tally()
        self._trace = folder / f"trace-{label}"
        self._names = (f"{label}/{number // 3}/{number}" for number in itertools.count())
        self._contexts = contexts_for(one_of_each().values())
        self._receiver = ReceiverProcess(self.library)

    def attempt(self, call: str, error: str, when: str, count: int = 4) -> int:
        """Store some while calls fail; return how many failed."""
        address = self._receiver.address
        with failing(self._receiver.pid, CALLS[call], error, when, self._trace):
            load = sent(Load(address, [list(self._some(count))], self._contexts))
        failed = self._trace.read_text(errors="replace").count("(INJECTED)")
        self.promised |= load.acknowledged
        self.tally.failed += failed
        self.tally.lost += load.lost
        self.tally.statuses.update(reply.status for _instance, reply in load.answers)
        self.tally.statuses[0] += len(load.acknowledged)
        self._see_that_it_lives()
        return failed

    def check(self) -> None:
        """See that all that was promised is there, as is, with nothing else, after a start in order."""
        assert self._receiver.stop() == 0
        restarted(self.library)
        check_holds(self.library, self.promised.values())

    def close(self) -> None:
        """Kill what is left."""
        self._receiver.kill()

    def _see_that_it_lives(self) -> None:
        """It takes an instance now that nothing fails; where it has ended, it has said why in one line."""
        if self._receiver.process.poll() is not None:
            self._receiver.wait()
            self.tally.deaths.append(self._receiver.errors.decode())
            assert len(self._receiver.errors.decode().splitlines()) == 1, self._receiver.errors.decode()
            self._receiver = ReceiverProcess(self.library)
        (instance,) = self._some(1)
        try:
            with StoreClient(self._receiver.address, self._contexts) as client:
                reply = client.store(instance)
        except AssociationLostError as error:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._receiver.wait(2)
            raise AssertionError(f"it takes nothing any more: {error}; {self._receiver.errors.decode()}") from error
        assert reply.status == 0, f"{reply}; {self._receiver.errors.decode()}"
        self.promised[instance.sop_instance_uid] = instance

    def _some(self, count: int) -> Iterator[SentInstance]:
        for name in itertools.islice(self._names, count):
            number = int(name.rpartition("/")[2])
            yield made_instance(name, number.to_bytes(4, "little") * 2000, kind=number // 3)
