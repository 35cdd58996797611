"""Draws what of reports lies over pictures: regions a reader went to, marks of computer-aided detection."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QRectF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QGraphicsObject, QStyleOptionGraphicsItem, QWidget

from viewer.dicom.graphic_objects import GraphicLayer
from viewer.imaging.spatial_transform import ImagePlacement
from viewer.ui.overlays.graphic_painting import LayersPainter
from viewer.workspace.workspace import Workspace

if TYPE_CHECKING:
    from viewer.ui.viewports.viewport import Viewport


class ReportMarksItem(QGraphicsObject):
    """An item over a viewport's pixels.

    Args:
        placement: Returns where image points are now, in device pixels; None without a picture.
    """

    def __init__(self, placement: Callable[[], ImagePlacement | None]) -> None:
        super().__init__()
        self._area = QRectF()
        self._placement = placement
        self._painter = LayersPainter()
        self.layers: tuple[GraphicLayer, ...] = ()
        self.setVisible(False)

    def resize(self, area: QRectF) -> None:
        """Fill another area."""
        self.prepareGeometryChange()
        self._area = area

    def show_layers(self, layers: tuple[GraphicLayer, ...]) -> None:
        """Draw other layers."""
        if layers != self.layers:
            self.layers = layers
            self.setVisible(bool(layers))
            self.update()

    def boundingRect(self) -> QRectF:
        """Return the whole viewport."""
        return self._area

    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None) -> None:
        """Draw what there is."""
        placement = self._placement()
        if placement is not None:
            self._painter.paint(painter, self._area, self.layers, placement)


class ReportMarks(QObject):
    """Keeps the marks over one window's pictures up to date.

    Args:
        workspace: Of the window.
        viewports: Of the window, by cell; read anew at every change.
        parent: Owns it.
    """

    def __init__(self, workspace: Workspace, viewports: "Mapping[int, Viewport]", parent: QObject) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._viewports = viewports
        self._connections: list[Callable[[], object]] = []
        if workspace.shared.reports is not None:
            self._connections = [
                workspace.displayed_changed.connect(self._update),
                workspace.shared.reports.marks_changed.connect(lambda _none: self.update_all()),
            ]

    def release(self) -> None:
        """Stop: the window closes."""
        for disconnect in self._connections:
            disconnect()
        self._connections.clear()

    def update_all(self) -> None:
        """Draw what there is to be drawn now."""
        for cell, viewport in tuple(self._viewports.items()):
            self._update(cell)
            viewport.rewrite()

    def _update(self, cell: int) -> None:
        viewport, book = self._viewports.get(cell), self._workspace.shared.reports
        if viewport is None or book is None:
            return
        viewport.report_marks.show_layers(self._layers(cell))

    def _layers(self, cell: int) -> tuple[GraphicLayer, ...]:
        from viewer.workspace.image_places import shown_place
        from viewer.workspace.reporting.report_marks import MarkGround, ground_of_image, layers_over

        displayed, book = self._workspace.displayed(cell), self._workspace.shared.reports
        if displayed is None or book is None:
            return ()
        series, place = self._workspace.series_at(cell), shown_place(self._workspace, cell)
        if self._workspace.viewport(cell).volume is not None:
            ground = MarkGround(None, place)
        else:
            ground = ground_of_image(displayed.image, place)
        return layers_over(book, series.study if series is not None else None, ground)
