"""Renderings for viewports: how the ray caster is asked for what a viewport wants, and what it answers is shown."""

from collections.abc import Hashable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from viewer.base.errors import ViewerError
from viewer.base.translation import _
from viewer.ui.viewports.volume_pictures import PictureAsk, Tell, VolumePicture
from viewer.volume.rendering_request import RenderedVolume
from viewer.workspace.rendering_keep import RenderingKeep
from viewer.workspace.rendering_view import request_of
from viewer.workspace.volume_view import Vector

if TYPE_CHECKING:
    from viewer.volume.volume_rendering import VolumeRenderer

_CUBE_SHARE, _CUBE_LEAST, _CUBE_MARGIN = 0.1, 56, 10
_CUBE_ABOVE = 0.16
"""It stands at the right, over the lines of the corner; as a share of the height from below."""


class VolumeRenderings:
    """Makes the renderings of all viewports (volume_pictures.VolumePictures).

    Args:
        keep: The reader's presets, and where looks are remembered.
        may_use_card: Whether a graphics card is used where there is one.
    """

    def __init__(self, keep: RenderingKeep | None = None, *, may_use_card: bool = True) -> None:
        self._keep = keep or RenderingKeep()
        self._may_use_card = may_use_card
        self._renderer: VolumeRenderer | None = None

    def render(self, ask: PictureAsk, tell: Tell) -> None:
        """Begin a picture and return at once; the first one starts the threads."""
        try:
            request = request_of(ask.volume, ask.view, ask.size, self._keep.presets, cube_place(ask.size))
        except ViewerError as error:
            tell(error)
            return
        surfaces = self._keep.surfaces.of_volume(ask.volume.key)
        if surfaces:
            request = replace(request, surfaces=tuple(each.surface for each in surfaces))
        if self._renderer is None:
            from viewer.volume.volume_rendering import VolumeRenderer

            self._renderer = VolumeRenderer(may_use_card=self._may_use_card)

        def told(answer: RenderedVolume | Exception, is_last: bool) -> None:
            if is_last and not ask.is_interacting:
                self._remember(ask)
            words = tuple(each.words for each in surfaces)
            tell(answer if isinstance(answer, Exception) else _picture(answer, ask.size, words, is_last=is_last))

        self._renderer.ask(ask.owner, request, told, is_interacting=ask.is_interacting)

    def _remember(self, ask: PictureAsk) -> None:
        """Keep how a series is looked at; on a thread of the renderer, while the hand rests."""
        image = next((phase[0] for phase in ask.volume.images if phase), None)
        if image is not None:
            header = image.header
            self._keep.note_look(header.study_instance_uid, header.series_instance_uid, ask.view.rendering)
            self._keep.write_looks()

    def forget(self, owner: Hashable) -> None:
        """Drop what an owner asked for, and what is kept for it."""
        if self._renderer is not None:
            self._renderer.forget(owner)

    def close(self) -> None:
        """End all threads."""
        if self._renderer is not None:
            self._renderer.close()


def cube_place(size: tuple[int, int]) -> tuple[int, int, int] | None:
    """Return left, top and side of the orientation cube in a viewport; None where it would cover the picture."""
    width, height = size
    side = max(_CUBE_LEAST, round(min(size) * _CUBE_SHARE))
    if side * 4 > min(size):
        return None
    return width - side - _CUBE_MARGIN, height - side - round(height * _CUBE_ABOVE), side


def _picture(
    rendered: RenderedVolume, size: tuple[int, int], surfaces: tuple[str, ...], *, is_last: bool
) -> VolumePicture:
    pose = rendered.pose
    notes = list(surfaces)
    if rendered.voxel_mm is not None and not rendered.is_coarse:
        notes.append(_("voxels of {0:.1f} × {1:.1f} × {2:.1f} mm").format(*rendered.voxel_mm))
    return VolumePicture(
        rendered.pixels,
        _direction(pose.right, 1.0),
        _direction(pose.up, -1.0),
        pose.focal_point,
        None if pose.is_perspective else 2 * pose.half_height_mm / size[1],
        is_final=is_last,
        is_coarse=rendered.is_coarse,
        notes=tuple(notes),
    )


def _direction(vector: Vector, sign: float) -> Vector:
    """Return a direction without the rounding that would make letters of nothing."""
    values = np.where(np.abs(vector) < 1e-12, 0.0, np.asarray(vector) * sign)
    x, y, z = (float(value) for value in values)
    return x, y, z
