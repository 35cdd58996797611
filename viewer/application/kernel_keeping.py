"""Machine code of the loops over voxels, compiled apart and kept, so that nobody waits for it with a volume in sight.

The first time ever takes seconds of a core; the compiler's own files then serve every later start. Compiling happens in
a process of its own, which gives way to everything else and leaves none of its memory to the window.
"""

import contextlib
import hashlib
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from viewer.base.jobs import Progress
from viewer.base.paths import APPLICATION

AFTER_MS = 6000
"""After the window came: what the reader opens first is on screen by then."""
_LOOK_S = 0.2
_COMPILED = ("*kernel*.py", "reduced_voxels.py")
"""Files with loops that are compiled; the compiler knows them by time and size, and so does the mark."""
_COMPILE = (
    "import contextlib, os\n"
    "with contextlib.suppress(AttributeError, OSError):\n"
    "    os.nice(15)\n"
    "from viewer.volume.kernel_variants import compile_all\n"
    "compile_all()\n"
)


def mark_of(folder: Path) -> Path:
    """Return the file in a folder that says that this version's loops have been compiled."""
    from importlib import metadata

    digest = hashlib.sha256(sys.version.encode())
    digest.update(metadata.version("numba").encode())
    volume = Path(__file__).resolve().parent.parent / "volume"
    for path in sorted(path for pattern in _COMPILED for path in volume.glob(pattern)):
        status = path.stat()
        digest.update(f"{path} {status.st_mtime_ns} {status.st_size}".encode())
    return folder / f"compiled-{digest.hexdigest()[:16]}"


def kept_folder() -> Path:
    """Return where the mark is kept."""
    import platformdirs

    return Path(platformdirs.user_cache_dir(APPLICATION))


@dataclass(frozen=True, slots=True)
class CompileApart:
    """Compiles in a process of its own, unless that was done.

    Attributes:
        folder: Of the mark; None for the user's.
    """

    folder: Path | None = None

    def run(self, progress: Progress) -> bool:
        """Return whether the loops are compiled now."""
        from importlib import metadata

        try:
            mark = mark_of(self.folder or kept_folder())
        except (OSError, metadata.PackageNotFoundError):
            return False
        return mark.exists() or self._compile(mark, progress)

    @staticmethod
    def _compile(mark: Path, progress: Progress) -> bool:
        command, nowhere = [sys.executable, "-c", _COMPILE], subprocess.DEVNULL
        try:
            process = subprocess.Popen(command, stdin=nowhere, stdout=nowhere, stderr=nowhere)  # noqa: S603 - our own
        except OSError:
            return False
        try:
            while process.poll() is None:
                progress.wait(_LOOK_S)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
        if process.returncode != 0:
            return False
        with contextlib.suppress(OSError):
            mark.parent.mkdir(parents=True, exist_ok=True)
            for old in mark.parent.glob("compiled-*"):
                old.unlink()
            mark.touch()
        return True
