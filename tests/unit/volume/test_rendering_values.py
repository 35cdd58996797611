"""Renderings show modality values, whatever is stored: negative slopes, and padding in floating point."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from tests.builders.plain_volumes import geometry_of, plain_volume, sampled
from tests.builders.rendering_truth import Ball, solid
from viewer.imaging.modality_lut import Rescale
from viewer.imaging.padding import Padding
from viewer.volume.rendering_camera import RenderingCamera
from viewer.volume.rendering_request import Quality, RenderingRequest
from viewer.volume.series_volume import SeriesVolume
from viewer.volume.stored_type import NOTHING_FLOAT
from viewer.volume.transfer_functions import Blend, ColorPoint, OpacityPoint
from viewer.volume.volume_rendering import VolumeRenderer

SIZE = (200, 160)


@pytest.fixture(scope="module")
def renderer() -> Iterator[VolumeRenderer]:
    with VolumeRenderer(may_use_card=False) as made:
        yield made


def balls() -> SeriesVolume:
    """Return two balls of 1000 in nothing, in floating point."""
    geometry = geometry_of((48, 48, 48), (1.5, 1.5, 1.5), (-36.0, -36.0, -36.0))
    one, other = Ball((14.0, -8.0, 12.0), 9.0), Ball((-12.0, 6.0, -4.0), 11.0)
    soft = sampled(geometry, lambda places: np.maximum(one.soft(places), other.soft(places)))
    return plain_volume((soft * 1000.0).astype(np.float32), geometry)


@pytest.mark.parametrize("quality", [Quality.FULL, Quality.COARSE])
@pytest.mark.parametrize("blend", [Blend.COMPOSITE, Blend.MAXIMUM])
def test_nothing_in_floating_point_leaves_the_rest_as_it_is(
    renderer: VolumeRenderer, quality: Quality, blend: Blend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("viewer.volume.rendering_levels.COARSE_VOXELS", 20_000)
    plain = balls()
    array, empty = plain.array().copy(), plain.array().copy()
    array[:9], empty[:9] = NOTHING_FLOAT, 0.0
    padded = plain_volume(array, plain.geometry, padding=Padding(NOTHING_FLOAT, NOTHING_FLOAT))
    padded = replace(padded, value_range=plain.value_range)
    functions = replace(solid(500.0), blend=blend, color=(ColorPoint(0.0, (0, 0, 0)), ColorPoint(1000.0, (1, 1, 1))))
    first, second = (
        renderer.render(RenderingRequest(each, functions, RenderingCamera(), SIZE, quality=quality)).pixels.astype(int)
        for each in (padded, plain_volume(empty, plain.geometry))
    )
    assert second.max() > 100
    assert (np.abs(first - second) > 40).mean() < 0.01


@pytest.mark.parametrize(("blend", "brightest"), [(Blend.MAXIMUM, 255), (Blend.MINIMUM, 0)])
def test_highest_and_lowest_are_modality_values_where_the_slope_is_negative(
    renderer: VolumeRenderer, blend: Blend, brightest: int
) -> None:
    modality = np.zeros((24, 24, 24), np.int16)
    modality[10:14, 10:14, 10:14] = 1000
    volume = plain_volume(1000 - modality, rescale=Rescale(-1.0, 1000.0, "HU"))
    functions = replace(solid(500.0), blend=blend, opacity=(OpacityPoint(-1.0, 1.0), OpacityPoint(1000.0, 1.0)))
    functions = replace(functions, color=(ColorPoint(0.0, (0, 0, 0)), ColorPoint(1000.0, (1, 1, 1))))
    pixels = renderer.render(RenderingRequest(volume, functions, RenderingCamera(), SIZE)).pixels
    assert abs(int(pixels[SIZE[1] // 2, SIZE[0] // 2, 1]) - brightest) <= 3
