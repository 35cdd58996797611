"""The hand's business with one viewport beyond its state: probe, magnifier, region, window slider, cursor."""

import itertools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPolygonF

from viewer.base.translation import N_
from viewer.imaging.histogram import auto_window
from viewer.imaging.spatial_transform import ImagePlacement, Point
from viewer.imaging.viewport_image import RenderRequest
from viewer.imaging.voi_lut import Window
from viewer.ui.overlays.window_slider import SliderScale, dragged, is_in_reach, part_at
from viewer.ui.viewports.aids import Aids, Glass
from viewer.ui.viewports.finished_pixels import picture_of
from viewer.ui.viewports.probe import probe_lines
from viewer.ui.viewports.render_service import Answer, Picture, RenderService
from viewer.workspace.tools.window_level import window_from, with_window

if TYPE_CHECKING:
    from viewer.ui.viewports.viewport import Viewport

GLASS_PX, GLASS_FACTOR = 220, 2.5
LOUPE_PX, LOUPE_AWAY_PX = 150, 34.0
"""A loupe stands beside the pointer, a glass over it."""
_SLIDER_DRAG = 2_000_000_000
"""Numbers of the slider's drags lie above those of other drags."""

_slider_numbers = itertools.count(_SLIDER_DRAG)


@dataclass(slots=True)
class _SliderHeld:
    """The slider in the hand."""

    part: str
    y: float
    window: Window
    scale: SliderScale
    number: int


class ViewportAids:
    """Belongs to one viewport."""

    def __init__(self, viewport: "Viewport", rendering: RenderService, item: Aids) -> None:
        self._viewport = viewport
        self._workspace = viewport.workspace
        self._rendering = rendering
        self.item = item
        self._held: _SliderHeld | None = None
        self._glass_token = 0
        self._glass_at: QPointF | None = None
        self._is_loupe = False

    @property
    def owner(self) -> tuple[str, int]:
        """The magnifier's name with the render service."""
        return "glass", id(self)

    def picture_changed(self) -> None:
        """Follow a new picture: the probe and the slider tell of what is on screen."""
        if self.item.probe is not None:
            at = self.item.probe[0]
            self.show_probe((at.x(), at.y()))
        if self.item.slider is not None and self._held is None:
            self._show_slider()
        if self._glass_at is not None:
            picture, glass = self._viewport.picture, self.item.glass
            if glass is not None and picture is not None:
                old, new = glass.rendered, picture.rendered
                is_same = old.request.frame_key == new.request.frame_key and old.calibration == new.calibration
                self.item.glass = glass if is_same else None
            self.show_magnifier((self._glass_at.x(), self._glass_at.y()), is_beside=self._is_loupe)

    def clear(self) -> None:
        """Take everything away: other images come."""
        self.item.probe = self.item.region = self.item.glass = self.item.slider = None
        self._glass_at = self._held = None
        self._glass_token += 1
        self.item.changed()

    # Probe, region, magnifier

    def show_probe(self, at: Point | None) -> None:
        """Tell the value under a point; None takes it away."""
        displayed = self._workspace.displayed(self._viewport.cell)
        self.item.probe = None
        if at is not None and displayed is not None:
            ratio = self._viewport.devicePixelRatioF()
            point = displayed.rendered.placement.to_image((at[0] * ratio, at[1] * ratio))
            lines = probe_lines(displayed, point)
            if lines:
                self.item.probe = (QPointF(*at), lines)
        self.item.changed()

    def show_region(self, start: Point | None, end: Point | None) -> None:
        """Draw a rectangle between two points; None takes it away."""
        is_there = start is not None and end is not None
        self.item.region = QRectF(QPointF(*start), QPointF(*end)).normalized() if is_there else None  # type: ignore[misc]  # both are there
        self.item.changed()

    def show_outline(self, points: tuple[Point, ...]) -> None:
        """Draw an outline through points; fewer than two take it away."""
        self.item.outline = QPolygonF([QPointF(*point) for point in points]) if len(points) > 1 else None
        self.item.changed()

    def fit_window(self, start: Point, end: Point, number: int) -> None:
        """Fit the window to the values between two points in device pixels, worked out on a worker."""
        displayed = self._workspace.displayed(self._viewport.cell)
        if displayed is None or displayed.stored is None or displayed.stored.is_color:
            return
        placement, state, cell = displayed.rendered.placement, displayed.rendered.state, self._viewport.cell
        corners = [placement.to_image((x, y)) for x in (start[0], end[0]) for y in (start[1], end[1])]
        left, right = (max(0, int(pick(x for x, _y in corners))) for pick in (min, max))
        top, bottom = (max(0, int(pick(y for _x, y in corners))) for pick in (min, max))
        stored, rows, columns = displayed.stored, *displayed.stored.shape
        if left >= columns or top >= rows or right < left or bottom < top:
            return

        def fitted() -> Window:
            return auto_window(
                stored.values[top : bottom + 1, left : right + 1], state.modality_transform, state.padding
            )

        def found(window: Window) -> None:
            now = self._workspace.displayed(cell)
            if now is not None and now.image is displayed.image:
                view = self._workspace.viewport(cell)
                changed = replace(view, view=with_window(view.view, window), preset="")
                self._workspace.change(changed, N_("Window of a region"), cell=cell, drag=number)

        self._rendering.run(fitted, found)  # values of a plane through a volume are made there

    @property
    def loupe(self) -> tuple[QRectF, ImagePlacement] | None:
        """Where the loupe beside the pointer is, and where image points are in it; None while there is none."""
        glass = self.item.glass
        if glass is None or not self._is_loupe:
            return None
        size = LOUPE_PX / 2
        area = QRectF(glass.middle.x() - size, glass.middle.y() - size, 2 * size, 2 * size)
        return area, glass.rendered.placement

    def show_magnifier(self, at: Point | None, *, is_beside: bool = False) -> None:
        """Hold the glass over a point, or a smaller one beside it; None puts it away."""
        picture = self._viewport.picture
        self._is_loupe = is_beside
        self._glass_at = QPointF(*at) if at is not None else None
        if at is None or picture is None:
            self.item.glass = None
            self._glass_token += 1
            self._rendering.forget(self.owner)
            self.item.changed()
            return
        ratio = self._viewport.devicePixelRatioF()
        placement = picture.rendered.placement
        column, row = placement.to_image((at[0] * ratio, at[1] * ratio))
        pan = (column - placement.columns / 2, row - placement.rows / 2)
        scale = max(placement.scale_x * GLASS_FACTOR, 1.0)
        transform = replace(picture.ask.request.transform.at_scale(scale), pan=pan, area=None)
        side = LOUPE_PX if is_beside else GLASS_PX
        size = (round(side * ratio), round(side * ratio))
        old = picture.ask.request
        request = RenderRequest(old.frame_key, size, transform, old.view, old.interpolation, overlay=old.overlay)
        self._glass_token += 1
        over = picture.ask
        if over.look is not None and over.look.is_rendering:
            return
        self._rendering.ask(
            replace(over, owner=self.owner, token=self._glass_token, request=request), self._glass_received
        )

    def _glass_received(self, answer: Answer) -> None:
        picture = self._viewport.picture
        if not isinstance(answer, Picture) or self._glass_at is None or picture is None:
            return
        if answer.ask.image is not picture.ask.image or answer.ask.owner != self.owner:
            return  # of another image than the one under the glass
        if answer.ask.calibration != picture.ask.calibration:
            return  # made for the monitor that the viewport was on
        middle = self._beside(self._glass_at) if self._is_loupe else self._glass_at
        self.item.glass = Glass(answer.rendered, picture_of(answer.rendered), middle)
        self.item.changed()
        self._viewport.marks.update()

    def _beside(self, at: QPointF) -> QPointF:
        """Return the middle of a loupe beside a point: above it at the right, unless that is out of sight."""
        away = LOUPE_AWAY_PX + LOUPE_PX / 2
        x = at.x() + away if at.x() + away + LOUPE_PX / 2 < self._viewport.width() else at.x() - away
        y = at.y() - away if at.y() - away - LOUPE_PX / 2 > 0 else at.y() + away
        return QPointF(x, y)

    # The window slider

    def hovered(self, at: QPointF) -> None:
        """Call the slider up near the right edge, and put it away elsewhere."""
        if is_in_reach(QRectF(self._viewport.rect()), at):
            self._show_slider()
        elif self.item.slider is not None:
            self.item.slider = None
            self.item.changed()
        shape = Qt.CursorShape.SizeVerCursor if self.item.slider is not None else None
        if shape is not None:
            self._viewport.setCursor(shape)
        else:
            self._viewport.show_cursor()

    def left(self) -> None:
        """The pointer went away."""
        if self._held is None and self.item.slider is not None:
            self.item.slider = None
            self.item.changed()

    def slider_pressed(self, at: QPointF, button: Qt.MouseButton) -> bool:
        """Take hold of the slider; False when the press is not on it."""
        area = QRectF(self._viewport.rect())
        if button != Qt.MouseButton.LeftButton or self.item.slider is None or not is_in_reach(area, at):
            return False
        scale, window = self.item.slider
        self._held = _SliderHeld(part_at(area, scale, window, at), at.y(), window, scale, next(_slider_numbers))
        return True

    def slider_moved(self, at: QPointF) -> bool:
        """Drag the slider; False when it is not held."""
        held = self._held
        if held is None:
            return False
        window = dragged(QRectF(self._viewport.rect()), held.scale, held.window, held.part, at.y() - held.y)
        self.item.slider = (held.scale, window)
        self.item.changed()
        state = self._workspace.viewport(self._viewport.cell)
        changed = replace(state, view=with_window(state.view, window), preset="")
        self._workspace.change(changed, N_("Window"), cell=self._viewport.cell, drag=held.number)
        return True

    def slider_released(self) -> bool:
        """Let go of the slider; False when it was not held."""
        was_held, self._held = self._held is not None, None
        return was_held

    def _show_slider(self) -> None:
        displayed = self._workspace.displayed(self._viewport.cell)
        window = window_from(displayed.rendered.voi, displayed.value_range) if displayed is not None else None
        if displayed is None or window is None or displayed.value_range is None or displayed.rendered.voi is None:
            self.item.slider = None
        else:
            self.item.slider = (SliderScale.of(window, displayed.value_range), window)
        self.item.changed()
