"""The hand that places a point or draws a region whose values are followed over phases."""

from viewer.imaging.spatial_transform import Point
from viewer.ui.viewports.drags import Drag
from viewer.workspace.curve_placing import course_at, drawn_region, place_region
from viewer.workspace.phase_curves import Region

LEAST_PX = 4.0
"""A press that moved no farther placed a point."""


class PhaseRegionDrag(Drag):
    """A click is a point; a drag draws from corner to corner, and lets the values be read when the hand lets go."""

    def begin(self) -> None:
        """Look whether there is something to follow a region through."""
        self._at = self.start
        found = course_at(self.workspace, self.viewport.cell)
        self._is_refused = isinstance(found, str)
        if isinstance(found, str):
            self._say(found)

    def move(self, at: Point) -> None:
        """Draw the outline to here."""
        self._at = at
        region = self._region()
        if region is not None and not self._is_refused and self._is_far:
            self.viewport.aids.show_outline(tuple(self._on_screen(point) for point in region.outline))

    def end(self) -> None:
        """Follow what was drawn."""
        self.viewport.aids.show_outline(())
        region = None if self._is_refused else self._region()
        if region is not None:
            refusal = place_region(self.workspace, self.viewport.cell, region)
            if refusal:
                self._say(refusal)
            elif self.workspace.window is not None:
                self.workspace.window.show_curves()

    @property
    def _is_far(self) -> bool:
        return max(abs(self._at[0] - self.start[0]), abs(self._at[1] - self.start[1])) >= LEAST_PX

    def _region(self) -> Region | None:
        displayed, book = self.workspace.displayed(self.viewport.cell), self.workspace.shared.curves
        if displayed is None or book is None:
            return None
        placement, aspect = displayed.rendered.placement, displayed.rendered.state.aspect
        start = placement.to_image(self.device(self.start))
        end = placement.to_image(self.device(self._at)) if self._is_far else start
        if not (0 <= start[0] <= placement.columns and 0 <= start[1] <= placement.rows):
            return None
        return drawn_region(book, start, end, aspect)

    def _on_screen(self, point: Point) -> Point:
        placement = self.viewport.placement
        if placement is None:
            return self.start
        x, y = placement.to_viewport(point)
        ratio = self.viewport.devicePixelRatioF()
        return x / ratio, y / ratio

    def _say(self, text: str) -> None:
        if self.workspace.window is not None:
            self.workspace.window.show_message(text)
