"""Documents in the viewports of one window: each report that a cell shows lies over its viewport as a document."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject

from viewer.dicom.sop_classes import sop_kind
from viewer.workspace.reporting.report_book import REPORT_KINDS, HeldReport, ReportBook
from viewer.workspace.reporting.report_links import go_to_item
from viewer.workspace.viewport_notes import patients_shown
from viewer.workspace.workspace import Workspace

if TYPE_CHECKING:
    from viewer.dicom.structured_report.values import Position
    from viewer.ui.reporting.document_view import DocumentView, Relations
    from viewer.ui.viewports.viewport import Viewport

FRAME_PX = 2
"""Of the viewport that stays visible around a document: the active one is framed there."""


class ViewportDocuments(QObject):
    """Keeps documents where the workspace says that reports are.

    Args:
        workspace: Of the window.
        viewports: Of the window, by cell; read anew at every change.
        parent: Owns it.
    """

    def __init__(self, workspace: Workspace, viewports: "Mapping[int, Viewport]", parent: QObject) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._viewports = viewports
        self._made: dict[int, tuple[Viewport, DocumentView]] = {}
        self._connections: list[Callable[[], object]] = []
        book = workspace.shared.reports
        if book is not None:
            self._connections = [
                workspace.viewports_changed.connect(self._follow_cells),
                workspace.layout_changed.connect(lambda _layout: self.follow_all()),
                workspace.catalogue.changed.connect(lambda _keys: self.follow_all()),
                book.changed.connect(lambda _uid: self.follow_all()),
            ]

    def release(self) -> None:
        """Stop: the window closes."""
        for disconnect in self._connections:
            disconnect()
        self._connections.clear()

    @property
    def is_loading(self) -> bool:
        """Whether a report that is to be seen is being read or laid out."""
        shown = (document for document in self._documents().values() if document.isVisible())
        return any(each.page.is_busy or (each.held is not None and each.held.is_loading) for each in shown)

    def document_at(self, cell: int) -> "DocumentView | None":
        """Return the document that lies over a viewport; None where there is none."""
        document = self._documents().get(cell)
        return document if document is not None and not document.isHidden() else None

    def follow_all(self) -> None:
        """Put documents where they should be."""
        self._follow_cells(frozenset(self._viewports))

    def _follow_cells(self, cells: frozenset[int]) -> None:
        book = self._workspace.shared.reports
        for cell in cells:
            viewport = self._viewports.get(cell)
            if viewport is not None and book is not None:
                self._follow(cell, viewport, book)
        is_marked = len(patients_shown(self._workspace)) > 1
        for document in self._documents().values():
            document.head.mark_identity(is_marked=is_marked)

    def _documents(self) -> "dict[int, DocumentView]":
        """Return the documents by cell; those whose viewports left the grid are let go: Qt deletes them with these."""
        kept = {cell: made for cell, made in self._made.items() if self._viewports.get(cell) is made[0]}
        self._made = kept
        return {cell: document for cell, (_viewport, document) in kept.items()}

    def _follow(self, cell: int, viewport: "Viewport", book: ReportBook) -> None:
        display_set, image = self._workspace.display_set_at(cell), self._workspace.image_at(cell)
        # By the object, not by the set: copies of a report are a set of repeated files.
        if display_set is None or image is None or sop_kind(image.header.sop_class_uid) not in REPORT_KINDS:
            document = self._documents().get(cell)
            if document is not None and not document.isHidden():
                document.hide()
                viewport.setFocusProxy(None)  # type: ignore[arg-type]  # Qt takes none for no proxy
            return
        document = self._documents().get(cell) or self._new_document(cell, viewport)
        held = book.report_of(image.header)
        if document.held is None or document.held.uid != held.uid:
            book.read_relatives(image.header)
        document.show_report(held, _relations(book, held))
        self._place(document, viewport)
        document.show()
        document.raise_()
        viewport.setFocusProxy(document)

    def _new_document(self, cell: int, viewport: "Viewport") -> "DocumentView":
        from viewer.ui.reporting.document_view import DocumentView  # when the first report is read

        document = DocumentView(viewport)
        self._made[cell] = viewport, document
        viewport.installEventFilter(self)
        document.item_wanted.connect(lambda position: self._go(cell, position))
        document.report_wanted.connect(lambda uid: self._show_report(cell, uid))
        document.touched.connect(lambda: self._workspace.activate(cell))
        return document

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the size of viewports."""
        if event.type() == QEvent.Type.Resize:
            for viewport, document in self._made.values():
                if viewport is watched:
                    self._place(document, viewport)
        return super().eventFilter(watched, event)

    @staticmethod
    def _place(document: "DocumentView", viewport: "Viewport") -> None:
        document.setGeometry(viewport.rect().adjusted(FRAME_PX, FRAME_PX, -FRAME_PX, -FRAME_PX))

    def _go(self, cell: int, position: "Position") -> None:
        document = self._documents().get(cell)
        if document is None or document.held is None:
            return
        reason = go_to_item(self._workspace, document.held, position, cell)
        if reason and self._workspace.window is not None:
            self._workspace.window.show_message(reason)

    def _show_report(self, cell: int, uid: str) -> None:
        book = self._workspace.shared.reports
        header = book.open_report(uid) if book is not None else None
        if header is None:
            return
        for series in self._workspace.tree.all_series():
            for display_set in self._workspace.catalogue.of_series(series.key):
                for index, image in enumerate(display_set.images):
                    if image.header is header:
                        self._workspace.show(display_set.key, cell, index)
                        return


def _relations(book: ReportBook, held: HeldReport) -> "Relations":
    from viewer.ui.reporting.document_view import Relations

    if held.read is None:
        return Relations()
    predecessors = (each.instance.sop_instance_uid for each in held.read.report.header.predecessors)
    return Relations(book.amended_by(held.uid), tuple((uid, book.open_report(uid) is not None) for uid in predecessors))
