"""Planes as frames: device pixels straight from voxels, the truth beside them, reduced ones averaged."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.builders.plain_volumes import geometry_of, plain_volume, sampled, turned
from viewer.dicom.image_plane import ImagePlane
from viewer.imaging.grayscale_pipeline import View
from viewer.imaging.modality_lut import Rescale
from viewer.imaging.padding import Padding
from viewer.imaging.spatial_transform import FitMode, SpatialTransform
from viewer.imaging.viewport_image import GeometryCache, RenderRequest, render_viewport
from viewer.imaging.voi_lut import Window
from viewer.measurement.suv import SUV_TYPES, SuvFactor
from viewer.volume.plane_frame import PlaneFrame, plane_state
from viewer.volume.reslice_plane import Projection, ReslicePlane
from viewer.volume.series_volume import SeriesVolume, VolumeCondition
from viewer.workspace.suv_display import in_suv


def ramp(points: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(points @ np.array([7.0, -5.0, 11.0]) + 100.0)


@pytest.fixture(scope="module")
def volume() -> SeriesVolume:
    geometry = geometry_of((40, 50, 60), (1.0, 1.0, 1.5), (-20.0, 10.0, 4.0), turned((10.0, 5.0, -20.0)))
    return plain_volume(
        sampled(geometry, ramp).astype(np.float32), geometry, condition=VolumeCondition(notes=("a note",))
    )


def plane_of(volume: SeriesVolume, **choices: Any) -> ReslicePlane:
    right, down, _normal = turned((70.0, -12.0, 33.0))
    x, y, z = np.array(volume.geometry.center_mm) - 12 * np.array(right) - 9 * np.array(down)
    return ReslicePlane(ImagePlane((x, y, z), right, down, 0.8, 0.8), 31, 23, **choices)


@pytest.mark.parametrize(
    "transform",
    [
        SpatialTransform(),
        SpatialTransform(rotation_deg=33.0, zoom=1.7, pan=(2.0, -3.0)),
        SpatialTransform(rotation_deg=90.0).flipped_horizontally(),
        SpatialTransform(fit=FitMode.FIXED, zoom=0.8),
    ],
)
def test_every_device_pixel_has_the_value_of_its_place(volume: SeriesVolume, transform: SpatialTransform) -> None:
    frame = PlaneFrame(volume, plane_of(volume))
    state = plane_state(volume, frame.plane)
    placement = transform.place(31, 23, state.aspect, (160, 120))
    assert state.plane is not None
    for is_quick, tolerance in ((False, 1e-2), (True, 1e-2)):
        values, keep = frame.sample(placement, "linear", is_quick=is_quick)
        assert values.shape == (120, 160)
        shown = 0
        for y in range(3, 117, 7):
            for x in range(3, 157, 7):
                column, row = placement.to_image((x + 0.5, y + 0.5))
                if placement.pixel_at((x + 0.5, y + 0.5)) is None:
                    assert keep is not None
                    assert keep[y, x] == 0
                    continue
                point = np.array(state.plane.point_patient(column - 0.5, row - 0.5))
                assert values[y, x] == pytest.approx(float(ramp(point)), abs=tolerance)
                shown += 1
        assert shown > 5


def test_reduced_pictures_are_means_of_what_they_stand_for() -> None:
    rng = np.random.default_rng(3)
    array = rng.normal(0, 100, (8, 240, 240)).astype(np.int16)
    array[:, :, :60] = -2000
    volume = plain_volume(array, geometry_of(array.shape), padding=Padding(-2000, -2000))
    frame = PlaneFrame(volume, ReslicePlane(ImagePlane((0.0, 0.0, 4.0), (1, 0, 0), (0, 1, 0), 1, 1), 240, 240))
    placement = SpatialTransform().place(240, 240, 1.0, (80, 80))
    values, keep = frame.sample(placement, "linear", is_quick=False)
    blocks = array[4].reshape(80, 3, 80, 3).mean(axis=(1, 3))
    assert keep is not None
    np.testing.assert_array_equal(keep[:, :20], 0)
    np.testing.assert_array_equal(keep[:, 20:], 255)
    assert np.abs(values[:, 20:] - blocks[:, 20:]).max() < 1.01


def test_the_state_is_the_planes_own(volume: SeriesVolume) -> None:
    plane = plane_of(volume, thickness_mm=5.0, projection=Projection.MAXIMUM)
    state = plane_state(volume, plane)
    assert state.plane == plane.plane
    assert state.identity == volume.state.identity
    assert (state.pixels.rows, state.pixels.columns) == (23, 31)
    assert state.spacing is not None
    assert state.spacing.distance_mm(3, 4) == pytest.approx(4.0)
    assert state.image_orientation == (*plane.plane.row_direction, *plane.plane.column_direction)
    assert state.notes == ("reformatted", "linear interpolation", "MIP of 5.0 mm", "a note")


def test_nothing_is_measured_where_the_volume_refuses(volume: SeriesVolume) -> None:
    refusing = replace(volume, condition=VolumeCondition(refusal="slices are bent"))
    spacing = plane_state(refusing, plane_of(refusing)).spacing
    assert spacing is not None
    assert not spacing.is_known
    assert spacing.description == "slices are bent"


def test_values_go_through_rescale_and_window(volume: SeriesVolume) -> None:
    geometry = volume.geometry
    stored = (sampled(geometry, ramp) / 2 + 500).round().astype(np.int16)
    rescaled = plain_volume(stored, geometry, rescale=Rescale(2.0, -1000.0, "HU"))
    plane = plane_of(rescaled)
    frame, state = PlaneFrame(rescaled, plane), plane_state(rescaled, plane)
    request = RenderRequest("plane", (31, 23), view=View(voi=Window(100.0, 101.0)))
    shown = render_viewport(frame, state, request, GeometryCache())
    points = np.array([[plane.plane.point_patient(x, y) for x in range(31)] for y in range(23)])
    truth = ramp(points)
    assert (shown.pixels[truth < 45] == 0).all()
    assert (shown.pixels[truth > 155] == 255).all()
    assert frame.values.dtype == np.float32
    np.testing.assert_allclose(frame.values * 2 - 1000, truth, atol=1.6)


def test_a_sum_is_shown_as_the_sum_of_modality_values() -> None:
    stored = np.full((30, 30, 30), 24, np.int16)
    summed = plain_volume(stored, geometry_of((30, 30, 30)), rescale=Rescale(1.0, -1024.0, "HU"))
    plane = ReslicePlane(ImagePlane((3.0, 3.0, 15.0), (1, 0, 0), (0, 1, 0), 1, 1), 20, 20, 10.0, Projection.SUM)
    frame, state = PlaneFrame(summed, plane), plane_state(summed, plane)
    placement = SpatialTransform().place(20, 20, 1.0, (20, 20))
    values, _keep = frame.sample(placement, "linear", is_quick=False)
    assert state.modality_transform == Rescale(1.0, -1024.0, "Σ HU")
    np.testing.assert_allclose(values - 1024.0, -10_000.0)
    np.testing.assert_allclose(frame.values - 1024.0, -10_000.0)


def test_another_phase_is_another_picture(volume: SeriesVolume) -> None:
    both = replace(volume, phases=(volume.array(), volume.array() + 50), phase_names=("1", "2"))
    placement = SpatialTransform().place(31, 23, 1.0, (62, 46))
    first, second = (
        PlaneFrame(both, plane_of(both, phase=phase)).sample(placement, "linear", is_quick=False)[0] for phase in (0, 1)
    )
    np.testing.assert_allclose(second - first, 50.0, atol=1e-2)


def test_a_sum_is_in_no_unit_of_its_voxels(volume: SeriesVolume) -> None:
    def unit(projection: Projection, thickness_mm: float) -> str:
        return plane_state(volume, plane_of(volume, thickness_mm=thickness_mm, projection=projection)).unit

    assert unit(Projection.SUM, 6.0) == "Σ HU"
    assert [unit(Projection.SUM, 0.0), unit(Projection.MEAN, 6.0)] == ["HU", "HU"]
    summed = plane_state(volume, plane_of(volume, thickness_mm=6.0, projection=Projection.SUM))
    kind = SUV_TYPES[0]
    assert in_suv(summed, SuvFactor(kind, 2.0)).unit == f"Σ {kind.title} {kind.unit}"
