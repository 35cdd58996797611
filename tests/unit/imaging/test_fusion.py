"""Overlays: every device pixel takes the overlay's value of its own place, and is mixed as numpy mixes it."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.builders.plain_volumes import geometry_of, plain_volume, sampled, turned
from viewer.base.errors import ViewerError
from viewer.dicom.frame_transform import FrameTransform
from viewer.dicom.image_plane import ImagePlane
from viewer.imaging.display_calibration import CalibrationMode, DisplayCalibration, MoreGreys
from viewer.imaging.fusion import Overlay, PatientGrid, blended, color_indices
from viewer.imaging.fusion_palettes import FUSION_PALETTE_IDS, fusion_palette, fusion_palette_title
from viewer.imaging.geometry_cache import GeometryCache
from viewer.imaging.grayscale_pipeline import View
from viewer.imaging.modality_lut import Rescale
from viewer.imaging.spatial_transform import SpatialTransform
from viewer.imaging.stored_frame import StoredFrame
from viewer.imaging.viewport_image import RenderedViewport, RenderRequest, render_viewport
from viewer.imaging.voi_lut import Window
from viewer.volume.overlay_sampler import VolumeSampler
from viewer.volume.plane_frame import PlaneFrame, plane_state
from viewer.volume.reslice_plane import Projection, ReslicePlane
from viewer.volume.series_volume import SeriesVolume

HOT_MM = np.array([12.0, -7.0, 31.0])
SIGMA_MM = 7.0
WINDOW = Window(500, 1000)


def hot_spot(places: NDArray[np.float64]) -> NDArray[np.float64]:
    squared = ((places - HOT_MM) ** 2).sum(axis=-1)
    found: NDArray[np.float64] = 1000.0 * np.exp(-squared / (2 * SIGMA_MM**2))
    return found


def ct_volume() -> SeriesVolume:
    geometry = geometry_of((30, 80, 80), (1.0, 1.1, 2.5), (-30.0, -50.0, 0.0))
    return plain_volume(np.rint(sampled(geometry, hot_spot)).astype(np.int16), geometry, rescale=Rescale(unit="HU"))


def pet_volume(angles: tuple[float, float, float] = (8.0, -15.0, 25.0)) -> SeriesVolume:
    axes = turned(angles)
    center = np.array([10.0, -5.0, 33.0]) - sum(
        np.array(axis) * spacing * 12 for axis, spacing in zip(axes, (4.0, 4.2, 3.3), strict=True)
    )
    geometry = geometry_of((25, 25, 25), (4.0, 4.2, 3.3), (float(center[0]), float(center[1]), float(center[2])), axes)
    values = sampled(geometry, hot_spot) * 20
    return plain_volume(np.rint(values).astype(np.uint16), geometry, rescale=Rescale(0.05, 0.0, "BQML"))


def overlay_of(volume: SeriesVolume, **changes: object) -> Overlay:
    made = Overlay("pet", VolumeSampler(volume), low=0.0, high=1000.0, palette="hot-iron", unit="Bq/ml")
    return replace(made, **changes)  # type: ignore[arg-type]  # any field


def axial(volume: SeriesVolume, thickness_mm: float = 0.0, projection: Projection = Projection.MEAN) -> ReslicePlane:
    origin = volume.geometry.origin_mm
    plane = ImagePlane((origin[0], origin[1], 31.0), (1, 0, 0), (0, 1, 0), 1.1, 1.0)
    return ReslicePlane(plane, 80, 80, thickness_mm, projection)


TRANSFORMS = (
    SpatialTransform(),
    SpatialTransform(rotation_deg=30.0, zoom=1.7, pan=(4.0, -3.0)),
    SpatialTransform(rotation_deg=90.0, is_flipped=True, zoom=0.6),
)


def rendered(volume: SeriesVolume, plane: ReslicePlane, request: RenderRequest) -> RenderedViewport:
    return render_viewport(PlaneFrame(volume, plane), plane_state(volume, plane), request, GeometryCache())


def centre_of_light(weights: NDArray[np.float64]) -> tuple[float, float]:
    y, x = np.indices(weights.shape) + 0.5
    return float((x * weights).sum() / weights.sum()), float((y * weights).sum() / weights.sum())


@pytest.mark.parametrize(
    ("transform", "angles"), [*itertools.product(TRANSFORMS, [(0.0, 0.0, 0.0), (8.0, -15.0, 25.0)])]
)
def test_a_hot_spot_lies_where_it_lies_in_both_grids(
    transform: SpatialTransform, angles: tuple[float, float, float]
) -> None:
    base, plane = ct_volume(), axial(ct_volume())
    request = RenderRequest("plane", (300, 260), transform, View(voi=WINDOW))
    grey = rendered(base, plane, request).pixels.astype(np.float64)
    alone = overlay_of(pet_volume(angles), opacity=1.0, palette="gray", is_clear_below=False)
    shown = rendered(base, plane, replace(request, overlay=alone))
    pet = shown.pixels[..., 0].astype(np.float64)
    column, row = (HOT_MM[axis] - plane.plane.position[axis] for axis in (0, 1))
    wanted = shown.placement.to_viewport((column / 1.0 + 0.5, row / 1.1 + 0.5))
    # Only well above the rim, where both are symmetrical about the spot.
    for picture in (grey, pet):
        floor = picture.max() * 0.5
        x, y = centre_of_light(np.maximum(picture - floor, 0.0))
        assert abs(x - wanted[0]) < 0.5
        assert abs(y - wanted[1]) < 0.5


def test_two_dimensional_images_take_overlays_by_their_plane() -> None:
    base, plane = ct_volume(), axial(ct_volume())
    state = plane_state(base, plane)
    values = np.rint(PlaneFrame(base, plane).values).astype(np.int16)
    request = RenderRequest("image", (240, 240), view=View(voi=WINDOW), overlay=overlay_of(pet_volume(), opacity=1.0))
    flat = render_viewport(StoredFrame(values, "MONOCHROME2"), state, request, GeometryCache()).pixels
    cut = rendered(base, plane, replace(request, frame_key="plane")).pixels
    assert np.abs(flat.astype(int) - cut).max() <= 1  # greys between pixels are rounded elsewhere


def test_every_device_pixel_is_mixed_as_numpy_mixes_it() -> None:
    base, pet = ct_volume(), pet_volume()
    plane = axial(base)
    request = RenderRequest("plane", (200, 220), SpatialTransform(rotation_deg=12.0), View(voi=WINDOW))
    calibration = DisplayCalibration()
    overlay = overlay_of(pet, low=100.0, high=800.0, opacity=0.4, factor=2.0, offset=-5.0)
    shown = rendered(base, plane, replace(request, overlay=overlay))
    grey = rendered(base, plane, request).pixels
    inverse = np.array(shown.placement.inverse)
    y, x = np.indices(grey.shape) + 0.5
    columns, rows = inverse[0] * x + inverse[1] * y + inverse[2], inverse[3] * x + inverse[4] * y + inverse[5]
    position = np.array(plane.plane.position)
    places = np.stack([position[0] + (columns - 0.5), position[1] + (rows - 0.5) * 1.1, np.full(x.shape, 31.0)], -1)
    values = trilinear(pet, places) * 2.0 - 5.0
    on_image = (columns >= 0) & (columns < 80) & (rows >= 0) & (rows < 80)
    shows = np.isfinite(values) & on_image
    index = np.clip(np.rint((np.nan_to_num(values) - 100.0) / 700.0 * 255.0), 0, 255).astype(int)
    wanted = np.repeat(grey[..., None], 3, axis=2).astype(np.float64)
    wanted[shows] = mixed(wanted, fusion_palette("hot-iron")[index], weight_of(index, 0.4))[shows]
    different = np.abs(shown.pixels.astype(int) - wanted).max(axis=2)
    # The voxels are read in single precision: on the border of two colours one may be taken for the other.
    assert (different > 0).mean() < 0.002
    assert calibration.more_greys is MoreGreys.NONE


def weight_of(index: NDArray[np.int_], opacity: float, *, fades: bool = True) -> NDArray[np.float64]:
    """Return the share of the colour, in steps of 1/256: a ramp over the first fifth of the table where it fades in."""
    ramp = np.clip(index / 51.0, 0.0, 1.0) if fades else np.ones(index.shape)
    share: NDArray[np.float64] = np.rint(ramp * round(opacity * 256)) / 256
    return share


def mixed(base: NDArray[np.float64], color: NDArray[np.uint8], weight: NDArray[np.float64]) -> NDArray[np.float64]:
    found: NDArray[np.float64] = np.floor(base * (1 - weight[..., None]) + color * weight[..., None] + 0.5)
    return found


def trilinear(volume: SeriesVolume, places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return modality values by scipy's linear interpolation, NaN beyond half a voxel around the centres."""
    from scipy.ndimage import map_coordinates

    index = np.concatenate([places, np.ones((*places.shape[:-1], 1))], -1) @ np.linalg.inv(volume.geometry.affine).T
    array = volume.modality_values().astype(np.float64)
    i, j, k = (index[..., axis] for axis in range(3))
    found = map_coordinates(array, [k, j, i], order=1, mode="nearest")
    ends = [count - 0.5 for count in volume.geometry.dimensions]
    inside = (i >= -0.5) & (i < ends[0]) & (j >= -0.5) & (j < ends[1]) & (k >= -0.5) & (k < ends[2])
    return np.where(inside, found, np.nan)


def test_mixing_is_exact() -> None:
    chance = np.random.default_rng(5)
    base = chance.integers(0, 256, (40, 50), np.uint8)
    values = chance.uniform(-50, 1100, (40, 50)).astype(np.float32)
    values[:3] = np.nan
    for opacity, is_clear in itertools.product((0.0, 0.25, 0.5, 1.0), (True, False)):
        overlay = overlay_of(pet_volume(), opacity=opacity, is_clear_below=is_clear, palette="pet")
        index, shows = color_indices(overlay, values)
        assert not shows[:3].any()
        assert shows[3:].all()
        assert np.array_equal(index[3:], np.rint(np.clip(values[3:] / 1000 * 255, 0, 255)))
        grey = np.repeat(base[..., None], 3, axis=2).astype(np.float64)
        wanted = mixed(grey, fusion_palette("pet")[index], weight_of(index.astype(int), opacity, fades=is_clear))
        wanted = np.where(shows[..., None] > 0, wanted, grey)
        assert np.array_equal(blended(base, overlay, values, DisplayCalibration().color), wanted)


def test_below_the_window_the_image_is_untouched() -> None:
    base, plane = ct_volume(), axial(ct_volume())
    request = RenderRequest("plane", (200, 200), view=View(voi=WINDOW))
    grey = rendered(base, plane, request).pixels
    nothing = rendered(base, plane, replace(request, overlay=overlay_of(pet_volume(), low=5e4, high=6e4))).pixels
    assert np.array_equal(nothing, np.repeat(grey[..., None], 3, axis=2))


@pytest.mark.parametrize("more", [MoreGreys.TEN_BITS, MoreGreys.BIT_STEALING])
def test_greys_among_colours_have_eight_bits_and_stay_calibrated(more: MoreGreys) -> None:
    base, plane = ct_volume(), axial(ct_volume())
    luminances = tuple(0.3 + 300 * (level / 255) ** 1.8 for level in range(256))
    calibration = DisplayCalibration(CalibrationMode.MEASURED, luminances, more_greys=more, is_dithered=True)
    request = RenderRequest("plane", (150, 150), view=View(voi=WINDOW))
    request = replace(request, overlay=overlay_of(pet_volume(), low=5e4, high=6e4))
    frame, state = PlaneFrame(base, plane), plane_state(base, plane)
    shown = render_viewport(frame, state, request, GeometryCache(), calibration)
    plain = render_viewport(frame, state, replace(request, overlay=None), GeometryCache(), calibration.plain())
    assert shown.pixels.dtype == np.uint8
    assert np.array_equal(shown.pixels[..., 1], plain.pixels)


@pytest.mark.parametrize("projection", [Projection.MAXIMUM, Projection.MEAN, Projection.MINIMUM])
def test_an_overlay_gets_the_slab_of_the_image(projection: Projection) -> None:
    base, pet = ct_volume(), pet_volume((0.0, 0.0, 0.0))
    plane = axial(base, 20.0, projection)
    overlay = overlay_of(pet, thickness_mm=20.0, projection=projection.value, palette="gray", opacity=1.0)
    shown = rendered(base, plane, RenderRequest("slab", (80, 80), view=View(voi=WINDOW), overlay=overlay))
    x, y = shown.placement.to_viewport((HOT_MM[0] + 30.5, (HOT_MM[1] + 50) / 1.1 + 0.5))
    found = int(shown.pixels[int(y), int(x), 0])
    # What a slab shows of its ends is its own business within a voxel (3.3 mm); the middle must be of the overlay's.
    bounds = []
    for half_mm in (10.0 - 3.3, 10.0):
        depths = 31.0 + np.linspace(-half_mm, half_mm, 401)
        curve = trilinear(pet, np.stack([np.full(401, HOT_MM[0]), np.full(401, HOT_MM[1]), depths], -1))
        wanted = {Projection.MAXIMUM: curve.max(), Projection.MEAN: curve.mean(), Projection.MINIMUM: curve.min()}
        bounds.append(255 * wanted[projection] / 1000)
    assert min(bounds) - 0.04 * 255 <= found <= max(bounds) + 0.04 * 255


def test_the_value_of_a_place_is_that_of_the_volume_in_the_unit_shown() -> None:
    overlay = overlay_of(pet_volume(), factor=3.0, offset=1.0)
    value = overlay.value_at((float(HOT_MM[0]), float(HOT_MM[1]), float(HOT_MM[2])), (0.0, 0.0, 1.0))
    inside = trilinear(pet_volume(), HOT_MM[None])[0]
    assert value == pytest.approx(float(inside) * 3 + 1, rel=1e-5)
    assert overlay.value_at((500.0, 0.0, 0.0), (0.0, 0.0, 1.0)) is None


def test_a_registration_moves_the_overlay() -> None:
    shift = FrameTransform((1, 0, 0, 10, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1))
    plain, moved = VolumeSampler(pet_volume()), VolumeSampler(pet_volume(), to_volume=shift)
    grid = PatientGrid((5.0, -7.0, 31.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0), 10, 1)
    later = replace(grid, origin=(15.0, -7.0, 31.0))
    found = moved.sample(grid, 0.0, "mean", is_quick=False)
    assert np.allclose(found, plain.sample(later, 0.0, "mean", is_quick=False), rtol=1e-5)


def test_an_image_without_a_place_says_that_nothing_can_be_laid_over_it() -> None:
    base, plane = ct_volume(), axial(ct_volume())
    state = replace(plane_state(base, plane), plane=None)
    request = RenderRequest("plane", (100, 100), view=View(voi=WINDOW), overlay=overlay_of(pet_volume()))
    shown = render_viewport(PlaneFrame(base, plane), state, request, GeometryCache())
    assert any("place in the patient" in note for note in shown.notes)


def test_every_table_has_a_name_and_256_colours() -> None:
    for palette_id in FUSION_PALETTE_IDS:
        assert fusion_palette(palette_id).shape == (256, 3)
        assert fusion_palette_title(palette_id)


@pytest.mark.parametrize("changes", [{"low": 5.0, "high": 5.0}, {"opacity": 1.5}])
def test_what_cannot_be_is_refused(changes: dict[str, float]) -> None:
    with pytest.raises(ViewerError):
        overlay_of(pet_volume(), **changes)
