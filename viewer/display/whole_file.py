"""A file is written whole or not at all: a power cut or a full disk leaves the old one."""

import contextlib
import os
from pathlib import Path

from viewer.base.errors import DisplayError, system_reason
from viewer.base.translation import _


def write_whole(content: bytes, path: Path) -> None:
    """Write a file beside its place, see it on the disk, and put it there; a link stays, and what it names is written.

    Raises:
        DisplayError: If it cannot be written; what was there before is still there.
    """
    place = path.resolve()
    if place.is_dir():
        raise DisplayError(_("This is a folder, not a file"), subject=str(path))
    if place.exists() and not place.is_file():  # a device would be gone for the file in its place
        raise DisplayError(_("A device, pipe or broken link is not opened"), subject=str(path))
    temporary = place.with_name(f"{place.name}.{os.getpid()}.part")
    try:
        with temporary.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(place)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise DisplayError(system_reason(error), subject=str(path), advice=_("Choose another place")) from error
