"""Discs and drives that come and go: which are there now, and a watch that tells of changes. Nothing from them is run.

Linux is asked through /proc/self/mountinfo, macOS through /Volumes, Windows through its drive letters; all by looking
now and then, which needs no service and no rights.
"""

import re
import string
import sys
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

_OPTICAL = frozenset({"iso9660", "udf", "cd9660", "hfs", "cdfs"})
_PORTABLE = frozenset(
    {"vfat", "exfat", "msdos", "ntfs", "ntfs3", "fuseblk", "hfsplus", "ext2", "ext3", "ext4", "btrfs"}
)
_REMOVABLE_ROOTS = ("/media", "/run/media", "/mnt")
_OPTICAL_DEVICE = re.compile(r"/dev/(sr|scd|cdrom|dvd)\w*")
_OCTAL = re.compile(r"\\([0-7]{3})")
_MOUNTINFO = Path("/proc/self/mountinfo")
_VOLUMES = Path("/Volumes")
POLL_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Mount:
    """A disc or drive that can be taken away.

    Attributes:
        path: Its root folder.
        label: What a person calls it.
        is_optical: A CD, DVD or Blu-ray, or an image of one.
    """

    path: Path
    label: str
    is_optical: bool


ReadMounts = Callable[[], Iterable[Mount]]


def removable_mounts() -> tuple[Mount, ...]:
    """Return the discs and drives that are there now."""
    try:
        return tuple(_system_reader()())
    except OSError:
        return ()


def mounts_in(mountinfo: str) -> tuple[Mount, ...]:
    """Return the removable ones among the mounts of a /proc/self/mountinfo text (proc(5))."""
    mounts: dict[str, Mount] = {}
    for line in mountinfo.splitlines():
        before, separator, after = line.partition(" - ")
        left, right = before.split(" "), after.split(" ")
        if not separator or len(left) < 5 or len(right) < 2:
            continue
        path, kind, device = _unescaped(left[4]), right[0], _unescaped(right[1])
        is_optical = kind in _OPTICAL or _OPTICAL_DEVICE.fullmatch(device) is not None
        if is_optical or (kind in _PORTABLE and _is_removable_place(path)):
            mounts[path] = Mount(Path(path), PurePosixPath(path).name or path, is_optical)
    return tuple(mounts.values())


class MountWatch:
    """Looks for discs and drives now and then on a thread of its own, and tells of those that came or went.

    The calls arrive on that thread. What is there at the start is told at once as having come.
    """

    def __init__(
        self,
        came: Callable[[Mount], None],
        went: Callable[[Mount], None],
        *,
        read: ReadMounts = removable_mounts,
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        self._came = came
        self._went = went
        self._read = read
        self._poll_seconds = poll_seconds
        self._known: dict[Path, Mount] = {}
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mounts", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """Stop watching; nothing is told after this returns, unless the system itself hangs in a look."""
        self._stopped.set()
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join(self._poll_seconds)

    def look(self) -> None:
        """Look once and tell what changed."""
        now = {mount.path: mount for mount in self._read()}
        gone = [mount for path, mount in self._known.items() if now.get(path) != mount]
        new = [mount for path, mount in now.items() if self._known.get(path) != mount]
        self._known = now
        for mount in gone:
            self._went(mount)
        for mount in new:
            if not self._stopped.is_set():
                self._came(mount)

    def _run(self) -> None:
        while not self._stopped.is_set():
            self.look()
            self._stopped.wait(self._poll_seconds)


def _is_removable_place(path: str) -> bool:
    return any(path.startswith(f"{root}/") for root in _REMOVABLE_ROOTS)


def _unescaped(field: str) -> str:
    return (
        _OCTAL.sub(lambda match: chr(int(match[1], 8)), field).encode("latin-1", "replace").decode("utf-8", "replace")
    )


def _system_reader() -> ReadMounts:
    return {"darwin": _read_volumes, "win32": _read_drives}.get(sys.platform, _read_mountinfo)


def _read_mountinfo() -> Iterable[Mount]:
    # Read as Latin-1: a mount point may hold any bytes.
    return mounts_in(_MOUNTINFO.read_text(encoding="latin-1"))


def _read_volumes() -> Iterable[Mount]:
    for path in _VOLUMES.iterdir():
        if not path.is_symlink() and path.is_mount():
            yield Mount(path, path.name, is_optical=False)


def _read_drives() -> Iterable[Mount]:
    import ctypes

    removable, optical = 2, 5
    kernel = getattr(ctypes, "windll").kernel32  # noqa: B009 - only Windows has it, and type checkers know that
    letters = int(kernel.GetLogicalDrives())
    for number, letter in enumerate(string.ascii_uppercase):
        root = f"{letter}:\\"
        if letters >> number & 1 and (kind := int(kernel.GetDriveTypeW(root))) in (removable, optical):
            yield Mount(Path(root), f"{letter}:", is_optical=kind == optical)
