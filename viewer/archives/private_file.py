"""A file for its owner alone, written whole or not at all: after a power cut the old one is there, or the new one."""

import contextlib
import os
from pathlib import Path

from viewer.library.durable import create_file, sync_file, sync_folder, write_all

_MODE = 0o600


def write_private(path: Path, data: bytes) -> None:
    """Write a file in the place of whatever was there.

    Raises:
        OSError: If it cannot be written; what was there is still there.
    """
    temporary = path.with_name(f"{path.name}.{os.getpid()}.part")
    with contextlib.suppress(FileNotFoundError):
        temporary.unlink()  # of a process of our number that was killed
    try:
        descriptor = create_file(temporary, _MODE)
        try:
            write_all(descriptor, data)
            sync_file(descriptor)
        finally:
            os.close(descriptor)
        temporary.replace(path)
        sync_folder(path.parent)
    except OSError:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
