"""Segmentations live as long as the program: the book of those that are open."""

from typing import TYPE_CHECKING

from viewer.imaging.frame_store import FrameStore
from viewer.workspace.segmenting.segmentation_book import SegmentationBook

if TYPE_CHECKING:
    from viewer.application.programme import Programme


class SegmentingPlace:
    """Belongs to the program."""

    def __init__(self, programme: "Programme", frames: FrameStore) -> None:
        self.book = SegmentationBook(programme.runner, programme.tree, programme.decoder, frames)
        programme.shared.segmentations = self.book

    def close(self) -> None:
        """Let go of everything."""
        self.book.close()
