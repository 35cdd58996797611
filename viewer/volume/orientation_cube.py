"""The cube with the letters of the patient's directions that stands beside a rendering and turns with it (VTK)."""

from typing import Any

import numpy as np

from viewer.volume.rendering_camera import CameraPose

CubeLetters = tuple[str, str, str, str, str, str]
"""Of the patient's directions +x, -x, +y, -y, +z and -z."""

_SIDES = ("XPlus", "XMinus", "YPlus", "YMinus", "ZPlus", "ZMinus")
_LETTER_SCALE, _LETTERS_SCALE = 0.62, 0.42
"""Of the cube's side; words of two letters are smaller."""

_CUBE_TURNS = {"X": 0.0, "Y": 0.0, "Z": -90.0}
"""So that letters stand upright from the front, from both sides and the back, and from above and below."""


class OrientationCube:
    """A cube with the letters of the patient's directions that turns with the volume."""

    def __init__(self, window: Any) -> None:  # noqa: ANN401 - VTK has no types
        from vtkmodules.vtkRenderingCore import vtkRenderer

        self._window = window
        self._renderer = vtkRenderer()
        self._renderer.SetLayer(1)
        self._renderer.InteractiveOff()
        self._renderer.UseFXAAOn()
        self._actor = _letter_cube()
        self._renderer.AddActor(self._actor)
        self._is_shown = False
        self._letters: CubeLetters | None = None

    def stand(
        self, place: tuple[int, int, int] | None, size: tuple[int, int], pose: CameraPose, letters: CubeLetters
    ) -> None:
        """Show it at a place of a picture, or not at all."""
        if (place is not None) != self._is_shown:
            self._is_shown = place is not None
            self._window.SetNumberOfLayers(2 if self._is_shown else 1)
            (self._window.AddRenderer if self._is_shown else self._window.RemoveRenderer)(self._renderer)
        if place is None:
            return
        if letters != self._letters:
            self._letters = letters
            self._actor.SetFaceTextScale(_LETTER_SCALE if max(map(len, letters)) == 1 else _LETTERS_SCALE)
            for name, letter in zip(_SIDES, letters, strict=True):
                getattr(self._actor, f"Set{name}FaceText")(letter)
        left, top, side = place
        width, height = size
        ends = (left / width, 1 - (top + side) / height, (left + side) / width, 1 - top / height)
        self._renderer.SetViewport(*(min(1.0, max(0.0, end)) for end in ends))
        camera = self._renderer.GetActiveCamera()
        camera.ParallelProjectionOn()
        camera.SetParallelScale(0.9)  # half the cube's diagonal, and a little
        camera.SetFocalPoint(0.0, 0.0, 0.0)
        backwards = np.array(pose.position) - np.array(pose.focal_point)
        camera.SetPosition(*(5.0 * backwards / np.linalg.norm(backwards)))
        camera.SetViewUp(*pose.up)
        self._renderer.ResetCameraClippingRange()


def _letter_cube() -> Any:  # noqa: ANN401 - VTK has no types
    from vtkmodules.vtkRenderingAnnotation import vtkAnnotatedCubeActor

    cube = vtkAnnotatedCubeActor()
    for side in _SIDES:
        face = getattr(cube, f"Get{side}FaceProperty")()
        face.SetColor(0.92, 0.93, 0.95)
        face.LightingOff()
    for axis, angle in _CUBE_TURNS.items():
        getattr(cube, f"Set{axis}FaceTextRotation")(angle)
    body = cube.GetCubeProperty()
    body.SetColor(0.21, 0.29, 0.35)
    body.SetAmbient(0.35)
    cube.SetTextEdgesVisibility(0)
    return cube
