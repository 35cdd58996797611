"""Phantoms turned and shifted by known amounts: the movement is found within half a millimetre and half a degree."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from viewer.base.errors import Cancelled, VolumeError
from viewer.base.jobs import Progress
from viewer.dicom.frame_transform import FrameTransform
from viewer.imaging.frame_state import FrameState, PatientIdentity
from viewer.imaging.modality_lut import Rescale
from viewer.imaging.padding import Padding
from viewer.imaging.stored_frame import PixelDescription
from viewer.volume.registration import RegisterVolumes, refusal
from viewer.volume.series_volume import SeriesVolume
from viewer.volume.volume_geometry import VolumeGeometry

pytest.importorskip("SimpleITK")

_BLOBS = np.array(
    [  # centre, half axes in mm, HU above what is there
        [0, 0, 0, 70, 55, 60, 1040],
        [-28, 10, 12, 16, 22, 18, -650],
        [30, 6, -6, 15, 20, 26, -700],
        [2, -30, 0, 9, 8, 50, 420],
        [22, 28, 24, 12, 7, 9, 260],
        [-34, -22, -26, 8, 14, 7, 330],
        [12, 20, -34, 18, 10, 8, -180],
    ]
)


def _phantom(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """HU of a made body at points in its own mm: smooth-edged ellipsoids in air."""
    values = np.full(points.shape[:-1], -1000.0)
    for x, y, z, a, b, c, height in _BLOBS:
        radius = np.sqrt((((points - (x, y, z)) / (a, b, c)) ** 2).sum(axis=-1))
        values += height / (1 + np.exp((radius - 1) * min(a, b, c) / 1.2))
    return values


def _turn(degrees: tuple[float, float, float], shift: tuple[float, float, float]) -> NDArray[np.float64]:
    a, b, c = np.radians(degrees)
    about_x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    about_y = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    about_z = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = about_z @ about_y @ about_x, shift
    return matrix


def _volume(
    frame: str,
    place: NDArray[np.float64],
    spacing: tuple[float, float, float],
    dimensions: tuple[int, int, int],
    seed: int,
    **values: Any,
) -> SeriesVolume:
    """The phantom as a scanner would have it, lying in the frame as `place` (body to frame) says."""
    middle = place[:3, 3]
    size = np.array(dimensions) * spacing
    geometry = VolumeGeometry(
        dimensions,
        spacing,
        tuple(float(each) for each in middle + 3.0 - (size - spacing) / 2),  # type: ignore[arg-type]  # of three
        ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
        frame,
    )
    indices = np.stack(np.meshgrid(*(np.arange(count) for count in dimensions), indexing="ij"), axis=-1)
    points = indices @ geometry.affine[:3, :3].T + geometry.affine[:3, 3]
    inverse = np.linalg.inv(place)
    hu = _phantom(points @ inverse[:3, :3].T + inverse[:3, 3]).transpose(2, 1, 0)
    noisy = hu + np.random.default_rng(seed).normal(0, 15, hu.shape)
    stored = np.round(noisy + 1024).clip(0, 4095).astype(np.int16)
    pixels = PixelDescription(dimensions[1], dimensions[0])
    state = FrameState(PatientIdentity(), "1.2", "1.2.840.10008.5.1.4.1.1.2", "CT", 1, pixels)
    return SeriesVolume(frame, 1, geometry, (np.ascontiguousarray(stored),), Rescale(1.0, -1024.0), state, **values)


def _fixed() -> SeriesVolume:
    return _volume("1.1", _turn((0, 0, 0), (0, 0, 0)), (2.0, 2.0, 2.5), (80, 64, 56), 1)


@pytest.mark.parametrize(
    ("degrees", "shift"),
    [((0.0, 0.0, 0.0), (6.3, -4.1, 2.7)), ((7.0, -5.0, 11.0), (-12.0, 9.0, 250.0))],
)
def test_a_known_movement_is_found(degrees: tuple[float, float, float], shift: tuple[float, float, float]) -> None:
    place = _turn(degrees, shift)
    moving = _volume("1.2", place, (2.2, 2.2, 3.0), (72, 60, 46), 2)
    result = RegisterVolumes(_fixed(), moving).run(Progress())
    truth = FrameTransform.of(place).inverse  # from the prior's frame to the current one's
    error = result.transform.after(truth.inverse)
    assert error.angle_deg < 0.5
    rng = np.random.default_rng(4)
    for point in rng.uniform(-40, 40, (20, 3)):
        here = tuple(float(each) for each in (place @ [*point, 1])[:3])
        assert np.linalg.norm(np.array(result.transform.point(here)) - point) < 0.5  # type: ignore[arg-type]  # of three
    assert result.transform.is_rigid
    assert result.turned_deg == pytest.approx(truth.angle_deg, abs=0.5)
    assert result.overlap > 0.7
    assert result.doubt == ""
    assert result.ways.mm < 1


def test_another_kind_of_picture_is_laid_over_without_doubt() -> None:
    place = _turn((0.0, 3.0, 4.0), (9.0, -6.0, 5.0))
    kind = _volume("1.2", place, (3.0, 3.0, 3.0), (54, 44, 44), 5)
    bright = np.where(kind.phases[0] > 300, 2200 - kind.phases[0], 30).astype(np.int16)  # bone dark, air dark
    moving = SeriesVolume("1.2", 1, kind.geometry, (bright,), kind.rescale, kind.state)
    result = RegisterVolumes(_fixed(), moving).run(Progress())
    error = result.transform.after(FrameTransform.of(place))
    assert error.angle_deg < 0.7
    assert error.shift_at((0.0, 0.0, 0.0)) < 0.7
    assert result.doubt == ""


def test_padding_about_the_body_does_not_pull() -> None:
    place = _turn((0.0, 0.0, 6.0), (5.0, 3.0, -4.0))
    moving = _volume("1.2", place, (2.2, 2.2, 3.0), (72, 60, 46), 3)
    array = moving.phases[0].copy()
    rows, columns = np.mgrid[0:60, 0:72]
    array[:, (rows - 29.5) ** 2 + (columns - 35.5) ** 2 > 34**2] = -2000
    padded = SeriesVolume(
        "1.2", 1, moving.geometry, (array,), moving.rescale, moving.state, padding=Padding(-2000, -2000)
    )
    result = RegisterVolumes(_fixed(), padded).run(Progress())
    error = result.transform.after(FrameTransform.of(place))
    assert error.angle_deg < 0.5
    assert error.shift_at((0.0, 0.0, 0.0)) < 0.5


def test_a_registration_can_be_cancelled_and_tells_how_far_it_is() -> None:
    reports = []

    def report(each: Any) -> None:
        reports.append(each)
        progress.cancel()

    progress = Progress(report)
    moving = _volume("1.2", _turn((2.0, 0.0, 0.0), (5.0, 0.0, 0.0)), (2.2, 2.2, 3.0), (72, 60, 46), 2)
    with pytest.raises(Cancelled):
        RegisterVolumes(_fixed(), moving).run(progress)
    assert len(reports) <= 3


def test_what_cannot_be_registered_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    fixed = _fixed()
    with pytest.raises(VolumeError, match="one patient space"):
        RegisterVolumes(fixed, fixed).run(Progress())
    nameless = _volume("", np.eye(4), (4.0, 4.0, 4.0), (8, 8, 8), 1)
    assert "does not name" in refusal(fixed, nameless)
    thin = _volume("1.2", np.eye(4), (4.0, 4.0, 4.0), (8, 8, 3), 1)
    assert "fewer than 4" in refusal(fixed, thin)
    monkeypatch.setattr("viewer.volume.registration.is_available", lambda: False)
    assert "pip install 'negatoscope[registration]'" in refusal(
        fixed, _volume("1.2", np.eye(4), (4.0, 4.0, 4.0), (8, 8, 8), 1)
    )
