"""The window's side of saving segmentations, and of writing a segment's surface."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFileDialog

from viewer.base.errors import ViewerError
from viewer.base.jobs import KEEPING
from viewer.base.translation import _
from viewer.dicom.segmentation.values import SegmentationType
from viewer.ui.volumes.surface_dialog import FORMATS
from viewer.workspace.segmenting.own_segmentation import mark_saved
from viewer.workspace.segmenting.segment_saving import MakeSegmentation
from viewer.workspace.segmenting.segment_surface import WriteSegmentSurface
from viewer.workspace.segmenting.segmentation_book import drawable, own_of
from viewer.workspace.workspace import Workspace

if TYPE_CHECKING:
    from viewer.ui.main_window import MainWindow


def save_segmentation(window: "MainWindow", workspace: Workspace) -> None:
    """Ask where the segmentation that is drawn is saved, and save it."""
    book, found = workspace.shared.segmentations, drawable(workspace.shared.segmentations)
    own = own_of(found[0]) if found is not None else None
    objects = workspace.window.objects if workspace.window is not None else None
    if book is None or found is None or own is None:
        window.job_line.show_message(_("Begin a segmentation first, and choose the segment"))
    elif objects is None:
        window.job_line.show_message(_("Nothing can be saved here"))
    else:
        held = found[0]
        make = MakeSegmentation(held, own, SegmentationType(book.stored_as), workspace.shared.annotations.reader)
        objects.ask(make, held.study_uid, held.title, lambda _saved: mark_saved(book, held))


def make_surface(window: "MainWindow", workspace: Workspace) -> None:
    """Ask where the surface of the chosen segment is written, and write it."""
    book = workspace.shared.segmentations
    chosen = book.chosen_shape if book is not None else None
    if book is None or chosen is None:
        window.job_line.show_message(_("Choose a segment in the list"))
        return
    held, shape = chosen
    filters = ";;".join(f"{name} ({pattern})" for name, pattern in FORMATS)
    typed, kind = QFileDialog.getSaveFileName(window, _("Surface of the segment"), f"{shape.label}.stl", filters)
    if not typed:
        return
    path = Path(typed)
    if not path.suffix:
        path = path.with_suffix(next(pattern[1:] for name, pattern in FORMATS if kind.startswith(name)))

    def failed(error: Exception) -> None:
        if not isinstance(error, ViewerError):
            raise error
        window.job_line.show_message(error.one_line())

    book.runner.submit(
        WriteSegmentSurface(shape, path, held.color(shape)),
        lane=KEEPING,
        done=lambda written: window.job_line.show_message(_("Written: {0}").format(", ".join(map(str, written)))),
        failed=failed,
    )
