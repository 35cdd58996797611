"""What a drag of each tool does to its viewport, from the press to the release. Points are logical pixels."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from PySide6.QtCore import QPointF

from viewer.base.translation import N_
from viewer.imaging.spatial_transform import Point
from viewer.ui.viewports.cross_lines import point_at
from viewer.ui.viewports.viewport import Viewport
from viewer.workspace.rendering_view import rendering_at
from viewer.workspace.tools.scroll import FAST_FACTOR, scroll_per_pixel
from viewer.workspace.tools.tool import Tool
from viewer.workspace.tools.window_level import dragged_window, rate_of, window_from, with_window
from viewer.workspace.tools.zoom import panned, rotated_by_drag, zoom_factor_of_drag, zoomed_about
from viewer.workspace.workspace import Workspace


@dataclass(slots=True)
class Drag:
    """A tool in the hand.

    Attributes:
        start: Where the button went down.
        number: The same for all steps of one drag: undo takes them back together.
    """

    viewport: Viewport
    workspace: Workspace
    start: Point
    number: int

    def __post_init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Note what the drag starts from."""

    def move(self, at: Point) -> None:
        """The pointer is here now."""

    def end(self) -> None:
        """The button went up."""

    def device(self, at: Point) -> Point:
        """Return a point in device pixels."""
        ratio = self.viewport.devicePixelRatioF()
        return at[0] * ratio, at[1] * ratio


class WindowDrag(Drag):
    """Left and right make the window narrower and wider, up and down brighter and darker."""

    def begin(self) -> None:
        """Start from the window in force."""
        displayed = self.workspace.displayed(self.viewport.cell)
        self._range = displayed.value_range if displayed is not None else None
        voi = displayed.rendered.voi if displayed is not None else None
        self._window = window_from(voi, self._range)

    def move(self, at: Point) -> None:
        """Change the window by the whole way since the press, so that coming back restores it."""
        if self._window is None:
            return
        rate = rate_of(self._window, self._range)
        window = dragged_window(self._window, rate, at[0] - self.start[0], at[1] - self.start[1])
        state = self.workspace.viewport(self.viewport.cell)
        changed = replace(state, view=with_window(state.view, window), preset="")
        self.workspace.change(changed, N_("Window"), cell=self.viewport.cell, drag=self.number)


class _PlacementDrag(Drag):
    """A drag that moves the image as it lay when the button went down."""

    def begin(self) -> None:
        """Start from how the image lies."""
        self._state = self.workspace.viewport(self.viewport.cell)
        self._placement = self.viewport.placement_of(self._state)

    def _change(self, transform_of: object, title: str) -> None:
        state = self.workspace.viewport(self.viewport.cell)
        wanted = replace(state, transform=transform_of, is_true_size=False)  # type: ignore[arg-type]  # a SpatialTransform
        self.workspace.change(wanted, title, cell=self.viewport.cell, drag=self.number)


class PanDrag(_PlacementDrag):
    """The image follows the hand."""

    def move(self, at: Point) -> None:
        """Move by the whole way since the press."""
        if self._placement is None:
            return
        (x, y), (x0, y0) = self.device(at), self.device(self.start)
        state = panned(self._state, self._placement, x - x0, y - y0)
        current = self.workspace.viewport(self.viewport.cell)
        moved = replace(current, transform=state.transform)
        self.workspace.change(moved, N_("Pan"), cell=self.viewport.cell, drag=self.number)


class ZoomDrag(_PlacementDrag):
    """Up is larger, about the point where the button went down."""

    def move(self, at: Point) -> None:
        """Zoom by the whole way since the press."""
        if self._placement is not None:
            factor = zoom_factor_of_drag(at[1] - self.start[1])
            state = zoomed_about(self._state, self._placement, factor, self.device(self.start))
            self._change(state.transform, N_("Zoom"))


class RotateDrag(_PlacementDrag):
    """The image turns about the middle of the viewport with the hand."""

    def move(self, at: Point) -> None:
        """Turn by the whole way since the press."""
        size = self.viewport.width(), self.viewport.height()
        middle = (size[0] / 2, size[1] / 2)
        self._change(rotated_by_drag(self._state, middle, self.start, at).transform, N_("Rotate"))


class ScrollDrag(Drag):
    """Down is forward."""

    factor = 1

    def begin(self) -> None:
        """Start from the image or plane shown."""
        self._index, self._count = self.workspace.place_at(self.viewport.cell)

    def move(self, at: Point) -> None:
        """Scroll by the whole way since the press."""
        per_pixel = scroll_per_pixel(self._count, self.viewport.height()) * self.factor
        self.workspace.set_index(self._index + round((at[1] - self.start[1]) * per_pixel), self.viewport.cell)


class FastScrollDrag(ScrollDrag):
    """Ten times as fast."""

    factor = FAST_FACTOR


class ProbeDrag(Drag):
    """Tells the value under the pointer while the button is down."""

    def begin(self) -> None:
        """Tell it where the button went down."""
        self.viewport.aids.show_probe(self.start)

    def move(self, at: Point) -> None:
        """Tell it here."""
        self.viewport.aids.show_probe(at)

    def end(self) -> None:
        """Tell no more."""
        self.viewport.aids.show_probe(None)


class CursorDrag(Drag):
    """The 3D cursor follows the hand, all other viewports scroll to it, and it stays where it was let go."""

    def begin(self) -> None:
        """Put it where the button went down."""
        self.move(self.start)

    def move(self, at: Point) -> None:
        """Put it here."""
        point_at(self.viewport, QPointF(*at), is_held=True, scrolls=True)


class MagnifierDrag(Drag):
    """A glass under the pointer while the button is down."""

    def begin(self) -> None:
        """Hold the glass where the button went down."""
        self.viewport.aids.show_magnifier(self.start)

    def move(self, at: Point) -> None:
        """Hold it here."""
        self.viewport.aids.show_magnifier(at)

    def end(self) -> None:
        """Put it away."""
        self.viewport.aids.show_magnifier(None)


class RegionDrag(Drag):
    """A rectangle to whose values the window is fitted."""

    def begin(self) -> None:
        """Start with nothing."""
        self._at = self.start

    def move(self, at: Point) -> None:
        """Draw the rectangle to here."""
        self._at = at
        self.viewport.aids.show_region(self.start, at)

    def end(self) -> None:
        """Fit the window to what is inside."""
        self.viewport.aids.show_region(None, None)
        if self._at != self.start:
            self.viewport.aids.fit_window(self.device(self.start), self.device(self._at), self.number)


_DRAGS: dict[Tool, Callable[[Viewport, Workspace, Point, int], Drag]] = {
    Tool.WINDOW_LEVEL: WindowDrag,
    Tool.PAN: PanDrag,
    Tool.ZOOM: ZoomDrag,
    Tool.ROTATE: RotateDrag,
    Tool.SCROLL: ScrollDrag,
    Tool.FAST_SCROLL: FastScrollDrag,
    Tool.PROBE: ProbeDrag,
    Tool.CURSOR_3D: CursorDrag,
    Tool.MAGNIFIER: MagnifierDrag,
    Tool.WINDOW_REGION: RegionDrag,
    Tool.CUT: Drag,
    Tool.KEEP: Drag,
    Tool.CURVE: Drag,
    Tool.MEASURE: Drag,
}


def drag_with(tool: Tool, viewport: Viewport, workspace: Workspace, start: Point, number: int) -> Drag:
    """Return a drag that has begun."""
    if tool is Tool.ROTATE:
        from viewer.ui.volumes.camera_drag import CameraDrag, turns_camera

        if turns_camera(workspace, viewport.cell):
            return CameraDrag(viewport, workspace, start, number)
    if tool is Tool.PHASE_REGION:
        from viewer.ui.volumes.region_drag import PhaseRegionDrag

        return PhaseRegionDrag(viewport, workspace, start, number)
    if tool in {Tool.SEGMENT_BRUSH, Tool.SEGMENT_ERASER}:
        from viewer.ui.segmenting.brush_drag import BrushDrag, EraserDrag

        hand = BrushDrag if tool is Tool.SEGMENT_BRUSH else EraserDrag
        return hand(viewport, workspace, start, number)
    if rendering_at(workspace, viewport.cell) is not None:
        from viewer.ui.viewports.rendering_drags import rendering_drag

        return rendering_drag(tool, viewport, workspace, start, number)
    return _DRAGS[tool](viewport, workspace, start, number)
