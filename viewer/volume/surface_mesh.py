"""Triangle meshes: what they measure, whether they are closed, smoothing and thinning out.

Runs after surface has found the triangles; knows nothing of voxels. Vertices are LPS millimetres.
"""

from typing import Any

import numpy as np

from viewer.volume.surface_repair import Triangles, Vertices, parted

FEWEST_ITERATIONS = 2
"""With one, the filter finds no offset that keeps the size, and the mesh collapses."""
MOST_ITERATIONS = 500
PASS_BAND = 0.1
"""Of the windowed sinc: waves shorter than some ten edges go, the size stays (Taubin, Zhang and Golub 1996)."""

_AT_ONCE = 1_000_000


def mesh_measures(vertices: Vertices, triangles: Triangles) -> tuple[float, float]:
    """Return the volume that a closed mesh holds, negative when it is turned inside out, and its area; mm³ and mm²."""
    if not len(triangles):
        return 0.0, 0.0
    middle = vertices.mean(axis=0, dtype=np.float64)
    volume = area = 0.0
    for start in range(0, len(triangles), _AT_ONCE):
        a, b, c = (vertices[triangles[start : start + _AT_ONCE, corner]] - middle for corner in range(3))
        normals = np.cross(b - a, c - a)
        volume += float(np.einsum("ij,ij->", a, normals)) / 6
        area += float(np.linalg.norm(normals, axis=1).sum()) / 2
    return volume, area


def is_closed(triangles: Triangles) -> bool:
    """Return whether every edge joins exactly two triangles, which run along it in opposite directions."""
    if not len(triangles):
        return False
    count = int(triangles.max()) + 1
    starts = triangles.astype(np.int64).ravel()
    ends = triangles[:, [1, 2, 0]].astype(np.int64).ravel()
    forth = np.sort(starts * count + ends)
    if np.any(forth[1:] == forth[:-1]):
        return False
    back = np.sort(ends * count + starts)
    return bool(np.array_equal(forth, back))


def vertex_normals(vertices: Vertices, triangles: Triangles) -> Vertices:
    """Return outward unit vectors at the vertices: those of the triangles around, weighted by their areas."""
    normals = np.zeros((len(vertices), 3), np.float64)
    for start in range(0, len(triangles), _AT_ONCE):
        part = triangles[start : start + _AT_ONCE]
        a, b, c = (vertices[part[:, corner]].astype(np.float64) for corner in range(3))
        across = np.cross(b - a, c - a)
        for corner in range(3):
            for axis in range(3):
                normals[:, axis] += np.bincount(part[:, corner], across[:, axis], len(vertices))
    lengths = np.linalg.norm(normals, axis=1)
    normals[lengths == 0] = (0.0, 0.0, 1.0)
    lengths[lengths == 0] = 1.0
    return np.asarray(normals / lengths[:, None], np.float32)


def smoothed(vertices: Vertices, triangles: Triangles, iterations: int) -> Vertices:
    """Return vertices moved by a windowed sinc filter, which takes the steps of voxels away but not the size.

    Args:
        vertices: Of the mesh.
        triangles: Of the mesh; they stay.
        iterations: More reach further; 0 leaves the vertices alone.
    """
    if iterations <= 0:
        return vertices
    from vtkmodules.vtkFiltersCore import vtkWindowedSincPolyDataFilter

    middle = vertices.mean(axis=0, dtype=np.float64)
    around = (vertices - middle).astype(np.float32)  # 32-bit coordinates far from zero would lose what is smoothed
    smoothing = vtkWindowedSincPolyDataFilter()
    smoothing.SetInputData(_poly_data(around, triangles))
    smoothing.SetNumberOfIterations(min(max(iterations, FEWEST_ITERATIONS), MOST_ITERATIONS))
    smoothing.SetPassBand(PASS_BAND)
    smoothing.NormalizeCoordinatesOn()
    smoothing.BoundarySmoothingOff()
    smoothing.FeatureEdgeSmoothingOff()
    smoothing.NonManifoldSmoothingOn()
    smoothing.Update()
    moved, _unchanged = _arrays(smoothing.GetOutput())
    return np.asarray(moved + middle, np.float32)


def decimated(vertices: Vertices, triangles: Triangles, fraction: float) -> tuple[Vertices, Triangles]:
    """Return a mesh of fewer triangles, closed where the given one is; as it is where it would tear.

    Args:
        vertices: Of the mesh.
        triangles: Of the mesh.
        fraction: Of the triangles to take away, 0 to below 1.
    """
    if fraction <= 0:
        return vertices, triangles
    from vtkmodules.vtkFiltersCore import vtkDecimatePro, vtkQuadricDecimation

    middle = vertices.mean(axis=0, dtype=np.float64)
    given = _poly_data((vertices - middle).astype(np.float32), triangles)
    truest = vtkQuadricDecimation()
    truest.VolumePreservationOn()
    careful = vtkDecimatePro()  # less true to the shape, but it never opens a mesh
    careful.PreserveTopologyOn()
    careful.SplittingOff()
    careful.BoundaryVertexDeletionOff()
    for thinning in (truest, careful):
        thinning.SetTargetReduction(fraction)
        thinning.SetInputData(given)
        thinning.Update()
        found = parted(*used_only(*_arrays(thinning.GetOutput())))
        if found is not None and len(found[1]) and (is_closed(found[1]) or not is_closed(triangles)):
            return np.asarray(found[0] + middle, np.float32), found[1]
    return vertices, triangles


def used_only(vertices: Vertices, triangles: Triangles) -> tuple[Vertices, Triangles]:
    """Return a mesh without vertices that belong to no triangle."""
    used = np.zeros(len(vertices), np.bool_)
    used[triangles.ravel()] = True
    if used.all():
        return vertices, triangles
    numbers = np.cumsum(used, dtype=np.int32) - np.int32(1)
    return vertices[used], numbers[triangles].astype(np.int32)


def _poly_data(vertices: Vertices, triangles: Triangles) -> Any:  # noqa: ANN401 - VTK has no types
    from vtkmodules.util.numpy_support import numpy_to_vtk
    from vtkmodules.vtkCommonCore import vtkPoints
    from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData

    points = vtkPoints()
    points.SetData(numpy_to_vtk(np.ascontiguousarray(vertices), deep=True))
    cells = vtkCellArray()
    cells.SetData(3, numpy_to_vtk(np.ascontiguousarray(triangles).ravel(), deep=True))
    mesh = vtkPolyData()
    mesh.SetPoints(points)
    mesh.SetPolys(cells)
    return mesh


def _arrays(mesh: Any) -> tuple[Vertices, Triangles]:  # noqa: ANN401 - VTK has no types
    """Return copies of a mesh's vertices and triangles: VTK's own end with its objects."""
    from vtkmodules.util.numpy_support import vtk_to_numpy

    if not mesh.GetNumberOfPoints() or not mesh.GetNumberOfPolys():
        return np.zeros((0, 3), np.float32), np.zeros((0, 3), np.int32)
    vertices = np.array(vtk_to_numpy(mesh.GetPoints().GetData()), np.float32)
    triangles = np.array(vtk_to_numpy(mesh.GetPolys().GetConnectivityArray()), np.int32).reshape(-1, 3)
    return vertices, triangles
