"""What a receiver had on the disk when it answered, read from a trace of its calls: what a power cut would leave."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

TRACED = "write,pwrite64,writev,pwritev,fsync,fdatasync,rename,renameat,renameat2,link,linkat,sendto,sendmsg,ftruncate"
_LINE = re.compile(r"(?P<thread>\d+) +(?P<rest>.*)")
_RESUMED = re.compile(r"<\.\.\. (?P<name>\w+) resumed>(?P<rest>.*)")
_OF_FILE = re.compile(r"(?P<name>\w+)\(\d+<(?P<path>[^>]*)>")
_RENAMED = re.compile(
    r'(?P<name>rename\w*|link\w*)\((?:AT_FDCWD[^,]*, )?"(?P<path>[^"]*)", (?:AT_FDCWD[^,]*, )?"(?P<target>[^"]*)"'
)
_WRITES, _SYNCS, _SENDS = (
    {"write", "pwrite64", "writev", "pwritev", "ftruncate"},
    {"fsync", "fdatasync"},
    {"sendto", "sendmsg"},
)


def under_trace(trace: Path) -> Sequence[str]:
    """Return the command that runs another one and writes what it asks of the disk and of connections."""
    return ("strace", "-f", "-y", "-qq", "-s", "0", "-o", str(trace), "-e", f"trace={TRACED}")


@dataclass(frozen=True)
class Call:
    """A call: when it began, and when it was done with success."""

    name: str
    path: str
    target: str
    began: int
    ended: int


def calls_of(trace: Path) -> Iterator[Call]:
    """Yield the calls of a trace that succeeded, with the lines in which they began and ended."""
    waiting: dict[str, tuple[int, str]] = {}
    for number, line in enumerate(trace.read_text(errors="replace").splitlines()):
        if (found := _LINE.match(line)) is None:
            continue
        thread, rest, began = found["thread"], found["rest"], number
        if rest.endswith("<unfinished ...>"):
            waiting[thread] = (number, rest.removesuffix("<unfinished ...>"))
            continue
        if (resumed := _RESUMED.match(rest)) is not None and thread in waiting:
            began, begun = waiting.pop(thread)
            rest = begun + resumed["rest"]
        call = _OF_FILE.match(rest) or _RENAMED.match(rest)
        if call is not None and re.search(r"\)\s+= \d", rest):
            named = call.groupdict()
            yield Call(named["name"], named["path"], named.get("target", ""), began, number)


def unsafe_answers(trace: Path, objects: Path, index_log: Path, count: int) -> list[str]:
    """Return what was not on the disk when so many instances, sent one after another, were answered."""
    calls = list(calls_of(trace))
    placed = [each for each in calls if each.target.startswith(str(objects))]
    assert len(placed) == count, f"{len(placed)} files were put in place"
    wrong = []
    for rename in placed:
        folder = str(Path(rename.target).parent)
        written = max(each.ended for each in calls if each.name in _WRITES and each.path == rename.path)
        answer = next(
            each.began for each in calls if each.name in _SENDS and "socket" in each.path and each.began > rename.ended
        )
        synced = [each for each in calls if each.name in _SYNCS and each.ended < answer]
        if not any(each.path == rename.path and each.began > written and each.ended < rename.began for each in synced):
            wrong.append(f"{rename.path}: in its place before its bytes were on the disk")
        if not any(each.path == folder and each.began > rename.ended for each in synced):
            wrong.append(f"{rename.path}: answered before its name was on the disk")
        logged = [each.ended for each in calls if each.name in _WRITES and each.path == str(index_log)]
        last = max((moment for moment in logged if rename.ended < moment < answer), default=None)
        if last is None or not any(each.path == str(index_log) and each.began > last for each in synced):
            wrong.append(f"{rename.path}: answered before the index was on the disk")
    return wrong
