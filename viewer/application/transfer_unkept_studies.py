"""Studies that are open without being kept: from which archive each is, and what of them can go."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from viewer.application.transfer_unkept import Remove, UnkeptFolder
from viewer.base.byte_source import FileBytes
from viewer.base.jobs import NETWORK
from viewer.base.translation import _
from viewer.dicom.instance_header import InstanceHeader
from viewer.workspace.study_tree import TreeChange
from viewer.workspace.transfers import TransferList

if TYPE_CHECKING:
    from viewer.application.programme import Programme


class UnkeptStudies:
    """Follows what is open.

    Args:
        transfers: The list of transfers, some of which bring what is not kept.
        is_opened: Whether something of a transfer, by its key, was opened.
    """

    def __init__(self, programme: "Programme", transfers: TransferList, is_opened: Callable[[int], bool]) -> None:
        self._programme, self._transfers, self._is_opened = programme, transfers, is_opened
        self._held = UnkeptFolder()
        self._archives: dict[str, str] = {}
        inner = programme.shared.place_of
        programme.shared.place_of = lambda header: self._place_of(header) or inner(header)
        programme.tree.changed.connect(self._tree_changed)

    def folder_for(self, archive: str) -> str:
        """Return a new folder for a study that is to come from an archive.

        Raises:
            OSError: If none can be made.
        """
        folder = str(self._held.next())
        self._archives[folder] = archive
        return folder

    def close(self) -> None:
        """Remove everything."""
        self._held.close()

    def _place_of(self, header: InstanceHeader) -> str:
        archive = self._archives.get(str(_folder_of(header) or ""))
        return _("{0} (not kept)").format(archive) if archive else ""

    def _tree_changed(self, change: TreeChange) -> None:
        """What was closed is gone: its files are removed."""
        if not change.is_rebuilt:
            return
        ended = {
            status.request.folder
            for status in self._transfers.statuses()
            if status.request.folder and status.state.has_ended and self._is_opened(status.key)
        }
        if ended:
            shown = {str(folder) for folder in map(_folder_of, self._programme.tree.headers()) if folder is not None}
            for folder in ended - shown:
                if self._archives.pop(folder, None) is not None:
                    self._programme.runner.submit(Remove(Path(folder)), lane=NETWORK)


def _folder_of(header: InstanceHeader) -> Path | None:
    return header.source.path.parent if isinstance(header.source, FileBytes) else None
