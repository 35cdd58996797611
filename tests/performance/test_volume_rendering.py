"""How fast 512 × 512 × 1000 voxels are rendered at 800 × 800, and in how much memory, beside VTK on its own.

Run by hand (`-m campaign -s`): a machine that does other things as well takes longer.
"""

import multiprocessing
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.builders.plain_volumes import geometry_of, plain_state
from viewer.imaging.modality_lut import Rescale
from viewer.volume.rendering_camera import RenderingCamera, fitted
from viewer.volume.rendering_presets import preset_named
from viewer.volume.rendering_request import RenderedVolume, RenderingRequest
from viewer.volume.series_volume import SeriesVolume
from viewer.volume.volume_rendering import VolumeRenderer

SHAPE, SIZE = (1000, 512, 512), (800, 800)
FIRST_S, FINAL_S, INTERACTIVE_FPS = 2.0, 0.8, 15.0
PRESETS = ("ct-bone", "ct-skin", "ct-vessels", "ct-lung", "mr-angio-mip")


def body(shape: tuple[int, int, int] = SHAPE) -> NDArray[np.int16]:
    """Return a trunk of 40 HU with lungs, ribs, spine and an aorta, and noise."""
    voxels = np.full(shape, -1000, np.int16)
    y, x = np.ogrid[: shape[1], : shape[2]]
    v, u = y / shape[1], x / shape[2]
    noise = np.random.default_rng(0).integers(-20, 21, shape[1:]).astype(np.int16)
    shell = (v - 0.5) ** 2 / 0.075 + (u - 0.5) ** 2 / 0.14
    for number, values in enumerate(voxels):
        depth = number / shape[0]
        values[(v - 0.5) ** 2 / 0.09 + (u - 0.5) ** 2 / 0.16 < 1] = 40
        for middle in (0.35, 0.65):
            values[(v - 0.45) ** 2 + (u - middle) ** 2 < 0.012 * (1 + np.sin(10 * depth))] = -800
        values[(v - 0.65) ** 2 + (u - 0.5) ** 2 < 0.002] = 600
        values[(v - 0.56) ** 2 + (u - 0.55) ** 2 < 0.0006] = 320
        if depth * 17 % 1 < 0.4:
            values[(shell < 1) & (shell > 0.88)] = 450
        voxels[number] += noise
    return voxels


def volume_of(voxels: NDArray[np.int16]) -> SeriesVolume:
    rescale = Rescale(unit="HU")
    geometry = geometry_of((voxels.shape[0], voxels.shape[1], voxels.shape[2]), (0.8, 0.8, 0.8))
    state = plain_state(voxels.shape[1], voxels.shape[2], rescale)
    return SeriesVolume("body", 1, geometry, (voxels,), rescale, state, value_range=(-1020.0, 620.0))


def _megabytes(name: str) -> float:
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    line = next(line for line in lines if line.startswith(name))
    return int(line.split()[1]) * 1024 / 1e6


def _measure(preset: str, told: "multiprocessing.Queue[dict[str, float]]") -> None:
    """Measure in a process of its own, as a program does it: ask, and be told."""
    volume = volume_of(body())
    functions = preset_named(preset).functions
    found: dict[str, float] = {"before": _megabytes("VmRSS")}
    with VolumeRenderer(may_use_card=False) as renderer:

        def ask(azimuth: float, *, is_interacting: bool = False) -> list[tuple[float, RenderedVolume]]:
            pictures: list[tuple[float, RenderedVolume]] = []
            done = threading.Event()
            start = time.perf_counter()

            def tell(picture: RenderedVolume | Exception, is_last: bool) -> None:
                assert isinstance(picture, RenderedVolume)
                pictures.append((time.perf_counter() - start, picture))
                if is_last:
                    done.set()

            camera = fitted(RenderingCamera(azimuth, 10.0), volume.geometry, SIZE)
            renderer.ask("cell", RenderingRequest(volume, functions, camera, SIZE), tell, is_interacting=is_interacting)
            assert done.wait(120)
            return pictures

        first = ask(20.0)
        found["first"], found["refined"] = first[0][0], first[-1][0]
        quick = [ask(20.0 + 3 * step, is_interacting=True)[0][0] for step in range(60)]
        found["fps"] = 1 / float(np.median(quick))
        found["quick_p95"] = float(np.percentile(quick, 95))
        finals = [ask(30.0 * step)[-1][1].milliseconds / 1000 for step in range(12)]
        found["final"], found["final_worst"] = float(np.median(finals)), max(finals)
        found["peak"] = _megabytes("VmHWM")
    told.put(found)


@pytest.mark.campaign
@pytest.mark.timeout(600)
@pytest.mark.parametrize("preset", PRESETS)
def test_a_thousand_slices(preset: str) -> None:
    context = multiprocessing.get_context("spawn")
    told = context.Queue()
    process = context.Process(target=_measure, args=(preset, told))
    process.start()
    found = told.get(timeout=500)
    process.join()
    limit = 1.2 * np.prod(SHAPE) * 2 / 1e6 + 500
    print(
        f"\n{preset}: first picture {found['first']:.2f} s, refined after {found['refined']:.1f} s; interactive "
        f"{found['fps']:.0f}/s (p95 {found['quick_p95'] * 1000:.0f} ms); final {found['final']:.2f} s "
        f"(worst {found['final_worst']:.2f}); memory {found['before']:.0f} -> {found['peak']:.0f} MB of {limit:.0f}"
    )
    assert found["peak"] <= limit
    assert found["first"] <= FIRST_S
    assert found["fps"] >= INTERACTIVE_FPS
    assert found["final"] <= FINAL_S


def _bare(voxels: NDArray[np.int16]) -> Callable[[float], None]:
    """Return what turns a volume and renders it with VTK's own means: all voxels, lit."""
    import vtkmodules.vtkRenderingVolumeOpenGL2  # noqa: F401 - registers what draws
    from vtkmodules.util.numpy_support import numpy_to_vtk
    from vtkmodules.vtkCommonDataModel import vtkImageData, vtkPiecewiseFunction
    from vtkmodules.vtkRenderingCore import vtkColorTransferFunction, vtkRenderer, vtkVolume
    from vtkmodules.vtkRenderingOpenGL2 import vtkEGLRenderWindow
    from vtkmodules.vtkRenderingVolume import vtkFixedPointVolumeRayCastMapper

    image: Any = vtkImageData()
    image.SetDimensions(*voxels.shape[::-1])
    image.SetSpacing(0.8, 0.8, 0.8)
    image.GetPointData().SetScalars(numpy_to_vtk(voxels.ravel()))
    mapper = vtkFixedPointVolumeRayCastMapper()
    mapper.SetInputData(image)
    mapper.AutoAdjustSampleDistancesOff()
    mapper.SetImageSampleDistance(1.0)
    mapper.SetSampleDistance(0.4)
    opacity, color = vtkPiecewiseFunction(), vtkColorTransferFunction()
    functions = preset_named("ct-bone").functions
    for point in functions.opacity:
        opacity.AddPoint(point.value, point.opacity)
    for each in functions.color:
        color.AddRGBPoint(each.value, *each.color)
    actor = vtkVolume()
    actor.SetMapper(mapper)
    actor.GetProperty().SetScalarOpacity(opacity)
    actor.GetProperty().SetColor(color)
    actor.GetProperty().SetInterpolationTypeToLinear()
    actor.GetProperty().ShadeOn()
    scene, window = vtkRenderer(), vtkEGLRenderWindow()
    window.SetMultiSamples(0)
    window.SetSize(*SIZE)
    window.AddRenderer(scene)
    scene.AddVolume(actor)
    scene.GetActiveCamera().ParallelProjectionOn()
    scene.GetActiveCamera().Elevation(-80.0)
    scene.ResetCamera()

    def turn(degrees: float) -> None:
        scene.GetActiveCamera().Azimuth(degrees)
        scene.ResetCameraClippingRange()
        window.Render()

    return turn


@pytest.mark.campaign
@pytest.mark.timeout(600)
def test_the_first_picture_comes_before_that_of_vtk_alone() -> None:
    """In one run, on a third of the slices, so that both have the memory for it."""
    voxels = body((334, 512, 512))
    volume = volume_of(voxels)
    camera = fitted(RenderingCamera(20.0, 10.0), volume.geometry, SIZE)
    request = RenderingRequest(volume, preset_named("ct-bone").functions, camera, SIZE)
    with VolumeRenderer(may_use_card=False) as renderer:
        first, done = threading.Event(), threading.Event()
        start = time.perf_counter()

        def tell(_picture: RenderedVolume | Exception, is_last: bool) -> None:
            first.set()
            if is_last:
                done.set()

        renderer.ask("cell", request, tell)
        assert first.wait(100)
        ours = time.perf_counter() - start
        assert done.wait(100)
        whole = time.perf_counter() - start
    turn = _bare(voxels)
    start = time.perf_counter()
    turn(20.0)
    theirs = time.perf_counter() - start
    print(f"\nfirst picture of 334 slices: ours {ours:.2f} s (full after {whole:.1f} s), VTK alone {theirs:.2f} s")
    assert ours < theirs
