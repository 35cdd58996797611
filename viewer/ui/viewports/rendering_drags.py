"""What a drag does in a viewport that shows a rendering. Points are logical pixels.

The left button turns the volume whatever the tool, but for those that mean something here; a window dragged by another
gesture stretches and moves the transfer functions.
"""

import math
from collections.abc import Callable

from viewer.base.translation import N_
from viewer.imaging.spatial_transform import Point
from viewer.ui.viewports.drags import Drag
from viewer.ui.viewports.viewport import Viewport
from viewer.workspace.rendering_view import (
    change_rendering,
    functions_of,
    panned_by_drag,
    rendering_at,
    rolled_by_drag,
    set_functions,
    turned_by_drag,
    windowed,
    with_cut,
    zoomed_at,
)
from viewer.workspace.tools.tool import Tool
from viewer.workspace.tools.zoom import zoom_factor_of_drag
from viewer.workspace.volume_view import RenderingView
from viewer.workspace.workspace import Workspace

LEAST_CUT_PX = 6.0
"""An outline that went no farther was a slip of the hand."""
_POINT_PX = 2.0
_ROLL_RATE = 0.5
"""Degrees for a pixel."""


class RenderingDrag(Drag):
    """A drag that starts from how the volume was seen when the button went down."""

    title = ""

    def begin(self) -> None:
        """Note it."""
        self._look = rendering_at(self.workspace, self.viewport.cell)
        self._geometry = self.workspace.geometry_at(self.viewport.cell)
        ratio = self.viewport.devicePixelRatioF()
        size = self.viewport.size()
        self._size = max(1, round(size.width() * ratio)), max(1, round(size.height() * ratio))

    def move(self, at: Point) -> None:
        """Change it by the whole way since the press."""
        if self._look is None or self._geometry is None:
            return
        (x, y), (x0, y0) = self.device(at), self.device(self.start)
        changed = self.changed(self._look, x - x0, y - y0)
        cell = self.viewport.cell
        change_rendering(self.workspace, self.title, lambda _look: changed, cell, self.number)

    def changed(self, look: RenderingView, dx: float, dy: float) -> RenderingView:
        """Return the look after a way in device pixels."""
        raise NotImplementedError


class TurnDrag(RenderingDrag):
    """The volume is a ball under the hand."""

    title = N_("Turn the view")

    def changed(self, look: RenderingView, dx: float, dy: float) -> RenderingView:
        """Roll it."""
        assert self._geometry is not None  # noqa: S101 - asked before
        return turned_by_drag(look, self._geometry, self._size, dx, dy)


class RollDrag(RenderingDrag):
    """The picture turns in its own plane."""

    title = N_("Turn the view")

    def changed(self, look: RenderingView, dx: float, dy: float) -> RenderingView:
        """Turn it; right and down are clockwise."""
        return rolled_by_drag(look, (dx + dy) * _ROLL_RATE / self.viewport.devicePixelRatioF())


class MoveDrag(RenderingDrag):
    """The picture follows the hand."""

    title = N_("Pan")

    def changed(self, look: RenderingView, dx: float, dy: float) -> RenderingView:
        """Move it."""
        assert self._geometry is not None  # noqa: S101 - asked before
        return panned_by_drag(look, self._geometry, self._size, dx, dy)


class EnlargeDrag(RenderingDrag):
    """Up is larger, about the point where the button went down."""

    title = N_("Zoom")

    def changed(self, look: RenderingView, _dx: float, dy: float) -> RenderingView:
        """Zoom it."""
        assert self._geometry is not None  # noqa: S101 - asked before
        factor = zoom_factor_of_drag(dy / self.viewport.devicePixelRatioF())
        return zoomed_at(look, self._geometry, self._size, factor, self.device(self.start))


class FunctionsDrag(RenderingDrag):
    """Left and right make the transfer functions narrower and wider, up and down move them as a window's level."""

    def begin(self) -> None:
        """Start from the functions in force."""
        super().begin()
        modality = self.viewport.picture.rendered.state.modality if self.viewport.picture is not None else ""
        self._functions = (
            functions_of(self._look, modality, self.workspace.shared.renderings.presets) if self._look else None
        )

    def move(self, at: Point) -> None:
        """Change them by the whole way since the press."""
        if self._functions is not None:
            changed = windowed(self._functions, at[0] - self.start[0], at[1] - self.start[1])
            set_functions(self.workspace, changed, self.viewport.cell, self.number)


class CutDrag(RenderingDrag):
    """Draws an outline; what lies under it is cut away when the button goes up."""

    keeps_inside = False

    def begin(self) -> None:
        """Start the outline here."""
        super().begin()
        self._points = [self.start]
        self.viewport.aids.show_outline(tuple(self._points))

    def move(self, at: Point) -> None:
        """Draw it to here."""
        if math.dist(at, self._points[-1]) >= _POINT_PX:
            width, height = self.viewport.width(), self.viewport.height()
            self._points.append((min(max(at[0], 0.0), width), min(max(at[1], 0.0), height)))
            self.viewport.aids.show_outline(tuple(self._points))

    def end(self) -> None:
        """Cut."""
        self.viewport.aids.show_outline(())
        reach = max(math.dist(self.start, point) for point in self._points)
        if len(self._points) < 3 or reach < LEAST_CUT_PX or self._geometry is None:
            return
        outline = [self.device(point) for point in self._points]
        geometry, size, keeps = self._geometry, self._size, self.keeps_inside
        change_rendering(
            self.workspace,
            N_("Cut"),
            lambda look: with_cut(look, geometry, size, outline, keeps_inside=keeps),
            self.viewport.cell,
        )


class KeepDrag(CutDrag):
    """Draws an outline; all but what lies under it is cut away when the button goes up."""

    keeps_inside = True


def zoom_rendering(viewport: Viewport, factor: float, at: Point, number: int = 0) -> None:
    """Make a rendering larger about a point in device pixels."""
    geometry = viewport.workspace.geometry_at(viewport.cell)
    size = viewport.picture.rendered.request.size if viewport.picture is not None else None
    if geometry is not None and size is not None:
        change_rendering(
            viewport.workspace,
            N_("Zoom"),
            lambda look: zoomed_at(look, geometry, size, factor, at),
            viewport.cell,
            number,
        )


_DRAGS: dict[Tool, Callable[[Viewport, Workspace, Point, int], Drag]] = {
    Tool.PAN: MoveDrag,
    Tool.ZOOM: EnlargeDrag,
    Tool.CUT: CutDrag,
    Tool.KEEP: KeepDrag,
    Tool.WINDOW_LEVEL: FunctionsDrag,
    Tool.SCROLL: RollDrag,
    Tool.FAST_SCROLL: RollDrag,
}


def rendering_drag(tool: Tool, viewport: Viewport, workspace: Workspace, start: Point, number: int) -> Drag:
    """Return a drag that has begun."""
    return _DRAGS.get(tool, TurnDrag)(viewport, workspace, start, number)
