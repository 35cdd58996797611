"""Paths as they were typed: checked before work begins, so that a slip of the hand is told at once."""

from collections.abc import Iterable
from pathlib import Path

from viewer.base.errors import MediaError
from viewer.base.translation import _


def check_file(path: Path) -> None:
    """Raise MediaError unless a path is a file that can be read from any place; a pipe would be waited for for ever."""
    if path.is_file():
        return
    if path.is_dir():
        raise MediaError(_("This is a folder, not a file"), subject=str(path))
    if path.exists() or path.is_symlink():
        raise MediaError(_("A device, pipe or broken link is not opened"), subject=str(path))
    raise MediaError(_("There is no such file"), subject=str(path), advice=_("Check the path and the drive"))


def check_places(paths: Iterable[Path]) -> None:
    """Raise MediaError for the first path where there is nothing."""
    for path in paths:
        if not (path.exists() or path.is_symlink()):
            raise MediaError(
                _("There is no such file or folder"), subject=str(path), advice=_("Check the path and the drive")
            )
