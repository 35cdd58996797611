"""A scene of VTK objects that makes pictures of one volume: a window off screen, the ray caster, the orientation cube.

Everything here belongs to the thread that made it. The ray caster works on the processor unless a graphics card was
found: OpenGL in software would take seconds for what the processor does in a fraction of one.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.volume.off_screen_window import hush, is_software, load_libraries, window_off_screen
from viewer.volume.orientation_cube import CubeLetters, OrientationCube
from viewer.volume.rendering_camera import CameraPose
from viewer.volume.rendering_levels import Level
from viewer.volume.rendering_request import ClipBox, ClipPlane, RenderedSurface
from viewer.volume.transfer_functions import Blend, TransferFunctions
from viewer.volume.volume_geometry import VolumeGeometry

_OPPOSITE = {Blend.MAXIMUM: Blend.MINIMUM, Blend.MINIMUM: Blend.MAXIMUM}


class VtkScene:
    """One volume before one camera."""

    def __init__(self, *, may_use_card: bool = True) -> None:
        """Open a window off screen.

        Args:
            may_use_card: Whether a graphics card is used where there is one.

        Raises:
            VolumeError: If no picture can be made on this machine.
        """
        load_libraries()
        import vtkmodules.vtkRenderingOpenGL2
        import vtkmodules.vtkRenderingVolumeOpenGL2  # noqa: F401 - both register what makes the objects below
        from vtkmodules.vtkRenderingCore import vtkRenderer, vtkVolume

        hush()
        self._window, self.renderer_name = window_off_screen()
        self._renderer = vtkRenderer()
        self._renderer.SetBackground(0.0, 0.0, 0.0)
        self._window.AddRenderer(self._renderer)
        self.uses_card = may_use_card and self._has_card()
        self._mapper = self._new_mapper()
        self._volume = vtkVolume()
        self._volume.SetMapper(self._mapper)
        self._is_shown = False
        self._image: Any = None
        self._voxels: NDArray[Any] | None = None
        self._mean_spacing = 1.0
        self._surfaces: list[Any] = []
        self._cube = OrientationCube(self._window)

    def _has_card(self) -> bool:
        """Return whether there is a graphics card that can cast rays."""
        if not self.renderer_name or is_software(self.renderer_name):
            return False
        from vtkmodules.vtkRenderingCore import vtkVolumeProperty
        from vtkmodules.vtkRenderingVolumeOpenGL2 import vtkOpenGLGPUVolumeRayCastMapper

        return bool(vtkOpenGLGPUVolumeRayCastMapper().IsRenderSupported(self._window, vtkVolumeProperty()))

    def _new_mapper(self) -> Any:  # noqa: ANN401 - VTK has no types
        if self.uses_card:
            from vtkmodules.vtkRenderingVolumeOpenGL2 import vtkOpenGLGPUVolumeRayCastMapper

            mapper = vtkOpenGLGPUVolumeRayCastMapper()
            mapper.UseJitteringOn()
            mapper.AutoAdjustSampleDistancesOff()
            return mapper
        from vtkmodules.vtkRenderingVolume import vtkFixedPointVolumeRayCastMapper

        mapper = vtkFixedPointVolumeRayCastMapper()
        mapper.AutoAdjustSampleDistancesOff()
        mapper.LockSampleDistanceToInputSpacingOff()
        return mapper

    def show_level(self, level: Level) -> None:
        """Take voxels: without a copy of them."""
        from vtkmodules.util.numpy_support import numpy_to_vtk
        from vtkmodules.vtkCommonDataModel import vtkImageData

        geometry = level.geometry
        image = vtkImageData()
        image.SetDimensions(*geometry.dimensions)
        image.SetSpacing(*geometry.spacing_mm)
        flat = level.voxels.reshape(-1)
        image.GetPointData().SetScalars(numpy_to_vtk(flat))
        self._mapper.SetInputData(image)
        self._image, self._voxels = image, flat  # VTK reads numpy's memory: it must outlive the image
        self._mean_spacing = float(np.mean(geometry.spacing_mm))
        self._volume.SetUserMatrix(_matrix(_place(geometry)))

    def show_volume(self, *, is_shown: bool) -> None:
        """Show the voxels, or only the surfaces."""
        if is_shown != self._is_shown:
            (self._renderer.AddVolume if is_shown else self._renderer.RemoveVolume)(self._volume)
            self._is_shown = is_shown

    def set_functions(self, functions: TransferFunctions, slope: float, intercept: float, hidden: float | None) -> None:
        """Take transfer functions.

        Args:
            functions: In modality units.
            slope: Of the rescale from the level's values to those units.
            intercept: Of it.
            hidden: Value of the level that never shows; None for none.
        """
        stored = functions.stretched(1 / slope, -intercept / slope)
        if slope < 0 and stored.blend in _OPPOSITE:  # the highest modality value is the lowest stored one
            stored = replace(stored, blend=_OPPOSITE[stored.blend])
        self._mapper.SetBlendMode(
            {
                Blend.COMPOSITE: self._mapper.COMPOSITE_BLEND,
                Blend.MAXIMUM: self._mapper.MAXIMUM_INTENSITY_BLEND,
                Blend.MINIMUM: self._mapper.MINIMUM_INTENSITY_BLEND,
            }[stored.blend]
        )
        self._volume.SetProperty(_property(stored, self._mean_spacing, hidden))

    def set_clipping(self, geometry: VolumeGeometry, box: ClipBox | None, planes: Sequence[ClipPlane]) -> None:
        """Show only what lies in a box of voxels, and on the side of planes their normals point to.

        Args:
            geometry: Whose voxels the box counts.
            box: None for all.
            planes: In the patient.
        """
        from vtkmodules.vtkCommonDataModel import vtkPlane

        self._mapper.RemoveAllClippingPlanes()
        for point, normal in (*_box_planes(geometry, box), *((plane.point, plane.normal) for plane in planes)):
            plane = vtkPlane()
            plane.SetOrigin(*point)
            plane.SetNormal(*normal)
            self._mapper.AddClippingPlane(plane)

    def set_surfaces(self, surfaces: Sequence[RenderedSurface]) -> None:
        """Show surfaces beside the voxels."""
        for actor in self._surfaces:
            self._renderer.RemoveActor(actor)
        self._surfaces = [_surface_actor(surface) for surface in surfaces]
        for actor in self._surfaces:
            self._renderer.AddActor(actor)

    def picture(
        self,
        pose: CameraPose,
        size: tuple[int, int],
        *,
        ray_pixels: float,
        sample_mm: float,
        cube: tuple[int, int, int] | None,
        letters: CubeLetters,
    ) -> NDArray[np.uint8]:
        """Return a picture, (height, width, 3).

        Args:
            pose: Of the camera.
            size: Width and height in pixels.
            ray_pixels: From one ray to the next.
            sample_mm: From one sample to the next along a ray.
            cube: Left, top and side of the orientation cube; None for none.
            letters: Of its sides.
        """
        self._window.SetSize(*size)
        self._mapper.SetSampleDistance(sample_mm)
        self._mapper.SetImageSampleDistance(ray_pixels)
        _take_pose(self._renderer.GetActiveCamera(), pose)
        self._renderer.ResetCameraClippingRange()
        self._cube.stand(cube, size, pose, letters)
        self._window.Render()
        return _pixels(self._window, size)

    def forget(self) -> None:
        """Let go of the voxels and all that was worked out of them."""
        if self._voxels is not None:
            self.show_volume(is_shown=False)
            self._mapper = self._new_mapper()
            self._volume.SetMapper(self._mapper)
            self._image = self._voxels = None

    def close(self) -> None:
        """Let go of everything; on the thread that made it."""
        self.forget()
        self.set_surfaces(())
        self._window.Finalize()


def _property(stored: TransferFunctions, mean_spacing: float, hidden: float | None) -> Any:  # noqa: ANN401
    from vtkmodules.vtkCommonDataModel import vtkPiecewiseFunction
    from vtkmodules.vtkRenderingCore import vtkColorTransferFunction, vtkVolumeProperty

    opacity = vtkPiecewiseFunction()
    for point in stored.opacity:
        opacity.AddPoint(point.value, point.opacity)
    if hidden is not None and stored.blend is Blend.COMPOSITE and stored.opacity_at(hidden) > 0:
        beside = stored.opacity_at(hidden + 1)
        opacity.AddPoint(hidden + 0.5, beside)
        opacity.AddPoint(hidden + 0.499, 0.0)
        opacity.AddPoint(hidden - 1.0, 0.0)
    color = vtkColorTransferFunction()
    for each in stored.color:
        color.AddRGBPoint(each.value, *each.color)
    first = stored.color[0]
    color.AddRGBPoint(first.value - 1.0, *first.color)  # VTK leaves holes below a single point
    result = vtkVolumeProperty()
    result.SetScalarOpacity(opacity)
    result.SetColor(color)
    result.SetInterpolationTypeToLinear()
    result.SetScalarOpacityUnitDistance(stored.opacity_distance_mm)
    if stored.gradient and stored.blend is Blend.COMPOSITE:
        gradient = vtkPiecewiseFunction()
        for point in stored.gradient:
            gradient.AddPoint(point.value * mean_spacing, point.opacity)  # VTK: over a voxel of mean size
        result.SetGradientOpacity(gradient)
    result.SetShade(stored.is_shaded)
    result.SetAmbient(stored.shading.ambient)
    result.SetDiffuse(stored.shading.diffuse)
    result.SetSpecular(stored.shading.specular)
    result.SetSpecularPower(stored.shading.power)
    return result


def _place(geometry: VolumeGeometry) -> NDArray[np.float64]:
    """Return the matrix from millimetres along the volume's axes to the patient."""
    matrix = np.eye(4)
    matrix[:3, :3] = geometry.direction
    matrix[:3, 3] = geometry.origin_mm
    return matrix


def _matrix(values: NDArray[np.float64]) -> Any:  # noqa: ANN401 - VTK has no types
    from vtkmodules.vtkCommonMath import vtkMatrix4x4

    matrix = vtkMatrix4x4()
    matrix.DeepCopy([float(value) for value in values.ravel()])
    return matrix


def _box_planes(
    geometry: VolumeGeometry, box: ClipBox | None
) -> list[tuple[tuple[float, float, float], tuple[float, float, float]]]:
    """Return the sides of a box that do not coincide with the volume's own: the outer faces of its voxels."""
    planes = []
    for axis in range(3 if box is not None else 0):
        assert box is not None  # noqa: S101 - there is no axis without one
        x, y, z = geometry.axes[axis]
        low, high = box[2 * axis], box[2 * axis + 1]
        index = [0.0, 0.0, 0.0]
        if low > 0:
            index[axis] = low - 0.5
            planes.append((geometry.point_patient(*index), (x, y, z)))
        if high < geometry.dimensions[axis] - 1:
            index[axis] = high + 0.5
            planes.append((geometry.point_patient(*index), (-x, -y, -z)))
    return planes


def _take_pose(camera: Any, pose: CameraPose) -> None:  # noqa: ANN401 - VTK has no types
    camera.SetFocalPoint(*pose.focal_point)
    camera.SetPosition(*pose.position)
    camera.SetViewUp(*pose.up)
    camera.SetParallelProjection(not pose.is_perspective)
    camera.SetParallelScale(pose.half_height_mm)
    camera.SetViewAngle(pose.view_angle_deg)


def _surface_actor(surface: RenderedSurface) -> Any:  # noqa: ANN401 - VTK has no types
    from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray
    from vtkmodules.vtkCommonCore import vtkPoints
    from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData
    from vtkmodules.vtkFiltersCore import vtkPolyDataNormals
    from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper

    points = vtkPoints()
    points.SetData(numpy_to_vtk(np.ascontiguousarray(surface.vertices, np.float32), deep=True))
    triangles = np.ascontiguousarray(surface.triangles, np.int64)
    cells = vtkCellArray()
    offsets = np.arange(0, triangles.size + 1, 3, dtype=np.int64)
    cells.SetData(numpy_to_vtkIdTypeArray(offsets, deep=True), numpy_to_vtkIdTypeArray(triangles.ravel(), deep=True))
    mesh = vtkPolyData()
    mesh.SetPoints(points)
    mesh.SetPolys(cells)
    normals = vtkPolyDataNormals()
    normals.SetInputData(mesh)
    normals.SplittingOff()
    normals.ConsistencyOff()
    mapper = vtkPolyDataMapper()
    mapper.SetInputConnection(normals.GetOutputPort())
    actor = vtkActor()
    actor.SetMapper(mapper)
    actor.GetProperty().SetColor(*surface.color)
    actor.GetProperty().SetOpacity(surface.opacity)
    actor.GetProperty().SetAmbient(0.15)
    actor.GetProperty().SetSpecular(0.2)
    return actor


def _pixels(window: Any, size: tuple[int, int]) -> NDArray[np.uint8]:  # noqa: ANN401 - VTK has no types
    from vtkmodules.util.numpy_support import vtk_to_numpy
    from vtkmodules.vtkCommonCore import vtkUnsignedCharArray

    width, height = size
    data = vtkUnsignedCharArray()
    window.GetPixelData(0, 0, width - 1, height - 1, 0, data, 0)
    rows = vtk_to_numpy(data).reshape(height, width, -1)[::-1, :, :3]
    return np.ascontiguousarray(rows, np.uint8)
