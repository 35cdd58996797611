"""Turning a projection of the whole volume with the rotate tool: its near side follows the hand."""

from dataclasses import replace

from viewer.imaging.spatial_transform import Point
from viewer.ui.viewports.drags import Drag
from viewer.workspace.volume_group import put_camera
from viewer.workspace.volume_view import VolumeKind
from viewer.workspace.workspace import Workspace

DEGREES_PER_SIDE = 180.0
"""What a drag over the viewport's smaller side turns by."""


def turns_camera(workspace: Workspace, cell: int) -> bool:
    """Return whether the rotate tool turns the camera of what a cell shows."""
    view = workspace.viewport(cell).volume
    return view is not None and view.kind is VolumeKind.PROJECTION


class CameraDrag(Drag):
    """Sideways round the patient, up and down over head and feet."""

    def begin(self) -> None:
        """Start from where the camera stands."""
        view = self.workspace.viewport(self.viewport.cell).volume
        self._camera = view.rendering if view is not None else None
        side = min(self.viewport.width(), self.viewport.height())
        self._rate = DEGREES_PER_SIDE / max(side, 1)

    def move(self, at: Point) -> None:
        """Turn by the whole way since the press."""
        if self._camera is None:
            return
        azimuth = self._camera.azimuth_deg - (at[0] - self.start[0]) * self._rate
        elevation = self._camera.elevation_deg + (at[1] - self.start[1]) * self._rate
        camera = replace(self._camera, azimuth_deg=azimuth % 360.0, elevation_deg=min(max(elevation, -90.0), 90.0))
        put_camera(self.workspace, camera, self.viewport.cell, self.number)
