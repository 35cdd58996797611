"""One look at one generation of a volume: what a viewport asks for, and what its picture says that it shows."""

from collections.abc import Hashable
from dataclasses import dataclass, field

from viewer.imaging.frame_state import FrameState
from viewer.imaging.frame_store import LoadedFrame
from viewer.imaging.image_ref import ImageRef
from viewer.imaging.stored_frame import SampledFrame
from viewer.imaging.viewport_request import Interpolation
from viewer.volume.curved_reslice import CurvedPlane
from viewer.volume.reslice_plane import ReslicePlane
from viewer.volume.series_volume import SeriesVolume
from viewer.workspace.volume_planes import placed, reslice_plane_of, volume_interpolation
from viewer.workspace.volume_view import VolumeKind, VolumeView


@dataclass(frozen=True, slots=True, eq=False)
class VolumeLook:
    """A view of a volume.

    Attributes:
        volume: May be one that is still loading.
        plane: The nominal grid of a plane or a projection; of a curved view that of the plane it is picked on; None for
            a rendering.
        interpolation: As the reader chose it for the viewport.
    """

    volume: SeriesVolume
    view: VolumeView
    plane: ReslicePlane | None
    interpolation: Interpolation = Interpolation.LINEAR
    _frame: list[tuple[SampledFrame, FrameState]] = field(default_factory=list, init=False, repr=False)

    @property
    def is_rendering(self) -> bool:
        """Whether it is a picture in colours, and no frame."""
        return self.view.kind is VolumeKind.RENDERING

    @property
    def is_curved(self) -> bool:
        """Whether it is laid flat along a centre line."""
        return self.view.kind is VolumeKind.CURVED

    @property
    def is_laid_flat(self) -> bool:
        """Whether there is a centre line it is laid flat along; until then its points are picked on a plane."""
        return self.is_curved and len(self.view.path.points_mm) > 1

    @property
    def frame_key(self) -> Hashable:
        """What names the frame: the same key always shows the same."""
        what: Hashable = self.plane
        if self.is_rendering:
            what = (self.view.rendering, self.view.phase)
        elif self.is_laid_flat and self.plane is not None:
            view, plane = self.view, self.plane
            what = (view.path, view.thickness_mm, view.projection, view.phase, plane.plane.normal, plane.interpolation)
        return self.view.kind.value, self.volume.key, self.volume.generation, what

    def loaded(self, image: ImageRef) -> LoadedFrame:
        """Return the frame with its truth; not for a rendering. Called on a worker.

        Args:
            image: Of the display set, for whose it is.

        Raises:
            VolumeError: If there is no such plane.
        """
        from viewer.volume.plane_frame import PlaneFrame, plane_state

        assert self.plane is not None  # noqa: S101 - only a rendering has none, and is no frame
        if not self._frame:
            if self.is_laid_flat:
                from viewer.volume.curved_frame import curved_frame

                self._frame.append(curved_frame(self.volume, self.curved_plane(self.plane)))
            else:
                self._frame.append((PlaneFrame(self.volume, self.plane), plane_state(self.volume, self.plane)))
        return LoadedFrame(image, *self._frame[0])

    def curved_plane(self, picked_on: ReslicePlane) -> "CurvedPlane":
        """Return the curved plane of the view; the plane its points are picked on says which way it is swept."""
        from viewer.volume.curved_reslice import CurvedLayout, CurvedPlane

        path = self.view.path
        return CurvedPlane(
            path.points_mm,
            CurvedLayout(path.kind.value),
            sweep=picked_on.plane.normal,
            spacing_mm=self.volume.geometry.finest_mm,
            angle_deg=path.angle_deg,
            position_mm=path.position_mm,
            thickness_mm=self.view.thickness_mm,
            projection=self.view.projection,
            interpolation=picked_on.interpolation,
            phase=self.view.phase,
        )


def look_at(volume: SeriesVolume, view: VolumeView, interpolation: Interpolation = Interpolation.LINEAR) -> VolumeLook:
    """Return the look of a view at a volume."""
    view = placed(view, volume.geometry)
    if view.kind is VolumeKind.RENDERING:
        return VolumeLook(volume, view, None, interpolation)
    plane = reslice_plane_of(view, volume.geometry, volume_interpolation(interpolation))
    return VolumeLook(volume, view, plane, interpolation)
