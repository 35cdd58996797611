"""A file is written whole or not at all: a power cut or a full disk leaves the old one."""

import contextlib
import os
from pathlib import Path

from viewer.base.errors import DisplayError, system_reason
from viewer.base.translation import _


def write_whole(content: bytes, path: Path) -> None:
    """Write a file beside its place, see it on the disk, and put it there.

    Raises:
        DisplayError: If it cannot be written; what was there before is still there.
    """
    temporary = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with temporary.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise DisplayError(system_reason(error), subject=str(path), advice=_("Choose another place")) from error
