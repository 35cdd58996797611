"""Which planes a saved series has, worked out beside the code from the geometry."""

import math
from dataclasses import replace

import numpy as np
import pytest

from tests.builders.plain_volumes import geometry_of, plain_volume, sampled, turned
from viewer.base.errors import VolumeError
from viewer.volume.reslice_plane import Projection, VolumeInterpolation
from viewer.volume.series_volume import SeriesVolume
from viewer.workspace.surface_making import CT_THRESHOLDS, MakeSurface, SurfaceChoice, measure_words, start_threshold
from viewer.workspace.volume_planes import UNPLACED
from viewer.workspace.volume_saving import (
    SeriesChoice,
    ends_of,
    has_gaps,
    image_count,
    planes_of,
    reach_mm,
    size_words,
    start_choice,
    steps_mm,
)
from viewer.workspace.volume_view import Orientation, RenderingView, VolumeKind, VolumeView

GEOMETRY = geometry_of((20, 30, 40), (0.7, 0.8, 2.5), (-14.0, -12.0, 100.0))
LINEAR = VolumeInterpolation.LINEAR


def view(orientation: Orientation = Orientation.AXIAL, **more: object) -> VolumeView:
    base = VolumeView(orientation=orientation, center_mm=UNPLACED)
    return replace(base, **more)  # type: ignore[arg-type]  # fields by name


def test_at_first_every_slice_is_an_image_exactly_where_it_was() -> None:
    planes = planes_of(view(), GEOMETRY, start_choice(view(), GEOMETRY, LINEAR))
    assert len(planes) == 20
    heights = [plane.plane.position[2] for plane in planes]
    assert heights == pytest.approx([100.0 + 2.5 * index for index in range(20)])
    assert planes[0].plane.position[:2] == pytest.approx((-14.0, -12.0))
    assert (planes[0].columns, planes[0].rows) == (40, 30)


def test_other_planes_are_no_finer_than_a_reader_looks_through() -> None:
    choice = start_choice(view(Orientation.CORONAL), GEOMETRY, LINEAR)
    assert choice.step_mm == 1.0
    planes = planes_of(view(Orientation.CORONAL), GEOMETRY, choice)
    assert len(planes) == math.floor(29 * 0.8) + 1
    assert steps_mm(planes) == pytest.approx([1.0] * (len(planes) - 1))
    assert planes[0].plane.position[1] == pytest.approx(-12.0)


def test_a_range_begins_where_it_says_and_goes_no_farther() -> None:
    choice = SeriesChoice(from_mm=5.0, to_mm=13.0, step_mm=3.0, thickness_mm=2.0, projection=Projection.MAXIMUM)
    planes = planes_of(view(), GEOMETRY, choice)
    assert [plane.plane.position[2] for plane in planes] == pytest.approx([105.0, 108.0, 111.0])
    assert {(plane.thickness_mm, plane.projection) for plane in planes} == {(2.0, Projection.MAXIMUM)}
    assert has_gaps(choice, planes)
    assert not has_gaps(replace(choice, thickness_mm=3.0), planes)
    assert not has_gaps(replace(choice, thickness_mm=0.0), planes)
    assert image_count(view(), choice) == 3


def test_the_ends_are_named_by_the_sides_they_lie_on() -> None:
    assert ends_of(view(), GEOMETRY) == ("F", "H")
    first, last = ends_of(view(Orientation.SAGITTAL), GEOMETRY)
    assert {first, last} == {"L", "R"}
    planes = planes_of(view(Orientation.SAGITTAL), GEOMETRY, start_choice(view(Orientation.SAGITTAL), GEOMETRY, LINEAR))
    goes_left = planes[-1].plane.position[0] > planes[0].plane.position[0]
    assert last == ("L" if goes_left else "R")


def test_oblique_planes_go_through_the_whole_volume() -> None:
    geometry = geometry_of((20, 30, 40), (0.7, 0.8, 2.5), (1.0, 2.0, 3.0), turned((20.0, 0.0, 10.0)))
    oblique = view(center_mm=geometry.center_mm, turn=(math.cos(0.2), math.sin(0.2), 0.0, 0.0))
    choice = start_choice(oblique, geometry, LINEAR)
    planes = planes_of(oblique, geometry, choice)
    normal = np.array(planes[0].plane.normal)
    depths = geometry.corners_mm @ normal
    places = [np.dot(plane.plane.position, normal) for plane in planes]
    assert places[0] - depths.min() < 2.5
    assert depths.max() - places[-1] < 2.5
    assert choice.to_mm == pytest.approx(reach_mm(oblique, geometry))


def test_a_projection_is_seen_from_all_around() -> None:
    whole = view(kind=VolumeKind.PROJECTION, projection=Projection.MAXIMUM, rendering=RenderingView(azimuth_deg=30.0))
    planes = planes_of(whole, GEOMETRY, replace(start_choice(whole, GEOMETRY, LINEAR), angle_deg=45.0))
    assert len(planes) == 8
    angles = [math.degrees(math.atan2(each.plane.row_direction[1], each.plane.row_direction[0])) for each in planes]
    assert [angle % 360 for angle in angles] == pytest.approx([(30 + 45 * index) % 360 for index in range(8)])
    assert len({(plane.columns, plane.rows) for plane in planes}) == 1


def test_what_is_no_series_is_refused() -> None:
    for choice in (SeriesChoice(to_mm=10, step_mm=0.001), SeriesChoice(from_mm=5, to_mm=4), SeriesChoice(step_mm=0)):
        with pytest.raises(VolumeError, match="from 1 to"):
            planes_of(view(), GEOMETRY, choice)
    with pytest.raises(VolumeError, match="Only planes"):
        planes_of(view(kind=VolumeKind.RENDERING), GEOMETRY, SeriesChoice(to_mm=4))


def test_sizes_are_told() -> None:
    planes = planes_of(view(), GEOMETRY, start_choice(view(), GEOMETRY, LINEAR))
    assert size_words(planes) == ("40 × 30, 0.7 × 0.8 mm", "0.1 MB")


def ball_volume(modality: str) -> SeriesVolume:
    geometry = geometry_of((24, 24, 24))
    array = sampled(geometry, lambda places: np.where(np.linalg.norm(places - 11.5, axis=-1) < 8, 900, 100))
    volume = plain_volume(array.astype(np.int16), geometry)
    return replace(volume, state=replace(volume.state, modality=modality))


def test_thresholds_begin_where_the_modality_has_its_edges() -> None:
    assert start_threshold(ball_volume("CT")) == CT_THRESHOLDS[0][0]
    assert start_threshold(ball_volume("PT")) == pytest.approx(0.41 * 900, rel=0.01)
    assert 100 < start_threshold(ball_volume("MR")) <= 900
    flat = plain_volume(np.full((4, 4, 4), 7, np.int16))
    assert start_threshold(replace(flat, state=replace(flat.state, modality="MR"))) == 7


def test_a_surface_is_made_as_chosen() -> None:
    from viewer.base.jobs import Progress

    surface = MakeSurface(ball_volume("MR"), SurfaceChoice(500.0, smooth=20, keep_largest=True)).run(Progress())
    assert surface.is_closed
    assert surface.volume_mm3 == pytest.approx(4 / 3 * math.pi * 8**3, rel=0.03)


def test_measures_are_told_in_units_that_fit() -> None:
    assert measure_words(272_860.88, 132_987.7) == ("272.9 cm³", "1330 cm²")
    assert measure_words(999.44, 480.2) == ("999.4 mm³", "480.2 mm²")
    assert measure_words(4.2e7, 2.4e6) == ("42000 cm³", "24000 cm²")
