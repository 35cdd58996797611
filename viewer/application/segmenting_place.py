"""Segmentations live as long as the program: the book of those that are open, and the journal of what is drawn."""

from pathlib import Path
from typing import TYPE_CHECKING

from viewer.imaging.frame_store import FrameStore
from viewer.library.study_marks import MARKS, marks_folder
from viewer.workspace.segmenting.segment_journal import SegmentJournal
from viewer.workspace.segmenting.segmentation_book import SegmentationBook

if TYPE_CHECKING:
    from viewer.application.programme import Programme


class SegmentingPlace:
    """Belongs to the program.

    Args:
        programme: The program.
        frames: Where images come from.
        library: The folder of the library, beside whose marks what is drawn is kept; None for none.
        settings_folder: Where it is kept without a library.
        is_kept: Whether anything is kept.
    """

    def __init__(
        self, programme: "Programme", frames: FrameStore, library: Path | None, settings_folder: Path, *, is_kept: bool
    ) -> None:
        self._programme = programme
        self.book = SegmentationBook(programme.runner, programme.tree, programme.decoder, frames)
        folder = marks_folder(library) if library else settings_folder / MARKS
        self.journal = SegmentJournal(self.book, programme.tree, folder if is_kept else None)
        self.journal.told.connect(self._tell)
        programme.shared.segmentations = self.book

    def close(self) -> None:
        """Let go of everything."""
        self.journal.close()
        self.book.close()

    def _tell(self, text: str) -> None:
        for window in self._programme.windows:
            window.job_line.show_message(text)
