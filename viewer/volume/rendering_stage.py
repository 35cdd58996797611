"""From a question to a picture: which voxels are taken, how finely they are sampled, what is kept for the next one.

A stage belongs to the thread that made it, as its VTK scene does.
"""

import math
import time
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.dicom.orientation import letters
from viewer.volume.orientation_cube import CubeLetters
from viewer.volume.rendering_camera import CameraPose, pose_of
from viewer.volume.rendering_cuts import HiddenVoxels, hidden_voxels
from viewer.volume.rendering_levels import LevelPlan, coarse_plan, full_plan, made_level, seen_region
from viewer.volume.rendering_request import Quality, RenderedVolume, RenderingRequest
from viewer.volume.transfer_functions import Blend, TransferFunctions, ValueScale
from viewer.volume.value_distribution import ValueDistribution, value_distribution
from viewer.volume.volume_geometry import Vector
from viewer.volume.vtk_scene import VtkScene

_SAMPLES = {Quality.QUICK: 1.5, Quality.COARSE: 0.8, Quality.FULL: 0.5}
"""From one sample to the next along a ray, in voxels."""

_PROJECTED_SAMPLES = 0.8
"""Of the highest or lowest value: it stops at nothing, and a peak is as wide as a voxel."""

_QUICK_RAYS = 90_000
"""With so many a first quick picture is made; then as many as the machine casts in time."""

_SLOW_MS, _FAST_MS = 48.0, 30.0
_MOST_RAY_PIXELS = 8.0


@dataclass(frozen=True, slots=True)
class _Taken:
    """What a level was made for: the same again needs no other."""

    volume: Hashable
    phase: int
    plan: LevelPlan
    hidden: HiddenVoxels
    takes_highest: bool


class RenderingStage:
    """Makes pictures, one volume at a time."""

    def __init__(self, *, may_use_card: bool = True) -> None:
        """Open a scene.

        Raises:
            VolumeError: If no picture can be made on this machine.
        """
        self._scene = VtkScene(may_use_card=may_use_card)
        self._taken: _Taken | None = None
        self._spacing: Vector = (1.0, 1.0, 1.0)
        self._distributed: tuple[Hashable, ValueDistribution] | None = None
        self._functions: Hashable = None
        self._surfaces: tuple[Any, ...] = ()
        self._ray_pixels = 0.0

    @property
    def renderer_name(self) -> str:
        """What OpenGL calls itself."""
        return self._scene.renderer_name

    @property
    def uses_card(self) -> bool:
        """Whether a graphics card casts the rays."""
        return self._scene.uses_card

    def picture(self, request: RenderingRequest) -> RenderedVolume:
        """Return the picture a request asks for."""
        start = time.perf_counter()
        pose = pose_of(request.camera, request.volume.geometry, request.size)
        if request.shows_volume:
            self._take_voxels(request, pose)
        self._scene.show_volume(is_shown=request.shows_volume)
        self._scene.set_clipping(request.volume.geometry, request.clip_box, request.clip_planes)
        if tuple(map(id, request.surfaces)) != tuple(map(id, self._surfaces)):
            self._scene.set_surfaces(request.surfaces)
            self._surfaces = request.surfaces  # kept, so that no id is given to another meanwhile
        pixels = self._scene.picture(
            pose,
            request.size,
            ray_pixels=self._ray_distance(request),
            sample_mm=self._sample_distance(request),
            cube=request.cube,
            letters=_letters(request),
        )
        milliseconds = (time.perf_counter() - start) * 1000
        if request.quality is Quality.QUICK:
            self._adapt(milliseconds)
        thinned = self._taken is not None and request.shows_volume and self._taken.plan.is_thinned
        is_coarse = request.quality is not Quality.FULL and (thinned or request.quality is Quality.QUICK)
        return RenderedVolume(pixels, pose, is_coarse, self._spacing if thinned else None, milliseconds)

    def has_level_for(self, request: RenderingRequest) -> bool:
        """Return whether a picture needs no voxels to be made ready first."""
        if not request.shows_volume:
            return True
        pose = pose_of(request.camera, request.volume.geometry, request.size)
        return self._taken is not None and self._taken == self._wanted(request, pose)

    def close(self) -> None:
        """Let go of everything."""
        self._taken = None
        self._scene.close()

    def _take_voxels(self, request: RenderingRequest, pose: CameraPose) -> None:
        volume = request.volume
        wanted = self._wanted(request, pose)
        if wanted != self._taken:
            self._taken = None
            self._scene.forget()  # before the next: both together may not fit
            hidden = wanted.hidden
            level = made_level(
                volume,
                request.phase,
                wanted.plan,
                hidden.hide if hidden.changes_voxels or volume.array().dtype.kind == "f" else None,
                takes_highest=wanted.takes_highest,
                padding=volume.padding,  # also where it does not show itself: what it is mixed with would
                nothing=hidden.value,
            )
            self._scene.show_level(level)
            self._spacing, self._taken, self._functions = level.geometry.spacing_mm, wanted, None
        functions = self._placed(request)
        described = (functions, wanted.hidden)
        if described != self._functions:
            value = wanted.hidden.value if wanted.hidden.changes_voxels else None
            self._scene.set_functions(functions, volume.rescale.slope, volume.rescale.intercept, value)
            self._functions = described

    def _wanted(self, request: RenderingRequest, pose: CameraPose) -> _Taken:
        volume, functions = request.volume, self._placed(request)
        hidden = hidden_voxels(volume, functions, request.cuts, request.phase)
        name = (volume.key, volume.generation, id(volume.array(request.phase)))
        kept = self._taken if self._taken is not None and self._taken.volume == name else None
        if request.quality is Quality.FULL and volume.is_complete:
            plan = full_plan(
                volume,
                has_gradients=functions.needs_gradients,
                must_copy=hidden.changes_voxels,
                seen=seen_region(pose, volume.geometry),
                pixel_mm=2 * pose.half_height_mm / request.size[1],
                before=kept.plan if kept is not None else None,
                on_card=self.uses_card,
            )
        else:
            plan = coarse_plan(volume, must_copy=hidden.changes_voxels)
        highest = Blend.MAXIMUM if volume.rescale.slope > 0 else Blend.MINIMUM  # of the stored values
        takes_highest = functions.blend is highest and plan.is_thinned
        if not hidden.changes_voxels:
            hidden = HiddenVoxels(0.0)
        return _Taken(name, request.phase, plan, hidden, takes_highest)

    def _placed(self, request: RenderingRequest) -> TransferFunctions:
        if request.functions.scale is ValueScale.MODALITY:
            return request.functions
        name = (request.volume.key, request.volume.generation, request.phase)
        if self._distributed is None or self._distributed[0] != name:
            self._distributed = (name, value_distribution(request.volume, request.phase))
        distribution = self._distributed[1]
        return request.functions.placed(distribution.range_low, distribution.range_high)

    def _ray_distance(self, request: RenderingRequest) -> float:
        if request.quality is not Quality.QUICK:
            return 1.0
        width, height = request.size
        if not self._ray_pixels:
            self._ray_pixels = math.sqrt(width * height / _QUICK_RAYS)
        return min(_MOST_RAY_PIXELS, max(1.0, self._ray_pixels))

    def _sample_distance(self, request: RenderingRequest) -> float:
        voxels = _SAMPLES[request.quality]
        if request.functions.blend is not Blend.COMPOSITE:
            voxels = max(voxels, _PROJECTED_SAMPLES)
        return voxels * min(self._spacing)

    def _adapt(self, milliseconds: float) -> None:
        if milliseconds > _SLOW_MS:
            self._ray_pixels = min(_MOST_RAY_PIXELS, self._ray_pixels * 1.15)
        elif milliseconds < _FAST_MS:
            self._ray_pixels = max(1.0, self._ray_pixels / 1.1)


def _letters(request: RenderingRequest) -> CubeLetters:
    """Return what the sides of the orientation cube are called in this patient."""
    state = request.volume.state
    plus_x, minus_x, plus_y, minus_y, plus_z, minus_z = (
        letters(direction, is_quadruped=state.identity.is_quadruped, body_part=state.body_part)
        for axis in np.eye(3)
        for direction in (_vector(axis), _vector(-axis))
    )
    return plus_x, minus_x, plus_y, minus_y, plus_z, minus_z


def _vector(values: NDArray[np.float64]) -> Vector:
    x, y, z = map(float, values)
    return x, y, z
