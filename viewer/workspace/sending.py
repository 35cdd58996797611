"""What is to be sent to an archive: studies that the library keeps, or files that were opened from elsewhere."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from viewer.base.byte_source import FileBytes
from viewer.base.translation import ngettext
from viewer.workspace.transfers_library import title_of

if TYPE_CHECKING:
    from viewer.dicom.instance_header import InstanceHeader
    from viewer.library.sent_standing import StudyStanding
    from viewer.library.study_row import StudyRow
    from viewer.network.peers import Peer
    from viewer.workspace.study_nodes import Study


@dataclass(frozen=True, slots=True)
class StudyToSend:
    """A study.

    Attributes:
        title: What the reader calls it; stays in the window.
        images: How many instances are sent.
        paths: Its files, where the library does not keep it; empty where it does.
        left_out: Instances that lie inside an archive or disc image, and cannot be sent before they are imported.
    """

    study_instance_uid: str
    title: str
    images: int
    paths: tuple[Path, ...] = ()
    left_out: int = 0

    @property
    def is_kept(self) -> bool:
        """Whether the library keeps it."""
        return not self.paths and not self.left_out


def kept_to_send(studies: "Iterable[StudyRow]") -> tuple[StudyToSend, ...]:
    """Return studies of the library."""
    return tuple(
        StudyToSend(study.study_instance_uid, title_of(study), study.instance_count)
        for study in studies
        if study.trashed_at is None
    )


def open_to_send(study: "Study", is_kept: "Callable[[InstanceHeader], bool]") -> StudyToSend:
    """Return a study that is open, from wherever.

    Args:
        study: With what was found of it.
        is_kept: Tells whether the library answers for an instance.
    """
    headers = {header.sop_instance_uid: header for series in study.series.values() for header in series.headers}
    title = ", ".join(filter(None, (study.patient.display_name, study.description or "/".join(study.modalities))))
    if all(map(is_kept, headers.values())):
        return StudyToSend(study.study_instance_uid, title, len(headers))
    sources = [header.source for header in headers.values()]
    paths = tuple(dict.fromkeys(source.path for source in sources if isinstance(source, FileBytes)))
    left_out = sum(not isinstance(source, FileBytes) for source in sources)
    return StudyToSend(study.study_instance_uid, title, len(headers) - left_out, paths, left_out)


def standing_lines(peer: "Peer", standings: "Iterable[StudyStanding]") -> tuple[str, ...]:
    """Return what an archive has of studies already, in words; nothing where it has nothing."""
    from viewer.archives.archive_key import archive_key

    key = archive_key(peer)
    there = [(each, archive) for each in standings for archive in each.archives if archive.archive == key]
    sent = sum(archive.sent for _study, archive in there)
    promised = sum(archive.committed for _study, archive in there)
    if not sent:
        return ()
    lines = [ngettext("It has {0} image of them already", "It has {0} images of them already", sent).format(sent)]
    if promised:
        lines.append(ngettext("It promised to keep {0}", "It promised to keep {0}", promised).format(promised))
    return tuple(lines)
