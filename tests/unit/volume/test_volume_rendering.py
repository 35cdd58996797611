"""Renderings against places worked out by hand, and against VTK without us."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.builders.plain_volumes import UPRIGHT, geometry_of, plain_volume, sampled, turned
from tests.builders.rendering_truth import SIDES, Ball, Box, expected_shadow, solid
from viewer.base.errors import VolumeError
from viewer.imaging.modality_lut import Rescale
from viewer.imaging.padding import Padding
from viewer.volume.off_screen_window import is_software
from viewer.volume.rendering_camera import RenderingCamera
from viewer.volume.rendering_request import ClipPlane, Cut, Quality, RenderedSurface, RenderedVolume, RenderingRequest
from viewer.volume.series_volume import SeriesVolume
from viewer.volume.transfer_functions import Blend, ColorPoint, OpacityPoint, Shading, TransferFunctions
from viewer.volume.volume_rendering import VolumeRenderer

SIZE = (200, 160)
BALL = Ball((38.0, -14.0, 22.0), 9.0)
BOX = Box((-30.0, 4.0, -26.0), (-8.0, 30.0, -2.0))
LEFT_HANDED = (UPRIGHT[0], UPRIGHT[1], (0.0, 0.0, -1.0))


@pytest.fixture(scope="module")
def renderer() -> Iterator[VolumeRenderer]:
    with VolumeRenderer(may_use_card=False) as made:
        yield made


def phantom(
    axes: Any = UPRIGHT, spacing: Any = (1.5, 1.5, 2.0), dtype: Any = np.int16, rescale: Rescale | None = None
) -> SeriesVolume:
    """Return a ball on the patient's left, in front and high, and a box on the right, behind and low; 1000 in both."""
    shape = (56, 72, 76)
    rescale = rescale or Rescale(unit="HU")
    middle = geometry_of(shape, spacing, axes=axes).center_mm
    geometry = geometry_of(shape, spacing, (-middle[0], -middle[1], -middle[2]), axes)
    soft = sampled(geometry, lambda places: np.maximum(BALL.soft(places), BOX.soft(places)))
    stored = (soft * 1000.0 - rescale.intercept) / rescale.slope
    array = stored.astype(np.float32) if dtype == np.float32 else np.rint(stored).astype(dtype)
    return plain_volume(array, geometry, rescale=rescale)


def shadow(renderer: VolumeRenderer, volume: SeriesVolume, side: str, **changes: Any) -> NDArray[np.bool_]:
    azimuth, elevation, _right, _up = SIDES[side]
    request = RenderingRequest(volume, solid(500.0), RenderingCamera(azimuth, elevation), SIZE, **changes)
    return np.asarray(renderer.render(request).pixels[..., 1] > 127)


def is_within_a_pixel(found: NDArray[np.bool_], truth: NDArray[np.bool_]) -> bool:
    """Return whether two shapes differ only in pixels beside their borders."""
    import cv2

    kernel = np.ones((3, 3), np.uint8)
    grown = cv2.dilate(truth.astype(np.uint8), kernel) != 0
    shrunk = cv2.erode(truth.astype(np.uint8), kernel) != 0
    return bool(truth.any() and not (found & ~grown).any() and not (shrunk & ~found).any())


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize(
    "axes", [UPRIGHT, turned((20.0, -35.0, 50.0)), LEFT_HANDED], ids=["upright", "oblique", "left-handed"]
)
def test_silhouettes_lie_where_the_things_are(renderer: VolumeRenderer, axes: Any, side: str) -> None:
    volume = phantom(axes)
    assert is_within_a_pixel(shadow(renderer, volume, side), expected_shadow(volume, [BALL, BOX], side, SIZE))


@pytest.mark.parametrize(
    ("dtype", "rescale"),
    [
        (np.uint16, Rescale(1.0, -1024.0, "HU")),
        (np.int16, Rescale(-0.5, 200.0, "HU")),
        (np.uint8, Rescale(4.0, 0.0, "HU")),
        (np.int8, Rescale(8.0, 100.0, "HU")),
        (np.float32, Rescale(0.25, 10.0, "HU")),
    ],
)
def test_values_are_modality_units_whatever_is_stored(renderer: VolumeRenderer, dtype: Any, rescale: Rescale) -> None:
    volume = phantom(dtype=dtype, rescale=rescale)
    assert is_within_a_pixel(shadow(renderer, volume, "A"), expected_shadow(volume, [BALL, BOX], "A", SIZE))


def test_what_is_on_the_patients_left_shows_right_from_the_front_and_left_from_the_back(
    renderer: VolumeRenderer,
) -> None:
    for axes in (UPRIGHT, LEFT_HANDED, turned((0.0, 0.0, 180.0))):
        geometry = geometry_of((40, 40, 40), axes=axes)
        x, y, z = geometry.center_mm
        marker = sampled(geometry, lambda places: Ball((x + 12.0, y, z), 4.0).soft(places) * 1000)  # noqa: B023
        volume = plain_volume(np.rint(marker).astype(np.int16), geometry)
        columns = np.flatnonzero(shadow(renderer, volume, "A").any(axis=0))
        assert columns.min() > SIZE[0] / 2
        columns = np.flatnonzero(shadow(renderer, volume, "P").any(axis=0))
        assert columns.max() < SIZE[0] / 2


@pytest.mark.parametrize("size", [(160, 200), (37, 91)])
def test_the_whole_volume_fits_into_any_shape(renderer: VolumeRenderer, size: tuple[int, int]) -> None:
    volume = phantom()
    request = RenderingRequest(volume, solid(500.0), size=size)
    found = renderer.render(request).pixels[..., 1] > 127
    assert found.shape == size[::-1]
    assert is_within_a_pixel(found, expected_shadow(volume, [BALL, BOX], "A", size))


def test_a_graphics_card_shows_the_same_places(monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenGL in software stands in for the card: slow, but the same programs."""
    monkeypatch.setattr("viewer.volume.vtk_scene.is_software", lambda _name: False)
    volume = phantom(turned((20.0, -35.0, 50.0)))
    with VolumeRenderer() as with_card:
        for side in "AR":
            found = shadow(with_card, volume, side)
            assert is_within_a_pixel(found, expected_shadow(volume, [BALL, BOX], side, SIZE))
        clipped = shadow(with_card, volume, "A", clip_planes=(_only_ball(),))
        assert is_within_a_pixel(clipped, expected_shadow(volume, [BALL], "A", SIZE))


def test_opengl_in_software_is_no_graphics_card() -> None:
    assert is_software("llvmpipe (LLVM 15.0.6, 256 bits)")
    assert is_software("GDI Generic")
    assert not is_software("NVIDIA GeForce RTX 4070/PCIe/SSE2")
    assert not is_software("Apple M2")


def test_the_picture_is_that_of_vtk_alone(renderer: VolumeRenderer) -> None:
    axes = turned((25.0, 10.0, -40.0))
    volume = phantom(axes)
    functions = TransferFunctions(
        (OpacityPoint(0, 0.0), OpacityPoint(200, 0.0), OpacityPoint(1000, 0.6)),
        (ColorPoint(0, (0.2, 0.1, 0.6)), ColorPoint(600, (0.9, 0.5, 0.2)), ColorPoint(1000, (1.0, 1.0, 1.0))),
    )
    ours = renderer.render(RenderingRequest(volume, functions, RenderingCamera(35.0, 25.0, 15.0), SIZE)).pixels
    theirs = _bare_vtk(volume, functions, (35.0, 25.0, 15.0))
    assert ours.any()
    difference = np.abs(ours.astype(int) - theirs.astype(int))
    assert difference.mean() < 0.5
    assert np.percentile(difference, 99.5) <= 24  # at borders alone


def _bare_vtk(volume: SeriesVolume, functions: TransferFunctions, angles: tuple[float, float, float]) -> NDArray[Any]:
    """Return a picture made of VTK's own means: voxels one millimetre apart, the affine on the actor, its camera."""
    import vtkmodules.vtkRenderingVolumeOpenGL2  # noqa: F401
    from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
    from vtkmodules.vtkCommonCore import vtkUnsignedCharArray
    from vtkmodules.vtkCommonDataModel import vtkImageData, vtkPiecewiseFunction
    from vtkmodules.vtkCommonMath import vtkMatrix4x4
    from vtkmodules.vtkRenderingCore import vtkColorTransferFunction, vtkRenderer, vtkVolume
    from vtkmodules.vtkRenderingOpenGL2 import vtkEGLRenderWindow
    from vtkmodules.vtkRenderingVolume import vtkFixedPointVolumeRayCastMapper

    image = vtkImageData()
    image.SetDimensions(*volume.geometry.dimensions)
    image.SetSpacing(*volume.geometry.spacing_mm)
    image.GetPointData().SetScalars(numpy_to_vtk(volume.array().ravel(), deep=True))
    mapper = vtkFixedPointVolumeRayCastMapper()
    mapper.SetInputData(image)
    mapper.AutoAdjustSampleDistancesOff()
    mapper.SetImageSampleDistance(1.0)
    mapper.SetSampleDistance(0.5 * min(volume.geometry.spacing_mm))
    actor = vtkVolume()
    actor.SetMapper(mapper)
    matrix = vtkMatrix4x4()
    scaled = volume.geometry.affine @ np.diag([*(1 / each for each in volume.geometry.spacing_mm), 1.0])
    matrix.DeepCopy(scaled.ravel().tolist())
    actor.SetUserMatrix(matrix)
    opacity, color = vtkPiecewiseFunction(), vtkColorTransferFunction()
    for point in functions.opacity:
        opacity.AddPoint(point.value, point.opacity)
    for each in functions.color:
        color.AddRGBPoint(each.value, *each.color)
    looks = actor.GetProperty()
    looks.SetScalarOpacity(opacity)
    looks.SetColor(color)
    looks.SetInterpolationTypeToLinear()
    looks.ShadeOn()
    looks.SetAmbient(functions.shading.ambient)
    looks.SetDiffuse(functions.shading.diffuse)
    looks.SetSpecular(functions.shading.specular)
    looks.SetSpecularPower(functions.shading.power)
    scene = vtkRenderer()
    scene.AddVolume(actor)
    window = vtkEGLRenderWindow()
    window.SetMultiSamples(0)
    window.SetSize(*SIZE)
    window.AddRenderer(scene)
    camera = scene.GetActiveCamera()
    x, y, z = volume.geometry.center_mm
    camera.SetFocalPoint(x, y, z)
    camera.SetPosition(x, y - 500.0, z)
    camera.SetViewUp(0, 0, 1)
    camera.ParallelProjectionOn()
    camera.SetParallelScale(volume.geometry.diagonal_mm / 2)
    camera.Azimuth(angles[0])
    camera.Elevation(angles[1])
    camera.OrthogonalizeViewUp()
    camera.Roll(angles[2])
    scene.ResetCameraClippingRange()
    window.Render()
    data = vtkUnsignedCharArray()
    window.GetPixelData(0, 0, SIZE[0] - 1, SIZE[1] - 1, 0, data, 0)
    picture: NDArray[Any] = vtk_to_numpy(data).reshape(SIZE[1], SIZE[0], 3)[::-1].copy()
    window.Finalize()
    return picture


@pytest.mark.parametrize("is_perspective", [False, True])
def test_places_are_found_again_on_the_picture(renderer: VolumeRenderer, is_perspective: bool) -> None:
    volume = phantom()
    camera = RenderingCamera(30.0, 20.0, -10.0, 1.2, (5.0, 0.0, -4.0), is_perspective)
    rendered = renderer.render(RenderingRequest(volume, solid(500.0), camera, SIZE, clip_planes=(_only_ball(),)))
    rows, columns = np.nonzero(rendered.pixels[..., 1] > 127)
    middle = (columns.min() + columns.max() + 1) / 2 / SIZE[0], (rows.min() + rows.max() + 1) / 2 / SIZE[1]
    x, y = rendered.pose.on_picture(BALL.center)
    assert abs(middle[0] - x) * SIZE[0] < 1.0
    assert abs(middle[1] - y) * SIZE[1] < 1.0


def _only_ball() -> ClipPlane:
    return ClipPlane((20.0, 0.0, 0.0), (1.0, 0.0, 0.0))


def test_perspective_makes_near_things_larger(renderer: VolumeRenderer) -> None:
    volume = phantom()
    areas = [
        int((renderer.render(
            RenderingRequest(volume, solid(500.0), RenderingCamera(azimuth, is_perspective=True), SIZE,
                             clip_planes=(_only_ball(),))
        ).pixels[..., 1] > 127).sum())
        for azimuth in (0.0, 180.0)
    ]  # fmt: skip
    assert areas[0] > areas[1] * 1.05  # the ball lies in front


def test_a_clipping_box_keeps_its_voxels_whole(renderer: VolumeRenderer) -> None:
    array = np.full((40, 40, 40), 1000, np.int16)
    geometry = geometry_of((40, 40, 40), axes=turned((0.0, 0.0, 90.0)))
    volume = plain_volume(array, geometry)
    found = shadow(renderer, volume, "A", clip_box=(0, 39, 10, 19, 4, 24))
    low, high = (np.array(geometry.point_patient(*index)) for index in ((0.0, 9.5, 3.5), (39.0, 19.5, 24.5)))
    box = Box(tuple(np.minimum(low, high)), tuple(np.maximum(low, high)))  # the volume ends at its outer centres
    assert is_within_a_pixel(found, expected_shadow(volume, [box], "A", SIZE))


def test_a_clipping_plane_keeps_the_side_its_normal_points_to(renderer: VolumeRenderer) -> None:
    volume = phantom()
    found = shadow(renderer, volume, "A", clip_planes=(_only_ball(),))
    assert is_within_a_pixel(found, expected_shadow(volume, [BALL], "A", SIZE))


@pytest.mark.parametrize("keeps_inside", [False, True])
def test_cuts_take_what_lay_under_the_outline(renderer: VolumeRenderer, keeps_inside: bool) -> None:
    volume = phantom(turned((0.0, 15.0, 0.0)))
    whole = renderer.render(RenderingRequest(volume, solid(500.0), RenderingCamera(0.0), SIZE))
    x, y = whole.pose.on_picture(BALL.center)
    outline = ((x - 0.12, y - 0.16), (x + 0.12, y - 0.16), (x + 0.12, y + 0.16), (x - 0.12, y + 0.16))
    cut = Cut(outline, tuple(whole.pose.matrix.ravel()), keeps_inside)
    # Drawn from the front, seen from the left: the whole depth is gone.
    found = shadow(renderer, volume, "L", cuts=(cut,))
    left = [BALL] if keeps_inside else [BOX]
    assert is_within_a_pixel(found, expected_shadow(volume, list(left), "L", SIZE))
    again = renderer.render(RenderingRequest(volume, solid(500.0), RenderingCamera(0.0), SIZE))
    assert (again.pixels == whole.pixels).all()


def test_padding_does_not_show_however_bright_it_is(renderer: VolumeRenderer) -> None:
    plain = phantom()
    array = plain.array().copy()
    array[:6] = 4000
    volume = plain_volume(array, plain.geometry, padding=Padding(4000, 4000))
    assert is_within_a_pixel(shadow(renderer, volume, "A"), expected_shadow(volume, [BALL, BOX], "A", SIZE))
    assert (volume.array()[:6] == 4000).all()


def test_values_that_are_none_do_not_show(renderer: VolumeRenderer) -> None:
    plain = phantom(dtype=np.float32)
    array = plain.array().copy()
    array[:6] = np.nan
    volume = plain_volume(array, plain.geometry)
    assert is_within_a_pixel(shadow(renderer, volume, "A"), expected_shadow(volume, [BALL, BOX], "A", SIZE))


def test_maximum_shows_the_highest_value_of_each_ray(renderer: VolumeRenderer) -> None:
    blocks = np.random.default_rng(5).integers(0, 1000, (8, 8, 8)).astype(np.int16)
    array = blocks.repeat(3, axis=0).repeat(3, axis=1).repeat(3, axis=2)
    functions = TransferFunctions(
        (OpacityPoint(0, 1.0), OpacityPoint(1000, 1.0)),
        (ColorPoint(0, (0.0, 0.0, 0.0)), ColorPoint(1000, (1.0, 1.0, 1.0))),
        blend=Blend.MAXIMUM,
    )
    volume = plain_volume(array)
    pixels = renderer.render(RenderingRequest(volume, functions, size=(416, 416))).pixels
    scale = 416 / volume.geometry.diagonal_mm
    middles = np.rint(208 + (np.arange(1, 24, 3) - 11.5) * scale - 0.5).astype(int)
    truth = blocks.max(axis=1)[::-1] / 1000 * 255
    assert np.abs(pixels[np.ix_(middles, middles)][..., 0] - truth).max() <= 2


def test_gradient_opacity_means_change_for_each_millimetre_in_any_spacing(renderer: VolumeRenderer) -> None:
    """A flank of 100 a millimetre shows with a threshold of 80 and not with one of 120, however large voxels are."""
    for spacing in (0.5, 1.0, 2.0):
        count = round(40 / spacing)
        geometry = geometry_of((count, count, count), (spacing,) * 3)
        ramp = sampled(geometry, lambda places: np.clip((places[..., 0] - 15.0) * 100, 0, 1000))
        volume = plain_volume(np.rint(ramp).astype(np.int16), geometry)
        shown = []
        for threshold in (80.0, 120.0):
            functions = TransferFunctions(
                (OpacityPoint(-1, 0.5), OpacityPoint(1001, 0.5)),
                (ColorPoint(0, (1.0, 1.0, 1.0)),),
                (OpacityPoint(threshold - 1, 0.0), OpacityPoint(threshold + 1, 1.0)),
                shading=Shading(is_on=False),
            )
            brightest = renderer.render(RenderingRequest(volume, functions, size=(80, 80))).pixels.max()
            shown.append(bool(brightest > 60))
        assert shown == [True, False], spacing


def test_the_cube_shows_the_letter_of_the_side_that_faces_the_camera(renderer: VolumeRenderer) -> None:
    from PIL import Image, ImageDraw, ImageFont

    volume = plain_volume(np.zeros((8, 8, 8), np.int16))

    def template(letter: str) -> NDArray[np.bool_]:
        image = Image.new("L", (96, 96))
        ImageDraw.Draw(image).text((16, 4), letter, fill=255, font=ImageFont.load_default(64))
        return _cropped(np.asarray(image) > 127)

    templates = {letter: template(letter) for letter in "LRAPHF"}
    for side, (azimuth, elevation, _right, _up) in SIDES.items():
        camera = RenderingCamera(azimuth, elevation)
        request = RenderingRequest(volume, solid(500.0), camera, (120, 120), cube=(10, 10, 100))
        drawn = _cropped(renderer.render(request).pixels.min(axis=2) > 150)
        score = {letter: _alikeness(drawn, each) for letter, each in templates.items()}
        mirrored = {letter: _alikeness(drawn, each[:, ::-1]) for letter, each in templates.items() if letter in "LRPF"}
        assert max(score, key=lambda letter: score[letter]) == side, score
        assert max(mirrored.values()) < score[side]


def test_the_cube_of_an_animal_has_its_own_words(renderer: VolumeRenderer) -> None:
    volume = plain_volume(np.zeros((8, 8, 8), np.int16))
    identity = replace(volume.state.identity, species="QUADRUPED")
    animal = replace(volume, key="animal", state=replace(volume.state, identity=identity, body_part="CHEST"))
    drawn = [
        renderer.render(RenderingRequest(each, solid(500.0), RenderingCamera(), (120, 120), cube=(10, 10, 100))).pixels
        for each in (volume, animal, volume)
    ]
    assert (drawn[0] != drawn[1]).any()  # V, not A
    assert (drawn[0] == drawn[2]).all()


def _cropped(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    rows, columns = np.nonzero(mask)
    return mask[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]


def _alikeness(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> float:
    import cv2

    sized = [cv2.resize(each.astype(np.float32), (48, 64), interpolation=cv2.INTER_AREA) for each in (first, second)]
    return float(np.corrcoef(sized[0].ravel(), sized[1].ravel())[0, 1])


def test_a_surface_shows_where_it_lies_and_may_stand_alone(renderer: VolumeRenderer) -> None:
    volume = phantom()
    x0, x1, y, z0, z1 = 10.0, 40.0, 0.0, -20.0, 15.0
    vertices = np.array([(x0, y, z0), (x1, y, z0), (x1, y, z1), (x0, y, z1)], np.float32)
    surface = RenderedSurface(vertices, np.array([(0, 1, 2), (0, 2, 3)]), (0.0, 1.0, 0.0))
    found = shadow(renderer, volume, "A", surfaces=(surface,), shows_volume=False)
    truth = expected_shadow(volume, [Box((x0, y, z0), (x1, y, z1))], "A", SIZE)
    assert is_within_a_pixel(found, truth)
    assert not shadow(renderer, volume, "A", shows_volume=False).any()


def test_a_coarse_picture_comes_first_then_the_full_one() -> None:
    volume = phantom()
    told: list[tuple[RenderedVolume | Exception, bool]] = []
    done = threading.Event()

    def tell(picture: RenderedVolume | Exception, is_last: bool) -> None:
        told.append((picture, is_last))
        if is_last:
            done.set()

    with VolumeRenderer(may_use_card=False) as renderer:
        renderer.ask("cell", RenderingRequest(volume, solid(500.0), size=SIZE), tell)
        assert done.wait(60)
    assert [last for _picture, last in told] == [False, True]
    assert all(isinstance(picture, RenderedVolume) for picture, _last in told)


def test_an_older_question_of_the_same_owner_is_not_answered_after_a_newer() -> None:
    volume = phantom()
    told: list[int] = []
    done = threading.Event()
    with VolumeRenderer(may_use_card=False) as renderer:
        for number in range(40):

            def tell(_picture: RenderedVolume | Exception, is_last: bool, number: int = number) -> None:
                told.append(number)
                if number == 39 and is_last:
                    done.set()

            request = RenderingRequest(volume, solid(500.0), RenderingCamera(float(number)), SIZE)
            renderer.ask("cell", request, tell, is_interacting=number < 39)
        assert done.wait(60)
    assert told == sorted(told)
    assert told[-2:] == [39, 39]


def test_what_is_kept_for_an_owner_goes_with_it() -> None:
    volume = phantom()
    done = threading.Event()
    with VolumeRenderer(may_use_card=False) as renderer:
        request = RenderingRequest(volume, solid(500.0), size=SIZE)
        renderer.ask("cell", request, lambda _picture, is_last: done.set() if is_last else None)
        assert done.wait(60)
        assert "cell" in renderer._quick.stages
        renderer.forget("cell")
        renderer.forget("nobody")
        renderer.render(request)  # after what was asked before
        renderer.render(replace(request, quality=Quality.QUICK))
        assert "cell" not in renderer._quick.stages
        assert "cell" not in renderer._full.stages


def test_what_goes_wrong_is_told() -> None:
    volume = phantom()
    told: list[RenderedVolume | Exception] = []
    done = threading.Event()

    def tell(picture: RenderedVolume | Exception, _is_last: bool) -> None:
        told.append(picture)
        done.set()

    broken = RenderingRequest(volume, solid(500.0), size=SIZE, surfaces=("no surface",))  # type: ignore[arg-type]  # on purpose
    with VolumeRenderer(may_use_card=False) as renderer:
        renderer.ask("cell", broken, tell)
        assert done.wait(60)
    assert isinstance(told[0], AttributeError)


def test_where_nothing_can_be_drawn_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("viewer.volume.off_screen_window._renderer_name", lambda _window: "")
    with VolumeRenderer() as blind, pytest.raises(VolumeError) as caught:
        blind.render(RenderingRequest(phantom(), solid(500.0), size=SIZE))
    assert "libEGL" in caught.value.advice


def test_a_closed_renderer_refuses() -> None:
    renderer = VolumeRenderer(may_use_card=False)
    renderer.close()
    renderer.close()
    with pytest.raises(VolumeError):
        renderer.render(RenderingRequest(phantom(), solid(500.0)))


@pytest.mark.parametrize("axes", [UPRIGHT, turned((20.0, -35.0, 50.0))], ids=["upright", "oblique"])
def test_thinned_out_voxels_do_not_move_things(
    renderer: VolumeRenderer, monkeypatch: pytest.MonkeyPatch, axes: Any
) -> None:
    """Every sixth voxel is left: things keep their middle to within half a pixel, and their size."""
    monkeypatch.setattr("viewer.volume.rendering_levels.COARSE_VOXELS", 50_000)
    volume = replace(phantom(axes), key="thinned")
    for side in SIDES:
        found = shadow(renderer, volume, side, quality=Quality.COARSE, clip_planes=(_only_ball(),))
        truth = expected_shadow(volume, [BALL], side, SIZE)
        assert np.allclose(np.argwhere(found).mean(axis=0), np.argwhere(truth).mean(axis=0), atol=0.5)
        assert found.sum() == pytest.approx(truth.sum(), rel=0.1)


def test_quick_and_coarse_pictures_show_the_same_places(renderer: VolumeRenderer) -> None:
    volume = phantom()
    truth = expected_shadow(volume, [BALL, BOX], "A", SIZE)
    assert is_within_a_pixel(shadow(renderer, volume, "A", quality=Quality.COARSE), truth)
    quick = shadow(renderer, volume, "A", quality=Quality.QUICK)
    assert (quick & truth).sum() > 0.9 * (quick | truth).sum()
