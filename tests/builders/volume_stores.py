"""A store of frames without a window, and the images of a folder, for tests of volumes."""

from pathlib import Path

from viewer.base.byte_source import FileBytes
from viewer.dicom.header_scan import scan_header
from viewer.imaging.frame_cache import FrameCache
from viewer.imaging.frame_decoding import InlineDecoder
from viewer.imaging.frame_source import FrameSource
from viewer.imaging.frame_state import read_frame_states
from viewer.imaging.frame_store import FrameStore
from viewer.imaging.image_ref import ImageRef


def plain_store(budget_bytes: int = 1 << 24) -> FrameStore:
    """Return a store that decodes in this process."""
    return FrameStore(FrameCache(budget_bytes), lambda header: FrameSource(header, InlineDecoder()), read_frame_states)


def images_of(folder: Path) -> tuple[ImageRef, ...]:
    """Return all frames of all files of a folder, by name."""
    headers = [scan_header(FileBytes(path)) for path in sorted(folder.iterdir())]
    return tuple(ImageRef(header, index) for header in headers for index in range(header.frame_count))
